//! From any bytes to a feed and its entries.
//!
//! No I/O, no clock, no panic: every document gives a result, or an error that says what it is
//! instead. The steps, in order; each repair becomes a warning in the result:
//!
//! 1. `decode`: bytes to text. Byte order mark, valid UTF-8, HTTP charset, declaration, detection;
//!    stray bytes and control characters never lose a feed.
//! 2. `tokens`, `tags`, `entities`: text to tokens, borrowed from the text and tolerant of bare `&` and `<`,
//!    unclosed sections, broken tags and attributes, and the end of the document anywhere. Every
//!    entry before a break is kept, and the broken one as far as it goes.
//! 3. `reader`, `frames`, `names`, `namespaces`: tokens to elements. Copes with any prefix and variant of a
//!    namespace and with elements never closed or crossed; flattens depth beyond 128. No recursion, so no
//!    document can overflow the stack.
//! 4. `fields`, `links`, `texts`, `node`: elements to fields, by weight if several say the same.
//! 5. `address`, `html`, `dates`, `person`: addresses absolute, also inside HTML; HTML made safe;
//!    dates and persons in the forms met in the wild. The sanitiser runs last, on every value that
//!    is markup; a value typed `text/plain` is plain text and has to be escaped when it is shown.
//! 6. `fallback`: feed-rs, asked when nothing was found; the module says why it comes second.
//!
//! `json` does 2 to 4 for JSON Feed, `sitemap` for news sitemaps. `discovery` says what an HTML page offers, `opml` reads and
//! writes lists of feeds.
//!
//! Time is linear in the size of the document and bounded by limits on everything that nests,
//! repeats or is inherited; they are at the top of each module.

mod address;
pub mod dates;
mod decode;
pub mod discovery;
mod entities;
mod fields;
mod frames;
mod html;
mod html_allowed;
mod html_attributes;
mod json;
mod json_repair;
mod links;
mod model;
mod names;
mod namespaces;
mod node;
pub mod opml;
mod person;
mod reader;
mod scan;
mod sitemap;
mod fallback;
mod tags;
mod texts;
mod titles;
mod tokens;
mod warnings;

#[cfg(test)]
mod tests;

pub use html::plain_text;
pub use model::{
    BrokenOff, Category, Content, Enclosure, Entry, Feed, FeedImage, Link, Location, ParsedFeed, Person,
};
use url::Url;
use warnings::{Kind, Warnings};

/// Bytes read of one document, at most; the rest is left out with a warning. The configuration
/// allows less (`http.max_body`).
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
    /// The same with titles and how they were found, and those the page only links to.
    pub candidates: Vec<discovery::Candidate>,
}

impl NotAFeed {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), alternatives: Vec::new(), candidates: Vec::new() }
    }

    /// What a text document that is not a feed is.
    fn of_text(text: &str, root: &reader::Root, page: Option<&Url>) -> Self {
        let mut what = discovery::by_first_element(text, &root.first, root.html);
        let candidates = if root.html { discovery::in_page(text, page) } else { Vec::new() };
        let named = candidates.iter().filter(|candidate| candidate.how <= discovery::Found::Service);
        let mut alternatives: Vec<String> = named.map(|candidate| candidate.url.clone()).collect();
        if sitemap::is(&root.first, "sitemapindex") {
            alternatives = sitemap::of_index(text, page.map(Url::as_str));
        }
        if let Some(first) = alternatives.first() {
            what.push_str(" that links to a feed at ");
            what.push_str(first);
        }
        Self { what, alternatives, candidates }
    }
}

/// Reads `bytes` as RSS, Atom, JSON Feed or a news sitemap, recovering whatever is broken.
///
/// # Errors
/// [`NotAFeed`] if no feed can be recognised.
pub fn parse(bytes: &[u8], options: &ParseOptions<'_>) -> Result<ParsedFeed, NotAFeed> {
    if let Some(words) = discovery::by_first_bytes(bytes) {
        return Err(NotAFeed::new(words));
    }
    let mut warnings = Warnings::default();
    let capped = bytes.get(..DOCUMENT_MAX).unwrap_or(bytes);
    if capped.len() < bytes.len() {
        warnings.tell(Kind::TooLarge, 0);
    }
    let text = decode::decode(capped, options.content_type, &mut warnings);
    let text = text.as_ref();
    let base = options.base.as_ref().map(Url::as_str).filter(|base| base.len() <= address::ADDRESS_MAX);
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        let mut parsed = json::read(start, base, &mut warnings).map_err(NotAFeed::new)?;
        parsed.warnings = warnings.into_words(text);
        return Ok(parsed);
    }
    let (root, mut parsed, mut warnings) = reader::Reader::new(text, base, warnings).read();
    if !root.is_feed && sitemap::is(&root.first, "urlset") {
        let mut warnings = Warnings::default();
        if let Some(mut parsed) = sitemap::read(text, base, &mut warnings) {
            parsed.warnings = warnings.into_words(text);
            return Ok(parsed);
        }
    }
    if !root.is_feed || parsed.entries.is_empty() {
        let document = text.get(root.start..).unwrap_or("");
        match fallback::read(document, root.depth, base) {
            Some(found) => {
                warnings.tell(Kind::SecondReader, root.start);
                parsed = found;
            }
            None if !root.is_feed => return Err(NotAFeed::of_text(text, &root, options.base.as_ref())),
            None => {}
        }
    }
    parsed.warnings = warnings.into_words(text);
    Ok(parsed)
}
