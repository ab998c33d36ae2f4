//! The wire: what stands in the topics `articles` and `dead_letters`, as JSON.
//!
//! A contract with programs we do not know. Within a schema version a field is added, never
//! changed or taken away; a reader ignores fields it does not know. Times are UTC in RFC 3339,
//! scores run from 0 to 1. Absent values are `null`, absent lists are empty.

use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use crate::{clean, extract, story, tag};

/// Version of both records, in `schema_version`.
pub const SCHEMA_VERSION: u32 = 1;

/// URI of the article's JSON Schema, in the header `ce_dataschema`.
pub const ARTICLE_SCHEMA: &str = "urn:copydesk:schema:article:1";

/// URI of the dead letter's JSON Schema, in the header `ce_dataschema`.
pub const DEAD_LETTER_SCHEMA: &str = "urn:copydesk:schema:dead-letter:1";

/// One article at one revision: the value of a record in the topic `articles`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleRecord {
    /// Version of this schema: 1.
    pub schema_version: u32,
    /// Identity of the article, the record's key: a hash of the canonical URL, or of feed and guid
    /// where there is none. The same for every revision.
    pub id: String,
    /// Counts from 1; one more each time the article was seen changed.
    pub revision: u32,
    /// Address as the feed gave it.
    pub url: Option<String>,
    /// Address without tracking parameters and the like; what `id` is made of.
    pub canonical_url: Option<String>,
    /// The feed the article was found in.
    pub feed: FeedReference,
    /// Who published it.
    pub source: Source,
    /// Headline, without the site's name.
    pub title: String,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Publication time; see `published_at_source` for how far to trust it.
    pub published_at: DateTime<Utc>,
    /// Where `published_at` comes from.
    pub published_at_source: PublishedAtSource,
    /// Time of the last change, as the publisher says.
    pub updated_at: Option<DateTime<Utc>>,
    /// When this daemon first saw the article.
    pub first_seen_at: DateTime<Utc>,
    /// When this revision was fetched; also the timestamp of the Kafka record.
    pub fetched_at: DateTime<Utc>,
    /// Language of the text.
    pub language: Language,
    /// Summary by the publisher.
    pub summary: Option<String>,
    /// The article: its paragraphs joined by blank lines, boilerplate removed.
    pub text: String,
    /// The same text as blocks, in order. Empty where they were left out for size; see `notes`.
    pub blocks: Vec<Block>,
    /// Words of the text, counted before any cut for size.
    pub word_count: u64,
    /// Images of the article, lead image first.
    pub images: Vec<Image>,
    /// Where the text comes from and how much of the article it is.
    pub content: Content,
    /// Tags, highest score first.
    pub tags: Vec<Tag>,
    /// The story the article belongs to, across feeds.
    pub story: Story,
    /// What was cut out of the text, and by which rule. Empty where it was left out for size.
    pub removed: Vec<Removed>,
    /// Corrections, updates and disclaimers of the publisher, and what this daemon did to the
    /// record itself (kind `cut`).
    pub notes: Vec<Note>,
}

/// A feed, by name and address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedReference {
    /// Name in the configuration.
    pub name: String,
    /// Title the feed gives itself.
    pub title: Option<String>,
    /// Address.
    pub url: String,
}

/// Who published an article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Name of the site.
    pub name: Option<String>,
    /// Registrable domain of the article's address, or the host where it has none.
    pub domain: Option<String>,
}

/// Where a publication time comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishedAtSource {
    /// The entry of the feed.
    Feed,
    /// The metadata of the page.
    Page,
    /// Neither gave one that makes sense: the time of first sight.
    #[default]
    FirstSeen,
}

/// The language of a text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Language {
    /// ISO 639-1 code, `und` where unknown.
    pub code: String,
    /// 0 to 1.
    pub confidence: f32,
}

/// One unit of text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// HTML element: `p`, `h2`, `li`, `blockquote`, ...
    pub tag: String,
    /// Its text, white space folded.
    pub text: String,
}

/// An image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Address.
    pub url: String,
    /// Caption.
    pub caption: Option<String>,
    /// Credit line.
    pub credit: Option<String>,
}

/// Where a text comes from and how much of the article it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// Taken from the feed itself or from the page.
    pub origin: Origin,
    /// How much of the article is there.
    pub verdict: Verdict,
    /// Cleaning would have taken too much, so that only the surest rules were applied.
    pub fallback: bool,
}

/// Where a text was taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The entry of the feed.
    #[default]
    Feed,
    /// The page behind its link.
    Page,
}

/// How much of an article is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All of it, as far as can be told.
    Full,
    /// It breaks off, at the publisher or by a cut for size (then `notes` says so).
    Truncated,
    /// A paywall stands before the rest.
    Paywalled,
    /// A bot wall, consent page or error page came instead.
    Blocked,
    /// A summary, no article text.
    #[default]
    SummaryOnly,
}

impl Origin {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Page => "page",
        }
    }
}

impl Verdict {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Truncated => "truncated",
            Self::Paywalled => "paywalled",
            Self::Blocked => "blocked",
            Self::SummaryOnly => "summary_only",
        }
    }
}

/// A tag with its evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tag {
    /// `kind/name`: `place/UA`, `person/jane-doe`, `topic/war`, ...
    pub id: String,
    /// Label for people.
    pub label: String,
    /// `place`, `person`, `organisation`, `topic`, `category`, `keyword`, `rule`, ...
    pub kind: String,
    /// 0 to 1.
    pub score: f32,
    /// What it rests on.
    pub evidence: Vec<String>,
}

/// The story an article belongs to: a cluster of near-duplicates across feeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// Id of the story: the id of its first article.
    pub id: String,
    /// This article is the first of the story that was seen.
    pub first: bool,
    /// Likeness to the first article, 0 to 1.
    pub similarity: f32,
}

/// Something that was cut out of the text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Removed {
    /// Kind of furniture: `related`, `newsletter`, `donate`, `share`, ...
    pub kind: String,
    /// Id of the rule with the most weight.
    pub rule: String,
    /// Combined score, 0 to 1.
    pub score: f32,
    /// The text that was cut.
    pub text: String,
    /// Index of its block in the article before cleaning, from 0.
    pub position: u64,
    /// Bytes `[from, to)` of that block where only a part of it was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(u64, u64)>,
}

/// A note beside the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// `update`, `correction`, `disclaimer`, `bio`, `credit`, ..., or `cut` for a cut for size.
    pub kind: String,
    /// The note itself.
    pub text: String,
}

/// What could not be published: the value of a record in the topic `dead_letters`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// Version of this schema: 1.
    pub schema_version: u32,
    /// Why, one of a closed list of words: `status_5xx`, `too_large`, `panic`, ...
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
    /// How often it was tried, from 1.
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
    /// Nothing came, or it was left out for size: `url` has to be asked again.
    Absent,
}

impl Original {
    /// The bytes themselves, encoded.
    pub fn inline(content_type: Option<String>, bytes: &[u8]) -> Self {
        use base64::Engine;
        let base64 = base64::engine::general_purpose::STANDARD.encode(bytes);
        Self::Inline { content_type, length: bytes.len() as u64, base64 }
    }

    /// The bytes of an inline original; none where they are elsewhere or not base64.
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
            original: Original::inline(Some("application/json".to_owned()), &json),
            retry: Self::RETRY.to_owned(),
        }
    }

    /// The command that tries again.
    pub const RETRY: &'static str = "copydesk replay --dead-letters";

    /// The record's key: the article's id, or the feed's name where there is none. Never empty.
    pub fn key(&self) -> &str {
        self.article_id.as_deref().unwrap_or(&self.feed.name)
    }
}

/// JSON Schema (2020-12) of [`ArticleRecord`].
pub fn article_schema() -> Schema {
    schema::<ArticleRecord>(ARTICLE_SCHEMA)
}

/// JSON Schema (2020-12) of [`DeadLetter`].
pub fn dead_letter_schema() -> Schema {
    schema::<DeadLetter>(DEAD_LETTER_SCHEMA)
}

fn schema<T: JsonSchema>(id: &str) -> Schema {
    // As written by the daemon: every field that is always sent is required.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert("$id".into(), id.into());
    schema
}

/// JSON has no NaN, and the wire promises 0 to 1. Three digits are more than any score is good for.
fn unit(score: f32) -> f32 {
    if score.is_finite() { (score.clamp(0.0, 1.0) * 1000.0).round() / 1000.0 } else { 0.0 }
}

impl From<extract::Verdict> for Verdict {
    fn from(verdict: extract::Verdict) -> Self {
        match verdict {
            extract::Verdict::Full => Self::Full,
            extract::Verdict::Truncated => Self::Truncated,
            extract::Verdict::Paywalled => Self::Paywalled,
            extract::Verdict::Blocked => Self::Blocked,
            extract::Verdict::SummaryOnly => Self::SummaryOnly,
        }
    }
}

impl From<extract::Block> for Block {
    fn from(block: extract::Block) -> Self {
        Self { tag: block.tag, text: block.text }
    }
}

impl From<extract::Image> for Image {
    fn from(image: extract::Image) -> Self {
        Self { url: image.url, caption: image.caption, credit: image.credit }
    }
}

impl From<tag::Language> for Language {
    fn from(language: tag::Language) -> Self {
        Self { code: language.code, confidence: unit(language.confidence) }
    }
}

impl From<tag::Tag> for Tag {
    fn from(tag: tag::Tag) -> Self {
        Self { id: tag.id, label: tag.label, kind: tag.kind, score: unit(tag.score), evidence: tag.evidence }
    }
}

impl From<story::Story> for Story {
    fn from(story: story::Story) -> Self {
        Self { id: story.id, first: story.first, similarity: unit(story.similarity) }
    }
}

impl From<clean::Removed> for Removed {
    fn from(removed: clean::Removed) -> Self {
        Self {
            kind: removed.kind,
            rule: removed.rule,
            score: unit(removed.score),
            text: removed.text,
            position: removed.position as u64,
            span: removed.span.map(|(from, to)| (from as u64, to as u64)),
        }
    }
}

impl From<clean::Note> for Note {
    fn from(note: clean::Note) -> Self {
        Self { kind: note.kind, text: note.text }
    }
}
