//! What is asked for.

use std::sync::Arc;

use url::Url;

use super::{Alone, Validators};
use crate::{
    config::{FeedHttp, Secret},
    site::redact,
};

/// A request for a feed.
#[derive(Clone)]
pub struct FeedRequest {
    /// Address.
    pub url: Url,
    /// Validators of the last accepted document; empty for an unconditional request.
    pub validators: Validators,
    /// Extra headers, sent to the origin of `url` only.
    pub headers: Vec<(String, Secret)>,
    /// How the feed's requests differ from `http`.
    pub http: Option<Arc<FeedHttp>>,
    /// Whether to ask once more without validators if a conditional request is refused (400, 403, 412, ...).
    pub again_if_refused: bool,
    /// The same if a 304 names another `ETag` than the one asked about.
    pub again_if_other_tag: bool,
}

impl FeedRequest {
    /// A request without validators and headers, made only once.
    pub fn plain(url: Url) -> Self {
        Self {
            url,
            validators: Validators::default(),
            headers: Vec::new(),
            http: None,
            again_if_refused: false,
            again_if_other_tag: false,
        }
    }
}

/// A request for a page.
#[derive(Clone)]
pub struct PageRequest {
    /// Address.
    pub url: Url,
    /// Credentials of the feed whose page it is, sent if the page has the feed's origin.
    pub feed: Option<Arc<FeedCredentials>>,
    /// The right to a large body: see [`super::Fetcher::go_alone`].
    pub alone: Option<Alone>,
    /// How its feed's requests differ from `http`.
    pub http: Option<Arc<FeedHttp>>,
}

/// What a feed adds to requests to its own origin.
#[derive(Clone)]
pub struct FeedCredentials {
    /// Address of the feed, with its user information.
    pub url: Url,
    /// Its headers.
    pub headers: Vec<(String, Secret)>,
}

impl PageRequest {
    /// A request for a page that belongs to no feed.
    pub fn of(url: Url) -> Self {
        Self { url, feed: None, alone: None, http: None }
    }
}

/// With the secrets of the address redacted.
impl std::fmt::Debug for FeedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FeedRequest")
            .field("url", &redact(&self.url))
            .field("validators", &self.validators)
            .field("headers", &self.headers)
            .finish()
    }
}
