//! What pages are asked for with.

use std::sync::Arc;

use url::Url;

use crate::{
    config::FeedHttp,
    fetch::{Alone, FeedCredentials, PageRequest},
};

/// What pages are asked for with.
#[derive(Clone, Default)]
pub struct With {
    /// What the feed sends to its own origin.
    pub feed: Option<Arc<FeedCredentials>>,
    /// The right to large bodies.
    pub alone: Option<Alone>,
    /// How the feed's requests differ from `http`.
    pub http: Option<Arc<FeedHttp>>,
}

impl With {
    pub(super) fn request(&self, url: Url) -> PageRequest {
        PageRequest { url, feed: self.feed.clone(), alone: self.alone.clone(), http: self.http.clone() }
    }
}
