//! Which feeds a page has: the ones it names, the ones it links to, the paths where they usually
//! are. Also what a document is that is not a feed.

use memchr::memmem;
use url::Url;

use super::{
    address,
    entities::unescape,
    frames::attribute,
    html,
    tokens::{Token, Tokens},
    warnings::Warnings,
};

/// A feed that a page may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its address, absolute if the page's own is known.
    pub url: String,
    /// The title the page gives it.
    pub title: Option<String>,
    /// How it was found.
    pub how: Found,
}

/// How a feed was found, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// `<link rel="alternate" type="application/rss+xml" href="...">`
    Named,
    /// The page of a service whose feeds have a known address.
    Service,
    /// `<a href="...">` that looks like a feed's address.
    Linked,
    /// A path where sites usually have one; nothing says that this one does.
    Usual,
}

impl Candidate {
    /// Whether it is a feed of readers' comments: pages name these too, but they are hardly what is
    /// wanted.
    pub fn is_of_comments(&self) -> bool {
        let title = self.title.as_deref().unwrap_or_default().to_lowercase();
        let words = ["comment", "kommentar", "comentario", "commenti", "reacties", "コメント"];
        self.url.contains("/comments/") || words.iter().any(|word| title.contains(word))
    }
}

/// Candidates returned for one page, at most.
const CANDIDATES_MAX: usize = 32;
/// Bytes of a page that are read, at most.
const PAGE_MAX: usize = 2 << 20;

/// Paths where sites have their feed, most common first: WordPress, Jekyll and Hugo, Ghost,
/// Blogger, Drupal, and hand-made ones.
const USUAL_PATHS: &[&str] = &[
    "/feed/",
    "/rss",
    "/feed.xml",
    "/atom.xml",
    "/rss.xml",
    "/index.xml",
    "/feeds/posts/default",
    "/feed.json",
    "/rss/index.xml",
    "/feed/atom/",
    "/?feed=rss2",
    "/blog/feed/",
    "/news/rss",
];

/// The feeds an HTML page names or links to, surest first.
pub fn in_page(html: &str, page: Option<&Url>) -> Vec<Candidate> {
    let html = html.get(..html.floor_char_boundary(PAGE_MAX)).unwrap_or(html);
    let mut base = page.map(|url| url.as_str().to_owned());
    let mut found: Vec<Candidate> = Vec::new();
    let mut tokens = Tokens::new(html);
    let mut warnings = Warnings::default();
    let mut inside = "";
    while let Some(token) = tokens.next("", &mut warnings) {
        let (name, attributes) = match token {
            Token::Start { name, attributes, .. } if inside.is_empty() => (name, attributes),
            Token::End { name } if name.eq_ignore_ascii_case(inside) => {
                inside = "";
                continue;
            }
            _ => continue,
        };
        let candidate = match name.to_ascii_lowercase().as_str() {
            "script" => {
                inside = "script";
                None
            }
            "base" => {
                if let Some(href) = attribute(attributes, "href") {
                    base = Some(address::resolve(base.as_deref(), &href));
                }
                None
            }
            "link" => named(attributes),
            "a" => linked(attributes),
            _ => None,
        };
        if let Some((href, title, how)) = candidate {
            let url = address::resolve(base.as_deref(), &href);
            if found.len() < CANDIDATES_MAX && !found.iter().any(|known| known.url == url) {
                found.push(Candidate { url, title, how });
            }
        }
    }
    if let Some(url) = page.and_then(of_service) {
        found.push(Candidate { url, title: None, how: Found::Service });
    }
    found.sort_by_key(|candidate| (candidate.how, candidate.is_of_comments()));
    found
}

/// `<link rel=alternate>` of a feed type.
fn named(attributes: &str) -> Option<(String, Option<String>, Found)> {
    let rel = attribute(attributes, "rel")?.to_ascii_lowercase();
    let kind = attribute(attributes, "type").unwrap_or_default().to_ascii_lowercase();
    let feed = ["rss", "atom", "feed+json", "rdf"].iter().any(|word| kind.contains(word))
        || (kind == "application/json" && rel == "alternate" && attribute(attributes, "title").is_some());
    let alternate =
        rel.split_ascii_whitespace().any(|word| matches!(word, "alternate" | "feed" | "service.feed"));
    let embed = kind.contains("oembed");
    let href = attribute(attributes, "href")?;
    (alternate && !embed && (feed || rel.contains("feed")))
        .then(|| (href, attribute(attributes, "title"), Found::Named))
}

fn linked(attributes: &str) -> Option<(String, Option<String>, Found)> {
    let href = attribute(attributes, "href")?;
    let lower = href.to_ascii_lowercase();
    let path = lower.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or("");
    let looks = matches!(last, "feed" | "rss" | "atom" | "feeds" | "rss2")
        || [".rss", ".atom", ".rdf", "rss.xml", "feed.xml", "atom.xml", "feed.json", "rss.php"]
            .iter()
            .any(|end| last.ends_with(end))
        || lower.contains("feed=rss")
        || lower.starts_with("feed:");
    let share = ["facebook.com", "twitter.com", "addtoany", "feedly.com", "javascript:"]
        .iter()
        .any(|s| lower.contains(s));
    let href = href.strip_prefix("feed://").map_or(href.clone(), |rest| format!("http://{rest}"));
    let href = href.strip_prefix("feed:").map_or(href.clone(), str::to_owned);
    (looks && !share).then(|| (href, attribute(attributes, "title"), Found::Linked))
}

/// Address of the feed at services that do not name it in every page.
fn of_service(page: &Url) -> Option<String> {
    let host = page.host_str()?.trim_start_matches("www.");
    let mut segments = page.path_segments()?.filter(|segment| !segment.is_empty());
    let first = segments.next();
    match (host, first) {
        ("youtube.com", Some("channel")) => {
            Some(format!("https://www.youtube.com/feeds/videos.xml?channel_id={}", segments.next()?))
        }
        ("reddit.com", Some("r")) => Some(format!("https://www.reddit.com/r/{}/.rss", segments.next()?)),
        ("github.com", Some(owner)) => {
            Some(format!("https://github.com/{owner}/{}/releases.atom", segments.next()?))
        }
        ("medium.com", Some(name)) => Some(format!("https://medium.com/feed/{name}")),
        (host, _) if host.ends_with(".substack.com") => Some(format!("https://{host}/feed")),
        _ => None,
    }
}

/// The usual paths at the site of `page`, and below the page's own folder.
pub fn usual_paths(page: &Url) -> Vec<Candidate> {
    let mut urls: Vec<String> = Vec::new();
    let own = page.path().trim_end_matches('/');
    let own =
        (!own.is_empty() && !own.rsplit('/').next().is_some_and(|last| last.contains('.'))).then_some(own);
    for prefix in own.into_iter().chain([""]) {
        for path in USUAL_PATHS.iter().take(if prefix.is_empty() { USUAL_PATHS.len() } else { 2 }) {
            let url = address::resolve(Some(page.as_str()), &format!("{prefix}{path}"));
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls.into_iter().map(|url| Candidate { url, title: None, how: Found::Usual }).collect()
}

/// Formats known by their first bytes.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "data compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "data compressed with zstd"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"ID3", "an MP3 file"),
];

/// What a document that is not text is, in words.
pub(super) fn by_first_bytes(bytes: &[u8]) -> Option<&'static str> {
    MAGIC.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, words)| *words)
}

/// What an XML or other text document is, by its first element.
pub(super) fn by_first_element(text: &str, first: &str, is_page: bool) -> String {
    let local = first.rsplit(':').next().unwrap_or("").to_ascii_lowercase();
    let words = match local.as_str() {
        _ if text.trim().is_empty() => "an empty document",
        "urlset" => "a sitemap",
        "sitemapindex" => "an index of sitemaps",
        "opml" => "an OPML list of feeds; `copydesk feeds import` reads it",
        "envelope" => "a SOAP message",
        "error" => "an XML error message",
        "rdf" => "RDF without a channel or items",
        "svg" => "an SVG image",
        "html" | "head" | "body" => return page_words(text),
        _ if is_page => return page_words(text),
        "" => "text without any element",
        local if html::is_known(local) => "a fragment of HTML",
        _ => return format!("an XML document whose first element is <{first}>"),
    };
    words.to_owned()
}

fn page_words(text: &str) -> String {
    let head: String = text.chars().take(20_000).collect();
    let title = head
        .split_once("<title")
        .and_then(|(_, rest)| rest.split_once('>'))
        .and_then(|(_, rest)| rest.split_once('<'))
        .map(|(title, _)| {
            unescape(title.trim()).chars().filter(|c| !c.is_control()).take(80).collect::<String>()
        })
        .filter(|title| !title.is_empty());
    let wall = ["cf-challenge", "challenge-platform", "captcha", "Just a moment..."]
        .iter()
        .any(|sign| memmem::find(head.as_bytes(), sign.as_bytes()).is_some());
    let page = if wall { "a page that asks its readers to prove they are human" } else { "an HTML page" };
    match title {
        Some(title) => format!("{page} (\"{title}\")"),
        None => page.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_feeds() {
        let html = r#"<!doctype html><html><head><base href="/en/">
            <link rel="alternate" type="application/rss+xml" title="Site &raquo; Comments" href="comments/feed/">
            <LINK REL=alternate TYPE=application/atom+xml HREF=feed.atom>
            <link rel="alternate" type="application/json+oembed" href="/oembed">
            <link rel="stylesheet" href="/feed.css">
            <script>var a = "<a href='/x.rss'>"</script>
            </head><body><a href="/rss.xml?x=1">RSS</a> <a href="/about">x</a></body></html>"#;
        let page = Url::parse("https://example.org/a/b").unwrap();
        let urls: Vec<String> = in_page(html, Some(&page)).into_iter().map(|c| c.url).collect();
        assert_eq!(
            urls,
            [
                "https://example.org/en/feed.atom",
                "https://example.org/en/comments/feed/",
                "https://example.org/rss.xml?x=1"
            ]
        );
    }

    #[test]
    fn usual_paths_and_services() {
        let page = Url::parse("https://example.org/blog/").unwrap();
        let urls: Vec<String> = usual_paths(&page).into_iter().map(|c| c.url).collect();
        assert_eq!(
            urls[..3],
            ["https://example.org/blog/feed/", "https://example.org/blog/rss", "https://example.org/feed/"]
        );
        let page = Url::parse("https://www.youtube.com/channel/UC123").unwrap();
        assert_eq!(of_service(&page).unwrap(), "https://www.youtube.com/feeds/videos.xml?channel_id=UC123");
    }
}
