//! What was collected for an entry.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::{extract::Article, feed::Entry, fetch::Page, identity::Identity, rights::Access};

/// An entry, and its page if one was wanted.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The entry.
    pub entry: Entry,
    /// Which article it is.
    pub identity: Identity,
    /// Its page.
    pub page: Option<Page>,
    /// The further pages of an article that is spread over several.
    pub further: Vec<Page>,
    /// A page was wanted and did not come.
    pub page_missing: bool,
    /// `robots.txt` forbade fetching its page.
    pub refused: Option<Access>,
    /// When the entry's text was fetched.
    pub fetched_at: DateTime<Utc>,
    /// The article of the page and its further pages, if it was already read in order to find them.
    pub article: Option<Arc<Article>>,
}

impl Collected {
    /// An entry with only what the feed itself says.
    pub fn new(entry: Entry, identity: Identity, fetched_at: DateTime<Utc>) -> Self {
        Self {
            entry,
            identity,
            page: None,
            further: Vec::new(),
            page_missing: false,
            refused: None,
            fetched_at,
            article: None,
        }
    }

    /// The same with its page, and the further pages of its article.
    pub fn with_pages(mut self, page: Option<Page>, further: Vec<Page>) -> Self {
        self.page = page;
        self.further = further;
        self
    }
}
