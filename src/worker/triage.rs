//! Which entries of a document need work.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    config::ContentSource,
    edit::wants_page,
    feed::Entry,
    identity::{Identity, digest},
    ledger::{DELETED_AFTER, FeedState, SeenEntry},
};

/// A changed entry whose article was found unchanged is looked at again after a minute, then two,
/// four and so on up to a day: view counters and rotating links must not fetch pages every poll.
const FRUITLESS_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Entries that a document needs for it to mean anything that it shares none with the one before.
const APART_MIN: usize = 5;

/// An entry that needs work.
#[derive(Clone, Debug)]
pub(super) struct Job {
    /// Index in the document.
    pub(super) index: usize,
    /// Hash of what the feed says, including dates if they are a reason to look at the page.
    pub(super) entry_hash: String,
    /// What is known about it; `None` for a new one.
    pub(super) known: Option<Box<SeenEntry>>,
}

/// What a document means.
#[derive(Debug, Default)]
pub(super) struct Triage {
    /// Entries to work on, oldest first.
    pub(super) jobs: Vec<Job>,
    /// Entries that need nothing.
    pub(super) seen: usize,
    /// Articles that were deleted at the source, each reported once.
    pub(super) deleted: Vec<String>,
    /// Whether it shares no entry with the document before, and neither is short.
    pub(super) apart: bool,
}

/// The entries of a document, and who they are.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) identities: &'a [Identity],
    /// It holds all that the feed lists: what is not in it has left.
    pub(super) whole: bool,
}

/// Sorts the entries of a document, and marks in `state` what is still listed.
pub(super) fn triage(
    state: &mut FeedState,
    document: Document<'_>,
    content: ContentSource,
    now: DateTime<Utc>,
) -> Triage {
    let Document { entries, identities, whole } = document;
    let mut triage = Triage::default();
    state.settle_listed();
    let listed_before = state.entries.values().map(|entry| entry.listed_at).max();
    let before = state.entries.values().filter(|entry| Some(entry.listed_at) == listed_before).count();
    let mut shared = 0;
    let mut keys = HashSet::new();
    for (index, (entry, identity)) in entries.iter().zip(identities).enumerate() {
        if identity.again || !keys.insert(identity.key.as_str()) {
            triage.seen += 1;
            continue;
        }
        let entry_hash = entry_hash(entry, identity, content);
        let Some(known) = state.entries.get_mut(&identity.key) else {
            triage.jobs.push(Job { index, entry_hash, known: None });
            continue;
        };
        known.marks = identity.marks.clone();
        shared += usize::from(Some(known.listed_at) == listed_before);
        let back = known.missing >= DELETED_AFTER;
        known.listed_at = now;
        if !back {
            // Otherwise it would stay deleted until it is published again.
            known.missing = 0;
        }
        if known.entry_hash == entry_hash && !back && known.attempts == 0 || is_resting(known, now) {
            triage.seen += 1;
        } else {
            triage.jobs.push(Job { index, entry_hash, known: Some(known.clone()) });
        }
    }
    triage.apart = shared == 0 && before.min(keys.len()) >= APART_MIN;
    if whole {
        triage.deleted = deleted(state, listed_before, now);
    }
    // The oldest first, so that readers see articles in the order of their publication; feeds
    // without dates list the newest first.
    triage.jobs.reverse();
    triage.jobs.sort_by_key(|job| entries.get(job.index).and_then(published));
    triage
}

fn is_resting(known: &SeenEntry, now: DateTime<Utc>) -> bool {
    let pause = FRUITLESS_PAUSE * 2i32.pow(known.fruitless.clamp(1, 11) - 1);
    known.fruitless > 0 && known.page_at.is_some_and(|at| at <= now && now - at < pause)
}

/// The hash of an entry. If the article's text is on its page, a new date is a reason to look at
/// it.
fn entry_hash(entry: &Entry, identity: &Identity, content: ContentSource) -> String {
    if wants_page(entry, content) {
        return digest([identity.entry_hash.as_str(), entry.updated_raw.as_deref().unwrap_or_default()]);
    }
    identity.entry_hash.clone()
}

pub(super) fn published(entry: &Entry) -> Option<DateTime<Utc>> {
    entry.published.or(entry.updated).or(entry.created)
}

/// Entries that are gone while older ones are still listed.
fn deleted(state: &mut FeedState, listed_before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Vec<String> {
    let oldest =
        state.entries.values().filter(|entry| entry.listed_at == now).filter_map(|e| e.published_at).min();
    let Some((oldest, listed_before)) = oldest.zip(listed_before) else { return Vec::new() };
    let mut deleted = Vec::new();
    for entry in state.entries.values_mut() {
        let vanished = entry.listed_at < now && (entry.listed_at == listed_before || entry.missing > 0);
        if vanished && entry.published_at.is_some_and(|at| at > oldest) && entry.missing < DELETED_AFTER {
            entry.missing += 1;
            if entry.missing == DELETED_AFTER && entry.revision > 0 {
                deleted.push(entry.article.clone());
            }
        }
    }
    deleted
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::identity::{self, CanonicalRules, Habits, identify};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn entry(number: i64) -> Entry {
        Entry {
            id: Some(format!("guid{number}")),
            link: Some(format!("http://a.example/{number}")),
            title: Some(format!("Title {number}")),
            published: Some(at(number)),
            ..Entry::default()
        }
    }

    fn identities(state: &mut FeedState, entries: &[Entry]) -> Vec<Identity> {
        let url = state.url.clone();
        let document =
            identity::Document { feed: &url, site: "a.example", entries, announced: &|_| false, now: at(0) };
        identify(CanonicalRules::builtin(), &document, &state.known(), &mut Habits::default())
    }

    fn whole<'a>(entries: &'a [Entry], identities: &'a [Identity]) -> Document<'a> {
        Document { entries, identities, whole: true }
    }

    /// Triages a document and takes every job as published.
    fn round(state: &mut FeedState, entries: &[Entry], now: DateTime<Utc>) -> (Vec<usize>, Vec<String>) {
        let identities = identities(state, entries);
        let triage = triage(state, whole(entries, &identities), ContentSource::Feed, now);
        for job in &triage.jobs {
            let (entry, identity) = (&entries[job.index], &identities[job.index]);
            state.entries.insert(
                identity.key.clone(),
                Box::new(SeenEntry {
                    article: identity.article.clone(),
                    marks: identity.marks.clone(),
                    revision: 1,
                    text_hash: String::new(),
                    entry_hash: job.entry_hash.clone(),
                    first_seen_at: now,
                    listed_at: now,
                    page_at: None,
                    published_at: published(entry),
                    fruitless: 0,
                    attempts: 0,
                    missing: 0,
                    story: None,
                    fingerprint: None,
                }),
            );
        }
        (triage.jobs.iter().map(|job| job.index).collect(), triage.deleted)
    }

    fn state() -> FeedState {
        FeedState::new("f", &Url::parse("http://a.example/feed").unwrap(), at(0))
    }

    #[test]
    fn oldest_first_and_once_each() {
        let mut state = state();
        let entries = [entry(3), entry(2), entry(2), entry(1)];
        assert_eq!(round(&mut state, &entries, at(10)).0, [3, 1, 0]);
        assert_eq!(round(&mut state, &entries, at(11)).0, [0usize; 0]);
    }

    #[test]
    fn guid_churn_is_no_news() {
        let mut state = state();
        round(&mut state, &[entry(1)], at(10));
        let churned = Entry { id: Some("other".into()), ..entry(1) };
        assert_eq!(round(&mut state, &[churned], at(11)).0, [0usize; 0]);
        assert_eq!(state.entries.len(), 1);
    }

    #[test]
    fn an_entry_that_comes_back_is_known_to_have_been_deleted() {
        let mut state = state();
        round(&mut state, &[entry(3), entry(2), entry(1)], at(10));
        for minute in 11..13 {
            round(&mut state, &[entry(3), entry(1)], at(minute));
        }
        let entries = [entry(3), entry(2), entry(1)];
        let identities = identities(&mut state, &entries);
        for minute in 13..15 {
            // Also the second time: the first may have been cut off.
            let triage = triage(&mut state, whole(&entries, &identities), ContentSource::Feed, at(minute));
            let jobs: Vec<_> = triage.jobs.iter().map(|job| (job.index, job.known.clone())).collect();
            assert_eq!(jobs.len(), 1);
            assert!(jobs[0].0 == 1 && jobs[0].1.as_ref().is_some_and(|known| known.missing >= DELETED_AFTER));
        }
    }

    #[test]
    fn documents_that_share_nothing_are_told_apart() {
        let numbered = |numbers: std::ops::Range<i64>| numbers.rev().map(entry).collect::<Vec<Entry>>();
        let apart = |before: Vec<Entry>, then: Vec<Entry>| {
            let mut state = state();
            round(&mut state, &before, at(100));
            let identities = identities(&mut state, &then);
            triage(&mut state, whole(&then, &identities), ContentSource::Feed, at(101)).apart
        };
        assert!(apart(numbered(1..11), numbered(11..21)));
        assert!(apart(numbered(1..6), numbered(30..60)));
        assert!(!apart(numbered(1..11), numbered(10..20)), "one is in both");
        assert!(!apart(numbered(1..5), numbered(11..21)), "too short to tell");
        assert!(!apart(numbered(1..11), numbered(11..15)), "too short to tell");
        assert!(!apart(numbered(1..11), Vec::new()));
        assert!(!apart(Vec::new(), numbered(1..11)), "the first document");
        assert!(!apart(numbered(1..11), numbered(1..11)));
        // Entries of the document before the last are no sign of overlap, nor of a gap.
        let mut state = state();
        round(&mut state, &numbered(1..11), at(100));
        round(&mut state, &numbered(8..18), at(101));
        let then = numbered(1..8);
        let identities = identities(&mut state, &then);
        assert!(triage(&mut state, whole(&then, &identities), ContentSource::Feed, at(102)).apart);
    }

    #[test]
    fn rolling_off_is_no_deletion_but_a_gap_is() {
        let mut state = state();
        round(&mut state, &[entry(3), entry(2), entry(1)], at(10));
        let (_, deleted) = round(&mut state, &[entry(4), entry(3), entry(2)], at(11));
        assert!(deleted.is_empty(), "1 rolled off");
        assert!(round(&mut state, &[entry(4), entry(2)], at(12)).1.is_empty());
        assert_eq!(round(&mut state, &[entry(4), entry(2)], at(13)).1.len(), 1);
        assert!(round(&mut state, &[entry(4), entry(2)], at(14)).1.is_empty(), "told once");
    }
}
