//! When a feed is due, and why then.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The entries that tell a feed's rhythm: every day of the week is among them.
const WEEK: TimeDelta = TimeDelta::days(7);

/// The entries of a week are taken to be of so long at least.
const KNOWN_MIN: TimeDelta = TimeDelta::days(1);

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
    /// What its entries' times say of its rhythm; none before the first news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rhythm: Option<Rhythm>,
}

/// How often there are entries, by their own times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rhythm {
    /// Mean time between those of the last week, seconds, as of the last news.
    pub between_s: u64,
    /// When there were news last.
    pub news_at: DateTime<Utc>,
}

impl Rhythm {
    /// Of entries of these times, as known `now`, when some of them are new. None where none is of the
    /// last week.
    pub fn of(times: impl Iterator<Item = DateTime<Utc>>, now: DateTime<Utc>) -> Option<Self> {
        let from = now - WEEK;
        let (mut count, mut oldest) = (0u64, now);
        for at in times.filter(|at| *at > from && *at <= now) {
            count += 1;
            oldest = oldest.min(at);
        }
        // Of a feed that is new only the last entries are known, and many may be of one hour.
        let known = u64::try_from((now - oldest).max(KNOWN_MIN).num_seconds()).unwrap_or(0);
        known.checked_div(count).map(|between_s| Self { between_s, news_at: now })
    }
}

/// What decided about the next poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DueBecause {
    /// The feed's interval: fixed, or as adapted to its rhythm.
    #[default]
    Interval,
    /// The first interval: the feed finds its place in it, apart from others.
    Place,
    /// The feed asks to be left alone for longer (`ttl`, `sy:updatePeriod`).
    Advertised,
    /// Its answer said how long it stays fresh (`Cache-Control`, `Expires`).
    Fresh,
    /// The server said when to come back (`Retry-After`).
    RetryAfter,
    /// The feed names hours or days in which to leave it alone (`skipHours`, `skipDays`).
    Skipped,
    /// Polls fail: the longer they do, the less often it is polled.
    Failures,
    /// The server turns us away (401, 403) or has had enough (429).
    Refused,
    /// The feed is gone (410).
    Gone,
    /// Its site is left alone.
    SitePaused,
    /// There was no room for its document (`http.max_bodies`).
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
