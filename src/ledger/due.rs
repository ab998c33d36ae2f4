//! When a feed is due, and why then.

use serde::{Deserialize, Serialize};

/// What the polling interval is derived from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cadence {
    /// Present interval of an adaptive feed, seconds; 0 before the first poll.
    #[serde(default)]
    pub interval_s: u64,
    /// What the feed asks for (ttl, sy:updatePeriod), seconds.
    #[serde(default)]
    pub advertised_s: u64,
    /// Hours (GMT) in which the feed asks not to be polled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_hours: Vec<u8>,
    /// Days (GMT, 0 is Monday) on which the feed asks not to be polled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_days: Vec<u8>,
    /// What decided about the next poll.
    #[serde(default, skip_serializing_if = "DueBecause::is_interval")]
    pub because: DueBecause,
}

/// What decided about the next poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueBecause {
    /// The feed's interval: fixed, or what its rhythm has made of it.
    #[default]
    Interval,
    /// The first interval: the feed finds its place in it, apart from others.
    Place,
    /// The feed asks to be left alone for longer (`ttl`, `sy:updatePeriod`).
    Advertised,
    /// Its answer said for how long it stays fresh (`Cache-Control`, `Expires`).
    Fresh,
    /// The server said when to come back (`Retry-After`).
    RetryAfter,
    /// The feed names hours or days to leave it alone in (`skipHours`, `skipDays`).
    Skipped,
    /// Polls fail: the longer, the seldomer.
    Failures,
    /// The server turns us away (401, 403) or has had enough (429).
    Refused,
    /// The feed is gone (410).
    Gone,
    /// Its site is left alone.
    SitePaused,
    /// There was no room for its document.
    NoRoom,
    /// Entries wait for their pages.
    EntriesDeferred,
    /// A hub delivers what is new: polls only make sure.
    Told,
}

impl DueBecause {
    /// The usual thing: not worth a field.
    pub(super) fn is_interval(&self) -> bool {
        *self == Self::Interval
    }
}
