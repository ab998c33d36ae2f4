//! One shard's place at the publisher.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use futures_util::future::BoxFuture;

use super::{
    super::{
        batch::{Batch, LedgerEntry},
        commit::{Commit, Lost},
        position::Position,
        queue::Queue,
    },
    Publisher,
};

/// What the publisher keeps of a shard.
pub(super) struct Seat {
    pub(super) shard: i32,
    pub(super) queue: Queue,
    position: Mutex<Position>,
    closed: AtomicBool,
}

impl Seat {
    pub(super) fn of(shard: i32) -> Self {
        Self {
            shard,
            queue: Queue::default(),
            position: Mutex::new(Position::Anywhere),
            closed: AtomicBool::new(false),
        }
    }

    pub(super) fn position(&self) -> Position {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_position(&self, position: Position) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Refuses everything from now on, and what waits.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.queue.give_up();
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
    pub(super) fn new(seat: Arc<Seat>, publisher: Publisher) -> Self {
        Self { seat, publisher }
    }

    /// From now on a transaction counts only if the shard's records come to lie from `offset` on,
    /// directly behind everything that was read.
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
        let told = self.seat.queue.push(batch);
        if self.seat.is_closed() || self.publisher.shared.is_stopped() {
            // What was queued behind the end is told by the end, or here.
            self.seat.close();
        }
        self.publisher.shared.wake.notify_one();
        Box::pin(async move { told.await.unwrap_or(Err(Lost)) })
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
