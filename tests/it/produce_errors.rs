//! Every way in which Kafka can refuse a record has an answer: the table of
//! `copydesk::publish::errors`, tried with errors that librdkafka's mock broker is told to give.
//!
//! The mock's transactions are a facade (what was aborted stays readable), so with exactly once a
//! record may be read twice here; the error paths of the client are the real ones.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use copydesk::{
    config::{Delivery, Kafka},
    observe::{Health, Metrics, ReasonLabel},
    publish::{
        ArticleRecord, Batch, Commit, Encodings, EventType, LedgerEntry, Lost, Outgoing, Publisher,
        PublisherOptions, ShardWriter, TopicNames, client_config_with,
    },
};
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey as Api, RDKafkaRespErr as Code},
};
use serde_json::Value;
use tokio::time::timeout;

use Delivery::{AtLeastOnce, ExactlyOnce};

const ARTICLES: &str = "articles";
const DEAD_LETTERS: &str = "dead-letters";
const LEDGER: &str = "ledger";
const TOPICS: [&str; 3] = [ARTICLES, DEAD_LETTERS, LEDGER];

/// Largest value of an article, bytes; the article of the tests is near to it.
const MAX_RECORD: usize = 100_000;

/// The longest that any answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What is done about an error.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// Sent again, by the client itself.
    Resent,
    /// Sent again by the writer, which counts it under this reason.
    Again(&'static str),
    /// Cut to a smaller size and sent again.
    Cut,
    /// To the dead letters, with this reason.
    DeadLetter(&'static str),
    /// The shard is given up, to be taken anew.
    Lost(&'static str),
}

struct Rig {
    cluster: MockCluster<'static, DefaultProducerContext>,
    kafka: Kafka,
    metrics: Metrics,
    health: Health,
    writer: Arc<ShardWriter>,
}

impl Rig {
    /// `patience`: how long the client itself sends a record again, milliseconds.
    fn start(delivery: Delivery, patience: u32) -> Result<Self, KafkaError> {
        // Shown where a test fails.
        tracing_subscriber::fmt().with_test_writer().try_init().ok();
        let cluster = MockCluster::new(1)?;
        for topic in TOPICS {
            cluster.create_topic(topic, 1, 1)?;
        }
        let kafka = Kafka {
            brokers: vec![cluster.bootstrap_servers()],
            properties: vec![("message.timeout.ms".into(), patience.to_string())],
            ..Kafka::default()
        };
        let (metrics, _) = Metrics::new();
        let health = Health::default();
        let names = TopicNames {
            articles: ARTICLES.into(),
            dead_letters: DEAD_LETTERS.into(),
            archive: None,
            stories: None,
            ledger: LEDGER.into(),
            feeds: None,
            encodings: Encodings::default(),
        };
        let options = PublisherOptions {
            kafka: kafka.clone(),
            names,
            delivery,
            max_record: MAX_RECORD,
            transactional_id: "ledger-0".into(),
        };
        // Where the records come to lie is not looked at: the mock's transactions have no markers.
        let writer = Publisher::start(options, metrics.clone(), health.clone()).open(0);
        Ok(Self { cluster, kafka, metrics, health, writer })
    }

    async fn commit(&self, id: &str) -> Result<(), Lost> {
        self.commit_noting(batch(id)).await.0
    }

    /// Commits, and says whether the article was refused.
    async fn commit_noting(&self, batch: Batch) -> (Result<(), Lost>, bool) {
        let refused = batch.articles[0].refused.clone();
        let result = timeout(LIMIT, self.writer.commit(batch)).await.expect("an answer in time");
        (result, refused.get())
    }

    fn errors(&self) -> BTreeMap<&'static str, u64> {
        let reasons = [
            "client",
            "record_too_large",
            "timed_out",
            "no_broker",
            "not_enough_replicas",
            "leader_moved",
            "coordinator",
            "not_authorised",
            "unknown_topic",
            "storage",
            "refused_record",
            "clock_ahead",
            "fenced",
            "purged",
            "other",
        ];
        let count = |reason| self.metrics.publish_errors.get_or_create(&ReasonLabel { reason }).get();
        reasons.into_iter().map(|reason| (reason, count(reason))).filter(|(_, count)| *count > 0).collect()
    }

    /// Everything in the topics: articles, dead letters, ledger.
    fn read(&self) -> [Vec<(String, Value)>; 3] {
        let own = [
            ("group.id", "reader"),
            ("enable.partition.eof", "true"),
            ("auto.offset.reset", "earliest"),
            ("fetch.wait.max.ms", "10"),
        ];
        let kafka = Kafka { properties: Vec::new(), ..self.kafka.clone() };
        let consumer: BaseConsumer = client_config_with(&kafka, &own).create().expect("a consumer");
        let mut assignment = TopicPartitionList::new();
        for topic in TOPICS {
            assignment.add_partition_offset(topic, 0, Offset::Beginning).expect("a partition");
        }
        consumer.assign(&assignment).expect("assigned");
        let mut records: [Vec<(String, Value)>; 3] = Default::default();
        let mut ended = 0;
        while ended < TOPICS.len() {
            match consumer.poll(Duration::from_secs(10)).expect("a record or the end") {
                Ok(message) => {
                    let topic = TOPICS.iter().position(|topic| *topic == message.topic()).expect("ours");
                    let key = String::from_utf8_lossy(message.key().expect("a key")).into_owned();
                    let value = message.payload().map(|value| serde_json::from_slice(value).expect("JSON"));
                    records[topic].push((key, value.unwrap_or_default()));
                }
                Err(KafkaError::PartitionEOF(_)) => ended += 1,
                Err(error) => panic!("{error}"),
            }
        }
        records
    }
}

fn batch(id: &str) -> Batch {
    let golden = include_str!("../cases/record/golden.json");
    let mut record: ArticleRecord = serde_json::from_str(golden).expect("the golden record");
    record.id = id.to_owned();
    record.removed[0].text = "Subscribe to our letter. ".repeat(3_200);
    Batch {
        articles: vec![Outgoing {
            entry_id: Some("guid-1".into()),
            ..Outgoing::new(record, EventType::Published, vec![ARTICLES.into()])
        }],
        ledger: vec![LedgerEntry::new("feed", Some(format!("{{\"seen\":\"{id}\"}}").into()))],
        ..Batch::default()
    }
}

/// Injects the codes, one for each request, and asserts the answer.
fn check(delivery: Delivery, api: Api, codes: &[Code], expected: Answer) {
    let what = format!("{delivery:?} {api:?} {codes:?}");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let patience = if matches!(expected, Answer::Again("timed_out")) { 1_000 } else { 10_000 };
        let rig = Rig::start(delivery, patience).expect("a cluster");
        // The producer is at work already: its topics are known, its sequence has begun.
        assert_eq!(rig.commit("before").await, Ok(()), "{what}");
        rig.cluster.request_errors(api, codes);
        let (result, refused) = rig.commit_noting(batch("struck")).await;
        let errors = rig.errors();
        if let Answer::Lost(reason) = expected {
            assert_eq!(result, Err(Lost), "{what}: {errors:?}");
            assert!(errors.contains_key(reason), "{what}: {errors:?}");
            assert_eq!(rig.commit("after").await, Err(Lost), "{what}: nothing comes after a loss");
            return;
        }
        assert_eq!(result, Ok(()), "{what}: {errors:?}");
        rig.cluster.clear_request_errors(api);
        assert_eq!(rig.commit("after").await, Ok(()), "{what}");
        assert!(!rig.writer.is_blocked(), "{what}");
        assert!(!rig.health.reasons().iter().any(|reason| reason.contains("shard 0")), "{what}");

        let [articles, letters, ledger] = rig.read();
        let published = |id: &str| articles.iter().filter(|(key, _)| key == id).count();
        assert_eq!(ledger.last().map(|(_, state)| &state["seen"]), Some(&"after".into()), "{what}");
        assert!(ledger.iter().any(|(_, state)| state["seen"] == "struck"), "{what}");
        assert!(published("before") > 0 && published("after") > 0, "{what}");
        if delivery == AtLeastOnce {
            assert_eq!((published("before"), published("after")), (1, 1), "{what}");
        }
        // Records purged without a cause that the client tells are one more attempt.
        let only = |reason: &str| {
            errors.contains_key(reason) && errors.keys().all(|other| [reason, "purged"].contains(other))
        };
        assert_eq!(refused, matches!(expected, Answer::DeadLetter(_)), "{what}");
        match expected {
            Answer::Resent => assert!(errors.is_empty() && published("struck") > 0, "{what}: {errors:?}"),
            Answer::Again(reason) => {
                assert!(only(reason), "{what}: {errors:?}");
                assert!(published("struck") > 0, "{what}");
            }
            Answer::Cut => {
                assert!(only("record_too_large"), "{what}: {errors:?}");
                let cut =
                    articles.iter().rfind(|(key, _)| key == "struck").expect("the article").1.to_string();
                assert!(cut.contains("\"kind\":\"cut\"") && cut.len() < MAX_RECORD * 3 / 4, "{what}: {cut}");
            }
            Answer::DeadLetter(reason) => {
                assert!(
                    letters.iter().any(|(key, letter)| {
                        key == "struck" && letter["reason"] == reason && letter["entry_id"] == "guid-1"
                    }),
                    "{what}"
                );
                assert!(errors.contains_key(reason), "{what}: {errors:?}");
            }
            Answer::Lost(_) => {}
        }
        if !matches!(expected, Answer::DeadLetter(_)) {
            assert!(letters.is_empty(), "{what}");
        }
    });
}

#[test]
fn what_passes_is_sent_again() {
    use Code::*;
    for delivery in [AtLeastOnce, ExactlyOnce] {
        for code in [
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
            RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
            RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
            RD_KAFKA_RESP_ERR__TRANSPORT,
        ] {
            check(delivery, Api::Produce, &[code], Answer::Resent);
        }
    }
}

#[test]
fn a_coordinator_that_is_busy_is_asked_again() {
    use Code::*;
    for code in [
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS,
        RD_KAFKA_RESP_ERR__TRANSPORT,
    ] {
        check(ExactlyOnce, Api::EndTxn, &[code], Answer::Resent);
        check(ExactlyOnce, Api::AddPartitionsToTxn, &[code], Answer::Resent);
    }
}

#[test]
fn what_lasts_is_waited_for_and_told() {
    use Code::*;
    let lasting = [RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS; 12];
    for delivery in [AtLeastOnce, ExactlyOnce] {
        check(delivery, Api::Produce, &lasting, Answer::Again("timed_out"));
        check(
            delivery,
            Api::Produce,
            &[RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 2],
            Answer::Again("not_authorised"),
        );
    }
    check(
        ExactlyOnce,
        Api::AddPartitionsToTxn,
        &[RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED],
        Answer::Again("not_authorised"),
    );
}

#[test]
fn what_is_too_large_is_cut_and_what_is_refused_goes_to_the_dead_letters() {
    use Code::*;
    for delivery in [AtLeastOnce, ExactlyOnce] {
        check(delivery, Api::Produce, &[RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE], Answer::Cut);
        check(
            delivery,
            Api::Produce,
            &[RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE; 8],
            Answer::DeadLetter("record_too_large"),
        );
        for code in [RD_KAFKA_RESP_ERR_INVALID_RECORD, RD_KAFKA_RESP_ERR_POLICY_VIOLATION] {
            check(delivery, Api::Produce, &[code; 2], Answer::DeadLetter("refused_record"));
            // Another record of the request may have been the one.
            check(delivery, Api::Produce, &[code], Answer::Again("refused_record"));
        }
        check(
            delivery,
            Api::Produce,
            &[RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP; 2],
            Answer::Again("clock_ahead"),
        );
    }
}

#[test]
fn what_ends_a_producer_costs_the_shard() {
    use Code::*;
    for code in [RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RD_KAFKA_RESP_ERR_PRODUCER_FENCED] {
        check(ExactlyOnce, Api::Produce, &[code], Answer::Lost("fenced"));
        check(ExactlyOnce, Api::AddPartitionsToTxn, &[code], Answer::Lost("fenced"));
        check(ExactlyOnce, Api::EndTxn, &[code], Answer::Lost("fenced"));
    }
    check(
        ExactlyOnce,
        Api::Produce,
        &[RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER],
        Answer::Lost("fenced"),
    );
    check(ExactlyOnce, Api::Produce, &[RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID], Answer::Lost("fenced"));
    for code in [RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH] {
        check(AtLeastOnce, Api::Produce, &[code], Answer::Lost("fenced"));
    }
    // Here the client takes a new id, and goes on.
    check(AtLeastOnce, Api::Produce, &[RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID], Answer::Resent);
    check(
        ExactlyOnce,
        Api::AddPartitionsToTxn,
        &[RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
        Answer::Lost("not_authorised"),
    );
}

#[test]
fn a_broker_that_goes_away_is_waited_for() {
    for delivery in [AtLeastOnce, ExactlyOnce] {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let rig = Rig::start(delivery, 1_000).expect("a cluster");
            assert_eq!(rig.commit("before").await, Ok(()));
            rig.cluster.broker_down(-1).expect("down");
            let writer = rig.writer.clone();
            let waiting = tokio::spawn(async move { writer.commit(batch("struck")).await });
            // The delivery times out first, and a busy machine takes its time.
            for _ in 0..300 {
                if rig.writer.is_blocked() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            assert!(!waiting.is_finished(), "{delivery:?}: nothing is given up");
            assert!(rig.writer.is_blocked(), "{delivery:?}: no new work is begun");
            let reasons = rig.health.reasons();
            assert!(reasons.iter().any(|reason| reason.contains("shard 0")), "{delivery:?}: {reasons:?}");
            rig.cluster.broker_up(-1).expect("up");
            assert_eq!(timeout(LIMIT, waiting).await.expect("in time").expect("no panic"), Ok(()));
            assert!(!rig.writer.is_blocked());
            assert!(rig.read()[0].iter().any(|(key, _)| key == "struck"));
            assert!(!rig.errors().is_empty(), "{delivery:?}: counted");
        });
    }
}
