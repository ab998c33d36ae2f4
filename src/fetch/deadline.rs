//! How long a server is waited for.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, timeout};

use super::{FetchFailure, turns::Turn, waiting::MAKES_WAY_AFTER};

/// The time that is left for connecting, asking and reading; waiting for a turn does not count.
pub(super) struct Deadline {
    left: Duration,
    whole: Duration,
}

impl Deadline {
    pub(super) fn new(whole: Duration) -> Self {
        Self { left: whole, whole }
    }

    /// Waits for a server; after a while the turn makes way for others.
    pub(super) async fn within<T>(
        &mut self,
        turn: &mut Turn,
        work: impl Future<Output = Result<T, FetchFailure>>,
    ) -> Result<T, FetchFailure> {
        let begun = Instant::now();
        let mut work = pin!(work);
        let soon = self.left.min(MAKES_WAY_AFTER);
        let mut done = timeout(soon, &mut work).await;
        if done.is_err() && soon < self.left {
            turn.make_way();
            done = timeout(self.left - soon, work).await;
        }
        self.left = self.left.saturating_sub(begun.elapsed());
        let done = done.unwrap_or(Err(FetchFailure::Timeout(self.whole)))?;
        turn.go_on().await;
        Ok(done)
    }
}
