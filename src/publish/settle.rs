//! The end of a partition, once every transaction on it is decided.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult},
};

use super::login::{self, Login};
use crate::config::Kafka;

/// How long one request may take.
const CALL: Duration = Duration::from_secs(5);

/// Pause between two checks whether the last open transaction has ended.
const STEP: Duration = Duration::from_millis(50);

/// A read that gives nothing for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A consumer that belongs to no group and reads what it is assigned, from the start.
///
/// # Errors
/// What librdkafka says of the settings.
pub fn reader(kafka: &Kafka, group: &str, isolation: &str) -> KafkaResult<BaseConsumer<Login>> {
    let own = [
        ("group.id", group),
        ("enable.auto.commit", "false"),
        ("isolation.level", isolation),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "earliest"),
        ("fetch.wait.max.ms", "50"),
        // What is read is used at once: a long queue gains nothing.
        ("queued.max.messages.kbytes", "4096"),
    ];
    login::consumer(kafka, &own)
}

/// Asks for the ends of partitions of a topic.
pub struct Ends {
    /// Sees everything.
    all: BaseConsumer<Login>,
    /// Sees what is committed.
    committed: BaseConsumer<Login>,
    topic: String,
}

impl Ends {
    /// Creates two clients: which end a broker reports depends on the isolation level.
    ///
    /// # Errors
    /// What librdkafka says of the settings.
    pub fn of(kafka: &Kafka, topic: &str) -> KafkaResult<Self> {
        let group = format!("{topic}.restore");
        Ok(Self {
            all: reader(kafka, &group, "read_uncommitted")?,
            committed: reader(kafka, &group, "read_committed")?,
            topic: topic.to_owned(),
        })
    }

    /// The client that sees what is committed.
    pub fn committed(&self) -> &BaseConsumer<Login> {
        &self.committed
    }

    /// The offset after the last record, committed or not.
    ///
    /// # Errors
    /// No answer.
    pub fn high_watermark(&self, partition: i32) -> KafkaResult<i64> {
        self.all.fetch_watermarks(&self.topic, partition, CALL).map(|(_, high)| high)
    }

    /// The same, once no transaction is open: waits for each to end, which the coordinator brings
    /// about if its producer is dead. `None` if `cancelled` says so. Blocking.
    ///
    /// # Errors
    /// No answer.
    pub fn settled(&self, partition: i32, cancelled: &dyn Fn() -> bool) -> KafkaResult<Option<i64>> {
        loop {
            if cancelled() {
                return Ok(None);
            }
            let high = self.high_watermark(partition)?;
            let (_, stable) = self.committed.fetch_watermarks(&self.topic, partition, CALL)?;
            if stable == high {
                return Ok(Some(high));
            }
            std::thread::sleep(STEP);
        }
    }

    /// For each partition of `from`: the end, if nothing was committed from the given offset on,
    /// and `None` if somebody else's record was. Blocking; waits like [`Self::settled`].
    ///
    /// # Errors
    /// No answer.
    pub fn unchanged_since(&self, from: &BTreeMap<i32, i64>) -> KafkaResult<BTreeMap<i32, Option<i64>>> {
        let mut ends = BTreeMap::new();
        for (&partition, &offset) in from {
            let end = self.settled(partition, &|| false)?.unwrap_or(offset);
            let changed = end > offset && self.any_between(partition, offset, end)?;
            ends.insert(partition, (!changed).then_some(end));
        }
        Ok(ends)
    }

    /// Whether a committed record lies there; aborted ones and markers do not count.
    fn any_between(&self, partition: i32, from: i64, end: i64) -> KafkaResult<bool> {
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(&self.topic, partition, Offset::Offset(from))?;
        self.committed.assign(&assignment)?;
        let mut silence = Duration::ZERO;
        let found = loop {
            match self.committed.poll(STEP) {
                Some(Ok(message)) => break Ok(rdkafka::Message::offset(&message) < end),
                Some(Err(KafkaError::PartitionEOF(at))) if at == partition => break Ok(false),
                Some(Err(error)) if silence > SILENCE_MAX => break Err(error),
                Some(Err(_)) | None => silence += STEP,
            }
            if silence > SILENCE_MAX {
                break Err(KafkaError::NoMessageReceived);
            }
        };
        self.committed.unassign()?;
        found
    }
}
