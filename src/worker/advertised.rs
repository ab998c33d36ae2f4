//! What the feed's own metadata says about polling it.

use std::time::Duration;

use crate::{feed::Feed, ledger::FeedState};

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
