//! What a feed has of its own: a proxy, a timeout, another answer to `robots.txt`.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{config::FeedHttp, rights::Access};

fn with(http: FeedHttp, url: &str) -> FeedRequest {
    FeedRequest { http: Some(Arc::new(http)), ..request(url) }
}

fn through(proxy: &str) -> FeedHttp {
    FeedHttp { proxy: Some(Secret(proxy.into())), ..FeedHttp::default() }
}

async fn body(fetcher: &Fetcher, request: &FeedRequest) -> Result<Vec<u8>, FetchError> {
    match fetcher.feed(request).await? {
        FeedResponse::Document(document) => Ok(document.body.to_vec()),
        FeedResponse::NotModified { .. } => panic!("nothing was asked that a 304 could answer"),
    }
}

#[tokio::test]
async fn an_http_proxy_is_asked_for_one_feed_only() {
    let proxy = Server::start(|_| Script::ok("by proxy")).await;
    let direct = Server::start(|_| Script::ok("direct")).await;
    let fetcher = fetcher(&settings());
    let url = direct.url("/feed").replace("127.0.0.1", "news.example");
    let own = through(&format!("http://ann:canary@{}", proxy.address));
    assert_eq!(body(&fetcher, &with(own.clone(), &url)).await.unwrap(), b"by proxy");
    assert_eq!(body(&fetcher, &request(&url)).await.unwrap(), b"direct");
    let log = proxy.log();
    assert_eq!(log.len(), 1);
    assert!(log[0].starts_with(&format!("GET {url} HTTP/1.1")), "{}", log[0]);
    assert!(log[0].contains("proxy-authorization: Basic YW5uOmNhbmFyeQ=="), "{}", log[0]);
    assert!(!direct.log()[0].contains("proxy-authorization"));
    // Its pages go the same way, its robots.txt included.
    let page = PageRequest { http: Some(Arc::new(own)), ..PageRequest::of(Url::parse(&url).unwrap()) };
    fetcher.page(&page).await.unwrap();
    assert_eq!((proxy.log().len(), direct.log().len()), (4, 1));
}

#[tokio::test]
async fn no_private_name_is_handed_to_a_proxy() {
    let proxy = Server::start(|_| Script::ok("by proxy")).await;
    let lookup: Lookup = Arc::new(|name| {
        let found = match name.as_str() {
            "intranet.example" => Ok(vec![SocketAddr::from(([10, 0, 0, 1], 0))]),
            "half.example" => Ok(vec![([93, 184, 215, 14], 0).into(), ([192, 168, 0, 1], 0).into()]),
            "news.example" => Ok(vec![SocketAddr::from(([93, 184, 215, 14], 0))]),
            _ => Err(std::io::Error::other("not known here")),
        };
        std::future::ready(found).boxed()
    });
    let public = Http { allow_private_networks: false, ..settings() };
    let fetcher = Fetcher::with_lookup(&public, clock(), lookup).unwrap();
    for (host, handed) in [
        ("intranet.example", false),
        ("half.example", false),
        ("news.example", true),
        ("unknown.example", true),
    ] {
        let own = through(&format!("http://{}", proxy.address));
        let came = body(&fetcher, &with(own, &format!("http://{host}/feed"))).await;
        match came {
            Ok(body) => assert!(handed && body == b"by proxy", "{host}"),
            Err(error) => assert!(!handed && error.reason() == "blocked_address", "{host}: {error}"),
        }
    }
    assert_eq!(proxy.log().len(), 2);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_without_its_secrets() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in ["http", "socks5", "socks5h"] {
        let own = through(&format!("{scheme}://ann:canary@{nobody}"));
        let asked = with(own, "http://news.example/feed");
        let error = body(&fetcher(&settings()), &asked).await.unwrap_err();
        assert_eq!(error.reason(), "connect", "{error}");
        assert!(!format!("{error} {error:?} {asked:?}").contains("canary"), "{error:?}");
    }
}

/// A SOCKS5 proxy (RFC 1928) without authentication that answers every connection itself; gives what
/// it was asked to connect to.
async fn socks() -> (std::net::SocketAddr, Arc<std::sync::Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let kept = kept.clone();
            tokio::spawn(async move {
                let mut hello = [0; 2];
                stream.read_exact(&mut hello).await?;
                stream.read_exact(&mut vec![0; usize::from(hello[1])]).await?;
                stream.write_all(&[5, 0]).await?;
                let mut head = [0; 4];
                stream.read_exact(&mut head).await?;
                let length = match head[3] {
                    3 => usize::from(stream.read_u8().await?),
                    4 => 16,
                    _ => 4,
                };
                let mut target = vec![0; length];
                stream.read_exact(&mut target).await?;
                stream.read_u16().await?;
                kept.lock().unwrap().push(target);
                stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
                let mut request = vec![0; 4096];
                assert!(stream.read(&mut request).await? > 0, "a request");
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nsocks").await
            });
        }
    });
    (address, asked)
}

#[tokio::test]
async fn a_socks_proxy_looks_names_up_where_it_is_asked_to() {
    for (scheme, expected) in [("socks5h", &b"news.example"[..]), ("socks5", &[127, 0, 0, 1])] {
        let (address, asked) = socks().await;
        let own = through(&format!("{scheme}://{address}"));
        let came = body(&fetcher(&settings()), &with(own, "http://news.example/feed")).await.unwrap();
        assert_eq!(
            (came.as_slice(), asked.lock().unwrap()[0].as_slice()),
            (&b"socks"[..], expected),
            "{scheme}"
        );
    }
}

#[tokio::test]
async fn a_timeout_of_its_own_counts_for_one_feed() {
    let server = Server::start(|_| Script::ok("x").drip_head(Duration::from_millis(20))).await;
    let fetcher = fetcher(&Http { timeout: Duration::from_secs(30), ..settings() });
    let own = FeedHttp { timeout: Some(Duration::from_millis(100)), ..FeedHttp::default() };
    let error = body(&fetcher, &with(own, &server.url("/feed"))).await.unwrap_err();
    assert_eq!(error.kind, FetchFailure::Timeout(Duration::from_millis(100)));
    assert_eq!(body(&fetcher, &request(&server.url("/feed"))).await.unwrap(), b"x");
}

#[tokio::test]
async fn one_feed_may_go_by_another_answer_to_robots() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/robots.txt") => Script::ok("User-agent: *\nDisallow: /"),
        _ => Script::ok("<p>a page</p>"),
    })
    .await;
    for (general, own, fetched) in [
        (RobotsPolicy::Obey, Some(RobotsPolicy::Record), true),
        (RobotsPolicy::Record, Some(RobotsPolicy::Obey), false),
        (RobotsPolicy::Obey, None, false),
    ] {
        let fetcher = fetcher(&Http { robots: general, ..settings() });
        let own = FeedHttp { robots: own, ..FeedHttp::default() };
        let url = Url::parse(&server.url("/news/1")).unwrap();
        let page = fetcher.page(&PageRequest { http: Some(Arc::new(own)), ..PageRequest::of(url) }).await;
        match page {
            Ok(page) => assert!(fetched && page.signals.access == Some(Access::Disallowed)),
            Err(error) => assert!(!fetched && error.robots() == Some(Access::Disallowed), "{error}"),
        }
    }
}
