//! `/livez`, `/readyz` and `/metrics` over HTTP.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use super::{health::Health, heartbeat::Heartbeat, metrics::render};

/// The scheduler has to have turned within this time for the daemon to count as alive.
const HEARTBEAT_MAX: Duration = Duration::from_secs(60);

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
        .with_state(admin);
    if let Err(error) = axum::serve(listener, pages).await {
        tracing::error!(%error, "admin server failed");
    }
}

async fn livez(State(admin): State<Admin>) -> impl IntoResponse {
    let age = admin.heartbeat.age();
    if age < HEARTBEAT_MAX {
        (StatusCode::OK, "alive\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, format!("the scheduler last turned {} s ago\n", age.as_secs()))
    }
}

async fn readyz(State(admin): State<Admin>) -> impl IntoResponse {
    let reasons = admin.health.reasons();
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n")
}

async fn metrics(State(admin): State<Admin>, headers: HeaderMap) -> impl IntoResponse {
    // A page on the web must not read the metrics through a name that resolves to loopback.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    if admin.loopback && name.parse::<std::net::IpAddr>().is_err() && name != "localhost" {
        return (StatusCode::MISDIRECTED_REQUEST, [(header::CONTENT_TYPE, "text/plain")], String::new());
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (StatusCode::OK, [(header::CONTENT_TYPE, content_type)], render(&admin.registry))
}
