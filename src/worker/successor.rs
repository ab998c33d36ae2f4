//! Where a feed that is no longer at its address may have gone: what the front page of its site names. It is
//! only proposed: which feed is meant is for the operator to say.

use url::Url;

use super::{Poll, with::With};
use crate::{
    config::Feed,
    feed::{self, ParseOptions, discovery::Found},
    fetch::{Origin, Page},
    ledger::FeedState,
    site::{bare, public},
};

/// Answers of 404 in a row before they are taken for more than a mishap.
const MISSED_MIN: u32 = 4;

impl Poll<'_> {
    /// Looks at the front page after a 410, and after some answers of 404, then at each doubling of them.
    pub(super) async fn look_for_successor(&self, next: &mut FeedState, status: Option<u16>) {
        let failures = next.failures.saturating_add(1);
        let look = match status {
            Some(410) => failures.is_power_of_two(),
            Some(404) => failures >= MISSED_MIN && failures.is_power_of_two(),
            _ => false,
        };
        let feed = &self.lease.feed;
        let Some(front) = feed.url.join("/").ok().map(bare).filter(|front| look && *front != feed.url) else {
            return;
        };
        let with = With { http: feed.http.clone(), ..With::default() };
        let Ok(page) = self.origin.page(with.request(front)).await else { return };
        let asked = feed.url.clone();
        let named = self.environment.cpu.run("feed", move || named(&page, &asked)).await;
        let Some(successor) = named.ok().flatten().filter(|url| may_be_shown(feed, url)) else { return };
        if next.successor.as_deref() != Some(successor.as_str()) {
            tracing::warn!(
                successor = successor.as_str(),
                "the feed is not there any more; the front page of its site names another one"
            );
        }
        next.successor = Some(String::from(successor).into());
    }
}

/// The first feed that a page names, other than the one requested.
fn named(page: &Page, asked: &Url) -> Option<Url> {
    if page.status != 200 {
        return None;
    }
    let options = ParseOptions { base: Some(page.url.clone()), content_type: page.content_type.as_deref() };
    let candidates = feed::parse(&page.body, &options).err()?.candidates;
    let named =
        candidates.iter().filter(|candidate| candidate.how == Found::Named && !candidate.is_of_comments());
    let mut urls = named.filter_map(|candidate| Url::parse(&candidate.url).ok());
    urls.find(|url| matches!(url.scheme(), "http" | "https") && bare(url.clone()) != bare(asked.clone()))
}

/// Whether the address may be shown: the state is public, and no secret of the feed's address may
/// come back in it.
fn may_be_shown(feed: &Feed, url: &Url) -> bool {
    feed.hide(url.as_str()).is_none() && public(url) == *url && url.as_str().len() <= 2048
}
