//! Counts since the start, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::error::REASONS;

/// Counts since the start. Each only grows.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests sent, redirects included.
    pub requests: AtomicU64,
    /// Redirects followed.
    pub redirects: AtomicU64,
    /// Feed documents received.
    pub documents: AtomicU64,
    /// Answers with 304.
    pub not_modified: AtomicU64,
    /// Pages received.
    pub pages: AtomicU64,
    /// Requests for a `robots.txt`.
    pub robots: AtomicU64,
    /// Pages that were not requested because of `robots.txt`.
    pub robots_refused: AtomicU64,
    /// Bytes of bodies after decompression, broken ones too.
    pub body_bytes: AtomicU64,
    /// Bodies that were not encoded as their `Content-Encoding` said.
    pub mislabelled: AtomicU64,
    failures: [AtomicU64; REASONS.len()],
}

impl Counters {
    /// Fetches that failed, by [`super::FetchError::reason`]. Every reason is included.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        REASONS.iter().zip(&self.failures).map(|(reason, count)| (*reason, count.load(Relaxed)))
    }

    pub(super) fn failed(&self, reason: &str) {
        let count = REASONS.iter().zip(&self.failures).find(|(known, _)| **known == reason);
        debug_assert!(count.is_some(), "{reason} is not in the list of reasons");
        if let Some((_, count)) = count {
            add(count, 1);
        }
    }
}

/// Adds to a counter.
pub(super) fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Relaxed);
}
