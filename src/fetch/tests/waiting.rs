//! Servers that keep requests waiting hold up no others.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// One request at work at a time, to servers with as many names as are wanted.
async fn one_at_a_time() -> (Server, Arc<Fetcher>) {
    let server = Server::start(|head| match head {
        head if head.contains("/slow-head") => Script::ok("x").drip_head(HOUR),
        head if head.contains("/slow-body") => Script::ok("<rss>").drip_body(HOUR),
        _ => Script::ok("good"),
    })
    .await;
    let fetcher = fetcher(&Http { concurrency: 1, timeout: HOUR, ..settings() });
    (server, Arc::new(fetcher))
}

fn begin(
    (server, fetcher): &(Server, Arc<Fetcher>),
    name: &str,
    path: &str,
) -> tokio::task::JoinHandle<Result<FeedDocument, FetchError>> {
    let url = format!("http://{name}.example:{}{path}", server.address.port());
    let fetcher = fetcher.clone();
    tokio::spawn(async move { document(&fetcher, &url).await })
}

#[tokio::test]
async fn a_request_that_is_kept_waiting_makes_way() {
    let all = one_at_a_time().await;
    let slow =
        [begin(&all, "a", "/slow-head"), begin(&all, "b", "/slow-body"), begin(&all, "c", "/slow-head")];
    tokio::task::yield_now().await;
    // The only one at work, were it not for the hour that the others take.
    let good = tokio::time::timeout(MINUTE, begin(&all, "d", "/good")).await;
    let good = good.expect("the others make way").unwrap().unwrap();
    assert_eq!(good.body, "good");
    for one in slow {
        assert!(!one.is_finished());
        one.abort();
    }
}

#[tokio::test]
async fn of_bodies_that_come_slowly_there_are_few() {
    let all = one_at_a_time().await;
    let first = begin(&all, "a", "/slow-body");
    let heads = begin(&all, "b", "/slow-head");
    let second = begin(&all, "c", "/slow-body");
    let ends = tokio::select! {
        ends = first => ends.unwrap().unwrap_err(),
        ends = second => ends.unwrap().unwrap_err(),
    };
    assert!(matches!(ends.kind, FetchFailure::GivenUp(_)) && ends.is_passing(), "{ends}");
    assert!(!heads.is_finished(), "what has no body yet costs little");
    heads.abort();
}
