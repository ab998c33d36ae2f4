//! Redirects: followed up to a limit, and what they must not carry along.

use super::{server::sent, *};

fn to(status: &str, location: &str) -> Script {
    Script::status(status).header(&format!("location: {location}"))
}

#[tokio::test]
async fn every_kind_of_location_is_followed_or_told() {
    for (location, expected) in [
        ("/end", "ok end"),
        ("end", "ok end"),
        ("?end", "ok end"),
        ("//HOST/end", "ok end"),
        ("http://HOST/end#fragment", "ok end"),
        ("http://user:canary@HOST/end", "ok end"),
        (" /end ", "ok end"),
        ("/feed", "redirect"),
        ("/feed#elsewhere", "redirect"),
        ("", "redirect"),
        ("http://", "redirect"),
        ("ftp://HOST/end", "redirect"),
        ("file:///etc/hostname", "redirect"),
        ("javascript:alert(1)", "redirect"),
        ("data:text/xml,x", "redirect"),
    ] {
        let server = Server::start(move |request| {
            let host = sent(request, "host").unwrap();
            match request.split(' ').nth(1) {
                Some("/feed") => to("301 Moved", &location.replace("HOST", host)),
                _ => Script::ok("end"),
            }
        })
        .await;
        let found = match document(&fetcher(&settings()), &server.url("/feed")).await {
            Ok(document) => {
                assert_eq!(document.redirects.len(), 1);
                assert!(document.url.fragment().is_none() && document.url.username().is_empty());
                "ok end".to_owned()
            }
            Err(error) => error.reason().to_owned(),
        };
        assert_eq!(found, expected, "{location}");
        assert!(server.log().iter().all(|request| sent(request, "authorization").is_none()), "{location}");
    }
}

#[tokio::test]
async fn chains_end() {
    for (hops, expected) in [(5, "ok"), (6, "redirect")] {
        let server = Server::start(move |request| {
            let at: usize = request.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
            if at < hops { to("308 Moved", &format!("/{}", at + 1)) } else { Script::ok("end") }
        })
        .await;
        let found = document(&fetcher(&settings()), &server.url("/0")).await;
        assert_eq!(found.as_ref().map_or_else(|error| error.reason(), |_| "ok"), expected, "{hops}");
    }
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/a") => to("302 Found", "/b"),
        _ => to("302 Found", "/a"),
    })
    .await;
    let error = document(&fetcher(&settings()), &server.url("/a")).await.unwrap_err();
    assert!(error.to_string().contains("a loop"), "{error}");
    assert_eq!(server.log().len(), 2);
    let server = Server::start(|_| Script::status("301 Moved")).await;
    let error = document(&fetcher(&settings()), &server.url("/")).await.unwrap_err();
    assert!(error.to_string().contains("no Location"), "{error}");
}

#[tokio::test]
async fn secrets_stay_with_their_origin() {
    let other = Server::start(|_| Script::ok("x")).await;
    let end = other.url("/end");
    let server = Server::start(move |request| match request.split(' ').nth(1) {
        Some("/feed") => to("307 Moved", "/same"),
        _ => to("307 Moved", &end),
    })
    .await;
    let mut request = request(&server.url("/feed").replace("http://", "http://ann:secret@"));
    request.headers.push(("x-key".into(), Secret("canary".into())));
    fetcher(&settings()).feed(&request).await.unwrap();
    for request in server.log() {
        assert_eq!(sent(&request, "x-key"), Some("canary"));
        assert_eq!(sent(&request, "authorization"), Some("Basic YW5uOnNlY3JldA=="));
    }
    let log = other.log();
    assert_eq!((sent(&log[0], "x-key"), sent(&log[0], "authorization")), (None, None));
    assert_eq!(sent(&log[0], "referer"), None);
}

#[tokio::test]
async fn a_redirect_may_ask_for_patience() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/feed") => to("302 Found", "/end").header("retry-after: 90"),
        _ => Script::ok("x"),
    })
    .await;
    let document = document(&fetcher(&settings()), &server.url("/feed")).await.unwrap();
    assert_eq!(document.freshness.retry_after, Some(Duration::from_secs(90)));
}

/// The schemes of a chain, without a connection: TLS on loopback needs a certificate.
#[test]
fn https_does_not_fall_back_to_http() {
    let url = |text: &str| Url::parse(text).unwrap();
    for (asked, from, location, good) in [
        ("https://a.example/", "https://a.example/", "http://a.example/x", false),
        ("http://a.example/", "https://a.example/", "http://a.example/x", true),
        ("http://a.example/", "http://a.example/", "https://a.example/", true),
        ("https://a.example/", "https://b.example/", "https://a.example/x", true),
    ] {
        let found = hop::next_hop(&url(asked), &url(from), &[], Some(location.as_bytes()), false);
        assert_eq!(found.is_ok(), good, "{from} to {location}");
    }
}
