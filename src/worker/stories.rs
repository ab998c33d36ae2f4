//! The stories of late, shared by all workers.

use std::sync::{Mutex, PoisonError};

use crate::{
    edit::Edited,
    ledger::{FeedState, SeenEntry},
    story::{Fingerprint, Stories, Story},
};

/// The stories that new articles are compared with.
#[derive(Debug, Default)]
pub struct SharedStories(Mutex<Stories>);

impl SharedStories {
    /// Finds the story of an article, or starts one; with the fingerprint to remember it by.
    pub fn assign(&self, article: &str, edited: &Edited) -> (Story, Option<Fingerprint>) {
        let mut stories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let story = stories.assign(article, edited.title(), edited.text());
        (story, stories.fingerprint(article))
    }

    /// Takes up the stories of restored feeds, oldest first.
    pub fn remember<'a>(&self, states: impl IntoIterator<Item = &'a FeedState>) {
        let entries = states.into_iter().flat_map(|state| state.entries.values());
        let mut known: Vec<&SeenEntry> =
            entries.map(AsRef::as_ref).filter(|entry: &&SeenEntry| entry.revision > 0).collect();
        known.sort_by_key(|entry| entry.first_seen_at);
        let mut stories = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in known {
            stories.restore(
                &entry.article,
                entry.story.as_ref().unwrap_or(&entry.article),
                entry.fingerprint,
            );
        }
    }
}
