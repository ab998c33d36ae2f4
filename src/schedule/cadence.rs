//! When a feed is polled next. Pure: time comes in as arguments.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use crate::{
    config::Interval,
    fetch::Freshness,
    ledger::{Cadence, DueBecause, Rhythm, partition::murmur2},
};

/// Adaptive feeds are never polled more often than this.
pub const FLOOR: Duration = Duration::from_secs(5 * 60);

/// Nor less often than this, however quiet they are or however long they say they stay fresh.
pub const CEILING: Duration = Duration::from_secs(24 * 3600);

/// Interval with which an adaptive feed starts.
pub const START: Duration = Duration::from_secs(15 * 60);

/// A gone feed (410) is asked again after this.
const GONE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A feed that refuses us (401, 403) is left alone this long.
const REFUSED: Duration = Duration::from_secs(4 * 3600);

/// After a 429 without `Retry-After`: this, then twice as long, and so on.
const THROTTLED: Duration = Duration::from_secs(3600);

/// No hint from a server is followed for longer than this.
const HINT_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// An adaptive interval is stretched by up to this share, depending on the feed's name and the time, so that
/// similar feeds do not stay in step.
const JITTER: f64 = 0.1;

/// Feeds with a longer interval than this have their first polls close together; with the second
/// one each finds its own place.
const PLACED_FROM: Duration = Duration::from_secs(60);

/// An adaptive feed that is silent is polled after this part of its silence at the latest, or after the
/// usual time between two entries where that is longer: a night or a weekend does not make it seldom,
/// and a feed of the past is.
const OF_SILENCE: u32 = 24;

/// An adaptive feed whose hub delivers what is new is polled this often, to make sure.
pub const TOLD: Duration = Duration::from_secs(6 * 3600);

/// A failing feed with a fixed interval is polled at 2, 4, 8 and at most 16 times its interval.
const FIXED_BACKOFF_MAX: u32 = 4;

/// What is polled.
#[derive(Clone, Copy, Debug)]
pub struct Polled<'a> {
    /// Name of the feed.
    pub name: &'a str,
    /// Its interval.
    pub interval: Interval,
    /// Whether it was never polled before.
    pub first: bool,
    /// Until when its hub delivers what is new, where it does.
    pub told_until: Option<DateTime<Utc>>,
}

/// How a poll ended, as far as the cadence is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// New or edited entries.
    Changed(Freshness),
    /// A document or a 304 without anything new.
    Unchanged(Freshness),
    /// No usable answer.
    Failed {
        /// HTTP status, if there was one.
        status: Option<u16>,
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// Advances the cadence and returns the next due time.
///
/// `failures` counts this one. Adaptive: a change moves the interval a fifth of the way to [`FLOOR`], no
/// change stretches it by half (like `StormCrawler`'s adaptive scheduler), to the usual time between two
/// entries or a part of the silence at most ([`Rhythm`]), bounded by what the feed advertises and by HTTP
/// freshness. A fixed interval is kept, and stretched only by failures and `Retry-After`; between its first
/// and its second poll a feed finds its place in the interval, which depends on its name and the time. An
/// adaptive feed whose hub delivers is polled every [`TOLD`], and at the end of its lease; its own interval
/// waits for when the hub does not.
pub fn next_due(
    polled: Polled<'_>,
    cadence: &mut Cadence,
    failures: u32,
    ending: &Ending,
    started_at: DateTime<Utc>,
) -> DateTime<Utc> {
    let before = cadence.interval_s;
    let due = by_itself(polled, cadence, failures, ending, started_at);
    let answered = !matches!(ending, Ending::Failed { .. });
    let Some(until) = polled.told_until.filter(|_| answered && polled.interval == Interval::Adaptive) else {
        return due;
    };
    if before > 0 && !matches!(ending, Ending::Changed(_)) {
        // That a poll finds nothing says nothing of the feed.
        cadence.interval_s = before;
    }
    let told = TOLD + jitter(polled.name, started_at, TOLD);
    let sure = (started_at + TimeDelta::from_std(told).unwrap_or_default()).min(until);
    if sure > due {
        cadence.because = DueBecause::Told;
    }
    due.max(sure)
}

/// When a feed is due that nobody else tells of.
fn by_itself(
    polled: Polled<'_>,
    cadence: &mut Cadence,
    failures: u32,
    ending: &Ending,
    started_at: DateTime<Utc>,
) -> DateTime<Utc> {
    let Polled { name, interval, first, .. } = polled;
    cadence.because = DueBecause::Interval;
    let delay = match (interval, ending) {
        (Interval::Every(every), Ending::Failed { status, retry_after }) => {
            let stretched = every.saturating_mul(2u32.pow(failures.clamp(1, FIXED_BACKOFF_MAX)));
            let delay = stretched.max(refused(*status, failures)).max(retry_after.unwrap_or_default());
            cadence.because = because_failed(*status, *retry_after, delay, delay > stretched);
            delay
        }
        (Interval::Every(every), Ending::Changed(fresh) | Ending::Unchanged(fresh)) => {
            let asked = fresh.retry_after.unwrap_or_default();
            if asked > every {
                cadence.because = DueBecause::RetryAfter;
            }
            every.max(asked)
        }
        (Interval::Adaptive, Ending::Failed { status, retry_after }) => {
            failed(name, cadence, failures, *status, *retry_after)
        }
        (Interval::Adaptive, Ending::Changed(fresh)) => adapt(cadence, fresh, true, started_at),
        (Interval::Adaptive, Ending::Unchanged(fresh)) => adapt(cadence, fresh, false, started_at),
    };
    let answered = !matches!(ending, Ending::Failed { .. });
    let delay = match interval {
        Interval::Adaptive if answered => delay + jitter(name, started_at, delay.min(CEILING)),
        _ => delay,
    };
    let delay = delay.min(HINT_MAX);
    let mut due = started_at + TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(1));
    if first && answered {
        due = match interval {
            Interval::Every(every) if every > PLACED_FROM => place(name, due, every),
            Interval::Every(_) => due,
            Interval::Adaptive => place(name, due, Duration::from_secs(cadence.interval_s) / 2),
        };
        if cadence.because == DueBecause::Interval {
            cadence.because = DueBecause::Place;
        }
    }
    match interval {
        Interval::Adaptive => {
            let moved = skip(due, cadence);
            if moved > due {
                cadence.because = DueBecause::Skipped;
            }
            moved
        }
        Interval::Every(_) => due,
    }
}

/// What decided about `delay`; `more` says whether it is longer than failures alone would make it.
fn because_failed(
    status: Option<u16>,
    retry_after: Option<Duration>,
    delay: Duration,
    more: bool,
) -> DueBecause {
    match status {
        _ if retry_after.is_some_and(|asked| asked == delay) => DueBecause::RetryAfter,
        Some(410) if more => DueBecause::Gone,
        Some(401 | 403 | 429) if more => DueBecause::Refused,
        _ => DueBecause::Failures,
    }
}

/// How long, at least, a server is left alone that refuses us by its status, for fixed intervals
/// too. A single refusal may be a momentary mishap.
fn refused(status: Option<u16>, failures: u32) -> Duration {
    match status {
        Some(410) => GONE,
        Some(401 | 403) if failures > 1 => REFUSED,
        Some(429) if failures > 1 => THROTTLED,
        _ => Duration::ZERO,
    }
}

fn jitter(name: &str, at: DateTime<Utc>, delay: Duration) -> Duration {
    let hash = murmur2(format!("{name}/{}", at.timestamp()).as_bytes());
    delay.mul_f64(f64::from(hash % 1000) / 1000.0 * JITTER)
}

/// The feed's own place in the intervals of absolute time, at `due` or after it.
fn place(name: &str, due: DateTime<Utc>, interval: Duration) -> DateTime<Utc> {
    let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    let place = i64::from(murmur2(name.as_bytes())) * 1_103 % millis;
    due + TimeDelta::milliseconds((place - due.timestamp_millis()).rem_euclid(millis))
}

/// The longest interval that the feed's own rhythm allows.
fn longest_by_rhythm(rhythm: Option<Rhythm>, now: DateTime<Utc>) -> Duration {
    let Some(rhythm) = rhythm else { return CEILING };
    let silence = (now - rhythm.news_at).to_std().unwrap_or_default() / OF_SILENCE;
    Duration::from_secs(rhythm.between_s).max(silence).clamp(FLOOR, CEILING)
}

fn adapt(cadence: &mut Cadence, fresh: &Freshness, changed: bool, at: DateTime<Utc>) -> Duration {
    let now = match cadence.interval_s {
        0 => START,
        seconds => Duration::from_secs(seconds),
    };
    let moved = if changed { now.mul_f64(0.8) + FLOOR.mul_f64(0.2) } else { now.mul_f64(1.5) };
    let moved = moved.clamp(FLOOR, longest_by_rhythm(cadence.rhythm, at));
    cadence.interval_s = moved.as_secs();
    let advertised = Duration::from_secs(cadence.advertised_s);
    let fresh_for = fresh.fresh_for.unwrap_or_default();
    let hints = advertised.max(fresh_for).min(CEILING);
    let asked = fresh.retry_after.unwrap_or_default();
    cadence.because = match () {
        () if asked > moved.max(hints) => DueBecause::RetryAfter,
        () if hints > moved && fresh_for > advertised => DueBecause::Fresh,
        () if hints > moved => DueBecause::Advertised,
        () => DueBecause::Interval,
    };
    moved.max(hints).max(asked)
}

fn failed(
    name: &str,
    cadence: &mut Cadence,
    failures: u32,
    status: Option<u16>,
    retry_after: Option<Duration>,
) -> Duration {
    let base = Duration::from_secs(cadence.interval_s).max(FLOOR);
    let doublings = failures.clamp(1, 12) - 1;
    let delay = match status {
        Some(410) => GONE,
        Some(401 | 403) => REFUSED.max(grow(base, doublings)),
        Some(429) => grow(THROTTLED, doublings),
        _ => grow(base, doublings),
    };
    // Full jitter upwards, by name and failure count: spread out, yet the same for the same
    // history.
    let hash = murmur2(format!("{name}/{failures}").as_bytes());
    let jitter = delay.mul_f64(f64::from(hash % 1000) / 4000.0);
    let ceiling = if status == Some(410) { GONE } else { CEILING };
    let delay = (delay + jitter).min(ceiling).max(retry_after.unwrap_or_default());
    cadence.because = because_failed(status, retry_after, delay, true);
    delay
}

fn grow(base: Duration, doublings: u32) -> Duration {
    base.saturating_mul(2u32.saturating_pow(doublings))
}

/// Moves a due time out of the hours and days in which the feed asks to be left alone
/// (RSS `skipHours`, `skipDays`, GMT), by a week at most.
fn skip(due: DateTime<Utc>, cadence: &Cadence) -> DateTime<Utc> {
    let mut moved = due;
    for _ in 0..7 * 24 {
        let hour = u8::try_from(moved.hour()).unwrap_or(0);
        let day = u8::try_from(moved.weekday().num_days_from_monday()).unwrap_or(0);
        if !cadence.skip_hours.contains(&hour) && !cadence.skip_days.contains(&day) {
            return moved;
        }
        let into_hour = TimeDelta::seconds(i64::from(moved.minute() * 60 + moved.second()));
        moved = moved - into_hour + TimeDelta::hours(1);
    }
    due
}

/// The shortest time between two polls of a feed: a fixed interval, or [`FLOOR`].
pub fn least(interval: Interval) -> TimeDelta {
    let least = match interval {
        Interval::Every(every) => every,
        Interval::Adaptive => FLOOR,
    };
    TimeDelta::from_std(least.min(HINT_MAX)).unwrap_or_default()
}

/// The longest time between two successful polls of a feed with a fixed interval: once it finds its place in
/// the interval.
pub fn longest(every: Duration) -> Duration {
    if every > PLACED_FROM { every * 2 } else { every }
}

/// The next turn of a feed that could be polled at any time: a new one, or one that is overdue.
///
/// Wall time is cut into windows; in each of them every feed has one turn, by a hash of its name
/// and the window. So a start or a restore does not poll everything at once, and since only the
/// name and the time count, a restart does not delay a feed: restarts in quick succession cannot
/// starve it, not even if they come at regular intervals, because its place in the window changes.
/// The wait is shorter than two windows.
pub fn turn(name: &str, now: DateTime<Utc>, window: Duration) -> DateTime<Utc> {
    let millis = i64::try_from(window.as_millis()).unwrap_or(i64::MAX).clamp(1, i64::from(u32::MAX));
    let present = now.timestamp_millis().div_euclid(millis);
    let turn_in = |window: i64| {
        let place = i64::from(murmur2(format!("{name}/{window}").as_bytes())) % millis;
        DateTime::from_timestamp_millis(window * millis + place).unwrap_or(now)
    };
    let turn = turn_in(present);
    if turn >= now { turn } else { turn_in(present + 1) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADAPTIVE: Polled<'static> =
        Polled { name: "f", interval: Interval::Adaptive, first: false, told_until: None };

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn failed_with(status: u16, failures: u32) -> TimeDelta {
        let ending = Ending::Failed { status: Some(status), retry_after: None };
        next_due(ADAPTIVE, &mut Cadence::default(), failures, &ending, start()) - start()
    }

    #[test]
    fn busy_feeds_shrink_and_quiet_ones_grow() {
        let mut cadence = Cadence::default();
        let fresh = Freshness::default;
        for _ in 0..50 {
            next_due(ADAPTIVE, &mut cadence, 0, &Ending::Changed(fresh()), start());
        }
        assert!(secs(cadence.interval_s) < FLOOR + secs(10));
        for _ in 0..50 {
            next_due(ADAPTIVE, &mut cadence, 0, &Ending::Unchanged(fresh()), start());
        }
        assert_eq!(secs(cadence.interval_s), CEILING);
    }

    #[test]
    fn a_feed_is_polled_in_its_own_rhythm_and_silence_makes_it_seldom_slowly() {
        let fresh = Freshness::default;
        let hours = |count: u64| secs(count * 3600);
        // An entry an hour on working days: after a night, a weekend, a month of silence.
        for (silent, expected) in [(10, hours(1)), (62, secs(62 * 3600 / 24)), (24 * 40, CEILING)] {
            let rhythm = Rhythm { between_s: 3600, news_at: start() - TimeDelta::hours(silent) };
            let mut cadence = Cadence { rhythm: Some(rhythm), ..Cadence::default() };
            for _ in 0..30 {
                next_due(ADAPTIVE, &mut cadence, 0, &Ending::Unchanged(fresh()), start());
            }
            assert_eq!(secs(cadence.interval_s), expected, "{silent} h");
        }
        // A busy one is not polled more often than the floor, and never less often than the ceiling.
        let at = |between_s| {
            let rhythm = Some(Rhythm { between_s, news_at: start() });
            longest_by_rhythm(rhythm, start() - TimeDelta::hours(1))
        };
        assert_eq!((at(1), at(7200), at(u64::MAX)), (FLOOR, hours(2), CEILING));
    }

    #[test]
    fn a_rhythm_is_what_a_week_of_entries_says() {
        let at = |hours: i64| start() - TimeDelta::hours(hours);
        let of = |hours: &[i64]| Rhythm::of(hours.iter().map(|hours| at(*hours)), start());
        let between = |hours: &[i64]| of(hours).map(|rhythm| rhythm.between_s / 3600);
        assert_eq!(between(&[24, 21, 18, 15, 12, 9, 6, 3]), Some(3));
        assert_eq!(between(&[1, 2, 3, 4, 5, 6, 7, 8]), Some(3), "of a day at least");
        assert_eq!(between(&[160, 8, 8, 8]), Some(40), "a burst in a quiet week");
        assert_eq!(between(&[200, 3000, 48]), Some(48), "what is older says nothing");
        assert_eq!(between(&[-5, 36]), Some(36), "nor does a date that lies ahead");
        assert_eq!(between(&[0]), Some(24));
        assert_eq!(of(&[400]), None);
    }

    #[test]
    fn failures_are_graded() {
        assert_eq!(failed_with(410, 1).num_days(), 30);
        assert!(failed_with(403, 1) >= TimeDelta::hours(4));
        assert!(failed_with(429, 1) >= TimeDelta::hours(1));
        assert!(failed_with(429, 3) > failed_with(429, 1));
        assert!(failed_with(500, 1) < TimeDelta::minutes(10));
        assert!(failed_with(500, 40) <= TimeDelta::hours(24));
    }

    #[test]
    fn a_feed_whose_hub_delivers_is_polled_to_make_sure() {
        let fresh = Freshness::default;
        let told = |hours: i64| Polled { told_until: Some(start() + TimeDelta::hours(hours)), ..ADAPTIVE };
        let mut cadence = Cadence { interval_s: 1800, ..Cadence::default() };
        let due = next_due(told(240), &mut cadence, 0, &Ending::Unchanged(fresh()), start());
        assert!((360..400).contains(&(due - start()).num_minutes()), "{due}");
        assert_eq!((cadence.interval_s, cadence.because), (1800, DueBecause::Told));
        next_due(told(240), &mut cadence, 0, &Ending::Changed(fresh()), start());
        assert!(cadence.interval_s < 1800, "news are news");
        // The lease ends before, or is nearly over.
        let due = next_due(told(3), &mut cadence, 0, &Ending::Unchanged(fresh()), start());
        assert_eq!(due - start(), TimeDelta::hours(3));
        let due = next_due(told(0), &mut cadence, 0, &Ending::Unchanged(fresh()), start());
        assert!(due - start() >= TimeDelta::minutes(5), "{due}");
        // What fails is asked as ever, and what an operator has set is kept.
        let failed = Ending::Failed { status: Some(500), retry_after: None };
        let due = next_due(told(240), &mut cadence, 1, &failed, start());
        assert!(due - start() < TimeDelta::hours(1));
        let every = Polled { interval: Interval::Every(secs(60)), ..told(240) };
        let due = next_due(every, &mut cadence, 0, &Ending::Unchanged(fresh()), start());
        assert_eq!(due - start(), TimeDelta::seconds(60));
    }

    #[test]
    fn a_fixed_interval_is_kept() {
        let mut cadence = Cadence { advertised_s: 7200, ..Cadence::default() };
        let every = Polled { interval: Interval::Every(secs(5)), ..ADAPTIVE };
        let fresh = Freshness { fresh_for: Some(secs(3600)), retry_after: None };
        let due = next_due(every, &mut cadence, 0, &Ending::Unchanged(fresh), start());
        assert_eq!(due - start(), TimeDelta::seconds(5));
        let broken = Ending::Failed { status: Some(500), retry_after: Some(secs(600)) };
        assert_eq!(next_due(every, &mut cadence, 9, &broken, start()) - start(), TimeDelta::seconds(600));
    }

    #[test]
    fn what_decided_is_noted() {
        let fresh = |fresh_for: Option<u64>, retry_after: Option<u64>| {
            Ending::Unchanged(Freshness {
                fresh_for: fresh_for.map(secs),
                retry_after: retry_after.map(secs),
            })
        };
        let failed = |status: u16, retry_after: Option<u64>| Ending::Failed {
            status: Some(status),
            retry_after: retry_after.map(secs),
        };
        let every = Polled { interval: Interval::Every(secs(300)), ..ADAPTIVE };
        let hourly = Cadence { advertised_s: 3600, ..Cadence::default() };
        let skipping = Cadence { skip_hours: (0..23).collect(), ..Cadence::default() };
        let plain = Cadence::default();
        for (polled, cadence, failures, ending, expected) in [
            (ADAPTIVE, &plain, 0, fresh(None, None), DueBecause::Interval),
            (ADAPTIVE, &plain, 0, fresh(Some(60), None), DueBecause::Interval),
            (ADAPTIVE, &plain, 0, fresh(Some(7200), None), DueBecause::Fresh),
            (ADAPTIVE, &hourly, 0, fresh(None, None), DueBecause::Advertised),
            (ADAPTIVE, &hourly, 0, fresh(Some(7200), None), DueBecause::Fresh),
            (ADAPTIVE, &hourly, 0, fresh(Some(7200), Some(9000)), DueBecause::RetryAfter),
            (ADAPTIVE, &skipping, 0, fresh(None, None), DueBecause::Skipped),
            (ADAPTIVE, &plain, 1, failed(500, None), DueBecause::Failures),
            (ADAPTIVE, &plain, 1, failed(503, Some(90_000)), DueBecause::RetryAfter),
            (ADAPTIVE, &plain, 1, failed(410, None), DueBecause::Gone),
            (ADAPTIVE, &plain, 1, failed(403, None), DueBecause::Refused),
            (ADAPTIVE, &plain, 1, failed(429, None), DueBecause::Refused),
            (Polled { first: true, ..ADAPTIVE }, &plain, 0, fresh(None, None), DueBecause::Place),
            (every, &plain, 0, fresh(Some(7200), None), DueBecause::Interval),
            (every, &hourly, 0, fresh(None, Some(600)), DueBecause::RetryAfter),
            (every, &plain, 1, failed(500, Some(10)), DueBecause::Failures),
            (every, &plain, 1, failed(403, None), DueBecause::Failures),
            (every, &plain, 2, failed(403, None), DueBecause::Refused),
            (every, &plain, 1, failed(410, None), DueBecause::Gone),
            (Polled { first: true, ..every }, &plain, 0, fresh(None, None), DueBecause::Place),
        ] {
            let mut cadence = cadence.clone();
            next_due(polled, &mut cadence, failures, &ending, start());
            assert_eq!(cadence.because, expected, "{:?} {failures} {ending:?}", polled.interval);
        }
    }

    #[test]
    fn skipped_hours_and_days_are_skipped() {
        let mut cadence = Cadence { skip_hours: (0..23).collect(), ..Cadence::default() };
        let due = next_due(ADAPTIVE, &mut cadence, 0, &Ending::Changed(Freshness::default()), start());
        assert_eq!(due.hour(), 23);
        cadence.skip_hours = (0..24).collect();
        let due = next_due(ADAPTIVE, &mut cadence, 0, &Ending::Changed(Freshness::default()), start());
        assert!(due - start() < TimeDelta::hours(1), "a feed that skips everything is not taken at its word");
    }

    #[test]
    fn a_fixed_interval_does_not_knock_at_a_closed_door() {
        let every = Polled { interval: Interval::Every(secs(60)), ..ADAPTIVE };
        let after = |status, failures| {
            let ending = Ending::Failed { status: Some(status), retry_after: None };
            next_due(every, &mut Cadence::default(), failures, &ending, start()) - start()
        };
        assert_eq!(after(410, 1), TimeDelta::days(30));
        assert_eq!((after(403, 1), after(403, 2)), (TimeDelta::minutes(2), TimeDelta::hours(4)));
        assert_eq!((after(500, 2), after(429, 2)), (TimeDelta::minutes(4), TimeDelta::hours(1)));
    }

    #[test]
    fn the_second_poll_finds_the_feed_its_place_in_the_interval() {
        let mut minutes: Vec<i64> = (0..600)
            .map(|number| {
                let name = format!("feed{number}");
                let hourly =
                    Polled { name: &name, interval: Interval::Every(secs(3600)), first: true, ..ADAPTIVE };
                let due = |at| {
                    let ending = Ending::Unchanged(Freshness::default());
                    next_due(hourly, &mut Cadence::default(), 0, &ending, at)
                };
                assert_eq!(due(start()), due(start() + TimeDelta::milliseconds(1)), "pinned");
                (due(start()) - start()).num_minutes()
            })
            .collect();
        minutes.sort_unstable();
        assert!(minutes[0] >= 60 && minutes[599] < 120);
        for tenth in minutes.chunks(60) {
            assert!((3..=10).contains(&(tenth[59] - tenth[0])), "{tenth:?}");
        }
    }

    proptest! {
        #[test]
        fn a_turn_comes_within_two_windows_whenever_it_is_asked_for(
            name in "[a-z]{1,8}", at in 0i64..4_000_000_000_000, window in 0u64..3_600_000, later in 0.0..1.0f64,
        ) {
            let now = DateTime::from_timestamp_millis(at).unwrap();
            let window = Duration::from_millis(window);
            let due = turn(&name, now, window);
            let wait = due - now;
            prop_assert!(wait >= TimeDelta::zero());
            prop_assert!(wait <= TimeDelta::from_std(window * 2).unwrap().max(TimeDelta::milliseconds(1)));
            // A restart in between does not move it.
            let restart = now + TimeDelta::milliseconds((wait.num_milliseconds() as f64 * later) as i64);
            prop_assert_eq!(turn(&name, restart, window), due);
        }

        #[test]
        fn never_sooner_than_the_floor(
            interval_s in 0u64..10_000_000, advertised_s in 0u64..u64::MAX, failures in 0u32..100,
            status in proptest::option::of(100u16..600), hint in proptest::option::of(0u64..u64::MAX / 4),
            kind in 0..3,
        ) {
            let mut cadence = Cadence { interval_s, advertised_s, ..Cadence::default() };
            let fresh = Freshness { fresh_for: hint.map(secs), retry_after: hint.map(secs) };
            let ending = match kind {
                0 => Ending::Changed(fresh),
                1 => Ending::Unchanged(fresh),
                _ => Ending::Failed { status, retry_after: hint.map(secs) },
            };
            let due = next_due(ADAPTIVE, &mut cadence, failures, &ending, start());
            prop_assert!(due - start() >= TimeDelta::from_std(FLOOR).unwrap());
            let max = HINT_MAX + secs(3600);
            prop_assert!(due - start() <= TimeDelta::from_std(max).unwrap());
        }
    }
}
