//! What a lease does before its poll.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::Clock,
    ledger::BegunPolls,
    publish::{Commit, Lost},
};

/// If the commit took longer than this, or the clock was set meanwhile, it is repeated: the poll
/// begins only now. The next commit may take twice as long, and so on, so that a slow broker does
/// not keep the poll from beginning.
const BEGUN_LATELY: Duration = Duration::from_secs(1);

/// Commits that a poll begins.
pub(super) struct Begin {
    pub(super) begun: BegunPolls,
    pub(super) writer: Arc<dyn Commit>,
    pub(super) clock: Clock,
}

impl Begin {
    pub(super) async fn commit(self, feed: &str) -> Result<(), Lost> {
        let mut lately = BEGUN_LATELY;
        let (mut started, mut at) = (Instant::now(), self.clock.now());
        self.begun.begin(&*self.writer, feed, at).await?;
        while started.elapsed() > lately
            || (self.clock.now() - at).abs().to_std().is_ok_and(|off| off > lately)
        {
            lately = lately.saturating_mul(2);
            (started, at) = (Instant::now(), self.clock.now());
            self.begun.later(&*self.writer, feed, at).await?;
        }
        Ok(())
    }
}
