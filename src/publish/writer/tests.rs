//! How the shards of one publisher share it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Publisher, PublisherOptions};
use crate::{
    config::{Delivery, Kafka, Topics},
    observe::{Health, Metrics},
    publish::{Batch, Commit, LedgerEntry, TopicNames},
};

/// A publisher whose broker does not exist.
fn without_broker() -> Publisher {
    let options = PublisherOptions {
        kafka: Kafka { brokers: vec!["127.0.0.1:1".into()], ..Kafka::default() },
        names: TopicNames::of(&Topics::default()),
        delivery: Delivery::ExactlyOnce,
        max_record: 1 << 20,
        transactional_id: "test".into(),
    };
    Publisher::start(options, Metrics::new().0, Health::default())
}

async fn until(what: impl Fn() -> bool) -> bool {
    let started = Instant::now();
    while !what() && started.elapsed() < Duration::from_secs(40) {
        sleep(Duration::from_millis(20)).await;
    }
    what()
}

#[tokio::test]
async fn a_shard_that_goes_away_blocked_leaves_the_others_free() {
    let publisher = without_broker();
    let (going, staying) = (publisher.open(1), publisher.open(2));
    let entry = LedgerEntry::new("a", Some(b"{}".to_vec()));
    let told = going.commit(Batch { ledger: vec![entry], ..Batch::default() });
    assert!(until(|| staying.is_blocked()).await, "no broker answers");
    going.close();
    assert!(until(|| !staying.is_blocked()).await, "nothing waits for kafka, so polls may begin");
    assert!(told.await.is_err());
}
