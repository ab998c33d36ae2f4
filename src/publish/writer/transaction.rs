//! One attempt at a batch.

use std::time::Duration;

use rdkafka::{
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{FutureRecord, Producer, PurgeConfig},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::{Instant, sleep};

use super::{
    super::{
        batch::{Message, Rendered},
        commit::Commit,
        errors::{Answer, answer, is_purged, named},
        producer::ShardProducer,
    },
    BACKOFF, LIMIT_MIN, ShardWriter,
};
use crate::config::Delivery;

/// How long one call to the client may block; it is repeated until the matter is decided.
const CALL: Duration = Duration::from_secs(5);

/// An abort that cannot be finished in this time is left to the transaction's own timeout.
const ABORT: Duration = Duration::from_secs(30);

/// Why an attempt failed.
pub(super) enum Failed {
    /// The same again after a pause.
    Retry(KafkaError),
    /// A record was too large for its topic.
    Cut(String),
    /// A record was refused for good.
    Refused { key: String, error: KafkaError },
    /// The producer is of no use any more.
    Lost(KafkaError),
}

impl ShardWriter {
    /// Once. Careful is one record at a time and with the client's own time: in one request a refused
    /// record takes others with it, two are `INVALID_RECORD` to the client whatever the broker had
    /// against them, and a broker takes no time that is an hour ahead of its own, as a fetch may have
    /// that was made before the clock was set right.
    pub(super) async fn attempt(&self, rendered: &Rendered, careful: bool) -> Result<(), Failed> {
        match self.options.delivery {
            Delivery::ExactlyOnce => self.transaction(rendered, careful).await,
            Delivery::AtLeastOnce => {
                self.send(&rendered.messages, careful).await?;
                self.send(&rendered.ledger, careful).await
            }
        }
    }

    pub(super) async fn transaction(&self, rendered: &Rendered, careful: bool) -> Result<(), Failed> {
        self.producer.cause();
        self.producer.begin_transaction().map_err(|error| match answer(&error) {
            Answer::Retry => Failed::Retry(error),
            _ => Failed::Lost(error),
        })?;
        let mut sent = self.send(&rendered.messages, careful).await;
        if sent.is_ok() {
            sent = self.send(&rendered.ledger, careful).await;
        }
        match sent {
            Ok(()) => self.commit_transaction().await,
            Err(failed @ Failed::Lost(_)) => Err(failed),
            Err(mut failed) => {
                if let Failed::Retry(error) = &mut failed {
                    if is_purged(error)
                        && let Some(cause) = self.producer.cause()
                    {
                        if !self.is_blocked() {
                            tracing::warn!(shard = self.options.shard, cause, "the transaction failed");
                        }
                        if let Some(code) = named(&cause) {
                            *error = KafkaError::MessageProduction(code);
                        }
                    }
                    if answer(error) == Answer::Reacquire {
                        return Err(Failed::Lost(error.clone()));
                    }
                    // Told at once: with no broker the abort takes its time, too.
                    self.block(error);
                }
                self.abort().await?;
                Err(failed)
            }
        }
    }

    /// Commits; an answer that was lost is asked for again, since the client resumes.
    pub(super) async fn commit_transaction(&self) -> Result<(), Failed> {
        // `commit_transaction` flushes in steps of 100 ms, so it is called with nothing in flight:
        // delivery reports are in, the client's own count follows within microseconds.
        while self.producer.in_flight_count() > 0 {
            sleep(Duration::from_micros(200)).await;
        }
        loop {
            let error = match self.blocking(|producer| producer.commit_transaction(CALL)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let KafkaError::Transaction(cause) = &error else { return Err(Failed::Lost(error)) };
            if cause.txn_requires_abort() {
                self.abort().await?;
                return Err(Failed::Retry(error));
            }
            if !cause.is_retriable() || self.is_closed() {
                return Err(Failed::Lost(error));
            }
            self.block(&error);
            self.count(&error);
            sleep(BACKOFF.0).await;
        }
    }

    /// Aborts: purge, drain, abort, in this order, since `abort_transaction` serves no events.
    pub(super) async fn abort(&self) -> Result<(), Failed> {
        let deadline = Instant::now() + ABORT;
        loop {
            self.producer.purge(PurgeConfig::default().queue().inflight());
            while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
                sleep(Duration::from_millis(1)).await;
            }
            let error = match self.blocking(|producer| producer.abort_transaction(CALL)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let retriable = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable());
            if !retriable || self.is_closed() || Instant::now() > deadline {
                return Err(Failed::Lost(error));
            }
            sleep(BACKOFF.0).await;
        }
    }

    pub(super) async fn blocking(
        &self,
        call: impl FnOnce(&ShardProducer) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), KafkaError> {
        let producer = self.producer.clone();
        match tokio::task::spawn_blocking(move || call(&producer)).await {
            Ok(result) => result,
            Err(_) => Err(KafkaError::Canceled),
        }
    }

    /// Sends messages in order and waits for every delivery.
    pub(super) async fn send(&self, messages: &[Message], careful: bool) -> Result<(), Failed> {
        for one in messages.chunks(if careful { 1 } else { messages.len().max(1) }) {
            self.send_together(one, careful).await?;
        }
        Ok(())
    }

    pub(super) async fn send_together(&self, messages: &[Message], careful: bool) -> Result<(), Failed> {
        let mut deliveries = Vec::with_capacity(messages.len());
        let mut failed = None;
        for message in messages {
            match self.enqueue(message, careful).await {
                Ok(delivery) => deliveries.push((message, delivery)),
                Err(error) => {
                    failed = Some((message, error));
                    break;
                }
            }
        }
        for (message, delivery) in deliveries {
            let error = match delivery.await {
                Ok(Ok(_)) => continue,
                Ok(Err((error, _))) => error,
                Err(_) => KafkaError::Canceled,
            };
            if failed.as_ref().is_none_or(|(_, known)| weight(&error) > weight(known)) {
                failed = Some((message, error));
            }
        }
        match failed {
            None => Ok(()),
            Some((message, error)) => Err(self.judge(message, error)),
        }
    }

    pub(super) fn judge(&self, message: &Message, error: KafkaError) -> Failed {
        match answer(&error) {
            Answer::Retry => Failed::Retry(error),
            Answer::Reacquire => Failed::Lost(error),
            Answer::Cut if message.topic == self.options.names.ledger => {
                tracing::error!(
                    topic = message.topic,
                    feed = message.key,
                    bytes = message.value.as_ref().map_or(0, Vec::len),
                    "ledger record too large for its topic: raise max.message.bytes of the topic"
                );
                Failed::Retry(error)
            }
            Answer::Cut if self.limit(&message.topic) <= LIMIT_MIN => {
                Failed::Refused { key: message.key.clone(), error }
            }
            Answer::Cut => {
                self.count(&error);
                Failed::Cut(message.topic.clone())
            }
            Answer::DeadLetter if message.topic == self.options.names.ledger => Failed::Retry(error),
            Answer::DeadLetter => Failed::Refused { key: message.key.clone(), error },
        }
    }

    pub(super) async fn enqueue(
        &self,
        message: &Message,
        careful: bool,
    ) -> Result<rdkafka::producer::DeliveryFuture, KafkaError> {
        let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
        for (name, value) in &message.headers {
            headers = headers.insert(Header { key: name, value: Some(value) });
        }
        loop {
            let mut record = FutureRecord::<str, [u8]>::to(&message.topic).key(&message.key).headers(headers);
            if let Some(value) = &message.value {
                record = record.payload(value);
            }
            if let Some(partition) = message.partition {
                record = record.partition(partition);
            }
            if let Some(timestamp) = message.timestamp_ms.filter(|_| !careful) {
                record = record.timestamp(timestamp);
            }
            match self.producer.send_result(record) {
                Ok(delivery) => return Ok(delivery),
                Err((KafkaError::MessageProduction(Code::QueueFull), record)) => {
                    headers = record.headers.unwrap_or_default();
                    sleep(Duration::from_millis(5)).await;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }
}

/// Of many failures the first that needs more than waiting decides; what was purged says the least.
fn weight(error: &KafkaError) -> u8 {
    match answer(error) {
        Answer::Retry if is_purged(error) => 0,
        Answer::Retry => 1,
        _ => 2,
    }
}
