//! Language and tags of a cleaned article, each with its evidence.
//!
//! No I/O, no clock, no panic.

use serde::{Deserialize, Serialize};

/// A tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// `kind/name`: `place/UA`, `person/volodymyr-zelenskyy`, `topic/war`, ...
    pub id: String,
    /// Label for people.
    pub label: String,
    /// `place`, `person`, `organisation`, `topic`, `category`, `keyword` or `rule`.
    pub kind: String,
    /// 0 to 1.
    pub score: f32,
    /// What it rests on.
    pub evidence: Vec<String>,
}

/// A detected language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// ISO 639-1 code, `und` where unknown.
    pub code: String,
    /// 0 to 1.
    pub confidence: f32,
}

/// What goes in: cleaned text only, never a removed line.
#[derive(Clone, Debug, Default)]
pub struct Tagging<'a> {
    /// Headline.
    pub title: &'a str,
    /// Cleaned text.
    pub text: &'a str,
    /// Address of the article.
    pub url: Option<&'a str>,
    /// Language as declared by page or feed.
    pub declared_language: Option<&'a str>,
    /// Categories of the feed's entry, section and keywords of the page.
    pub categories: &'a [String],
    /// Name of the feed.
    pub feed: &'a str,
    /// Tags that the configuration gives to every article of the feed.
    pub feed_tags: &'a [String],
}

/// What comes out.
#[derive(Clone, Debug, Default)]
pub struct Tagged {
    /// Language of the text.
    pub language: Language,
    /// Tags, highest score first.
    pub tags: Vec<Tag>,
}

/// The gazetteers and rules, compiled.
#[derive(Debug, Default)]
pub struct Tagger {}

impl Tagger {
    /// What comes with the program.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// Finds language and tags.
    pub fn tag(&self, input: &Tagging<'_>) -> Tagged {
        let _ = input;
        Tagged::default()
    }
}
