//! The producer of one shard.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rdkafka::{ClientContext, config::RDKafkaLogLevel, error::KafkaResult, producer::FutureProducer};

use crate::config::{Delivery, Kafka};

/// A dead instance holds back `read_committed` readers at most this long.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(20);

/// A record that is not acknowledged in this time is sent again in a new attempt.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// Largest ledger record, bytes before compression; also set as the ledger topic's limit.
pub const LEDGER_RECORD_MAX: usize = 8 << 20;

/// Creates a producer: idempotent, `acks=all`, compressed, keys where Java's clients put them.
/// With `exactly_once` it still needs its `init_transactions`.
///
/// # Errors
/// A raw property that librdkafka does not know, or a file that cannot be read.
pub fn producer(kafka: &Kafka, delivery: Delivery, transactional_id: &str) -> KafkaResult<ShardProducer> {
    let millis = |duration: Duration| duration.as_millis().to_string();
    let exactly_once = delivery == Delivery::ExactlyOnce;
    let (delivery_timeout, transaction_timeout) = (millis(DELIVERY_TIMEOUT), millis(TRANSACTION_TIMEOUT));
    let message_max = (LEDGER_RECORD_MAX + (1 << 20)).to_string();
    let mut own = vec![
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("partitioner", "murmur2_random"),
        ("compression.type", kafka.compression.as_deref().unwrap_or("zstd")),
        ("linger.ms", if exactly_once { "0" } else { "5" }),
        ("message.timeout.ms", &delivery_timeout),
        ("socket.timeout.ms", "10000"),
        ("message.max.bytes", &message_max),
        // A batch larger than a topic's limit would be refused whole; the default limit is 1 MiB.
        ("batch.size", "900000"),
        // Back-pressure lives in the commits; the client's own queue stays small.
        ("queue.buffering.max.messages", "20000"),
        ("queue.buffering.max.kbytes", "65536"),
    ];
    if exactly_once {
        own.push(("transactional.id", transactional_id));
        own.push(("transaction.timeout.ms", &transaction_timeout));
    }
    let told = Told::default();
    let client = super::client_config_with(kafka, &own).create_with_context(told.clone())?;
    Ok(ShardProducer { client, told })
}

/// The producer of one shard, and why its transaction failed. A cheap clone.
#[derive(Clone)]
pub struct ShardProducer {
    client: FutureProducer<Told>,
    told: Told,
}

impl ShardProducer {
    /// What the client said when the transaction under way failed, once.
    ///
    /// It purges the records of such a transaction, so that their own errors say nothing.
    pub fn cause(&self) -> Option<String> {
        self.told.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Deref for ShardProducer {
    type Target = FutureProducer<Told>;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

/// Listens to the client, which tells the cause of a failed transaction to its log only.
#[derive(Clone, Debug, Default)]
pub struct Told(Arc<Mutex<Option<String>>>);

impl ClientContext for Told {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            _ if facility == "TXNERR" => {
                // `[thrd:main]: ` goes before the message.
                let cause = message.split_once("]: ").map_or(message, |(_, cause)| cause);
                self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| cause.to_owned());
                tracing::debug!(cause, "the transaction failed");
            }
            // A setting of consumers among `kafka.properties`.
            _ if facility == "CONFWARN" => tracing::debug!(message, "kafka client"),
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => tracing::warn!(facility, message, "kafka client"),
            _ => tracing::debug!(facility, message, "kafka client"),
        }
    }
}
