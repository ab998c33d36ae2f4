//! The simulated broker: a log of committed records for each shard, and who may append to it.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use copydesk::{
    ledger::{BEGUN_KEY, FeedState, Restored},
    publish::{Batch, Commit, LedgerEntry, Lost, Queue},
};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};

use super::{
    bugs::Bug,
    web::Web,
    world::{World, lock},
};

/// Partitions of the ledger.
pub const SHARDS: i32 = 3;

pub struct Kafka {
    world: Arc<World>,
    logs: Vec<Mutex<Log>>,
    /// Articles of all shards by address, as a `read_committed` reader sees them.
    articles: Mutex<BTreeMap<String, Vec<Article>>>,
    /// Addresses by article id.
    addresses: Mutex<BTreeMap<String, String>>,
}

#[derive(Default)]
struct Log {
    /// Owners so far: only the last may write.
    epoch: u64,
    blocked_until: Option<Instant>,
    /// Ledger records, and whether they were committed.
    ledger: Vec<(LedgerEntry, bool)>,
    latest: BTreeMap<String, Latest>,
}

/// What of a committed state the judge looks at.
#[derive(Clone, Debug, Deserialize)]
pub struct Latest {
    pub polled_at: Option<DateTime<Utc>>,
    pub due_at: DateTime<Utc>,
}

/// A committed article record; a tombstone has no title.
#[derive(Clone)]
pub struct Article {
    pub revision: u32,
    pub title: Option<String>,
    pub text: String,
    pub feed: String,
}

impl Kafka {
    pub fn new(world: &Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world: world.clone(),
            logs: (0..SHARDS).map(|_| Mutex::default()).collect(),
            articles: Mutex::default(),
            addresses: Mutex::default(),
        })
    }

    fn log(&self, shard: i32) -> std::sync::MutexGuard<'_, Log> {
        lock(&self.logs[usize::try_from(shard).expect("a shard")])
    }

    /// `init_transactions`: locks out whoever held the shard before.
    pub fn fence(&self, shard: i32) -> u64 {
        let mut log = self.log(shard);
        log.epoch += 1;
        log.epoch
    }

    pub fn epoch(&self, shard: i32) -> u64 {
        self.log(shard).epoch
    }

    pub fn block(&self, shard: i32, duration: Duration) {
        self.world.note(format_args!("shard {shard} blocked for {} s", duration.as_secs()));
        self.log(shard).blocked_until = Some(Instant::now() + duration);
    }

    fn is_blocked(&self, shard: i32) -> bool {
        !self.world.is_calm() && self.log(shard).blocked_until.is_some_and(|until| until > Instant::now())
    }

    pub fn latest(&self, shard: i32, feed: &str) -> Option<Latest> {
        self.log(shard).latest.get(feed).cloned()
    }

    pub fn published(&self, address: &str) -> Vec<Article> {
        lock(&self.articles).get(address).cloned().unwrap_or_default()
    }

    /// Reads a shard as a new owner does.
    pub fn restore(&self, shard: i32) -> Restored {
        let log = self.log(shard);
        let mut restored = Restored::default();
        let short = self.world.has(Bug::RestoreShort) && log.ledger.len() > 10;
        let end = if short { log.ledger.len() - 4 } else { log.ledger.len() };
        for (offset, (entry, committed)) in (0..).zip(log.ledger.iter().take(end)) {
            if !committed && !self.world.has(Bug::RestoreUncommitted) {
                continue;
            }
            if entry.feed == BEGUN_KEY && self.world.has(Bug::BegunForgotten) {
                continue;
            }
            restored.records += 1;
            let taken = restored.take("ledger", shard, offset, entry.feed.clone(), entry.state.as_deref());
            if taken.is_err() || !restored.corrupt.is_empty() {
                self.world.wrong(format_args!("unreadable state of {}: {taken:?}", entry.feed));
            }
        }
        restored
    }

    /// Appends a batch; uncommitted, it is seen by nobody.
    fn append(&self, shard: i32, batch: &Batch, committed: bool) {
        let world = &self.world;
        let what = if committed { "committed" } else { "aborted" };
        if committed {
            let mut articles = lock(&self.articles);
            for outgoing in &batch.articles {
                let record = &outgoing.record;
                let address = record.url.clone().expect("an address");
                lock(&self.addresses).insert(record.id.clone(), address.clone());
                let known = articles.entry(address.clone()).or_default();
                world.note(format_args!(
                    "{what} {address} revision {} by {}",
                    record.revision, record.feed.name
                ));
                let last = known.last().map_or(0, |article| article.revision);
                if world.exactly_once && record.revision != last + 1 {
                    world.wrong(format_args!("{address}: revision {} after {last}", record.revision));
                }
                known.push(Article {
                    revision: record.revision,
                    title: Some(record.title.clone()),
                    text: record.text.clone(),
                    feed: record.feed.name.clone(),
                });
            }
            for id in &batch.tombstones {
                let address = lock(&self.addresses).get(id).cloned().expect("a published article");
                world.note(format_args!("{what} tombstone of {address}"));
                let known = articles.entry(address).or_default();
                let last = known.last().cloned().expect("a published article");
                known.push(Article { title: None, ..last });
            }
        }
        if !batch.dead_letters.is_empty() {
            world.wrong(format_args!("a dead letter: {}", batch.dead_letters[0].detail));
        }
        let mut log = self.log(shard);
        for entry in &batch.ledger {
            world.note(format_args!("{what} state of {}", entry.feed));
            if committed && entry.feed != BEGUN_KEY {
                let latest = serde_json::from_slice(entry.state.as_deref().unwrap_or_default());
                log.latest.insert(entry.feed.clone(), latest.expect("a state"));
            }
            log.ledger.push((entry.clone(), committed));
        }
    }
}

/// Commits the batches of a shard, as `publish::ShardWriter` does.
pub struct Writer {
    pub world: Arc<World>,
    pub kafka: Arc<Kafka>,
    pub web: Arc<Web>,
    pub instance: usize,
    pub shard: i32,
    pub epoch: u64,
    /// Cleared when the instance is killed: nothing it has sent arrives any more.
    pub alive: Arc<AtomicBool>,
    pub state: WriterState,
}

#[derive(Default)]
pub struct WriterState {
    queue: Queue,
    busy: tokio::sync::Mutex<()>,
    closed: AtomicBool,
    blocked: AtomicBool,
    /// States kept by [`Bug::StaleStage`].
    stale: Mutex<BTreeMap<String, LedgerEntry>>,
}

impl Writer {
    fn is_closed(&self) -> bool {
        self.state.closed.load(Ordering::Relaxed)
    }

    async fn drive(&self, mut told: oneshot::Receiver<Result<(), Lost>>) -> Result<(), Lost> {
        loop {
            let guard = self.state.busy.lock().await;
            match told.try_recv() {
                Ok(result) => return result,
                Err(oneshot::error::TryRecvError::Closed) => return Err(Lost),
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
            let (batch, waiting) = self.state.queue.take();
            let unfinished = CloseOnDrop(self);
            let result = self.deliver(batch).await;
            std::mem::forget(unfinished);
            for done in waiting {
                done.send(result).ok();
            }
            if result.is_err() {
                self.close();
            }
            drop(guard);
        }
    }

    async fn deliver(&self, mut batch: Batch) -> Result<(), Lost> {
        if batch.is_empty() {
            return Ok(());
        }
        let (world, kafka, shard) = (&self.world, &self.kafka, self.shard);
        loop {
            world.pause(1..40).await;
            if !self.alive.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if self.is_closed() {
                return Err(Lost);
            }
            if kafka.is_blocked(shard) {
                self.state.blocked.store(true, Ordering::Relaxed);
                sleep(Duration::from_millis(500)).await;
                continue;
            }
            self.state.blocked.store(false, Ordering::Relaxed);
            if world.exactly_once && !world.has(Bug::NoFence) && kafka.epoch(shard) != self.epoch {
                world.note(format_args!("i{} is fenced from shard {shard}", self.instance));
                return Err(Lost);
            }
            if world.has(Bug::OkWithoutWriting) && world.chance(3) {
                return Ok(());
            }
            self.plant(&mut batch);
            if world.has(Bug::LedgerBeforeArticles) || !world.exactly_once {
                self.in_two_steps(batch).await;
            } else if world.fault(3) {
                // The answer is lost; the client knows neither way.
                kafka.append(shard, &batch, world.chance(50));
                world.pause(100..5_000).await;
                if world.has(Bug::RetryUnknown) {
                    kafka.append(shard, &batch, true);
                    return Ok(());
                }
                return Err(Lost);
            } else if world.fault(3) {
                // An abortable error: aborted for certain, so the same again.
                kafka.append(shard, &batch, false);
                continue;
            } else {
                kafka.append(shard, &batch, true);
            }
            world.pause(1..20).await;
            return Ok(());
        }
    }

    async fn in_two_steps(&self, batch: Batch) {
        let ledger = Batch { ledger: batch.ledger.clone(), ..Batch::default() };
        let articles = Batch { ledger: Vec::new(), ..batch };
        let steps = if self.world.exactly_once { [ledger, articles] } else { [articles, ledger] };
        for step in steps {
            self.kafka.append(self.shard, &step, true);
            self.world.pause(1..600).await;
        }
    }

    /// What a planted bug does to a batch.
    fn plant(&self, batch: &mut Batch) {
        if self.world.has(Bug::ValidatorsEarly) {
            for entry in &mut batch.ledger {
                let Some(served) = self.web.peek_served(self.instance, &entry.feed) else { continue };
                let mut state =
                    FeedState::from_json(entry.state.as_deref().unwrap_or_default()).expect("a state");
                state.validators = served.validators;
                state.body_hash = Some(served.hash);
                entry.state = Some(state.to_json());
            }
        }
        if self.world.has(Bug::StaleStage) {
            let stale = lock(&self.state.stale);
            let written: Vec<String> = batch.ledger.iter().map(|entry| entry.feed.clone()).collect();
            batch.ledger.extend(written.iter().filter_map(|feed| stale.get(feed)).cloned());
        }
    }
}

struct CloseOnDrop<'a>(&'a Writer);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Commit for Writer {
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        if self.is_closed() {
            return Box::pin(std::future::ready(Err(Lost)));
        }
        let told = self.state.queue.push(batch);
        Box::pin(self.drive(told))
    }

    fn stage(&self, entry: LedgerEntry) {
        if self.world.has(Bug::StaleStage) {
            lock(&self.state.stale).entry(entry.feed.clone()).or_insert_with(|| entry.clone());
        }
        self.state.queue.stage(entry);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
        if !self.state.queue.has_staged() {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.commit(Batch::default())
    }

    fn is_blocked(&self) -> bool {
        self.state.blocked.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.state.closed.store(true, Ordering::Relaxed);
        self.state.queue.give_up();
    }
}
