//! The topics: created if missing, checked if present.

use std::{collections::HashMap, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    error::KafkaError,
    types::RDKafkaErrorCode as Code,
};

use super::{LEDGER_RECORD_MAX, Login, Probe, client_config};
use crate::config::Config;

/// How long one admin call may take.
const CALL: Duration = Duration::from_secs(10);

/// A topic as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Name.
    pub name: String,
    /// What it is for, in a word: `articles`, `dead letters`, `ledger`, `stories`, `archive`,
    /// `feeds` or `route`.
    pub purpose: &'static str,
    /// Partitions it is created with.
    pub partitions: i32,
    /// Settings it is created with.
    pub settings: Vec<(&'static str, String)>,
}

impl Wanted {
    /// What the daemon has to be permitted to do with it; includes seeing it.
    fn permissions(&self) -> &'static str {
        match self.purpose {
            "ledger" | "stories" => "Read and Write",
            _ => "Write",
        }
    }
}

/// What is wrong with the topics.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// No broker answered in time: to be tried again later.
    #[error("kafka at {brokers} does not answer: {why}")]
    Unreachable {
        /// Bootstrap servers.
        brokers: String,
        /// What is wrong and, if that is known, what to do.
        why: String,
    },
    /// Refused; an operator has to act.
    #[error("{0}")]
    Wrong(String),
}

/// A compacted topic that few records reach gives up its old ones after this.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// All topics of a configuration.
pub fn wanted(config: &Config) -> Vec<Wanted> {
    let topics = &config.topics;
    let millis = |duration: Duration| duration.as_millis().to_string();
    let retention: Vec<(&'static str, String)> =
        topics.retention.map(|retention| ("retention.ms", millis(retention))).into_iter().collect();
    let plain = |name: &str, purpose, settings: &[(&'static str, String)]| Wanted {
        name: name.to_owned(),
        purpose,
        partitions: topics.partitions,
        settings: settings.to_vec(),
    };
    let mut wanted = vec![
        plain(&topics.articles, "articles", &retention),
        plain(
            &topics.dead_letters,
            "dead letters",
            &[("retention.ms", millis(topics.dead_letter_retention))],
        ),
        Wanted {
            name: topics.ledger.clone(),
            purpose: "ledger",
            partitions: topics.ledger_partitions,
            settings: vec![
                ("cleanup.policy", "compact".to_owned()),
                ("max.message.bytes", LEDGER_RECORD_MAX.to_string()),
                // Small segments are compacted sooner, so that a restore reads less.
                ("segment.bytes", (16 << 20).to_string()),
                ("segment.ms", millis(Duration::from_secs(3600))),
                ("min.cleanable.dirty.ratio", "0.2".to_owned()),
            ],
        },
    ];
    wanted.extend(topics.stories_topic().map(|name| Wanted {
        name,
        purpose: "stories",
        partitions: 1,
        settings: vec![
            ("cleanup.policy", "compact,delete".to_owned()),
            ("retention.ms", millis(config.stories.window)),
            ("segment.bytes", (16 << 20).to_string()),
            ("segment.ms", millis(Duration::from_secs(3600))),
        ],
    }));
    wanted.extend(topics.archive.as_ref().map(|archive| {
        let mut settings = retention.clone();
        settings.push(("max.message.bytes", LEDGER_RECORD_MAX.to_string()));
        plain(archive, "archive", &settings)
    }));
    wanted.extend(topics.feeds.as_ref().map(|feeds| {
        plain(feeds, "feeds", &[("cleanup.policy", "compact".to_owned()), ("segment.ms", millis(DAY))])
    }));
    for route in &config.routes {
        if wanted.iter().all(|known| known.name != route.topic) {
            wanted.push(plain(&route.topic, "route", &retention));
        }
    }
    wanted
}

/// The topics of a cluster.
pub struct TopicAdmin {
    /// None with OAUTHBEARER: this client of librdkafka is the one that cannot ask for a token.
    client: Option<AdminClient<DefaultClientContext>>,
    probe: Probe,
    brokers: String,
}

impl std::fmt::Debug for TopicAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopicAdmin").field("brokers", &self.brokers).finish_non_exhaustive()
    }
}

impl TopicAdmin {
    /// Connects lazily.
    ///
    /// # Errors
    /// Settings that librdkafka refuses.
    pub fn new(config: &Config) -> Result<Self, TopicError> {
        let refused = |error: KafkaError| TopicError::Wrong(format!("kafka settings: {error}"));
        let client = match Login::of(&config.kafka).is_needed() {
            true => None,
            false => Some(client_config(&config.kafka).create().map_err(refused)?),
        };
        let probe = Probe::new(&config.kafka).map_err(refused)?;
        Ok(Self { client, probe, brokers: config.kafka.brokers.join(",") })
    }

    fn unreachable(&self, error: KafkaError) -> TopicError {
        TopicError::Unreachable { brokers: self.brokers.clone(), why: error.to_string() }
    }

    /// Partitions of every topic of the cluster. Asks for all of them, since asking for one by name
    /// may create it. Blocks its thread for up to 10 s.
    ///
    /// # Errors
    /// [`TopicError::Unreachable`]; [`TopicError::Wrong`] if the broker refuses the credentials.
    pub fn partitions(&self) -> Result<HashMap<String, i32>, TopicError> {
        let metadata =
            tokio::task::block_in_place(|| self.probe.metadata(CALL)).map_err(
                |unanswered| match unanswered.trouble {
                    Some(trouble) if trouble.is_refusal() => TopicError::Wrong(format!(
                        "kafka at {} refuses the credentials: {trouble}",
                        self.brokers
                    )),
                    Some(trouble) => {
                        TopicError::Unreachable { brokers: self.brokers.clone(), why: trouble.to_string() }
                    }
                    None => TopicError::Unreachable { brokers: self.brokers.clone(), why: unanswered.error },
                },
            )?;
        let sound = metadata.topics().iter().filter(|topic| topic.error().is_none());
        let counted = sound.filter_map(|topic| {
            let count = i32::try_from(topic.partitions().len()).ok()?;
            (count > 0).then(|| (topic.name().to_owned(), count))
        });
        Ok(counted.collect())
    }

    /// Creates a topic.
    ///
    /// # Errors
    /// [`TopicError`].
    pub async fn create(&self, topic: &Wanted, replication: i32) -> Result<(), TopicError> {
        let Some(client) = &self.client else {
            return Err(TopicError::Wrong(format!(
                "topic {} is missing, and over OAUTHBEARER topics cannot be created; create it by Kafka's own tools \
                 with {} partitions{}; if it is there, grant the user {} on it",
                topic.name,
                topic.partitions,
                settings_text(&topic.settings),
                topic.permissions(),
            )));
        };
        let mut new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(replication));
        for (key, value) in &topic.settings {
            new = new.set(key, value);
        }
        let options = AdminOptions::new().request_timeout(Some(CALL)).operation_timeout(Some(CALL));
        let results =
            client.create_topics([&new], &options).await.map_err(|error| self.unreachable(error))?;
        for result in results {
            match result {
                Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
                Err((name, Code::RequestTimedOut | Code::OperationTimedOut | Code::NotController)) => {
                    let error = KafkaError::AdminOp(Code::RequestTimedOut);
                    tracing::debug!(name, "topic not created in time");
                    return Err(self.unreachable(error));
                }
                Err((_, Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed)) => {
                    return Err(TopicError::Wrong(format!(
                        "topic {}: not permitted: grant the user of `kafka.security` {} on it; if it does not exist \
                         yet, Create as well",
                        topic.name,
                        topic.permissions(),
                    )));
                }
                Err((name, code)) => {
                    return Err(TopicError::Wrong(format!(
                        "topic {name} cannot be created: {code}; create it by hand with {} partitions{}",
                        topic.partitions,
                        settings_text(&topic.settings),
                    )));
                }
            }
        }
        Ok(())
    }

    /// The cleanup policy of a topic, if it can be asked for.
    ///
    /// # Errors
    /// [`TopicError::Unreachable`].
    pub async fn cleanup_policy(&self, topic: &str) -> Result<Option<String>, TopicError> {
        let options = AdminOptions::new().request_timeout(Some(CALL));
        let Some(client) = &self.client else { return Ok(None) };
        let described = client
            .describe_configs([&ResourceSpecifier::Topic(topic)], &options)
            .await
            .map_err(|error| self.unreachable(error))?;
        let resource = described.into_iter().next().and_then(Result::ok);
        Ok(resource.and_then(|resource| resource.get("cleanup.policy").and_then(|entry| entry.value.clone())))
    }

    /// Creates what is missing (`topics.create`), and checks what is there.
    ///
    /// # Errors
    /// [`TopicError`].
    pub async fn prepare(&self, config: &Config) -> Result<(), TopicError> {
        let there = self.partitions()?;
        for topic in wanted(config) {
            match there.get(&topic.name).copied() {
                Some(found) if topic.purpose == "stories" && found != 1 => {
                    return Err(TopicError::Wrong(format!(
                        "topic {} has {found} partitions: the stories need one order, so it has to have 1; delete \
                         it and start again, or name another one as `topics.stories`",
                        topic.name
                    )));
                }
                Some(found) if topic.purpose == "ledger" && found != topic.partitions => {
                    return Err(TopicError::Wrong(wrong_partitions(&topic, found)));
                }
                Some(_) if topic.purpose == "ledger" => {
                    let policy = self.cleanup_policy(&topic.name).await?;
                    if let Some(policy) = policy.filter(|policy| !policy.contains("compact")) {
                        return Err(TopicError::Wrong(format!(
                            "topic {} has cleanup.policy={policy}: the ledger has to be compacted, or feeds are \
                             forgotten and their articles sent again; set cleanup.policy=compact",
                            topic.name
                        )));
                    }
                }
                Some(_) => {}
                None if config.topics.create => {
                    self.create(&topic, config.topics.replication).await?;
                    tracing::info!(topic = topic.name, partitions = topic.partitions, "topic created");
                }
                None => {
                    return Err(TopicError::Wrong(format!(
                        "topic {} is missing and topics.create is false; create it with {} partitions{}; if it is \
                         there, grant the user of `kafka.security` {} on it",
                        topic.name,
                        topic.partitions,
                        settings_text(&topic.settings),
                        topic.permissions(),
                    )));
                }
            }
        }
        self.await_metadata(config).await
    }

    /// A topic just created may not be known to another client yet.
    async fn await_metadata(&self, config: &Config) -> Result<(), TopicError> {
        for _ in 0..50 {
            let there = self.partitions()?;
            if wanted(config).iter().all(|topic| there.contains_key(&topic.name)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // A busy cluster may take a while.
        Err(self.unreachable(KafkaError::MetadataFetch(Code::UnknownTopicOrPartition)))
    }
}

fn settings_text(settings: &[(&'static str, String)]) -> String {
    if settings.is_empty() {
        return String::new();
    }
    let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!(" and {}", settings.join(", "))
}

fn wrong_partitions(topic: &Wanted, found: i32) -> String {
    format!(
        "ledger topic {name} has {found} partitions, topics.ledger_partitions says {}: a feed's state lies in the \
         partition of its site, so the number cannot change under running state. Either write \
         `ledger_partitions: {found}`, or stop every instance, run `copydesk topics --migrate-ledger {name}.new` \
         with the new number configured, and then write `ledger: {name}.new`",
        topic.partitions,
        name = topic.name,
    )
}
