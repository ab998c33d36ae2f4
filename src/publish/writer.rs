//! Batches of one shard to Kafka: as one transaction each, or articles first and ledger after.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rdkafka::{
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{FutureRecord, Producer, PurgeConfig},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::{Instant, sleep};

use super::{
    batch::{Batch, LedgerEntry, Message, Names, Rendered, render},
    commit::{Commit, Lost, Sending},
    errors::{Answer, answer, code, is_purged, named, reason},
    producer::ShardProducer,
    queue::Queue,
};
use crate::{
    config::Delivery,
    observe::{Health, Metrics, Reason},
};

/// First and longest pause between attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How long one call to the client may block; it is repeated until the matter is decided.
const CALL: Duration = Duration::from_secs(5);

/// An abort that cannot be finished in this time is left to the transaction's own timeout.
const ABORT: Duration = Duration::from_secs(30);

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
    pub names: Names,
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

/// Why an attempt failed.
enum Failed {
    /// The same again after a pause.
    Retry(KafkaError),
    /// A record was too large for its topic.
    Cut(String),
    /// A record was refused for good.
    Refused { key: String, error: KafkaError },
    /// The producer is of no use any more.
    Lost(KafkaError),
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
        self.metrics.published.inc_by(batch.articles.iter().map(|article| article.topics.len() as u64).sum());
        Ok(())
    }

    /// Once. Careful is one record at a time and with the client's own time: in one request a refused
    /// record takes others with it, two are `INVALID_RECORD` to the client whatever the broker had
    /// against them, and a broker takes no time that is an hour ahead of its own, as a fetch may have
    /// that was made before the clock was set right.
    async fn attempt(&self, rendered: &Rendered, careful: bool) -> Result<(), Failed> {
        match self.options.delivery {
            Delivery::ExactlyOnce => self.transaction(rendered, careful).await,
            Delivery::AtLeastOnce => {
                self.send(&rendered.messages, careful).await?;
                self.send(&rendered.ledger, careful).await
            }
        }
    }

    async fn transaction(&self, rendered: &Rendered, careful: bool) -> Result<(), Failed> {
        self.producer.cause();
        self.producer.begin_transaction().map_err(|error| match answer(&error) {
            Answer::Retry => Failed::Retry(error),
            _ => Failed::Lost(error),
        })?;
        let mut sent = self.send(&rendered.messages, careful).await;
        if sent.is_ok() {
            sent = self.send(&rendered.ledger, careful).await;
        }
        match sent {
            Ok(()) => self.commit_transaction().await,
            Err(failed @ Failed::Lost(_)) => Err(failed),
            Err(mut failed) => {
                if let Failed::Retry(error) = &mut failed {
                    if is_purged(error)
                        && let Some(code) = self.producer.cause().and_then(|cause| named(&cause))
                    {
                        *error = KafkaError::MessageProduction(code);
                    }
                    if answer(error) == Answer::Reacquire {
                        return Err(Failed::Lost(error.clone()));
                    }
                    // Told at once: with no broker the abort takes its time, too.
                    self.block(error);
                }
                self.abort().await?;
                Err(failed)
            }
        }
    }

    /// Commits; an answer that was lost is asked for again, since the client resumes.
    async fn commit_transaction(&self) -> Result<(), Failed> {
        // `commit_transaction` flushes in steps of 100 ms, so it is called with nothing in flight:
        // delivery reports are in, the client's own count follows within microseconds.
        while self.producer.in_flight_count() > 0 {
            sleep(Duration::from_micros(200)).await;
        }
        loop {
            let error = match self.blocking(|producer| producer.commit_transaction(CALL)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let KafkaError::Transaction(cause) = &error else { return Err(Failed::Lost(error)) };
            if cause.txn_requires_abort() {
                self.abort().await?;
                return Err(Failed::Retry(error));
            }
            if !cause.is_retriable() || self.is_closed() {
                return Err(Failed::Lost(error));
            }
            self.block(&error);
            self.count(&error);
            sleep(BACKOFF.0).await;
        }
    }

    /// Aborts: purge, drain, abort, in this order, since `abort_transaction` serves no events.
    async fn abort(&self) -> Result<(), Failed> {
        let deadline = Instant::now() + ABORT;
        loop {
            self.producer.purge(PurgeConfig::default().queue().inflight());
            while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
                sleep(Duration::from_millis(1)).await;
            }
            let error = match self.blocking(|producer| producer.abort_transaction(CALL)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let retriable = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable());
            if !retriable || self.is_closed() || Instant::now() > deadline {
                return Err(Failed::Lost(error));
            }
            sleep(BACKOFF.0).await;
        }
    }

    async fn blocking(
        &self,
        call: impl FnOnce(&ShardProducer) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), KafkaError> {
        let producer = self.producer.clone();
        match tokio::task::spawn_blocking(move || call(&producer)).await {
            Ok(result) => result,
            Err(_) => Err(KafkaError::Canceled),
        }
    }

    /// Sends messages in order and waits for every delivery.
    async fn send(&self, messages: &[Message], careful: bool) -> Result<(), Failed> {
        for one in messages.chunks(if careful { 1 } else { messages.len().max(1) }) {
            self.send_together(one, careful).await?;
        }
        Ok(())
    }

    async fn send_together(&self, messages: &[Message], careful: bool) -> Result<(), Failed> {
        let mut deliveries = Vec::with_capacity(messages.len());
        let mut failed = None;
        for message in messages {
            match self.enqueue(message, careful).await {
                Ok(delivery) => deliveries.push((message, delivery)),
                Err(error) => {
                    failed = Some((message, error));
                    break;
                }
            }
        }
        for (message, delivery) in deliveries {
            let error = match delivery.await {
                Ok(Ok(_)) => continue,
                Ok(Err((error, _))) => error,
                Err(_) => KafkaError::Canceled,
            };
            if failed.as_ref().is_none_or(|(_, known)| weight(&error) > weight(known)) {
                failed = Some((message, error));
            }
        }
        match failed {
            None => Ok(()),
            Some((message, error)) => Err(self.judge(message, error)),
        }
    }

    fn judge(&self, message: &Message, error: KafkaError) -> Failed {
        match answer(&error) {
            Answer::Retry => Failed::Retry(error),
            Answer::Reacquire => Failed::Lost(error),
            Answer::Cut if message.topic == self.options.names.ledger => {
                tracing::error!(
                    topic = message.topic,
                    feed = message.key,
                    bytes = message.value.as_ref().map_or(0, Vec::len),
                    "ledger record too large for its topic: raise max.message.bytes of the topic"
                );
                Failed::Retry(error)
            }
            Answer::Cut if self.limit(&message.topic) <= LIMIT_MIN => {
                Failed::Refused { key: message.key.clone(), error }
            }
            Answer::Cut => {
                self.count(&error);
                Failed::Cut(message.topic.clone())
            }
            Answer::DeadLetter if message.topic == self.options.names.ledger => Failed::Retry(error),
            Answer::DeadLetter => Failed::Refused { key: message.key.clone(), error },
        }
    }

    async fn enqueue(
        &self,
        message: &Message,
        careful: bool,
    ) -> Result<rdkafka::producer::DeliveryFuture, KafkaError> {
        let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
        for (name, value) in &message.headers {
            headers = headers.insert(Header { key: name, value: Some(value) });
        }
        loop {
            let mut record = FutureRecord::<str, [u8]>::to(&message.topic).key(&message.key).headers(headers);
            if let Some(value) = &message.value {
                record = record.payload(value);
            }
            if let Some(partition) = message.partition {
                record = record.partition(partition);
            }
            if let Some(timestamp) = message.timestamp_ms.filter(|_| !careful) {
                record = record.timestamp(timestamp);
            }
            match self.producer.send_result(record) {
                Ok(delivery) => return Ok(delivery),
                Err((KafkaError::MessageProduction(Code::QueueFull), record)) => {
                    headers = record.headers.unwrap_or_default();
                    sleep(Duration::from_millis(5)).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
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
        self.metrics.publish_errors.get_or_create(&Reason { reason: reason(error) }).inc();
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

/// Of many failures the first that needs more than waiting decides; what was purged says the least.
fn weight(error: &KafkaError) -> u8 {
    match answer(error) {
        Answer::Retry if is_purged(error) => 0,
        Answer::Retry => 1,
        _ => 2,
    }
}

struct CloseOnDrop<'a>(&'a ShardWriter);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Commit for ShardWriter {
    fn commit(&self, batch: Batch) -> Sending<'_, Result<(), Lost>> {
        if self.is_closed() {
            return Box::pin(std::future::ready(Err(Lost)));
        }
        let told = self.queue.push(batch);
        Box::pin(self.drive(told))
    }

    fn stage(&self, entry: LedgerEntry) {
        self.queue.stage(entry);
    }

    fn flush(&self) -> Sending<'_, Result<(), Lost>> {
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
