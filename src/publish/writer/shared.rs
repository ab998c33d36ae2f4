//! What the publisher's task and its writers share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};
use tokio::sync::Notify;

use super::{
    super::{
        batch::TopicNames,
        errors::{code, reason},
        producer::ShardProducer,
    },
    seat::Seat,
};
use crate::{
    config::{Delivery, Kafka},
    observe::{Health, Metrics, ReasonLabel},
};

/// A topic's limit is never lowered below this, bytes; what is still refused goes to the dead
/// letters.
pub(super) const LIMIT_MIN: usize = 16 * 1024;

/// Room that a record's key, headers and framing take of the topic's limit, bytes.
const FRAMING: usize = 8 * 1024;

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

/// What the task and the writers share.
pub(super) struct Shared {
    pub(super) options: PublisherOptions,
    /// The producer, if there is one (it is created late, and dropped on failure), and whether its
    /// `init_transactions` is done.
    pub(super) producer: tokio::sync::Mutex<Option<(ShardProducer, bool)>>,
    pub(super) seats: Mutex<Vec<Arc<Seat>>>,
    pub(super) wake: Notify,
    pub(super) stopped: AtomicBool,
    pub(super) blocked: AtomicBool,
    /// The topic that may not be written to, while that is so.
    pub(super) refused: Mutex<Option<String>>,
    pub(super) limits: Mutex<HashMap<String, usize>>,
    pub(super) metrics: Metrics,
    pub(super) health: Health,
}

impl Shared {
    pub(super) fn with_seats<T>(&self, act: impl FnOnce(&mut Vec<Arc<Seat>>) -> T) -> T {
        act(&mut self.seats.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub(super) fn limit(&self, topic: &str) -> usize {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        limits.get(topic).copied().unwrap_or(self.options.max_record.saturating_sub(FRAMING).max(LIMIT_MIN))
    }

    pub(super) fn lower_limit(&self, topic: &str) {
        let lower = (self.limit(topic) / 4 * 3).max(LIMIT_MIN);
        tracing::warn!(
            topic,
            max_bytes = lower,
            "record too large for its topic, cutting records to a lower limit"
        );
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned(), lower);
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Acquire)
    }

    pub(super) fn block(&self, error: &KafkaError) {
        let grant = self.missing_permission(error);
        if !self.blocked.swap(true, Ordering::AcqRel) {
            tracing::warn!(%error, grant, "kafka does not take records, waiting");
        }
        let why = grant.unwrap_or_else(|| reason(error).to_owned());
        for shard in self.open_shards() {
            self.health.blocked(shard, Some(why.clone()));
        }
    }

    /// What an operator has to grant, if that is what is missing.
    fn missing_permission(&self, error: &KafkaError) -> Option<String> {
        let grant = match code(error)? {
            Code::TransactionalIdAuthorizationFailed => {
                format!("Write on the transactional id {}", self.options.transactional_id)
            }
            Code::TopicAuthorizationFailed => match &*self.refused() {
                Some(topic) => format!("Write on the topic {topic}"),
                None => "Write on each topic of `topics` and `routes`".to_owned(),
            },
            Code::ClusterAuthorizationFailed => "IdempotentWrite on the cluster".to_owned(),
            _ => return None,
        };
        Some(format!("not permitted: grant the user of `kafka.security` {grant}"))
    }

    pub(super) fn note_refused(&self, topic: String) {
        *self.refused() = Some(topic);
    }

    fn refused(&self) -> MutexGuard<'_, Option<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is blocked any more: a commit has gone out, or there is none left.
    pub(super) fn unblock(&self) {
        if self.blocked.swap(false, Ordering::AcqRel) {
            tracing::info!("kafka takes records again");
            *self.refused() = None;
            for shard in self.open_shards() {
                self.health.blocked(shard, None);
            }
        }
    }

    pub(super) fn open_shards(&self) -> Vec<i32> {
        self.with_seats(|seats| {
            seats.iter().filter(|seat| !seat.is_closed()).map(|seat| seat.shard).collect()
        })
    }

    pub(super) fn count(&self, error: &KafkaError) {
        self.metrics.publish_errors.get_or_create(&ReasonLabel { reason: reason(error) }).inc();
    }
}
