//! What could not be published.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ArticleRecord, FeedReference, JSON, SCHEMA_VERSION};

/// What could not be published: the value of a record in the topic `dead_letters`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// Version of this schema: 1.
    pub schema_version: u32,
    /// Why, in a word: `panic` (a step failed), `record_too_large` or `refused_record` (Kafka refused it).
    pub reason: String,
    /// Why, in a sentence. Holds no secrets.
    pub detail: String,
    /// The step that failed.
    pub stage: Stage,
    /// The feed the entry was found in.
    pub feed: FeedReference,
    /// Address of the article.
    pub url: Option<String>,
    /// The entry's id as the feed gave it.
    pub entry_id: Option<String>,
    /// Id the article would have had.
    pub article_id: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// First of the failed attempts.
    pub first_failed_at: DateTime<Utc>,
    /// Last of the failed attempts.
    pub last_failed_at: DateTime<Utc>,
    /// Number of attempts, from 1.
    pub attempts: u32,
    /// What there was to work on.
    pub original: Original,
    /// The command that tries again.
    pub retry: String,
}

/// A step of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Getting the page.
    Fetch,
    /// Reading the feed's entry.
    Feed,
    /// Taking the article out of the page.
    Extract,
    /// Removing boilerplate.
    Clean,
    /// Finding tags.
    Tag,
    /// Sending to Kafka.
    Publish,
}

impl Stage {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Feed => "feed",
            Self::Extract => "extract",
            Self::Clean => "clean",
            Self::Tag => "tag",
            Self::Publish => "publish",
        }
    }
}

/// What a dead letter was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Original {
    /// The bytes themselves.
    Inline {
        /// Media type as the server gave it.
        content_type: Option<String>,
        /// Number of bytes before encoding.
        length: u64,
        /// The bytes in base64 (RFC 4648 section 4, padded).
        base64: String,
    },
    /// A record of the archive topic.
    Archive {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// Offset.
        offset: i64,
    },
    /// Nothing came, or it was left out for size: `url` has to be fetched again.
    Absent,
}

impl Original {
    /// The bytes themselves, encoded.
    pub fn inline(content_type: Option<String>, bytes: &[u8]) -> Self {
        use base64::Engine;
        let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
        Self::Inline { content_type, length: bytes.len() as u64, base64 }
    }

    /// The bytes of an inline original; `None` if they are elsewhere or not base64.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        use base64::Engine;
        match self {
            Self::Inline { base64, .. } => base64::engine::general_purpose::STANDARD.decode(base64).ok(),
            Self::Archive { .. } | Self::Absent => None,
        }
    }
}

impl DeadLetter {
    /// An article that Kafka does not take, with the record itself as the original.
    pub fn refused(record: &ArticleRecord, reason: &str, detail: &str) -> Self {
        let json = serde_json::to_vec(record).unwrap_or_default();
        Self {
            schema_version: SCHEMA_VERSION,
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            stage: Stage::Publish,
            feed: record.feed.clone(),
            url: record.url.clone(),
            entry_id: None,
            article_id: Some(record.id.clone()),
            title: Some(record.title.clone()),
            first_failed_at: record.fetched_at,
            last_failed_at: record.fetched_at,
            attempts: 1,
            original: Original::inline(Some(JSON.to_owned()), &json),
            retry: Self::RETRY.to_owned(),
        }
    }

    /// The command that tries again.
    pub const RETRY: &'static str = "copydesk replay --dead-letters";

    /// The record's key: the article's id, or the feed's name if there is none. Never empty.
    pub fn key(&self) -> &str {
        self.article_id.as_deref().unwrap_or(&self.feed.name)
    }
}
