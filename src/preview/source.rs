//! What is previewed: fetched or pasted, and turned into drafts as a poll would.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    edit::{Collected, Draft, Editor, FeedContext},
    feed::{self, Entry, ParseOptions},
    fetch::{FeedRequest, FeedResponse, FetchError, Fetcher, Page, PageRequest, Wall},
    identity::identify_alone,
    publish::record::FeedReference,
    rights::Signals,
    site::public,
    worker::{Cpu, Pages, With},
};

/// Stands for the address of input that has none.
const NOWHERE: &str = "http://file.invalid/";

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// It did not come.
    #[error("{0}")]
    Fetch(#[from] FetchError),
    /// The server answers 304 to a request without validators.
    #[error("the server answered 304 to a request without validators")]
    NotAsked,
    /// A page was wanted.
    #[error("this is a feed, not a page")]
    IsFeed,
    /// A feed was wanted.
    #[error("{0}")]
    NoFeed(feed::NotAFeed),
}

/// What was read, and from where.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its final address.
    pub url: Url,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// The document.
    pub body: Bytes,
    /// When it was read.
    pub fetched_at: DateTime<Utc>,
    /// What its response says about uses.
    pub signals: Signals,
    /// What stood before it.
    pub wall: Option<Wall>,
    /// Further parts of the article.
    pub further: Vec<Page>,
}

impl Input {
    /// What was read from a file or pasted; `url` is where it was taken from.
    ///
    /// # Errors
    /// None if `url` is given.
    pub fn pasted(body: Bytes, url: Option<Url>, now: DateTime<Utc>) -> Result<Self, url::ParseError> {
        Ok(Self {
            url: url.map_or_else(|| Url::parse(NOWHERE), Ok)?,
            content_type: None,
            status: 200,
            body,
            fetched_at: now,
            signals: Signals::default(),
            wall: None,
            further: Vec::new(),
        })
    }

    /// A page, treated as the page of an entry that says nothing itself.
    ///
    /// # Errors
    /// [`PreviewError::IsFeed`].
    pub fn page(&self, editor: &Editor) -> Result<Vec<Draft>, PreviewError> {
        if self.parse().is_ok() {
            return Err(PreviewError::IsFeed);
        }
        let entry = Entry { link: Some(self.url.to_string()), ..Entry::default() };
        let page = Page {
            url: self.url.clone(),
            content_type: self.content_type.clone(),
            status: self.status,
            body: self.body.clone(),
            fetched_at: self.fetched_at,
            signals: self.signals.clone(),
            wall: self.wall.clone(),
            share: None,
        };
        let reference = FeedReference { url: public(&self.url).to_string(), ..FeedReference::default() };
        let feed = FeedContext { reference, ..FeedContext::default() };
        Ok(self.drafts(editor, vec![entry], Some(page), &feed).collect())
    }

    /// The entries of a feed, with what the feed itself carries.
    ///
    /// # Errors
    /// [`PreviewError::NoFeed`].
    pub fn entries(&self, editor: &Editor) -> Result<Vec<Draft>, PreviewError> {
        let parsed = self.parse().map_err(PreviewError::NoFeed)?;
        let reference = FeedReference {
            name: parsed.feed.title.clone().unwrap_or_default(),
            title: parsed.feed.title,
            url: public(&self.url).to_string(),
        };
        let feed = FeedContext { reference, language: parsed.feed.language, tags: Vec::new() };
        Ok(self.drafts(editor, parsed.entries, None, &feed).collect())
    }

    fn parse(&self) -> Result<feed::ParsedFeed, feed::NotAFeed> {
        let options =
            ParseOptions { base: Some(self.url.clone()), content_type: self.content_type.as_deref() };
        feed::parse(&self.body, &options)
    }

    fn drafts(
        &self,
        editor: &Editor,
        entries: Vec<Entry>,
        page: Option<Page>,
        feed: &FeedContext,
    ) -> impl Iterator<Item = Draft> {
        let now = self.fetched_at;
        let identities = identify_alone(&editor.canonical, &self.url, &entries);
        entries.into_iter().zip(identities).map(move |(entry, identity)| {
            let collected =
                Collected::new(entry, identity, now).with_pages(page.clone(), self.further.clone());
            Draft::new(collected, feed.clone(), now)
        })
    }
}

/// Fetches a page and the pages that follow it, or a feed's document. Further pages are looked for
/// on `cpu`.
///
/// # Errors
/// [`PreviewError::Fetch`] and [`PreviewError::NotAsked`].
pub async fn fetch(fetcher: &Fetcher, cpu: &Cpu, url: Url, feed: bool) -> Result<Input, PreviewError> {
    if !feed {
        let page = fetcher.page(&PageRequest::of(url)).await?;
        let further = Pages::fetch(fetcher, cpu, &page, &With::default(), |_| ()).await.further;
        let Page { url, content_type, status, body, fetched_at, signals, wall, share: _ } = page;
        return Ok(Input { url, content_type, status, body, fetched_at, signals, wall, further });
    }
    match fetcher.feed(&FeedRequest::plain(url)).await? {
        FeedResponse::Document(document) => Ok(Input {
            url: document.url,
            content_type: document.content_type,
            status: 200,
            body: document.body,
            fetched_at: document.fetched_at,
            signals: Signals::default(),
            wall: None,
            further: Vec::new(),
        }),
        FeedResponse::NotModified { .. } => Err(PreviewError::NotAsked),
    }
}
