//! Whether an entry carries its whole article, judged by its own markup.

use url::Url;

use crate::{config::ContentSource, feed::Entry, identity::names_part};

/// A feed's own text counts as the article if it has at least this many characters ...
const ARTICLE_CHARS: usize = 1_200;

/// ... or at least this many, if it comes as several paragraphs in a content element.
const CONTENT_CHARS: usize = 600;

/// The address to fetch: the link as the feed gives it, since sites check their own parameters.
pub fn page_url(entry: &Entry) -> Option<Url> {
    let guid = entry.id.as_deref().filter(|_| entry.guid_is_permalink == Some(true));
    [entry.link.as_deref(), guid].into_iter().flatten().filter_map(|href| Url::parse(href.trim()).ok()).next()
}

/// Whether the article's text is to be taken from its page.
pub fn wants_page(entry: &Entry, content: ContentSource) -> bool {
    match content {
        ContentSource::Feed => false,
        ContentSource::Page => page_url(entry).is_some(),
        // The page of a comment holds the other comments as well.
        ContentSource::Auto => page_url(entry).is_some_and(|url| {
            !has_article(entry) && (!names_part(&url) || own_markup(entry).0.trim().is_empty())
        }),
    }
}

/// The markup that holds the entry's own text: the longest content, else the summary.
pub(super) fn own_markup(entry: &Entry) -> (&str, Option<&str>) {
    let content = entry
        .content
        .iter()
        .filter(|content| !content.value.trim().is_empty())
        .max_by_key(|content| content.value.len());
    match content {
        Some(content) if content.value.len() >= entry.summary.as_ref().map_or(0, String::len) => {
            (&content.value, content.media_type.as_deref())
        }
        _ => match &entry.summary {
            Some(summary) => (summary, entry.summary_type.as_deref()),
            None => content.map_or(("", None), |content| (&content.value, content.media_type.as_deref())),
        },
    }
}

/// A cheap look at the markup, no parse: is this the article or its summary?
fn has_article(entry: &Entry) -> bool {
    let (markup, _) = own_markup(entry);
    let text = visible_chars(markup);
    if breaks_off(markup) {
        return false;
    }
    let times = |tag: &[u8]| markup.as_bytes().windows(tag.len()).filter(|bytes| *bytes == tag).count();
    let paragraphs = times(b"<p").max(times(b"<br") / 2);
    let is_content = entry.content.iter().any(|content| content.value == markup);
    text >= ARTICLE_CHARS || (is_content && paragraphs >= 3 && text >= CONTENT_CHARS)
}

fn visible_chars(markup: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for byte in markup.bytes() {
        match byte {
            b'<' => inside = true,
            b'>' => inside = false,
            // A continuation byte of a character.
            0x80..0xc0 => {}
            _ => count += usize::from(!inside),
        }
    }
    count
}

/// Ends with an ellipsis or a "read on" link, as summaries do.
fn breaks_off(markup: &str) -> bool {
    let mut inside = false;
    // The last words are enough, and entries may be megabytes long.
    let from = markup.char_indices().rev().take(2_000).last().map_or(0, |(at, _)| at);
    let tail = markup.get(from..).unwrap_or_default();
    let mut text = String::with_capacity(tail.len());
    for c in tail.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.trim_end();
    let from = text.char_indices().rev().take(40).last().map_or(0, |(at, _)| at);
    let tail = text.get(from..).unwrap_or_default().to_lowercase();
    ["…", "...", "[…]", "[...]", "[&#8230;]", "&#8230;", "&hellip;", "&hellip;]"]
        .iter()
        .any(|end| tail.ends_with(end))
        || ["continue reading", "weiterlesen", "lire la suite", "leer más", "leggi tutto", "ler mais"]
            .iter()
            .any(|words| tail.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Content;

    fn entry(markup: &str) -> Entry {
        Entry {
            link: Some("http://a.example/1".into()),
            content: vec![Content { value: markup.into(), ..Content::default() }],
            ..Entry::default()
        }
    }

    #[test]
    fn full_text_needs_no_page() {
        let paragraph = format!("<p>{}</p>", "word ".repeat(60));
        for (markup, wanted) in [
            (paragraph.repeat(3), false),
            (paragraph.clone(), true),
            (format!("{}<p>The rest is […]</p>", paragraph.repeat(3)), true),
            (format!("{}<p><a href='x'>Continue reading</a></p>", paragraph.repeat(3)), true),
            ("word ".repeat(300), false),
        ] {
            assert_eq!(wants_page(&entry(&markup), ContentSource::Auto), wanted, "{markup}");
            assert!(wants_page(&entry(&markup), ContentSource::Page));
            assert!(!wants_page(&entry(&markup), ContentSource::Feed));
        }
        let unlinked = Entry { link: None, ..entry("short") };
        assert!(!wants_page(&unlinked, ContentSource::Page));
    }
}
