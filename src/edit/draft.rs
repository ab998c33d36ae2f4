//! An entry ready to be edited: its article, from the feed's own text or from the page.

use chrono::{DateTime, Utc};
use url::Url;

use super::{collected::Collected, whole::own_markup};
use crate::{
    extract::{self, Article, Block, Image, PageOptions, Verdict},
    feed::Entry,
    fetch::{Page, Wall},
    publish::record::{FeedReference, Origin},
};

/// The page's text is taken if it is at least this share of the feed's own in length.
const PAGE_SHARE: f64 = 0.8;

/// What the feed says about all its entries, and the configuration about the feed.
#[derive(Clone, Debug, Default)]
pub struct FeedContext {
    /// Name, title and address.
    pub reference: FeedReference,
    /// Language that the feed declares.
    pub language: Option<String>,
    /// Tags that the configuration gives.
    pub tags: Vec<String>,
}

/// An entry ready to be edited.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Entry and page.
    pub collected: Collected,
    /// The feed it comes from.
    pub feed: FeedContext,
    /// When the feed first listed the entry.
    pub first_seen_at: DateTime<Utc>,
    pub(super) article: Article,
    pub(super) origin: Origin,
}

impl Draft {
    /// Finds the article in entry and page.
    pub fn new(collected: Collected, feed: FeedContext, first_seen_at: DateTime<Utc>) -> Self {
        let (article, origin) = choose(&collected);
        Self { collected, feed, first_seen_at, article, origin }
    }

    /// The uncleaned blocks, for the site's memory.
    pub fn blocks(&self) -> &[Block] {
        &self.article.blocks
    }

    /// Whether the entry has neither title nor text.
    pub fn is_empty(&self) -> bool {
        self.article.blocks.is_empty() && self.title().is_empty()
    }

    /// Whether the publisher asks that no copy of the page be kept (`noarchive`).
    pub fn forbids_archive(&self) -> bool {
        let page = self.collected.page.as_ref().is_some_and(|page| page.signals.forbids_archive());
        page || self.article.declared.signals.forbids_archive()
    }

    /// The wall before its page, if any.
    pub(super) fn wall(&self) -> Option<&Wall> {
        self.collected.page.as_ref().and_then(|page| page.wall.as_ref())
    }

    pub(super) fn title(&self) -> String {
        let entry = &self.collected.entry;
        let own = plain(entry.title.as_deref().unwrap_or_default(), entry.title_type.as_deref());
        if own.is_empty() { self.article.title.clone().unwrap_or_default() } else { own }
    }

    pub(super) fn link(&self) -> Option<Url> {
        let link = self.collected.entry.link.as_deref().and_then(|link| Url::parse(link.trim()).ok());
        link.or_else(|| self.collected.identity.canonical_url.clone())
    }
}

/// The article of one page.
pub fn read_page(page: &Page) -> Article {
    let options = PageOptions { url: Some(page.url.clone()), content_type: page.content_type.as_deref() };
    let mut article = extract::page(&page.body, &options);
    if page.status >= 400 || page.wall.is_some() {
        article.verdict = Verdict::Blocked;
    }
    article
}

/// The article of a page and its further pages.
fn whole(page: &Page, further: &[Page]) -> Article {
    ended(further.iter().fold(read_page(page), |article, part| extract::join(article, read_page(part))))
}

/// An article with a part still to come counts as truncated.
pub fn ended(mut article: Article) -> Article {
    if article.next_page.is_some() && article.verdict == Verdict::Full {
        article.verdict = Verdict::Truncated;
    }
    article
}

/// The feed's own text or the page's, whichever is the article.
fn choose(collected: &Collected) -> (Article, Origin) {
    let entry = &collected.entry;
    let base = entry.link.as_deref().and_then(|link| Url::parse(link).ok());
    let (markup, media_type) = own_markup(entry);
    let (own, pictures) = match is_plain(media_type) {
        true => (paragraphs(markup), Vec::new()),
        false => extract::illustrated(markup, base.as_ref()),
    };
    let own_chars = chars(&own);
    let mut article = match &collected.page {
        Some(page) => {
            let article = match &collected.article {
                Some(article) => Article::clone(article),
                None => whole(page, &collected.further),
            };
            let enough = chars(&article.blocks) as f64 >= own_chars as f64 * PAGE_SHARE;
            // A page that is not an article never gives the text.
            let is_article = article.verdict != Verdict::Blocked && !article.is_listing;
            if is_article
                && !article.blocks.is_empty()
                && (article.verdict == Verdict::Full && enough || chars(&article.blocks) > own_chars)
            {
                return (article, Origin::Page);
            }
            article
        }
        None => Article { verdict: Verdict::Full, images: attached(entry, pictures), ..Article::default() },
    };
    // A page was wanted: the feed's own text is not the whole article.
    if collected.page_missing || article.verdict == Verdict::Full && collected.page.is_some() {
        article.verdict = Verdict::SummaryOnly;
    }
    article.blocks = own;
    (article, Origin::Feed)
}

/// The images that an entry names itself, then those of its text.
pub(super) fn attached(entry: &Entry, pictures: Vec<Image>) -> Vec<Image> {
    let enclosed = entry
        .enclosures
        .iter()
        .filter_map(|enclosure| enclosure.href.clone().filter(|_| enclosure.is_image()));
    let named = enclosed.chain(entry.thumbnails.iter().cloned());
    let mut images: Vec<Image> = Vec::new();
    for image in named.map(|url| Image { url, ..Image::default() }).chain(pictures) {
        match images.iter_mut().find(|known| known.url == image.url) {
            // The text may say what the image shows.
            Some(known) if known.caption.is_none() => *known = image,
            Some(_) => {}
            None => images.push(image),
        }
    }
    images
}

fn is_plain(media_type: Option<&str>) -> bool {
    media_type.is_some_and(|kind| kind == "text/plain" || kind == "text")
}

fn chars(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.text.chars().count()).sum()
}

fn paragraphs(text: &str) -> Vec<Block> {
    text.split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|paragraph| !paragraph.is_empty())
        .map(|text| Block { tag: "p".into(), text, ..Block::default() })
        .collect()
}

/// The words of a title or summary, markup left out.
fn plain(value: &str, media_type: Option<&str>) -> String {
    lines(value, media_type).join(" ")
}

/// The same, a paragraph each.
pub(super) fn lines(value: &str, media_type: Option<&str>) -> Vec<String> {
    let value = value.trim();
    if is_plain(media_type) || !value.contains(['<', '&']) {
        return vec![value.split_whitespace().collect::<Vec<_>>().join(" ")];
    }
    extract::fragment(value, None).into_iter().map(|block| block.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{feed::Enclosure, identity::Identity};

    #[test]
    fn images_of_an_entry_are_those_it_names_and_those_of_its_text() {
        let entry = |html: &str| Entry {
            link: Some("https://bay.example/n/1".into()),
            summary: Some(html.to_owned()),
            summary_type: Some("text/html".into()),
            enclosures: vec![Enclosure {
                href: Some("https://bay.example/lead.jpg".into()),
                media_type: Some("image/jpeg".into()),
                ..Enclosure::default()
            }],
            ..Entry::default()
        };
        for (html, expected) in [
            ("<p>Words.</p>", &["lead.jpg"][..]),
            ("<img src=\"/img/1.jpg\"><p>Words.</p>", &["lead.jpg", "img/1.jpg"]),
            ("<p>Words.</p><p><img src=\"2.jpg\" width=800></p>", &["lead.jpg", "n/2.jpg"]),
            ("<figure><img src=\"/3.jpg\"><figcaption>Pier</figcaption></figure>", &["lead.jpg", "3.jpg"]),
            ("<img src=\"/4.jpg\">", &["lead.jpg", "4.jpg"]),
            ("<p>Words.</p><img src=\"/pixel.gif\" width=1 height=1>", &["lead.jpg"]),
            ("<p>Words.</p><img src=\"/lead.jpg\">", &["lead.jpg"]),
        ] {
            let collected = Collected::new(entry(html), Identity::default(), DateTime::UNIX_EPOCH);
            let (article, origin) = choose(&collected);
            let found: Vec<&str> = article
                .images
                .iter()
                .map(|image| image.url.strip_prefix("https://bay.example/").unwrap())
                .collect();
            assert_eq!((found.as_slice(), origin), (expected, Origin::Feed), "{html}");
        }
    }
}
