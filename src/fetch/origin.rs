//! The seam between a worker and the web.

use url::Url;

use super::{FeedRequest, FeedResponse, FetchError, Fetcher, Page};
use crate::publish::Sending;

/// Where feeds and pages come from: the web, or a simulation of it.
pub trait Origin: Send + Sync + 'static {
    /// See [`Fetcher::feed`].
    fn feed(&self, request: FeedRequest) -> Sending<'_, Result<FeedResponse, FetchError>>;

    /// See [`Fetcher::page`].
    fn page(&self, url: Url) -> Sending<'_, Result<Page, FetchError>>;
}

impl Origin for Fetcher {
    fn feed(&self, request: FeedRequest) -> Sending<'_, Result<FeedResponse, FetchError>> {
        Box::pin(async move { Fetcher::feed(self, &request).await })
    }

    fn page(&self, url: Url) -> Sending<'_, Result<Page, FetchError>> {
        Box::pin(async move { Fetcher::page(self, &url).await })
    }
}
