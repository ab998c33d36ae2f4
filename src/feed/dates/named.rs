//! Zones by the names of their places, and by names of several words.

use std::sync::LazyLock;

use chrono::{DateTime, Duration};
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{ReadDate, ZONES, Zone};

/// The tz database that the program carries: no file is read.
static PLACES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A zone that a date names.
#[derive(Clone, Debug)]
pub(super) enum Named {
    /// A place of the tz database: `America/New_York`.
    Place(TimeZone),
    /// Minutes from UTC.
    Offset(i32),
}

/// The zone that `text` names, and the text without it.
pub(super) fn zone(text: &str) -> Option<(Named, String)> {
    place(text).or_else(|| words(text))
}

/// `2026-11-23T08:15:00 America/New_York`, `...-05:00[Europe/Paris]` (RFC 9557).
fn place(text: &str) -> Option<(Named, String)> {
    let slash = text.rfind('/')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    let start = text.get(..slash)?.rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
    let end = text.get(slash..)?.find(|c| !is_name(c)).map_or(text.len(), |at| slash + at);
    let name = text.get(start..end)?;
    let place = PLACES.get(name).ok()?;
    let before = text.get(..start)?.trim_end_matches(['[', '(', ' ']);
    let after = text.get(end..)?.trim_start_matches([']', ')']);
    Some((Named::Place(place), format!("{before}{after}")))
}

/// `... Eastern Standard Time`
fn words(text: &str) -> Option<(Named, String)> {
    let lower = text.to_lowercase();
    let (name, offset) = ZONES.iter().find(|(name, _)| name.contains(' ') && lower.ends_with(*name))?;
    let rest = text.get(..text.len().checked_sub(name.len())?)?.trim_end();
    Some((Named::Offset(*offset), rest.to_owned()))
}

impl Named {
    /// The date in this zone, if it was given without one.
    pub(super) fn set(self, read: ReadDate) -> ReadDate {
        if read.zone == Zone::Given || !read.has_time {
            return read;
        }
        let instant = match self {
            Self::Offset(minutes) => Some(read.instant - Duration::minutes(i64::from(minutes))),
            Self::Place(place) => in_place(&place, read.instant),
        };
        instant.map_or(read, |instant| ReadDate { instant, zone: Zone::Given, ..read })
    }
}

/// The moment at which the clocks of `place` show `local`: the first of two, and for an hour that
/// summer time skips, the moment at which they would have shown it.
fn in_place(place: &TimeZone, local: DateTime<chrono::Utc>) -> Option<DateTime<chrono::Utc>> {
    let shown = Timestamp::from_second(local.timestamp()).ok()?;
    let clock = TimeZone::UTC.to_datetime(shown);
    let moment = place.to_ambiguous_timestamp(clock).compatible().ok()?;
    DateTime::from_timestamp(moment.as_second(), 0)
}
