//! The desk that the cases run: the real scheduler, polls and fetcher; a ledger in memory; a clock
//! that can jump.

#![expect(clippy::disallowed_methods, reason = "the machine's own time, beside the clock that jumps")]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    clean::Cleaner,
    clock::Clock,
    config::{Config, Feed},
    edit::Editor,
    fetch::{Fetcher, Lookup},
    ledger::{FeedState, Restored, ShardEvent},
    observe::{Health, Heartbeat, Metrics},
    publish::{Batch, Commit, LedgerEntry, Lost},
    schedule::{self, Lease, PollReport, Reload, Request, SchedulerOptions, Stopped},
    tag::Tagger,
    websub,
    worker::{self, Cpu, Environment, SharedStories, WorkerOptions},
};
use futures_util::future::BoxFuture;
use prometheus_client::registry::Registry;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

/// The machine is given this long to do what is due.
const IDLE: Duration = Duration::from_millis(40);

/// Wall time: real, and what it was moved by. tokio's clock is moved with it.
#[derive(Clone)]
pub struct Time {
    started: Instant,
    moved_ms: Arc<AtomicI64>,
}

impl Time {
    pub fn new() -> Self {
        Self { started: Instant::now(), moved_ms: Arc::default() }
    }

    pub fn now(&self) -> DateTime<Utc> {
        let base = DateTime::<Utc>::from_timestamp(1_790_000_000, 0).expect("within range");
        let elapsed = TimeDelta::from_std(self.started.elapsed()).expect("within range");
        base + elapsed + TimeDelta::milliseconds(self.moved_ms.load(Relaxed))
    }

    pub fn clock(&self) -> Clock {
        let time = self.clone();
        Clock::from_fn(move || time.now())
    }

    async fn advance(&self, by: TimeDelta) {
        let by = by.max(TimeDelta::milliseconds(1));
        tokio::time::pause();
        self.moved_ms.fetch_add(by.num_milliseconds(), Relaxed);
        tokio::time::advance(by.to_std().unwrap_or_default()).await;
        tokio::time::resume();
    }
}

/// What Kafka would hold.
#[derive(Default)]
pub struct Ledger {
    records: Mutex<Vec<LedgerEntry>>,
    staged: Mutex<Vec<LedgerEntry>>,
    published: AtomicUsize,
    to_lose: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    fn restored(&self) -> Restored {
        let mut restored = Restored::default();
        for (offset, entry) in (0..).zip(lock(&self.records).iter()) {
            restored
                .take("ledger", 0, offset, entry.feed.clone(), entry.state.as_deref())
                .expect("a record of ours");
        }
        restored
    }

    fn write(&self, entries: Vec<LedgerEntry>) {
        lock(&self.records).extend(entries);
    }
}

impl Commit for Ledger {
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        // What only says that a poll begins is not what a case wants to lose.
        let says = !batch.articles.is_empty();
        if says && self.to_lose.load(Relaxed) > 0 {
            self.to_lose.fetch_sub(1, Relaxed);
            return Box::pin(async { Err(Lost) });
        }
        self.published.fetch_add(batch.articles.len(), Relaxed);
        let staged = std::mem::take(&mut *lock(&self.staged));
        self.write(staged);
        self.write(batch.ledger);
        Box::pin(async { Ok(()) })
    }

    fn stage(&self, entry: LedgerEntry) {
        lock(&self.staged).push(entry);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
        let staged = std::mem::take(&mut *lock(&self.staged));
        self.write(staged);
        Box::pin(async { Ok(()) })
    }

    fn is_blocked(&self) -> bool {
        false
    }

    fn close(&self) {}
}

/// Polls so far, and the states they left.
#[derive(Default)]
pub struct Polls {
    begun: AtomicUsize,
    pub ended: AtomicUsize,
    pub states: Mutex<BTreeMap<String, FeedState>>,
}

/// A running daemon.
pub struct Desk {
    pub time: Time,
    pub ledger: Arc<Ledger>,
    pub polls: Arc<Polls>,
    pub registry: Registry,
    config: Config,
    shards: mpsc::Sender<ShardEvent>,
    reloads: mpsc::Sender<Request>,
    /// Where hubs deliver to, and what serves them.
    pub hubs: Option<(SocketAddr, JoinHandle<()>)>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Stopped>,
}

impl Desk {
    pub async fn start(time: &Time, config: Config, lookup: Lookup, ledger: Arc<Ledger>) -> Self {
        let clock = time.clock();
        let (metrics, mut registry) = Metrics::new();
        let fetcher = Fetcher::with_lookup(&config.http, clock.clone(), lookup).expect("a fetcher");
        registry.register_collector(Box::new(copydesk::observe::Requests(fetcher.clone())));
        let environment = Arc::new(Environment {
            origin: Arc::new(fetcher.clone()),
            editor: watch::channel(editor()).1,
            stories: Arc::new(SharedStories::default()),
            destinations: worker::Destinations::default(),
            cpu: Cpu::inline(),
            clock: clock.clone(),
            metrics: metrics.clone(),
            fired: copydesk::observe::Fired::default(),
            options: WorkerOptions::of(&config),
        });
        let polls = Arc::new(Polls::default());
        let counted = polls.clone();
        let (shards, events) = mpsc::channel(16);
        let (reloads, reloading) = mpsc::channel(16);
        let (again, mut asked) = mpsc::channel(16);
        let (stop, stopping) = oneshot::channel::<()>();
        let options = SchedulerOptions {
            workers: config.daemon.workers,
            waiting: config.daemon.waiting,
            per_site: config.http.per_site,
            spread: config.daemon.start_spread,
            shards: 1,
            grace: Duration::from_secs(10),
            clock,
            metrics,
            health: Health::default(),
            heartbeat: Heartbeat::default(),
            poll: Arc::new(move |lease: Lease| Box::pin(poll(environment.clone(), counted.clone(), lease))),
            again,
        };
        let hubs = match &config.websub.callback {
            Some(callback) => {
                let (scheduler, metrics) = (reloads.clone(), options.metrics.clone());
                let parts = websub::Parts::of(
                    &config.websub,
                    callback,
                    scheduler,
                    fetcher,
                    options.clock.clone(),
                    metrics,
                );
                let (listener, address) = websub::listen(callback.listen).await.expect("a port");
                Some((address, tokio::spawn(websub::run(listener, parts))))
            }
            None => None,
        };
        let task = tokio::spawn(schedule::run(options, config.feeds.clone(), events, reloading, async {
            stopping.await.ok();
        }));
        let desk = Self {
            time: time.clone(),
            ledger,
            polls,
            registry,
            config,
            shards,
            reloads,
            hubs,
            stop: Some(stop),
            task,
        };
        desk.give().await;
        // A shard that was lost is taken anew.
        let (shards, ledger) = (desk.shards.clone(), desk.ledger.clone());
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                shards.send(ready(&ledger)).await.ok();
            }
        });
        desk
    }

    async fn give(&self) {
        assert!(self.shards.send(ready(&self.ledger)).await.is_ok(), "the scheduler runs");
    }

    /// Ends in order, or is killed; the ledger is left.
    pub async fn end(mut self, killed: bool) -> Arc<Ledger> {
        if let Some((_, serving)) = &self.hubs {
            serving.abort();
        }
        if killed {
            self.task.abort();
            lock(&self.ledger.staged).clear();
        } else {
            self.stop.take().expect("once").send(()).ok();
            (&mut self.task).await.ok();
        }
        self.ledger.clone()
    }

    pub async fn reload(&mut self, feeds: Vec<Feed>) {
        let (done, told) = oneshot::channel();
        self.config.feeds = feeds.clone();
        assert!(
            self.reloads.send(Request::Reload(Reload { feeds, done })).await.is_ok(),
            "the scheduler runs"
        );
        told.await.expect("an answer");
    }

    /// The next so many commits fail.
    pub fn lose(&self, commits: usize) {
        self.ledger.to_lose.store(commits, Relaxed);
    }

    pub fn published(&self) -> usize {
        self.ledger.published.load(Relaxed)
    }

    /// State of a feed; none before its first poll.
    pub fn state(&self, name: &str) -> Option<FeedState> {
        let known = lock(&self.polls.states).get(name).cloned();
        known.or_else(|| self.ledger.restored().states.get(name).cloned())
    }

    fn first_name(&self) -> &str {
        self.config.feeds.first().map_or("", |feed| feed.name.as_str())
    }

    /// State of the first feed.
    pub fn first(&self) -> FeedState {
        self.state(self.first_name()).expect("it was polled")
    }

    /// Lets time pass until `enough`, or `end`.
    pub async fn run(&self, end: DateTime<Utc>, enough: impl Fn(&Self) -> bool) {
        loop {
            self.settle().await;
            if enough(self) || self.time.now() >= end {
                return;
            }
            let now = self.time.now();
            let next = self.next(now).min(end);
            self.time.advance(next - now).await;
        }
    }

    /// The machine sleeps.
    pub async fn sleep(&self, time: TimeDelta) {
        self.time.advance(time).await;
    }

    /// Waits until nothing is under way. A server that says nothing has all the time there is.
    async fn settle(&self) {
        let mut idle = Instant::now();
        let mut seen = (0, 0);
        loop {
            tokio::time::sleep(Duration::from_millis(3)).await;
            let now = (self.polls.begun.load(Relaxed), self.polls.ended.load(Relaxed));
            if now != seen {
                (seen, idle) = (now, Instant::now());
            }
            if idle.elapsed() > IDLE {
                if now.0 == now.1 {
                    return self.look().await;
                }
                self.time.advance(TimeDelta::milliseconds(500)).await;
                idle = Instant::now();
            }
        }
    }

    /// What hubs say changes states without a poll.
    pub async fn look(&self) {
        if self.hubs.is_none() {
            return;
        }
        let (answer, told) = oneshot::channel();
        let names = self.config.feeds.iter().map(|feed| feed.name.clone()).collect();
        self.reloads.send(Request::Feeds(names, answer)).await.ok();
        for shown in told.await.unwrap_or_default() {
            if let Some(state) = shown.state.filter(|state| state.polled_at.is_some()) {
                lock(&self.polls.states).insert(shown.feed.name.clone(), FeedState::clone(&state));
            }
        }
    }

    /// When something may be next: a feed is due, or a site is no longer left alone.
    fn next(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let soon = now + TimeDelta::seconds(1);
        let mut next: Option<DateTime<Utc>> = None;
        let mut sooner = |at: DateTime<Utc>| next = Some(next.map_or(at, |next| next.min(at)));
        let states: Option<Vec<FeedState>> =
            self.config.feeds.iter().map(|feed| self.state(&feed.name)).collect();
        // One of them is new.
        let Some(states) = states else { return soon };
        let paused = states.iter().filter_map(|state| state.site_paused_until).filter(|until| *until > now);
        let paused = paused.min();
        if self.hubs.is_some() {
            // It is looked for hubs every five seconds.
            let asked = states.iter().filter_map(|state| state.subscription.as_ref());
            let asked = asked.map(|subscription| subscription.next_at + TimeDelta::seconds(6));
            asked.filter(|at| *at > now).for_each(&mut sooner);
        }
        for state in states {
            // Who is overdue waits for something.
            sooner(if state.due_at > now { state.due_at } else { paused.unwrap_or(soon) });
        }
        next.unwrap_or(soon)
    }
}

fn ready(ledger: &Arc<Ledger>) -> ShardEvent {
    ShardEvent::Ready { shard: 0, writer: ledger.clone(), restored: ledger.restored() }
}

async fn poll(environment: Arc<Environment>, polls: Arc<Polls>, lease: Lease) -> PollReport {
    polls.begun.fetch_add(1, Relaxed);
    let report = worker::poll(environment, lease).await;
    if let PollReport::Polled(state) = &report {
        lock(&polls.states).insert(state.name.clone(), FeedState::clone(state));
    }
    polls.ended.fetch_add(1, Relaxed);
    report
}

fn editor() -> Arc<Editor> {
    static EDITOR: std::sync::OnceLock<Arc<Editor>> = std::sync::OnceLock::new();
    EDITOR.get_or_init(|| Arc::new(Editor::new(Cleaner::builtin(), Tagger::builtin()))).clone()
}
