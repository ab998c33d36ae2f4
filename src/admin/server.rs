//! Connections: few, short, and none that can keep another out.

use std::{collections::VecDeque, net::SocketAddr, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{Admin, router};

/// A client has this long to say what it wants.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// And this long to receive the answer, in all.
const CONNECTION_TIME: Duration = Duration::from_secs(30);

/// Connections that are served at once; one more ends the oldest of them, so that many silent ones
/// keep nobody out.
const CONNECTIONS_MAX: usize = 64;

/// Binds `listen`; port 0 is any free one.
///
/// # Errors
/// The address cannot be bound.
pub async fn bind(listen: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen).await?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

/// Serves until the future is dropped.
pub async fn serve(listener: TcpListener, admin: Admin) {
    serve_pages(listener, router(admin)).await;
}

/// The same for any pages.
pub async fn serve_pages(listener: TcpListener, pages: Router) {
    let mut connections = JoinSet::new();
    let mut oldest: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: some will be free again soon.
                tracing::debug!(%error, "connection not accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        oldest.retain(|connection| !connection.is_finished());
        if oldest.len() >= CONNECTIONS_MAX
            && let Some(connection) = oldest.pop_front()
        {
            connection.abort();
        }
        oldest.push_back(connections.spawn(answer(stream, pages.clone())));
    }
}

/// One connection, one request.
async fn answer(stream: TcpStream, pages: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages));
    match timeout(CONNECTION_TIME, connection).await {
        Ok(Ok(())) | Err(_) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection failed"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use prometheus_client::registry::Registry;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::{mpsc, watch},
    };

    use super::{super::Turns, *};
    use crate::{
        clean::{Cleaner, RuleSet},
        clock::Clock,
        config::{Config, Http},
        edit::Editor,
        fetch::Fetcher,
        observe::{Fired, Health, Heartbeat},
        tag::{TagRules, Tagger},
    };

    /// Admin pages whose scheduler does not answer.
    pub(crate) fn admin() -> Admin {
        let editor = Editor::new(Cleaner::new(&RuleSet::default()), Tagger::new(&TagRules::default()));
        Admin {
            health: Health::default(),
            registry: Arc::new(Registry::default()),
            heartbeat: Heartbeat::default(),
            loopback: true,
            token: None,
            clock: Clock::system(),
            scheduler: mpsc::channel(1).0,
            reloads: None,
            editor: watch::channel(Arc::new(editor)).1,
            fetcher: Fetcher::new(&Http::default(), Clock::system()).unwrap(),
            fired: Fired::default(),
            config: Arc::new(Config::default()),
            turns: Turns::default(),
        }
    }

    async fn served() -> SocketAddr {
        let (listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        tokio::spawn(serve(listener, admin()));
        address
    }

    async fn ask(address: SocketAddr, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
        answer.split_whitespace().nth(1).unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn every_page_is_for_this_machine_only() {
        let address = served().await;
        let port = address.port();
        for path in ["/livez", "/readyz", "/metrics"] {
            let ours = if path == "/readyz" { "503" } else { "200" };
            for name in ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]"] {
                assert_eq!(ask(address, path, name).await, ours, "{name}");
                assert_eq!(ask(address, path, &format!("{name}:{port}")).await, ours, "{name} with port");
            }
            for name in [
                "rebound.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "",
                "localhost..",
                "[::1",
            ] {
                assert_eq!(ask(address, path, name).await, "421", "{name}");
            }
        }
        assert_eq!(ask(address, "/nothing", "localhost").await, "404");
        assert_eq!(ask(address, "/nothing", "rebound.example").await, "421");
    }

    #[tokio::test]
    async fn who_says_nothing_keeps_nobody_out_and_is_not_waited_for() {
        let address = served().await;
        let mut silent = Vec::new();
        for number in 0..200 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            if number % 2 == 0 {
                stream.write_all(b"GET /livez HTTP/1.1\r\nHost: loc").await.unwrap();
            }
            silent.push(stream);
        }
        assert_eq!(ask(address, "/livez", "localhost").await, "200");
        // The first ones were ended to make room for the last ones; these when their time was over.
        for stream in &mut silent {
            let mut rest = Vec::new();
            let end = timeout(HEAD_TIME + Duration::from_secs(4), stream.read_to_end(&mut rest)).await;
            assert!(end.is_ok(), "still open");
        }
    }
}
