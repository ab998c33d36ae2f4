//! How late entries are seen, and what that costs in polls: the program's own intervals beside fixed
//! ones and those of two readers, over synthetic publishing patterns.
//!
//! `cargo bench --bench rhythm` prints the table and writes the plot, `docs/rhythm.svg`; a test keeps
//! both true. Everything is seeded, and no clock is read.
//!
//! The two readers, restated from their sources:
//!
//! * Miniflux, "entry frequency" (miniflux/v2, `internal/model/feed.go`, `ScheduleNextCheck`, commit
//!   01e21bb8): a week divided by the entries of the last seven days, 5 minutes to 24 hours; 24 hours
//!   where there were none. Its scheduler wakes once an hour by default and would add up to that; here
//!   it wakes at once.
//! * `NewsBlur` (samuelclay/NewsBlur, `apps/rss_feeds/models.py`, `get_next_scheduled_update`) for one
//!   paying subscriber: an hour where there is an entry a day or more; else 12 hours less as much of
//!   them as there are entries a day; 12 hours at most. Up to a quarter is added at random.

use std::{fmt::Write as _, time::Duration};

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use copydesk::{
    config::Interval,
    fetch::Freshness,
    ledger::{Cadence, Rhythm},
    schedule::cadence::{Ending, Polled, next_due},
};

/// The days that are measured, and those before them in which a policy learns the feed.
const DAYS: i64 = 56;
const LEARNING_DAYS: i64 = 35;

/// Feeds of each pattern: each with other times.
const FEEDS: u64 = 20;

fn main() {
    let results = replay();
    print!("{}", table(&results));
    if std::env::args().any(|argument| argument == "--write") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rhythm.svg");
        std::fs::write(path, plot(&results)).expect("the plot is written");
    }
}

/// How a feed publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Steady,
    Bursty,
    Office,
    Breaking,
    Rare,
    Dead,
}

impl Pattern {
    pub(crate) const ALL: [Self; 6] =
        [Self::Steady, Self::Bursty, Self::Office, Self::Breaking, Self::Rare, Self::Dead];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady: 36 entries a day, at any time",
            Self::Bursty => "bursty: 8 entries within 20 min, twice a day",
            Self::Office => "office hours: 3 an hour, Monday to Friday, 8 to 18",
            Self::Breaking => "breaking news: 6 a day, and 40 in one hour of a week",
            Self::Rare => "rare: an entry in 9 days",
            Self::Dead => "dead: nothing any more",
        }
    }

    /// When entries appear, in order; `random` makes each feed another.
    fn entries(self, random: &mut fastrand::Rng) -> Vec<DateTime<Utc>> {
        let end = start() + TimeDelta::days(DAYS);
        let mut out = Vec::new();
        match self {
            Self::Steady => poisson(&mut out, random, 40.0, end, |_| true),
            Self::Bursty => {
                let mut bursts = Vec::new();
                poisson(&mut bursts, random, 720.0, end, |_| true);
                for burst in bursts {
                    out.extend((0..8).map(|_| burst + TimeDelta::seconds(random.i64(0..1200))));
                }
            }
            Self::Office => poisson(&mut out, random, 20.0, end, |at| {
                at.weekday().num_days_from_monday() < 5 && (8..18).contains(&at.hour())
            }),
            Self::Breaking => {
                poisson(&mut out, random, 240.0, end, |_| true);
                for week in 0..DAYS / 7 {
                    let hour =
                        start() + TimeDelta::days(week * 7) + TimeDelta::minutes(random.i64(0..10_000));
                    out.extend((0..40).map(|_| hour + TimeDelta::seconds(random.i64(0..3600))));
                }
            }
            Self::Rare => poisson(&mut out, random, 9.0 * 1440.0, end, |_| true),
            Self::Dead => out.push(start()),
        }
        out.sort_unstable();
        out.retain(|at| *at < end);
        out
    }
}

/// Adds times whose gaps are random with a mean of so many minutes.
fn poisson(
    out: &mut Vec<DateTime<Utc>>,
    random: &mut fastrand::Rng,
    minutes: f64,
    end: DateTime<Utc>,
    open: impl Fn(DateTime<Utc>) -> bool,
) {
    let mut at = start();
    while at < end {
        let gap = -(1.0 - random.f64()).ln() * minutes * 60.0;
        at += TimeDelta::seconds(gap as i64 + 1);
        if open(at) {
            out.push(at);
        }
    }
}

/// A Monday.
fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_571_200, 0).expect("within range")
}

/// Who decides when to poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Fixed(u64),
    Copydesk,
    Miniflux,
    NewsBlur,
}

impl Policy {
    pub(crate) const ALL: [Self; 8] = [
        Self::Fixed(5),
        Self::Fixed(15),
        Self::Fixed(60),
        Self::Fixed(360),
        Self::Fixed(1440),
        Self::Copydesk,
        Self::Miniflux,
        Self::NewsBlur,
    ];

    pub(crate) fn name(self) -> String {
        match self {
            Self::Fixed(minutes) if minutes < 60 => format!("every {minutes} min"),
            Self::Fixed(minutes) => format!("every {} h", minutes / 60),
            Self::Copydesk => "copydesk".into(),
            Self::Miniflux => "Miniflux".into(),
            Self::NewsBlur => "NewsBlur".into(),
        }
    }

    /// Colour and size of its points.
    fn mark(self) -> (&'static str, f64) {
        match self {
            Self::Fixed(_) => ("#aaa", 2.5),
            Self::Copydesk => ("#c0392b", 5.0),
            Self::Miniflux => ("#2471a3", 4.0),
            Self::NewsBlur => ("#1e8449", 4.0),
        }
    }

    /// The next poll after one at `now` that found so many new entries.
    fn next(self, seen: &Seen<'_>, cadence: &mut Cadence, random: &mut fastrand::Rng) -> DateTime<Utc> {
        let Seen { name, now, new, .. } = *seen;
        let after = |minutes: f64| now + TimeDelta::seconds((minutes * 60.0) as i64);
        match self {
            Self::Fixed(minutes) => after(minutes as f64),
            Self::Copydesk => {
                if new > 0 {
                    let known = seen.lately(TimeDelta::days(8)).iter().copied();
                    cadence.rhythm = Rhythm::of(known, now).or(cadence.rhythm);
                }
                let fresh = Freshness { fresh_for: None, retry_after: None::<Duration> };
                let ending = if new > 0 { Ending::Changed(fresh) } else { Ending::Unchanged(fresh) };
                let polled =
                    Polled { name, interval: Interval::Adaptive, first: seen.first, told_until: None };
                next_due(polled, cadence, 0, &ending, now)
            }
            Self::Miniflux => {
                let weekly = seen.since(TimeDelta::days(7));
                let minutes = if weekly == 0 { 1440.0 } else { (10_080.0 / weekly as f64).round() };
                after(minutes.clamp(5.0, 1440.0))
            }
            Self::NewsBlur => {
                let a_day = seen.since(TimeDelta::days(30)) as f64 / 30.0;
                let minutes = if a_day >= 1.0 { 60.0 } else { 720.0 - a_day * 720.0 };
                after(minutes + minutes * random.f64() / 4.0)
            }
        }
    }
}

/// What is known after a poll.
struct Seen<'a> {
    name: &'a str,
    now: DateTime<Utc>,
    first: bool,
    new: usize,
    entries: &'a [DateTime<Utc>],
}

impl Seen<'_> {
    /// The entries of this time up to now.
    fn lately(&self, time: TimeDelta) -> &[DateTime<Utc>] {
        let before = |end: DateTime<Utc>| self.entries.partition_point(|at| *at <= end);
        self.entries.get(before(self.now - time)..before(self.now)).unwrap_or_default()
    }

    /// How many they are.
    fn since(&self, time: TimeDelta) -> usize {
        self.lately(time).len()
    }
}

/// What a policy made of a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) pattern: Pattern,
    pub(crate) policy: Policy,
    pub(crate) polls_a_day: f64,
    /// Minutes from an entry to the poll that finds it: mean, and what nine in ten stay below.
    pub(crate) mean: f64,
    pub(crate) ninth: f64,
}

/// Every policy over every pattern.
pub(crate) fn replay() -> Vec<Outcome> {
    let pairs = Pattern::ALL.into_iter().flat_map(|pattern| Policy::ALL.map(|policy| (pattern, policy)));
    pairs.map(|(pattern, policy)| outcome(pattern, policy)).collect()
}

fn outcome(pattern: Pattern, policy: Policy) -> Outcome {
    let from = start() + TimeDelta::days(LEARNING_DAYS);
    let end = start() + TimeDelta::days(DAYS);
    let (mut polls, mut delays) = (0u32, Vec::new());
    for feed in 0..FEEDS {
        // The same entries for every policy.
        let entries = pattern.entries(&mut fastrand::Rng::with_seed(1_000 * pattern as u64 + feed));
        let mut random = fastrand::Rng::with_seed(feed);
        let name = format!("feed-{feed}.example");
        let mut cadence = Cadence::default();
        let (mut now, mut found, mut first) = (start() + TimeDelta::minutes(random.i64(0..60)), 0, true);
        while now < end {
            let known = entries.partition_point(|at| *at <= now);
            let new = known - found;
            if now >= from {
                polls += 1;
                let minutes = |at: &DateTime<Utc>| (now - *at).num_seconds() as f64 / 60.0;
                delays.extend(entries[found..known].iter().filter(|at| **at >= from).map(minutes));
            }
            found = known;
            let seen = Seen { name: &name, now, first, new, entries: &entries };
            now = policy.next(&seen, &mut cadence, &mut random);
            first = false;
        }
    }
    delays.sort_by(f64::total_cmp);
    let mean = delays.iter().sum::<f64>() / delays.len().max(1) as f64;
    let ninth = delays.get(delays.len() * 9 / 10).copied().unwrap_or_default();
    let polls_a_day = f64::from(polls) / (FEEDS as f64 * (DAYS - LEARNING_DAYS) as f64);
    Outcome { pattern, policy, polls_a_day, mean, ninth }
}

/// In Markdown: polls a day, and the delay in minutes (mean, nine in ten).
pub(crate) fn table(results: &[Outcome]) -> String {
    let mut out = String::from("| |");
    for policy in Policy::ALL {
        write!(out, " {} |", policy.name()).ok();
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(Policy::ALL.len()));
    out.push('\n');
    for pattern in Pattern::ALL {
        let name = pattern.name().split(':').next().unwrap_or_default();
        write!(out, "| {name} |").ok();
        for result in results.iter().filter(|result| result.pattern == pattern) {
            let delay = match pattern {
                Pattern::Dead => String::new(),
                _ => format!(": {:.0} ({:.0})", result.mean, result.ninth),
            };
            write!(out, " {:.1}{delay} |", result.polls_a_day).ok();
        }
        out.push('\n');
    }
    out
}

/// One panel a pattern: polls a day to the right, the mean delay upwards, both by powers of ten.
pub(crate) fn plot(results: &[Outcome]) -> String {
    let (width, height) = (340.0, 250.0);
    let mut out = String::new();
    write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"11\">\n<title>Delay of entries against polls a day</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        3.0 * width,
        2.0 * height + 24.0
    )
    .ok();
    for (at, pattern) in Pattern::ALL.into_iter().enumerate() {
        let corner = ((at % 3) as f64 * width, (at / 3) as f64 * height);
        let results: Vec<&Outcome> = results.iter().filter(|result| result.pattern == pattern).collect();
        panel(&mut out, pattern, &results, corner);
    }
    let bottom = 2.0 * height + 14.0;
    writeln!(
        out,
        "<text x=\"12\" y=\"{bottom}\">to the right: polls a day; upwards: mean minutes from an entry to the \
         poll that finds it</text>"
    )
    .ok();
    for (left, policy) in [
        (590.0, Policy::Copydesk),
        (690.0, Policy::Miniflux),
        (780.0, Policy::NewsBlur),
        (880.0, Policy::Fixed(5)),
    ] {
        let name = if matches!(policy, Policy::Fixed(_)) { "fixed intervals".into() } else { policy.name() };
        let (colour, radius) = policy.mark();
        writeln!(
            out,
            "<circle cx=\"{left}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{bottom}\">{name}</text>",
            bottom - 4.0,
            left + 9.0
        )
        .ok();
    }
    out.push_str("</svg>\n");
    out
}

fn panel(out: &mut String, pattern: Pattern, results: &[&Outcome], (left, top): (f64, f64)) {
    let (x0, y0, wide, high) = (left + 46.0, top + 26.0, 280.0, 190.0);
    let x = |polls: f64| x0 + (polls.log10() / 2.6).clamp(0.0, 1.0) * wide;
    let y = |minutes: f64| y0 + high - ((minutes.max(1.0).log10()) / 3.2).clamp(0.0, 1.0) * high;
    writeln!(
        out,
        "<text x=\"{:.0}\" y=\"{:.0}\" font-weight=\"bold\">{}</text>",
        left + 12.0,
        top + 16.0,
        pattern.name()
    )
    .ok();
    writeln!(
        out,
        "<rect x=\"{x0}\" y=\"{y0}\" width=\"{wide}\" height=\"{high}\" fill=\"none\" stroke=\"#999\"/>"
    )
    .ok();
    for polls in [1.0, 10.0, 100.0] {
        let at = x(polls);
        writeln!(out, "<path d=\"M{at:.1} {y0}v{high}\" stroke=\"#eee\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{polls}</text>", y0 + high + 14.0).ok();
    }
    for minutes in [1.0, 10.0, 100.0, 1000.0] {
        let at = y(minutes);
        writeln!(out, "<path d=\"M{x0} {at:.1}h{wide}\" stroke=\"#eee\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{minutes}</text>", x0 - 5.0, at + 4.0).ok();
    }
    let fixed = results.iter().filter(|result| matches!(result.policy, Policy::Fixed(_)));
    let line: Vec<String> =
        fixed.map(|result| format!("{:.1},{:.1}", x(result.polls_a_day), y(result.mean))).collect();
    writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#aaa\" stroke-width=\"1.5\"/>",
        line.join(" ")
    )
    .ok();
    for result in results {
        let (x, y) = (x(result.polls_a_day), y(result.mean));
        let (colour, radius) = result.policy.mark();
        write!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>").ok();
        out.push('\n');
    }
}
