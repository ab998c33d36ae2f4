//! Batches of all shards to Kafka, by one producer: as one transaction at a time, or articles
//! first and ledger after.
//!
//! Whatever is due when a transaction begins goes out in it: a transaction costs the broker and
//! the client the same whether it carries one poll or hundreds.

mod deliver;
mod shard;
mod transaction;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rdkafka::error::KafkaError;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

pub use self::shard::ShardWriter;
use self::{deliver::Part, shard::Seat};
use super::{batch::TopicNames, errors::reason, producer::ShardProducer};
use crate::{
    config::{Delivery, Kafka},
    observe::{Health, Metrics, ReasonLabel},
};

/// First and longest pause between attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// A topic's limit is never lowered below this; what is still refused goes to the dead letters.
const LIMIT_MIN: usize = 16 * 1024;

/// Room that a record's key, headers and framing take of the topic's limit, bytes.
const FRAMING: usize = 8 * 1024;

/// Two commits begin so far apart, at least: what comes in between shares the second. The first
/// of a while begins at once.
const SPACING: Duration = Duration::from_millis(25);

/// Articles per commit, at most: bounds the time a commit takes and what it holds in memory.
const ARTICLES_MAX: usize = 2_000;

/// What a publisher needs to know.
#[derive(Clone, Debug)]
pub struct PublisherOptions {
    /// How to reach Kafka.
    pub kafka: Kafka,
    /// Topics.
    pub names: TopicNames,
    /// One transaction per commit, or articles, acknowledgement, then ledger.
    pub delivery: Delivery,
    /// Largest value of an article's record, bytes.
    pub max_record: usize,
    /// The producer's name at the brokers: a process that is started again under the same one ends
    /// the transaction that it left open.
    pub transactional_id: String,
}

/// Commits what the shards of this process have to say. A cheap clone; ends with the
/// last one and the last of its writers.
#[derive(Clone)]
pub struct Publisher {
    shared: Arc<Shared>,
    _end: Arc<End>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl Publisher {
    /// Starts the task that commits. The producer is made by the first commit, and anew after one
    /// whose end is not known.
    pub fn start(options: PublisherOptions, metrics: Metrics, health: Health) -> Self {
        let shared = Arc::new(Shared {
            options,
            producer: tokio::sync::Mutex::new(None),
            seats: Mutex::default(),
            wake: Notify::new(),
            stopped: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            limits: Mutex::default(),
            metrics,
            health,
        });
        tokio::spawn(Arc::clone(&shared).run());
        Self { _end: Arc::new(End(Arc::clone(&shared))), shared }
    }

    /// A writer for a shard. Nothing is checked of where its records come to lie until it is told
    /// by [`ShardWriter::begin_at`].
    pub fn open(&self, shard: i32) -> Arc<ShardWriter> {
        let seat = Arc::new(Seat::of(shard));
        self.shared.with_seats(|seats| seats.push(Arc::clone(&seat)));
        Arc::new(ShardWriter::new(seat, self.clone()))
    }
}

struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.wake.notify_one();
    }
}

/// What the task and the writers share.
struct Shared {
    options: PublisherOptions,
    /// None where there is none yet, or none any more; and whether its `init_transactions` is done.
    producer: tokio::sync::Mutex<Option<(ShardProducer, bool)>>,
    seats: Mutex<Vec<Arc<Seat>>>,
    wake: Notify,
    stopped: AtomicBool,
    blocked: AtomicBool,
    limits: Mutex<HashMap<String, usize>>,
    metrics: Metrics,
    health: Health,
}

impl Shared {
    fn with_seats<T>(&self, act: impl FnOnce(&mut Vec<Arc<Seat>>) -> T) -> T {
        act(&mut self.seats.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    async fn run(self: Arc<Self>) {
        let mut next = Instant::now();
        while !self.is_stopped() {
            self.wake.notified().await;
            sleep_until(next).await;
            next = Instant::now() + SPACING;
            let parts = self.take();
            if !parts.is_empty() {
                self.deliver(parts).await;
                // There may have been more than fits.
                self.wake.notify_one();
            }
        }
        for seat in self.with_seats(std::mem::take) {
            seat.close();
        }
        // The client ends outside of the runtime's threads.
        let producer = self.producer.lock().await.take();
        tokio::task::spawn_blocking(move || drop(producer));
    }

    /// What is to go out next, of every shard that is open.
    fn take(&self) -> Vec<Part> {
        self.with_seats(|seats| {
            for closed in seats.extract_if(.., |seat| seat.is_closed()) {
                closed.close();
            }
            // Whoever was served first is last next time.
            if !seats.is_empty() {
                seats.rotate_left(1);
            }
            let mut room = ARTICLES_MAX;
            let mut parts = Vec::new();
            for seat in seats.iter() {
                let (batch, told) = seat.queue.take(room);
                room = room.saturating_sub(batch.articles.len());
                if !told.is_empty() {
                    parts.push(Part::new(Arc::clone(seat), batch, told));
                }
            }
            parts
        })
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

    fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Acquire)
    }

    fn block(&self, error: &KafkaError) {
        if !self.blocked.swap(true, Ordering::AcqRel) {
            tracing::warn!(%error, "kafka does not take records, waiting");
        }
        for shard in self.open_shards() {
            self.health.blocked(shard, Some(reason(error).to_owned()));
        }
    }

    fn unblock(&self) {
        if self.blocked.swap(false, Ordering::AcqRel) {
            tracing::info!("kafka takes records again");
            for shard in self.open_shards() {
                self.health.blocked(shard, None);
            }
        }
    }

    fn open_shards(&self) -> Vec<i32> {
        self.with_seats(|seats| {
            seats.iter().filter(|seat| !seat.is_closed()).map(|seat| seat.shard).collect()
        })
    }

    fn count(&self, error: &KafkaError) {
        self.metrics.publish_errors.get_or_create(&ReasonLabel { reason: reason(error) }).inc();
    }
}
