//! A Kafka inside this process, for trying out: librdkafka's mock cluster.
//!
//! It speaks the real protocol on loopback ports that the system chooses, keeps 5 MiB per
//! partition in memory and drops the oldest beyond that, answers no admin request, and its
//! transactions are a facade (measured). Never for production.

use std::{
    sync::mpsc::{Sender, channel},
    thread::JoinHandle,
};

use rdkafka::{error::KafkaError, mocking::MockCluster};

use crate::config::Topics;

/// Brokers of the cluster. One is as good as three here, with fewer ports and threads.
const BROKERS: i32 = 1;

/// Upper limit for the partitions of a topic.
const PARTITIONS_MAX: i32 = 64;

/// A running cluster; it ends when this is dropped.
#[derive(Debug)]
pub struct Embedded {
    bootstrap: String,
    stop: Option<Sender<()>>,
    // librdkafka's handle has to stay on one thread.
    thread: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Starts a cluster and creates the topics of the configuration; others are created on first
    /// use.
    ///
    /// # Errors
    /// What librdkafka says, for instance that no port is free.
    pub fn start(topics: &Topics, routed: &[&str]) -> Result<Self, KafkaError> {
        let partitions = topics.partitions.clamp(1, PARTITIONS_MAX);
        let mut names = vec![
            (topics.articles.clone(), partitions),
            (topics.dead_letters.clone(), partitions),
            (topics.ledger.clone(), topics.ledger_partitions.clamp(1, PARTITIONS_MAX)),
        ];
        names.extend(topics.archive.iter().map(|name| (name.clone(), partitions)));
        names.extend(routed.iter().map(|name| ((*name).to_owned(), partitions)));

        let (started, start) = channel();
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let cluster = MockCluster::new(BROKERS).and_then(|cluster| {
                for (name, partitions) in &names {
                    cluster.create_topic(name, *partitions, BROKERS)?;
                }
                Ok(cluster)
            });
            match cluster {
                Ok(cluster) => {
                    started.send(Ok(cluster.bootstrap_servers())).ok();
                    // An error means that the sender was dropped, which is the signal as well.
                    stopped.recv().ok();
                }
                Err(error) => {
                    started.send(Err(error)).ok();
                }
            }
        });
        let bootstrap = start.recv().unwrap_or(Err(KafkaError::Canceled))?;
        Ok(Self { bootstrap, stop: Some(stop), thread: Some(thread) })
    }

    /// `host:port` of the brokers, separated by commas.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
