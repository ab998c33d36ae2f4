//! The seam between a worker and the web.

use futures_util::future::BoxFuture;

use super::{Alone, FeedRequest, FeedResponse, FetchError, Fetcher, Page, PageRequest};

/// Where feeds and pages come from: the web, or a simulation of it.
pub trait Origin: Send + Sync + 'static {
    /// See [`Fetcher::feed`].
    fn feed(&self, request: FeedRequest) -> BoxFuture<'_, Result<FeedResponse, FetchError>>;

    /// See [`Fetcher::page`].
    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, FetchError>>;

    /// See [`Fetcher::go_alone`]; a simulation has no large pages.
    fn go_alone(&self) -> BoxFuture<'_, Option<Alone>> {
        Box::pin(async { None })
    }

    /// See [`Fetcher::is_crowded`].
    fn is_crowded(&self) -> bool {
        false
    }
}

impl Origin for Fetcher {
    fn feed(&self, request: FeedRequest) -> BoxFuture<'_, Result<FeedResponse, FetchError>> {
        Box::pin(async move { Fetcher::feed(self, &request).await })
    }

    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, FetchError>> {
        Box::pin(async move { Fetcher::page(self, &request).await })
    }
    fn go_alone(&self) -> BoxFuture<'_, Option<Alone>> {
        Box::pin(Fetcher::go_alone(self))
    }

    fn is_crowded(&self) -> bool {
        Fetcher::is_crowded(self)
    }
}
