//! Polls spread over time: no second has many more of them than the others.
//!
//! Each poll takes as long as its server likes, so feeds that were spread once would drift together.
//! A feed whose second is full therefore comes a little later, by a sixteenth of its interval at
//! most, and never sooner.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

/// A feed is delayed by at most this fraction of its interval (one part in this many).
const PART: u32 = 16;

/// A second counts as full a little below the mean: then most seconds are filled evenly, at the price of
/// intervals that are that much longer.
pub(super) const FULL: f64 = 0.98;

/// The mean is measured again this often.
const MEASURED_EVERY: TimeDelta = TimeDelta::seconds(20);

/// How many feeds are due in each second.
#[derive(Debug, Default)]
pub(super) struct Level {
    seconds: HashMap<i64, usize>,
    /// Polls per second, and when and for how many feeds that was measured.
    rate: f64,
    measured: Option<(DateTime<Utc>, usize)>,
}

impl Level {
    /// A feed is due at this time.
    pub(super) fn add(&mut self, at: DateTime<Utc>) {
        *self.seconds.entry(at.timestamp()).or_default() += 1;
    }

    /// A feed is no longer due at this time.
    pub(super) fn remove(&mut self, at: DateTime<Utc>) {
        if let Some(count) = self.seconds.get_mut(&at.timestamp()) {
            *count -= 1;
            if *count == 0 {
                self.seconds.remove(&at.timestamp());
            }
        }
    }

    /// The time for a feed that is due at `due` and polled every `interval`: in the first second
    /// that is not full, else in the emptiest of those it may come in.
    pub(super) fn place(&self, due: DateTime<Utc>, interval: Duration) -> DateTime<Utc> {
        let full = (self.rate * FULL).ceil().max(1.0);
        let latest = (interval / PART).as_secs();
        let counted = (0..=latest).filter_map(|later| {
            let second = due.timestamp().checked_add_unsigned(later)?;
            Some((later, self.seconds.get(&second).copied().unwrap_or_default()))
        });
        let free = counted.clone().find(|(_, count)| (*count as f64) < full);
        let chosen = free.or_else(|| counted.min_by_key(|(_, count)| *count));
        let later = chosen.and_then(|(later, _)| TimeDelta::try_seconds(i64::try_from(later).ok()?));
        later.and_then(|later| due.checked_add_signed(later)).unwrap_or(due)
    }

    /// Whether the mean is old, or of other feeds.
    pub(super) fn wants_measure(&self, now: DateTime<Utc>, feeds: usize) -> bool {
        self.measured
            .is_none_or(|(at, of)| now < at || now - at >= MEASURED_EVERY || of.abs_diff(feeds) > of / 10)
    }

    /// Notes the expected rate, in polls per second.
    pub(super) fn measured(&mut self, now: DateTime<Utc>, feeds: usize, rate: f64) {
        self.rate = rate;
        self.measured = Some((now, feeds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_second_sends_to_the_next_and_never_to_one_before() {
        let at = |millis: i64| DateTime::from_timestamp_millis(1_000_000 + millis).unwrap();
        let mut level = Level::default();
        level.measured(at(0), 120, 2.5);
        let minute = Duration::from_secs(60);
        let mut placed = Vec::new();
        for _ in 0..14 {
            let due = level.place(at(300), minute);
            level.add(due);
            placed.push((due - at(300)).num_milliseconds());
        }
        assert_eq!(placed, [0, 0, 0, 1000, 1000, 1000, 2000, 2000, 2000, 3000, 3000, 3000, 0, 1000]);
        level.remove(at(300));
        level.remove(at(300));
        assert_eq!(level.place(at(300), minute), at(300));
        assert_eq!(level.place(at(1300), Duration::from_secs(5)), at(1300), "no room to give");
    }
}
