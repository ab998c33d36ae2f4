//! The topic of stories: what every instance knows about the articles of all of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::story::Fingerprint;

/// Prefix of a story's id in the key of the record that says what became of it. Ids of articles are
/// hexadecimal.
const MERGED_PREFIX: &str = "merged/";

/// A record of the topic of stories. Under an article's id: its story, and what it is recognised
/// by. Under `merged/` and a story's id: the story that it turned out to be part of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoryEntry {
    /// Id of the story.
    pub story: String,
    /// Fingerprint of the article's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// When the article was seen.
    pub seen_at: DateTime<Utc>,
    /// The story that this one is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

impl StoryEntry {
    /// The record that says that a story is part of another, with its key.
    pub fn merged(from: &str, into: &str, at: DateTime<Utc>) -> (String, Self) {
        let entry = Self {
            story: from.to_owned(),
            fingerprint: None,
            seen_at: at,
            merged_into: Some(into.to_owned()),
        };
        (format!("{MERGED_PREFIX}{from}"), entry)
    }
}
