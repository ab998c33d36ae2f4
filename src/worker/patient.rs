//! The web as a poll asks it: what does not answer soon is waited for without a place at work.

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
        Box::pin(self.wait(request.url.clone(), self.origin.page(request)))
    }

    fn go_alone(&self) -> BoxFuture<'_, Option<Alone>> {
        Box::pin(async { self.place.wait(self.origin.go_alone()).await.ok().flatten() })
    }

    fn is_crowded(&self) -> bool {
        self.origin.is_crowded()
    }
}
