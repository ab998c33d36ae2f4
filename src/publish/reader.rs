//! Records read back from Kafka, for `tail` and `demo`.
//!
//! Partitions are assigned, no group is joined and no offset is committed, so reading leaves no
//! trace on the cluster and needs no permission but to read.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{Consumer, StreamConsumer},
    error::KafkaError,
    message::Headers,
    types::RDKafkaErrorCode,
};

use super::{
    client::client_config_with,
    edge::diagnose,
    encode::{Encoding, Schemas, decode},
    login::{Login, serve_stream},
    record::{ArticleRecord, DeadLetter},
};
use crate::config::Kafka;

/// How long finding out why nobody answers may take.
const DIAGNOSIS: Duration = Duration::from_secs(4);

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record still kept.
    Beginning,
    /// With what comes from now on.
    End,
}

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No broker answered.
    #[error("no answer from Kafka at {brokers}: {why}")]
    Unreachable {
        /// Bootstrap servers.
        brokers: String,
        /// What is wrong and, if that is known, what to do.
        why: String,
    },
    /// The topic is not there.
    #[error(
        "topic {0} does not exist; it is created when `copydesk run` starts, or by `copydesk topics --create`"
    )]
    NoTopic(String),
    /// The topic exists but may not be read, or the client was configured wrongly.
    #[error("cannot read topic {topic}: {source}")]
    Refused {
        /// The topic.
        topic: String,
        /// What the client says.
        source: KafkaError,
    },
}

/// A record as it was read.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Timestamp, milliseconds since 1970 (UTC).
    pub timestamp: Option<i64>,
    /// Key.
    pub key: Vec<u8>,
    /// Headers in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Value; `None` for a tombstone.
    pub value: Option<Vec<u8>>,
}

/// What a value turned out to be.
#[derive(Clone, Debug)]
pub enum Value {
    /// An article.
    Article(Box<ArticleRecord>),
    /// A dead letter.
    DeadLetter(Box<DeadLetter>),
    /// A tombstone: the article of this key is gone.
    Tombstone,
    /// Something that is not ours, with what the article's decoder says.
    Foreign(String),
}

impl Received {
    /// A message as its own value.
    pub(super) fn of(message: &impl Message) -> Self {
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers
                .iter()
                .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
                .collect()
        });
        Self {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis(),
            key: message.key().unwrap_or_default().to_vec(),
            headers,
            value: message.payload().map(<[u8]>::to_vec),
        }
    }

    /// Reads the value.
    pub fn decode(&self, schemas: &Schemas) -> Value {
        let Some(value) = &self.value else { return Value::Tombstone };
        if self.is_ninjs() {
            return Value::Foreign("an item of ninjs, which `--json` shows".to_owned());
        }
        match self.article(schemas) {
            Ok(article) => Value::Article(Box::new(article)),
            Err(error) => match serde_json::from_slice(value) {
                Ok(letter) => Value::DeadLetter(Box::new(letter)),
                Err(_) => Value::Foreign(error),
            },
        }
    }

    /// Reads the value as an article, in the encoding that its header names.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn article(&self, schemas: &Schemas) -> Result<ArticleRecord, String> {
        let value = self.value.as_deref().ok_or("a tombstone, no article")?;
        decode(value, self.header("content-type"), schemas)
    }

    /// The value of a header; the first one if it is given twice.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// Id and revision of the article, from the header that every article has. `None` of a tombstone.
    pub fn id_and_revision(&self) -> Option<(&str, u32)> {
        self.value.as_ref()?;
        let (id, revision) = std::str::from_utf8(self.header("ce_id")?).ok()?.split_once('/')?;
        Some((id, revision.parse().ok()?))
    }

    /// Whether the value is an item of ninjs.
    pub fn is_ninjs(&self) -> bool {
        self.header("ce_dataschema") == Some(Encoding::Ninjs.schema_uri().as_bytes())
    }

    /// Whether the value begins with the frame of a schema registry.
    pub fn is_framed(&self) -> bool {
        self.value.as_ref().is_some_and(|value| value.first() == Some(&0))
    }

    /// The value on one line: line breaks between JSON tokens (there are none within) are spaces.
    pub fn line(&self) -> Vec<u8> {
        let value = self.value.as_deref().unwrap_or(b"null");
        value.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
    }
}

/// Reads one topic, all partitions, committed records only.
pub struct Reader {
    consumer: Arc<StreamConsumer<Login>>,
    topic: String,
}

impl Reader {
    /// Opens `topic`; waits up to `wait` for a broker to answer and for the topic to be there.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn open(kafka: &Kafka, topic: &str, start: Start, wait: Duration) -> Result<Self, ReadError> {
        let refused = |source| ReadError::Refused { topic: topic.to_owned(), source };
        // The client wants the name of a group even if none is joined.
        let group = format!("copydesk-reader-{}", std::process::id());
        let config = client_config_with(
            kafka,
            &[
                ("group.id", group.as_str()),
                ("isolation.level", "read_committed"),
                ("enable.auto.commit", "false"),
                ("auto.offset.reset", "earliest"),
                ("allow.auto.create.topics", "false"),
            ],
        );
        let consumer: StreamConsumer<Login> =
            config.create_with_context(Login::of(kafka)).map_err(refused)?;
        serve_stream(&consumer, kafka);
        let consumer = Arc::new(consumer);

        let deadline = tokio::time::Instant::now() + wait;
        let partitions = loop {
            let found = partitions(consumer.clone(), topic.to_owned(), deadline).await;
            let late = tokio::time::Instant::now() >= deadline;
            match found {
                Ok(Some(partitions)) => break partitions,
                Ok(None) if late => return Err(ReadError::NoTopic(topic.to_owned())),
                Err(source) if late || !is_transport(&source) => {
                    return Err(match is_transport(&source) {
                        true => unreachable(kafka, source).await,
                        false => refused(source),
                    });
                }
                Ok(None) | Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        };
        let offset = match start {
            Start::Beginning => Offset::Beginning,
            Start::End => Offset::End,
        };
        let mut assignment = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            assignment.add_partition_offset(topic, partition, offset).map_err(refused)?;
        }
        consumer.assign(&assignment).map_err(refused)?;
        Ok(Self { consumer, topic: topic.to_owned() })
    }

    /// The next record. Waits for it as long as it takes; the client reconnects by itself.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// [`ReadError::Refused`] for what waiting does not cure.
    pub async fn next(&self) -> Result<Received, ReadError> {
        loop {
            match self.consumer.recv().await {
                Ok(message) => {
                    return Ok(Received::of(&message));
                }
                Err(error) if is_final(&error) => {
                    return Err(ReadError::Refused { topic: self.topic.clone(), source: error });
                }
                Err(error) => {
                    tracing::debug!(%error, topic = self.topic, "reading waits for kafka");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn unreachable(kafka: &Kafka, error: KafkaError) -> ReadError {
    let asked = kafka.clone();
    let trouble = tokio::task::spawn_blocking(move || diagnose(&asked, DIAGNOSIS)).await.ok().flatten();
    let why = trouble.map_or_else(|| error.to_string(), |trouble| trouble.to_string());
    ReadError::Unreachable { brokers: kafka.brokers.join(","), why }
}

/// Partitions of a topic; empty if it does not exist.
async fn partitions(
    consumer: Arc<StreamConsumer<Login>>,
    topic: String,
    deadline: tokio::time::Instant,
) -> Result<Option<Vec<i32>>, KafkaError> {
    let left = deadline.saturating_duration_since(tokio::time::Instant::now());
    let timeout = left.clamp(Duration::from_millis(100), Duration::from_secs(5));
    let ask = move || {
        let metadata = consumer.fetch_metadata(Some(&topic), timeout)?;
        let found = metadata.topics().iter().find(|candidate| candidate.name() == topic);
        let Some(found) = found else { return Ok(None) };
        match found.error().map(RDKafkaErrorCode::from) {
            None => {}
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::LeaderNotAvailable) => {
                return Ok(None);
            }
            Some(code) => return Err(KafkaError::MetadataFetch(code)),
        }
        let partitions: Vec<i32> = found.partitions().iter().map(|partition| partition.id()).collect();
        Ok((!partitions.is_empty()).then_some(partitions))
    };
    // The client's metadata call blocks its thread.
    tokio::task::spawn_blocking(ask).await.unwrap_or(Err(KafkaError::Canceled))
}

fn is_transport(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::RequestTimedOut
                | RDKafkaErrorCode::Resolve
        )
    )
}

fn is_final(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::Fatal
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
                | RDKafkaErrorCode::SaslAuthenticationFailed
                | RDKafkaErrorCode::UnknownTopicOrPartition
                | RDKafkaErrorCode::UnknownTopic
        )
    )
}

#[cfg(test)]
mod tests {
    use rdkafka::producer::{FutureProducer, FutureRecord};

    use super::*;
    use crate::{
        config::Topics,
        publish::{Embedded, EventType, headers, tests::golden},
    };

    #[tokio::test]
    async fn what_is_sent_to_the_embedded_cluster_comes_back() {
        let topics = Topics::default();
        let embedded = Embedded::start(&topics, &[]).expect("starts");
        let kafka = Kafka { brokers: vec![embedded.bootstrap().to_owned()], ..Kafka::default() };
        let producer: FutureProducer =
            client_config_with(&kafka, &[("partitioner", "murmur2_random")]).create().expect("producer");
        let record = golden();
        let value = serde_json::to_vec_pretty(&record).expect("serialises");
        let mut list = rdkafka::message::OwnedHeaders::new();
        for (key, header) in headers(&record, EventType::Published, Encoding::Json, None) {
            list = list.insert(rdkafka::message::Header { key, value: Some(&header) });
        }
        let message = FutureRecord::to(&topics.articles)
            .key(&record.id)
            .payload(&value)
            .headers(list)
            .timestamp(record.fetched_at.timestamp_millis());
        producer.send(message, Duration::from_secs(10)).await.expect("delivered");
        let tombstone = FutureRecord::<str, [u8]>::to(&topics.articles).key(&record.id);
        producer.send(tombstone, Duration::from_secs(10)).await.expect("delivered");

        let reader = Reader::open(&kafka, &topics.articles, Start::Beginning, Duration::from_secs(10))
            .await
            .expect("opens");
        let first = reader.next().await.expect("a record");
        assert_eq!(first.key, record.id.as_bytes());
        assert_eq!(first.timestamp, Some(record.fetched_at.timestamp_millis()));
        assert!(first.headers.contains(&("ce_type".into(), b"news.article.published".to_vec())));
        assert!(!first.line().contains(&b'\n'));
        assert_eq!(first.id_and_revision(), Some((record.id.as_str(), record.revision)));
        let Value::Article(back) = first.decode(&Schemas::default()) else { panic!("not an article") };
        assert_eq!(*back, record);
        let second = reader.next().await.expect("a record");
        assert!(matches!(second.decode(&Schemas::default()), Value::Tombstone));
        assert_eq!(second.id_and_revision(), None);
    }

    #[tokio::test]
    async fn a_broker_that_is_not_there_is_named() {
        // The discard port on loopback, where nobody listens.
        let kafka = Kafka { brokers: vec!["127.0.0.1:9".into()], ..Kafka::default() };
        let wait = Duration::from_millis(300);
        let error = Reader::open(&kafka, "t", Start::End, wait).await.err().expect("cannot open");
        assert!(matches!(error, ReadError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains("127.0.0.1:9"));
    }
}
