//! A feed as an operator sees it: what is known about it, and why its next poll is when it is.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{BrokenOff, Condition, DueBecause, FeedState, health::condition_of, partition::shard_of};
use crate::config::{Feed, Interval, spell_duration};

/// How a feed stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Answers, with documents that can be read.
    Healthy,
    /// The last poll failed, or its documents end in the middle.
    Failing,
    /// Its last two documents share no entry: some may have been missed.
    Gap,
    /// Nothing new for far longer than usual.
    Stale,
    /// Gone (410), or no answer for 14 days.
    Dead,
    /// It has permanently moved to another address.
    Moved,
    /// The server wants a login, a payment or something else that the configuration does not have.
    Walled,
    /// Not polled because an operator paused it.
    Paused,
    /// Not polled yet.
    NeverPolled,
    /// Its ledger record cannot be read: not polled until `copydesk feeds reset`.
    Quarantined,
    /// Known from before, and not in the configuration.
    NotConfigured,
    /// Another instance polls it, or none does at the moment.
    Elsewhere,
}

impl Standing {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::Healthy,
        Self::Failing,
        Self::Gap,
        Self::Stale,
        Self::Dead,
        Self::Moved,
        Self::Walled,
        Self::Paused,
        Self::NeverPolled,
        Self::Quarantined,
        Self::NotConfigured,
        Self::Elsewhere,
    ];

    /// As it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failing => "failing",
            Self::Gap => "gap",
            Self::Stale => "stale",
            Self::Dead => "dead",
            Self::Moved => "moved",
            Self::Walled => "walled",
            Self::Paused => "paused",
            Self::NeverPolled => "never_polled",
            Self::Quarantined => "quarantined",
            Self::NotConfigured => "not_configured",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// The standing of a configured feed after its last poll: costs nothing, however much the feed
    /// lists.
    pub fn reported(state: &FeedState) -> Self {
        let condition = state.health.as_ref().map(|told| told.condition).unwrap_or_default();
        Self::with(state, condition)
    }

    fn with(state: &FeedState, condition: Condition) -> Self {
        match condition {
            _ if state.paused_at.is_some() => Self::Paused,
            _ if state.polled_at.is_none() => Self::NeverPolled,
            Condition::Healthy => Self::Healthy,
            Condition::Failing => Self::Failing,
            Condition::Gap => Self::Gap,
            Condition::Stale => Self::Stale,
            Condition::Dead => Self::Dead,
            Condition::Moved => Self::Moved,
            Condition::Walled => Self::Walled,
        }
    }
}

/// What is known about a feed. Times are in UTC, to the second.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FeedStatus {
    /// Name of the feed.
    pub name: String,
    /// How it stands.
    pub status: Standing,
    /// When this condition began; null if that was not noted.
    pub since: Option<DateTime<Utc>>,
    /// Why it is not healthy, in words.
    pub why: Option<String>,
    /// Its address, without secrets.
    pub url: String,
    /// Partition of the ledger that holds its state.
    pub shard: i32,
    /// When the next poll is due; null if it is paused.
    pub due_at: Option<DateTime<Utc>>,
    /// Why then, in words; null before the first poll.
    pub due_why: Option<String>,
    /// Last poll, successful or not.
    pub polled_at: Option<DateTime<Utc>>,
    /// Last poll that was answered, by a document or a 304.
    pub answered_at: Option<DateTime<Utc>>,
    /// Failed polls in a row.
    pub failures: u32,
    /// Why the last poll failed.
    pub error: Option<String>,
    /// How its entries are recognised, if not in the usual way, in words.
    pub recognised: Option<String>,
    /// How its documents end, if they end in the middle, in words.
    pub broken_off: Option<String>,
    /// Entries that are remembered: all that are listed, and those that left the feed recently.
    pub entries: usize,
    /// How many of them were published.
    pub published: usize,
    /// How many of them wait for their page.
    pub deferred: usize,
    /// What its hub does, in words (`websub`); null where it names none, or hubs are not asked.
    pub websub: Option<String>,
    /// When an operator paused it; null if it is not paused.
    pub paused_at: Option<DateTime<Utc>>,
}

impl FeedStatus {
    /// The status for a state; `feed` is what the configuration says, `shards` the number of
    /// partitions of the ledger.
    pub fn of(state: &FeedState, feed: Option<&Feed>, shards: i32, now: DateTime<Utc>) -> Self {
        let (condition, why) = condition_of(state, now);
        let since = state.health.as_ref().filter(|told| told.condition == condition).map(|told| told.since);
        let due_why = state.polled_at.filter(|_| state.paused_at.is_none());
        let whole = |time: DateTime<Utc>| time.trunc_subsecs(0);
        Self {
            name: state.name.clone(),
            status: feed.map_or(Standing::NotConfigured, |_| Standing::with(state, condition)),
            since: since.map(whole),
            why,
            url: crate::site::public(&state.url).into(),
            shard: shard_of(feed.map_or(&state.url, |feed| &feed.url), shards),
            due_at: state.paused_at.is_none().then_some(state.due_at).map(whole),
            due_why: due_why.map(|_| due_in_words(state, feed.map(|feed| feed.interval))),
            polled_at: state.polled_at.map(whole),
            answered_at: state.answered_at.map(whole),
            failures: state.failures,
            error: state.last_error.clone(),
            recognised: state.habits.in_words().map(str::to_owned),
            broken_off: state.broken_off.as_ref().map(broken_off),
            entries: state.entries.len(),
            published: state.entries.values().filter(|entry| entry.revision > 0).count(),
            deferred: state.entries.values().filter(|entry| entry.attempts > 0).count(),
            websub: websub(state, now),
            paused_at: state.paused_at.map(whole),
        }
    }
}

/// Why a feed in `state` with the configured `interval` is due when it is.
fn due_in_words(state: &FeedState, interval: Option<Interval>) -> String {
    let rhythm = spell_duration(Duration::from_secs(state.cadence.interval_s));
    let failures = state.failures;
    match (state.cadence.because, interval) {
        (DueBecause::Interval, Some(Interval::Every(every))) => {
            format!("its interval is {}, as configured", spell_duration(every))
        }
        (DueBecause::Interval, _) => format!("its interval is {rhythm}, adapted to what it does"),
        (DueBecause::Place, _) => {
            "it finds a place of its own in its interval, apart from other feeds".into()
        }
        (DueBecause::Advertised, _) => {
            let asked = spell_duration(Duration::from_secs(state.cadence.advertised_s));
            format!("it asks to be polled at most every {asked} (ttl, sy:updatePeriod)")
        }
        (DueBecause::Fresh, _) => "its server says that the answer stays fresh until then".into(),
        (DueBecause::RetryAfter, _) => "its server asks to come back then (Retry-After)".into(),
        (DueBecause::Skipped, _) => "it asks to be left alone until then (skipHours, skipDays)".into(),
        (DueBecause::Failures, _) => format!("{failures} failed in a row: each failure doubles the wait"),
        (DueBecause::Refused, _) => {
            let status = state.failed_status.map(|status| format!(" ({status})")).unwrap_or_default();
            format!("its server turns us away{status}: it is left alone for longer")
        }
        (DueBecause::Gone, _) => "its server says that it is gone (410): it is polled once a month".into(),
        (DueBecause::SitePaused, _) => "its site is left alone until then".into(),
        (DueBecause::NoRoom, _) => "there was no room for its document (http.max_bodies)".into(),
        (DueBecause::EntriesDeferred, _) => "entries wait for their pages".into(),
        (DueBecause::Told, _) => "its hub delivers what is new (WebSub): polls only make sure".into(),
    }
}

/// What the feed's hub does, in words.
fn websub(state: &FeedState, now: DateTime<Utc>) -> Option<String> {
    let links = state.hub.as_ref()?;
    let told = match state.subscribed() {
        Some(subscription) => subscription.in_words(now),
        None => format!("{} is going to be asked", links.hub.host_str().unwrap_or_default()),
    };
    Some(match links.undelivered {
        0 => told,
        _ => format!("{told}; a poll found what it had not delivered, so polls go on as usual"),
    })
}

/// How the feed's documents end, in words.
fn broken_off(end: &BrokenOff) -> String {
    let documents = if end.documents == 1 {
        "the last document ends".to_owned()
    } else {
        format!("{} documents in a row end", end.documents)
    };
    let consequence = match (end.believed(), end.entry_hash.is_empty()) {
        (true, _) => "always at the same place, so it is taken as complete",
        (false, true) => "between two entries, so it is fetched again",
        (false, false) => "its last entry waits for the next poll",
    };
    let since = end.since.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{documents} in the middle (line {}, since {since}): {consequence}", end.line)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use url::Url;

    use super::*;

    #[test]
    fn every_standing_is_written_as_it_is_called() {
        for standing in Standing::ALL {
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.as_str());
        }
    }

    #[test]
    fn a_paused_feed_is_told_as_one_and_has_no_next_poll() {
        let feed = Feed::new("a", Url::parse("http://reader:hush-7-hush@a.example/feed").unwrap());
        let now = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_500);
        let mut state = FeedState::new("a", &feed.url, now);
        let told = FeedStatus::of(&state, Some(&feed), 4, now);
        assert_eq!(
            (told.status, told.due_at),
            (Standing::NeverPolled, Some(now - TimeDelta::milliseconds(500)))
        );
        assert!(!told.url.contains("hush"), "{}", told.url);
        state.polled_at = Some(now);
        assert_eq!(Standing::reported(&state), Standing::Healthy);
        state.paused_at = Some(now);
        let told = FeedStatus::of(&state, Some(&feed), 4, now);
        assert_eq!((told.status, told.due_at, told.due_why), (Standing::Paused, None, None));
        assert_eq!(FeedStatus::of(&state, None, 4, now).status, Standing::NotConfigured);
    }
}
