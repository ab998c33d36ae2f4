//! What one shard has in a commit.

use std::sync::Arc;

use super::{
    super::{
        batch::{Batch, Rendered},
        commit::Lost,
        queue::Done,
    },
    seat::Seat,
};

/// What one shard has in a commit.
pub(super) struct Part {
    pub(super) seat: Arc<Seat>,
    pub(super) rendered: Rendered,
    pub(super) batch: Batch,
    waiting: Vec<Done>,
}

impl Part {
    pub(super) fn new(seat: Arc<Seat>, batch: Batch, mut waiting: Vec<Done>) -> Self {
        waiting.iter_mut().for_each(Done::begin);
        Self { seat, batch, waiting, rendered: Rendered::default() }
    }

    /// Polls that wait for it, and articles.
    pub(super) fn size(&self) -> usize {
        self.waiting.len() + self.batch.articles.len()
    }

    /// Tells those who wait how it ended.
    pub(super) fn end(self, result: Result<(), Lost>) {
        if result.is_err() {
            self.seat.close();
        }
        for done in self.waiting {
            done.tell(result);
        }
    }
}
