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
    /// What of the feed is otherwise than usual.
    pub http: Option<Arc<FeedHttp>>,
    /// Ask once more without validators where a conditional request is refused (400, 403, 412, ...).
    pub again_if_refused: bool,
    /// The same where a 304 names another `ETag` than the one asked about.
    pub again_if_other_tag: bool,
}

impl FeedRequest {
    /// A request without validators and headers, made once.
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
    /// The feed whose page it is: what it brings along is sent where the page has its origin.
    pub feed: Option<Arc<FeedCredentials>>,
    /// It may be large: see [`super::Fetcher::go_alone`].
    pub alone: Option<Alone>,
    /// What of its feed is otherwise than usual.
    pub http: Option<Arc<FeedHttp>>,
}

/// What a feed brings to requests for its origin.
#[derive(Clone)]
pub struct FeedCredentials {
    /// Address of the feed, with its user information.
    pub url: Url,
    /// Its headers.
    pub headers: Vec<(String, Secret)>,
}

impl PageRequest {
    /// A page of no feed.
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
