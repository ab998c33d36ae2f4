//! Web Bot Auth, as a server sees it that verifies signatures.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::signature::{ED25519, UnparsedPublicKey};
use tokio_rustls::rustls::version::TLS13;

use super::{
    tls::{Authority, Manner, serve},
    *,
};
use crate::config::BotKey;

/// The example of RFC 9421 appendix B.1.4.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----";

/// The value of a header in the head of a request.
fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Verifies the signature of a request by the directory that is published; gives its nonce.
fn verified(head: &str, directory: &serde_json::Value) -> String {
    let of_label = |name| field(head, name).unwrap().strip_prefix("sig1=").unwrap();
    let (agent, input) = (of_label("signature-agent"), of_label("signature-input"));
    assert_eq!(agent, r#""https://desk.example""#);
    let (covered, parameters) = input.split_once(')').unwrap();
    assert_eq!(covered, r#"("@authority" "signature-agent";key="sig1""#);
    let parameter = |name: &str| {
        let mut all = parameters.split(';').filter_map(|one| one.split_once('='));
        all.find(|(found, _)| *found == name).unwrap().1.trim_matches('"').to_owned()
    };
    let number = |name: &str| parameter(name).parse::<i64>().unwrap();
    // By a server whose clock is some seconds behind, it is not from the future.
    assert_eq!((number("created"), parameter("tag")), (1_789_999_995, "web-bot-auth".to_owned()));
    assert!(number("expires") > 1_790_000_030);
    assert!((1..=300).contains(&(number("expires") - number("created"))));
    let key = &directory["keys"][0];
    assert_eq!(
        (parameter("keyid"), parameter("alg")),
        (key["kid"].as_str().unwrap().to_owned(), "ed25519".into())
    );
    let host = field(head, "host").unwrap();
    let base = format!(
        "\"@authority\": {host}\n\"signature-agent\";key=\"sig1\": {agent}\n\"@signature-params\": {input}"
    );
    let signature = STANDARD.decode(of_label("signature").trim_matches(':')).unwrap();
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let public = UnparsedPublicKey::new(&ED25519, public);
    public.verify(base.as_bytes(), &signature).unwrap();
    assert!(public.verify(base.replace("news", "other").as_bytes(), &signature).is_err());
    parameter("nonce")
}

#[tokio::test]
async fn requests_over_https_are_signed_and_others_are_not() {
    let authority = Authority::new();
    let url = serve("news.example", authority.issue("news.example", |_| ()), &[&TLS13], Manner::Echo).await;
    let key = BotKey::read(KEY, "https://desk.example").unwrap();
    let fetcher = fetcher(&Http { web_bot_auth: Some(key.clone()), ..settings() });
    let request = FeedRequest { http: authority.trusted(), ..request(&url) };
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let Ok(FeedResponse::Document(document)) = fetcher.feed(&request).await else { panic!("a document") };
        let head = String::from_utf8_lossy(&document.body).into_owned();
        nonces.push(verified(&head, &key.directory()));
    }
    assert_ne!(nonces[0], nonces[1]);
    assert!(nonces.iter().all(|nonce| STANDARD.decode(nonce).unwrap().len() == 64));
    let plain = Server::start(|_| Script::ok("x")).await;
    document(&fetcher, &plain.url("/feed")).await.unwrap();
    assert!(!plain.log()[0].to_ascii_lowercase().contains("signature"));
}
