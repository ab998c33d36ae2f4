//! What stands before pages and feeds, and pages that are not asked for since their publisher reserves
//! a use.

use super::*;
use crate::rights::TDMREP_PATH;

/// A fetcher for pages of a server that answers `path` with a script, and all else with 404.
async fn serve(path: &'static str, script: Script) -> Server {
    Server::start(move |request| match request.split(' ').nth(1) {
        Some(asked) if asked == path => script.clone(),
        Some(asked) if asked.starts_with("/session/") => Script::ok("<p>Who are you?</p>"),
        _ => Script::status("404 None"),
    })
    .await
}

async fn page(http: &Http, server: &Server, path: &str) -> Result<Page, FetchError> {
    fetcher(http).page(&PageRequest::of(Url::parse(&server.url(path)).unwrap())).await
}

#[tokio::test]
async fn walls_before_pages_are_named() {
    for (script, status, kind, detail) in [
        (
            Script::status("403 No").header("cf-mitigated: challenge"),
            403,
            WallKind::BotWall,
            Some("cloudflare"),
        ),
        (Script::status("503 No").header("cf-mitigated: block"), 503, WallKind::BotWall, Some("cloudflare")),
        (
            Script::status("402 Pay").header("crawler-price: USD 0.02"),
            402,
            WallKind::PaymentRequired,
            Some("USD 0.02"),
        ),
        (
            Script::status("401 Who").header("www-authenticate: Basic realm=x"),
            401,
            WallKind::Login,
            Some("Basic"),
        ),
        (
            Script::status("302 There").header("location: /session/login?next=/news/1"),
            200,
            WallKind::Login,
            None,
        ),
        (Script::status("302 There").header("location: /session/consent"), 200, WallKind::Consent, None),
    ] {
        let server = serve("/news/1", script).await;
        let page = page(&settings(), &server, "/news/1").await.unwrap();
        let wall = page.wall.unwrap();
        assert_eq!((page.status, wall.kind, wall.detail.as_deref()), (status, kind, detail));
    }
}

#[tokio::test]
async fn pages_that_say_to_come_back_are_errors_that_pass() {
    for (status, paused) in [("503 Down", true), ("429 Slow", true), ("500 Down", false), ("502 Down", false)]
    {
        let server = serve("/news/1", Script::status(status).header("retry-after: 90")).await;
        let error = page(&settings(), &server, "/news/1").await.unwrap_err();
        assert!(error.is_passing() && !error.is_deferral(), "{error}");
        assert_eq!(error.retry_after, paused.then_some(Duration::from_secs(90)), "{status}");
    }
    for status in ["403 No", "404 None", "410 Gone", "451 Law"] {
        let server = serve("/news/1", Script::status(status)).await;
        let page = page(&settings(), &server, "/news/1").await.unwrap();
        assert_eq!(page.wall, None, "{status}");
    }
}

#[tokio::test]
async fn walls_before_feeds_are_named_in_the_error() {
    for (script, expected) in [
        (
            Script::status("403 No").header("x-datadome: protected"),
            "status 403 (a wall against bots: datadome)",
        ),
        (
            Script::status("402 Pay").header("crawler-price: USD 1"),
            "status 402 (a payment is required: USD 1)",
        ),
        (Script::status("401 Who").header("www-authenticate: Bearer"), "status 401 (a login: Bearer)"),
        (Script::status("403 No"), "status 403"),
    ] {
        let server = serve("/feed", script).await;
        let error = document(&fetcher(&settings()), &server.url("/feed")).await.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
    }
    let server = serve("/feed", Script::status("302 There").header("location: /session/login")).await;
    let document = document(&fetcher(&settings()), &server.url("/feed")).await.unwrap();
    assert_eq!(document.wall.unwrap().kind, WallKind::Login);
}

#[tokio::test]
async fn what_is_reserved_is_not_asked_for_where_the_operator_wants_it_so() {
    for (path, file) in [
        ("/robots.txt", "User-agent: *\nContent-Signal: search=yes, ai-train=no"),
        ("/robots.txt", "User-agent: *\nContent-Usage: train-ai=n"),
        (TDMREP_PATH, r#"[{"location": "/", "tdm-reservation": 1}]"#),
    ] {
        let server = Server::start(move |request| match request.split(' ').nth(1) {
            Some(asked) if asked == path => Script::ok(file),
            Some("/news/1") => Script::ok("<p>a page</p>"),
            _ => Script::status("404 None"),
        })
        .await;
        for (usage, reserved) in [
            (vec![Use::TrainAi], Some(Use::TrainAi)),
            (vec![Use::Search, Use::TrainAi], Some(Use::TrainAi)),
            (vec![Use::Search], None),
            (vec![], None),
        ] {
            let asked = || server.log().iter().filter(|head| head.starts_with("GET /news/1 ")).count();
            let before = asked();
            let answer = page(&Http { usage, ..settings() }, &server, "/news/1").await;
            assert_eq!(answer.as_ref().err().and_then(FetchError::reserved), reserved, "{file}");
            assert_eq!(asked() - before, usize::from(reserved.is_none()), "{file}");
            if let Err(error) = answer {
                assert!(!error.is_passing() && error.reason() == "reserved", "{error}");
            }
        }
    }
}
