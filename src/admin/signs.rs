//! `/livez`, `/readyz` and `/metrics`: for machines, without a token.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};

use super::Admin;
use crate::observe::render;

/// The scheduler has to have turned within this time for the daemon to count as alive.
const HEARTBEAT_MAX: Duration = Duration::from_secs(60);

/// The paths that need no token.
pub(super) const OPEN: [&str; 3] = ["/livez", "/readyz", "/metrics"];

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/livez", get(livez)).route("/readyz", get(readyz)).route("/metrics", get(metrics))
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
