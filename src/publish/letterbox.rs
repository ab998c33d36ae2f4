//! The dead letters that no replay has settled yet.

use std::time::Duration;

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::KafkaError,
};

use super::{DeadLetter, client_config_with};
use crate::config::Kafka;

/// How long metadata and commits may take.
const CALL: Duration = Duration::from_secs(10);

/// Letters read in one run, at most; run the command again for more.
const LETTERS_MAX: usize = 10_000;

/// Reads dead letters behind the offsets of the group `TOPIC.replay`.
pub struct LetterBox {
    consumer: BaseConsumer,
    topic: String,
}

impl LetterBox {
    /// Opens the topic.
    ///
    /// # Errors
    /// What Kafka says.
    pub fn open(kafka: &Kafka, topic: &str) -> Result<Self, KafkaError> {
        let group = format!("{topic}.replay");
        let own = [
            ("group.id", group.as_str()),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("isolation.level", "read_committed"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "earliest"),
        ];
        Ok(Self { consumer: client_config_with(kafka, &own).create()?, topic: topic.to_owned() })
    }

    /// All letters up to the present end of the topic. Blocking. Records that are no dead letters
    /// are passed over.
    ///
    /// # Errors
    /// What Kafka says.
    pub fn read(&self) -> Result<Vec<DeadLetter>, KafkaError> {
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), CALL)?;
        let mut list = TopicPartitionList::new();
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            for partition in topic.partitions() {
                list.add_partition(&self.topic, partition.id());
            }
        }
        let mut open = list.count();
        let committed = self.consumer.committed_offsets(list, CALL)?;
        let mut start = TopicPartitionList::new();
        for element in committed.elements() {
            let offset = match element.offset() {
                Offset::Offset(offset) => Offset::Offset(offset),
                _ => Offset::Beginning,
            };
            start.add_partition_offset(&self.topic, element.partition(), offset)?;
        }
        self.consumer.assign(&start)?;
        let (mut letters, mut silence) = (Vec::new(), Duration::ZERO);
        let step = Duration::from_millis(200);
        while open > 0 && letters.len() < LETTERS_MAX {
            match self.consumer.poll(step) {
                Some(Ok(message)) => {
                    silence = Duration::ZERO;
                    letters.extend(message.payload().and_then(|value| serde_json::from_slice(value).ok()));
                    self.consumer.store_offset_from_message(&message)?;
                }
                Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
                Some(Err(error)) if silence >= CALL => return Err(error),
                Some(Err(_)) | None => silence += step,
            }
            if silence > CALL * 3 {
                return Err(KafkaError::NoMessageReceived);
            }
        }
        Ok(letters)
    }

    /// Remembers that what was read is settled.
    ///
    /// # Errors
    /// What Kafka says.
    pub fn settle(&self) -> Result<(), KafkaError> {
        match self.consumer.commit_consumer_state(CommitMode::Sync) {
            // Nothing was read.
            Err(KafkaError::ConsumerCommit(rdkafka::types::RDKafkaErrorCode::NoOffset)) => Ok(()),
            result => result,
        }
    }
}
