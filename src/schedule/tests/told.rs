//! What hubs deliver and say, between and during polls.

use super::*;
use crate::ledger::{HubLinks, Subscription};

const TOPIC: &str = "http://a.example/feed";

/// Longer than the first polls are away.
const LONG: u64 = 110;

fn with_hub(feed: &Feed, due_s: i64) -> FeedState {
    let mut state = FeedState::new(&feed.name, &feed.url, base() + TimeDelta::seconds(due_s));
    state.adopt(feed);
    let hub = Url::parse("https://hub.example/").unwrap();
    state.hub = Some(Box::new(HubLinks { hub, topic: TOPIC.into(), undelivered: 0 }));
    state.polled_at = Some(base() - TimeDelta::seconds(10));
    state
}

impl Rig {
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (answer, told) = oneshot::channel();
        assert!(self.reloads.send(request(answer)).await.is_ok());
        timeout(Duration::from_secs(1), told).await.expect("answered at once").unwrap()
    }

    async fn deliver(&self, name: &str) -> Taken {
        let document = Delivered { content_type: None, body: bytes::Bytes::new(), share: None, at: base() };
        self.ask(|answer| Request::Deliver(Delivery { feed: name.into(), document, answer })).await
    }

    async fn hubs_to_ask(&self, callback: &str) -> usize {
        let wanted = |answer| Request::HubsToAsk(HubsToAsk { callback: callback.into(), most: 9, answer });
        self.ask(wanted).await.len()
    }

    async fn says(&self, said: HubSaid) -> bool {
        self.says_of(TOPIC, said).await
    }

    async fn says_of(&self, topic: &str, said: HubSaid) -> bool {
        self.ask(|answer| Request::HubTold(HubTold { feed: "a".into(), topic: topic.into(), said, answer }))
            .await
    }

    /// Topics that hubs are asked to end.
    async fn topics_to_end(&self, name: &str) -> Vec<String> {
        let ending = self.ask(|answer| Request::Ending(name.into(), answer)).await;
        ending.into_iter().map(|known| known.topic).collect()
    }

    async fn to_end(&self, name: &str) -> bool {
        !self.topics_to_end(name).await.is_empty()
    }

    async fn state(&self, name: &str) -> Arc<FeedState> {
        self.ask(|answer| Request::Feed(name.into(), answer)).await.unwrap().state.unwrap()
    }
}

/// A delivery leaves the state as it was; another poll is as `takes` has it.
fn reads(lease: Lease, clock: Clock) -> BoxFuture<'static, PollReport> {
    match (&lease.delivered, lease.feed.interval) {
        (None, Interval::Every(_)) => takes(Duration::from_secs(5), &lease, &clock),
        (delivered, _) => {
            let mut next = FeedState::clone(&lease.state);
            if delivered.is_none() {
                next.due_at = clock.now() + TimeDelta::days(1);
            }
            Box::pin(async move {
                sleep(Duration::from_secs(2)).await;
                PollReport::Polled(Box::new(next))
            })
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_read_at_once_and_moves_no_poll() {
    let rig = Rig::start(vec![feed("a", LONG)], 4, 1, reads);
    assert_eq!(rig.deliver("a").await, Taken::Elsewhere, "nobody has the feed yet");
    let writer = rig.give(0, vec![with_hub(&feed("a", LONG), 100)]).await;
    sleep(Duration::from_secs(10)).await;
    let taken = [rig.deliver("a").await, rig.deliver("a").await, rig.deliver("b").await];
    assert_eq!(taken, [Taken::Read, Taken::Read, Taken::Elsewhere]);
    sleep(Duration::from_secs(9)).await;
    let seconds = |rig: &Rig| rig.polls("a").iter().map(Duration::as_secs).collect::<Vec<_>>();
    assert_eq!(seconds(&rig), [10, 12], "one after the other");
    assert_eq!(rig.state("a").await.due_at, base() + TimeDelta::seconds(100));
    // During a poll it waits for its end; at the time of the poll it is no poll.
    sleep(Duration::from_millis(82_500)).await;
    assert_eq!(rig.deliver("a").await, Taken::Read);
    sleep(Duration::from_secs(50)).await;
    assert_eq!(seconds(&rig), [10, 12, 100, 105]);
    // Of a shard that cannot commit nothing is begun.
    writer.blocked.store(true, Ordering::Relaxed);
    rig.deliver("a").await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(rig.polls("a").len(), 4);
    writer.blocked.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(rig.polls("a").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn too_many_deliveries_are_one_poll_and_a_paused_feed_takes_none() {
    let adaptive = Feed { interval: Interval::Adaptive, ..feed("a", INTERVAL) };
    let rig = Rig::start(vec![adaptive.clone()], 4, 1, reads);
    rig.give(0, vec![with_hub(&adaptive, 50_000)]).await;
    sleep(Duration::from_secs(1)).await;
    let mut taken = Vec::new();
    for _ in 0..20 {
        taken.push(rig.deliver("a").await);
    }
    let read = taken.iter().filter(|taken| **taken == Taken::Read).count();
    assert!((8..=9).contains(&read) && taken.last() == Some(&Taken::Polled), "{taken:?}");
    sleep(Duration::from_secs(280)).await;
    assert_eq!(rig.polls("a").len(), read, "the last poll was a moment ago");
    sleep(Duration::from_secs(12)).await;
    assert!(rig.polls("a").len() > read, "as soon as its interval allows");
    sleep(Duration::from_secs(100)).await;
    let pause = |done| Request::Pause(Pause { feed: "a".into(), paused: true, done });
    assert_eq!(rig.ask(pause).await, Ok(true));
    assert_eq!(rig.deliver("a").await, Taken::Paused);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_belongs_to_the_scheduler_also_during_a_poll() {
    let rig = Rig::start(vec![feed("a", LONG), feed("b", LONG)], 4, 1, reads);
    let writer = rig.give(0, vec![with_hub(&feed("a", LONG), 100)]).await;
    sleep(Duration::from_secs(1)).await;
    assert!(!rig.says(HubSaid::Confirms(Duration::from_secs(86_400))).await, "it was not asked");
    assert_eq!((rig.hubs_to_ask("here").await, rig.hubs_to_ask("here").await), (1, 0), "b names no hub");
    assert!(writer.staged.lock().unwrap().iter().any(|key| key.contains('a')));
    // A poll is under way, and ends with the state that it was lent.
    sleep(Duration::from_secs(101)).await;
    assert!(rig.says(HubSaid::Confirms(Duration::from_secs(86_400))).await);
    let staged = writer.staged.lock().unwrap().len();
    sleep(Duration::from_secs(10)).await;
    let live = |state: &FeedState, clock: i64| state.told_until(base() + TimeDelta::seconds(clock)).is_some();
    assert!(live(&*rig.state("a").await, 120), "not lost with the end of the poll");
    assert!(writer.staged.lock().unwrap().len() > staged, "and written");
    assert_eq!(rig.hubs_to_ask("here").await, 0, "before it is time to renew");
    assert_eq!(rig.hubs_to_ask("elsewhere").await, 1, "its address is another");
    assert!(!live(&*rig.state("a").await, 120));
    assert!(rig.says(HubSaid::Confirms(Duration::from_secs(86_400))).await);
    assert!(rig.says(HubSaid::Denies("gone".into())).await);
    assert!(!rig.says(HubSaid::Confirms(Duration::from_secs(86_400))).await, "not asked since");
    // The state goes with the shard.
    let state = FeedState::clone(&*rig.state("a").await);
    assert!(state.subscription.as_ref().is_some_and(|known| known.error.is_some()));
    assert_eq!(FeedState::from_json(&state.to_due_json()).unwrap().subscription, state.subscription);
}

#[tokio::test(start_paused = true)]
async fn the_hub_of_a_feed_that_nobody_wants_is_asked_to_end() {
    let rig = Rig::start(vec![feed("a", LONG), feed("b", LONG)], 4, 1, reads);
    let writer = rig.give(0, vec![with_hub(&feed("a", LONG), 1_000)]).await;
    sleep(Duration::from_secs(1)).await;
    let day = Duration::from_secs(86_400);
    assert_eq!(rig.hubs_to_ask("here").await, 1);
    assert!(rig.says(HubSaid::Confirms(day)).await);
    assert!(!rig.says(HubSaid::Ends).await && !rig.to_end("a").await, "it is wanted");
    rig.reload(vec![feed("b", LONG)]).await;
    assert!(!rig.says(HubSaid::Ends).await, "nobody has asked yet");
    assert_eq!(rig.hubs_to_ask("elsewhere").await, 0, "it delivers to another address");
    let staged = writer.staged.lock().unwrap().len();
    assert_eq!((rig.hubs_to_ask("here").await, rig.hubs_to_ask("here").await), (1, 0));
    assert!(rig.to_end("a").await && writer.staged.lock().unwrap().len() > staged);
    assert!(!rig.says(HubSaid::Confirms(day)).await, "it is not to go on");
    assert!(rig.says(HubSaid::Fails("status 500".into())).await);
    sleep(Duration::from_secs(301)).await;
    assert_eq!(rig.hubs_to_ask("here").await, 1, "once more");
    assert!(rig.says(HubSaid::Ends).await);
    assert!(!rig.says(HubSaid::Ends).await && !rig.to_end("a").await, "it has ended");
    assert_eq!(rig.deliver("a").await, Taken::Elsewhere);
    // Wanted again: asked anew, also where the end was asked for and never confirmed.
    rig.reload(vec![feed("a", LONG), feed("b", LONG)]).await;
    assert_eq!(rig.hubs_to_ask("here").await, 1);
    assert!(rig.says(HubSaid::Confirms(day)).await);
    rig.reload(vec![feed("b", LONG)]).await;
    assert_eq!(rig.hubs_to_ask("here").await, 1);
    rig.reload(vec![feed("a", LONG), feed("b", LONG)]).await;
    assert_eq!(rig.hubs_to_ask("here").await, 1);
    assert!(!rig.says(HubSaid::Ends).await && rig.says(HubSaid::Confirms(day)).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_in_two_shards_ends_by_its_topic() {
    let rig = Rig::start(vec![feed("b", LONG)], 4, 2, reads);
    for (shard, topic) in [(0, "http://old.example/feed"), (1, TOPIC)] {
        let mut left = with_hub(&feed("a", LONG), 1_000);
        let links = HubLinks { topic: topic.into(), ..*left.hub.take().unwrap() };
        let mut known = Subscription::wanted(&links, "here", base());
        known.confirmed("a", Duration::from_secs(86_400), base());
        left.hub = Some(Box::new(links));
        left.subscription = Some(Box::new(known));
        rig.give(shard, vec![left]).await;
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.hubs_to_ask("here").await, 2);
    assert!(!rig.says_of("http://other.example/feed", HubSaid::Ends).await);
    assert_eq!(rig.topics_to_end("a").await, ["http://old.example/feed", TOPIC]);
    assert!(rig.says_of(TOPIC, HubSaid::Ends).await);
    assert_eq!(rig.topics_to_end("a").await, ["http://old.example/feed"]);
    assert!(!rig.says_of(TOPIC, HubSaid::Ends).await, "it has ended");
    assert!(rig.says_of("http://old.example/feed", HubSaid::Denies("gone".into())).await);
    assert!(!rig.to_end("a").await);
}
