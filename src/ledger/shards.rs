//! Holding shards: fence first, restore second, then hand over.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as blocking,
    },
    time::Duration,
};

use rdkafka::producer::Producer;
use tokio::{
    sync::{
        Semaphore,
        mpsc::{self, Receiver, Sender},
    },
    time::{Instant, sleep},
};

use super::{
    group::GroupEvent,
    restore::{RestoreError, Restored, restore},
};
use crate::{
    config::{Config, Delivery, Kafka},
    observe::{Health, Metrics, ReasonLabel},
    publish::{Commit, ShardProducer, ShardWriter, TopicNames, WriterOptions, errors, producer},
};

/// Shards acquired at once: each takes a producer with four threads and a restore.
const ACQUIRED_AT_ONCE: usize = 8;

/// First and longest pause between attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// A shard that was lost is left alone for so long: where a command has taken it to write
/// something (`copydesk replay`, `feeds reset`), it comes to its end meanwhile.
const COURTESY: Duration = Duration::from_secs(3);

/// How long `init_transactions` may block; it resumes when called again.
const INIT: Duration = Duration::from_secs(5);

/// What happens to shards.
pub enum ShardEvent {
    /// The shard is fenced and restored: its feeds can be polled.
    Ready {
        /// Which.
        shard: i32,
        /// Commits its batches.
        writer: Arc<dyn Commit>,
        /// Its state.
        restored: Restored,
    },
    /// The shard goes to another instance: stop, and drop `done` when nothing is under way.
    Revoked {
        /// Which.
        shard: i32,
        /// Dropped when nothing of the shard is under way.
        done: blocking::Sender<()>,
    },
    /// The daemon must not go on.
    Fatal(String),
}

/// What holding shards needs.
#[derive(Clone, Debug)]
pub struct ShardOptions {
    /// How to reach Kafka.
    pub kafka: Kafka,
    /// Topics.
    pub names: TopicNames,
    /// Transactions or not.
    pub delivery: Delivery,
    /// Largest value of an article's record, bytes.
    pub max_record: usize,
    /// Metrics.
    pub metrics: Metrics,
    /// Health.
    pub health: Health,
    /// Told the states of a shard before it is handed over.
    pub on_restored: OnRestored,
}

impl ShardOptions {
    /// What a configuration says, with metrics and health that nobody reads: enough for a command
    /// that takes a shard for a moment.
    pub fn of(config: &Config) -> Self {
        Self {
            kafka: config.kafka.clone(),
            names: TopicNames::of(&config.topics),
            delivery: config.delivery,
            max_record: config.kafka.max_record(),
            metrics: Metrics::new().0,
            health: Health::default(),
            on_restored: OnRestored::default(),
        }
    }
}

/// Told what was restored.
#[derive(Clone)]
pub struct OnRestored(pub Arc<dyn Fn(&Restored) + Send + Sync>);

impl Default for OnRestored {
    fn default() -> Self {
        Self(Arc::new(|_| ()))
    }
}

impl std::fmt::Debug for OnRestored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnRestored")
    }
}

/// Follows the group: acquires what is assigned, hands it to the scheduler, takes it back.
///
/// `again` names shards that were lost to an error and are to be taken anew if they are still
/// assigned. Ends when the group is gone.
pub async fn hold(
    options: ShardOptions,
    mut group: Receiver<GroupEvent>,
    mut again: Receiver<i32>,
    scheduler: Sender<ShardEvent>,
) {
    let slots = Arc::new(Semaphore::new(ACQUIRED_AT_ONCE));
    // Acquisitions report here and not to the scheduler, so that none is handed over behind the
    // revocation of its shard.
    let (acquired, mut ready) = mpsc::channel(ACQUIRED_AT_ONCE);
    let mut assigned: HashMap<i32, Cancel> = HashMap::new();
    let start = |shard: i32, wait: Duration, assigned: &mut HashMap<i32, Cancel>| {
        let cancel = Cancel::default();
        assigned.insert(shard, cancel.clone());
        let acquiring = acquire(options.clone(), shard, cancel, slots.clone(), acquired.clone());
        tokio::spawn(async move {
            sleep(wait).await;
            acquiring.await;
        });
    };
    loop {
        tokio::select! {
            event = group.recv() => match event {
                None => return,
                Some(GroupEvent::Assigned(shards)) => {
                    tracing::info!(?shards, "shards assigned");
                    for shard in shards {
                        options.health.assigned(shard);
                        start(shard, Duration::ZERO, &mut assigned);
                    }
                    options.health.joined();
                }
                Some(GroupEvent::Revoked(shards, done)) => {
                    tracing::info!(?shards, "shards revoked");
                    for shard in shards {
                        if let Some(cancel) = assigned.remove(&shard) {
                            cancel.cancel();
                        }
                        scheduler.send(ShardEvent::Revoked { shard, done: done.clone() }).await.ok();
                    }
                }
            },
            Some((cancel, event)) = ready.recv() => {
                let cancel: Cancel = cancel;
                if !cancel.is_cancelled() {
                    scheduler.send(event).await.ok();
                }
            }
            Some(shard) = again.recv() => {
                if assigned.contains_key(&shard) {
                    start(shard, COURTESY, &mut assigned);
                }
            }
        }
    }
}

/// Told to an acquisition whose shard was revoked.
#[derive(Clone, Debug, Default)]
struct Cancel(Arc<AtomicBool>);

impl Cancel {
    fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

async fn acquire(
    options: ShardOptions,
    shard: i32,
    cancel: Cancel,
    slots: Arc<Semaphore>,
    acquired: Sender<(Cancel, ShardEvent)>,
) {
    // The semaphore is never closed.
    let Ok(_slot) = slots.acquire().await else { return };
    let started = Instant::now();
    let mut pause = BACKOFF.0;
    loop {
        if cancel.is_cancelled() {
            return;
        }
        match attempt(&options, shard, &cancel).await {
            Ok((producer, restored)) => {
                let seconds = started.elapsed().as_secs_f64();
                options.metrics.restore_duration.observe(seconds);
                options.metrics.restored_records.inc_by(restored.records);
                options.metrics.corrupt_records.inc_by(restored.corrupt.len() as u64);
                tracing::info!(
                    shard,
                    records = restored.records,
                    feeds = restored.states.len(),
                    seconds,
                    "shard restored"
                );
                if cancel.is_cancelled() {
                    return;
                }
                (options.on_restored.0)(&restored);
                let writer = writer(&options, shard, producer);
                options.health.broker(None);
                acquired.send((cancel, ShardEvent::Ready { shard, writer, restored })).await.ok();
                return;
            }
            Err(Unheld::Cancelled) => return,
            Err(Unheld::Fatal(message)) => {
                acquired.send((cancel, ShardEvent::Fatal(message))).await.ok();
                return;
            }
            Err(Unheld::Later(why)) => {
                tracing::warn!(shard, why, "shard not acquired yet, trying again");
                sleep(pause).await;
                pause = (pause * 2).min(BACKOFF.1);
            }
        }
    }
}

fn writer(options: &ShardOptions, shard: i32, producer: ShardProducer) -> Arc<ShardWriter> {
    let writer = WriterOptions {
        shard,
        names: options.names.clone(),
        delivery: options.delivery,
        max_record: options.max_record,
    };
    ShardWriter::new(writer, producer, options.metrics.clone(), options.health.clone())
}

/// Takes a shard for a command: fences whoever holds it, and restores it. A daemon that held it
/// takes it anew with its next commit.
///
/// # Errors
/// Why the shard cannot be taken; nothing is tried twice.
pub async fn take_shard(options: &ShardOptions, shard: i32) -> anyhow::Result<(Arc<dyn Commit>, Restored)> {
    match attempt(options, shard, &Cancel::default()).await {
        Ok((producer, restored)) => Ok((writer(options, shard, producer), restored)),
        Err(Unheld::Later(why) | Unheld::Fatal(why)) => anyhow::bail!("shard {shard}: {why}"),
        Err(Unheld::Cancelled) => anyhow::bail!("shard {shard}: cancelled"),
    }
}

enum Unheld {
    Later(String),
    Fatal(String),
    Cancelled,
}

async fn attempt(
    options: &ShardOptions,
    shard: i32,
    cancel: &Cancel,
) -> Result<(ShardProducer, Restored), Unheld> {
    let id = format!("{}-{shard}", options.names.ledger);
    let producer = producer(&options.kafka, options.delivery, &id)
        .map_err(|error| Unheld::Fatal(format!("kafka settings: {error}")))?;
    if options.delivery == Delivery::ExactlyOnce {
        fence(options, &producer, cancel).await?;
    }
    let (kafka, topic, cancel) = (options.kafka.clone(), options.names.ledger.clone(), cancel.clone());
    let reading = tokio::task::spawn_blocking(move || {
        restore(&kafka, &topic, shard, &|| cancel.is_cancelled(), &|records| {
            tracing::info!(shard, records, "restoring");
        })
    });
    match reading.await {
        Ok(Ok(restored)) => Ok((producer, restored)),
        Ok(Err(RestoreError::Cancelled)) => Err(Unheld::Cancelled),
        Ok(Err(error @ RestoreError::Newer { .. })) => Err(Unheld::Fatal(error.to_string())),
        Ok(Err(error)) => Err(Unheld::Later(format!("restore: {error}"))),
        Err(panic) => Err(Unheld::Later(format!("restore: {panic}"))),
    }
}

/// Aborts whatever the shard's former owner left, and locks it out.
async fn fence(options: &ShardOptions, producer: &ShardProducer, cancel: &Cancel) -> Result<(), Unheld> {
    loop {
        if cancel.is_cancelled() {
            return Err(Unheld::Cancelled);
        }
        let initialising = producer.clone();
        let result = tokio::task::spawn_blocking(move || initialising.init_transactions(INIT)).await;
        let error = match result {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(panic) => return Err(Unheld::Later(panic.to_string())),
        };
        options.metrics.publish_errors.get_or_create(&ReasonLabel { reason: errors::reason(&error) }).inc();
        match &error {
            rdkafka::error::KafkaError::Transaction(cause) if cause.is_retriable() => {
                options.health.broker(Some(format!("init_transactions: {}", errors::reason(&error))));
                sleep(BACKOFF.0).await;
            }
            _ => return Err(Unheld::Later(format!("init_transactions: {error}"))),
        }
    }
}
