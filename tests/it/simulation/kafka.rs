//! The simulated broker: a log for each shard, and transactions over several of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use copydesk::{
    ledger::{BEGUN_KEY, OWNER_KEY, Restored},
    publish::{ArticleRecord, Batch, LedgerEntry},
};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::{
    bugs::Bug,
    web::{Item, Web, address, of_title},
    world::{World, lock},
};

/// Partitions of the ledger.
pub const SHARDS: i32 = 3;

/// The coordinator aborts what has been open for so long.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(15);

pub struct Kafka {
    world: Arc<World>,
    logs: Vec<Mutex<Log>>,
    /// Transactions that are open.
    open: Mutex<BTreeSet<u64>>,
    begun: Mutex<u64>,
    /// Articles of all shards by address, as a `read_committed` reader sees them.
    articles: Mutex<BTreeMap<String, Vec<Article>>>,
    /// Addresses by article id.
    addresses: Mutex<BTreeMap<String, String>>,
    web: Arc<Web>,
}

#[derive(Default)]
struct Log {
    /// Owners so far.
    epoch: u64,
    blocked_until: Option<Instant>,
    records: Vec<Record>,
    latest: BTreeMap<String, Latest>,
}

/// What takes an offset of a log.
enum Record {
    Ledger {
        entry: LedgerEntry,
        transaction: u64,
        status: Status,
    },
    /// The end of a transaction.
    Marker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    Committed,
    Aborted,
}

/// The transaction was ended by the coordinator: its producer is locked out.
pub struct Fenced;

fn offset(index: usize) -> i64 {
    i64::try_from(index).expect("a short log")
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
    pub fn new(world: &Arc<World>, web: &Arc<Web>) -> Arc<Self> {
        Arc::new(Self {
            world: world.clone(),
            logs: (0..SHARDS).map(|_| Mutex::default()).collect(),
            open: Mutex::default(),
            begun: Mutex::default(),
            articles: Mutex::default(),
            addresses: Mutex::default(),
            web: web.clone(),
        })
    }

    fn log(&self, shard: i32) -> std::sync::MutexGuard<'_, Log> {
        lock(&self.logs[usize::try_from(shard).expect("a shard")])
    }

    pub fn epoch(&self, shard: i32) -> u64 {
        self.log(shard).epoch
    }

    pub fn block(&self, shard: i32, duration: Duration) {
        self.world.note(format_args!("shard {shard} blocked for {} s", duration.as_secs()));
        self.log(shard).blocked_until = Some(Instant::now() + duration);
    }

    pub fn is_blocked(&self, shard: i32) -> bool {
        !self.world.is_calm() && self.log(shard).blocked_until.is_some_and(|until| until > Instant::now())
    }

    pub fn latest(&self, shard: i32, feed: &str) -> Option<Latest> {
        self.log(shard).latest.get(feed).cloned()
    }

    pub fn published(&self, address: &str) -> Vec<Article> {
        lock(&self.articles).get(address).cloned().unwrap_or_default()
    }

    /// Begins a transaction; the coordinator ends it where its producer does not.
    pub fn begin(self: &Arc<Self>) -> u64 {
        let id = {
            let mut begun = lock(&self.begun);
            *begun += 1;
            *begun
        };
        lock(&self.open).insert(id);
        let kafka = self.clone();
        tokio::spawn(async move {
            sleep(TRANSACTION_TIMEOUT).await;
            if kafka.abort(id).is_ok() {
                kafka.world.note(format_args!("transaction {id} is aborted by the coordinator"));
            }
        });
        id
    }

    /// Appends the ledger records of a shard to an open transaction; gives their offsets.
    pub fn send(&self, transaction: u64, shard: i32, ledger: &[LedgerEntry]) -> Vec<i64> {
        let is_open = lock(&self.open).contains(&transaction);
        let mut log = self.log(shard);
        let status = if is_open { Status::Open } else { Status::Aborted };
        let first = log.records.len();
        for entry in ledger {
            log.records.push(Record::Ledger { entry: entry.clone(), transaction, status });
        }
        (first..log.records.len()).map(offset).collect()
    }

    /// Makes all of a transaction seen.
    pub fn commit(&self, transaction: u64, batches: &[(i32, &Batch)]) -> Result<(), Fenced> {
        if !lock(&self.open).remove(&transaction) {
            return Err(Fenced);
        }
        for (_, batch) in batches {
            self.publish(batch);
        }
        self.end(transaction, Status::Committed);
        Ok(())
    }

    /// Makes nothing of it seen.
    pub fn abort(&self, transaction: u64) -> Result<(), Fenced> {
        if !lock(&self.open).remove(&transaction) {
            return Err(Fenced);
        }
        self.end(transaction, Status::Aborted);
        Ok(())
    }

    fn end(&self, transaction: u64, end: Status) {
        for shard in 0..SHARDS {
            let mut log = self.log(shard);
            let mut ended = Vec::new();
            for record in log.records.iter_mut().rev() {
                if let Record::Ledger { entry, transaction: of, status } = record
                    && *of == transaction
                {
                    *status = end;
                    ended.push(entry.clone());
                }
            }
            if ended.is_empty() {
                continue;
            }
            for entry in ended.iter().rev() {
                self.world.note(format_args!("{end:?} state of {} in {shard}", entry.feed));
                if end == Status::Committed {
                    log.took(entry);
                }
            }
            log.records.push(Record::Marker);
        }
    }

    /// Appends without a transaction.
    pub fn append(&self, shard: i32, ledger: &[LedgerEntry]) {
        let mut log = self.log(shard);
        for entry in ledger {
            self.world.note(format_args!("written state of {} in {shard}", entry.feed));
            log.took(entry);
            log.records.push(Record::Ledger {
                entry: entry.clone(),
                transaction: 0,
                status: Status::Committed,
            });
        }
    }

    /// Who takes a shard without transactions just takes it.
    pub fn claim(&self, shard: i32) -> u64 {
        let mut log = self.log(shard);
        log.epoch += 1;
        log.epoch
    }

    /// The offset behind the last record.
    pub fn end_of(&self, shard: i32) -> i64 {
        offset(self.log(shard).records.len())
    }

    fn is_settled(&self, shard: i32) -> bool {
        let is_open = |record: &Record| matches!(record, Record::Ledger { status: Status::Open, .. });
        !self.log(shard).records.iter().any(is_open)
    }

    /// The end of a shard, once no transaction is open on it.
    pub async fn settled(&self, shard: i32) -> i64 {
        if !self.world.has(Bug::RestoreWaitsForNothing) {
            while !self.is_settled(shard) {
                sleep(Duration::from_millis(50)).await;
            }
        }
        self.end_of(shard)
    }

    /// Whether a committed record lies at or behind an offset.
    pub fn has_committed_since(&self, shard: i32, from: i64) -> bool {
        let is_committed =
            |record: &Record| matches!(record, Record::Ledger { status: Status::Committed, .. });
        let from = usize::try_from(from).expect("an offset");
        self.log(shard).records.iter().skip(from).any(is_committed)
    }

    /// Reads a shard as a new owner does.
    pub async fn restore(&self, shard: i32) -> Restored {
        loop {
            let end = self.settled(shard).await;
            let mut restored = self.read(shard);
            self.world.pause(10..500).await;
            if self.end_of(shard) == end || self.world.has(Bug::RestoreWaitsForNothing) {
                restored.end = end;
                return restored;
            }
        }
    }

    fn read(&self, shard: i32) -> Restored {
        let log = self.log(shard);
        let mut restored = Restored::default();
        let short = self.world.has(Bug::RestoreShort) && log.records.len() > 10;
        let end = if short { log.records.len() - 6 } else { log.records.len() };
        for (at, record) in log.records.iter().take(end).enumerate() {
            let Record::Ledger { entry, status, .. } = record else { continue };
            if *status != Status::Committed && !self.world.has(Bug::RestoreUncommitted) {
                continue;
            }
            if entry.feed == BEGUN_KEY && self.world.has(Bug::BegunForgotten) {
                continue;
            }
            restored.records += 1;
            let taken =
                restored.take("ledger", shard, offset(at), entry.feed.clone(), entry.state.as_deref());
            if taken.is_err() || !restored.corrupt.is_empty() {
                self.world.wrong(format_args!("unreadable state of {}: {taken:?}", entry.feed));
            }
        }
        restored
    }

    /// The text stands in an earlier record.
    pub fn has_come(&self, text: &str) -> bool {
        lock(&self.articles).values().flatten().any(|article| article.text == text)
    }

    /// What must hold for a record: it is a whole entry, and id and entry belong together.
    fn judge(&self, record: &ArticleRecord, item: Item, edition: u32) {
        let (world, address) = (&self.world, address(item));
        let mut addresses = lock(&self.addresses);
        match addresses.insert(record.id.clone(), address.clone()) {
            Some(other) if other != address => {
                world.wrong(format_args!("{address} has the id of {other}"));
            }
            Some(_) => {}
            // Without fences two owners may each have seen links of their own.
            None if world.exactly_once
                && addresses.values().filter(|known| **known == address).count() > 1 =>
            {
                world.wrong(format_args!("{address} has a second id"));
            }
            None => {}
        }
        if self.web.is_of_feeds(&record.feed.name) {
            let missing =
                self.web.paragraphs(item, edition).into_iter().find(|text| !record.text.contains(text));
            if let Some(missing) = missing {
                world.wrong(format_args!("{address}: {missing:?} is missing in {:?}", record.text));
            }
        }
    }

    /// Shows the articles of a batch to readers.
    pub fn publish(&self, batch: &Batch) {
        let world = &self.world;
        let mut articles = lock(&self.articles);
        for outgoing in &batch.articles {
            let record = &outgoing.record;
            let Some((item, edition)) = of_title(&record.title) else {
                world.wrong(format_args!("{:?} is no title of an entry", record.title));
                continue;
            };
            let address = address(item);
            self.judge(record, item, edition);
            let known = articles.entry(address.clone()).or_default();
            world.note(format_args!("out: {address} revision {} by {}", record.revision, record.feed.name));
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
            world.note(format_args!("out: tombstone of {address}"));
            let known = articles.entry(address).or_default();
            let last = known.last().cloned().expect("a published article");
            known.push(Article { title: None, ..last });
        }
        if !batch.dead_letters.is_empty() {
            world.wrong(format_args!("a dead letter: {}", batch.dead_letters[0].detail));
        }
    }
}

impl Log {
    fn took(&mut self, entry: &LedgerEntry) {
        match entry.feed.as_str() {
            OWNER_KEY => self.epoch += 1,
            BEGUN_KEY => {}
            key => {
                let feed = LedgerEntry::of_due_key(key).unwrap_or(key);
                let latest = serde_json::from_slice(entry.state.as_deref().unwrap_or_default());
                self.latest.insert(feed.to_owned(), latest.expect("a state"));
            }
        }
    }
}
