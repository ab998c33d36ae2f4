//! The scheduler against polls and writers that are not real, in paused time.

mod feeds;
mod roll;
mod shards;
mod spread;
mod told;

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
use futures_util::future::BoxFuture;
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
    observe::{Health, Heartbeat, Metrics},
    publish::{Batch, Commit, LedgerEntry, Lost},
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
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        self.written.lock().unwrap().extend(batch.ledger);
        self.flush()
    }

    fn stage(&self, entry: LedgerEntry) {
        self.staged.lock().unwrap().push(entry.feed);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
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
    reloads: mpsc::Sender<Request>,
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
        interval: Interval::Every(Duration::from_secs(interval_s)),
        content: ContentSource::Feed,
        ..Feed::new(name, Url::parse(&format!("http://{name}.example/feed")).unwrap())
    }
}

impl Rig {
    /// `poll` is told which poll it is, and gives how the poll ends.
    fn start<F>(feeds: Vec<Feed>, workers: usize, shards: i32, poll: F) -> Self
    where
        F: Fn(Lease, Clock) -> BoxFuture<'static, PollReport> + Send + Sync + 'static,
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
            waiting: 1_024,
            per_site: 2,
            spread: Duration::from_secs(60),
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
        assert!(self.reloads.send(Request::Reload(Reload { feeds, done })).await.is_ok());
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
fn takes(duration: Duration, lease: &Lease, clock: &Clock) -> BoxFuture<'static, PollReport> {
    let mut next = FeedState::clone(&lease.state);
    let Interval::Every(every) = lease.feed.interval else { panic!("a fixed interval") };
    next.polled_at = Some(clock.now());
    next.due_at = clock.now() + TimeDelta::from_std(every).unwrap();
    Box::pin(async move {
        sleep(duration).await;
        PollReport::Polled(Box::new(next))
    })
}

fn quick(lease: Lease, clock: Clock) -> BoxFuture<'static, PollReport> {
    takes(Duration::from_millis(100), &lease, &clock)
}

fn is_done(finished: &blocking::Receiver<()>) -> bool {
    finished.try_recv() == Err(blocking::TryRecvError::Disconnected)
}
