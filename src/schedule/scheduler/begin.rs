//! What a lease does before its poll.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::Clock,
    ledger::BegunPolls,
    publish::{Commit, Lost},
};

/// A commit that took longer than this is told again: the poll begins only now.
const BEGUN_LATELY: Duration = Duration::from_secs(1);

/// Commits that a poll begins.
pub(super) struct Begin {
    pub(super) begun: BegunPolls,
    pub(super) writer: Arc<dyn Commit>,
    pub(super) clock: Clock,
}

impl Begin {
    pub(super) async fn commit(self, feed: &str) -> Result<(), Lost> {
        let started = Instant::now();
        self.begun.begin(&*self.writer, feed, self.clock.now()).await?;
        if started.elapsed() > BEGUN_LATELY {
            self.begun.later(&*self.writer, feed, self.clock.now()).await?;
        }
        Ok(())
    }
}
