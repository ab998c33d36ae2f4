//! What is known about one feed: the value of its ledger record.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Cadence, Conditions, HubLinks, Subscription, condition::Reported, shared::Shared};
use crate::{
    clean::{RemovedShare, SiteMemory},
    config::Feed,
    fetch::{Validators, Wall},
    identity::{Habits, Known, Marks},
    story::Fingerprint,
};

/// Version of the record this program writes. Older ones are read; a newer one is refused.
pub const STATE_VERSION: u32 = 1;

/// An entry that is no longer listed is forgotten this long after it was last listed.
const UNLISTED_KEPT: TimeDelta = TimeDelta::days(30);

/// At most this many unlisted entries are remembered; the longest unlisted go first.
const UNLISTED_MAX: usize = 500;

/// What is known about one feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedState {
    /// [`STATE_VERSION`] of the program that wrote it.
    pub version: u32,
    /// Name of the feed, the record's key.
    pub name: String,
    /// Address that the rest was learnt from, without its secrets.
    pub url: Url,
    /// [`Feed::fingerprint`] of what was requested: a change of address or headers drops the validators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// Validators of the last document whose articles are all published.
    #[serde(default)]
    pub validators: Validators,
    /// SHA-256 of that document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_hash: Option<String>,
    /// [`crate::identity::listing`] of that document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
    /// Last poll, successful or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled_at: Option<DateTime<Utc>>,
    /// Last poll that was answered, by a document or a 304.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<Utc>>,
    /// Last unconditional request: guards against servers that answer 304 forever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probed_at: Option<DateTime<Utc>>,
    /// Set if the server was caught answering 304 for a changed document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub validators_distrusted: bool,
    /// What the server makes of conditional requests.
    #[serde(default, skip_serializing_if = "Conditions::is_new")]
    pub conditions: Conditions,
    /// How often to poll.
    #[serde(default)]
    pub cadence: Cadence,
    /// Failed polls in a row.
    #[serde(default)]
    pub failures: u32,
    /// Why the last poll failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Status of the answer, if the last poll failed because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_status: Option<u16>,
    /// Where the feed may have gone, while it is not at its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<Box<str>>,
    /// The wall before the feed, if the last poll failed because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<Wall>,
    /// Set while its documents end in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_off: Option<BrokenOff>,
    /// The whole site is left alone until then (429, 503).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_paused_until: Option<DateTime<Utc>>,
    /// A permanent redirect on probation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// Set while the last document shares no entry with the one before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// What the feed changes from poll to poll although its articles stay the same.
    #[serde(default, skip_serializing_if = "Habits::is_empty")]
    pub habits: Habits,
    /// Entries by key: all that are listed, and those that left the feed lately. Boxed, since a
    /// node of the tree has room for eleven values even if there is one.
    #[serde(default)]
    pub entries: Shared<BTreeMap<String, Box<SeenEntry>>>,
    /// When a later poll found everything that was listed last still listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_at: Option<DateTime<Utc>>,
    /// Paragraphs of recent articles, to find boilerplate that repeats.
    #[serde(default)]
    pub memory: Shared<SiteMemory>,
    /// How much of its articles' text is removed.
    #[serde(default, skip_serializing_if = "RemovedShare::is_fresh")]
    pub removed_share: RemovedShare,
    /// What was last reported about its health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Reported>,
    /// When an operator paused it; it is not polled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<DateTime<Utc>>,
    /// The hub that it names: noted by polls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Box<HubLinks>>,
    /// Its subscription there: changed by the scheduler only, also while a poll is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Box<Subscription>>,
}

/// Documents in a row that end in the middle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenOff {
    /// First of them.
    pub since: DateTime<Utc>,
    /// How many there were.
    pub documents: u32,
    /// How many of the latest ones ended at the same words.
    pub alike: u32,
    /// Hash of the entry in which the last one ends; empty if it ends between two entries.
    pub entry_hash: String,
    /// Line in which the last one ends.
    pub line: usize,
}

impl BrokenOff {
    /// After this many documents that end at the same words, the document is taken for all that the
    /// server will ever send.
    pub const BELIEVED_AFTER: u32 = 4;

    /// Whether what there is has to be taken as the whole.
    pub fn believed(&self) -> bool {
        self.alike >= Self::BELIEVED_AFTER
    }
}

/// Two documents in a row that share no entry: some may have come and gone between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// When the earlier document was last seen.
    pub since: DateTime<Utc>,
    /// When the later one was first seen.
    pub until: DateTime<Utc>,
    /// Documents in a row that share nothing with the one before.
    pub documents: u32,
}

/// A permanent redirect is believed after [`Moved::BELIEVED_AFTER`] sightings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// New address.
    pub to: Url,
    /// Sightings in a row.
    pub sightings: u32,
    /// First of them.
    pub since: DateTime<Utc>,
}

impl Moved {
    /// Sightings before the new address is requested directly.
    pub const BELIEVED_AFTER: u32 = 3;
    /// The sightings have to span at least a day.
    pub const BELIEVED_SPAN: TimeDelta = TimeDelta::hours(24);

    /// Whether the new address is to be requested directly.
    pub fn believed(&self, now: DateTime<Utc>) -> bool {
        self.sightings >= Self::BELIEVED_AFTER && now - self.since >= Self::BELIEVED_SPAN
    }
}

/// One entry of the feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenEntry {
    /// Article id.
    pub article: String,
    /// What it is recognised by.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// Revision last published; 0 while none is (deferred or filtered).
    pub revision: u32,
    /// Hash of the published title and text, after cleaning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text_hash: String,
    /// Hash of the entry as the feed gave it; if it is equal there is nothing to look at.
    pub entry_hash: String,
    /// When the feed first listed it.
    pub first_seen_at: DateTime<Utc>,
    /// When the feed last listed it.
    pub listed_at: DateTime<Utc>,
    /// When its page was last fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_at: Option<DateTime<Utc>>,
    /// Publication time as the feed gives it: distinguishes an entry that was deleted from one that rolled
    /// off the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<Utc>>,
    /// How often in a row the entry had changed but its article had not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fruitless: u32,
    /// Failed attempts to get its page.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Documents in a row that list older entries but not this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u32,
    /// Story the article belongs to, unless it is the first of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<String>,
    /// Fingerprint of its text, so that a restart does not lose the stories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A ledger record that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadState {
    /// Written by a newer program: starting would lose what that one knows.
    #[error(
        "record version {found} is newer than {STATE_VERSION}, which this program writes; run the newer program"
    )]
    Newer {
        /// Version found.
        found: u64,
    },
    /// Not a record of ours.
    #[error("unreadable record: {0}")]
    Corrupt(String),
}

impl FeedState {
    /// A feed that was never polled, due at `due_at`.
    pub fn new(name: &str, url: &Url, due_at: DateTime<Utc>) -> Self {
        Self {
            version: STATE_VERSION,
            name: name.to_owned(),
            url: crate::site::public(url),
            fingerprint: None,
            due_at,
            validators: Validators::default(),
            body_hash: None,
            listing: None,
            polled_at: None,
            answered_at: None,
            probed_at: None,
            validators_distrusted: false,
            conditions: Conditions::default(),
            cadence: Cadence::default(),
            failures: 0,
            last_error: None,
            failed_status: None,
            successor: None,
            wall: None,
            broken_off: None,
            site_paused_until: None,
            moved: None,
            gap: None,
            habits: Habits::default(),
            entries: Shared::default(),
            listed_at: None,
            memory: Shared::default(),
            removed_share: RemovedShare::default(),
            health: None,
            paused_at: None,
            hub: None,
            subscription: None,
        }
    }

    /// The record's value.
    pub fn to_json(&self) -> Vec<u8> {
        // A map of strings and numbers always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The value of a short record: everything but the entries and the memory, which stay as in the
    /// full record before it.
    pub fn to_due_json(&self) -> Vec<u8> {
        let mut short = self.clone();
        short.entries = Shared::default();
        short.memory = Shared::default();
        short.to_json()
    }

    /// Takes the entries and the memory of the record before.
    pub fn completed_by(mut self, before: Self) -> Self {
        self.entries = before.entries;
        self.memory = before.memory;
        self
    }

    /// Reads a record's value.
    ///
    /// # Errors
    /// [`BadState::Newer`] must stop the program; [`BadState::Corrupt`] costs this feed its state.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BadState> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let corrupt = |error: serde_json::Error| BadState::Corrupt(error.to_string());
        let Versioned { version } = serde_json::from_slice(bytes).map_err(corrupt)?;
        if version > u64::from(STATE_VERSION) {
            return Err(BadState::Newer { found: version });
        }
        serde_json::from_slice(bytes).map_err(corrupt)
    }

    /// Forgets what was learnt from another address, or with other headers.
    pub fn adopt(&mut self, feed: &Feed) {
        let fingerprint = feed.fingerprint();
        let same = match &self.fingerprint {
            Some(known) => *known == fingerprint,
            // Written by a version without fingerprints, with the whole address.
            None => self.url == feed.url,
        };
        if !same {
            self.validators = Validators::default();
            self.body_hash = None;
            self.listing = None;
            self.moved = None;
            self.failures = 0;
            self.validators_distrusted = false;
            self.conditions = Conditions::default();
            self.hub = None;
            self.subscription = None;
        }
        self.url = feed.public_url.clone();
        self.fingerprint = Some(fingerprint);
    }

    /// Drops entries that left the feed long ago. Listed ones, marked with `now` or else with the
    /// newest time (a clock may have been set back), are never dropped.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        self.settle_listed();
        let newest = self.entries.values().map(|entry| entry.listed_at).max();
        let Some(newest) = newest else { return };
        let is_listed = |entry: &SeenEntry| entry.listed_at == newest || entry.listed_at == now;
        self.entries.retain(|_, entry| is_listed(entry) || now - entry.listed_at < UNLISTED_KEPT);
        let mut unlisted: Vec<(DateTime<Utc>, String)> = self
            .entries
            .iter()
            .filter(|(_, entry)| !is_listed(entry))
            .map(|(key, entry)| (entry.listed_at, key.clone()))
            .collect();
        if unlisted.len() > UNLISTED_MAX {
            unlisted.sort();
            for (_, key) in unlisted.iter().take(unlisted.len() - UNLISTED_MAX) {
                self.entries.remove(key);
            }
        }
    }

    /// The articles that the feed has listed, by which its entries are recognised.
    pub fn known(&self) -> Vec<Known<'_>> {
        let newest = self.entries.values().map(|entry| entry.listed_at).max();
        let known = self.entries.iter().map(|(key, entry)| Known {
            key,
            article: &entry.article,
            marks: &entry.marks,
            published_at: entry.published_at,
            listed: Some(entry.listed_at) == newest,
        });
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> FeedState {
        let mut state = FeedState::new("a", &Url::parse("http://a.example/f").unwrap(), DateTime::UNIX_EPOCH);
        state.entries.insert("k".into(), seen(0));
        state
    }

    fn seen(listed_s: i64) -> Box<SeenEntry> {
        Box::new(SeenEntry {
            article: "x".into(),
            marks: Marks::default(),
            revision: 1,
            text_hash: "t".into(),
            entry_hash: "e".into(),
            first_seen_at: DateTime::UNIX_EPOCH,
            listed_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(listed_s),
            page_at: None,
            published_at: None,
            fruitless: 0,
            attempts: 0,
            missing: 0,
            story: None,
            fingerprint: None,
        })
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        assert_eq!(FeedState::from_json(&state().to_json()), Ok(state()));
    }

    #[test]
    fn a_short_record_says_all_but_what_was_seen() {
        let mut later = state();
        later.due_at += TimeDelta::hours(1);
        later.still_lists(later.due_at);
        let short = later.to_due_json();
        assert!(short.len() < later.to_json().len());
        let read = FeedState::from_json(&short).unwrap();
        assert!(read.entries.is_empty());
        let mut complete = read.completed_by(state());
        assert_eq!(complete, later);
        complete.settle_listed();
        assert_eq!(complete.entries["k"].listed_at, later.due_at);
    }

    #[test]
    fn other_headers_or_another_address_cost_the_validators() {
        let url = |text: &str| Url::parse(text).unwrap();
        let feed = Feed::new("a", url("http://ann:pw@a.example/f"));
        let mut state = FeedState::new("a", &feed.url, DateTime::UNIX_EPOCH);
        state.adopt(&feed);
        assert_eq!(state.url.as_str(), "http://a.example/f");
        let learned = Validators { etag: Some("\"1\"".into()), ..Validators::default() };
        state.validators = learned.clone();
        let tagged = Feed { tags: vec!["a/b".into()], ..feed.clone() };
        state.adopt(&tagged);
        assert_eq!(state.validators, learned, "tags change nothing that is asked for");
        for changed in [
            Feed { headers: vec![("x-key".into(), crate::config::Secret("1".into()))], ..feed.clone() },
            Feed::new("a", url("http://ann:other@a.example/f")),
            Feed::new("a", url("http://a.example/g")),
        ] {
            let mut state = state.clone();
            state.adopt(&changed);
            assert_eq!(state.validators, Validators::default(), "{changed:?}");
        }
        assert!(!String::from_utf8(state.to_json()).unwrap().contains("pw"));
        // A record of an older version.
        let mut old = FeedState { url: feed.url.clone(), fingerprint: None, ..state.clone() };
        old.adopt(&feed);
        assert_eq!((&old.validators, old.url.as_str()), (&learned, "http://a.example/f"));
    }

    #[test]
    fn newer_records_are_refused_and_broken_ones_told_apart() {
        let newer = br#"{"version":2,"whatever":[]}"#;
        assert_eq!(FeedState::from_json(newer), Err(BadState::Newer { found: 2 }));
        let json = state().to_json();
        for cut in 0..json.len() {
            assert!(matches!(FeedState::from_json(&json[..cut]), Err(BadState::Corrupt(_))), "{cut}");
        }
    }

    #[test]
    fn listed_entries_are_never_forgotten() {
        let mut state = state();
        state.entries.insert("listed".into(), seen(10));
        for number in 0..UNLISTED_MAX + 5 {
            state.entries.insert(format!("gone{number}"), seen(1));
        }
        let later = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        state.expire(later);
        assert_eq!(state.entries.len(), UNLISTED_MAX + 1);
        state.expire(later + TimeDelta::days(400));
        assert_eq!(state.entries.keys().collect::<Vec<_>>(), ["listed"]);
    }

    #[test]
    fn a_clock_set_back_makes_no_listed_entry_old() {
        let mut state = state();
        for number in 0..UNLISTED_MAX + 5 {
            state.entries.insert(format!("gone{number}"), seen(1_000));
        }
        state.entries.insert("listed".into(), seen(10));
        state.entries.insert("newest".into(), seen(1_001));
        state.expire(DateTime::UNIX_EPOCH + TimeDelta::seconds(10));
        assert!(state.entries.contains_key("listed"));
    }
}
