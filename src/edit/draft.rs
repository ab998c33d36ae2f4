//! An entry ready to be edited: its article, from the feed's own text or from the page.

use chrono::{DateTime, Utc};
use url::Url;

use super::{collected::Collected, whole::own_markup};
use crate::{
    extract::{self, Article, Block, PageOptions, Verdict},
    fetch::Page,
    publish::record::{FeedReference, Origin},
};

/// The page's text is taken where it has at least this share of the feed's own.
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
    /// When the feed listed the entry first.
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

    /// The entry has neither title nor text.
    pub fn is_empty(&self) -> bool {
        self.article.blocks.is_empty() && self.title().is_empty()
    }

    /// The publisher asks that no copy of the page be kept (`noarchive`).
    pub fn forbids_archive(&self) -> bool {
        let page = self.collected.page.as_ref().is_some_and(|page| page.signals.forbids_archive());
        page || self.article.declared.signals.forbids_archive()
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
    if page.status >= 400 {
        article.verdict = Verdict::Blocked;
    }
    article
}

/// The article of a page and its further pages.
fn whole(page: &Page, further: &[Page]) -> Article {
    ended(further.iter().fold(read_page(page), |article, part| extract::join(article, read_page(part))))
}

/// An article of which a part is still to come breaks off.
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
    let own =
        if is_plain(media_type) { paragraphs(markup) } else { extract::fragment(markup, base.as_ref()) };
    let own_chars = chars(&own);
    let mut article = match &collected.page {
        Some(page) => {
            let article = match &collected.article {
                Some(article) => Article::clone(article),
                None => whole(page, &collected.further),
            };
            let enough = chars(&article.blocks) as f64 >= own_chars as f64 * PAGE_SHARE;
            // What was not meant to be read as an article never is its text.
            let is_article = article.verdict != Verdict::Blocked && !article.is_listing;
            if is_article
                && !article.blocks.is_empty()
                && (article.verdict == Verdict::Full && enough || chars(&article.blocks) > own_chars)
            {
                return (article, Origin::Page);
            }
            article
        }
        None => Article { verdict: Verdict::Full, ..Article::default() },
    };
    // A page was wanted: the feed's own text is not the whole article.
    if collected.page_missing || article.verdict == Verdict::Full && collected.page.is_some() {
        article.verdict = Verdict::SummaryOnly;
    }
    article.blocks = own;
    (article, Origin::Feed)
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
