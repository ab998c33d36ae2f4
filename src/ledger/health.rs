//! The health of a feed, derived from its state: what `topics.feeds` and `feeds status` report.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, FeedState, Gap, condition::Reported};
use crate::site::{bare, public};

/// A feed that fails and has not answered for this long is considered dead. It is still polled,
/// since a surprising number come back (Media Cloud raised its limit from 4 failures to 30).
const DEAD_AFTER: TimeDelta = TimeDelta::days(14);

/// A feed is stale when nothing new has come for this many times its usual gap between two entries,
/// and for at least [`STALE_MIN`]. Chosen by hand: a weekly feed may miss two months.
const STALE_GAPS: i32 = 10;
const STALE_MIN: TimeDelta = TimeDelta::days(3);

/// The usual gap is taken over this many of the newest entries, and needs at least this many to be
/// known.
const GAPS_OVER: usize = 30;
const GAPS_MIN: usize = 4;

/// An unchanged condition is reported again after this long, with the times of the last and next
/// poll.
const REPORTED_AGAIN: TimeDelta = TimeDelta::hours(1);

/// Version of [`FeedHealth`].
pub const HEALTH_VERSION: u32 = 1;

/// URI of its JSON Schema.
pub const HEALTH_SCHEMA: &str = "urn:copydesk:schema:feed:1";

/// A record of `topics.feeds`: the health of a feed. Key: the feed's name. Written when its
/// condition changes, and with a poll if the last record is an hour old: one that is much older
/// than `next_poll_at` belongs to a feed that nobody polls any more. Null after `feeds reset`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedHealth {
    /// Version of this schema: 1.
    pub schema_version: u32,
    /// Name of the feed.
    pub feed: String,
    /// Its address, without secrets.
    pub url: String,
    /// Its condition.
    pub state: Condition,
    /// When that condition began.
    pub since: DateTime<Utc>,
    /// Why, in words; null if it is healthy.
    pub why: Option<String>,
    /// When this record was written.
    pub at: DateTime<Utc>,
    /// Last poll, successful or not.
    pub last_poll_at: Option<DateTime<Utc>>,
    /// Last poll that was answered, by a document or a 304.
    pub last_answer_at: Option<DateTime<Utc>>,
    /// When the next poll is due.
    pub next_poll_at: DateTime<Utc>,
    /// Failed polls in a row.
    pub failures: u32,
    /// Entries that are remembered: all that are listed, and those that left the feed recently.
    pub entries: u32,
    /// When the newest of them appeared.
    pub last_entry_at: Option<DateTime<Utc>>,
    /// New entries per day, from the newest 30; null if there are too few to tell.
    pub entries_per_day: Option<f64>,
    /// Share of the published ones among them that were revised, 0 to 1; null if none is published.
    pub revised_share: Option<f64>,
    /// Share of the text that cleaning recently removed, 0 to 1; null before the first article.
    pub removed_share: Option<f64>,
}

/// Times at which the remembered entries appeared, newest first.
fn appeared(state: &FeedState) -> Vec<DateTime<Utc>> {
    let mut times: Vec<DateTime<Utc>> = state
        .entries
        .values()
        .map(|entry| entry.published_at.map_or(entry.first_seen_at, |at| at.min(entry.first_seen_at)))
        .collect();
    times.sort_unstable_by(|one, other| other.cmp(one));
    times.truncate(GAPS_OVER);
    times
}

/// The usual time between two entries.
fn usual_gap(appeared: &[DateTime<Utc>]) -> Option<TimeDelta> {
    let (newest, oldest) = (appeared.first()?, appeared.last()?);
    let gaps = i32::try_from(appeared.len().checked_sub(1)?).ok()?;
    (appeared.len() >= GAPS_MIN && newest > oldest).then(|| (*newest - *oldest) / gaps)
}

fn days(time: TimeDelta) -> String {
    match time.num_days() {
        0 if time < TimeDelta::hours(2) => format!("{} minutes", time.num_minutes()),
        0 => format!("{} hours", time.num_hours()),
        1 => "a day".to_owned(),
        days => format!("{days} days"),
    }
}

/// What the server demands or refuses, by the status of its answer (RFC 9110 section 15.5, RFC
/// 7725).
fn wall(status: u16) -> Option<&'static str> {
    Some(match status {
        401 => "the server requires a login (401); set the feed's `auth`",
        402 => "the server demands payment (402)",
        403 => "the server refuses access (403)",
        407 => "a proxy requires a login (407)",
        451 => "withheld for legal reasons (451)",
        _ => return None,
    })
}

/// Where a feed that is no longer there may have gone, else how to find out.
fn look_for(state: &FeedState) -> String {
    if let Some(successor) = &state.successor {
        return format!(
            "; the front page of its site names {successor}: if that is it, configure it instead"
        );
    }
    match state.url.join("/") {
        Ok(home) => format!("; `copydesk feeds discover {}` looks for where it is now", bare(public(&home))),
        Err(_) => String::new(),
    }
}

/// The condition of a feed, and the reason if it is not healthy.
pub fn condition_of(state: &FeedState, now: DateTime<Utc>) -> (Condition, Option<String>) {
    let status = state.failed_status;
    let error = state.last_error.as_deref().unwrap_or("no answer");
    if state.failures > 0 {
        if status == Some(410) {
            let why = format!("the server says that it is gone (410): {error}{}", look_for(state));
            return (Condition::Dead, Some(why));
        }
        let named = state.wall.as_ref().map(ToString::to_string);
        match (status.and_then(wall), named) {
            (Some(why), Some(named)) => return (Condition::Walled, Some(format!("{why}; {named}"))),
            (Some(why), None) => return (Condition::Walled, Some(why.to_owned())),
            (None, Some(named)) => return (Condition::Walled, Some(format!("before it: {named}"))),
            (None, None) => {}
        }
        let silent = state.answered_at.map(|at| now - at).filter(|silent| *silent > DEAD_AFTER);
        if let Some(silent) = silent {
            let why = format!("no answer for {}: {error}{}", days(silent), look_for(state));
            return (Condition::Dead, Some(why));
        }
        let polls = match state.failures {
            1 => "the last poll".to_owned(),
            failures => format!("{failures} polls in a row"),
        };
        let look = if status == Some(404) { look_for(state) } else { String::new() };
        return (Condition::Failing, Some(format!("{polls} failed: {error}{look}")));
    }
    if let Some(broken) = state.broken_off.as_ref().filter(|broken| !broken.believed()) {
        let why = format!("{} documents in a row end in the middle (line {})", broken.documents, broken.line);
        return (Condition::Failing, Some(why));
    }
    if let Some(moved) = &state.moved {
        let why =
            format!("it has moved permanently to {}; put that address into the configuration", moved.to);
        return (Condition::Moved, Some(why));
    }
    if let Some(Gap { since, until, documents }) = &state.gap {
        let apart = days(*until - *since);
        let again = if *documents > 1 { format!(", {documents} times in a row") } else { String::new() };
        let why = format!(
            "no entry is in both of the last two documents ({apart} apart{again}): some may have been \
             missed; a shorter interval would tell"
        );
        return (Condition::Gap, Some(why));
    }
    let appeared = appeared(state);
    if let (Some(newest), Some(gap)) = (appeared.first(), usual_gap(&appeared)) {
        let quiet = now - *newest;
        if quiet > (gap * STALE_GAPS).max(STALE_MIN) {
            let why = format!("nothing new for {}; usually something every {}", days(quiet), days(gap));
            return (Condition::Stale, Some(why));
        }
    }
    (Condition::Healthy, None)
}

impl FeedState {
    /// Notes the feed's condition. Returns the record to write if `topic` says that one is kept:
    /// when the condition has changed, and once an hour.
    pub fn report_health(&mut self, topic: bool, now: DateTime<Utc>) -> Option<Vec<u8>> {
        let (condition, why) = condition_of(self, now);
        let before = self.health.take().unwrap_or(Reported { since: now, ..Reported::default() });
        let changed = before.condition != condition;
        let since = if changed { now } else { before.since };
        let due = before.at.is_none_or(|at| changed || now - at >= REPORTED_AGAIN || at > now);
        let record = (topic && due).then(|| self.health_record(condition, since, why, now));
        let at = if record.is_some() { Some(now) } else { before.at.filter(|_| topic) };
        // Nothing needs to be kept for a feed that is healthy and reported to nobody.
        self.health = (topic || condition != Condition::Healthy).then_some(Reported { condition, since, at });
        record.map(|record| serde_json::to_vec(&record).unwrap_or_default())
    }

    fn health_record(
        &self,
        state: Condition,
        since: DateTime<Utc>,
        why: Option<String>,
        at: DateTime<Utc>,
    ) -> FeedHealth {
        let appeared = appeared(self);
        let published = self.entries.values().filter(|entry| entry.revision > 0).count();
        let revised = self.entries.values().filter(|entry| entry.revision > 1).count();
        FeedHealth {
            schema_version: HEALTH_VERSION,
            feed: self.name.clone(),
            url: public(&self.url).into(),
            state,
            since,
            why,
            at,
            last_poll_at: self.polled_at,
            last_answer_at: self.answered_at,
            next_poll_at: self.due_at,
            failures: self.failures,
            entries: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
            last_entry_at: appeared.first().copied(),
            entries_per_day: usual_gap(&appeared)
                .map(|gap| rounded(TimeDelta::days(1).as_seconds_f64() / gap.as_seconds_f64().max(1.0))),
            revised_share: (published > 0).then(|| rounded(revised as f64 / published as f64)),
            removed_share: self.removed_share.lately().map(|share| rounded(f64::from(share))),
        }
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::ledger::{BrokenOff, Moved, SeenEntry};

    fn now() -> DateTime<Utc> {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    /// A feed whose entries appeared this many hours ago.
    fn feed(hours: &[i64]) -> FeedState {
        let url = Url::parse("https://news.example/rss").unwrap();
        let mut state = FeedState::new("news", &url, now());
        state.polled_at = Some(now());
        state.answered_at = Some(now());
        for (index, hours) in hours.iter().enumerate() {
            let at = now() - TimeDelta::hours(*hours);
            let entry = serde_json::json!({"article": "a", "revision": 0, "entry_hash": "", "first_seen_at": at, "listed_at": at});
            let entry: SeenEntry = serde_json::from_value(entry).unwrap();
            state.entries.insert(index.to_string(), Box::new(entry));
        }
        state
    }

    fn told(state: &FeedState, status: Option<u16>) -> &'static str {
        let state = FeedState { failed_status: status, ..state.clone() };
        condition_of(&state, now()).0.as_str()
    }

    #[test]
    fn each_condition_is_told_by_what_it_is() {
        let failing = |failures, days| FeedState {
            failures,
            last_error: Some("timeout".into()),
            answered_at: Some(now() - TimeDelta::days(days)),
            ..feed(&[1, 2])
        };
        assert_eq!(told(&feed(&[]), None), "healthy");
        assert_eq!(told(&failing(1, 1), Some(500)), "failing");
        assert_eq!(told(&failing(9, 13), None), "failing", "not for long enough");
        assert_eq!(told(&failing(9, 15), None), "dead");
        assert_eq!(told(&failing(1, 0), Some(410)), "dead", "gone is said once");
        let gone = FeedState { failed_status: Some(410), ..failing(1, 0) };
        let why = |state: &FeedState| condition_of(state, now()).1.unwrap();
        assert!(
            why(&gone).ends_with("`copydesk feeds discover https://news.example/` looks for where it is now")
        );
        let named = FeedState { successor: Some("https://news.example/new".into()), ..gone };
        assert!(why(&named).contains("names https://news.example/new"));
        for status in [401, 402, 403, 407, 451] {
            assert_eq!(told(&failing(2, 1), Some(status)), "walled", "{status}");
        }
        // A wall shows by more than its status.
        let kind = crate::fetch::WallKind::BotWall;
        let wall = crate::fetch::Wall { kind, detail: Some("cloudflare".into()) };
        let state = FeedState { wall: Some(wall), ..failing(2, 1) };
        assert_eq!(told(&state, Some(503)), "walled");
        let (_, why) = condition_of(&FeedState { failed_status: Some(403), ..state }, now());
        assert_eq!(why.unwrap(), "the server refuses access (403); a wall against bots: cloudflare");
        let to = Url::parse("https://other.example/rss").unwrap();
        let moved = Moved { to, sightings: 1, since: now() };
        assert_eq!(told(&FeedState { moved: Some(moved), ..feed(&[1]) }, None), "moved");
        let gap = Gap { since: now() - TimeDelta::minutes(90), until: now(), documents: 2 };
        let state = FeedState { gap: Some(gap), ..feed(&[1]) };
        assert_eq!(told(&state, None), "gap");
        let (_, why) = condition_of(&state, now());
        assert!(why.unwrap().contains("(90 minutes apart, 2 times in a row)"));
        let broken = BrokenOff { since: now(), documents: 2, alike: 1, entry_hash: String::new(), line: 9 };
        assert_eq!(told(&FeedState { broken_off: Some(broken), ..feed(&[1]) }, None), "failing");
    }

    #[test]
    fn stale_is_measured_by_the_feeds_own_rhythm() {
        // Hourly, daily, weekly; the same silence.
        let every = |gap: i64, quiet: i64| feed(&(0..6).map(|n| quiet + n * gap).collect::<Vec<_>>());
        assert_eq!(told(&every(1, 24 * 4), None), "stale");
        assert_eq!(told(&every(1, 24 * 2), None), "healthy", "a long weekend");
        assert_eq!(told(&every(24, 24 * 4), None), "healthy");
        assert_eq!(told(&every(24, 24 * 11), None), "stale");
        assert_eq!(told(&every(24 * 7, 24 * 60), None), "healthy");
        assert_eq!(told(&every(24 * 7, 24 * 71), None), "stale");
        assert_eq!(told(&feed(&[5000, 5001]), None), "healthy", "too few to tell");
        assert_eq!(told(&feed(&[5000; 8]), None), "healthy", "all at once");
    }

    #[test]
    fn a_record_is_written_on_change_and_once_an_hour() {
        let mut state = feed(&[1, 2, 3, 4]);
        let at = |minutes| now() + TimeDelta::minutes(minutes);
        let mut tell = |failures, minutes| {
            state.failures = failures;
            let record = state.report_health(true, at(minutes));
            record.map(|record| {
                let health: FeedHealth = serde_json::from_slice(&record).unwrap();
                (health.state.as_str(), health.since)
            })
        };
        assert_eq!(tell(0, 0), Some(("healthy", at(0))));
        assert_eq!(tell(0, 59), None);
        assert_eq!(tell(2, 60), Some(("failing", at(60))));
        assert_eq!(tell(3, 61), None);
        assert_eq!(tell(9, 130), Some(("failing", at(60))), "since it began");
        assert_eq!(tell(0, 131), Some(("healthy", at(131))));
    }

    #[test]
    fn without_a_topic_only_trouble_is_kept() {
        let mut state = feed(&[1]);
        assert_eq!(state.report_health(false, now()), None);
        assert_eq!(state.health, None);
        state.failures = 2;
        assert_eq!(state.report_health(false, now()), None);
        assert_eq!(state.health.as_ref().map(|told| told.condition), Some(Condition::Failing));
    }

    #[test]
    fn the_checked_in_schema_is_current() {
        let schema = crate::publish::record::schema::<FeedHealth>(HEALTH_SCHEMA);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let file = "config/schema/feed.schema.json";
        assert!(
            current == std::fs::read_to_string(file).unwrap(),
            "write it anew: copydesk schema --feed > {file}"
        );
    }

    #[test]
    fn rates_are_those_of_the_newest_entries() {
        let mut state = feed(&[12, 24, 36, 48, 60]);
        let record = state.report_health(true, now()).unwrap();
        let health: FeedHealth = serde_json::from_slice(&record).unwrap();
        assert_eq!((health.entries_per_day, health.entries), (Some(2.0), 5));
        assert_eq!(health.revised_share, None);
    }
}
