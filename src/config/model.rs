//! The typed configuration as a whole. Each section has a file of its own, with its fields, their
//! decoding and their rows in the reference.

use super::{
    admin::Admin,
    daemon::Daemon,
    feed::Feed,
    http::Http,
    kafka::Kafka,
    key::{KeyDoc, key},
    observe::Observe,
    routes::Route,
    rules::{Rules, Tags, Urls},
    stories::Stories,
    topics::Topics,
    websub::WebSub,
};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[key(
    "delivery",
    "`exactly_once`, `at_least_once`",
    "exactly_once",
    "Articles and ledger in one transaction, or one after the other.",
)];

/// Everything that the configuration says.
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
    /// How many earlier articles new ones are compared with, and for how long.
    pub stories: Stories,
    /// What the canonical form of an address leaves out.
    pub urls: Urls,
    /// Further topics by tag.
    pub routes: Vec<Route>,
    /// Health and metrics.
    pub admin: Admin,
    /// Being told of news by hubs.
    pub websub: WebSub,
    /// What is told to other programs of how it goes.
    pub observe: Observe,
    /// The daemon itself.
    pub daemon: Daemon,
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
