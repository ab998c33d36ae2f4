//! Taking an article whole: from the feed itself, or from its page where the feed only sums it up.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::{desk::Desk, parts::Parts, triage::Job};
use crate::{
    config::ContentSource,
    extract::Article,
    feed::Entry,
    fetch::{FetchError, Page},
    identity::Identity,
    observe::Result as ResultLabel,
};

/// A feed's own text counts as the article from this many characters of text on ...
const ARTICLE_CHARS: usize = 1_200;

/// ... or, where it comes as several paragraphs of a content element, from this many.
const CONTENT_CHARS: usize = 600;

/// An entry, and its page where one was wanted.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The entry.
    pub entry: Entry,
    /// Who it is.
    pub identity: Identity,
    /// Its page.
    pub page: Option<Page>,
    /// The further parts of an article that is spread over several pages.
    pub further: Vec<Page>,
    /// Why there is no page although one was wanted.
    pub missing: Option<FetchError>,
    /// When the entry's text was fetched.
    pub fetched_at: DateTime<Utc>,
    pub(super) job: Job,
    /// The article of the page and its further parts, where it was read already to find them.
    pub(super) read: Option<Arc<Article>>,
}

impl Taken {
    /// An entry outside of any poll, with its page where there is one: from the archive, a dead
    /// letter, or a file.
    pub fn alone(entry: Entry, identity: Identity, page: Option<Page>, fetched_at: DateTime<Utc>) -> Self {
        let job = Job { index: 0, entry_hash: identity.entry_hash.clone(), known: None };
        Self { entry, identity, page, further: Vec::new(), missing: None, fetched_at, job, read: None }
    }

    /// The same with the further parts of its article.
    pub fn with_further(mut self, further: Vec<Page>) -> Self {
        self.further = further;
        self
    }
}

/// Fetches the entry's page where it is wanted.
pub(super) async fn take(
    desk: &Desk,
    job: Job,
    entry: Entry,
    identity: Identity,
    content: ContentSource,
    fetched_at: DateTime<Utc>,
) -> Taken {
    let mut taken = Taken {
        entry,
        identity,
        page: None,
        further: Vec::new(),
        missing: None,
        fetched_at,
        job,
        read: None,
    };
    if !wants_page(&taken.entry, content) {
        return taken;
    }
    let Some(url) = page_url(&taken.entry) else { return taken };
    let count = |answer: &Result<Page, FetchError>| {
        let result = if answer.is_ok() { "page" } else { "failed" };
        desk.metrics.pages.get_or_create(&ResultLabel { result }).inc();
    };
    let answer = desk.origin.page(url).await;
    count(&answer);
    match answer {
        Ok(page) => {
            taken.fetched_at = page.fetched_at;
            let parts = Parts::fetch(desk.origin.as_ref(), &desk.cpu, &page, count).await;
            taken.further = parts.further;
            taken.read = parts.article.map(Arc::new);
            taken.page = Some(page);
        }
        Err(error) => taken.missing = Some(error),
    }
    taken
}

/// The address to fetch: the link as the feed gives it, since sites check their own parameters.
fn page_url(entry: &Entry) -> Option<Url> {
    let guid = entry.id.as_deref().filter(|_| entry.guid_is_permalink == Some(true));
    [entry.link.as_deref(), guid].into_iter().flatten().filter_map(|href| Url::parse(href.trim()).ok()).next()
}

/// Whether the article's text is to be taken from its page.
pub(super) fn wants_page(entry: &Entry, content: ContentSource) -> bool {
    match content {
        ContentSource::Feed => false,
        ContentSource::Page => page_url(entry).is_some(),
        ContentSource::Auto => page_url(entry).is_some() && !has_article(entry),
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
    let paragraphs = markup.matches("<p").count().max(markup.matches("<br").count() / 2);
    let is_content = entry.content.iter().any(|content| content.value == markup);
    text >= ARTICLE_CHARS || (is_content && paragraphs >= 3 && text >= CONTENT_CHARS)
}

fn visible_chars(markup: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// Ends with an ellipsis or a "read on" link, as summaries do.
fn breaks_off(markup: &str) -> bool {
    let mut text = String::new();
    let mut inside = false;
    // The last words are enough, and entries may be megabytes long.
    let tail: Vec<char> = markup.chars().rev().take(2_000).collect();
    for c in tail.into_iter().rev() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    let text = text.trim_end().to_lowercase();
    let tail: String = text.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
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
