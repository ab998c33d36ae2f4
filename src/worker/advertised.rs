//! What the feed itself says about polling it: in so many words, and by the times of its entries.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    feed::Feed,
    ledger::{FeedState, Rhythm},
};

/// Longest interval that a feed may ask for: hostile values are clamped.
const ADVERTISED_MAX: Duration = Duration::from_secs(24 * 3600);

/// Notes `ttl`, `sy:update*`, `skipHours` and `skipDays`.
pub(super) fn note_advertised(state: &mut FeedState, feed: &Feed) {
    let ttl = feed.ttl.map(|minutes| minutes.saturating_mul(60));
    let period = match feed.update_period.as_deref().map(str::trim) {
        Some("hourly") => Some(3600),
        Some("daily") => Some(24 * 3600),
        Some("weekly") => Some(7 * 24 * 3600),
        Some("monthly") => Some(30 * 24 * 3600),
        Some("yearly") => Some(365 * 24 * 3600),
        _ => None,
    };
    let syndication = period.map(|seconds: u64| seconds / feed.update_frequency.unwrap_or(1).max(1));
    let advertised = ttl.max(syndication).unwrap_or_default();
    state.cadence.advertised_s = advertised.min(ADVERTISED_MAX.as_secs());
    state.cadence.skip_hours = feed.skip_hours.iter().map(|hour| hour % 24).collect();
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    state.cadence.skip_days = feed
        .skip_days
        .iter()
        .filter_map(|day| {
            let day = day.trim().to_lowercase();
            days.iter().position(|short| day.starts_with(short)).and_then(|index| u8::try_from(index).ok())
        })
        .collect();
}

/// Notes how often there are entries, when some are new: by their dates, and without one by when they
/// were listed first. Those of the first document say nothing without a date.
pub(super) fn note_rhythm(state: &mut FeedState, now: DateTime<Utc>) {
    let first = state.entries.values().map(|entry| entry.first_seen_at).min();
    let times = state.entries.values().filter_map(|entry| {
        let listed = (Some(entry.first_seen_at) > first).then_some(entry.first_seen_at);
        entry.published_at.or(listed)
    });
    state.cadence.rhythm = Rhythm::of(times, now).or(state.cadence.rhythm);
}
