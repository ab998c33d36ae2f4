//! One attempt to send what the shards have.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{BaseRecord, Producer, PurgeConfig},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::{Instant, sleep};

use super::{
    super::{
        batch::Message,
        errors::{Remedy, is_purged, named, remedy},
        position::Position,
        producer::{Delivered, ShardProducer, producer},
        settle::Ends,
    },
    part::Part,
    shared::{LIMIT_MIN, Shared},
};
use crate::config::Delivery;

/// First and longest pause between attempts.
pub(super) const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// How long one call to the client may block; it is repeated until the outcome is known.
const CALL: Duration = Duration::from_secs(5);

/// An abort that cannot be finished in this time is left to the transaction's own timeout.
const ABORT: Duration = Duration::from_secs(30);

/// Why an attempt failed.
pub(super) enum Failed {
    /// To be tried again after a pause.
    Retry(KafkaError),
    /// A record was too large for its topic.
    Cut(String),
    /// A record was refused for good.
    Refused { key: String, error: KafkaError },
    /// The producer is of no more use, and the fate of the transaction is unknown.
    Lost(KafkaError),
    /// Records did not land where they have to; the transaction was aborted.
    Misplaced,
    /// Somebody else has written to these shards.
    Overtaken(Vec<i32>),
}

impl Shared {
    /// Makes one attempt. `careful` sends one record at a time and with the client's own timestamps: in one
    /// request a refused record takes others with it; two are `INVALID_RECORD` to the client, whatever the
    /// broker held against them; and a broker accepts no timestamp an hour ahead of its own, which a fetch
    /// may carry that was made before the clock was set right.
    pub(super) async fn attempt(&self, parts: &[Part], careful: bool) -> Result<(), Failed> {
        self.look_again(parts).await?;
        let producer = self.producer().await.map_err(Failed::Retry)?;
        let articles: Vec<&Message> = parts.iter().flat_map(|part| &part.rendered.messages).collect();
        let ledger: Vec<&Message> = parts.iter().flat_map(|part| &part.rendered.ledger).collect();
        let sending = Sending { shared: self, producer };
        match self.options.delivery {
            Delivery::ExactlyOnce => sending.transaction(parts, &articles, &ledger, careful).await,
            Delivery::AtLeastOnce => {
                sending.send(&articles, careful).await?;
                sending.send(&ledger, careful).await.map(drop)
            }
        }
    }

    /// Looks at what lies after a transaction of ours that was aborted.
    async fn look_again(&self, parts: &[Part]) -> Result<(), Failed> {
        let doubtful: BTreeMap<i32, i64> = parts
            .iter()
            .filter_map(|part| match part.seat.position() {
                Position::Doubtful(from) => Some((part.seat.shard, from)),
                _ => None,
            })
            .collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        let (kafka, topic) = (self.options.kafka.clone(), self.options.names.ledger.clone());
        let looking =
            tokio::task::spawn_blocking(move || Ends::of(&kafka, &topic)?.unchanged_since(&doubtful));
        let ends = looking.await.unwrap_or(Err(KafkaError::Canceled)).map_err(Failed::Retry)?;
        let mut overtaken = Vec::new();
        for part in parts {
            match ends.get(&part.seat.shard) {
                Some(Some(end)) => part.seat.set_position(Position::At(*end)),
                Some(None) => overtaken.push(part.seat.shard),
                None => {}
            }
        }
        if overtaken.is_empty() { Ok(()) } else { Err(Failed::Overtaken(overtaken)) }
    }

    async fn producer(&self) -> Result<ShardProducer, KafkaError> {
        let mut slot = self.producer.lock().await;
        let options = &self.options;
        let (producer, is_ready) = match &*slot {
            Some((producer, is_ready)) => (producer.clone(), *is_ready),
            None => (producer(&options.kafka, options.delivery, &options.transactional_id)?, false),
        };
        if !is_ready && options.delivery == Delivery::ExactlyOnce {
            // Ends what a process of the same name left open, and locks it out. The call resumes
            // when repeated.
            let done = blocking(&producer, |producer| producer.init_transactions(CALL)).await;
            if let Err(error) = done {
                let resumes = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable());
                *slot = resumes.then_some((producer, false));
                return Err(error);
            }
        }
        *slot = Some((producer.clone(), true));
        Ok(producer)
    }
}

async fn blocking(
    producer: &ShardProducer,
    call: impl FnOnce(&ShardProducer) -> Result<(), KafkaError> + Send + 'static,
) -> Result<(), KafkaError> {
    let producer = producer.clone();
    tokio::task::spawn_blocking(move || call(&producer)).await.unwrap_or(Err(KafkaError::Canceled))
}

/// One attempt's use of the producer.
struct Sending<'a> {
    shared: &'a Shared,
    producer: ShardProducer,
}

impl Sending<'_> {
    async fn transaction(
        &self,
        parts: &[Part],
        articles: &[&Message],
        ledger: &[&Message],
        careful: bool,
    ) -> Result<(), Failed> {
        self.producer.cause();
        self.producer.begin_transaction().map_err(|error| match remedy(&error) {
            Remedy::Retry => Failed::Retry(error),
            _ => Failed::Lost(error),
        })?;
        let before: Vec<Position> = parts.iter().map(|part| part.seat.position()).collect();
        for part in parts {
            part.seat.set_position(part.seat.position().aborted());
        }
        // Articles first: what Kafka has against one of them is known before the ledger is touched.
        let sent = match self.send(articles, careful).await {
            Ok(_) => self.send(ledger, careful).await,
            Err(failed) => Err(failed),
        };
        let mut offsets = match sent {
            Ok(offsets) => offsets,
            Err(failed) => return self.give_up(failed).await,
        };
        let mut lie = Vec::with_capacity(parts.len());
        for part in parts {
            let rest = offsets.split_off(part.rendered.ledger.len().min(offsets.len()));
            lie.push(std::mem::replace(&mut offsets, rest));
        }
        if before.iter().zip(&lie).any(|(position, offsets)| !position.accepts(offsets)) {
            self.abort().await?;
            // The next attempt looks at what lies before them: a lone marker belongs to nobody.
            return Err(Failed::Misplaced);
        }
        self.commit_transaction().await?;
        for ((part, position), offsets) in parts.iter().zip(before).zip(lie) {
            part.seat.set_position(position.committed(&offsets));
        }
        Ok(())
    }

    /// Aborts a transaction of which a record failed.
    async fn give_up(&self, mut failed: Failed) -> Result<(), Failed> {
        if matches!(failed, Failed::Lost(_)) {
            return Err(failed);
        }
        if let Failed::Retry(error) = &mut failed {
            if is_purged(error)
                && let Some(cause) = self.producer.cause()
            {
                if !self.shared.is_blocked() {
                    tracing::warn!(cause, "the transaction failed");
                }
                if let Some(code) = named(&cause) {
                    *error = KafkaError::MessageProduction(code);
                }
            }
            if remedy(error) == Remedy::Reacquire {
                return Err(Failed::Lost(error.clone()));
            }
            if let Some(topic) = self.producer.refused_topic() {
                self.shared.note_refused(topic);
            }
            // Reported at once: without a broker the abort takes a while, too.
            self.shared.block(error);
        }
        self.abort().await?;
        Err(failed)
    }

    /// Commits; a lost answer is asked for again, since the client resumes.
    async fn commit_transaction(&self) -> Result<(), Failed> {
        // `commit_transaction` flushes in steps of 100 ms, so it is called with nothing in flight:
        // delivery reports are in, the client's own count follows within microseconds.
        while self.producer.in_flight() > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        loop {
            let error = match blocking(&self.producer, |producer| producer.commit_transaction(CALL)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let KafkaError::Transaction(cause) = &error else { return Err(Failed::Lost(error)) };
            if cause.txn_requires_abort() {
                self.abort().await?;
                return Err(Failed::Retry(error));
            }
            if !cause.is_retriable() || self.shared.is_stopped() {
                return Err(Failed::Lost(error));
            }
            self.shared.block(&error);
            self.shared.count(&error);
            sleep(BACKOFF.0).await;
        }
    }

    /// Aborts: purge, drain, abort, in this order, since `abort_transaction` serves no events.
    async fn abort(&self) -> Result<(), Failed> {
        let deadline = Instant::now() + ABORT;
        loop {
            self.producer.purge(PurgeConfig::default().queue().inflight());
            while self.producer.in_flight() > 0 && Instant::now() < deadline {
                sleep(Duration::from_millis(1)).await;
            }
            let error = match blocking(&self.producer, |producer| producer.abort_transaction(CALL)).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let retriable = matches!(&error, KafkaError::Transaction(cause) if cause.is_retriable());
            if !retriable || self.shared.is_stopped() || Instant::now() > deadline {
                return Err(Failed::Lost(error));
            }
            sleep(BACKOFF.0).await;
        }
    }

    /// Sends messages in order and waits for every delivery; returns their offsets.
    async fn send(&self, messages: &[&Message], careful: bool) -> Result<Vec<i64>, Failed> {
        let mut offsets = Vec::with_capacity(messages.len());
        for one in messages.chunks(if careful { 1 } else { messages.len().max(1) }) {
            self.send_together(one, careful, &mut offsets).await?;
        }
        Ok(offsets)
    }

    async fn send_together(
        &self,
        messages: &[&Message],
        careful: bool,
        offsets: &mut Vec<i64>,
    ) -> Result<(), Failed> {
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
                Ok(Ok(offset)) => {
                    offsets.push(offset);
                    continue;
                }
                Ok(Err(error)) => error,
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

    fn judge(&self, message: &Message, error: KafkaError) -> Failed {
        match remedy(&error) {
            Remedy::Retry => Failed::Retry(error),
            Remedy::Reacquire => Failed::Lost(error),
            Remedy::Cut if message.topic == self.shared.options.names.ledger => {
                tracing::error!(
                    topic = message.topic,
                    feed = message.key,
                    bytes = message.value.as_ref().map_or(0, Vec::len),
                    "ledger record too large for its topic: raise max.message.bytes of the topic"
                );
                Failed::Retry(error)
            }
            Remedy::Cut if self.shared.limit(&message.topic) <= LIMIT_MIN => {
                Failed::Refused { key: message.key.clone(), error }
            }
            Remedy::Cut => {
                self.shared.count(&error);
                Failed::Cut(message.topic.clone())
            }
            Remedy::DeadLetter if message.topic == self.shared.options.names.ledger => Failed::Retry(error),
            Remedy::DeadLetter => Failed::Refused { key: message.key.clone(), error },
        }
    }

    async fn enqueue(&self, message: &Message, careful: bool) -> Result<Delivered, KafkaError> {
        let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
        for (name, value) in &message.headers {
            headers = headers.insert(Header { key: name, value: Some(value) });
        }
        loop {
            let mut record = BaseRecord::<str, [u8]>::to(&message.topic).key(&message.key).headers(headers);
            if let Some(value) = &message.value {
                record = record.payload(value);
            }
            if let Some(partition) = message.partition {
                record = record.partition(partition);
            }
            if let Some(timestamp) = message.timestamp_ms.filter(|_| !careful) {
                record = record.timestamp(timestamp);
            }
            match self.producer.send(record) {
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

/// Of many failures the first that needs more than waiting decides; a purged record says the least.
fn weight(error: &KafkaError) -> u8 {
    match remedy(error) {
        Remedy::Retry if is_purged(error) => 0,
        Remedy::Retry => 1,
        _ => 2,
    }
}
