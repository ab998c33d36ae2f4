//! What a lease does before its poll.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::Clock,
    ledger::BegunPolls,
    publish::{Commit, Lost},
};

/// A commit that took longer than this is told again: the poll begins only now. The next may take
/// twice as long, and so on, so that a slow broker does not keep the poll from beginning.
const BEGUN_LATELY: Duration = Duration::from_secs(1);

/// Commits that a poll begins.
pub(super) struct Begin {
    pub(super) begun: BegunPolls,
    pub(super) writer: Arc<dyn Commit>,
    pub(super) clock: Clock,
}

impl Begin {
    pub(super) async fn commit(self, feed: &str) -> Result<(), Lost> {
        let mut started = Instant::now();
        let mut lately = BEGUN_LATELY;
        self.begun.begin(&*self.writer, feed, self.clock.now()).await?;
        while started.elapsed() > lately {
            started = Instant::now();
            lately = lately.saturating_mul(2);
            self.begun.later(&*self.writer, feed, self.clock.now()).await?;
        }
        Ok(())
    }
}
