//! The producer of one shard.

use std::time::Duration;

use rdkafka::{error::KafkaResult, producer::FutureProducer};

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
pub fn producer(kafka: &Kafka, delivery: Delivery, transactional_id: &str) -> KafkaResult<FutureProducer> {
    let mut config = super::client_config(kafka);
    let millis = |duration: Duration| duration.as_millis().to_string();
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("partitioner", "murmur2_random")
        .set("compression.type", kafka.compression.as_deref().unwrap_or("zstd"))
        .set("linger.ms", if delivery == Delivery::ExactlyOnce { "0" } else { "5" })
        .set("message.timeout.ms", millis(DELIVERY_TIMEOUT))
        .set("socket.timeout.ms", "10000")
        .set("message.max.bytes", (LEDGER_RECORD_MAX + (1 << 20)).to_string())
        // A batch larger than a topic's limit would be refused whole; the default limit is 1 MiB.
        .set("batch.size", "900000")
        // Back-pressure lives in the commits; the client's own queue stays small.
        .set("queue.buffering.max.messages", "20000")
        .set("queue.buffering.max.kbytes", "65536");
    if delivery == Delivery::ExactlyOnce {
        config
            .set("transactional.id", transactional_id)
            .set("transaction.timeout.ms", millis(TRANSACTION_TIMEOUT));
    }
    config.create()
}
