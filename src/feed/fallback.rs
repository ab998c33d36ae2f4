//! The second reader: feed-rs, asked when ours finds no feed or no entries.
//!
//! Why second and not first, by measurement: of the 945 expectations of the reference suite,
//! feed-rs alone meets 257, feed-rs behind a repair layer 708, since it drops or overwrites fields
//! (guid permalinks, raw dates, thumbnails, languages), and our own reader 940, in 0.3 to 1.3 times
//! the time (`benches/feed.rs`). What feed-rs offers is an independent reading of the formats. So
//! it is the oracle of the tests, the measure of the benchmark, and here the second opinion:
//! whatever it finds when ours finds nothing is taken, with a warning. None of the 2,270 documents
//! the reader was measured on needed it.
//!
//! It runs on untrusted input only within bounds: depth (it recurses, and a stack overflow kills
//! the process; `media:content` does at 195 levels in a debug build), size, none of the strings it
//! is known to panic on, a new parser each time (it is not safe to reuse after an error), and a
//! net for the panics that are not known.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    dates, html,
    model::{Category, Content, Entry, Feed, Link, ParsedFeed, Person},
    texts::{TEXT_HTML, TEXT_PLAIN},
};

/// Deepest document it is given.
const DEPTH_MAX: usize = 24;
/// Largest one, bytes.
const SIZE_MAX: usize = 2 << 20;
/// Strings that come with its panics: full-width parentheses beside an address, durations and media
/// texts with digits it does not know, a declaration of another encoding.
const AVOIDED: &[&str] = &["（", "duration", "media:text", "encoding="];

/// What feed-rs makes of `document`, which starts at its root element; `None` if it is not asked or
/// finds no entries.
pub(super) fn read(document: &str, depth: usize, base: Option<&str>) -> Option<ParsedFeed> {
    let safe =
        depth <= DEPTH_MAX && document.len() <= SIZE_MAX && !AVOIDED.iter().any(|bad| document.contains(bad));
    if !safe {
        return None;
    }
    let parse = || {
        feed_rs::parser::Builder::new()
            .base_uri(base)
            .timestamp_parser(|text| dates::read(text, None).map(|read| read.instant))
            // No random ids: an entry without one stays without.
            .id_generator(|_, _, _| String::new())
            .sanitize_content(false)
            .build()
            .parse(document.as_bytes())
    };
    let found = catch_unwind(AssertUnwindSafe(parse)).ok()?.ok()?;
    if found.entries.is_empty() {
        return None;
    }
    Some(ParsedFeed {
        format: format!("{:?}", found.feed_type).to_lowercase(),
        warnings: Vec::new(),
        feed: feed(&found, base),
        entries: found.entries.into_iter().map(|found| entry(found, base)).collect(),
        broken_off: None,
    })
}

fn feed(found: &feed_rs::model::Feed, base: Option<&str>) -> Feed {
    let (title, title_type) = text(found.title.as_ref(), base);
    let (subtitle, subtitle_type) = text(found.description.as_ref(), base);
    Feed {
        id: filled(&found.id),
        title,
        title_type,
        subtitle,
        subtitle_type,
        link: found.links.first().map(|link| link.href.clone()),
        updated: found.updated,
        published: found.published,
        language: found.language.clone(),
        ..Feed::default()
    }
}

fn entry(found: feed_rs::model::Entry, base: Option<&str>) -> Entry {
    let (title, title_type) = text(found.title.as_ref(), base);
    let (summary, summary_type) = text(found.summary.as_ref(), base);
    let content = found.content.and_then(|content| {
        let value = html::sanitise(&content.body?, base);
        Some(Content { media_type: Some(content.content_type.to_string()), value, ..Content::default() })
    });
    let person =
        |found: feed_rs::model::Person| Person { name: found.name, email: found.email, uri: found.uri };
    Entry {
        id: filled(&found.id),
        title,
        title_type,
        link: found.links.first().map(|link| link.href.clone()),
        links: found
            .links
            .into_iter()
            .map(|link| Link {
                href: link.href,
                rel: link.rel,
                media_type: link.media_type,
                ..Link::default()
            })
            .collect(),
        summary,
        summary_type,
        content: content.into_iter().collect(),
        published: found.published,
        updated: found.updated,
        authors: found.authors.into_iter().map(person).collect(),
        categories: found
            .categories
            .into_iter()
            .map(|found| Category { term: Some(found.term), scheme: found.scheme, label: found.label })
            .collect(),
        ..Entry::default()
    }
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn text(found: Option<&feed_rs::model::Text>, base: Option<&str>) -> (Option<String>, Option<String>) {
    match found {
        Some(text) if html::looks_like_html(&text.content) => {
            (Some(html::sanitise(&text.content, base)), Some(TEXT_HTML.into()))
        }
        Some(text) => (Some(text.content.clone()), Some(TEXT_PLAIN.into())),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_within_its_bounds_only() {
        let document = "<rss version=\"2.0\"><channel><title>F</title><item><title>A</title>\
                        <link>http://h/a</link><pubDate>Mon, 06 Sep 2010 00:01:00 CEST</pubDate></item></channel></rss>";
        let found = read(document, 4, None).unwrap();
        assert_eq!(found.entries[0].title.as_deref(), Some("A"));
        assert_eq!(found.entries[0].published.unwrap().to_rfc3339(), "2010-09-05T22:01:00+00:00");
        assert!(read(document, 100, None).is_none());
        assert!(read("<html/>", 1, None).is_none());
    }
}
