//! Bodies and times: too slow, too large, too short, not what they are called.

use std::io::Write;

use flate2::{Compression, write};

use super::*;

const SLOW: Duration = Duration::from_millis(200);

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn slow_servers_meet_the_deadline() {
    let scripts = [
        Script::ok("x").drip_head(SLOW),
        Script::ok("x".repeat(100)).drip_body(SLOW),
        Script::raw("HTTP/1.1 100 Continue\r\n\r\n".repeat(10)),
    ];
    for (script, expected) in scripts.into_iter().zip(["timeout", "timeout", "connect"]) {
        let begun = tokio::time::Instant::now();
        assert_eq!(outcome(script.clone()).await, expected, "{script:?}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{script:?}");
    }
}

#[tokio::test]
async fn the_limit_counts_what_comes_out() {
    let large = vec![b' '; 2 << 20];
    for (name, script) in [
        ("announced", Script::ok("x").length(50_000_000)),
        ("sent", Script::ok(vec![b' '; 50_000_000])),
        ("chunked without end", Script::ok(vec![b' '; 1 << 16]).chunks(usize::MAX)),
        ("gzip", Script::ok(gzip(&vec![b' '; 64 << 20])).header("content-encoding: gzip")),
        ("zlib", Script::ok(zlib(&large)).header("content-encoding: deflate")),
        ("raw deflate", Script::ok(deflate(&large)).header("content-encoding: deflate")),
        ("zstd", Script::ok(zstd::bulk::compress(&large, 1).unwrap()).header("content-encoding: zstd")),
    ] {
        assert_eq!(outcome(script).await, "body_too_large", "{name}");
    }
    let exact = "x".repeat(1 << 20);
    assert_eq!(outcome(Script::ok(exact.clone())).await, format!("ok {exact}"));
}

#[tokio::test]
async fn codings_are_undone_even_where_they_are_mislabelled() {
    let text = "<rss>a feed, a feed, a feed, a feed</rss>";
    let body = text.as_bytes();
    for (name, body, label) in [
        ("gzip", gzip(body), "gzip"),
        ("two members", [gzip(&body[..9]), gzip(&body[9..])].concat(), "gzip"),
        ("zlib", zlib(body), "deflate"),
        ("raw deflate", deflate(body), "deflate"),
        ("zstd", zstd::bulk::compress(body, 3).unwrap(), "zstd"),
        ("plain as gzip", body.to_vec(), "gzip"),
        ("plain as brotli", body.to_vec(), "br"),
        ("plain as deflate", body.to_vec(), "deflate"),
        ("plain as zstd", body.to_vec(), "zstd"),
        ("gzip as brotli", gzip(body), "br"),
        ("plain as itself", body.to_vec(), "identity"),
        ("plain as its charset", body.to_vec(), "utf-8"),
    ] {
        let script = Script::ok(body).header(&format!("content-encoding: {label}"));
        assert_eq!(outcome(script).await, format!("ok {text}"), "{name}");
    }
    let garbage = Script::ok(vec![0xff, 0, 1, 2, 3, 4, 5, 6, 7]).header("content-encoding: gzip");
    assert_eq!(outcome(garbage).await, "bad_body");
}

#[tokio::test]
async fn what_breaks_off_is_no_document() {
    for (name, script) in [
        ("short", Script::ok("half").length(8)),
        ("empty", Script::ok("")),
        ("chunk broken", Script::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab")),
        (
            "last chunk missing",
            Script::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n"),
        ),
        ("two codings", Script::ok(gzip(b"<rss/>")).header("content-encoding: br, gzip")),
        ("gzip empty", Script::ok(gzip(b"")).header("content-encoding: gzip")),
    ] {
        assert_eq!(outcome(script).await, "bad_body", "{name}");
    }
    // Without a length the end of the connection is the end of the body (RFC 9112 section 6.3).
    assert_eq!(outcome(Script::raw("HTTP/1.0 200 OK\r\n\r\nwhole")).await, "ok whole");
}

#[tokio::test]
async fn what_came_of_a_feed_that_breaks_off_is_given() {
    let text = "<rss>a feed, a feed, a feed, a feed</rss>";
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (name, script) in [
        ("more bytes claimed", Script::ok(text).length(900)),
        ("chunk broken", Script::raw(format!("{head}fff\r\n{text}"))),
        ("last chunk missing", Script::raw(format!("{head}29\r\n{text}\r\n"))),
        ("gzip without its end", {
            let packed = gzip(text.as_bytes());
            Script::ok(&packed[..packed.len() - 8]).header("content-encoding: gzip")
        }),
    ] {
        assert_eq!(outcome(script).await, format!("part {text}"), "{name}");
    }
    let server = Server::start(move |_| Script::ok(text).length(900)).await;
    let page = fetcher(&settings()).page(&PageRequest::of(Url::parse(&server.url("/")).unwrap())).await;
    assert_eq!(page.unwrap_err().reason(), "bad_body", "half a page is none");
}

#[tokio::test]
async fn heads_have_limits() {
    let many = (0..10_000).fold(Script::ok("x"), |script, n| script.header(&format!("x-{n}: y")));
    let long = Script::ok("x").header(&format!("x: {}", "y".repeat(1 << 20)));
    for script in [many, long, Script::raw("not http at all\r\n\r\n"), Script::raw("")] {
        assert_eq!(outcome(script).await, "connect");
    }
}

#[tokio::test]
async fn a_slow_site_does_not_hold_up_the_others() {
    let slow = Server::start(|_| Script::ok("x".repeat(100)).drip_body(SLOW)).await;
    let good = Server::start(|_| Script::ok("x")).await;
    let fetcher = fetcher(&Http { concurrency: 4, per_site: 2, ..settings() });
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let (fetcher, url) = (fetcher.clone(), slow.url("/"));
        waiting.push(tokio::spawn(async move { document(&fetcher, &url).await.unwrap_err() }));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = tokio::time::Instant::now();
    for _ in 0..20 {
        document(&fetcher, &good.url("/")).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let mut waiting = waiting.into_iter();
    let first = waiting.next().unwrap().await.unwrap();
    assert_eq!(first.reason(), "timeout");
    // The rest would be sent away after some seconds: `site` tests that under a paused clock.
    waiting.for_each(|task| task.abort());
}
