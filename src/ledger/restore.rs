//! A shard's state, read from the ledger.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{
    begun::{BEGUN_KEY, Begun, read_begun},
    state::{BadState, FeedState},
};
use crate::{
    config::Kafka,
    publish::{Ends, LedgerEntry, Login, partition_reader},
};

/// Key of the record with which a holder takes the shard: after it, no transaction of the former
/// holder can land at the offset it has to. Names of feeds do not begin with a space.
pub const OWNER_KEY: &str = " owner";

/// A restore that reads nothing for this long is given up and started again.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What a partition of the ledger holds.
#[derive(Debug, Default)]
pub struct Restored {
    /// States by feed.
    pub states: BTreeMap<String, FeedState>,
    /// Records that could not be read, by feed: where they are, and what is wrong. Their feeds are
    /// left alone until `copydesk feeds reset` drops the record.
    pub corrupt: BTreeMap<String, String>,
    /// Polls that were begun; the states show which have ended since.
    pub begun: Begun,
    /// Records read, superseded ones included.
    pub records: u64,
    /// The end of the partition: every committed record below this offset was read. 0 if nobody
    /// waited for open transactions.
    pub end: i64,
}

/// Why a restore failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Kafka did not answer: to be tried again later.
    #[error("{0}")]
    Kafka(#[source] KafkaError),
    /// Nothing came for [`SILENCE_MAX`]: to be tried again later.
    #[error("no answer for {} s", SILENCE_MAX.as_secs())]
    Silence,
    /// Written by a newer program: the daemon must not go on.
    #[error("ledger {topic} partition {partition} offset {offset}, feed {feed}: {bad}")]
    Newer {
        /// Ledger topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// Offset.
        offset: i64,
        /// Key.
        feed: String,
        /// What is wrong.
        bad: BadState,
    },
    /// The shard was revoked meanwhile.
    #[error("cancelled")]
    Cancelled,
}

/// Reads a partition from the start to its end with `read_committed`. Blocking.
///
/// `cancelled` is asked between records; `progress` is called with the number of records read so
/// far.
///
/// # Errors
/// [`RestoreError`]; all but `Newer` and `Cancelled` are worth another try.
pub fn restore(
    kafka: &Kafka,
    topic: &str,
    partition: i32,
    cancelled: &dyn Fn() -> bool,
    progress: &dyn Fn(u64),
) -> Result<Restored, RestoreError> {
    let group = format!("{topic}.restore");
    let consumer = partition_reader(kafka, &group, "read_committed").map_err(RestoreError::Kafka)?;
    read(&consumer, topic, partition, cancelled, progress)
}

/// The same for a holder: waits until every transaction on the partition is decided, and returns
/// the end up to which everything is known. Blocking.
///
/// # Errors
/// As [`restore`].
pub fn restore_settled(
    kafka: &Kafka,
    topic: &str,
    partition: i32,
    cancelled: &dyn Fn() -> bool,
    progress: &dyn Fn(u64),
) -> Result<Restored, RestoreError> {
    let ends = Ends::of(kafka, topic).map_err(RestoreError::Kafka)?;
    loop {
        let settled = ends.settled(partition, cancelled).map_err(RestoreError::Kafka)?;
        let end = settled.ok_or(RestoreError::Cancelled)?;
        let mut restored = read(ends.committed(), topic, partition, cancelled, progress)?;
        // Whatever was written meanwhile may have been read, or not.
        if ends.high_watermark(partition).map_err(RestoreError::Kafka)? == end {
            restored.end = end;
            return Ok(restored);
        }
    }
}

fn read(
    consumer: &BaseConsumer<Login>,
    topic: &str,
    partition: i32,
    cancelled: &dyn Fn() -> bool,
    progress: &dyn Fn(u64),
) -> Result<Restored, RestoreError> {
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, partition, Offset::Beginning).map_err(RestoreError::Kafka)?;
    consumer.assign(&assignment).map_err(RestoreError::Kafka)?;

    let mut restored = Restored::default();
    let mut silence = Duration::ZERO;
    let step = Duration::from_millis(200);
    loop {
        if cancelled() {
            return Err(RestoreError::Cancelled);
        }
        match consumer.poll(step) {
            Some(Ok(message)) => {
                silence = Duration::ZERO;
                restored.records += 1;
                let feed = message.key().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                restored.take(topic, partition, message.offset(), feed, message.payload())?;
                if restored.records.is_multiple_of(10_000) {
                    progress(restored.records);
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(restored),
            Some(Err(error)) if is_passing(&error) => silence += step,
            Some(Err(error)) => return Err(RestoreError::Kafka(error)),
            None => silence += step,
        }
        if silence > SILENCE_MAX {
            return Err(RestoreError::Silence);
        }
    }
}

fn is_passing(error: &KafkaError) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut | Code::Resolve)
    )
}

impl Restored {
    /// Takes the next record of a partition.
    ///
    /// # Errors
    /// [`RestoreError::Newer`].
    pub fn take(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
        feed: String,
        value: Option<&[u8]>,
    ) -> Result<(), RestoreError> {
        if feed == OWNER_KEY {
            return Ok(());
        }
        if feed == BEGUN_KEY {
            // A record that cannot be read costs only the pause after a poll that was cut off.
            self.begun = value.map(read_begun).transpose().unwrap_or_else(|what| {
                tracing::warn!(topic, partition, offset, %what, "unreadable ledger record of polls under way, skipping it");
                None
            }).unwrap_or_default();
            return Ok(());
        }
        if let Some(of) = LedgerEntry::of_due_key(&feed) {
            self.take_due(of, value);
            return Ok(());
        }
        self.corrupt.remove(&feed);
        let Some(value) = value else {
            self.states.remove(&feed);
            return Ok(());
        };
        match FeedState::from_json(value) {
            Ok(state) => drop(self.states.insert(feed, state)),
            Err(BadState::Corrupt(what)) => {
                // With an older record, what came since would be published a second time.
                self.states.remove(&feed);
                let place = format!("topic {topic} partition {partition} offset {offset}: {what}");
                self.corrupt.insert(feed, place);
            }
            Err(bad) => {
                let topic = topic.to_owned();
                return Err(RestoreError::Newer { topic, partition, offset, feed, bad });
            }
        }
        Ok(())
    }
}

impl Restored {
    /// Takes a short record. One that cannot be read costs only a due time.
    fn take_due(&mut self, feed: &str, value: Option<&[u8]>) {
        if self.corrupt.contains_key(feed) {
            return;
        }
        let Some(Ok(short)) = value.map(FeedState::from_json) else { return };
        let state = match self.states.remove(feed) {
            Some(before) => short.completed_by(before),
            None => short,
        };
        self.states.insert(feed.to_owned(), state);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use url::Url;

    use super::*;

    #[test]
    fn the_last_record_counts_and_a_corrupt_one_costs_one_feed() {
        let state = |name: &str| {
            FeedState::new(name, &Url::parse("http://a.example/").unwrap(), DateTime::UNIX_EPOCH)
        };
        let mut restored = Restored::default();
        let mut offset = 0;
        let mut take = |restored: &mut Restored, feed: &str, value: Option<&[u8]>| {
            offset += 1;
            restored.take("ledger", 0, offset, feed.into(), value)
        };
        let good = state("a").to_json();
        take(&mut restored, "a", Some(&good)).unwrap();
        take(&mut restored, "b", Some(&state("b").to_json())).unwrap();
        take(&mut restored, "c", Some(&state("c").to_json())).unwrap();
        take(&mut restored, "a", Some(&good[..good.len() / 2])).unwrap();
        take(&mut restored, "b", None).unwrap();
        assert_eq!(restored.states.keys().collect::<Vec<_>>(), ["c"]);
        assert!(restored.corrupt["a"].starts_with("topic ledger partition 0 offset 4: "));
        take(&mut restored, "a", Some(&good)).unwrap();
        assert!(restored.corrupt.is_empty());
        take(
            &mut restored,
            BEGUN_KEY,
            Some(br#"{"version":1,"begun":{"c":{"at":"2026-01-02T03:04:05Z","times":1}}}"#),
        )
        .unwrap();
        assert_eq!(restored.begun.keys().collect::<Vec<_>>(), ["c"]);
        take(&mut restored, BEGUN_KEY, Some(b"?")).unwrap();
        assert!(restored.begun.is_empty() && restored.corrupt.is_empty() && restored.states.len() == 2);
        let mut later = state("a");
        later.due_at += chrono::TimeDelta::hours(1);
        take(&mut restored, " due a", Some(&later.to_due_json())).unwrap();
        assert_eq!(restored.states["a"].due_at, later.due_at);
        take(&mut restored, " due a", None).unwrap();
        take(&mut restored, " due a", Some(b"?")).unwrap();
        assert_eq!(restored.states["a"].due_at, later.due_at);
        take(&mut restored, "a", Some(&good)).unwrap();
        assert_eq!(restored.states["a"].due_at, DateTime::UNIX_EPOCH);
        let newer = take(&mut restored, "c", Some(br#"{"version":99}"#));
        assert!(matches!(newer, Err(RestoreError::Newer { .. })));
    }
}
