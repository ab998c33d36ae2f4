//! A small topic that every instance knows completely: read from its start, then followed.

use std::time::Duration;

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult},
};
use tokio::sync::oneshot;

use super::{
    Login,
    errors::missing_permission,
    settle::{Ends, reader},
};
use crate::config::Kafka;

/// How long one wait for a record takes, at most.
const STEP: Duration = Duration::from_millis(200);

/// A pause after an error of the client; it reconnects by itself.
const PAUSE: Duration = Duration::from_millis(500);

/// Reads partition 0 of `topic` from its start, committed records only, for as long as `goes_on` is true;
/// `take` is called with each key and value in order. `known` is notified once everything has been read that
/// was there at the beginning, including transactions that were open then. Blocking: meant for a thread of
/// its own.
pub fn follow(
    kafka: &Kafka,
    topic: &str,
    known: oneshot::Sender<()>,
    goes_on: &dyn Fn() -> bool,
    take: &dyn Fn(&str, Option<&[u8]>),
) {
    let mut known = Some(known);
    let mut next = Offset::Beginning;
    let mut told = None;
    while goes_on() {
        match read(kafka, topic, &mut next, &mut known, goes_on, take) {
            Ok(()) => return,
            // Comes twice a second while no broker answers: logged once for each record that is
            // waited for.
            Err(error) if told.replace(next) == Some(next) => {
                tracing::debug!(%error, topic, "reading waits for kafka");
            }
            Err(error) => {
                let group = format!("Describe on the group {}", group(topic));
                let grant = missing_permission(&error, &group, topic);
                tracing::warn!(%error, topic, grant, "reading waits for kafka");
            }
        }
        std::thread::sleep(PAUSE);
    }
}

/// The name of the group that the client asks about.
fn group(topic: &str) -> String {
    format!("{topic}.follow")
}

fn read(
    kafka: &Kafka,
    topic: &str,
    next: &mut Offset,
    known: &mut Option<oneshot::Sender<()>>,
    goes_on: &dyn Fn() -> bool,
    take: &dyn Fn(&str, Option<&[u8]>),
) -> KafkaResult<()> {
    let consumer = reader(kafka, &group(topic), "read_committed")?;
    let target = match known {
        Some(_) => Some(Ends::of(kafka, topic)?.high_watermark(0)?),
        None => None,
    };
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(topic, 0, *next)?;
    consumer.assign(&assignment)?;
    while goes_on() {
        match consumer.poll(STEP) {
            Some(Ok(message)) => {
                let key = message.key().map(String::from_utf8_lossy).unwrap_or_default();
                take(&key, message.payload());
                *next = Offset::Offset(message.offset() + 1);
            }
            Some(Err(KafkaError::PartitionEOF(_))) | None => {
                // The end of what is committed: after it there may be an open transaction.
                if known.is_some()
                    && stable(&consumer, topic)? >= target.unwrap_or_default()
                    && let Some(known) = known.take()
                {
                    known.send(()).ok();
                }
            }
            Some(Err(error)) => return Err(error),
        }
    }
    Ok(())
}

fn stable(consumer: &BaseConsumer<Login>, topic: &str) -> KafkaResult<i64> {
    consumer.fetch_watermarks(topic, 0, Duration::from_secs(5)).map(|(_, stable)| stable)
}
