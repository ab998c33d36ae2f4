//! What became of each entry: exactly one of a closed list.

use crate::observe::{Metrics, ResultLabel};

/// What became of an entry of an accepted document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Published as revision 1.
    Published,
    /// Published as the next revision.
    Revised,
    /// Known, or published by another feed of the site.
    Seen,
    /// Left out by a rule.
    Filtered,
    /// Sent to the dead letters.
    DeadLettered,
    /// Its page did not come, or another feed was about to publish it; tried again with the next poll, a bounded number of times.
    Deferred,
}

impl Outcome {
    /// The label in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Revised => "revised",
            Self::Seen => "seen",
            Self::Filtered => "filtered",
            Self::DeadLettered => "dead_lettered",
            Self::Deferred => "deferred",
        }
    }
}

/// Outcomes of one poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: [u64; 6],
}

impl Tally {
    /// Counts one entry.
    pub fn add(&mut self, outcome: Outcome) {
        self.counts[outcome as usize] += 1;
    }

    /// Counts entries that ended alike.
    pub fn add_all(&mut self, outcome: Outcome, entries: usize) {
        self.counts[outcome as usize] += entries as u64;
    }

    /// An entry that was counted as `was` ended as `is`.
    pub fn correct(&mut self, was: Outcome, is: Outcome) {
        let counted = &mut self.counts[was as usize];
        *counted = counted.saturating_sub(1);
        self.add(is);
    }

    /// How many entries ended with this outcome.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds the poll to the metrics.
    pub fn report(&self, metrics: &Metrics) {
        metrics.entries.inc_by(self.total());
        for outcome in [
            Outcome::Published,
            Outcome::Revised,
            Outcome::Seen,
            Outcome::Filtered,
            Outcome::DeadLettered,
            Outcome::Deferred,
        ] {
            let result = ResultLabel { result: outcome.as_str() };
            metrics.outcomes.get_or_create(&result).inc_by(self.of(outcome));
        }
    }
}
