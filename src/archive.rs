//! Originals, kept for replays: the entry as the feed gave it, and its page if one was fetched.
//!
//! A record of the archive topic has the article's id as its key, the feed's name in the header
//! `feed`, and as its value an [`Original`] in JSON, compressed with zstd.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    feed::Entry,
    fetch::{Page, Wall},
    publish::{Archived, record::FeedReference},
    rights::Signals,
};

/// Compression level: measured to be fast and close to the best for pages.
const LEVEL: i32 = 3;

/// Largest original after decompression, bytes.
const ORIGINAL_MAX: usize = 64 << 20;

/// What was fetched for one revision of an article.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Original {
    /// Version of this format: 1.
    pub version: u32,
    /// The feed.
    pub feed: FeedReference,
    /// Language that the feed declares.
    pub feed_language: Option<String>,
    /// Tags that the configuration gave.
    pub feed_tags: Vec<String>,
    /// Article id.
    pub article: String,
    /// When the feed listed the entry first.
    pub first_seen_at: DateTime<Utc>,
    /// When the entry, or its page, was fetched.
    pub fetched_at: DateTime<Utc>,
    /// The entry.
    pub entry: Entry,
    /// The page, if one was fetched.
    pub page: Option<OriginalPage>,
    /// The further parts of an article that is spread over several pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<OriginalPage>,
}

/// An archived page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OriginalPage {
    /// Address after redirects.
    pub url: url::Url,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Status code.
    pub status: u16,
    /// The body in base64.
    pub body: String,
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
    /// What its publisher said about its use; empty in archives of older versions.
    #[serde(default)]
    pub signals: Signals,
    /// The wall that stood before it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<Wall>,
}

/// Packs an original; `None` if it cannot be packed.
pub fn pack(original: &Original) -> Option<Archived> {
    let json = serde_json::to_vec(original).ok()?;
    Some(Archived {
        article: original.article.clone(),
        feed: original.feed.name.clone(),
        value: zstd::bulk::compress(&json, LEVEL).ok()?,
        fetched_at: original.fetched_at,
    })
}

/// Reads the value of an archive record.
///
/// # Errors
/// What is wrong with it, in words.
pub fn unpack(value: &[u8]) -> Result<Original, String> {
    let json = zstd::bulk::decompress(value, ORIGINAL_MAX).map_err(|error| format!("not zstd: {error}"))?;
    let original: Original = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    match original.version {
        1 => Ok(original),
        version => Err(format!("version {version} is newer than this program")),
    }
}

impl OriginalPage {
    /// A page as it was fetched.
    pub fn of(page: &Page) -> Self {
        Self {
            url: page.url.clone(),
            content_type: page.content_type.clone(),
            status: page.status,
            body: STANDARD.encode(&page.body),
            fetched_at: page.fetched_at,
            signals: page.signals.clone(),
            wall: page.wall.clone(),
        }
    }

    /// The page as it was fetched.
    ///
    /// # Errors
    /// The body is not base64.
    pub fn page(&self) -> Result<Page, String> {
        Ok(Page {
            url: self.url.clone(),
            content_type: self.content_type.clone(),
            status: self.status,
            body: STANDARD.decode(&self.body).map_err(|error| error.to_string())?.into(),
            fetched_at: self.fetched_at,
            signals: self.signals.clone(),
            wall: self.wall.clone(),
            share: None,
        })
    }
}
