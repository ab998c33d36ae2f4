//! Reads a topic once, from its start to its current end.

use std::{collections::HashSet, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{client_config_with, reader::Received};
use crate::config::Kafka;

/// A scan that reads nothing for this long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

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
    let group = format!("copydesk-scan-{}", std::process::id());
    let own = [
        ("group.id", group.as_str()),
        ("enable.auto.commit", "false"),
        ("isolation.level", "read_committed"),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "earliest"),
        ("allow.auto.create.topics", "false"),
    ];
    let consumer: BaseConsumer = client_config_with(kafka, &own).create()?;
    let metadata = consumer.fetch_metadata(Some(topic), CALL)?;
    let partitions: Vec<i32> = metadata
        .topics()
        .iter()
        .filter(|found| found.name() == topic && found.error().is_none())
        .flat_map(|found| found.partitions().iter().map(rdkafka::metadata::MetadataPartition::id))
        .collect();
    let mut assignment = TopicPartitionList::new();
    for partition in &partitions {
        let start = from_ms.map_or(Offset::Beginning, Offset::Offset);
        assignment.add_partition_offset(topic, *partition, start)?;
    }
    if from_ms.is_some() {
        assignment = consumer.offsets_for_times(assignment, CALL)?;
    }
    consumer.assign(&assignment)?;
    let mut open: HashSet<i32> = partitions.into_iter().collect();
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
