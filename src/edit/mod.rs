//! Editing: from an entry and its pages to a finished record.
//!
//! Pure. The daemon, `preview`, `replay` and retried dead letters all edit here, and nobody fills
//! in anything afterwards: whoever publishes says which revision it is and which story it belongs
//! to ([`Edited::into_record`]), and the record is complete.

mod collected;
mod draft;
mod original;
mod record;
mod rights;
#[cfg(test)]
mod rights_cases;
mod whole;

pub use collected::Collected;
pub use draft::{Draft, FeedContext, ended, read_page};
pub use whole::{page_url, wants_page};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::{
    clean::{Cleaned, Cleaner, Decision, Document, SiteMemory},
    extract::{Article, Verdict},
    feed::Entry,
    fetch::Wall,
    identity::{CanonicalRules, Identity, text_hash},
    language,
    publish::record::{self as wire, ArticleRecord, PublishedAtSource, Source},
    story::Story,
    tag::{Tagger, Tagging},
};
use draft::lines;

/// Longest summary in a record, characters.
const SUMMARY_MAX: usize = 1_000;

/// A publication time this far ahead is taken for a mistake.
const FUTURE_MAX: TimeDelta = TimeDelta::hours(24);

/// Rules and vocabularies, compiled: what editing needs.
pub struct Editor {
    /// Cleaning rules, compiled.
    pub cleaner: Cleaner,
    /// Tagging rules, compiled.
    pub tagger: Tagger,
    /// What the canonical form of an address leaves out.
    pub canonical: CanonicalRules,
}

impl Editor {
    /// An editor with the built-in address rules.
    pub fn new(cleaner: Cleaner, tagger: Tagger) -> Self {
        Self { cleaner, tagger, canonical: CanonicalRules::builtin().clone() }
    }

    /// The identity of an entry that comes without its document but whose article is known: one
    /// from the archive, or from a dead letter.
    pub fn identity(&self, entry: &Entry, article: String) -> Identity {
        let link = entry.link.as_deref().and_then(|link| Url::parse(link.trim()).ok());
        Identity {
            article,
            canonical_url: link.map(|link| self.canonical.canonical_url(&link)),
            ..Identity::default()
        }
    }
}

/// An edited article.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Hash of title and text: equal means the same revision.
    pub text_hash: String,
    /// The decision about each of the [`Draft::blocks`].
    pub decisions: Vec<Decision>,
    /// Complete except for its revision and its story.
    record: ArticleRecord,
}

impl Edited {
    /// Gives it another id: the one it was edited under belongs to another article.
    pub fn is_article(&mut self, id: &str) {
        id.clone_into(&mut self.record.id);
    }

    /// The record so far: everything but its revision and its story.
    pub fn record(&self) -> &ArticleRecord {
        &self.record
    }

    /// Title as published.
    pub fn title(&self) -> &str {
        &self.record.title
    }

    /// Text as published.
    pub fn text(&self) -> &str {
        &self.record.text
    }

    /// The finished record. `revision` counts from 1; 0 marks one that is only previewed. Without a
    /// `story` the article is the first of its own.
    pub fn into_record(self, revision: u32, story: Option<Story>) -> ArticleRecord {
        let mut record = self.record;
        record.revision = revision;
        record.story = story.map_or_else(
            || wire::Story { id: record.id.clone(), first: true, similarity: 1.0, ..wire::Story::default() },
            Into::into,
        );
        record
    }
}

/// Cleans and tags a draft. `memory` knows what repeats on its site.
pub fn edit(editor: &Editor, draft: &Draft, memory: &SiteMemory) -> Edited {
    let article = &draft.article;
    let entry = &draft.collected.entry;
    let title = draft.title();
    let link = draft.link();
    let site = link.as_ref().map(crate::site::site).unwrap_or_default();
    let declared = [&entry.language, &article.language, &draft.feed.language].into_iter().flatten().next();
    // Detected once, for cleaning and for tagging.
    let paragraphs = article.blocks.iter().map(|block| block.text.as_str());
    let language = language::detect(&title, paragraphs, declared.map(String::as_str));
    let document = Document {
        id: Some(draft.collected.identity.article.clone()),
        site: site.clone(),
        language: language.known().map(str::to_owned),
        title: Some(title.clone()),
        url: link.as_ref().map(Url::to_string),
        blocks: article.blocks.clone(),
    };
    let cleaned = editor.cleaner.clean(&document, memory);
    let text = cleaned.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n\n");
    let categories = categories(entry, article);
    let tagging = tracing::trace_span!("tag").entered();
    let tagged = editor.tagger.tag(&Tagging {
        title: &title,
        text: &text,
        url: document.url.as_deref(),
        language: Some(&language),
        categories: &categories,
        feed: &draft.feed.reference.name,
        feed_tags: &draft.feed.tags,
        ..Tagging::default()
    });
    drop(tagging);
    let (published_at, published_at_source) = published(draft);
    let record = ArticleRecord {
        schema_version: wire::SCHEMA_VERSION,
        id: draft.collected.identity.article.clone(),
        revision: 0,
        url: link.as_ref().map(Url::to_string),
        canonical_url: canonical(editor, draft, link.as_ref()),
        feed: draft.feed.reference.clone(),
        source: Source { name: source_name(draft), domain: (!site.is_empty()).then_some(site) },
        authors: authors(entry, article, &cleaned),
        published_at,
        published_at_source,
        updated_at: entry.updated.or(article.updated_at),
        first_seen_at: draft.first_seen_at,
        fetched_at: draft.collected.fetched_at,
        language: tagged.language.into(),
        summary: summary(editor, draft, &document, &text),
        word_count: wire::word_count(&text),
        images: images(entry, article),
        content: wire::Content {
            origin: draft.origin,
            verdict: verdict(article.verdict, &text).into(),
            fallback: cleaned.fallback,
            wall: draft.wall().map(wall),
        },
        tags: tagged.tags.into_iter().map(Into::into).collect(),
        story: wire::Story::default(),
        removed: cleaned.removed.into_iter().map(Into::into).collect(),
        notes: cleaned.notes.into_iter().map(Into::into).collect(),
        text,
        blocks: cleaned.blocks.iter().cloned().map(Into::into).collect(),
        rights: rights::rights(draft),
        title,
    };
    Edited { text_hash: text_hash(&record.title, &cleaned.blocks), record, decisions: cleaned.decisions }
}

fn wall(wall: &Wall) -> wire::Wall {
    wire::Wall { kind: wall.kind.as_str().to_owned(), detail: wall.detail.clone() }
}

/// An article without any text cannot be complete.
fn verdict(read: Verdict, text: &str) -> Verdict {
    match read {
        Verdict::Full if text.is_empty() => Verdict::SummaryOnly,
        read => read,
    }
}

fn categories(entry: &Entry, article: &Article) -> Vec<String> {
    let own = entry
        .categories
        .iter()
        .filter_map(|category| category.label.clone().or_else(|| category.term.clone()));
    own.chain(article.section.clone()).chain(article.keywords.iter().cloned()).collect()
}

/// The feed's time, else the page's, else when the entry was first seen; a time in the future or
/// before the web does not count.
fn published(draft: &Draft) -> (DateTime<Utc>, PublishedAtSource) {
    let latest = draft.collected.fetched_at + FUTURE_MAX;
    let plausible = |time: &DateTime<Utc>| *time <= latest && time.timestamp() > 0;
    let entry = &draft.collected.entry;
    let own = [entry.published, entry.created, entry.updated].into_iter().flatten().find(plausible);
    if let Some(time) = own {
        return (time, PublishedAtSource::Feed);
    }
    match draft.article.published_at.filter(plausible) {
        Some(time) => (time, PublishedAtSource::Page),
        None => (draft.first_seen_at, PublishedAtSource::FirstSeen),
    }
}

/// The address that the page gives itself counts only within its site.
fn canonical(editor: &Editor, draft: &Draft, link: Option<&Url>) -> Option<String> {
    let declared = draft.article.canonical_url.as_deref().and_then(|url| Url::parse(url).ok());
    let own_site = |url: &Url| link.is_some_and(|link| crate::site::site(link) == crate::site::site(url));
    let declared = declared.filter(own_site).map(|url| editor.canonical.canonical_url(&url));
    declared.or_else(|| draft.collected.identity.canonical_url.clone()).map(|url| url.to_string())
}

fn source_name(draft: &Draft) -> Option<String> {
    let named = [&draft.article.site_name, &draft.collected.entry.source, &draft.feed.reference.title];
    named.into_iter().flatten().find(|name| !name.starts_with("http")).cloned()
}

fn authors(entry: &Entry, article: &Article, cleaned: &Cleaned) -> Vec<String> {
    let own: Vec<String> = entry.authors.iter().filter_map(|author| author.name.clone()).collect();
    let candidates = [own, article.authors.clone(), cleaned.bylines.clone()];
    candidates.into_iter().find(|names| !names.is_empty()).unwrap_or_default()
}

fn summary(editor: &Editor, draft: &Draft, document: &Document, text: &str) -> Option<String> {
    let entry = &draft.collected.entry;
    let clean = |paragraphs: Vec<String>| {
        let paragraphs = paragraphs.iter().map(String::as_str);
        editor.cleaner.summary(paragraphs, &document.site, document.language.as_deref())
    };
    let own = entry.summary.as_deref().map(|summary| lines(summary, entry.summary_type.as_deref()));
    let declared = draft.article.summary.clone().map(|summary| vec![summary]);
    let chosen = [own, declared].into_iter().flatten().map(clean).find(|summary| {
        // A "summary" that is the whole article says nothing new.
        !summary.is_empty() && summary.chars().count() <= SUMMARY_MAX.max(text.chars().count() / 2)
    })?;
    Some(chosen.chars().take(SUMMARY_MAX).collect())
}

fn images(entry: &Entry, article: &Article) -> Vec<wire::Image> {
    let own = || draft::attached(entry, Vec::new());
    let images = if article.images.is_empty() { own() } else { article.images.clone() };
    images.into_iter().map(Into::into).collect()
}
