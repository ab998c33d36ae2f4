//! One shard's place at the publisher.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::super::{position::Position, queue::Queue};

/// What the publisher keeps for a shard.
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

    /// Refuses what waits, and everything from now on.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.queue.give_up();
    }
}
