//! The dead letters that no replay has settled yet.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::KafkaError,
    message::BorrowedMessage,
};

use super::{
    DeadLetter,
    login::{self, Login},
    record::Original,
};
use crate::config::Kafka;

/// How long metadata and commits may take.
const CALL: Duration = Duration::from_secs(10);

/// Letters read in one run, at most; run the command again for more.
const LETTERS_MAX: usize = 10_000;

/// Offsets that are looked at for each letter that is shown: a letter may have a transaction of its own,
/// whose end is an offset, too.
const OFFSETS_EACH: i64 = 3;

/// A letter as it lies in the topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Lying {
    /// The letter, without its original.
    pub letter: DeadLetter,
    /// A replay has tried it again.
    pub tried: bool,
}

/// Reads dead letters behind the offsets of the group `TOPIC.replay`.
pub struct LetterBox {
    consumer: BaseConsumer<Login>,
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
        Ok(Self { consumer: login::consumer(kafka, &own)?, topic: topic.to_owned() })
    }

    /// All letters up to the current end of the topic. Blocking. Records that are not dead letters
    /// are skipped.
    ///
    /// # Errors
    /// What Kafka says.
    pub fn read(&self) -> Result<Vec<DeadLetter>, KafkaError> {
        let start = self.settled()?.into_iter().map(|(partition, settled)| {
            let offset = settled.map_or(Offset::Beginning, Offset::Offset);
            (partition, offset)
        });
        let mut letters = Vec::new();
        self.each(start.collect(), &mut |message| {
            letters.extend(message.payload().and_then(|value| serde_json::from_slice(value).ok()));
            self.consumer.store_offset_from_message(message)?;
            Ok(letters.len() < LETTERS_MAX)
        })?;
        Ok(letters)
    }

    /// The last letters that failed, the latest first, `count` at most. Blocking.
    ///
    /// # Errors
    /// What Kafka says.
    pub fn last(&self, count: usize) -> Result<Vec<Lying>, KafkaError> {
        let settled = self.settled()?;
        let tail = i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(OFFSETS_EACH).max(1);
        let start = settled.keys().map(|partition| (*partition, Offset::OffsetTail(tail)));
        let mut last = BTreeMap::new();
        self.each(start.collect(), &mut |message| {
            let letter = message.payload().and_then(|value| serde_json::from_slice::<DeadLetter>(value).ok());
            if let Some(mut letter) = letter {
                // It may be large, and there may be many.
                letter.original = Original::Absent;
                let settled = settled.get(&message.partition()).copied().flatten();
                let tried = settled.is_some_and(|settled| message.offset() < settled);
                let place = (letter.last_failed_at, message.partition(), message.offset());
                last.insert(place, Lying { letter, tried });
                if last.len() > count {
                    last.pop_first();
                }
            }
            Ok(true)
        })?;
        Ok(last.into_values().rev().collect())
    }

    /// The partitions, each with the offset before which everything was tried again.
    fn settled(&self) -> Result<BTreeMap<i32, Option<i64>>, KafkaError> {
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), CALL)?;
        let mut list = TopicPartitionList::new();
        for topic in metadata.topics().iter().filter(|topic| topic.error().is_none()) {
            for partition in topic.partitions() {
                list.add_partition(&self.topic, partition.id());
            }
        }
        if list.count() == 0 {
            return Ok(BTreeMap::new());
        }
        let committed = self.consumer.committed_offsets(list, CALL)?;
        let settled = committed.elements().into_iter().map(|element| match element.offset() {
            Offset::Offset(offset) => (element.partition(), Some(offset)),
            _ => (element.partition(), None),
        });
        Ok(settled.collect())
    }

    /// Gives what lies between `start` and the present end to `take`, until that says false.
    fn each(
        &self,
        start: Vec<(i32, Offset)>,
        take: &mut dyn FnMut(&BorrowedMessage<'_>) -> Result<bool, KafkaError>,
    ) -> Result<(), KafkaError> {
        let (mut open, mut assignment) = (start.len(), TopicPartitionList::new());
        for (partition, offset) in start {
            assignment.add_partition_offset(&self.topic, partition, offset)?;
        }
        self.consumer.assign(&assignment)?;
        let (mut silence, step) = (Duration::ZERO, Duration::from_millis(200));
        while open > 0 {
            match self.consumer.poll(step) {
                Some(Ok(message)) => {
                    silence = Duration::ZERO;
                    if !take(&message)? {
                        break;
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => open -= 1,
                Some(Err(error)) if silence >= CALL => return Err(error),
                Some(Err(_)) | None => silence += step,
            }
            if silence > CALL * 3 {
                return Err(KafkaError::NoMessageReceived);
            }
        }
        Ok(())
    }

    /// Commits the offsets, so that what was read counts as settled.
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
