//! Writers of all shards over one producer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::{
    super::{
        batch::{Batch, LedgerEntry},
        commit::{Commit, Lost},
        position::Position,
    },
    seat::Seat,
    shared::{PublisherOptions, Shared},
};
use crate::observe::{Health, Metrics};

/// Commits what the shards of this process have to publish. A cheap clone; ends with the last one
/// and the last of its writers.
#[derive(Clone)]
pub struct Publisher {
    shared: Arc<Shared>,
    _end: Arc<End>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl Publisher {
    /// Starts the task that commits. The producer is created by the first commit, and again after
    /// one whose outcome is not known.
    pub fn start(options: PublisherOptions, metrics: Metrics, health: Health) -> Self {
        let shared = Arc::new(Shared {
            options,
            producer: tokio::sync::Mutex::new(None),
            seats: Mutex::default(),
            wake: Notify::new(),
            stopped: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            refused: std::sync::Mutex::default(),
            limits: Mutex::default(),
            metrics,
            health,
        });
        tokio::spawn(Arc::clone(&shared).run());
        Self { _end: Arc::new(End(Arc::clone(&shared))), shared }
    }

    /// A writer for a shard. Where its records land is not checked until [`ShardWriter::begin_at`]
    /// says where they have to.
    pub fn open(&self, shard: i32) -> Arc<ShardWriter> {
        let seat = Arc::new(Seat::of(shard));
        self.shared.with_seats(|seats| seats.push(Arc::clone(&seat)));
        Arc::new(ShardWriter { seat, publisher: self.clone() })
    }
}

struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.wake.notify_one();
    }
}

/// Commits the batches of one shard.
pub struct ShardWriter {
    seat: Arc<Seat>,
    publisher: Publisher,
}

impl std::fmt::Debug for ShardWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShardWriter").field("shard", &self.seat.shard).finish_non_exhaustive()
    }
}

impl ShardWriter {
    /// From now on a transaction counts only if the shard's records land from `offset` on, directly
    /// after everything that was read.
    pub fn begin_at(&self, offset: i64) {
        self.seat.set_position(Position::At(offset));
    }
}

impl Drop for ShardWriter {
    fn drop(&mut self) {
        self.close();
    }
}

impl Commit for ShardWriter {
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        let outcome = self.seat.queue.push(batch);
        if self.seat.is_closed() || self.publisher.shared.is_stopped() {
            // What was queued after the end is notified by the end, or here.
            self.seat.close();
        }
        self.publisher.shared.wake.notify_one();
        Box::pin(async move { outcome.await.unwrap_or(Err(Lost)) })
    }

    fn stage(&self, entry: LedgerEntry) {
        self.seat.queue.stage(entry);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
        if !self.seat.queue.has_staged() {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.commit(Batch::default())
    }

    fn is_blocked(&self) -> bool {
        self.publisher.shared.is_blocked()
    }

    fn close(&self) {
        self.seat.close();
        self.publisher.shared.health.blocked(self.seat.shard, None);
    }
}
