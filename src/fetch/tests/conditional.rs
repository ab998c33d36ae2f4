//! Validators: byte for byte, to the address they came from, and only there.

use super::{server::sent, *};

#[tokio::test]
async fn validators_come_back_as_they_were_sent() {
    for (etag, modified) in [
        ("\"abc\"", "Mon, 21 Sep 2026 10:00:00 GMT"),
        ("W/\"abc-gzip\"", "Tue, 21 Sep 2026 10:00:00 +0000"),
        ("unquoted", "mon, 21 sep 2026 10:00:00 gmt"),
        ("\"a, b c\"", "0"),
        ("\"caf\u{e9}\u{ff}\"", "yesterday"),
    ] {
        // The server writes the characters as single bytes, and reads them so.
        let head: String = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\netag: {etag}\r\nlast-modified: {modified}\r\ncontent-length: 1\r\n\r\nx"
        );
        let bytes: Vec<u8> = head.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let server = Server::start(move |_| Script::raw(bytes.clone())).await;
        let fetcher = fetcher(&settings());
        let mut request = request(&server.url("/feed"));
        for _ in 0..2 {
            match fetcher.feed(&request).await.unwrap() {
                FeedResponse::Document(document) => request.validators = document.validators,
                FeedResponse::NotModified { .. } => panic!(),
            }
            // Through the ledger and back.
            let stored = serde_json::to_string(&request.validators).unwrap();
            request.validators = serde_json::from_str(&stored).unwrap();
        }
        let log = server.log();
        assert_eq!((sent(&log[0], "if-none-match"), sent(&log[0], "if-modified-since")), (None, None));
        assert_eq!(sent(&log[1], "if-none-match"), Some(etag));
        assert_eq!(sent(&log[1], "if-modified-since"), Some(modified));
    }
}

#[tokio::test]
async fn validators_that_would_stop_the_feed_for_good_are_left_out() {
    let long = format!("etag: \"{}\"", "x".repeat(1024));
    let server = Server::start(move |_| {
        Script::ok("x").header(&long).header("last-modified: Tue, 19 Jan 2038 03:14:07 GMT")
    })
    .await;
    let document = document(&fetcher(&settings()), &server.url("/")).await.unwrap();
    assert_eq!(document.validators, Validators::default());
}

#[tokio::test]
async fn only_what_was_given_is_sent_and_absent_ones_are_dropped() {
    let server = Server::start(|request| match sent(request, "if-none-match") {
        None => Script::ok("1").header("etag: \"1\""),
        Some(_) => Script::ok("2").header("last-modified: x"),
    })
    .await;
    let fetcher = fetcher(&settings());
    let mut request = request(&server.url("/"));
    for _ in 0..3 {
        let FeedResponse::Document(document) = fetcher.feed(&request).await.unwrap() else { panic!() };
        request.validators = document.validators;
    }
    let log = server.log();
    assert_eq!((sent(&log[1], "if-none-match"), sent(&log[1], "if-modified-since")), (Some("\"1\""), None));
    assert_eq!((sent(&log[2], "if-none-match"), sent(&log[2], "if-modified-since")), (None, Some("x")));
}

#[tokio::test]
async fn a_304_updates_what_it_names_and_keeps_the_rest() {
    for (header, etag) in [("etag: \"new\"", "\"new\""), ("x: y", "\"old\"")] {
        let server = Server::start(move |_| {
            Script::status("304 Not Modified").header(header).header("cache-control: max-age=60")
        })
        .await;
        let mut request = request(&server.url("/"));
        request.validators.etag = Some("\"old\"".into());
        request.validators.last_modified = Some("then".into());
        let response = fetcher(&settings()).feed(&request).await.unwrap();
        let FeedResponse::NotModified { validators, freshness, .. } = response else {
            panic!("{response:?}")
        };
        assert_eq!(
            (validators.etag.as_deref(), validators.last_modified.as_deref()),
            (Some(etag), Some("then"))
        );
        assert_eq!(freshness.fresh_for, Some(Duration::from_secs(60)));
    }
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let server = Server::start(|_| Script::status("304 Not Modified")).await;
    let error = document(&fetcher(&settings()), &server.url("/")).await.unwrap_err();
    assert_eq!(error.kind, FetchFailure::Status(304));
}

#[tokio::test]
async fn a_delta_that_nobody_asked_for_is_an_error() {
    let server = Server::start(|_| Script::status("226 IM Used").body("x")).await;
    let fetcher = fetcher(&settings());
    let mut request = request(&server.url("/"));
    assert_eq!(fetcher.feed(&request).await.unwrap_err().kind, FetchFailure::Status(226));
    request.headers.push(("a-im".into(), Secret("feed".into())));
    fetcher.feed(&request).await.unwrap();
}

#[tokio::test]
async fn validators_belong_to_the_address_they_came_from() {
    let target = Server::start(|request| match sent(request, "if-none-match") {
        Some("\"t\"") => Script::status("304 Not Modified"),
        _ => Script::ok("x").header("etag: \"t\""),
    })
    .await;
    let to = target.url("/real");
    let server = Server::start(move |_| Script::status("302 Found").header(&format!("location: {to}"))).await;
    let fetcher = fetcher(&settings());
    let mut request = request(&server.url("/feed"));
    let FeedResponse::Document(document) = fetcher.feed(&request).await.unwrap() else { panic!() };
    let came_from = document.validators.url.clone().unwrap();
    assert!(came_from.len() == 16 && !came_from.contains("real"), "the address may hold secrets");
    // Records of before hold the address itself.
    request.validators = Validators { url: Some(target.url("/real")), ..document.validators.clone() };
    assert!(matches!(fetcher.feed(&request).await.unwrap(), FeedResponse::NotModified { .. }));
    request.validators = document.validators.clone();
    let response = fetcher.feed(&request).await.unwrap();
    let FeedResponse::NotModified { validators, redirects, .. } = response else { panic!("{response:?}") };
    assert_eq!(validators, document.validators);
    assert_eq!(redirects, [Redirect { status: 302, to: Url::parse(&target.url("/real")).unwrap() }]);
    assert!(server.log().iter().all(|request| sent(request, "if-none-match").is_none()));
    // The redirect has gone: the validators are not the feed's own.
    request.validators.url = Some("http://elsewhere.example/".into());
    assert!(matches!(fetcher.feed(&request).await.unwrap(), FeedResponse::Document(_)));
}
