//! The fetcher against servers that misbehave, on loopback sockets.

mod addresses;
mod bodies;
mod bot_auth;
mod chains;
mod conditional;
mod own;
mod redirects;
mod robots;
mod server;
mod tls;
mod room;
mod waiting;
mod walls;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use chrono::DateTime;
use futures_util::FutureExt;

use super::*;
use crate::config::Secret;
use server::{Script, Server};

/// 2026-09-21 14:13:20 UTC.
fn clock() -> Clock {
    Clock::from_fn(|| DateTime::from_timestamp(1_790_000_000, 0).unwrap())
}

fn settings() -> Http {
    Http {
        contact: Some("desk@example.org".into()),
        timeout: Duration::from_secs(2),
        max_body: 1 << 20,
        site_delay: Duration::ZERO,
        allow_private_networks: true,
        ..Http::default()
    }
}

/// 127.0.0.`last`, at the port that is asked for.
fn address(last: u8) -> SocketAddr {
    ([127, 0, 0, last], 0).into()
}

/// A fetcher that reaches everything; every name leads to 127.0.0.1.
fn fetcher(http: &Http) -> Fetcher {
    let lookup: Lookup = Arc::new(|_| async { Ok(vec![address(1)]) }.boxed());
    Fetcher::build(http, clock(), lookup, Arc::new(|_| true)).unwrap()
}

fn request(url: &str) -> FeedRequest {
    FeedRequest::plain(Url::parse(url).unwrap())
}

async fn document(fetcher: &Fetcher, url: &str) -> Result<FeedDocument, FetchError> {
    match fetcher.feed(&request(url)).await? {
        FeedResponse::Document(document) => Ok(document),
        FeedResponse::NotModified { .. } => panic!("{url}: a document was expected, not a 304"),
    }
}

/// What a script leads to: `ok` with the body, or the reason of the failure.
async fn outcome(script: Script) -> String {
    let server = Server::start(move |_| script.clone()).await;
    match document(&fetcher(&settings()), &server.url("/feed")).await {
        Ok(document) => {
            let came = if document.broken_off.is_some() { "part" } else { "ok" };
            format!("{came} {}", String::from_utf8_lossy(&document.body))
        }
        Err(error) => error.reason().to_owned(),
    }
}

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_else() {
    let server = Server::start(|_| Script::ok("x").header("set-cookie: a=b")).await;
    let fetcher = fetcher(&settings());
    for _ in 0..2 {
        document(&fetcher, &server.url("/feed?a=%20b&&c#fragment")).await.unwrap();
    }
    let log = server.log();
    assert_eq!(log[0], log[1], "nothing is remembered: no cookie, no validator");
    let version = env!("CARGO_PKG_VERSION");
    let mut lines: Vec<&str> = log[0].lines().filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = format!("user-agent: copydesk/{version} (+desk@example.org)");
    let accept = format!("accept: {ACCEPT_FEED}");
    let mut expected = vec![
        "GET /feed?a=%20b&&c HTTP/1.1",
        accept.as_str(),
        "accept-encoding: gzip, deflate, br, zstd",
        "from: desk@example.org",
        host.as_str(),
        agent.as_str(),
    ];
    expected.sort_unstable();
    assert_eq!(lines, expected);
    let counters = fetcher.counters();
    assert_eq!(counters.requests.load(Relaxed), 2);
    assert_eq!(counters.documents.load(Relaxed), 2);
}

#[tokio::test]
async fn a_page_comes_whatever_its_status() {
    let server = Server::start(|_| Script::status("404 Gone Fishing").body("<p>not here</p>")).await;
    let page =
        fetcher(&settings()).page(&PageRequest::of(Url::parse(&server.url("/")).unwrap())).await.unwrap();
    assert_eq!((page.status, &page.body[..]), (404, &b"<p>not here</p>"[..]));
    assert_eq!(page.content_type.as_deref(), Some("application/xml"));
}

#[tokio::test]
async fn overloaded_sites_are_left_alone() {
    for (status, header, asked, paused) in [
        ("429 Slow", "retry-after: 120", Some(120), Some(120)),
        ("429 Slow", "retry-after: Mon, 21 Sep 2026 14:15:20 GMT", Some(120), Some(120)),
        ("429 Slow", "retry-after: Monday, 21-Sep-26 14:15:20 GMT", Some(120), Some(120)),
        ("429 Slow", "retry-after: Mon Sep 21 14:15:20 2026", Some(120), Some(120)),
        ("429 Slow", "x: y", None, Some(600)),
        ("429 Slow", "retry-after: -7", None, Some(600)),
        ("503 Down", "retry-after: 864000", Some(864_000), Some(864_000)),
        ("503 Down", "x: y", None, None),
        ("500 Down", "retry-after: 120", None, None),
    ] {
        let server = Server::start(move |_| Script::status(status).header(header)).await;
        let fetcher = fetcher(&settings());
        let url = server.url("/feed");
        let error = document(&fetcher, &url).await.unwrap_err();
        assert_eq!(error.retry_after.map(|time| time.as_secs()), asked, "{status} {header}");
        let pause = fetcher.site_pause(&Url::parse(&url).unwrap()).map(|time| time.as_secs() + 1);
        assert_eq!(pause, paused, "{status} {header}");
        if paused.is_some() {
            let error = document(&fetcher, &url).await.unwrap_err();
            assert!(error.is_deferral() && error.retry_after.is_some(), "{error}");
            assert_eq!(server.log().len(), 1, "{status} {header}: a paused site was asked");
        }
    }
}

#[tokio::test]
async fn errors_show_no_secret() {
    let server = Server::start(|request| match request {
        request if request.starts_with("GET /loop") => {
            Script::status("302 Found").header("location: /loop?key=canary-1")
        }
        _ => Script::status("500 Down"),
    })
    .await;
    let fetcher = fetcher(&settings());
    for path in ["/feed?key=canary-1", "/loop?key=canary-1"] {
        let url = server.url(path).replace("http://", "http://ann:canary-2@");
        let mut request = request(&url);
        request.headers.push(("x-key".into(), Secret("canary-3".into())));
        let error = fetcher.feed(&request).await.unwrap_err();
        assert!(!format!("{error} {error:?} {request:?}").contains("canary"), "{error:?} {request:?}");
    }
    let dead = document(&fetcher, "http://127.0.0.1:9999/?key=canary-1").await.unwrap_err();
    assert!(!format!("{dead:?}").contains("canary"), "{dead:?}");
    assert_eq!(dead.reason(), "connect");
}

#[tokio::test]
async fn names_that_lead_nowhere_and_bad_certificates_have_their_reasons() {
    let lookup: Lookup = Arc::new(|name| {
        async move {
            match name.as_str() {
                "empty.example" => Ok(Vec::new()),
                _ => Err(std::io::Error::other("no such name")),
            }
        }
        .boxed()
    });
    let dead = Fetcher::build(&settings(), clock(), lookup, Arc::new(|_| true)).unwrap();
    for name in ["gone.example", "empty.example"] {
        assert_eq!(document(&dead, &format!("http://{name}/")).await.unwrap_err().reason(), "dns");
    }
    let server = Server::start(|_| Script::ok("x")).await;
    let https = server.url("/feed").replace("http://", "https://");
    let error = document(&fetcher(&settings()), &https).await.unwrap_err();
    assert_eq!(error.reason(), "tls", "{error}");
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/304") => Script::status("304 Not Modified").keep(),
        _ => Script::ok("x").keep(),
    })
    .await;
    let fetcher = fetcher(&settings());
    let mut request = request(&server.url("/304"));
    request.validators.etag = Some("x".into());
    for _ in 0..50 {
        document(&fetcher, &server.url("/200")).await.unwrap();
        fetcher.feed(&request).await.unwrap();
    }
    assert_eq!(server.connections.load(Relaxed), 1);
}

#[tokio::test]
async fn bodies_that_hold_no_article_are_left_with_the_server() {
    let server =
        Server::start(|_| Script::raw("HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\n\r\n0000")).await;
    let page =
        fetcher(&settings()).page(&PageRequest::of(Url::parse(&server.url("/")).unwrap())).await.unwrap();
    assert_eq!((page.content_type.as_deref(), page.body.len()), (Some("video/mp4"), 0));
}
