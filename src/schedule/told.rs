//! What a feed's hub has delivered and no worker has read yet.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    cadence::{START, least},
    lease::Delivered,
};
use crate::{
    config::{Feed, Interval},
    ledger::{DueBecause, FeedState},
};

/// Most documents that wait.
const WAITING_MAX: usize = 8;

/// Most that are taken in a minute: a feed with more news than that is better polled.
const A_MINUTE_MAX: u32 = 30;

/// Documents that wait for a worker.
#[derive(Debug, Default)]
pub(super) struct Told {
    waiting: VecDeque<Delivered>,
    minute: Option<(DateTime<Utc>, u32)>,
    /// One was left: the feed itself is to be asked.
    pub(super) left: bool,
    /// The due time that stays noted while a delivery is read.
    pub(super) noted: Option<DateTime<Utc>>,
}

impl Told {
    /// Takes a document; false where it is left, since too many came.
    pub(super) fn take(&mut self, document: Delivered, now: DateTime<Utc>) -> bool {
        let (since, count) = self
            .minute
            .filter(|(since, _)| (TimeDelta::zero()..TimeDelta::minutes(1)).contains(&(now - *since)))
            .unwrap_or((now, 0));
        self.minute = Some((since, count.saturating_add(1)));
        if count >= A_MINUTE_MAX || self.waiting.len() >= WAITING_MAX {
            self.left = true;
            return false;
        }
        self.waiting.push_back(document);
        true
    }

    /// The next one to read.
    pub(super) fn next(&mut self) -> Option<Delivered> {
        self.waiting.pop_front()
    }

    /// Whether one waits.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }
}

/// The feed is due as if its hub had told nothing: by its own interval since the last poll.
pub(super) fn set_as_untold(state: &mut FeedState, feed: &Feed) {
    if state.cadence.because != DueBecause::Told {
        return;
    }
    let Some(polled_at) = state.polled_at else { return };
    let interval = match (feed.interval, state.cadence.interval_s) {
        (Interval::Every(_), _) => least(feed.interval),
        (Interval::Adaptive, 0) => TimeDelta::from_std(START).unwrap_or_default(),
        (Interval::Adaptive, seconds) => {
            TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default()
        }
    };
    let due_at = polled_at + interval.max(least(feed.interval));
    if due_at < state.due_at {
        state.due_at = due_at;
        state.cadence.because = DueBecause::Interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn document() -> Delivered {
        Delivered { content_type: None, body: bytes::Bytes::new(), share: None, at: at(0) }
    }

    #[test]
    fn what_waits_and_what_comes_in_a_minute_is_bounded() {
        let mut told = Told::default();
        let taken = (0..20).filter(|_| told.take(document(), at(0))).count();
        assert_eq!((taken, told.left), (WAITING_MAX, true));
        let mut told = Told::default();
        let mut taken = 0;
        for second in 0..59 {
            taken += u32::from(told.take(document(), at(second)));
            told.next();
        }
        assert_eq!(taken, A_MINUTE_MAX);
        assert!(told.take(document(), at(61)) && told.waits(), "another minute");
        assert!(told.take(document(), at(5)), "the clock was set back");
    }
}
