//! The consumer group over the ledger: it decides which instance tries to hold which shard.
//!
//! Correctness does not rest on it (the ledger's offsets are the fence), so nothing is consumed and
//! no offset is committed. The group needs a thread of its own: rebalances are served inside
//! `poll`, and a revocation has to wait for the polls under way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use rdkafka::{
    ClientConfig, ClientContext,
    client::OAuthToken,
    consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance},
    error::{KafkaError, KafkaResult},
    types::RDKafkaErrorCode as Code,
};
use tokio::sync::mpsc::Sender;

use crate::{
    config::Kafka,
    observe::Health,
    publish::{Edge, errors::missing_permission},
};

/// A revocation waits at most this long for polls under way; after that their commits are refused.
const REVOCATION_MAX: Duration = Duration::from_secs(15);

/// The group's events are served this often.
const PAUSE: Duration = Duration::from_millis(100);

/// What the group reports.
#[derive(Debug)]
pub enum GroupEvent {
    /// These shards are ours now.
    Assigned(Vec<i32>),
    /// These are no longer ours; drop the sender when nothing of theirs is under way.
    Revoked(Vec<i32>, mpsc::Sender<()>),
}

struct Context {
    events: Sender<GroupEvent>,
    health: Health,
    edge: Edge,
    kafka: Kafka,
    topic: String,
    /// Whether a missing permission has been reported.
    told: AtomicBool,
}

impl Context {
    /// Says which permission is missing, once for as long as it is.
    fn refused(&self, error: &KafkaError) {
        let Some(grant) =
            missing_permission(error, &format!("Read on the group {}", self.topic), &self.topic)
        else {
            return;
        };
        if !self.told.swap(true, Ordering::AcqRel) {
            tracing::error!(grant, "kafka does not let this instance into the group, trying again");
        }
        self.health.broker(Some(grant));
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        Ok(self.edge.token()?)
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(Code::AllBrokersDown) => {
                let trouble = self.edge.trouble(&self.kafka).map(|trouble| trouble.to_string());
                self.edge.forget();
                tracing::warn!(reason, trouble, "no kafka broker answers");
                let why = trouble.map_or_else(String::new, |trouble| format!(": {trouble}"));
                self.health.broker(Some(format!("no broker answers{why}")));
            }
            _ => {
                tracing::debug!(%error, reason, "kafka client");
                self.edge.hear(&error, reason);
            }
        }
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(list) = rebalance {
            let shards: Vec<i32> = list.elements().iter().map(|element| element.partition()).collect();
            let (done, finished) = mpsc::channel();
            if !shards.is_empty() && self.events.blocking_send(GroupEvent::Revoked(shards, done)).is_ok() {
                // Ends when every sender is dropped, or too late.
                while finished.recv_timeout(REVOCATION_MAX).is_ok() {}
            }
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance {
            self.health.broker(None);
            self.told.store(false, Ordering::Release);
            // Nothing is to be fetched through the group.
            if let Err(error) = consumer.pause(list) {
                tracing::warn!(%error, "the ledger's partitions could not be paused");
            }
            let shards: Vec<i32> = list.elements().iter().map(|element| element.partition()).collect();
            self.events.blocking_send(GroupEvent::Assigned(shards)).ok();
        }
    }
}

/// How the group knows an instance.
#[derive(Clone, Debug)]
pub struct Member {
    /// A name that survives restarts: within the session timeout they move no shard.
    pub instance: Option<String>,
    /// Session timeout: an instance that is silent for longer is out. With
    /// `group.protocol: consumer` the broker decides.
    pub session: Duration,
}

/// Membership in the group; leaves it when stopped.
#[derive(Debug)]
pub struct Group {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// The settings of a member.
fn settings(kafka: &Kafka, topic: &str, member: &Member) -> ClientConfig {
    let session = member.session.as_millis().to_string();
    let heartbeat = (member.session.as_millis() / 4).min(3_000).to_string();
    let mut own = vec![
        ("group.id", topic),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("auto.offset.reset", "latest"),
        ("isolation.level", "read_committed"),
        ("max.poll.interval.ms", "60000"),
    ];
    let new_protocol =
        kafka.properties.iter().any(|(name, value)| name == "group.protocol" && value == "consumer");
    if !new_protocol {
        // Measured: this moves a partition in 2.3 s; the KIP-848 protocol took 15 s with the
        // broker's default heartbeat. `kafka.properties: {group.protocol: consumer}` chooses that,
        // and then these settings would be refused.
        own.push(("partition.assignment.strategy", "cooperative-sticky"));
        own.push(("session.timeout.ms", &session));
        own.push(("heartbeat.interval.ms", &heartbeat));
    }
    if let Some(instance) = &member.instance {
        own.push(("group.instance.id", instance));
    }
    crate::publish::client_config_with(kafka, &own)
}

impl Group {
    /// Whether librdkafka accepts a member's settings taken together. Opens no connection.
    ///
    /// # Errors
    /// The error that [`Self::join`] would give.
    pub fn try_settings(kafka: &Kafka, topic: &str, member: &Member) -> KafkaResult<()> {
        let mut settings = settings(kafka, topic, member);
        settings.remove("bootstrap.servers");
        settings.create::<BaseConsumer>().map(drop)
    }

    /// Joins the group over `topic`.
    ///
    /// # Errors
    /// Settings that librdkafka refuses.
    pub fn join(
        kafka: &Kafka,
        topic: &str,
        member: &Member,
        events: Sender<GroupEvent>,
        health: Health,
    ) -> KafkaResult<Self> {
        let context = Context {
            events,
            health: health.clone(),
            edge: Edge::of(kafka),
            kafka: kafka.clone(),
            topic: topic.to_owned(),
            told: AtomicBool::new(false),
        };
        let consumer: BaseConsumer<Context> = settings(kafka, topic, member).create_with_context(context)?;
        consumer.subscribe(&[topic])?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new()
            .name("ledger-group".to_owned())
            .spawn(move || serve(&consumer, &stopped, &health))
            .map_err(|error| KafkaError::ClientCreation(error.to_string()))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Leaves the group, so that the others need not wait for the session to time out. Blocking.
    pub fn leave(mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there has been printed already; the group will time us out.
            thread.join().ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

fn serve(consumer: &BaseConsumer<Context>, stop: &AtomicBool, health: &Health) {
    while !stop.load(Ordering::Acquire) {
        // Never with a timeout: the client spins for the last fraction of a millisecond of it.
        match consumer.poll(Duration::ZERO) {
            None => std::thread::park_timeout(PAUSE),
            // Paused, but a record may already have been on its way.
            Some(Ok(_)) => health.broker(None),
            Some(Err(error)) => {
                tracing::debug!(%error, "ledger group");
                consumer.context().refused(&error);
                std::thread::park_timeout(PAUSE);
            }
        }
    }
    consumer.unsubscribe();
}
