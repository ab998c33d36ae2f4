//! What an operator sees and does over HTTP: health, metrics, the API, the status page.
//!
//! Served on `admin.listen`. Nothing here is computed unless somebody asks, and whoever asks waits
//! for the scheduler, never the scheduler for them: it only hands out what it has ([`ask`]), and
//! everything else is done outside its task.
//!
//! Every request passes [`guard`] first, every error is a [`problem::Problem`] (RFC 9457), and the
//! operations of [`api`] are one table, from which the routes and the OpenAPI document are made.

pub mod api;
mod articles;
mod ask;
mod guard;
mod input;
mod letters;
mod listing;
mod page;
mod preview;
mod problem;
mod reload;
mod server;
mod signs;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
};
use prometheus_client::registry::Registry;
use tokio::sync::{Mutex, Semaphore, mpsc, watch};

pub use reload::{Names, ReloadRequest, Reloaded};
pub use server::{bind, serve, serve_pages};

use crate::{
    clock::Clock,
    config::{Config, Secret},
    edit::Editor,
    fetch::Fetcher,
    observe::{Fired, Health, Heartbeat},
    schedule::Request,
    worker::Cpu,
};
use problem::Problem;

/// What the pages are made from. A cheap clone.
#[derive(Clone)]
pub struct Admin {
    /// Readiness.
    pub health: Health,
    /// Metrics.
    pub registry: Arc<Registry>,
    /// Liveness.
    pub heartbeat: Heartbeat,
    /// Whether it is served on a loopback address only.
    pub loopback: bool,
    /// `admin.token`.
    pub token: Option<Secret>,
    /// Wall time.
    pub clock: Clock,
    /// To the scheduler, which owns the feeds' states.
    pub scheduler: mpsc::Sender<Request>,
    /// To the task that reloads the configuration; `None` if there is no file.
    pub reloads: Option<mpsc::Sender<ReloadRequest>>,
    /// Rules and vocabularies for previews.
    pub editor: watch::Receiver<Arc<Editor>>,
    /// The fetcher of the polls: previews have the same limits, turns and address guard.
    pub fetcher: Fetcher,
    /// What each rule has cut.
    pub fired: Fired,
    /// What no reload changes of the configuration; without feeds and rules.
    pub config: Arc<Config>,
    /// Operations that take time are done one at a time.
    pub turns: Turns,
}

/// One list of all feeds, one preview, one look into Kafka at a time.
#[derive(Clone)]
pub struct Turns {
    lists: Arc<Mutex<Option<Arc<listing::Words>>>>,
    previews: Arc<Semaphore>,
    kafka: Arc<Semaphore>,
    cpu: Cpu,
}

impl Default for Turns {
    fn default() -> Self {
        let one = || Arc::new(Semaphore::new(1));
        Self { lists: Arc::default(), previews: one(), kafka: one(), cpu: Cpu::new(1) }
    }
}

fn router(admin: Admin) -> Router {
    Router::new()
        .merge(signs::routes())
        .merge(api::routes())
        .merge(page::routes())
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this address does not support the method; see Allow",
            )
        })
        .layer(from_fn_with_state(admin.clone(), guard::check))
        .layer(from_fn(page::problems))
        .layer(from_fn(guard::headers))
        .with_state(admin)
}
