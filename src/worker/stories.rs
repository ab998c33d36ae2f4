//! Recent stories, shared by all workers and, through the topic of stories, by all instances.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::{
    config,
    edit::Edited,
    ledger::{FeedState, SeenEntry},
    publish::record::StoryEntry,
    story::{Fingerprint, Observed, Stories, Story},
};

/// Merges that are announced with one commit, at most.
const ANNOUNCED_AT_ONCE: usize = 100;

/// The stories that new articles are compared with.
#[derive(Debug, Default)]
pub struct SharedStories(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stories: Stories,
    /// Merges that are not in the topic yet: the story that was given up, and the one it is part of.
    unannounced: BTreeMap<String, String>,
    /// Number of articles to which this instance gave a story.
    records: u64,
}

impl SharedStories {
    /// Compares with as many articles, and as old ones, as the configuration says.
    pub fn new(options: &config::Stories) -> Self {
        let window = i64::try_from(options.window.as_millis()).unwrap_or(i64::MAX);
        let stories = Stories::new(options.articles, window);
        Self(Mutex::new(State { stories, ..State::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the story of an article, or starts one; also returns the fingerprint to remember it
    /// by.
    pub fn assign(&self, article: &str, edited: &Edited, at: DateTime<Utc>) -> (Story, Option<Fingerprint>) {
        let mut state = self.state();
        let story = state.stories.assign(article, edited.title(), edited.text(), at.timestamp_millis());
        let fingerprint = state.stories.fingerprint(article);
        (story, fingerprint)
    }

    /// Takes in the stories of restored feeds, oldest first.
    pub fn remember<'a>(&self, states: impl IntoIterator<Item = &'a FeedState>) {
        let entries = states.into_iter().flat_map(|state| state.entries.values());
        let mut known: Vec<&SeenEntry> =
            entries.map(AsRef::as_ref).filter(|entry: &&SeenEntry| entry.revision > 0).collect();
        known.sort_by_key(|entry| entry.first_seen_at);
        let mut state = self.state();
        for entry in known {
            state.stories.restore(
                &entry.article,
                entry.story.as_ref().unwrap_or(&entry.article),
                entry.fingerprint,
                entry.first_seen_at.timestamp_millis(),
            );
        }
    }

    /// Takes in the next record of the topic of stories. One that cannot be read is of a later
    /// version or not ours, and is ignored.
    pub fn read(&self, key: &str, value: Option<&[u8]>) {
        let Some(entry) = value.and_then(|value| serde_json::from_slice::<StoryEntry>(value).ok()) else {
            return;
        };
        let mut state = self.state();
        if entry.merged_into.is_some() {
            state.unannounced.remove(&entry.story);
            return;
        }
        state.records += 1;
        let observed = Observed {
            article: key,
            story: &entry.story,
            fingerprint: entry.fingerprint,
            at: entry.seen_at.timestamp_millis(),
            place: state.records,
        };
        if let Some(merge) = state.stories.observe(&observed) {
            tracing::info!(story = %merge.from, into = %merge.into, "two stories are one");
            state.unannounced.insert(merge.from.to_string(), merge.into.to_string());
        }
    }

    /// What to publish with the next commit: merges that are not in the topic yet. Two instances
    /// may publish the same one, under the same key and in the same words.
    pub fn announcements(&self, now: DateTime<Utc>) -> Vec<(String, StoryEntry)> {
        let state = self.state();
        let merges = state.unannounced.iter().take(ANNOUNCED_AT_ONCE);
        merges.map(|(from, into)| StoryEntry::merged(from, into, now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(story: &str, seed: u32) -> Vec<u8> {
        let text: String = (0..100).map(|word| format!("w{} ", word * 31 + seed * 1_000_003)).collect();
        let fingerprint = Fingerprint::of("", &text);
        serde_json::to_vec(&StoryEntry { story: story.into(), fingerprint, ..StoryEntry::default() }).unwrap()
    }

    #[test]
    fn what_was_in_flight_at_once_becomes_one_story_everywhere() {
        let (one, other) = (SharedStories::default(), SharedStories::default());
        for stories in [&one, &other] {
            stories.read("a", Some(&entry("a", 1)));
            stories.read("b", Some(&entry("b", 1)));
            stories.read("c", Some(&entry("c", 2)));
            stories.read("torn", Some(b"{"));
            stories.read("gone", None);
        }
        let told = one.announcements(DateTime::<Utc>::UNIX_EPOCH);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].1.story.as_str(), told[0].1.merged_into.as_deref()), ("b", Some("a")));
        assert_eq!(told, other.announcements(DateTime::<Utc>::UNIX_EPOCH));
        let value = serde_json::to_vec(&told[0].1).unwrap();
        one.read(&told[0].0, Some(&value));
        assert!(one.announcements(DateTime::<Utc>::UNIX_EPOCH).is_empty());
    }
}
