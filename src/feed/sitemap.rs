//! News sitemaps (sitemaps.org 0.9 with Google's news extension), read as feeds: a `url` without news is not
//! an entry.

use super::{
    BrokenOff, Category, Enclosure, Entry, Feed, ParsedFeed, address, dates,
    entities::unescape,
    tokens::{Token, Tokens},
    warnings::{Kind, Warnings, line_at},
};

/// Entries read, at most: what sitemaps.org allows in one file.
const ENTRIES_MAX: usize = 50_000;
/// Keywords and images kept per entry, at most.
const PARTS_MAX: usize = 32;
/// Longest text of one element, bytes.
const TEXT_MAX: usize = 64 << 10;
/// Sitemaps of an index that are looked at, at most.
const CHILDREN_MAX: usize = 1_000;
/// How many of them are returned, at most.
const TOLD_MAX: usize = 20;

/// What an element holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Address,
    Modified,
    Published,
    Title,
    Keywords,
    Language,
    Publication,
    ImageAddress,
}

/// One `url` being read.
#[derive(Default)]
struct Item {
    entry: Entry,
    publication: Option<String>,
    is_news: bool,
    in_image: bool,
}

/// The name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Whether the first element of a document is that of a sitemap, or of an index of sitemaps.
pub(super) fn is(first: &str, element: &str) -> bool {
    local(first).eq_ignore_ascii_case(element)
}

/// The entries of a news sitemap; `None` if nothing in it is news.
pub(super) fn read(text: &str, base: Option<&str>, warnings: &mut Warnings) -> Option<ParsedFeed> {
    let mut tokens = Tokens::new(text);
    let mut parsed = ParsedFeed { format: "news-sitemap".into(), ..ParsedFeed::default() };
    let mut item: Option<Item> = None;
    let mut field: Option<(Field, String)> = None;
    let mut closed = false;
    loop {
        let start = tokens.position();
        let Some(token) = tokens.next("", warnings) else { break };
        match token {
            Token::Start { name, empty, .. } => match (local(name), &mut item) {
                ("url", _) => {
                    field = None;
                    finish(item.take(), &mut parsed, start, warnings);
                    item = (!empty).then(Item::default);
                }
                (name, Some(item)) if !empty => {
                    item.is_news |= name == "news";
                    item.in_image |= matches!(name, "image" | "video");
                    field = field_of(name, item.in_image).map(|field| (field, String::new()));
                }
                _ => {}
            },
            Token::Text(raw) => add(&mut field, &unescape(raw)),
            Token::CData(raw) => add(&mut field, raw),
            Token::End { name } => match (local(name), &mut item) {
                ("url", _) => finish(item.take(), &mut parsed, start, warnings),
                ("urlset", _) => closed = true,
                (name, Some(item)) => {
                    if let Some((field, value)) = field.take() {
                        item.take_in(field, value.trim(), base);
                    }
                    item.in_image &= !matches!(name, "image" | "video");
                }
                _ => {}
            },
            Token::Broken { .. } | Token::Doctype(_) => {}
        }
    }
    let inside = item.is_some();
    finish(item, &mut parsed, text.len(), warnings);
    if !closed {
        let entry = parsed.entries.len().checked_sub(1).filter(|_| inside);
        parsed.broken_off = Some(BrokenOff { line: line_at(text, text.len()), entry });
    }
    (!parsed.entries.is_empty()).then_some(parsed)
}

/// The sitemaps of news, by their addresses, that an index names.
pub(super) fn of_index(text: &str, base: Option<&str>) -> Vec<String> {
    let mut warnings = Warnings::default();
    let mut tokens = Tokens::new(text);
    let mut value: Option<String> = None;
    let mut found: Vec<String> = Vec::new();
    while let Some(token) = tokens.next("", &mut warnings)
        && found.len() < CHILDREN_MAX
    {
        match (token, &mut value) {
            (Token::Start { name, .. }, _) if local(name) == "loc" => value = Some(String::new()),
            (Token::Text(raw), Some(value)) => value.push_str(&unescape(raw)),
            (Token::CData(raw), Some(value)) => value.push_str(raw),
            (Token::End { name }, Some(address)) if local(name) == "loc" => {
                found.push(address::resolve(base, address.trim()));
                value = None;
            }
            _ => {}
        }
    }
    // After the host: a newspaper's host name says "news" of all its sitemaps.
    let says_news = |address: &String| {
        let path = address.splitn(4, '/').nth(3).unwrap_or_default();
        address.starts_with("http") && path.to_ascii_lowercase().contains("news")
    };
    found.retain(says_news);
    found.truncate(TOLD_MAX);
    found
}

fn field_of(name: &str, in_image: bool) -> Option<Field> {
    Some(match name {
        "loc" if in_image => Field::ImageAddress,
        _ if in_image => return None,
        "loc" => Field::Address,
        "lastmod" => Field::Modified,
        "publication_date" => Field::Published,
        "title" => Field::Title,
        "keywords" => Field::Keywords,
        "language" => Field::Language,
        "name" => Field::Publication,
        _ => return None,
    })
}

fn add(field: &mut Option<(Field, String)>, text: &str) {
    if let Some((_, value)) = field
        && value.len() + text.len() <= TEXT_MAX
    {
        value.push_str(text);
    }
}

/// Makes an entry of a finished item if it is news.
fn finish(item: Option<Item>, parsed: &mut ParsedFeed, offset: usize, warnings: &mut Warnings) {
    let Some(Item { entry, publication, is_news: true, .. }) = item else { return };
    if entry.link.is_none() && entry.title.is_none() {
        return;
    }
    if parsed.entries.len() >= ENTRIES_MAX {
        return warnings.tell(Kind::TooManyEntries, offset);
    }
    let Feed { title, title_type, language, .. } = &mut parsed.feed;
    if title.is_none() && publication.is_some() {
        *title_type = Some("text/plain".into());
        *title = publication;
    }
    if language.is_none() {
        language.clone_from(&entry.language);
    }
    parsed.entries.push(entry);
}

impl Item {
    /// The first value of a field counts.
    fn take_in(&mut self, field: Field, value: &str, base: Option<&str>) {
        if value.is_empty() {
            return;
        }
        let entry = &mut self.entry;
        let first = |slot: &mut Option<String>| {
            if slot.is_none() {
                *slot = Some(value.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        };
        let date = |raw: &mut Option<String>| {
            first(raw);
            raw.as_deref().and_then(|raw| dates::read(raw, None)).map(|read| read.instant)
        };
        match field {
            Field::Address if entry.link.is_none() => entry.link = Some(address::resolve(base, value)),
            Field::Address => {}
            Field::Modified => entry.updated = date(&mut entry.updated_raw),
            Field::Published => entry.published = date(&mut entry.published_raw),
            Field::Title => {
                first(&mut entry.title);
                entry.title_type = Some("text/plain".into());
            }
            Field::Language => first(&mut entry.language),
            Field::Publication => first(&mut self.publication),
            Field::Keywords => {
                let words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
                let room = PARTS_MAX.saturating_sub(entry.categories.len());
                entry.categories.extend(
                    words
                        .take(room)
                        .map(|word| Category { term: Some(word.to_owned()), ..Category::default() }),
                );
            }
            Field::ImageAddress if entry.enclosures.len() < PARTS_MAX => entry.enclosures.push(Enclosure {
                href: Some(address::resolve(base, value)),
                medium: Some("image".into()),
                ..Enclosure::default()
            }),
            Field::ImageAddress => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(inside: &str) -> String {
        format!("<url><loc>https://a.example/1</loc><news:news>{inside}</news:news></url>")
    }

    fn entries(document: &str) -> Option<Vec<Entry>> {
        read(document, Some("https://a.example/news.xml"), &mut Warnings::default())
            .map(|parsed| parsed.entries)
    }

    #[test]
    fn any_prefix_order_and_wrapping_is_read() {
        let title = "<news:title>A &amp; B</news:title>";
        for document in [
            format!("<urlset>{}</urlset>", news(title)),
            format!("<urlset>{}</urlset>", news(title)).replace("news:", "n:"),
            format!("<urlset>{}</urlset>", news(title)).replace("news:", ""),
            format!(
                "<sm:urlset>{}</sm:urlset>",
                news(title).replace("url>", "sm:url>").replace("loc>", "sm:loc>")
            ),
            format!("<urlset>{}</urlset>", news("<news:title><![CDATA[A & B]]></news:title>")),
            format!("<urlset>{}</urlset>", news("<news:title>\n  A &amp;\n B </news:title>")),
            format!("<urlset><url><news:news>{title}</news:news><loc>/1</loc></url></urlset>"),
            // The image's title is not the article's.
            format!(
                "<urlset><url><image:image><image:loc>/i.jpg</image:loc><image:title>No</image:title></image:image>\
                 <loc>/1</loc><news:news>{title}</news:news></url></urlset>"
            ),
            // An item that is never closed ends where the next begins.
            format!(
                "<urlset><url><loc>/1</loc><news:news>{title}</news:news><url><loc>/2</loc></url></urlset>"
            ),
        ] {
            let found = entries(&document).unwrap_or_else(|| panic!("{document}"));
            assert_eq!(found.len(), 1, "{document}");
            assert_eq!(found[0].title.as_deref(), Some("A & B"), "{document}");
            assert_eq!(found[0].link.as_deref(), Some("https://a.example/1"), "{document}");
        }
    }

    #[test]
    fn what_is_no_news_is_no_feed() {
        for document in [
            "<urlset></urlset>",
            "<urlset><url><loc>/1</loc><lastmod>2026-01-01</lastmod></url></urlset>",
            "<urlset><url><news:news></news:news></url></urlset>",
            "<urlset><url/></urlset>",
            "",
        ] {
            assert!(entries(document).is_none(), "{document}");
        }
    }

    #[test]
    fn a_document_that_ends_in_the_middle_says_so() {
        let whole =
            format!("<urlset>{}\n{}", news("<news:title>A</news:title>"), news("<news:title>B</news:title>"));
        let ends = |document: &str| read(document, None, &mut Warnings::default()).unwrap().broken_off;
        assert_eq!(ends(&format!("{whole}</urlset>")), None);
        assert_eq!(ends(&whole), Some(BrokenOff { line: 2, entry: None }));
        let cut = whole.strip_suffix("</news:news></url>").unwrap();
        assert_eq!(ends(cut), Some(BrokenOff { line: 2, entry: Some(1) }));
    }

    #[test]
    fn an_index_names_sitemaps_of_news() {
        let index = "<sitemapindex><sitemap><loc>https://a.example/pages.xml</loc></sitemap>\
                     <sitemap><loc>/News-1.xml?a=1&amp;b=2</loc><lastmod>2026-01-01</lastmod></sitemap>\
                     <sitemap><loc>javascript:x</loc></sitemap></sitemapindex>";
        let found = of_index(index, Some("https://a.example/sitemap.xml"));
        assert_eq!(found, ["https://a.example/News-1.xml?a=1&b=2"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_a_result(
            text in "(<urlset>|<url>|</url>|<loc>|</loc>|<n:news>|</n:news>|<n:title>|<image:image>|<!\\[CDATA\\[|\\PC){0,40}",
        ) {
            read(&text, Some("https://a.example/"), &mut Warnings::default());
            of_index(&text, None);
        }
    }
}
