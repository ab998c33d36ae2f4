//! What a hub delivers (W3C WebSub): read as a poll's answer is, by the same steps and to the same end.
//!
//! A delivery may hold only what is new, and says nothing of the rest: what the feed lists, its
//! validators, its failures and its next poll stay what they are. So a delivery that is lost, in
//! whole or in part, costs nothing but time: the next poll finds what it told.

use std::sync::Arc;

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Environment, Poll, broken_off::Rest, chunk, patient::Patient};
use crate::{
    config::Feed,
    feed,
    fetch::{FeedDocument, Freshness, Validators},
    identity::hex,
    ledger::{DueBecause, FeedState, HubLinks},
    schedule::{Delivered, Lease, PollReport},
    site::public,
};

/// Reads a delivery in place of a request's answer.
pub(super) async fn delivered(
    environment: &Arc<Environment>,
    lease: &Lease,
    delivered: &Delivered,
) -> PollReport {
    let started_at = environment.clock.now();
    let editor = environment.editor.borrow().clone();
    let origin = Patient { origin: environment.origin.clone(), place: lease.place.clone() };
    let poll = Poll { environment, origin, editor, lease, started_at, answered_at: started_at };
    let mut next = FeedState::clone(&lease.state);
    if let Some(links) = next.hub.as_mut() {
        links.undelivered = 0;
    }
    let document = document(lease, delivered);
    let mut parsed = match poll.parse(&document).await {
        Ok(parsed) if !parsed.entries.is_empty() => parsed,
        Ok(_) => return poll.ask_itself(next, "it holds no entry"),
        Err(message) => return poll.ask_itself(next, &message),
    };
    // Half an entry is none.
    let broken = parsed.broken_off.and_then(|end| end.entry).filter(|index| *index < parsed.entries.len());
    if let Some(index) = broken {
        parsed.entries.remove(index);
    }
    let rest = Rest { entry: broken.is_some(), ..Rest::of_a_part() };
    Box::pin(chunk::publish(&poll, next, document, parsed, rest)).await
}

/// The delivery as if it had been asked for.
fn document(lease: &Lease, delivered: &Delivered) -> FeedDocument {
    let topic = lease.state.hub.as_ref().and_then(|links| Url::parse(&links.topic).ok());
    FeedDocument {
        url: topic.unwrap_or_else(|| lease.feed.public_url.clone()),
        redirects: Vec::new(),
        content_type: delivered.content_type.clone(),
        validators: Validators::default(),
        freshness: Freshness::default(),
        body: delivered.body.clone(),
        body_hash: hex(Sha256::digest(&delivered.body).iter()),
        refused: None,
        broken_off: None,
        wall: None,
        share: delivered.share.clone(),
        links: Default::default(),
        fetched_at: delivered.at,
    }
}

impl Poll<'_> {
    /// The delivery says nothing but that there is news: the feed is polled as soon as its interval
    /// allows.
    fn ask_itself(&self, mut next: FeedState, why: &str) -> PollReport {
        tracing::info!(why, "a delivery cannot be read; the feed itself is asked");
        let polled_at = self.lease.state.polled_at.unwrap_or(self.started_at);
        let soon = (polled_at + self.least()).max(self.started_at);
        if soon < next.due_at {
            next.due_at = soon;
            next.cadence.because = DueBecause::Interval;
        }
        self.environment.metrics.polled("unreadable");
        self.stage_due(next)
    }

    /// Notes the hub that the feed names, in its headers or else in itself.
    pub(super) fn note_hub(&self, next: &mut FeedState, document: &FeedDocument, feed: &feed::Feed) {
        if !self.environment.options.websub {
            return;
        }
        let found = links(&self.lease.feed, document, feed);
        let undelivered = next.hub.as_ref().map_or(0, |known| known.undelivered);
        next.hub = found.map(|found| match &next.hub {
            Some(known) if (&known.hub, &known.topic) == (&found.hub, &found.topic) => {
                Box::new(HubLinks { undelivered, ..found })
            }
            _ => Box::new(found),
        });
    }

    /// A poll that was made only to be sure found news: the hub does not do what it promised, and
    /// polls go on as usual until it delivers again.
    pub(super) fn watch_hub(&self, next: &mut FeedState, found_news: bool) {
        let sure = self.lease.state.cadence.because == DueBecause::Told;
        let lately = self.lease.state.polled_at.is_some_and(|at| self.started_at - at >= TimeDelta::hours(1));
        if let Some(links) = next.hub.as_mut().filter(|_| found_news && sure && lately) {
            links.undelivered = links.undelivered.saturating_add(1);
            self.environment.metrics.websub_undelivered.inc();
            tracing::warn!(
                hub = links.hub.host_str().unwrap_or_default(),
                "a poll found what the feed's hub had not delivered: it is polled as usual until the hub delivers"
            );
        }
    }
}

/// The hub of a feed: the first that can be asked under TLS, else the first. What repeats a secret of
/// the feed's address is left: the state is public, and the hub a stranger.
fn links(own: &Feed, document: &FeedDocument, feed: &feed::Feed) -> Option<HubLinks> {
    let absolute = |text: &String| {
        let url = document.url.join(text.trim()).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    };
    let open = |url: &Url| own.hide(url.as_str()).is_none() && public(url) == *url;
    let named = if document.links.hubs.is_empty() { &feed.hubs } else { &document.links.hubs };
    let hubs: Vec<Url> = named.iter().filter_map(absolute).filter(open).collect();
    let hub = hubs.iter().find(|hub| hub.scheme() == "https").or(hubs.first())?.clone();
    let text = document.links.topic.as_ref().or(feed.self_link.as_ref())?;
    let topic = absolute(text).filter(open)?;
    // Literally, where that is an address: the hub compares it so.
    let topic = if Url::parse(text.trim()).is_ok() { text.trim().to_owned() } else { topic.to_string() };
    Some(HubLinks { hub, topic, undelivered: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::LinkHeaders;

    fn named(
        address: &str,
        header: (&[&str], Option<&str>),
        body: (&[&str], Option<&str>),
    ) -> Option<(String, String)> {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let own = Feed::new("a", Url::parse(address).unwrap());
        let mut document = FeedDocument {
            url: Url::parse("https://news.example/feed").unwrap(),
            redirects: Vec::new(),
            content_type: None,
            validators: Validators::default(),
            freshness: Freshness::default(),
            body: Default::default(),
            body_hash: String::new(),
            refused: None,
            broken_off: None,
            wall: None,
            share: None,
            links: Default::default(),
            fetched_at: chrono::DateTime::UNIX_EPOCH,
        };
        document.links = LinkHeaders { hubs: texts(header.0), topic: header.1.map(str::to_owned) };
        let feed =
            feed::Feed { hubs: texts(body.0), self_link: body.1.map(str::to_owned), ..feed::Feed::default() };
        links(&own, &document, &feed).map(|links| (links.hub.to_string(), links.topic))
    }

    #[test]
    fn headers_come_before_the_document_and_a_secret_goes_nowhere() {
        let plain = "https://news.example/feed";
        let some = |hub: &str, topic: &str| Some((hub.to_owned(), topic.to_owned()));
        let none: (&[&str], Option<&str>) = (&[], None);
        let (hub, own) = ("https://hub.example/", "https://news.example/feed");
        assert_eq!(
            named(plain, (&[hub], Some(own)), (&["https://other.example/"], Some("https://x.example/"))),
            some(hub, own)
        );
        assert_eq!(named(plain, none, (&[hub], Some(own))), some(hub, own));
        assert_eq!(
            named(plain, (&[hub], None), (&[], Some(own))),
            some(hub, own),
            "each from where it stands"
        );
        assert_eq!(named(plain, (&[hub], None), none), None, "nobody says what it is called");
        assert_eq!(named(plain, none, (&["http://h.example/", hub], Some(own))), some(hub, own), "TLS first");
        assert_eq!(
            named(plain, none, (&["http://h.example/x"], Some("/feed?a=b"))),
            some("http://h.example/x", "https://news.example/feed?a=b")
        );
        assert_eq!(
            named(plain, none, (&["/hub"], Some("HTTPS://News.example/feed"))),
            some("https://news.example/hub", "HTTPS://News.example/feed"),
            "literally"
        );
        assert_eq!(named(plain, none, (&["mailto:a@b.example", "javascript:x"], Some(own))), None);
        let secret = "https://news.example/feed?token=hush-7-hush";
        assert_eq!(named(secret, none, (&[hub], Some(secret))), None);
        assert_eq!(named(secret, none, (&[hub], Some(own))), some(hub, own));
        assert_eq!(named(plain, none, (&[hub], Some("https://ann:pw@news.example/feed"))), None);
    }
}
