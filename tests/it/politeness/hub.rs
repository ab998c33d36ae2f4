//! What a hub does: real requests to the callback listener on loopback.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use ring::hmac;
use url::{Url, form_urlencoded};

use super::{
    case::{Delivery, Question, duration},
    origin::{Request, rss},
};

/// What hubs are given to deliver to, and what all of it is made of.
pub const PUBLIC_URL: &str = "https://desk.example/hubs";
pub const SECRET: &str = "a-secret-of-the-test-that-is-long-enough";

/// The form of a request for a subscription.
pub fn form(request: &Request) -> Vec<(String, String)> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

/// A field of it.
pub fn field(request: &Request, name: &str) -> String {
    let found = form(request).into_iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// The path of a callback, as a proxy hands it on; one character of it another where it is guessed.
fn path(asked: &Request, guessed: bool) -> String {
    let mut path = Url::parse(&field(asked, "hub.callback")).expect("a callback address").path().to_owned();
    if guessed {
        let last = path.pop().expect("a path");
        path.push(if last == 'A' { 'B' } else { 'A' });
    }
    path
}

/// Asks whether it was asked; panics where the answer is another than expected.
pub fn ask(listener: SocketAddr, asked: &Request, question: &Question, place: &str) {
    let challenge = "4a7e-challenge+of the&hub";
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mode = question.mode.as_deref().unwrap_or("subscribe");
    let topic = question.topic.clone().unwrap_or_else(|| field(asked, "hub.topic"));
    query.append_pair("hub.mode", mode).append_pair("hub.topic", &topic);
    if mode != "denied" {
        query.append_pair("hub.challenge", challenge);
        let lease = question.lease.as_deref().unwrap_or("10d");
        query.append_pair("hub.lease_seconds", &duration(lease).as_secs().to_string());
    }
    if let Some(reason) = &question.reason {
        query.append_pair("hub.reason", reason);
    }
    let target = format!("{}?{}", path(asked, question.guessed), query.finish());
    let (status, body) =
        exchange(listener, &format!("GET {target} HTTP/1.1\r\nHost: desk.example\r\n\r\n"), &[]);
    assert_eq!(status, question.status.unwrap_or(200), "{place}: {body}");
    if status == 200 && mode != "denied" {
        assert_eq!(body, challenge, "{place}");
    } else {
        assert!(!body.contains(challenge), "{place}: {body}");
    }
}

/// Delivers; panics where the answer is another than expected.
pub fn deliver(listener: SocketAddr, asked: &Request, delivery: &Delivery, place: &str) {
    let body = delivery.body.clone().unwrap_or_else(|| rss(&delivery.items, "")).into_bytes();
    let method = delivery.signed.as_deref().unwrap_or("sha256");
    let secret = field(asked, "hub.secret");
    let (name, algorithm, secret) = match method {
        "sha1" => ("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_str()),
        "sha384" => ("sha384", hmac::HMAC_SHA384, secret.as_str()),
        "sha512" => ("sha512", hmac::HMAC_SHA512, secret.as_str()),
        "badly" => ("sha256", hmac::HMAC_SHA256, "another secret"),
        _ => ("sha256", hmac::HMAC_SHA256, secret.as_str()),
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), &body);
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let signature =
        if method == "not" { String::new() } else { format!("X-Hub-Signature: {name}={digits}\r\n") };
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: desk.example\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n{signature}\r\n",
        path(asked, delivery.guessed),
        body.len()
    );
    for _ in 0..delivery.times.unwrap_or(1) {
        let (status, told) = exchange(listener, &head, &body);
        assert_eq!(status, delivery.status.unwrap_or(202), "{place}: {told}");
    }
}

fn exchange(listener: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(listener).expect("the listener");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    // It may have answered before it has read all.
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    (status.expect("a status"), body)
}
