//! Collecting a whole article: from the feed itself, or from its page if the feed only sums it up.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{environment::Environment, pages::Pages, traced::fetched, with::With};
use crate::{
    config::ContentSource,
    edit::{Collected, page_url, wants_page},
    feed::Entry,
    fetch::{FetchError, Origin, Page},
    identity::Identity,
    observe::ResultLabel,
};

/// Fetches the entry's page if it is wanted; also returns why there is none although one was.
pub(super) async fn collect(
    environment: &Environment,
    origin: &dyn Origin,
    entry: Entry,
    identity: Identity,
    content: ContentSource,
    with: With,
    fetched_at: DateTime<Utc>,
) -> (Collected, Option<FetchError>) {
    let mut collected = Collected::new(entry, identity, fetched_at);
    if !wants_page(&collected.entry, content) {
        return (collected, None);
    }
    let Some(url) = page_url(&collected.entry) else { return (collected, None) };
    let count = |answer: &Result<Page, FetchError>| {
        let result = if answer.is_ok() { "page" } else { "failed" };
        environment.metrics.pages.get_or_create(&ResultLabel { result }).inc();
    };
    let answer = fetched(origin.page(with.request(url))).await;
    count(&answer);
    match answer {
        Ok(page) => {
            if let Some(wall) = &page.wall {
                environment.metrics.wall(wall.kind.as_str());
                tracing::info!(%wall, status = page.status, "something stands before the page");
            }
            collected.fetched_at = page.fetched_at;
            let pages = Pages::fetch(origin, &environment.cpu, &page, &with, count).await;
            collected.further = pages.further;
            collected.article = pages.article.map(Arc::new);
            collected.page = Some(page);
            (collected, None)
        }
        Err(error) => {
            collected.page_missing = true;
            collected.refused = error.robots();
            (collected, Some(error))
        }
    }
}
