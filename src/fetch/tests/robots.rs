//! `robots.txt` before pages: how often it is asked for, and what it keeps us from.

use std::sync::atomic::AtomicI64;

use super::{server::sent, *};
use crate::rights::{Access, Preference, TDMREP_PATH};

/// A fetcher whose clock a test moves, in seconds.
fn at(http: &Http) -> (Fetcher, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_790_000_000));
    let now = seconds.clone();
    let clock = Clock::from_fn(move || DateTime::from_timestamp(now.load(Relaxed), 0).unwrap());
    let lookup: Lookup = Arc::new(|_| async { Ok(vec![address(1)]) }.boxed());
    (Fetcher::build(http, clock, lookup, Arc::new(|_| true)).unwrap(), seconds)
}

async fn page(fetcher: &Fetcher, url: &str) -> Result<Page, FetchError> {
    fetcher.page(&PageRequest::of(Url::parse(url).unwrap())).await
}

/// The paths that were asked for, in order; the file of TDMRep left out.
fn paths(server: &Server) -> Vec<String> {
    let mut paths: Vec<String> =
        server.log().iter().map(|head| head.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
    paths.retain(|path| path != TDMREP_PATH);
    paths
}

const HOUR: i64 = 3600;

#[tokio::test]
async fn robots_are_asked_for_once_a_day_and_conditionally() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/robots.txt") => match sent(request, "if-none-match") {
            Some("\"r\"") => Script::status("304 Not Modified"),
            _ => Script::ok("User-agent: *\nDisallow: /private").header("etag: \"r\""),
        },
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    let (fetcher, seconds) = at(&settings());
    for hours in [0, 1, 22, 2, 23, 2] {
        seconds.fetch_add(hours * HOUR, Relaxed);
        page(&fetcher, &server.url("/news/1")).await.unwrap();
        let error = page(&fetcher, &server.url("/private/x")).await.unwrap_err();
        assert_eq!(error.robots(), Some(Access::Disallowed));
    }
    let log = server.log();
    let robots: Vec<&String> = log.iter().filter(|head| head.starts_with("GET /robots.txt")).collect();
    assert_eq!(robots.len(), 3, "in 50 hours");
    assert_eq!(sent(robots[0], "if-none-match"), None);
    assert_eq!(sent(robots[2], "if-none-match"), Some("\"r\""), "a 304 keeps the rules and the tag");
    assert!(
        !paths(&server).iter().any(|path| path.starts_with("/private")),
        "what is forbidden is not asked for"
    );
}

#[tokio::test]
async fn an_origin_that_cannot_be_asked_gives_no_page() {
    for (status, refused) in [
        ("500 Down", true),
        ("503 Down", true),
        ("404 None", false),
        ("410 None", false),
        ("401 No", false),
        ("403 No", false),
    ] {
        let server = Server::start(move |request| match request.split(' ').nth(1) {
            Some("/robots.txt") => Script::status(status),
            _ => Script::ok("<p>a page</p>"),
        })
        .await;
        let (fetcher, seconds) = at(&settings());
        for _ in 0..24 {
            let found = page(&fetcher, &server.url("/news/1")).await;
            assert_eq!(found.is_err(), refused, "{status}");
            if let Err(error) = found {
                assert_eq!(error.robots(), Some(Access::Unreadable), "{status}");
            }
            seconds.fetch_add(HOUR - 1, Relaxed);
        }
        let asked = paths(&server).iter().filter(|path| *path == "/robots.txt").count();
        assert_eq!(asked, 1, "{status}: once a day");
    }
    // One that hangs is not asked again for each page.
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::ok("User-agent: *").drip_head(Duration::from_secs(60)),
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    let (fetcher, _) = at(&Http { timeout: Duration::from_millis(200), ..settings() });
    for _ in 0..3 {
        assert!(page(&fetcher, &server.url("/news/1")).await.is_err());
    }
    assert_eq!(paths(&server), ["/robots.txt"]);
    // And where nobody listens there is no page either.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(page(&fetcher, &format!("http://{nobody}/1")).await.unwrap_err().reason(), "connect");
}

#[tokio::test]
async fn the_last_file_stands_in_while_there_is_none() {
    let down = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_down = down.clone();
    let server = Server::start(move |request| match request.split(' ').nth(1) {
        Some("/robots.txt") if is_down.load(Relaxed) => Script::status("500 Down"),
        Some("/robots.txt") => Script::ok("User-agent: *\nDisallow: /private"),
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    let (fetcher, seconds) = at(&settings());
    page(&fetcher, &server.url("/news/1")).await.unwrap();
    down.store(true, Relaxed);
    for day in 1..=29 {
        seconds.fetch_add(24 * HOUR, Relaxed);
        page(&fetcher, &server.url("/news/1")).await.unwrap_or_else(|error| panic!("day {day}: {error}"));
        let error = page(&fetcher, &server.url("/private")).await.unwrap_err();
        assert_eq!(error.robots(), Some(Access::Disallowed));
    }
    seconds.fetch_add(2 * 24 * HOUR, Relaxed);
    let error = page(&fetcher, &server.url("/news/1")).await.unwrap_err();
    assert_eq!(error.robots(), Some(Access::Unreadable), "after thirty days");
}

#[tokio::test]
async fn redirects_of_the_file_and_of_pages_are_looked_at() {
    let elsewhere = Server::start(|request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::ok("User-agent: copydesk\nDisallow: /"),
        _ => Script::ok("<p>not to be had</p>"),
    })
    .await;
    let away = elsewhere.url("/news/2").replace("127.0.0.1", "other.example");
    let server = Server::start(move |request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::status("301 Moved").header("location: /rules/robots.txt"),
        Some("/rules/robots.txt") => Script::ok("User-agent: *\nDisallow: /private"),
        Some("/news/1") => Script::status("302 Found").header("location: /private/1"),
        Some("/news/2") => Script::status("302 Found").header(&format!("location: {away}")),
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    let (fetcher, _) = at(&settings());
    for (path, robots) in
        [("/private", Access::Disallowed), ("/news/1", Access::Disallowed), ("/news/2", Access::Disallowed)]
    {
        let error = page(&fetcher, &server.url(path)).await.unwrap_err();
        assert_eq!(error.robots(), Some(robots), "{path}");
    }
    page(&fetcher, &server.url("/news/3")).await.unwrap();
    assert_eq!(paths(&server), ["/robots.txt", "/rules/robots.txt", "/news/1", "/news/2", "/news/3"]);
    assert_eq!(paths(&elsewhere), ["/robots.txt"], "no request where its own file forbids it");
    // Where the file leads nowhere there is none.
    let lost = Server::start(|request| match request.split(' ').nth(1) {
        Some("/news/1") => Script::ok("<p>a page</p>"),
        _ => Script::status("302 Found").header("location: /robots.txt"),
    })
    .await;
    page(&fetcher, &lost.url("/news/1")).await.unwrap();
}

#[tokio::test]
async fn a_setting_lets_pages_be_fetched_and_the_record_says_so() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::ok("User-agent: *\nDisallow: /"),
        _ => Script::ok("<rss/>"),
    })
    .await;
    let (fetcher, _) = at(&Http { robots: RobotsPolicy::Record, ..settings() });
    let found = page(&fetcher, &server.url("/news/1")).await.unwrap();
    assert_eq!(found.signals.access, Some(Access::Disallowed));
    // Feeds that are listed are not asked for, under either setting.
    let (obeying, _) = at(&settings());
    document(&obeying, &server.url("/feed")).await.unwrap();
    assert_eq!(paths(&server), ["/robots.txt", "/news/1", "/feed"]);
}

#[tokio::test]
async fn the_file_of_tdmrep_is_looked_at_once_a_day_and_what_is_nearer_beats_it() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some(TDMREP_PATH) => {
            Script::ok(r#"[{"location": "/news/", "tdm-reservation": 1, "tdm-policy": "/policy.json"}]"#)
        }
        Some("/news/free") => Script::ok("<p>a page</p>").header("tdm-reservation: 0"),
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    let (fetcher, seconds) = at(&settings());
    for (path, expected) in [
        ("/news/1", Preference::Disallowed),
        ("/news/free", Preference::Allowed),
        ("/sport/1", Preference::Unknown),
    ] {
        let signals = page(&fetcher, &server.url(path)).await.unwrap().signals;
        assert_eq!(signals.usage().train_ai, expected, "{path}");
        if path == "/news/1" {
            assert_eq!(signals.statements[0].policy, Some(server.url("/policy.json")));
        }
    }
    let asked = || server.log().iter().filter(|head| head.contains(TDMREP_PATH)).count();
    assert_eq!(asked(), 1);
    seconds.fetch_add(25 * HOUR, Relaxed);
    page(&fetcher, &server.url("/news/2")).await.unwrap();
    assert_eq!(asked(), 2);
    // Whatever comes in place of the file says nothing, and keeps no page away.
    for status in ["404 None", "500 Down", "403 No"] {
        let server = Server::start(move |request| match request.split(' ').nth(1) {
            Some(TDMREP_PATH) => Script::status(status),
            _ => Script::ok("<p>a page</p>"),
        })
        .await;
        let (fetcher, _) = at(&settings());
        let signals = page(&fetcher, &server.url("/news/1")).await.unwrap().signals;
        assert_eq!(signals.usage().train_ai, Preference::Unknown, "{status}");
    }
}
