//! Dates as feeds write them.
//!
//! RFC 822 and ISO 8601 are tried first and cost little; everything else is read part by part: a
//! time, a zone, a month by number or by name (see `months`), a day, a year. No clock is read:
//! whether a date is plausible is [`plausibility`]'s question, with the time given.

use std::{collections::HashMap, sync::LazyLock};

mod named;
mod words;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};

/// A date that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDate {
    /// The moment in UTC. A date without time is midnight.
    pub instant: DateTime<Utc>,
    /// How it was written.
    pub how: How,
    /// What was known about the zone.
    pub zone: Zone,
    /// A time of day was given.
    pub has_time: bool,
}

/// How a date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// ISO 8601 and its profiles: RFC 3339, W3CDTF, week and ordinal dates.
    Iso,
    /// RFC 822 and 2822, exactly.
    Rfc822,
    /// Seconds or milliseconds since 1970.
    Epoch,
    /// Numbers only, in the order of the locale.
    Numeric,
    /// Words and numbers in any order: RFC 850, asctime, other languages.
    Words,
}

/// What was known about the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// An offset or a known name.
    Given,
    /// Nothing: UTC was assumed, which feeds without a zone mostly mean.
    Assumed,
}

/// Whether a date can be true, seen from the time it was fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plausibility {
    /// It can be true.
    Good,
    /// More than a day ahead: an event, a typing error or a wrong clock.
    Future,
    /// Before there were feeds (1990), or decades ahead.
    Absurd,
}

/// Judges `instant` by the reference time `now`. A date that is not good is best replaced by the
/// time at which the entry was first seen.
pub fn plausibility(instant: DateTime<Utc>, now: DateTime<Utc>) -> Plausibility {
    let first = Utc.with_ymd_and_hms(1990, 1, 1, 0, 0, 0).single().unwrap_or_default();
    if instant < first || instant > now + Duration::days(20 * 365) {
        Plausibility::Absurd
    } else if instant > now + Duration::days(1) {
        Plausibility::Future
    } else {
        Plausibility::Good
    }
}

/// Longest text that is read, bytes.
const LENGTH_MAX: usize = 120;

/// Reads a date in any form; `language` is that of the text, if known.
pub fn read(text: &str, language: Option<&str>) -> Option<ReadDate> {
    let text = text.trim();
    if text.is_empty() || text.len() > LENGTH_MAX * 2 {
        return None;
    }
    if let Some(read) = rfc822(text).or_else(|| iso(text)) {
        return Some(read);
    }
    if let Some((zone, rest)) = named::zone(text) {
        return read(&rest, language).map(|read| zone.set(read));
    }
    let normal = words::normalise(text);
    let normal = normal.trim();
    epoch(normal)
        .or_else(|| rfc822(normal))
        .or_else(|| iso(normal))
        .or_else(|| words::words(normal, language))
}

/// A moment from its parts; `None` if they make no date. A second 60 is read as 59, hour 24 as the
/// start of the next day.
fn moment(date: NaiveDate, time: Option<(u32, u32, u32)>, offset: Option<i32>, how: How) -> Option<ReadDate> {
    let (hour, minute, second) = time.unwrap_or_default();
    let (date, hour) = if hour == 24 { (date.succ_opt()?, 0) } else { (date, hour) };
    let time_of_day = NaiveTime::from_hms_opt(hour, minute, second.min(59))?;
    let local = date.and_time(time_of_day);
    let instant = local.checked_sub_signed(Duration::minutes(i64::from(offset.unwrap_or(0))))?.and_utc();
    let zone = if offset.is_some() { Zone::Given } else { Zone::Assumed };
    Some(ReadDate { instant, how, zone, has_time: time.is_some() })
}

fn number(bytes: &[u8]) -> Option<u32> {
    if bytes.is_empty() || bytes.len() > 9 {
        return None;
    }
    bytes.iter().try_fold(0, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
}

/// `[Day, ]DD Mon YYYY HH:MM[:SS] zone`, the form of nearly every RSS feed.
fn rfc822(text: &str) -> Option<ReadDate> {
    let rest = match text.as_bytes().get(3) {
        Some(b',') => text.get(4..)?.trim_start(),
        _ => text,
    };
    let mut parts = rest.split_ascii_whitespace();
    let day = number(parts.next()?.as_bytes())?;
    let month = match parts.next()? {
        "Jan" => 1,
        "Feb" => 2,
        "Mar" => 3,
        "Apr" => 4,
        "May" => 5,
        "Jun" => 6,
        "Jul" => 7,
        "Aug" => 8,
        "Sep" => 9,
        "Oct" => 10,
        "Nov" => 11,
        "Dec" => 12,
        _ => return None,
    };
    let year = parts.next()?;
    let year = number(year.as_bytes()).filter(|_| year.len() == 4)?;
    let time = clock(parts.next()?)?;
    let offset = zone(parts.next()?)?;
    if parts.next().is_some() {
        return None;
    }
    moment(NaiveDate::from_ymd_opt(year as i32, month, day)?, Some(time), Some(offset), How::Rfc822)
}

/// `HH:MM[:SS[.fraction]]`, also with dots.
fn clock(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split(':');
    let hour = number(parts.next()?.as_bytes()).filter(|hour| *hour <= 24)?;
    let minute = number(parts.next()?.as_bytes()).filter(|minute| *minute < 60)?;
    let second = match parts.next() {
        Some(second) => number(second.split(['.', ',']).next()?.as_bytes()).filter(|second| *second <= 60)?,
        None => 0,
    };
    (parts.next().is_none()).then_some((hour, minute, second))
}

/// An offset in minutes: `+0200`, `+02:00`, `-5`, `GMT+2`, `CEST`, `Z`.
fn zone(text: &str) -> Option<i32> {
    let text = text.trim();
    if let Some(at) = text.find(['+', '-', '−', '–']) {
        let (name, signed) = text.split_at(at);
        let named = if name.trim().is_empty() { 0 } else { zone_name(name.trim())? };
        let mut chars = signed.chars();
        let sign = if chars.next()? == '+' { 1 } else { -1 };
        let digits: String = chars.as_str().chars().filter(|c| *c != ':').collect();
        let value = number(digits.as_bytes())? as i32;
        let (hours, minutes) = match digits.len() {
            1 | 2 => (value, 0),
            3 | 4 => (value / 100, value % 100),
            6 => (value / 10_000, value / 100 % 100),
            _ => return None,
        };
        return (hours <= 15 && minutes < 60).then_some(named + sign * (hours * 60 + minutes));
    }
    zone_name(text)
}

static ZONES: LazyLock<HashMap<&'static str, i32>> = LazyLock::new(|| {
    let lines = include_str!("zones.tsv").lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(name, offset)| Some((name, offset.parse().ok()?)))
        .collect()
});

fn zone_name(name: &str) -> Option<i32> {
    if matches!(name, "GMT" | "UTC" | "Z" | "UT") {
        return Some(0);
    }
    ZONES.get(name.trim_matches(['.', '(', ')']).to_lowercase().as_str()).copied()
}

/// Seconds, milliseconds or microseconds since 1970, and dates as one number.
fn epoch(text: &str) -> Option<ReadDate> {
    let text = text.split_once('.').map_or(text, |(whole, _)| if whole.len() >= 9 { whole } else { text });
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = text.parse().ok()?;
    let instant = match text.len() {
        9..=10 => DateTime::from_timestamp(value, 0)?,
        12..=13 => DateTime::from_timestamp_millis(value)?,
        16 => DateTime::from_timestamp_micros(value)?,
        _ => return None,
    };
    Some(ReadDate { instant, how: How::Epoch, zone: Zone::Given, has_time: true })
}

/// ISO 8601: `YYYY[-MM[-DD]]`, `YYYYMMDD`, `YYYY-DDD`, `YYYY-Www-D`, and a time with a zone.
fn iso(text: &str) -> Option<ReadDate> {
    let bytes = text.as_bytes();
    number(bytes.get(..4)?)?;
    let end =
        bytes.iter().position(|b| !(b.is_ascii_digit() || matches!(b, b'-' | b'/' | b'.' | b'W' | b'w')));
    let (date, rest) = text.split_at(end.unwrap_or(text.len()));
    let date = iso_date(date.trim_end_matches(['.', '-']))?;
    let rest = rest.trim_start_matches(['T', 't', ' ', ',', '_']);
    if rest.is_empty() {
        return moment(date, None, None, How::Iso);
    }
    let end = rest.bytes().position(|b| !(b.is_ascii_digit() || matches!(b, b':' | b'.' | b',')));
    let (time, tail) = rest.split_at(end.unwrap_or(rest.len()));
    let time = if time.contains(':') { clock(time.trim_end_matches(':'))? } else { compact_clock(time)? };
    let tail = tail.trim();
    let (time, tail) = match half(tail) {
        Some((afternoon, tail)) => (twelve(time, afternoon)?, tail),
        None => (time, tail),
    };
    let offset = if tail.is_empty() { None } else { Some(zone(tail)?) };
    moment(date, Some(time), offset, How::Iso)
}

/// `AM` or `PM` at the start of `text`, and what follows.
fn half(text: &str) -> Option<(bool, &str)> {
    let head = text.get(..2)?;
    let afternoon = head.eq_ignore_ascii_case("pm");
    let follows = text.get(2..)?;
    ((afternoon || head.eq_ignore_ascii_case("am")) && !follows.starts_with(|c: char| c.is_alphabetic()))
        .then_some((afternoon, follows.trim_start()))
}

/// A twelve-hour time as one of twenty-four.
fn twelve((hour, minute, second): (u32, u32, u32), afternoon: bool) -> Option<(u32, u32, u32)> {
    let hour = match (hour, afternoon) {
        (12, false) => 0,
        (1..=11, true) => hour + 12,
        (0..=24, _) => hour,
        _ => return None,
    };
    Some((hour, minute, second))
}

fn compact_clock(text: &str) -> Option<(u32, u32, u32)> {
    let digits = text.split(['.', ',']).next()?.as_bytes();
    let two = |at: usize| number(digits.get(at..at + 2)?);
    match digits.len() {
        2 => Some((two(0)?, 0, 0)),
        4 => Some((two(0)?, two(2)?, 0)),
        6 => Some((two(0)?, two(2)?, two(4)?)),
        _ => None,
    }
    .filter(|(hour, minute, second)| *hour <= 24 && *minute < 60 && *second <= 60)
}

fn iso_date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let year = number(bytes.get(..4)?)? as i32;
    if year == 0 {
        return None;
    }
    if let Some((_, week)) = text.split_once(['W', 'w']) {
        let digits: String = week.chars().filter(char::is_ascii_digit).collect();
        let number_of = number(digits.as_bytes().get(..2)?)?;
        let day = digits.as_bytes().get(2).map_or(1, |b| b - b'0');
        let weekday = chrono::Weekday::try_from(day.checked_sub(1)?).ok()?;
        return NaiveDate::from_isoywd_opt(year, number_of, weekday);
    }
    let mut parts = text.split(['-', '/', '.']).filter(|part| !part.is_empty());
    let first = parts.next()?;
    match (first.len(), parts.next(), parts.next(), parts.next()) {
        (4, None, None, None) => NaiveDate::from_ymd_opt(year, 1, 1),
        (4, Some(day), None, None) if day.len() == 3 => NaiveDate::from_yo_opt(year, number(day.as_bytes())?),
        (4, Some(month), None, None) => NaiveDate::from_ymd_opt(year, number(month.as_bytes())?, 1),
        (4, Some(month), Some(day), None) => {
            calendar(year, number(month.as_bytes())?, number(day.as_bytes())?)
        }
        (6, None, None, None) => NaiveDate::from_ymd_opt(year, number(bytes.get(4..)?)?, 1),
        (7, None, None, None) => NaiveDate::from_yo_opt(year, number(bytes.get(4..)?)?),
        (8, None, None, None) => calendar(year, number(bytes.get(4..6)?)?, number(bytes.get(6..)?)?),
        _ => None,
    }
}

/// A day of the calendar; a 29th to 31st that its month does not have is the month's last.
fn calendar(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    let shorter = if (29..=31).contains(&day) { 28..day } else { 0..0 };
    NaiveDate::from_ymd_opt(year, month, day)
        .or_else(|| shorter.rev().find_map(|day| NaiveDate::from_ymd_opt(year, month, day)))
}

#[cfg(test)]
mod tests;
