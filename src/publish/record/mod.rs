//! The wire: what is in the topics `articles` and `dead_letters`, as JSON.
//!
//! A contract with programs we do not know. Within a schema version fields may be added, never
//! changed or removed; a reader ignores fields it does not know. Times are UTC in RFC 3339, scores
//! run from 0 to 1. Absent values are `null`, absent lists are empty.

mod dead_letter;
mod kinds;
mod rights;
mod story;
mod words;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Deserialize, Serialize};

use crate::rights::Use;

pub use dead_letter::{DeadLetter, Original, Stage};
pub use rights::{Rights, RightsStatement, RobotsAnswer, UsagePreferences};
pub use story::StoryEntry;
pub use words::word_count;

/// Version of both records, in `schema_version`.
pub const SCHEMA_VERSION: u32 = 1;

/// Media type of JSON.
pub(super) const JSON: &str = "application/json";

/// URI of the article's JSON Schema, in the header `ce_dataschema`.
pub const ARTICLE_SCHEMA: &str = "urn:copydesk:schema:article:1";

/// URI of the dead letter's JSON Schema, in the header `ce_dataschema`.
pub const DEAD_LETTER_SCHEMA: &str = "urn:copydesk:schema:dead-letter:1";

/// One article at one revision: the value of a record in the topic `articles`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleRecord {
    /// Version of this schema: 1.
    pub schema_version: u32,
    /// Identity of the article, the record's key: a hash of the canonical URL if that tells it
    /// apart from the other articles of its feed, else of what does: fragment, guid, title and
    /// text. The same for every revision.
    pub id: String,
    /// Counts from 1; one more each time the article was seen changed.
    pub revision: u32,
    /// Address as the feed gave it.
    pub url: Option<String>,
    /// Address without tracking parameters and the like, from which `id` is made.
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
    /// Time of the last change, according to the publisher.
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
    /// The same text as blocks, in order. Empty if they were left out for size; see `notes`.
    pub blocks: Vec<Block>,
    /// Words of the text, counted before any cut for size; estimated from the number of characters
    /// if the script does not separate words (Chinese, Japanese, Thai, Lao, Burmese, Khmer).
    pub word_count: u64,
    /// Images of the article, lead image first.
    pub images: Vec<Image>,
    /// Where the text comes from and how much of the article it is.
    pub content: Content,
    /// Tags, highest score first.
    pub tags: Vec<Tag>,
    /// The story the article belongs to, across feeds.
    pub story: Story,
    /// What was cut out of the text, and by which rule. Empty if it was left out for size.
    pub removed: Vec<Removed>,
    /// Corrections, updates and disclaimers of the publisher, and what the daemon did to the record
    /// itself (kind `cut`).
    pub notes: Vec<Note>,
    /// What the publisher says about the use of the article. Absent if nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Rights>,
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
    /// Registrable domain of the article's address, or the host if it has none.
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
    /// ISO 639-1 code (ISO 639-3 if there is none), `und` if unknown.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// Taken from the feed itself or from the page.
    pub origin: Origin,
    /// How much of the article is there.
    pub verdict: Verdict,
    /// Whether cleaning would have removed too much, so that only the surest rules were applied.
    pub fallback: bool,
    /// The wall before the page, if its server showed one: then `verdict` is `blocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<Wall>,
}

/// What stands before a page. It is named, never worked around.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wall {
    /// `bot_wall`, `payment_required`, `login` or `consent`. Later versions may know more kinds.
    pub kind: String,
    /// Whose wall it is, the price, or the scheme of authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl ArticleRecord {
    /// The record as JSON on one line.
    pub fn to_json(&self) -> Vec<u8> {
        // Keys are text, and floats finite or null: it always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What its publisher says about a use: `allowed`, `disallowed` or `unknown`.
    pub fn usage_of(&self, wanted: Use) -> &str {
        self.rights.as_ref().map_or("unknown", |rights| rights.usage.of(wanted))
    }
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
    /// A summary, without the article's text.
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
    /// Kind of tag, see [`Kind`](crate::tag::Kind).
    #[schemars(transform = kinds::tag_kinds)]
    pub kind: String,
    /// 0 to 1.
    pub score: f32,
    /// What it rests on.
    pub evidence: Vec<String>,
    /// Ids in other vocabularies: `iptc` (`medtop:15000000`), `iso3166` of countries and regions,
    /// `geonames` of places.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, String>,
    /// Where `text` names it, in characters, in order, at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
    /// Where a city is; absent for countries and regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// How much the article is about it, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salience: Option<f32>,
}

/// A point on the Earth (WGS 84).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coordinates {
    /// Degrees north of the equator, -90 to 90.
    pub latitude: f32,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: f32,
}

/// A part of `text`, in characters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// The first character.
    pub start: u64,
    /// The character after the last.
    pub end: u64,
}

impl Tag {
    /// Whether the id is `pattern`, or begins as it does before a trailing `*`.
    pub fn matches(&self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(stem) => self.id.starts_with(stem),
            None => self.id == pattern,
        }
    }
}

impl ArticleRecord {
    /// Whether its language is one of these, in their form or a wider one (`pt` has `pt-BR`); an
    /// empty list has all.
    pub fn is_in(&self, languages: &[String]) -> bool {
        let code = self.language.code.as_str();
        let within = |wanted: &String| {
            code.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
                && matches!(code.as_bytes().get(wanted.len()), None | Some(b'-'))
        };
        languages.is_empty() || languages.iter().any(within)
    }
}

/// The story an article belongs to: a cluster of near-duplicates across feeds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// Id of the story: the id of its first article.
    pub id: String,
    /// Whether this article is the first of the story that was seen.
    pub first: bool,
    /// Likeness to the first article, 0 to 1.
    pub similarity: f32,
    /// Stories that instances had taken for others and that turned out to be this one, at most 20:
    /// what was published under their ids belongs to it. `topics.stories` has each of them at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
}

/// Something that was cut out of the text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Removed {
    /// Kind of boilerplate, see [`Kind`](crate::clean::Kind).
    #[schemars(transform = kinds::removed_kinds)]
    pub kind: String,
    /// Id of the rule with the most weight.
    pub rule: String,
    /// Combined score, 0 to 1.
    pub score: f32,
    /// The text that was cut.
    pub text: String,
    /// Index of its block in the article before cleaning, from 0.
    pub position: u64,
    /// Bytes `[from, to)` of that block if only a part of it was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(u64, u64)>,
}

/// A note beside the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// Kind of note, see [`Tier::Note`](crate::clean::kind::Tier), or `cut` for a cut for size.
    #[schemars(transform = kinds::note_kinds)]
    pub kind: String,
    /// The note itself.
    pub text: String,
}

/// JSON Schema (2020-12) of [`ArticleRecord`].
pub fn article_schema() -> Schema {
    schema::<ArticleRecord>(ARTICLE_SCHEMA)
}

/// JSON Schema (2020-12) of [`DeadLetter`].
pub fn dead_letter_schema() -> Schema {
    schema::<DeadLetter>(DEAD_LETTER_SCHEMA)
}

/// JSON Schema (2020-12) of a record, under a URI of its own.
pub fn schema<T: JsonSchema>(id: &str) -> Schema {
    // As written by the daemon: every field that is always sent is required.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    schema.insert("$id".into(), id.into());
    schema
}
