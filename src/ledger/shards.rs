//! Holding shards: first take, then restore, then hand over.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as blocking,
    },
    time::Duration,
};

use tokio::{
    sync::{
        Notify, Semaphore,
        mpsc::{self, Receiver, Sender},
    },
    time::{Instant, sleep},
};

use super::{
    group::GroupEvent,
    restore::{OWNER_KEY, RestoreError, Restored, restore, restore_settled},
};
use crate::{
    config::{Config, Delivery, Kafka},
    observe::{Health, Metrics},
    publish::{
        Batch, Commit, Encodings, LedgerEntry, Lost, Publisher, PublisherOptions, ShardWriter, TopicNames,
        errors::missing_permission,
    },
};

/// Shards restored at once: each needs two Kafka clients while it is read.
const RESTORED_AT_ONCE: usize = 4;

/// First and longest pause between attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// A shard that was lost is left alone for this long, so that a command that has taken it to write
/// something (`copydesk replay`, `feeds reset`) can finish.
const COURTESY: Duration = Duration::from_secs(3);

/// What happens to shards.
pub enum ShardEvent {
    /// The shard is taken and restored: its feeds can be polled.
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
    /// Called with what a shard holds before it is handed over.
    pub on_restored: OnRestored,
    /// Name of this instance, if it has one that survives restarts.
    pub instance: Option<String>,
}

impl ShardOptions {
    /// Starts what commits for all shards of this process.
    fn publisher(&self) -> Publisher {
        let instance = self.instance.clone().unwrap_or_else(|| {
            // Seeded by the system, so no other process has the same.
            format!("{:016x}", RandomState::new().build_hasher().finish())
        });
        let options = PublisherOptions {
            kafka: self.kafka.clone(),
            transactional_id: format!("{}-{instance}", self.names.ledger),
            names: self.names.clone(),
            delivery: self.delivery,
            max_record: self.max_record,
        };
        Publisher::start(options, self.metrics.clone(), self.health.clone())
    }
}

impl ShardOptions {
    /// The options of a configuration, with metrics and health that nobody reads: enough for a
    /// command that takes a shard for a moment.
    pub fn of(config: &Config) -> Self {
        Self {
            kafka: config.kafka.clone(),
            names: TopicNames::of(&config.topics),
            delivery: config.delivery,
            max_record: config.kafka.max_record(),
            metrics: Metrics::new().0,
            health: Health::default(),
            on_restored: OnRestored::default(),
            instance: None,
        }
    }
}

impl ShardOptions {
    /// With the form of the articles as the schema registry knows it.
    #[must_use]
    pub fn with(mut self, encodings: Encodings) -> Self {
        self.names.encodings = encodings;
        self
    }
}

/// A callback with what was restored.
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
/// `again` names shards that were lost to an error and are to be taken again if they are still
/// assigned. Ends when the group is gone.
pub async fn hold(
    options: ShardOptions,
    mut group: Receiver<GroupEvent>,
    mut again: Receiver<i32>,
    scheduler: Sender<ShardEvent>,
) {
    let slots = Arc::new(Semaphore::new(RESTORED_AT_ONCE));
    let publisher = options.publisher();
    // Acquisitions report here and not to the scheduler, so that none is handed over after the
    // revocation of its shard.
    let (acquired, mut ready) = mpsc::channel(RESTORED_AT_ONCE);
    let mut assigned: HashMap<i32, Cancel> = HashMap::new();
    let start = |shard: i32, wait: Duration, assigned: &mut HashMap<i32, Cancel>| {
        let cancel = Cancel::default();
        assigned.insert(shard, cancel.clone());
        let acquiring = Acquiring {
            options: options.clone(),
            publisher: publisher.clone(),
            shard,
            cancel,
            slots: slots.clone(),
            acquired: acquired.clone(),
        };
        tokio::spawn(async move {
            sleep(wait).await;
            acquiring.run().await;
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

/// Tells an acquisition that its shard was revoked.
#[derive(Clone, Debug, Default)]
struct Cancel(Arc<(AtomicBool, Notify)>);

impl Cancel {
    fn cancel(&self) {
        self.0.0.store(true, Ordering::Release);
        self.0.1.notify_one();
    }

    fn is_cancelled(&self) -> bool {
        self.0.0.load(Ordering::Acquire)
    }

    async fn wait(&self) {
        self.0.1.notified().await;
    }
}

/// One shard on its way to the scheduler.
struct Acquiring {
    options: ShardOptions,
    publisher: Publisher,
    shard: i32,
    cancel: Cancel,
    slots: Arc<Semaphore>,
    acquired: Sender<(Cancel, ShardEvent)>,
}

impl Acquiring {
    async fn run(self) {
        let started = Instant::now();
        let mut pause = BACKOFF.0;
        let event = loop {
            match self.attempt().await {
                Ok(ready) => break ready,
                Err(Unheld::Cancelled) => return,
                Err(Unheld::Fatal(message)) => break ShardEvent::Fatal(message),
                Err(Unheld::Later(why)) => {
                    tracing::warn!(shard = self.shard, why, "shard not acquired yet, trying again");
                    sleep(pause).await;
                    pause = (pause * 2).min(BACKOFF.1);
                }
            }
        };
        if let ShardEvent::Ready { restored, .. } = &event {
            self.tell(restored, started);
            if self.cancel.is_cancelled() {
                return;
            }
            (self.options.on_restored.0)(restored);
            self.options.health.broker(None);
        }
        self.acquired.send((self.cancel, event)).await.ok();
    }

    fn tell(&self, restored: &Restored, started: Instant) {
        let (shard, seconds) = (self.shard, started.elapsed().as_secs_f64());
        let metrics = &self.options.metrics;
        metrics.restore_duration.observe(seconds);
        metrics.restored_records.inc_by(restored.records);
        metrics.corrupt_records.inc_by(restored.corrupt.len() as u64);
        let feeds = restored.states.len();
        tracing::info!(shard, records = restored.records, feeds, seconds, "shard restored");
    }

    async fn attempt(&self) -> Result<ShardEvent, Unheld> {
        if self.cancel.is_cancelled() {
            return Err(Unheld::Cancelled);
        }
        // All shards of an assignment are taken in one commit, and read a few at a time.
        let writer = claim(&self.publisher, self.options.delivery, self.shard);
        let writer = tokio::select! {
            claimed = writer => claimed.map_err(|lost| Unheld::Later(lost.to_string()))?,
            () = self.cancel.wait() => return Err(Unheld::Cancelled),
        };
        // The semaphore is never closed.
        let Ok(_slot) = self.slots.acquire().await else { return Err(Unheld::Cancelled) };
        let restored = restored(&self.options, &writer, self.shard, &self.cancel).await?;
        Ok(ShardEvent::Ready { shard: self.shard, writer, restored })
    }
}

/// Takes a shard: whatever its former holder still sends no longer counts.
async fn claim(publisher: &Publisher, delivery: Delivery, shard: i32) -> Result<Arc<ShardWriter>, Lost> {
    let writer = publisher.open(shard);
    if delivery == Delivery::ExactlyOnce {
        let ledger = vec![LedgerEntry::new(OWNER_KEY, Some(b"{}".to_vec()))];
        writer.commit(Batch { ledger, ..Batch::default() }).await?;
    }
    Ok(writer)
}

/// Restores a shard that has been taken.
async fn restored(
    options: &ShardOptions,
    writer: &ShardWriter,
    shard: i32,
    cancel: &Cancel,
) -> Result<Restored, Unheld> {
    let (kafka, topic, cancel) = (options.kafka.clone(), options.names.ledger.clone(), cancel.clone());
    let exactly_once = options.delivery == Delivery::ExactlyOnce;
    let reading = tokio::task::spawn_blocking(move || {
        let read = if exactly_once { restore_settled } else { restore };
        read(&kafka, &topic, shard, &|| cancel.is_cancelled(), &|records| {
            tracing::info!(shard, records, "restoring");
        })
    });
    let restored = match reading.await {
        Ok(Ok(restored)) => restored,
        Ok(Err(RestoreError::Cancelled)) => return Err(Unheld::Cancelled),
        Ok(Err(error @ RestoreError::Newer { .. })) => return Err(Unheld::Fatal(error.to_string())),
        Ok(Err(error)) => {
            return Err(Unheld::Later(format!("restore: {}", in_words(&error, &options.names.ledger))));
        }
        Err(panic) => return Err(Unheld::Later(format!("restore: {panic}"))),
    };
    if exactly_once {
        writer.begin_at(restored.end);
    }
    Ok(restored)
}

fn in_words(error: &RestoreError, ledger: &str) -> String {
    let missing = match error {
        RestoreError::Kafka(error) => {
            missing_permission(error, &format!("Describe on the group {ledger}.restore"), ledger)
        }
        _ => None,
    };
    missing.map_or_else(|| error.to_string(), |missing| format!("{error}; {missing}"))
}

/// Takes a shard for a command, and restores it. A daemon that held it takes it back after its next
/// commit is refused.
///
/// # Errors
/// Why the shard cannot be taken; nothing is retried.
pub async fn take_shard(options: &ShardOptions, shard: i32) -> anyhow::Result<(Arc<dyn Commit>, Restored)> {
    let writer = claim(&options.publisher(), options.delivery, shard).await?;
    match restored(options, &writer, shard, &Cancel::default()).await {
        Ok(restored) => Ok((writer, restored)),
        Err(Unheld::Later(why) | Unheld::Fatal(why)) => anyhow::bail!("shard {shard}: {why}"),
        Err(Unheld::Cancelled) => anyhow::bail!("shard {shard}: cancelled"),
    }
}

enum Unheld {
    Later(String),
    Fatal(String),
    Cancelled,
}
