//! The polls that the holder of a shard has begun: one small record of the ledger for each shard.
//!
//! It is committed before the request of a poll goes out. Whoever takes the shard after a crash
//! therefore knows which feeds may just have been asked, although the end of their poll was never
//! committed. It tries them again after a while and not at once ([`BegunPoll::again_at`]): restarts
//! do not turn into requests, and a feed that crashes the daemon does not keep it from all the
//! others. An owner that has been fenced begins no more polls.
//!
//! The end of a poll needs no record of its own: the feed's state is then due at a time after the
//! poll was begun.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::FeedState;
use crate::publish::{Batch, Commit, LedgerEntry, Lost};

/// Key of the record. Names of feeds do not begin with a space.
pub const BEGUN_KEY: &str = " begun";

/// Version of the record this program writes.
const VERSION: u32 = 1;

/// A poll that was cut off is tried again after its feed's interval, or after this if that is
/// sooner, since what it left undone is wanted; if it is cut off again, after twice as long, and so
/// on.
const CUT_OFF: TimeDelta = TimeDelta::minutes(15);

/// Polls that were begun, by feed.
pub type Begun = BTreeMap<String, BegunPoll>;

/// A poll that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunPoll {
    /// When.
    pub at: DateTime<Utc>,
    /// Polls in a row that were begun and never ended, this one included.
    pub times: u32,
}

impl BegunPoll {
    /// When the poll can be tried again if it was cut off; `least` is the shortest time between two
    /// polls of the feed.
    pub fn again_at(&self, least: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
        let pause = CUT_OFF * 2i32.pow(self.times.clamp(1, 16) - 1);
        // A time in the future was noted by a clock that has been set back since.
        self.at.min(now) + least.min(pause)
    }
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    begun: Begun,
}

/// Reads the record's value.
///
/// # Errors
/// What is wrong with it.
pub fn read_begun(value: &[u8]) -> Result<Begun, serde_json::Error> {
    serde_json::from_slice(value).map(|record: Record| record.begun)
}

/// The polls begun in a shard. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct BegunPolls(Arc<Mutex<Begun>>);

impl BegunPolls {
    /// Those of a shard just taken, without the polls that `states` show to have ended.
    pub fn of(mut begun: Begun, states: &BTreeMap<String, FeedState>) -> Self {
        begun.retain(|feed, poll| states.get(feed).is_none_or(|state| state.due_at <= poll.at));
        Self(Arc::new(Mutex::new(begun)))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Begun) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The poll of `feed` whose end is not known, if any.
    pub fn of_feed(&self, feed: &str) -> Option<BegunPoll> {
        self.with(|begun| begun.get(feed).cloned())
    }

    /// Commits that a poll of `feed` begins.
    ///
    /// # Errors
    /// [`Lost`]: the poll must not begin.
    pub async fn begin(&self, writer: &dyn Commit, feed: &str, now: DateTime<Utc>) -> Result<(), Lost> {
        let times = self.of_feed(feed).map_or(0, |poll| poll.times);
        self.commit(writer, feed, BegunPoll { at: now, times: times.saturating_add(1) }).await
    }

    /// Commits that the poll of `feed` begins later than stated before.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub async fn later(&self, writer: &dyn Commit, feed: &str, now: DateTime<Utc>) -> Result<(), Lost> {
        let times = self.of_feed(feed).map_or(1, |poll| poll.times);
        self.commit(writer, feed, BegunPoll { at: now, times }).await
    }

    async fn commit(&self, writer: &dyn Commit, feed: &str, poll: BegunPoll) -> Result<(), Lost> {
        // Queued under the lock: of two records the later one names more.
        let committed = self.with(|begun| {
            begun.insert(feed.to_owned(), poll);
            let record = Record { version: VERSION, begun: begun.clone() };
            // A map of strings and numbers always serialises.
            let state = serde_json::to_vec(&record).unwrap_or_default();
            let ledger = vec![LedgerEntry::new(BEGUN_KEY, Some(state))];
            writer.commit(Batch { ledger, ..Batch::default() })
        });
        committed.await
    }

    /// Forgets polls of feeds that `keep` does not want.
    pub fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.with(|begun| begun.retain(|feed, _| keep(feed)));
    }

    /// The poll of `feed` has ended, and its state is committed or staged.
    pub fn end(&self, feed: &str) {
        self.with(|begun| begun.remove(feed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_cut_off_again_and_again_waits_for_its_interval() {
        let at = DateTime::UNIX_EPOCH;
        let wait = |times, least| {
            let poll = BegunPoll { at, times };
            (poll.again_at(TimeDelta::seconds(least), at + TimeDelta::days(1)) - at).num_seconds()
        };
        assert_eq!((wait(1, 30), wait(1, 3600), wait(2, 3600), wait(999, 3600)), (30, 900, 1800, 3600));
        let ahead = BegunPoll { at: at + TimeDelta::days(9), times: 1 };
        assert_eq!((ahead.again_at(TimeDelta::seconds(5), at) - at).num_seconds(), 5);
    }
}
