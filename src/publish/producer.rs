//! The producer of the process.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::Thread,
    time::Duration,
};

use rdkafka::{
    ClientConfig, ClientContext, Message,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult},
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};
use tokio::sync::oneshot;

use super::Login;
use crate::config::{Delivery, Kafka};

/// While records are in flight the client is polled in calls of this length. It serves each event
/// at once and returns when the time is over, spinning for the last fraction of a millisecond
/// (`rd_kafka_queue_poll` takes whole ones): the longer the call, the less of that. This is also
/// how long the thread of a producer that is dropped may live on.
const BUSY: Duration = Duration::from_secs(1);

/// With nothing in flight there are only logs and errors to serve.
const IDLE: Duration = Duration::from_secs(1);

/// A dead instance holds back `read_committed` readers, and whoever takes its shards, for this long
/// plus the time until the coordinator checks (every 10 s by default). An instance that is
/// suspended in the middle of a transaction for longer has to take its shards again.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A record that is not acknowledged within this time is sent again in a new attempt.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest ledger record, bytes before compression; also set as the ledger topic's limit.
pub const LEDGER_RECORD_MAX: usize = 8 << 20;

/// The settings of a producer: idempotent, `acks=all`, compressed, keys partitioned as Java clients
/// do.
fn settings(kafka: &Kafka, delivery: Delivery, transactional_id: &str) -> ClientConfig {
    let millis = |duration: Duration| duration.as_millis().to_string();
    let exactly_once = delivery == Delivery::ExactlyOnce;
    let (delivery_timeout, transaction_timeout) = (millis(DELIVERY_TIMEOUT), millis(TRANSACTION_TIMEOUT));
    let message_max = (LEDGER_RECORD_MAX + (1 << 20)).to_string();
    let mut own = vec![
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("partitioner", "murmur2_random"),
        ("compression.type", kafka.compression.as_deref().unwrap_or("zstd")),
        ("linger.ms", if exactly_once { "0" } else { "5" }),
        ("message.timeout.ms", &delivery_timeout),
        ("socket.timeout.ms", "10000"),
        ("message.max.bytes", &message_max),
        // A batch larger than a topic's limit would be refused whole; the default limit is 1 MiB.
        ("batch.size", "900000"),
        // Back-pressure comes from the commits; the client's own queue stays small.
        ("queue.buffering.max.messages", "20000"),
        ("queue.buffering.max.kbytes", "65536"),
    ];
    if exactly_once {
        own.push(("transactional.id", transactional_id));
        own.push(("transaction.timeout.ms", &transaction_timeout));
    }
    super::client_config_with(kafka, &own)
}

/// Whether librdkafka accepts a producer's settings taken together. Opens no connection.
///
/// # Errors
/// The error that [`producer`] would give.
pub fn try_settings(kafka: &Kafka, delivery: Delivery) -> KafkaResult<()> {
    let mut settings = settings(kafka, delivery, "copydesk-check");
    settings.remove("bootstrap.servers");
    settings.create_with_context::<_, BaseProducer<Listener>>(Listener::default()).map(drop)
}

/// Creates a producer. With `exactly_once` it still needs its `init_transactions`.
///
/// # Errors
/// A raw property that librdkafka does not know, or a file that cannot be read.
pub fn producer(kafka: &Kafka, delivery: Delivery, transactional_id: &str) -> KafkaResult<ShardProducer> {
    let listener = Listener { login: Login::of(kafka), ..Listener::default() };
    let settings = settings(kafka, delivery, transactional_id);
    let client = Arc::new(settings.create_with_context(listener.clone())?);
    let stop = Arc::new(AtomicBool::new(false));
    let events = Events { client: Arc::clone(&client), stop: Arc::clone(&stop) };
    let thread = std::thread::Builder::new()
        .name("kafka-events".to_owned())
        .spawn(move || events.serve())
        .map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
    let server = Arc::new(Server { thread: thread.thread().clone(), stop });
    Ok(ShardProducer { client, listener, server })
}

/// The producer of the process, and the reason why its transaction failed. A cheap clone.
#[derive(Clone)]
pub struct ShardProducer {
    client: Arc<BaseProducer<Listener>>,
    listener: Listener,
    server: Arc<Server>,
}

/// What becomes of a record: its offset, or an error.
pub type Delivered = oneshot::Receiver<KafkaResult<i64>>;

/// A record that the client did not accept, and why.
type NotTaken<'a> = (KafkaError, BaseRecord<'a, str, [u8], ()>);

impl ShardProducer {
    /// Hands a record to the client.
    ///
    /// # Errors
    /// The client's queue is full, or it refuses the record altogether; the record comes back.
    #[expect(clippy::result_large_err, reason = "the record comes back to be sent again")]
    pub fn send<'a>(&self, record: BaseRecord<'a, str, [u8], ()>) -> Result<Delivered, NotTaken<'a>> {
        let (report, delivered) = oneshot::channel();
        let sent = self.client.send(with_opaque(record, Box::new(report)));
        self.server.thread.unpark();
        match sent {
            Ok(()) => Ok(delivered),
            Err((error, record)) => Err((error, with_opaque(record, ()))),
        }
    }

    /// Serves what has come; returns the number of records whose fate is not yet known.
    pub fn in_flight(&self) -> i32 {
        self.client.poll(Duration::ZERO);
        self.client.in_flight_count()
    }

    /// What the client said when the transaction under way failed; returned once.
    ///
    /// It purges the records of such a transaction, so their own errors say nothing.
    pub fn cause(&self) -> Option<String> {
        self.listener.said().cause.take()
    }

    /// The topic that the transaction may not write to, if that is why it failed; returned once.
    pub fn refused_topic(&self) -> Option<String> {
        self.listener.said().refused.take()
    }
}

impl Deref for ShardProducer {
    type Target = BaseProducer<Listener>;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

fn with_opaque<A: rdkafka::util::IntoOpaque, B: rdkafka::util::IntoOpaque>(
    record: BaseRecord<'_, str, [u8], A>,
    delivery_opaque: B,
) -> BaseRecord<'_, str, [u8], B> {
    BaseRecord {
        topic: record.topic,
        partition: record.partition,
        payload: record.payload,
        key: record.key,
        timestamp: record.timestamp,
        headers: record.headers,
        delivery_opaque,
    }
}

/// The thread that serves a producer's events; ends when the producer is dropped.
struct Server {
    thread: Thread,
    stop: Arc<AtomicBool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Replaces the client's own loop (`ThreadedProducer`), which spins for a millisecond in every
/// tenth of a second, idle or not: a hundredth of a core per producer.
struct Events {
    client: Arc<BaseProducer<Listener>>,
    stop: Arc<AtomicBool>,
}

impl Events {
    fn serve(self) {
        while !self.stop.load(Ordering::Acquire) {
            // One event per call.
            self.client.poll(Duration::ZERO);
            if self.client.in_flight_count() > 0 {
                self.client.poll(BUSY);
            } else {
                // A record sent since the count was taken has left its token.
                std::thread::park_timeout(IDLE);
            }
        }
    }
}

/// Listens to the client, which reports the cause of a failed transaction only in its log.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    said: Arc<Mutex<Said>>,
    login: Login,
}

#[derive(Debug, Default)]
struct Said {
    /// Why the transaction failed.
    cause: Option<String>,
    /// The topic that may not be written to.
    refused: Option<String>,
}

impl Listener {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Listener {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        Ok(self.login.token()?)
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match level {
            _ if facility == "TXNERR" => {
                // `[thrd:main]: ` precedes the message.
                let cause = message.split_once("]: ").map_or(message, |(_, cause)| cause);
                self.said().cause.get_or_insert_with(|| cause.to_owned());
                tracing::debug!(cause, "the transaction failed");
            }
            // `Failed to add partition "articles" [1] to transaction: Broker: Topic authorization failed`.
            _ if facility == "ADDPARTS" && message.contains("authorization failed") => {
                self.said().refused = message.split('"').nth(1).map(str::to_owned);
                tracing::debug!(said = message, "kafka client");
            }
            // A consumer setting among `kafka.properties`.
            _ if facility == "CONFWARN" => tracing::debug!(said = message, "kafka client"),
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => tracing::warn!(facility, said = message, "kafka client"),
            _ => tracing::debug!(facility, said = message, "kafka client"),
        }
    }
}

impl ProducerContext for Listener {
    type DeliveryOpaque = Box<oneshot::Sender<KafkaResult<i64>>>;

    fn delivery(&self, result: &DeliveryResult<'_>, report: Self::DeliveryOpaque) {
        let result = result.as_ref().map(|record| record.offset()).map_err(|(error, _)| error.clone());
        // Whoever sent it may have been cut off.
        report.send(result).ok();
    }
}
