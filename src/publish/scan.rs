//! Reads a topic once, from its start or only its last records, to its current end.

use std::{collections::HashSet, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{
    login::{self, Login},
    reader::Received,
};
use crate::config::Kafka;

/// A scan that reads nothing for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Offsets that are read of each partition beyond its share.
const END_SPARE: usize = 20;

/// How long metadata may take.
const CALL: Duration = Duration::from_secs(10);

/// Reads every committed record of `topic`, oldest first within a partition, and gives it to
/// `each`; stops early when `each` returns false. Blocking. Returns the number of records read.
///
/// `from_ms` skips records older than that time (milliseconds since 1970).
///
/// # Errors
/// What Kafka says, or that nothing came for 30 s; a topic that does not exist has no records.
pub fn scan(
    kafka: &Kafka,
    topic: &str,
    from_ms: Option<i64>,
    each: &mut dyn FnMut(Received) -> bool,
) -> Result<u64, KafkaError> {
    let consumer = open(kafka)?;
    let start = from_ms.map_or(Offset::Beginning, Offset::Offset);
    let mut assignment = TopicPartitionList::new();
    for partition in partitions(&consumer, topic)? {
        assignment.add_partition_offset(topic, partition, start)?;
    }
    if from_ms.is_some() {
        assignment = consumer.offsets_for_times(assignment, CALL)?;
    }
    read(&consumer, &assignment, each)
}

/// Reads the last records of `topic`, some more than `count` of them where it has as many, and gives
/// each to `each` as [`scan`] does. Blocking.
///
/// # Errors
/// As of [`scan`].
pub fn scan_end(
    kafka: &Kafka,
    topic: &str,
    count: usize,
    each: &mut dyn FnMut(Received) -> bool,
) -> Result<u64, KafkaError> {
    let consumer = open(kafka)?;
    let partitions = partitions(&consumer, topic)?;
    // Keys spread evenly; the ends of transactions are offsets, too.
    let tail = (count * 2).div_ceil(partitions.len().max(1)) + END_SPARE;
    let tail = Offset::OffsetTail(i64::try_from(tail).unwrap_or(i64::MAX));
    let mut assignment = TopicPartitionList::new();
    for partition in partitions {
        assignment.add_partition_offset(topic, partition, tail)?;
    }
    read(&consumer, &assignment, each)
}

/// The record at an offset; none where it is gone, or was none. Blocking.
///
/// # Errors
/// As of [`scan`].
pub fn record_at(
    kafka: &Kafka,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<Option<Received>, KafkaError> {
    let consumer = open(kafka)?;
    if !partitions(&consumer, topic)?.contains(&partition) {
        return Ok(None);
    }
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    let mut found = None;
    read(&consumer, &assignment, &mut |received| {
        found = (received.offset == offset).then_some(received);
        false
    })?;
    Ok(found)
}

fn open(kafka: &Kafka) -> Result<BaseConsumer<Login>, KafkaError> {
    let group = format!("copydesk-scan-{}", std::process::id());
    let own = [
        ("group.id", group.as_str()),
        ("enable.auto.commit", "false"),
        ("isolation.level", "read_committed"),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "earliest"),
        ("allow.auto.create.topics", "false"),
    ];
    login::consumer(kafka, &own)
}

fn partitions(consumer: &BaseConsumer<Login>, topic: &str) -> Result<Vec<i32>, KafkaError> {
    let metadata = consumer.fetch_metadata(Some(topic), CALL)?;
    Ok(metadata
        .topics()
        .iter()
        .filter(|found| found.name() == topic && found.error().is_none())
        .flat_map(|found| found.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
        .collect())
}

fn read(
    consumer: &BaseConsumer<Login>,
    assignment: &TopicPartitionList,
    each: &mut dyn FnMut(Received) -> bool,
) -> Result<u64, KafkaError> {
    consumer.assign(assignment)?;
    let mut open: HashSet<i32> = assignment
        .elements()
        .iter()
        .map(rdkafka::topic_partition_list::TopicPartitionListElem::partition)
        .collect();
    let (mut count, mut silence) = (0, Duration::ZERO);
    let step = Duration::from_millis(200);
    while !open.is_empty() {
        match consumer.poll(step) {
            Some(Ok(message)) => {
                silence = Duration::ZERO;
                if !open.contains(&message.partition()) {
                    continue;
                }
                count += 1;
                if !each(Received::of(&message)) {
                    return Ok(count);
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            Some(Err(error)) if silence >= SILENCE_MAX => return Err(error),
            Some(Err(_)) | None => silence += step,
        }
        if silence > SILENCE_MAX {
            return Err(KafkaError::NoMessageReceived);
        }
    }
    Ok(count)
}
