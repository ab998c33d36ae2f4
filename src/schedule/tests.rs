//! The scheduler against polls and writers that are not real, in paused time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc as blocking,
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use url::Url;

use super::*;
use crate::{
    clock::Clock,
    config::{ContentSource, Feed, Interval},
    ledger::{FeedState, Restored, ShardEvent, partition::shard_of},
    observe::{Health, Metrics},
    publish::{Batch, Commit, LedgerEntry, Lost, Sending},
};

const INTERVAL: u64 = 60;

/// A writer that writes nothing.
#[derive(Default)]
struct Writer {
    blocked: AtomicBool,
    closed: AtomicBool,
    lost: AtomicBool,
    flushes: AtomicUsize,
    staged: Mutex<Vec<String>>,
    written: Mutex<Vec<LedgerEntry>>,
}

impl Commit for Writer {
    fn commit(&self, batch: Batch) -> Sending<'_, Result<(), Lost>> {
        self.written.lock().unwrap().extend(batch.ledger);
        self.flush()
    }

    fn stage(&self, entry: LedgerEntry) {
        self.staged.lock().unwrap().push(entry.feed);
    }

    fn flush(&self) -> Sending<'_, Result<(), Lost>> {
        self.flushes.fetch_add(1, Ordering::Relaxed);
        let lost = self.lost.load(Ordering::Relaxed);
        Box::pin(async move { if lost { Err(Lost) } else { Ok(()) } })
    }

    fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

/// A poll: its feed, when it was begun, and the state that was lent.
type Begun = (String, Duration, Arc<FeedState>);

/// A running scheduler, and what it did.
struct Rig {
    shards: mpsc::Sender<ShardEvent>,
    reloads: mpsc::Sender<Reload>,
    again: mpsc::Receiver<i32>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Stopped>,
    log: Arc<Mutex<Vec<Begun>>>,
    /// Seconds the clock was stepped by.
    stepped: Arc<Mutex<TimeDelta>>,
    started: Instant,
}

fn base() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn feed(name: &str, interval_s: u64) -> Feed {
    Feed {
        name: name.to_owned(),
        url: Url::parse(&format!("http://{name}.example/feed")).unwrap(),
        interval: Interval::Every(Duration::from_secs(interval_s)),
        content: ContentSource::Feed,
        tags: Vec::new(),
        headers: Vec::new(),
        origin: String::new(),
    }
}

impl Rig {
    /// `poll` is told which poll it is, and gives how the poll ends.
    fn start<F>(feeds: Vec<Feed>, workers: usize, shards: i32, poll: F) -> Self
    where
        F: Fn(Lease, Clock) -> Sending<'static, PollReport> + Send + Sync + 'static,
    {
        let started = Instant::now();
        let stepped = Arc::new(Mutex::new(TimeDelta::zero()));
        let by = stepped.clone();
        let clock = Clock::from_fn(move || {
            base() + TimeDelta::from_std(started.elapsed()).unwrap() + *by.lock().unwrap()
        });
        let (shard_events, events) = mpsc::channel(16);
        let (reloads, reloading) = mpsc::channel(16);
        let (again, asked) = mpsc::channel(16);
        let (stop, stopping) = oneshot::channel::<()>();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (begun, at) = (log.clone(), clock.clone());
        let options = SchedulerOptions {
            workers,
            per_site: 2,
            shards,
            grace: Duration::from_secs(10),
            clock,
            metrics: Metrics::new().0,
            health: Health::default(),
            heartbeat: Heartbeat::default(),
            poll: Arc::new(move |lease: Lease| {
                begun.lock().unwrap().push((lease.feed.name.clone(), started.elapsed(), lease.state.clone()));
                poll(lease, at.clone())
            }),
            again,
        };
        let task = tokio::spawn(run(options, feeds, events, reloading, async {
            stopping.await.ok();
        }));
        Self { shards: shard_events, reloads, again: asked, stop: Some(stop), task, log, stepped, started }
    }

    async fn give(&self, shard: i32, states: Vec<FeedState>) -> Arc<Writer> {
        let states = states.into_iter().map(|state| (state.name.clone(), state)).collect();
        self.hand(shard, Restored { states, ..Restored::default() }).await
    }

    async fn hand(&self, shard: i32, restored: Restored) -> Arc<Writer> {
        let writer = Arc::new(Writer::default());
        let event = ShardEvent::Ready { shard, writer: writer.clone(), restored };
        assert!(self.shards.send(event).await.is_ok());
        writer
    }

    async fn revoke(&self, shard: i32) -> blocking::Receiver<()> {
        let (done, finished) = blocking::channel();
        assert!(self.shards.send(ShardEvent::Revoked { shard, done }).await.is_ok());
        finished
    }

    async fn reload(&self, feeds: Vec<Feed>) -> (usize, usize, usize) {
        let (done, told) = oneshot::channel();
        assert!(self.reloads.send(Reload { feeds, done }).await.is_ok());
        timeout(Duration::from_secs(1), told).await.expect("answered at once").unwrap()
    }

    async fn stop(mut self) -> (Stopped, Duration) {
        let asked = Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        let stopped = (&mut self.task).await.unwrap();
        (stopped, asked.elapsed())
    }

    fn polls(&self, name: &str) -> Vec<Duration> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|(feed, ..)| feed == name).map(|(_, at, _)| *at).collect()
    }

    fn last_state(&self, name: &str) -> Arc<FeedState> {
        let log = self.log.lock().unwrap();
        log.iter().rfind(|(feed, ..)| feed == name).unwrap().2.clone()
    }
}

/// A poll that takes so long and finds nothing.
fn takes(duration: Duration, lease: &Lease, clock: &Clock) -> Sending<'static, PollReport> {
    let mut next = FeedState::clone(&lease.state);
    let Interval::Every(every) = lease.feed.interval else { panic!("a fixed interval") };
    next.polled_at = Some(clock.now());
    next.due_at = clock.now() + TimeDelta::from_std(every).unwrap();
    Box::pin(async move {
        sleep(duration).await;
        PollReport::Polled(Box::new(next))
    })
}

fn quick(lease: Lease, clock: Clock) -> Sending<'static, PollReport> {
    takes(Duration::from_millis(100), &lease, &clock)
}

fn is_done(finished: &blocking::Receiver<()>) -> bool {
    finished.try_recv() == Err(blocking::TryRecvError::Disconnected)
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_never_on_lease_twice_and_a_slow_one_holds_up_nobody() {
    let feeds = vec![feed("slow", INTERVAL), feed("a", INTERVAL), feed("b", INTERVAL)];
    let under_way = Arc::new(Mutex::new(BTreeSet::new()));
    let rig = Rig::start(feeds, 2, 1, move |lease, clock| {
        let name = lease.feed.name.clone();
        assert!(under_way.lock().unwrap().insert(name.clone()), "{name} is on lease twice");
        assert!(under_way.lock().unwrap().len() <= 2, "two workers");
        let duration = if name == "slow" { Duration::from_secs(200) } else { Duration::from_secs(1) };
        let poll = takes(duration, &lease, &clock);
        let under_way = under_way.clone();
        Box::pin(async move {
            let report = poll.await;
            under_way.lock().unwrap().remove(&name);
            report
        })
    });
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(1_000)).await;
    assert!((4..=6).contains(&rig.polls("slow").len()), "{:?}", rig.polls("slow"));
    for name in ["a", "b"] {
        let polls = rig.polls(name);
        assert!(polls.len() >= 16, "{polls:?}");
        for pair in polls.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart >= Duration::from_secs(INTERVAL), "sooner than the interval: {polls:?}");
            assert!(apart <= Duration::from_secs(INTERVAL + 2), "held up: {polls:?}");
        }
    }
    assert!(!rig.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn stuck_workers_hold_up_neither_reload_nor_shutdown() {
    let feeds: Vec<Feed> = (0..50).map(|number| feed(&format!("f{number}"), 1)).collect();
    let rig = Rig::start(feeds.clone(), 4, 1, |_, _| Box::pin(std::future::pending()));
    let writer = rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(30)).await;
    assert_eq!(rig.log.lock().unwrap().len(), 4, "four workers, all stuck");
    let mut new = feeds;
    new.truncate(48);
    new.push(feed("new", 1));
    assert_eq!(rig.reload(new).await, (1, 0, 2));
    let (stopped, after) = rig.stop().await;
    assert_eq!(stopped, Stopped::CutOff(4));
    assert!(after <= Duration::from_secs(11), "{after:?}");
    assert!(writer.closed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_kafka_does_not_take_waits_alone() {
    let mut by_shard: BTreeMap<i32, Feed> = BTreeMap::new();
    for number in 0..20 {
        let feed = feed(&format!("f{number}"), 10);
        by_shard.entry(shard_of(&feed.url, 2)).or_insert(feed);
    }
    let (blocked, free) = (by_shard[&0].name.clone(), by_shard[&1].name.clone());
    let rig = Rig::start(by_shard.into_values().collect(), 4, 2, quick);
    let writer = rig.give(0, Vec::new()).await;
    rig.give(1, Vec::new()).await;
    writer.blocked.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(300)).await;
    assert!(rig.polls(&blocked).is_empty());
    assert!(rig.polls(&free).len() >= 29);
    writer.blocked.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.polls(&blocked).len(), 1, "at once, and once");
}

#[tokio::test(start_paused = true)]
async fn a_revoked_shard_is_let_go_when_its_polls_have_ended() {
    let feeds = vec![feed("a", 10), feed("b", 10)];
    let mut rig = Rig::start(feeds, 2, 1, |lease, clock| takes(Duration::from_secs(5), &lease, &clock));
    let writer = rig.give(0, Vec::new()).await;
    while rig.log.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    let begun = rig.log.lock().unwrap().len();
    let finished = rig.revoke(0).await;
    sleep(Duration::from_secs(2)).await;
    assert!(!is_done(&finished), "a poll is under way");
    assert!(!writer.closed.load(Ordering::Relaxed), "whose commit is still to come");
    sleep(Duration::from_secs(4)).await;
    assert!(is_done(&finished));
    assert!(writer.closed.load(Ordering::Relaxed) && writer.flushes.load(Ordering::Relaxed) > 0);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.log.lock().unwrap().len(), begun, "nothing new was begun");
    assert!(rig.again.try_recv().is_err(), "it was given away, not lost");
    // A shard that was never held is let go at once.
    let finished = rig.revoke(0).await;
    sleep(Duration::from_millis(10)).await;
    assert!(is_done(&finished));
}

#[tokio::test(start_paused = true)]
async fn a_lost_shard_is_asked_for_anew_and_a_late_lease_changes_nothing() {
    let feeds = vec![feed("slow", 10), feed("loser", 10)];
    let mut rig = Rig::start(feeds, 2, 1, |lease, clock| {
        let first = lease.state.polled_at.is_none();
        match lease.feed.name.as_str() {
            "loser" if first => Box::pin(async { PollReport::Lost }),
            "slow" => takes(Duration::from_secs(90), &lease, &clock),
            _ => quick(lease, clock),
        }
    });
    let writer = rig.give(0, Vec::new()).await;
    assert_eq!(timeout(Duration::from_secs(30), rig.again.recv()).await.unwrap(), Some(0));
    assert!(writer.closed.load(Ordering::Relaxed));
    let before = rig.log.lock().unwrap().len();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(rig.log.lock().unwrap().len(), before, "nothing is polled without the shard");

    let known = |name: &str| {
        let mut state = FeedState::new(name, &feed(name, 10).url, base());
        state.polled_at = Some(base() - TimeDelta::hours(1));
        state.failures = 7;
        state
    };
    let anew = rig.give(0, vec![known("slow"), known("loser")]).await;
    sleep(Duration::from_secs(200)).await;
    assert_eq!(rig.last_state("loser").failures, 7, "the restored state is what counts");
    assert_eq!(rig.last_state("slow").failures, 7, "not that of the lease that came back late");
    assert!(rig.polls("loser").len() > 10);
    assert!(rig.again.try_recv().is_err());

    // A flush finds out as well.
    anew.lost.store(true, Ordering::Relaxed);
    assert_eq!(timeout(Duration::from_secs(2), rig.again.recv()).await.unwrap(), Some(0));
    assert!(anew.closed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_polls_under_way() {
    let feeds = vec![feed("a", 1), feed("b", 1)];
    let rig = Rig::start(feeds, 2, 1, |lease, clock| takes(Duration::from_secs(6), &lease, &clock));
    let writer = rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(2)).await;
    let begun = rig.log.clone();
    let flushes = writer.flushes.load(Ordering::Relaxed);
    let (stopped, after) = rig.stop().await;
    assert_eq!(stopped, Stopped::Drained);
    assert!(after < Duration::from_secs(7), "{after:?}");
    assert_eq!(begun.lock().unwrap().len(), 2, "nothing new was begun");
    assert!(writer.flushes.load(Ordering::Relaxed) > flushes);
    assert!(writer.closed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_during_the_drain_is_answered() {
    let rig =
        Rig::start(vec![feed("a", 1)], 1, 1, |lease, clock| takes(Duration::from_secs(6), &lease, &clock));
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(2)).await;
    let shards = rig.shards.clone();
    let stopping = tokio::spawn(rig.stop());
    sleep(Duration::from_secs(1)).await;
    let (done, finished) = blocking::channel();
    assert!(shards.send(ShardEvent::Revoked { shard: 0, done }).await.is_ok());
    assert_eq!(stopping.await.unwrap().0, Stopped::Drained);
    sleep(Duration::from_millis(10)).await;
    assert!(is_done(&finished));
}

#[tokio::test(start_paused = true)]
async fn many_feeds_are_spread_and_not_bursted() {
    let feeds: Vec<Feed> = (0..600).map(|number| feed(&format!("f{number}"), INTERVAL)).collect();
    let most_a_second = |rig: &Rig, from: Duration| {
        let mut seconds: BTreeMap<u64, usize> = BTreeMap::new();
        for (_, at, _) in rig.log.lock().unwrap().iter().filter(|(_, at, _)| *at >= from) {
            *seconds.entry(at.as_secs()).or_default() += 1;
        }
        seconds.into_values().max().unwrap_or_default()
    };
    let rig = Rig::start(feeds.clone(), 1_000, 1, quick);
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(61)).await;
    assert!(rig.log.lock().unwrap().len() >= 600);
    assert!(most_a_second(&rig, Duration::ZERO) < 50, "600 new feeds over a minute");

    // Overdue ones, as after a night: about 50 a second.
    let overdue = feeds
        .iter()
        .map(|feed| FeedState::new(&feed.name, &feed.url, base() - TimeDelta::hours(9)))
        .collect();
    let rig = Rig::start(feeds, 1_000, 1, quick);
    rig.give(0, overdue).await;
    sleep(Duration::from_secs(24)).await;
    assert_eq!(rig.log.lock().unwrap().len(), 600);
    assert!(most_a_second(&rig, Duration::ZERO) < 80);
}

#[tokio::test(start_paused = true)]
async fn restarts_in_quick_succession_do_not_put_a_new_feed_off() {
    // Up for 4 s of every 12, in step with the minute.
    let mut waiting: BTreeMap<String, Feed> = (0..40)
        .map(|number| format!("f{number}"))
        .map(|name| (name.clone(), feed(&name, INTERVAL)))
        .collect();
    let begin = Instant::now();
    while !waiting.is_empty() && begin.elapsed() < Duration::from_secs(600) {
        let rig = Rig::start(waiting.values().cloned().collect(), 40, 1, quick);
        *rig.stepped.lock().unwrap() = TimeDelta::from_std(begin.elapsed()).unwrap();
        rig.give(0, Vec::new()).await;
        sleep(Duration::from_secs(4)).await;
        waiting.retain(|name, _| rig.polls(name).is_empty());
        rig.task.abort();
        sleep(Duration::from_secs(8)).await;
    }
    assert!(waiting.is_empty(), "never polled in ten minutes: {:?}", waiting.keys());
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_was_cut_off_counts_as_one() {
    let rig = Rig::start(vec![feed("a", INTERVAL)], 1, 1, |_, _| Box::pin(std::future::pending()));
    let writer = rig.give(0, Vec::new()).await;
    while rig.polls("a").is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    // Before the request goes out the ledger knows of it.
    let written = writer.written.lock().unwrap().clone();
    assert_eq!(written.len(), 1);
    let mut restored = Restored::default();
    restored.take("ledger", 0, 0, written[0].feed.clone(), written[0].state.as_deref()).unwrap();
    let begun = restored.begun["a"].at;
    assert_eq!(begun, base() + TimeDelta::from_std(rig.polls("a")[0]).unwrap());
    rig.task.abort();

    let anew = |states: Vec<FeedState>| {
        let begun = restored.begun.clone();
        async move {
            let rig = Rig::start(vec![feed("a", INTERVAL)], 1, 1, quick);
            *rig.stepped.lock().unwrap() = begun["a"].at - base();
            let states = states.into_iter().map(|state| (state.name.clone(), state)).collect();
            rig.hand(0, Restored { states, begun, ..Restored::default() }).await;
            sleep(Duration::from_secs(3 * INTERVAL)).await;
            rig.polls("a")
        }
    };
    for states in
        [Vec::new(), vec![FeedState::new("a", &feed("a", INTERVAL).url, begun - TimeDelta::hours(1))]]
    {
        let polls = anew(states).await;
        assert!(polls[0] >= Duration::from_secs(INTERVAL), "the request may have been sent: {polls:?}");
        assert!(polls[0] < Duration::from_secs(INTERVAL + 2) && polls.len() >= 2, "{polls:?}");
    }
    // One whose end is known is due when its state says so.
    let ended = FeedState::new("a", &feed("a", INTERVAL).url, begun + TimeDelta::seconds(9));
    assert_eq!(anew(vec![ended]).await[0].as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_kafka_does_not_allow_does_not_begin() {
    let mut rig = Rig::start(vec![feed("a", 10)], 1, 1, quick);
    let writer = Arc::new(Writer::default());
    writer.lost.store(true, Ordering::Relaxed);
    let restored = Restored::default();
    let event = ShardEvent::Ready { shard: 0, writer: writer.clone(), restored };
    assert!(rig.shards.send(event).await.is_ok());
    assert_eq!(timeout(Duration::from_secs(30), rig.again.recv()).await.unwrap(), Some(0));
    assert!(rig.polls("a").is_empty(), "fenced: the next owner polls it");
}

#[tokio::test(start_paused = true)]
async fn a_reload_during_a_lease_counts_when_the_lease_returns() {
    let feeds = vec![feed("gone", 10), feed("moved", 10), feed("same", 10)];
    let rig = Rig::start(feeds, 3, 1, |lease, clock| {
        let mut state = FeedState::clone(&lease.state);
        state.failures += 1;
        let lease = Lease { state: Arc::new(state), ..lease };
        takes(Duration::from_secs(5), &lease, &clock)
    });
    let due = |name: &str| FeedState::new(name, &feed(name, 10).url, base() + TimeDelta::seconds(1));
    rig.give(0, ["gone", "moved", "same"].map(due).into()).await;
    // One round is awaited on lease.
    while ["gone", "moved"].iter().any(|name| {
        rig.polls(name).last().is_none_or(|at| rig.started.elapsed() - *at > Duration::from_secs(4))
    }) {
        sleep(Duration::from_millis(50)).await;
    }
    let (gone, known) = (rig.polls("gone").len(), rig.last_state("gone").failures);
    let mut moved = feed("moved", 20);
    moved.url = Url::parse("http://moved.example/other").unwrap();
    assert_eq!(rig.reload(vec![moved.clone(), feed("same", 10)]).await, (0, 1, 1));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.polls("gone").len(), gone, "not polled any more");
    assert_eq!(rig.last_state("moved").url, moved.url, "the state belongs to the new address");
    // Back again: what was known is still known, the poll during the reload included.
    assert_eq!(rig.reload(vec![moved, feed("same", 10), feed("gone", 10)]).await, (1, 0, 0));
    sleep(Duration::from_secs(20)).await;
    assert!(rig.polls("gone").len() > gone);
    assert!(rig.last_state("gone").failures > known);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_panics_is_polled_again_later() {
    let rig = Rig::start(vec![feed("a", 10)], 1, 1, |lease, clock| match lease.state.failures {
        0 => Box::pin(async { panic!("on purpose") }),
        _ => quick(lease, clock),
    });
    let writer = rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(90)).await;
    let polls = rig.polls("a");
    assert!(polls.len() >= 2, "{polls:?}");
    assert!(polls[1] - polls[0] >= Duration::from_secs(60), "{polls:?}");
    assert_eq!(writer.staged.lock().unwrap().as_slice(), ["a"], "restarts keep the back-off");
}

#[tokio::test(start_paused = true)]
async fn what_must_stop_the_daemon_does() {
    let rig = Rig::start(vec![feed("a", 10)], 1, 1, quick);
    assert!(rig.shards.send(ShardEvent::Fatal("a newer ledger".into())).await.is_ok());
    assert_eq!(rig.task.await.unwrap(), Stopped::Fatal("a newer ledger".into()));
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_right_again_does_not_leave_feeds_alone_for_long() {
    let rig = Rig::start(vec![feed("a", INTERVAL), feed("b", INTERVAL)], 2, 1, quick);
    *rig.stepped.lock().unwrap() = TimeDelta::days(400);
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(100)).await;
    let polls = rig.polls("a").len();
    assert!(polls > 0);
    *rig.stepped.lock().unwrap() = TimeDelta::zero();
    sleep(Duration::from_secs(3 * INTERVAL)).await;
    assert!(rig.polls("a").len() >= polls + 2, "{:?}", rig.polls("a"));
}
