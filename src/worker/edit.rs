//! Editing: an entry and its page to a record. Pure; the daemon, `preview` and `replay` share it.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::take::{Taken, own_markup};
use crate::{
    clean::{Cleaned, Cleaner, Decision, Document, SiteMemory},
    extract::{self, Article, Block, PageOptions, Verdict},
    feed::Entry,
    fetch::Page,
    identity::{CanonicalRules, text_hash},
    ledger::{FeedState, SeenEntry},
    publish::record::{self, ArticleRecord, FeedReference, PublishedAtSource, Source},
    story::{Fingerprint, Stories, Story},
    tag::{Tagger, Tagging},
};

/// Longest summary in a record, characters.
const SUMMARY_MAX: usize = 1_000;

/// A publication time this far ahead is taken for a mistake.
const FUTURE_MAX: TimeDelta = TimeDelta::hours(24);

/// The page's text is taken where it has at least this share of the feed's own.
const PAGE_SHARE: f64 = 0.8;

/// What edits: rules and vocabularies, and the stories of late.
pub struct Editor {
    /// Cleaning rules, compiled.
    pub cleaner: Cleaner,
    /// Tagging rules, compiled.
    pub tagger: Tagger,
    /// What the canonical form of an address leaves out.
    pub canonical: CanonicalRules,
    stories: Mutex<Stories>,
}

impl Editor {
    /// An editor that knows no stories yet.
    pub fn new(cleaner: Cleaner, tagger: Tagger) -> Self {
        Self { cleaner, tagger, canonical: CanonicalRules::builtin().clone(), stories: Mutex::default() }
    }

    /// Finds the story of an article, or starts one; with the fingerprint to remember it by.
    pub fn story(&self, record: &ArticleRecord) -> (Story, Option<Fingerprint>) {
        let mut stories = self.stories.lock().unwrap_or_else(PoisonError::into_inner);
        let story = stories.assign(&record.id, &record.title, &record.text);
        (story, stories.fingerprint(&record.id))
    }

    /// Takes up the stories of restored feeds, oldest first.
    pub fn remember<'a>(&self, states: impl IntoIterator<Item = &'a FeedState>) {
        let entries = states.into_iter().flat_map(|state| state.entries.values());
        let mut known: Vec<&SeenEntry> = entries.filter(|entry| entry.revision > 0).collect();
        known.sort_by_key(|entry| entry.first_seen_at);
        let mut stories = self.stories.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in known {
            stories.restore(
                &entry.article,
                entry.story.as_ref().unwrap_or(&entry.article),
                entry.fingerprint,
            );
        }
    }
}

/// An entry ready to be edited.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Entry and page.
    pub taken: Taken,
    /// Feed name, title and address.
    pub feed: FeedReference,
    /// Language that the feed declares.
    pub feed_language: Option<String>,
    /// Tags that the configuration gives.
    pub feed_tags: Vec<String>,
    /// When the feed listed the entry first.
    pub first_seen_at: DateTime<Utc>,
    article: Article,
    origin: record::Origin,
}

/// An edited article. Revision and story are still to be given.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The record.
    pub record: ArticleRecord,
    /// Hash of title and text: equal means the same revision.
    pub text_hash: String,
    /// The decision about each of the [`Copy::blocks`].
    pub decisions: Vec<Decision>,
}

impl Copy {
    /// Takes the article out of entry and page.
    pub fn new(
        taken: Taken,
        feed: FeedReference,
        feed_language: Option<String>,
        feed_tags: Vec<String>,
        first_seen_at: DateTime<Utc>,
    ) -> Self {
        let (article, origin) = choose(&taken);
        Self { taken, feed, feed_language, feed_tags, first_seen_at, article, origin }
    }

    /// The uncleaned blocks, for the site's memory.
    pub fn blocks(&self) -> &[Block] {
        &self.article.blocks
    }

    /// The entry has neither title nor text.
    pub fn is_empty(&self) -> bool {
        self.article.blocks.is_empty() && self.title().is_empty()
    }

    fn title(&self) -> String {
        let entry = &self.taken.entry;
        let own = plain(entry.title.as_deref().unwrap_or_default(), entry.title_type.as_deref());
        if own.is_empty() { self.article.title.clone().unwrap_or_default() } else { own }
    }

    fn link(&self) -> Option<Url> {
        let link = self.taken.entry.link.as_deref().and_then(|link| Url::parse(link.trim()).ok());
        link.or_else(|| self.taken.identity.canonical_url.clone())
    }
}

/// The article of one page.
pub(super) fn read(page: &Page) -> Article {
    let options = PageOptions { url: Some(page.url.clone()), content_type: page.content_type.as_deref() };
    let mut article = extract::page(&page.body, &options);
    if page.status >= 400 {
        article.verdict = Verdict::Blocked;
    }
    article
}

/// The article of a page and its further parts.
fn whole(page: &Page, further: &[Page]) -> Article {
    ended(further.iter().fold(read(page), |article, part| extract::join(article, read(part))))
}

/// An article of which a part is still to come breaks off.
pub(super) fn ended(mut article: Article) -> Article {
    if article.next_page.is_some() && article.verdict == Verdict::Full {
        article.verdict = Verdict::Truncated;
    }
    article
}

/// The feed's own text or the page's, whichever is the article.
fn choose(taken: &Taken) -> (Article, record::Origin) {
    let entry = &taken.entry;
    let base = entry.link.as_deref().and_then(|link| Url::parse(link).ok());
    let (markup, media_type) = own_markup(entry);
    let own =
        if is_plain(media_type) { paragraphs(markup) } else { extract::fragment(markup, base.as_ref()) };
    let own_chars = chars(&own);
    let mut article = match &taken.page {
        Some(page) => {
            let article = match &taken.read {
                Some(article) => Article::clone(article),
                None => whole(page, &taken.further),
            };
            let enough = chars(&article.blocks) as f64 >= own_chars as f64 * PAGE_SHARE;
            if !article.blocks.is_empty()
                && (article.verdict == Verdict::Full && enough
                    || chars(&article.blocks) > own_chars && page.status < 400)
            {
                return (article, record::Origin::Page);
            }
            article
        }
        None => Article { verdict: Verdict::Full, ..Article::default() },
    };
    // A page was wanted: the feed's own text is not the whole article.
    if taken.missing.is_some() || article.verdict == Verdict::Full && taken.page.is_some() {
        article.verdict = Verdict::SummaryOnly;
    }
    article.blocks = own;
    (article, record::Origin::Feed)
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
fn lines(value: &str, media_type: Option<&str>) -> Vec<String> {
    let value = value.trim();
    if is_plain(media_type) || !value.contains(['<', '&']) {
        return vec![value.split_whitespace().collect::<Vec<_>>().join(" ")];
    }
    extract::fragment(value, None).into_iter().map(|block| block.text).collect()
}

/// Cleans, tags and writes the record.
pub fn edit(editor: &Editor, copy: &Copy, memory: &SiteMemory) -> Edited {
    let article = &copy.article;
    let entry = &copy.taken.entry;
    let title = copy.title();
    let link = copy.link();
    let site = link.as_ref().map(crate::fetch::site).unwrap_or_default();
    let declared = [&entry.language, &article.language, &copy.feed_language].into_iter().flatten().next();
    let document = Document {
        id: Some(copy.taken.identity.article.clone()),
        site: site.clone(),
        language: declared.cloned(),
        title: Some(title.clone()),
        url: link.as_ref().map(Url::to_string),
        blocks: article.blocks.clone(),
    };
    let cleaned = editor.cleaner.clean(&document, memory);
    let text = cleaned.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n\n");
    let categories = categories(entry, article);
    let tagged = editor.tagger.tag(&Tagging {
        title: &title,
        text: &text,
        url: document.url.as_deref(),
        declared_language: declared.map(String::as_str),
        categories: &categories,
        feed: &copy.feed.name,
        feed_tags: &copy.feed_tags,
    });
    let (published_at, published_at_source) = published(copy);
    let record = ArticleRecord {
        schema_version: record::SCHEMA_VERSION,
        id: copy.taken.identity.article.clone(),
        revision: 0,
        url: link.as_ref().map(Url::to_string),
        canonical_url: canonical(editor, copy, link.as_ref()),
        feed: copy.feed.clone(),
        source: Source { name: source_name(copy), domain: (!site.is_empty()).then_some(site) },
        authors: authors(entry, article, &cleaned),
        published_at,
        published_at_source,
        updated_at: entry.updated.or(article.updated_at),
        first_seen_at: copy.first_seen_at,
        fetched_at: copy.taken.fetched_at,
        language: tagged.language.into(),
        summary: summary(editor, copy, &document, &text),
        word_count: text.split_whitespace().count() as u64,
        text,
        images: images(entry, article),
        content: record::Content {
            origin: copy.origin,
            verdict: article.verdict.into(),
            fallback: cleaned.fallback,
        },
        tags: tagged.tags.into_iter().map(Into::into).collect(),
        story: record::Story { id: copy.taken.identity.article.clone(), first: true, similarity: 1.0 },
        removed: cleaned.removed.into_iter().map(Into::into).collect(),
        notes: cleaned.notes.into_iter().map(Into::into).collect(),
        blocks: cleaned.blocks.iter().cloned().map(Into::into).collect(),
        title,
    };
    Edited { text_hash: text_hash(&record.title, &cleaned.blocks), record, decisions: cleaned.decisions }
}

fn categories(entry: &Entry, article: &Article) -> Vec<String> {
    let own = entry
        .categories
        .iter()
        .filter_map(|category| category.label.clone().or_else(|| category.term.clone()));
    own.chain(article.section.clone()).chain(article.keywords.iter().cloned()).collect()
}

/// The feed's time, else the page's, else when the entry was first seen; a time ahead of us or
/// before the web is no time.
fn published(copy: &Copy) -> (DateTime<Utc>, PublishedAtSource) {
    let latest = copy.taken.fetched_at + FUTURE_MAX;
    let plausible = |time: &DateTime<Utc>| *time <= latest && time.timestamp() > 0;
    let entry = &copy.taken.entry;
    let own = [entry.published, entry.created, entry.updated].into_iter().flatten().find(plausible);
    if let Some(time) = own {
        return (time, PublishedAtSource::Feed);
    }
    match copy.article.published_at.filter(plausible) {
        Some(time) => (time, PublishedAtSource::Page),
        None => (copy.first_seen_at, PublishedAtSource::FirstSeen),
    }
}

/// The page's own word for its address counts only within its site.
fn canonical(editor: &Editor, copy: &Copy, link: Option<&Url>) -> Option<String> {
    let declared = copy.article.canonical_url.as_deref().and_then(|url| Url::parse(url).ok());
    let own_site = |url: &Url| link.is_some_and(|link| crate::fetch::site(link) == crate::fetch::site(url));
    let declared = declared.filter(own_site).map(|url| editor.canonical.canonical_url(&url));
    declared.or_else(|| copy.taken.identity.canonical_url.clone()).map(|url| url.to_string())
}

fn source_name(copy: &Copy) -> Option<String> {
    let named = [&copy.article.site_name, &copy.taken.entry.source, &copy.feed.title];
    named.into_iter().flatten().find(|name| !name.starts_with("http")).cloned()
}

fn authors(entry: &Entry, article: &Article, cleaned: &Cleaned) -> Vec<String> {
    let own: Vec<String> = entry.authors.iter().filter_map(|author| author.name.clone()).collect();
    let candidates = [own, article.authors.clone(), cleaned.bylines.clone()];
    candidates.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

fn summary(editor: &Editor, copy: &Copy, document: &Document, text: &str) -> Option<String> {
    let entry = &copy.taken.entry;
    let clean = |paragraphs: Vec<String>| {
        let paragraphs = paragraphs.iter().map(String::as_str);
        editor.cleaner.summary(paragraphs, &document.site, document.language.as_deref())
    };
    let own = entry.summary.as_deref().map(|summary| lines(summary, entry.summary_type.as_deref()));
    let declared = copy.article.summary.clone().map(|summary| vec![summary]);
    let chosen = [own, declared].into_iter().flatten().map(clean).find(|summary| {
        // A "summary" that is the article says nothing new.
        !summary.is_empty() && summary.chars().count() <= SUMMARY_MAX.max(text.chars().count() / 2)
    })?;
    Some(chosen.chars().take(SUMMARY_MAX).collect())
}

fn images(entry: &Entry, article: &Article) -> Vec<record::Image> {
    if !article.images.is_empty() {
        return article.images.iter().cloned().map(Into::into).collect();
    }
    let enclosed = entry.enclosures.iter().filter_map(|enclosure| {
        let image = enclosure.media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
        enclosure.href.clone().filter(|_| image)
    });
    let mut urls: Vec<String> = Vec::new();
    for url in enclosed.chain(entry.thumbnails.iter().cloned()) {
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls.into_iter().map(|url| record::Image { url, caption: None, credit: None }).collect()
}
