//! Hubs that deliver what is new (W3C WebSub, the subscriber's part).
//!
//! A poll notes the hub that its feed names. [`subscriber`] asks such hubs to deliver, [`callback`] takes
//! what they ask and deliver, and [`keys`] makes the addresses and secrets that are given to them. The
//! feed's state, its subscription included, stays with the scheduler: nothing is kept here. What is
//! delivered goes to a worker in place of the answer to a request, and by the same steps as such an
//! answer into the same transaction; there is no other way to Kafka.

mod callback;
mod keys;
mod subscriber;

use std::net::SocketAddr;

use tokio::{net::TcpListener, sync::mpsc};

pub use keys::Keys;

use crate::{
    admin::{bind, serve_pages},
    clock::Clock,
    config::{Callback, WebSub},
    fetch::Fetcher,
    observe::Metrics,
    schedule::Request,
};

/// What it is made of. A cheap clone.
#[derive(Clone)]
pub struct Parts {
    /// Addresses and secrets.
    pub keys: Keys,
    /// Who owns the feeds' states.
    pub scheduler: mpsc::Sender<Request>,
    /// What asks hubs, by the rules of every other request.
    pub fetcher: Fetcher,
    /// Wall time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    /// `websub.max_body`.
    pub max_body: usize,
    /// `websub.lease`, seconds.
    pub lease_s: u64,
}

impl Parts {
    /// Of a configuration.
    pub fn of(
        config: &WebSub,
        callback: &Callback,
        scheduler: mpsc::Sender<Request>,
        fetcher: Fetcher,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let (keys, lease_s) = (Keys::of(callback), config.lease.as_secs());
        Self { keys, scheduler, fetcher, clock, metrics, max_body: config.max_body, lease_s }
    }
}

/// Binds the listener; port 0 is any free one.
///
/// # Errors
/// The address cannot be bound.
pub async fn listen(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    bind(address).await
}

/// Serves the callbacks and asks hubs until the future is dropped.
pub async fn run(listener: TcpListener, parts: Parts) {
    let callbacks = serve_pages(listener, callback::router(parts.clone()));
    tokio::join!(callbacks, subscriber::run(parts));
}
