//! The web as a poll asks it: a feed that does not answer soon is waited for without a place at work. Pages
//! keep it: most of their time is that of their site's turns, and few polls have pages to ask for.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use url::Url;

use crate::{
    fetch::{Alone, FeedRequest, FeedResponse, FetchError, FetchFailure, Origin, Page, PageRequest},
    schedule::{GivenUp, Place},
};

/// An origin that gives the poll's place to others while it waits.
pub(super) struct Patient {
    pub(super) origin: Arc<dyn Origin>,
    pub(super) place: Place,
}

impl Patient {
    async fn wait<T>(&self, url: Url, answer: BoxFuture<'_, Result<T, FetchError>>) -> Result<T, FetchError> {
        let given_up = |GivenUp(after)| Err(FetchError::new(&url, FetchFailure::GivenUp(after)));
        self.place.wait(answer).await.unwrap_or_else(given_up)
    }
}

impl Origin for Patient {
    fn feed(&self, request: FeedRequest) -> BoxFuture<'_, Result<FeedResponse, FetchError>> {
        Box::pin(self.wait(request.url.clone(), self.origin.feed(request)))
    }

    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, FetchError>> {
        self.origin.page(request)
    }

    fn go_alone(&self) -> BoxFuture<'_, Option<Alone>> {
        self.origin.go_alone()
    }

    fn is_crowded(&self) -> bool {
        self.origin.is_crowded()
    }
}
