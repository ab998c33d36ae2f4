//! `/livez`, `/readyz` and `/metrics` over HTTP.

use std::{collections::VecDeque, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use prometheus_client::registry::Registry;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{health::Health, heartbeat::Heartbeat, metrics::render};

/// The scheduler has to have turned within this time for the daemon to count as alive.
const HEARTBEAT_MAX: Duration = Duration::from_secs(60);

/// A client has this long to say what it wants.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// And to take what it gets, all in all.
const CONNECTION_TIME: Duration = Duration::from_secs(30);

/// Connections that are served at once; one more ends the oldest of them, so that many who say
/// nothing keep nobody out.
const CONNECTIONS_MAX: usize = 64;

/// What the pages are made of.
#[derive(Clone)]
pub struct Admin {
    /// Readiness.
    pub health: Health,
    /// Metrics.
    pub registry: Arc<Registry>,
    /// Liveness.
    pub heartbeat: Heartbeat,
    /// Served on a loopback address only.
    pub loopback: bool,
}

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
    let pages = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(admin.loopback, for_this_host))
        .with_state(admin);
    let mut connections = JoinSet::new();
    let mut oldest: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, most likely: some will be free again.
                tracing::debug!(%error, "admin connection not accepted");
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
        Ok(Err(error)) => tracing::debug!(%error, "admin connection failed"),
    }
}

/// A page on the web must not read these through a name that resolves to loopback.
async fn for_this_host(State(loopback): State<bool>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if loopback && !is_loopback_name(host) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    next.run(request).await
}

/// Whether a `Host` names this machine: an address, or `localhost` in any spelling.
fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    address.parse::<std::net::IpAddr>().is_ok()
        || name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost")
}

async fn livez(State(admin): State<Admin>) -> impl IntoResponse {
    let age = admin.heartbeat.age();
    if age < HEARTBEAT_MAX {
        (StatusCode::OK, "alive\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("the scheduler last ran {} s ago\n", age.as_secs()))
    }
}

async fn readyz(State(admin): State<Admin>) -> impl IntoResponse {
    let reasons = admin.health.reasons();
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n")
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (StatusCode::OK, [(header::CONTENT_TYPE, content_type)], render(&admin.registry))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn served() -> SocketAddr {
        let (listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let admin = Admin {
            health: Health::default(),
            registry: Arc::new(Registry::default()),
            heartbeat: Heartbeat::default(),
            loopback: true,
        };
        tokio::spawn(serve(listener, admin));
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
        // The first ones were ended for the last ones' sake, these when their time was over.
        for stream in &mut silent {
            let mut rest = Vec::new();
            let end = timeout(HEAD_TIME + Duration::from_secs(4), stream.read_to_end(&mut rest)).await;
            assert!(end.is_ok(), "still open");
        }
    }
}
