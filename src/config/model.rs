//! The typed configuration. What a key does, its form and its default stand once, in
//! [`reference()`](super::reference()); the comment of a field names its key.

use std::{net::SocketAddr, time::Duration};

use super::Feed;

/// Largest value of an article's record where the configuration does not say, bytes: Kafka's own.
const RECORD_MAX: usize = 1_000_000;

/// Everything the daemon is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Where Kafka is.
    pub kafka: Kafka,
    /// `delivery`.
    pub delivery: Delivery,
    /// Names and shapes of the topics.
    pub topics: Topics,
    /// How feeds and pages are fetched.
    pub http: Http,
    /// The feeds, with the defaults already applied.
    pub feeds: Vec<Feed>,
    /// Cleaning rules.
    pub rules: Rules,
    /// Tagging rules.
    pub tags: Tags,
    /// How long and how many articles are compared with.
    pub stories: Stories,
    /// What the canonical form of an address leaves out.
    pub urls: Urls,
    /// Further topics by tag.
    pub routes: Vec<Route>,
    /// Health and metrics.
    pub admin: Admin,
    /// The daemon itself.
    pub daemon: Daemon,
}

/// Where Kafka is and how to talk to it.
#[derive(Clone, Default, PartialEq)]
pub struct Kafka {
    /// `kafka.brokers`.
    pub brokers: Vec<String>,
    /// `kafka.embedded`.
    pub embedded: bool,
    /// `plaintext`, `tls`, `sasl_plaintext` or `sasl_tls` with its credentials.
    pub security: Security,
    /// `kafka.properties`.
    pub properties: Vec<(String, String)>,
    /// `kafka.compression`.
    pub compression: Option<String>,
    /// `kafka.max_record`.
    pub max_record: Option<usize>,
}

impl Kafka {
    /// Largest value of an article's record, bytes.
    pub fn max_record(&self) -> usize {
        self.max_record.unwrap_or(RECORD_MAX)
    }
}

/// Without the values of the raw settings: some of them are secrets.
impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let properties: Vec<&str> = self.properties.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Kafka")
            .field("brokers", &self.brokers)
            .field("embedded", &self.embedded)
            .field("security", &self.security)
            .field("properties", &properties)
            .field("compression", &self.compression)
            .field("max_record", &self.max_record)
            .finish()
    }
}

/// A value that is never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"***\"")
    }
}

/// Transport security to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// `kafka.security.protocol`.
    pub protocol: Protocol,
    /// `kafka.security.ca`.
    pub ca: Option<String>,
    /// `kafka.security.certificate`.
    pub certificate: Option<String>,
    /// `kafka.security.key`.
    pub key: Option<String>,
    /// `kafka.security.mechanism`.
    pub mechanism: Option<String>,
    /// `kafka.security.username`.
    pub username: Option<Secret>,
    /// `kafka.security.password`.
    pub password: Option<Secret>,
}

/// `kafka.security.protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// `plaintext`
    #[default]
    Plaintext,
    /// `tls`
    Tls,
    /// `sasl_plaintext`
    SaslPlaintext,
    /// `sasl_tls`
    SaslTls,
}

/// `delivery`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Articles and ledger in one transaction per poll.
    #[default]
    ExactlyOnce,
    /// Articles, acknowledgement, then ledger: for brokers without transactions.
    AtLeastOnce,
}

impl Delivery {
    /// As it is written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExactlyOnce => "exactly_once",
            Self::AtLeastOnce => "at_least_once",
        }
    }
}

/// Names and shapes of the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// `topics.articles`.
    pub articles: String,
    /// `topics.dead_letters`.
    pub dead_letters: String,
    /// `topics.ledger`.
    pub ledger: String,
    /// `topics.archive`.
    pub archive: Option<String>,
    /// `topics.feeds`.
    pub feeds: Option<String>,
    /// `topics.stories`.
    pub stories: StoriesTopic,
    /// `topics.create`.
    pub create: bool,
    /// `topics.partitions`.
    pub partitions: i32,
    /// `topics.ledger_partitions`.
    pub ledger_partitions: i32,
    /// `topics.replication`.
    pub replication: i32,
    /// `topics.retention`.
    pub retention: Option<Duration>,
    /// `topics.dead_letter_retention`.
    pub dead_letter_retention: Duration,
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            articles: "news.articles".into(),
            dead_letters: "news.dead-letters".into(),
            ledger: "copydesk.ledger".into(),
            archive: None,
            feeds: None,
            stories: StoriesTopic::Beside,
            create: true,
            partitions: 6,
            ledger_partitions: 16,
            replication: -1,
            retention: None,
            dead_letter_retention: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

/// `topics.stories`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoriesTopic {
    /// The ledger's name and `.stories`.
    #[default]
    Beside,
    /// One of this name.
    Named(String),
    /// None: each instance knows its own stories only.
    Off,
}

impl Topics {
    /// Name of the topic of stories.
    pub fn stories_topic(&self) -> Option<String> {
        match &self.stories {
            StoriesTopic::Beside => Some(format!("{}.stories", self.ledger)),
            StoriesTopic::Named(name) => Some(name.clone()),
            StoriesTopic::Off => None,
        }
    }
}

/// `stories`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stories {
    /// `stories.articles`.
    pub articles: usize,
    /// `stories.window`.
    pub window: Duration,
}

impl Default for Stories {
    fn default() -> Self {
        Self { articles: 20_000, window: Duration::from_secs(7 * 24 * 3600) }
    }
}

/// How feeds and pages are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// `http.contact`.
    pub contact: Option<String>,
    /// `http.timeout`.
    pub timeout: Duration,
    /// `http.max_body`.
    pub max_body: usize,
    /// `http.allow_private_networks`.
    pub allow_private_networks: bool,
    /// `http.concurrency`.
    pub concurrency: usize,
    /// `http.per_site`.
    pub per_site: usize,
    /// `http.site_delay`.
    pub site_delay: Duration,
    /// `http.robots`.
    pub robots: RobotsPolicy,
}

/// `http.robots`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RobotsPolicy {
    /// No page is fetched that `robots.txt` forbids.
    #[default]
    Obey,
    /// Pages are fetched; what it says stands in the record.
    Record,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            contact: None,
            timeout: Duration::from_secs(20),
            max_body: 15 << 20,
            allow_private_networks: false,
            concurrency: 512,
            per_site: 2,
            site_delay: Duration::from_secs(1),
            robots: RobotsPolicy::default(),
        }
    }
}

/// `rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `rules.packs`.
    pub packs: Vec<String>,
    /// `rules.files`.
    pub files: Vec<std::path::PathBuf>,
}

/// `tags`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// `tags.files`.
    pub files: Vec<std::path::PathBuf>,
}

/// `urls`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls {
    /// `urls.files`.
    pub files: Vec<std::path::PathBuf>,
}

/// A further topic for articles that carry certain tags, or come from somewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// `routes[].topic`.
    pub topic: String,
    /// `routes[].when.any`.
    pub any: Vec<String>,
    /// `routes[].when.all`.
    pub all: Vec<String>,
    /// `routes[].when.none`.
    pub none: Vec<String>,
    /// `routes[].when.languages`.
    pub languages: Vec<String>,
    /// `routes[].when.sources`.
    pub sources: Vec<String>,
    /// `routes[].when.salience`.
    pub salience: Option<f32>,
}

/// `admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// `admin.listen`.
    pub listen: SocketAddr,
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)) }
    }
}

/// `daemon`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// `daemon.workers`.
    pub workers: usize,
    /// `daemon.start_spread`.
    pub start_spread: Duration,
    /// `daemon.shutdown_grace`.
    pub shutdown_grace: Duration,
    /// `daemon.tombstones`.
    pub tombstones: bool,
    /// `daemon.instance`.
    pub instance: Option<String>,
    /// `daemon.session`.
    pub session: Duration,
}

impl Default for Daemon {
    fn default() -> Self {
        Self {
            workers: 512,
            start_spread: Duration::from_secs(60),
            shutdown_grace: Duration::from_secs(25),
            tombstones: false,
            instance: None,
            session: Duration::from_secs(10),
        }
    }
}
