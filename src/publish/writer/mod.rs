//! Batches of one shard to Kafka: as one transaction each, or articles first and ledger after.

mod transaction;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};
use tokio::time::{Instant, sleep};

use self::transaction::Failed;
use super::{
    batch::{Batch, LedgerEntry, TopicNames, render},
    commit::{Commit, Lost},
    errors::{code, reason},
    producer::ShardProducer,
    queue::Queue,
};
use crate::{
    config::Delivery,
    observe::{Health, Metrics, ReasonLabel},
};

/// First and longest pause between attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// A topic's limit is never lowered below this; what is still refused goes to the dead letters.
const LIMIT_MIN: usize = 16 * 1024;

/// Room that a record's key, headers and framing take of the topic's limit, bytes.
const FRAMING: usize = 8 * 1024;

/// What a writer needs to know.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// The shard: a partition of the ledger.
    pub shard: i32,
    /// Topics.
    pub names: TopicNames,
    /// One transaction per commit, or articles, acknowledgement, then ledger.
    pub delivery: Delivery,
    /// Largest value of an article's record, bytes.
    pub max_record: usize,
}

/// Commits the batches of one shard.
pub struct ShardWriter {
    options: WriterOptions,
    producer: ShardProducer,
    queue: Queue,
    busy: tokio::sync::Mutex<()>,
    closed: AtomicBool,
    blocked: AtomicBool,
    limits: Mutex<HashMap<String, usize>>,
    metrics: Metrics,
    health: Health,
}

impl std::fmt::Debug for ShardWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShardWriter").field("shard", &self.options.shard).finish_non_exhaustive()
    }
}

impl ShardWriter {
    /// A writer over a producer that is ready: with `exactly_once` its `init_transactions` is done.
    pub fn new(
        options: WriterOptions,
        producer: ShardProducer,
        metrics: Metrics,
        health: Health,
    ) -> Arc<Self> {
        Arc::new(Self {
            options,
            producer,
            queue: Queue::default(),
            busy: tokio::sync::Mutex::new(()),
            closed: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            limits: Mutex::default(),
            metrics,
            health,
        })
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Commits what waits, until `told` says that the caller's own batch is decided.
    async fn drive(&self, mut told: tokio::sync::oneshot::Receiver<Result<(), Lost>>) -> Result<(), Lost> {
        loop {
            let guard = self.busy.lock().await;
            match told.try_recv() {
                Ok(result) => return result,
                Err(tokio::sync::oneshot::error::TryRecvError::Closed) => return Err(Lost),
                Err(tokio::sync::oneshot::error::TryRecvError::Empty) => {}
            }
            let (batch, waiting) = self.queue.take();
            // A worker that is dropped in the middle leaves a transaction nobody knows the end of.
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

    /// Sends a batch until it is out.
    async fn deliver(&self, mut batch: Batch) -> Result<(), Lost> {
        if batch.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let mut pause = BACKOFF.0;
        let mut careful = false;
        loop {
            if self.is_closed() {
                return Err(Lost);
            }
            let rendered =
                render(&batch, &self.options.names, self.options.shard, &|topic| self.limit(topic));
            self.metrics.cut_records.inc_by(rendered.cut);
            for article in &rendered.unfit {
                to_dead_letters(
                    &mut batch,
                    article,
                    "record_too_large",
                    "cannot be cut to the topic's limit",
                );
            }
            if !rendered.unfit.is_empty() {
                continue;
            }
            match self.attempt(&rendered, careful).await {
                Ok(()) => break,
                Err(Failed::Lost(error)) => {
                    self.count(&error);
                    tracing::warn!(shard = self.options.shard, %error, "producer lost, taking the shard anew");
                    return Err(Lost);
                }
                Err(Failed::Cut(topic)) => self.lower_limit(&topic),
                Err(Failed::Refused { error, .. }) if !careful => {
                    self.count(&error);
                    careful = true;
                }
                Err(Failed::Refused { key, error }) => {
                    self.count(&error);
                    to_dead_letters(&mut batch, &key, reason(&error), &error.to_string());
                }
                Err(Failed::Retry(error)) => {
                    self.count(&error);
                    self.block(&error);
                    careful |= code(&error) == Some(Code::InvalidTimestamp);
                    sleep(pause).await;
                    pause = (pause * 2).min(BACKOFF.1);
                }
            }
        }
        if self.blocked.swap(false, Ordering::AcqRel) {
            tracing::info!(shard = self.options.shard, "kafka takes records again");
            self.health.blocked(self.options.shard, None);
        }
        self.metrics.commits.inc();
        self.metrics.commit_duration.observe(started.elapsed().as_secs_f64());
        self.metrics
            .published_records
            .inc_by(batch.articles.iter().map(|article| article.topics.len() as u64).sum());
        Ok(())
    }

    fn limit(&self, topic: &str) -> usize {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.get(topic).copied().unwrap_or(self.options.max_record.saturating_sub(FRAMING).max(LIMIT_MIN))
    }

    fn lower_limit(&self, topic: &str) {
        let lower = (self.limit(topic) / 4 * 3).max(LIMIT_MIN);
        tracing::warn!(
            topic,
            max_bytes = lower,
            "record too large for its topic, cutting records to a lower limit"
        );
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned(), lower);
    }

    fn block(&self, error: &KafkaError) {
        if !self.blocked.swap(true, Ordering::AcqRel) {
            tracing::warn!(shard = self.options.shard, %error, "kafka does not take records, waiting");
            self.health.blocked(self.options.shard, Some(reason(error).to_owned()));
        }
    }

    fn count(&self, error: &KafkaError) {
        self.metrics.publish_errors.get_or_create(&ReasonLabel { reason: reason(error) }).inc();
    }
}

/// Moves an article from the batch to its dead letters; other messages with the key are dropped.
fn to_dead_letters(batch: &mut Batch, key: &str, reason: &str, detail: &str) {
    let (refused, kept) =
        std::mem::take(&mut batch.articles).into_iter().partition(|article| article.record.id == key);
    batch.articles = kept;
    let refused: Vec<super::batch::Outgoing> = refused;
    if refused.is_empty() {
        tracing::error!(key, reason, detail, "kafka refused a record that is no article, leaving it out");
        batch.dead_letters.retain(|letter| letter.key() != key);
        batch.archive.retain(|original| original.article != key);
        batch.tombstones.retain(|article| article != key);
    }
    for article in refused {
        tracing::error!(
            article = key,
            reason,
            detail,
            "kafka refused the article, sending it to the dead letters"
        );
        batch.dead_letters.push(super::record::DeadLetter::refused(&article.record, reason, detail));
    }
}

struct CloseOnDrop<'a>(&'a ShardWriter);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Commit for ShardWriter {
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        if self.is_closed() {
            return Box::pin(std::future::ready(Err(Lost)));
        }
        let told = self.queue.push(batch);
        Box::pin(self.drive(told))
    }

    fn stage(&self, entry: LedgerEntry) {
        self.queue.stage(entry);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
        if !self.queue.has_staged() {
            return Box::pin(std::future::ready(Ok(())));
        }
        self.commit(Batch::default())
    }

    fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Acquire)
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.queue.give_up();
        self.health.blocked(self.options.shard, None);
    }
}
