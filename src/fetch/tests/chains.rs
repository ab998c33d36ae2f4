//! Chains that need more than a Location: cookies, pages that send on by themselves, servers that
//! refuse conditions; and what a feed brings along for its pages.

use super::{server::sent, *};

/// `end` once every cookie of `wanted` is there; a redirect that sets them to the same address before.
async fn behind_cookies(wanted: &'static [&'static str]) -> Server {
    Server::start(move |request| {
        let cookies = sent(request, "cookie").unwrap_or_default();
        if wanted.iter().all(|cookie| cookies.split("; ").any(|known| known == *cookie)) {
            return Script::ok("end");
        }
        let host = sent(request, "host").unwrap();
        let script = Script::status("302 Found").header(&format!("location: http://{host}/feed"));
        wanted
            .iter()
            .fold(script, |script, cookie| script.header(&format!("set-cookie: {cookie}; Path=/; HttpOnly")))
    })
    .await
}

#[tokio::test]
async fn a_cookie_is_kept_for_the_chain_and_no_longer() {
    for wanted in [&["seen=1"][..], &["a=1", "b=2"], &["id=x%20y"]] {
        let server = behind_cookies(wanted).await;
        let fetcher = fetcher(&settings());
        for _ in 0..2 {
            assert_eq!(&document(&fetcher, &server.url("/feed")).await.unwrap().body[..], b"end");
        }
        let log = server.log();
        assert_eq!(log.len(), 4, "each chain sets them anew");
        assert!(sent(&log[2], "cookie").is_none(), "nothing is remembered");
    }
}

#[tokio::test]
async fn a_cookie_of_another_host_stays_there() {
    let target = Server::start(|_| Script::ok("end")).await;
    let to = target.url("/x").replace("127.0.0.1", "other.example");
    let server = Server::start(move |_| {
        Script::status("302 Found").header(&format!("location: {to}")).header("set-cookie: a=1")
    })
    .await;
    document(&fetcher(&settings()), &server.url("/feed")).await.unwrap();
    assert!(target.log().iter().all(|request| sent(request, "cookie").is_none()));
}

#[tokio::test]
async fn a_loop_with_and_without_cookies_ends() {
    for cookie in ["x: y", "set-cookie: same=1"] {
        let server = Server::start(move |request| {
            let host = sent(request, "host").unwrap();
            Script::status("302 Found").header(&format!("location: http://{host}/feed")).header(cookie)
        })
        .await;
        let error = document(&fetcher(&settings()), &server.url("/feed")).await.unwrap_err();
        assert_eq!(error.reason(), "redirect");
        assert!(server.log().len() <= 6);
    }
}

#[tokio::test]
async fn a_document_that_sends_on_is_followed() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/feed") => {
            Script::ok("<html><head><meta http-equiv=refresh content='0; url=/new.xml'></head></html>")
        }
        _ => Script::ok("<rss/>").header("etag: \"n\""),
    })
    .await;
    let fetcher = fetcher(&settings());
    let document = document(&fetcher, &server.url("/feed")).await.unwrap();
    assert_eq!((document.url.path(), &document.body[..]), ("/new.xml", &b"<rss/>"[..]));
    assert_eq!(document.redirects.len(), 1);
    assert_eq!(document.redirects[0].status, 200, "not for good");
    let page = fetcher.page(&PageRequest::of(Url::parse(&server.url("/feed")).unwrap())).await.unwrap();
    assert_eq!(page.url.path(), "/new.xml");
}

#[tokio::test]
async fn a_refused_condition_is_left_out() {
    for status in
        ["412 Precondition Failed", "400 Bad Request", "403 Forbidden", "500 Oops", "501 Not Implemented"]
    {
        let server = Server::start(move |request| match sent(request, "if-none-match") {
            Some(_) => Script::status(status),
            None => Script::ok("new"),
        })
        .await;
        let fetcher = fetcher(&settings());
        let mut request = request(&server.url("/feed"));
        request.validators.etag = Some("\"1\"".into());
        assert!(fetcher.feed(&request).await.is_err(), "only where it is asked for");
        request.again_if_refused = true;
        let FeedResponse::Document(document) = fetcher.feed(&request).await.unwrap() else { panic!() };
        let code = status.split(' ').next().unwrap().parse().unwrap();
        assert_eq!((&document.body[..], document.refused), (&b"new"[..], Some(Refused::Status(code))));
    }
    // Who is down is down.
    let server = Server::start(|_| Script::status("500 Oops")).await;
    let mut request = request(&server.url("/feed"));
    (request.validators.etag, request.again_if_refused) = (Some("\"1\"".into()), true);
    let error = fetcher(&settings()).feed(&request).await.unwrap_err();
    assert_eq!((error.kind, server.log().len()), (FetchFailure::Status(500), 2));
}

#[tokio::test]
async fn a_304_for_another_tag_is_no_answer() {
    for (told, again) in [
        ("\"2\"", true),
        ("\"1\"", false),
        ("W/\"1\"", false),
        ("\"1-gzip\"", false),
        ("\"1--gzip\"", false),
        ("\"1;br\"", false),
        ("\"12\"", true),
    ] {
        let server = Server::start(move |request| match sent(request, "if-none-match") {
            Some(_) => Script::status("304 Not Modified").header(&format!("etag: {told}")),
            None => Script::ok("new").header(&format!("etag: {told}")),
        })
        .await;
        let mut request = request(&server.url("/feed"));
        request.validators.etag = Some("\"1\"".into());
        request.again_if_other_tag = true;
        let found = fetcher(&settings()).feed(&request).await.unwrap();
        let asked_again =
            matches!(&found, FeedResponse::Document(document) if document.refused == Some(Refused::OtherTag));
        assert_eq!(asked_again, again, "{told}");
    }
}

#[tokio::test]
async fn a_304_for_a_later_date_is_no_answer() {
    for (told, again) in [
        ("Wed, 24 Nov 2010 10:05:00 GMT", true),
        ("Wed, 24 Nov 2010 10:00:00 GMT", false),
        ("Wednesday, 24-Nov-10 10:00:00 GMT", false),
        ("Tue, 23 Nov 2010 10:00:00 GMT", false),
        ("yesterday", false),
    ] {
        let server = Server::start(move |request| match sent(request, "if-modified-since") {
            Some(_) => Script::status("304 Not Modified").header(&format!("last-modified: {told}")),
            None => Script::ok("new").header(&format!("last-modified: {told}")),
        })
        .await;
        let mut request = request(&server.url("/feed"));
        request.validators.last_modified = Some("Wed, 24 Nov 2010 10:00:00 GMT".into());
        request.again_if_other_tag = true;
        let found = fetcher(&settings()).feed(&request).await.unwrap();
        let asked_again =
            matches!(&found, FeedResponse::Document(document) if document.refused == Some(Refused::OtherTag));
        assert_eq!(asked_again, again, "{told}");
    }
}

#[tokio::test]
async fn what_a_feed_brings_goes_to_pages_of_its_own_origin() {
    let other = Server::start(|_| Script::ok("<p>elsewhere</p>")).await;
    let elsewhere = other.url("/a");
    let server = Server::start(move |request| match request.split(' ').nth(1) {
        Some("/leads-away") => Script::status("302 Found").header(&format!("location: {elsewhere}")),
        _ => Script::ok("<p>page</p>"),
    })
    .await;
    let mut feed = Url::parse(&server.url("/feed")).unwrap();
    feed.set_username("ann").unwrap();
    feed.set_password(Some("pw")).unwrap();
    let headers = vec![
        ("user-agent".to_owned(), Secret("Mozilla/5.0".into())),
        ("x-key".to_owned(), Secret("k".into())),
    ];
    let credentials = Arc::new(FeedCredentials { url: feed, headers });
    let fetcher = fetcher(&settings());
    for url in [server.url("/a"), server.url("/leads-away"), other.url("/b")] {
        let request =
            PageRequest { feed: Some(credentials.clone()), ..PageRequest::of(Url::parse(&url).unwrap()) };
        fetcher.page(&request).await.unwrap();
    }
    let pages = |server: &Server| {
        let mut log = server.log();
        log.retain(|request| {
            !request.starts_with("GET /robots.txt ") && !request.starts_with("GET /.well-known/tdmrep.json ")
        });
        log
    };
    for request in pages(&server) {
        assert_eq!(sent(&request, "authorization"), Some("Basic YW5uOnB3"));
        assert_eq!((sent(&request, "user-agent"), sent(&request, "x-key")), (Some("Mozilla/5.0"), Some("k")));
    }
    assert_eq!(pages(&other).len(), 2);
    for request in other.log() {
        assert_eq!((sent(&request, "authorization"), sent(&request, "x-key")), (None, None));
        assert!(sent(&request, "user-agent").unwrap().starts_with("copydesk/"));
    }
}
