//! The typed configuration. The doc comment of each field is its reference.

use std::{net::SocketAddr, time::Duration};

use url::Url;

/// Largest value of an article's record where the configuration does not say, bytes: Kafka's own.
const RECORD_MAX: usize = 1_000_000;

/// Everything the daemon is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Where Kafka is.
    pub kafka: Kafka,
    /// How sure a record must be to arrive once.
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
    /// Bootstrap servers, `host:port`.
    pub brokers: Vec<String>,
    /// Use librdkafka's in-process mock cluster instead: in memory, for trying out only.
    pub embedded: bool,
    /// `plaintext`, `tls`, `sasl_plaintext` or `sasl_tls` with its credentials.
    pub security: Security,
    /// Raw librdkafka settings, in order. One that contradicts a typed key is refused.
    pub properties: Vec<(String, String)>,
    /// `zstd` (default), `lz4`, `snappy`, `gzip` or `none`.
    pub compression: Option<String>,
    /// Largest record in bytes; default 1,000,000 as Kafka's own.
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
    /// How to connect.
    pub protocol: Protocol,
    /// CA certificates, PEM file.
    pub ca: Option<String>,
    /// Client certificate, PEM file.
    pub certificate: Option<String>,
    /// Client key, PEM file.
    pub key: Option<String>,
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`.
    pub mechanism: Option<String>,
    /// SASL user.
    pub username: Option<String>,
    /// SASL password.
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
    /// Articles.
    pub articles: String,
    /// What could not be published.
    pub dead_letters: String,
    /// The daemon's state.
    pub ledger: String,
    /// Raw material for replays, off unless named.
    pub archive: Option<String>,
    /// Create missing topics at start (default true).
    pub create: bool,
    /// Partitions of new topics other than the ledger (default 6).
    pub partitions: i32,
    /// Partitions of the ledger: the most instances ever wanted, 1 to 64 (default 16).
    pub ledger_partitions: i32,
    /// Replication factor of new topics; -1 (default) is the broker's own.
    pub replication: i32,
    /// Retention of articles; none is the broker's own.
    pub retention: Option<Duration>,
    /// Retention of dead letters (default 30 days).
    pub dead_letter_retention: Duration,
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            articles: "news.articles".into(),
            dead_letters: "news.dead-letters".into(),
            ledger: "copydesk.ledger".into(),
            archive: None,
            create: true,
            partitions: 6,
            ledger_partitions: 16,
            replication: -1,
            retention: None,
            dead_letter_retention: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

/// How feeds and pages are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// URL or e-mail address that site operators can turn to; part of the user agent.
    pub contact: Option<String>,
    /// Whole exchange, redirects included (default 20 s).
    pub timeout: Duration,
    /// Largest body in bytes after decompression (default 15 MiB).
    pub max_body: usize,
    /// Reach loopback and private addresses (default false).
    pub allow_private_networks: bool,
    /// Most requests under way at once (default 64).
    pub concurrency: usize,
    /// Most requests under way at once to one site (default 2).
    pub per_site: usize,
    /// Least time between the starts of two requests to one site (default 1 s).
    pub site_delay: Duration,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            contact: None,
            timeout: Duration::from_secs(20),
            max_body: 15 << 20,
            allow_private_networks: false,
            concurrency: 64,
            per_site: 2,
            site_delay: Duration::from_secs(1),
        }
    }
}

/// How often a feed is polled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interval {
    /// By what the feed does and says, 5 minutes to 24 hours.
    #[default]
    Adaptive,
    /// Fixed, from 1 s.
    Every(Duration),
}

/// Where an article's text comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentSource {
    /// The feed's own content.
    Feed,
    /// The page behind the link.
    Page,
    /// The feed's content where it is the article, else the page.
    #[default]
    Auto,
}

/// One feed, defaults applied. Two are equal where the same would be done: [`Feed::origin`] does
/// not count, so that a reload sees no change where only lines have moved.
#[derive(Clone)]
pub struct Feed {
    /// Unique name: the key of its ledger record.
    pub name: String,
    /// Address.
    pub url: Url,
    /// How often to poll.
    pub interval: Interval,
    /// Where the text comes from.
    pub content: ContentSource,
    /// Tags given to every article.
    pub tags: Vec<String>,
    /// Extra request headers; values are secrets.
    pub headers: Vec<(String, Secret)>,
    /// Where it was configured, `file:line:column`.
    pub origin: String,
}

impl PartialEq for Feed {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, url, interval, content, tags, headers, origin: _ } = self;
        *name == other.name
            && *url == other.url
            && *interval == other.interval
            && *content == other.content
            && *tags == other.tags
            && *headers == other.headers
    }
}

/// With the secrets of the address redacted.
impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("name", &self.name)
            .field("url", &crate::site::redact(&self.url))
            .field("interval", &self.interval)
            .field("content", &self.content)
            .field("tags", &self.tags)
            .field("headers", &self.headers)
            .field("origin", &self.origin)
            .finish()
    }
}

/// `rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Languages of the built-in packs; empty is all.
    pub packs: Vec<String>,
    /// Rule files, globs already expanded, relative to the configuration file.
    pub files: Vec<std::path::PathBuf>,
}

/// `tags`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Rule files, globs already expanded.
    pub files: Vec<std::path::PathBuf>,
}

/// `urls`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls {
    /// Further files in the form of `config/tracking-parameters.yaml`, globs already expanded.
    /// A change gives the articles it concerns new ids.
    pub files: Vec<std::path::PathBuf>,
}

/// A further topic for articles that carry certain tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Topic.
    pub topic: String,
    /// At least one of these tags; a trailing `*` stands for any ending.
    pub any: Vec<String>,
    /// All of these tags.
    pub all: Vec<String>,
    /// None of these tags.
    pub none: Vec<String>,
}

/// `admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Address of `/livez`, `/readyz`, `/metrics`; port 0 is any free one, named in the log.
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
    /// Polls under way at once (default 16).
    pub workers: usize,
    /// How long a stop may take (default 25 s).
    pub shutdown_grace: Duration,
    /// Send a tombstone when an entry leaves its feed as deleted (default false).
    pub tombstones: bool,
    /// Name of this instance, no other's, the same after a restart (default none).
    pub instance: Option<String>,
    /// How long the group waits for an instance that is silent (default 10 s).
    pub session: Duration,
}

impl Default for Daemon {
    fn default() -> Self {
        Self {
            workers: 16,
            shutdown_grace: Duration::from_secs(25),
            tombstones: false,
            instance: None,
            session: Duration::from_secs(10),
        }
    }
}
