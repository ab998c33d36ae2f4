//! Documents in a row that share nothing: entries may have come and gone between two polls.

use chrono::TimeDelta;

use super::Poll;
use crate::{
    config::Interval,
    ledger::{FeedState, Gap},
    schedule::cadence::FLOOR,
};

impl Poll<'_> {
    /// Notes whether the document shares nothing with the one before, reports it, and has an adaptive feed
    /// polled twice as often.
    pub(super) fn watch_gap(&self, next: &mut FeedState, apart: bool) {
        let before = next.gap.take();
        let since = self.lease.state.answered_at;
        let (true, Some(since)) = (apart, since) else { return };
        let documents = before.map_or(0, |gap| gap.documents).saturating_add(1);
        next.gap = Some(Gap { since, until: self.started_at, documents });
        self.environment.metrics.feed_gaps.inc();
        if self.lease.feed.interval == Interval::Adaptive {
            next.cadence.interval_s = (next.cadence.interval_s / 2).max(FLOOR.as_secs());
        }
        if documents.is_power_of_two() {
            let apart: TimeDelta = self.started_at - since;
            tracing::warn!(
                minutes = apart.num_minutes(),
                documents,
                "no entry of the document was in the one before: some may have been missed between the two"
            );
        }
    }
}
