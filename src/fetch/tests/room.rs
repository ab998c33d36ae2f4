//! Bodies in hand share a budget.

use super::*;

const MIB: usize = 1 << 20;

/// A server of bodies of so many bytes each.
async fn serve(bytes: usize) -> Server {
    Server::start(move |request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::status("404 None"),
        _ => Script::ok(vec![b' '; bytes]),
    })
    .await
}

fn tight(max_bodies: usize) -> Fetcher {
    let http = Http { max_body: 15 * MIB, max_bodies, timeout: Duration::from_secs(5), ..settings() };
    fetcher(&http)
}

async fn page(fetcher: &Fetcher, server: &Server, alone: Option<Alone>) -> Result<Page, FetchError> {
    let url = Url::parse(&server.url("/news/1")).unwrap();
    fetcher.page(&PageRequest { alone, ..PageRequest::of(url) }).await
}

#[tokio::test]
async fn large_pages_come_one_at_a_time_and_small_ones_meanwhile() {
    let (large, small) = (serve(4 * MIB).await, serve(200 << 10).await);
    let fetcher = tight(128 * MIB);
    let first = page(&fetcher, &large, None).await.unwrap();
    assert!(first.share.as_ref().unwrap().is_alone());
    assert_eq!(fetcher.bodies_in_hand(), 4 * MIB);
    let error = page(&fetcher, &large, None).await.unwrap_err();
    assert!(error.is_no_room() && error.is_passing() && error.is_deferral(), "{error}");
    let kept = page(&fetcher, &small, None).await.unwrap();
    assert_eq!(fetcher.bodies_in_hand(), 4 * MIB + (200 << 10));
    // A copy of the page holds its room as well.
    let copy = first.clone();
    drop(first);
    assert!(page(&fetcher, &large, None).await.is_err());
    drop(copy);
    drop(kept);
    let alone = fetcher.go_alone().await;
    let second = page(&fetcher, &large, alone).await.unwrap();
    assert_eq!(second.body.len(), 4 * MIB);
    drop(second);
    assert_eq!(fetcher.bodies_in_hand(), 0);
}

#[tokio::test]
async fn feeds_wait_for_room_and_pages_are_told() {
    let server = serve(MIB).await;
    let fetcher = tight(2 * MIB);
    let mut in_hand = Vec::new();
    for _ in 0..2 {
        in_hand.push(page(&fetcher, &server, None).await.unwrap());
    }
    assert!(!fetcher.is_crowded());
    let third = document(&fetcher, &server.url("/feed")).await.unwrap();
    assert!(third.share.as_ref().unwrap().is_alone() && fetcher.is_crowded());
    assert!(page(&fetcher, &server, None).await.unwrap_err().is_no_room());
    let waiting = tokio::spawn({
        let (fetcher, url) = (fetcher.clone(), server.url("/feed"));
        async move { document(&fetcher, &url).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    // What waits for pages of its own lets the next one come.
    third.share.as_ref().unwrap().give_way();
    waiting.await.unwrap().unwrap();
    drop((in_hand, third));
    assert_eq!(fetcher.bodies_in_hand(), 0);
    let failed = fetcher.counters().failures().find(|(reason, _)| *reason == "no_room").unwrap().1;
    assert_eq!(failed, 2);
}

#[tokio::test]
async fn room_is_given_back_whatever_becomes_of_a_body() {
    let fetcher = tight(128 * MIB);
    for script in [
        Script::ok(vec![b' '; 500]).length(5 * MIB),
        Script::ok(vec![b' '; 4096]).chunks(5000),
        Script::ok(vec![b' '; 500]).header("content-encoding: gzip"),
        Script::status("302 There").header("location: ftp://x/").body(vec![b' '; 500]),
        Script::ok(vec![b' '; 500]).length(15 * MIB + 1),
    ] {
        let server = Server::start(move |_| script.clone()).await;
        drop(document(&fetcher, &server.url("/feed")).await);
        assert_eq!(fetcher.bodies_in_hand(), 0);
    }
}

#[tokio::test]
async fn of_robots_no_more_is_read_than_counts() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::ok(vec![b'#'; 1 << 16]).chunks(1000),
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    let fetcher = tight(MIB);
    page(&fetcher, &server, None).await.unwrap();
    let read = fetcher.counters().body_bytes.load(Relaxed);
    assert!((500 << 10..700 << 10).contains(&read), "{read} bytes");
}
