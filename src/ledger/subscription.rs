//! Being told of a feed's news by its hub (WebSub): what the feed offers, what was asked for, and until
//! when it holds. Pure: time comes in as arguments.
//!
//! No secret stands here: callback addresses and signing secrets are made of `websub.secret` and what
//! is noted here, so that a restart or another instance makes the same.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::partition::murmur2;

/// After the first request that led to nothing the hub is asked again in this time, then in twice as
/// long, and so on.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// A hub that says no is asked again after this, as is one that has long said nothing.
const AGAIN_MAX: TimeDelta = TimeDelta::days(1);

/// A subscription is renewed once this part of its lease has gone, in percent, by the feed's name: a
/// hub's subscriptions do not all end in one moment, and there is time to try again.
const RENEWED_AT: std::ops::Range<u32> = 70..85;

/// No renewal comes sooner after the subscription, however short its lease.
const RENEWED_MIN: TimeDelta = TimeDelta::minutes(10);

/// A hub is asked so often to end what it delivers, at most.
const ENDED_MAX: u32 = 4;

/// Longer leases are taken for this.
const LEASE_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

/// What a feed says of its hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubLinks {
    /// The hub.
    pub hub: Url,
    /// The feed as the hub knows it (`rel=self`), literally.
    pub topic: String,
    /// Polls in a row that found what no delivery had told, although one should have.
    #[serde(default)]
    pub undelivered: u32,
}

/// A subscription at a hub, or what became of asking for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The hub that was asked.
    pub hub: Url,
    /// What it was asked about.
    pub topic: String,
    /// Names the callback address that was given: with another one the hub is asked anew.
    pub callback: String,
    /// When the hub is asked again.
    pub next_at: DateTime<Utc>,
    /// Until when the hub delivers; none while it has not confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_until: Option<DateTime<Utc>>,
    /// Requests in a row that led to nothing so far.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last request led to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Set once the hub has been asked to end it, because nobody wants the feed any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
}

impl Subscription {
    /// One that is still to be asked for.
    pub fn wanted(links: &HubLinks, callback: &str, now: DateTime<Utc>) -> Self {
        Self {
            hub: links.hub.clone(),
            topic: links.topic.clone(),
            callback: callback.to_owned(),
            next_at: now,
            live_until: None,
            attempts: 0,
            error: None,
            ends: false,
        }
    }

    /// Whether it is what the feed offers now.
    pub fn is_of(&self, links: &HubLinks) -> bool {
        self.hub == links.hub && self.topic == links.topic
    }

    /// Whether the hub delivers at the moment.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.live_until.is_some_and(|until| until > now)
    }

    /// Whether a hub that wants to know if it was asked is told so.
    pub fn is_wanted(&self, now: DateTime<Utc>) -> bool {
        self.attempts > 0 || self.is_live(now)
    }

    /// Whether the hub is to be asked to end it now: one that delivers to this callback address, and has
    /// not been asked too often in vain. Its lease ends anyway.
    pub fn is_to_end(&self, callback: &str, now: DateTime<Utc>) -> bool {
        let again = self.next_at <= now && self.attempts < ENDED_MAX;
        self.is_live(now) && self.callback == callback && (!self.ends || again)
    }

    /// The hub is asked now to end it.
    pub fn asked_to_end(&mut self, now: DateTime<Utc>) {
        if !std::mem::replace(&mut self.ends, true) {
            self.attempts = 0;
        }
        self.asked(now);
    }

    /// The hub is asked now.
    pub fn asked(&mut self, now: DateTime<Utc>) {
        let pause = AGAIN * 2i32.pow(self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        self.next_at = now + pause.min(AGAIN_MAX);
    }

    /// The hub has asked whether it was asked, and delivers for so long.
    pub fn confirmed(&mut self, feed: &str, lease: Duration, now: DateTime<Utc>) {
        let lease = TimeDelta::from_std(lease.min(LEASE_MAX)).unwrap_or(TimeDelta::days(1));
        let parts = RENEWED_AT.end - RENEWED_AT.start;
        let part = RENEWED_AT.start + murmur2(format!("{feed}/{}", now.timestamp()).as_bytes()) % parts;
        self.live_until = Some(now + lease);
        self.next_at = now + (lease * i32::try_from(part).unwrap_or(70) / 100).max(RENEWED_MIN);
        self.attempts = 0;
        self.error = None;
    }

    /// The hub was not reached, or does not work: it is asked again as [`Self::asked`] has said.
    pub fn failed(&mut self, why: String) {
        self.error = Some(why);
    }

    /// The hub says no; `ended` where that ends what there was.
    pub fn refused(&mut self, why: String, ended: bool, now: DateTime<Utc>) {
        self.error = Some(why);
        self.next_at = now + AGAIN_MAX;
        if ended {
            self.live_until = None;
            self.attempts = 0;
        }
    }

    /// How it stands, in words.
    pub fn in_words(&self, now: DateTime<Utc>) -> String {
        let hub = self.hub.host_str().unwrap_or_default();
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        match (&self.error, self.live_until.filter(|until| *until > now)) {
            (None, Some(until)) => format!("{hub} delivers until {}", time(until)),
            (Some(why), Some(until)) => {
                format!("{hub} delivers until {}, and could not be asked for more: {why}", time(until))
            }
            (Some(why), None) => format!("{hub} does not deliver: {why}; asked again {}", time(self.next_at)),
            (None, None) if self.attempts == 0 => format!("{hub} is going to be asked"),
            (None, None) => {
                format!("{hub} was asked and has not confirmed; asked again {}", time(self.next_at))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::FeedState, *};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minute)
    }

    fn links() -> HubLinks {
        let hub = Url::parse("https://hub.example/").unwrap();
        HubLinks { hub, topic: "https://news.example/feed".into(), undelivered: 0 }
    }

    #[test]
    fn a_hub_that_does_not_answer_is_asked_ever_less_often() {
        let mut wanted = Subscription::wanted(&links(), "c", at(0));
        assert!(wanted.next_at == at(0) && !wanted.is_wanted(at(0)));
        let mut waits = Vec::new();
        for _ in 0..12 {
            let asked = wanted.next_at;
            wanted.asked(asked);
            assert!(wanted.is_wanted(asked) && !wanted.is_live(asked));
            waits.push((wanted.next_at - asked).num_minutes());
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440]);
    }

    #[test]
    fn it_is_renewed_before_its_end_and_not_in_step_with_others() {
        let day = Duration::from_secs(24 * 3600);
        let mut times = std::collections::BTreeSet::new();
        for feed in 0..200 {
            let mut one = Subscription::wanted(&links(), "c", at(0));
            one.asked(at(0));
            one.confirmed(&format!("feed{feed}"), 10 * day, at(0));
            assert_eq!((one.live_until, one.attempts), (Some(at(10 * 1440)), 0));
            let part = (one.next_at - at(0)).num_minutes() * 100 / 14_400;
            assert!((70..85).contains(&part), "{part}");
            times.insert(one.next_at);
        }
        assert!(times.len() > 10, "{}", times.len());
        let mut short = Subscription::wanted(&links(), "c", at(0));
        for (lease, next, live) in [(1, 10, false), (600, 10, false), (u64::MAX, 366 * 1440 * 70 / 100, true)]
        {
            short.confirmed("f", Duration::from_secs(lease), at(0));
            assert!(short.next_at >= at(next), "{lease}");
            assert_eq!(short.is_live(at(10)), live, "{lease}");
        }
    }

    #[test]
    fn a_hub_is_asked_a_few_times_to_end_what_it_delivers() {
        let mut one = Subscription::wanted(&links(), "c", at(0));
        one.asked(at(0));
        assert!(!one.is_to_end("c", at(1)), "it does not deliver");
        one.confirmed("a", Duration::from_secs(3600), at(0));
        assert!(one.is_to_end("c", at(1)) && !one.is_to_end("other", at(1)) && !one.is_to_end("c", at(60)));
        let mut asked = Vec::new();
        for minute in 1..60 {
            if one.is_to_end("c", at(minute)) {
                one.asked_to_end(at(minute));
                asked.push(minute);
            }
        }
        assert_eq!(asked, [1, 6, 16, 36]);
        let read: Subscription = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert_eq!(read, one);
    }

    #[test]
    fn a_refusal_ends_what_there_was_only_where_it_says_so() {
        let mut state = FeedState::new("a", &Url::parse("https://news.example/feed").unwrap(), at(0));
        assert_eq!(state.told_until(at(0)), None);
        state.hub = Some(Box::new(links()));
        let mut one = Subscription::wanted(&links(), "c", at(0));
        one.confirmed("a", Duration::from_secs(3600), at(0));
        one.refused("status 400".into(), false, at(1));
        state.subscription = Some(Box::new(one.clone()));
        assert_eq!(state.told_until(at(1)), Some(at(60)));
        assert_eq!(state.told_until(at(60)), None, "the lease is over");
        if let Some(links) = &mut state.hub {
            links.undelivered = 1;
        }
        assert_eq!(state.told_until(at(1)), None, "it does not do what it promised");
        state.hub = Some(Box::new(HubLinks { topic: "https://news.example/other".into(), ..links() }));
        assert_eq!(state.told_until(at(1)), None, "of another topic");
        one.refused("it was moved".into(), true, at(1));
        assert!(!one.is_wanted(at(1)) && one.next_at == at(1441));
        assert!(one.in_words(at(1)).contains("it was moved"));
    }
}
