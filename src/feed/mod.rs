//! Any bytes to a feed and its entries.
//!
//! No I/O, no clock, no panic: every document gives a result or says what it is instead.

mod address;
pub mod dates;
mod decode;
mod entities;
mod fields;
mod html;
mod json;
mod model;
mod names;
mod node;
mod person;
mod reader;
mod texts;
mod tokens;
mod warnings;

pub use html::plain_text;
pub use model::{Category, Content, Enclosure, Entry, Feed, FeedImage, Link, Location, ParsedFeed, Person};
use url::Url;
use warnings::{Kind, Warnings};

/// Bytes read of one document. What the configuration lets in is less.
pub const DOCUMENT_MAX: usize = 64 << 20;

/// What the caller knows about the bytes.
#[derive(Clone, Debug, Default)]
pub struct ParseOptions<'a> {
    /// Address the document came from; relative links are resolved against it.
    pub base: Option<Url>,
    /// `Content-Type` header, for its charset.
    pub content_type: Option<&'a str>,
}

/// The document is not a feed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("not a feed: {what}")]
pub struct NotAFeed {
    /// What the document is instead, in words: `an HTML page that links to a feed at ...`.
    pub what: String,
    /// Feeds that an HTML page names (`link rel=alternate`), best first.
    pub alternatives: Vec<String>,
}

impl NotAFeed {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), alternatives: Vec::new() }
    }
}

/// Reads `bytes` as RSS, Atom or JSON Feed, recovering whatever is broken.
///
/// # Errors
/// [`NotAFeed`] where no feed can be recognised.
pub fn parse(bytes: &[u8], options: &ParseOptions<'_>) -> Result<ParsedFeed, NotAFeed> {
    let mut warnings = Warnings::default();
    let capped = bytes.get(..DOCUMENT_MAX).unwrap_or(bytes);
    if capped.len() < bytes.len() {
        warnings.tell(Kind::TooLarge, 0);
    }
    let text = decode::decode(capped, options.content_type, &mut warnings);
    let text = text.as_ref();
    let base = options.base.as_ref().map(Url::as_str);
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        let mut parsed = json::read(start, base, &mut warnings).map_err(NotAFeed::new)?;
        parsed.warnings = warnings.into_words(text);
        return Ok(parsed);
    }
    let (root, mut parsed, warnings) = reader::Reader::new(text, base, warnings).read();
    if !root.is_feed {
        return Err(NotAFeed::new("x"));
    }
    parsed.warnings = warnings.into_words(text);
    Ok(parsed)
}
