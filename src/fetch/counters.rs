//! Counts since the start, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::error::REASONS;

/// Counts since the start. Each only grows.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests sent, redirects and repeats included.
    pub requests: AtomicU64,
    /// Redirects followed.
    pub redirects: AtomicU64,
    /// Feed documents received.
    pub documents: AtomicU64,
    /// Answers 304.
    pub not_modified: AtomicU64,
    /// Pages received.
    pub pages: AtomicU64,
    /// Bytes of bodies after decompression, of broken ones too.
    pub body_bytes: AtomicU64,
    /// Bodies asked for a second time, since their coding was mislabelled.
    pub mislabelled: AtomicU64,
    failures: [AtomicU64; REASONS.len()],
}

impl Counters {
    /// Fetches that failed, by [`super::FetchError::reason`]. Every reason is there.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        REASONS.iter().zip(&self.failures).map(|(reason, count)| (*reason, count.load(Relaxed)))
    }

    pub(super) fn failed(&self, reason: &str) {
        if let Some(at) = REASONS.iter().position(|known| *known == reason)
            && let Some(count) = self.failures.get(at)
        {
            count.fetch_add(1, Relaxed);
        }
    }
}

/// Adds to a counter.
pub(super) fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Relaxed);
}
