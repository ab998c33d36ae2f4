//! `topics`: names and shapes.

use std::time::Duration;

use super::{
    key::{KeyDoc, key, known},
    scalar::{HOUR, SECOND, set},
};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key("topics.articles", "topic", "news.articles", "Articles."),
    key("topics.dead_letters", "topic", "news.dead-letters", "What could not be published, with the reason."),
    key("topics.ledger", "topic", "copydesk.ledger", "The daemon's state; compacted."),
    key("topics.archive", "topic", "", "Entries and pages as fetched, for replays; off unless named."),
    key("topics.feeds", "topic", "", "Health of each feed, compacted, one key per feed; off unless named."),
    key(
        "topics.stories",
        "topic, `off`",
        "",
        "Lets all instances know each other's stories; the ledger's name and `.stories` if not set. `off`: \
         each knows only its own.",
    ),
    key("topics.create", "boolean", "true", "Create missing topics at start."),
    key("topics.partitions", "1 to 10000", "6", "Partitions of new topics other than the ledger."),
    key(
        "topics.ledger_partitions",
        "1 to 64",
        "16",
        "Partitions of the ledger: the most instances ever wanted.",
    ),
    key(
        "topics.replication",
        "-1, or from 1",
        "-1",
        "Replication factor of new topics; -1 is the broker's own.",
    ),
    key(
        "topics.retention",
        "duration",
        "",
        "Retention of new article topics; the broker's default if not set.",
    ),
    key("topics.dead_letter_retention", "duration", "30d", "Retention of a new topic of dead letters."),
];

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

/// `topics.stories`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoriesTopic {
    /// The ledger's name and `.stories`.
    #[default]
    Beside,
    /// One of this name.
    Named(String),
    /// No topic: each instance knows only its own stories.
    Off,
}

pub(super) fn topics(decoder: &mut Decoder, section: &Node) -> Topics {
    let mut out = Topics::default();
    let Some(fields) = decoder.fields(section, &known(KEYS, "topics")) else { return out };
    for (name, slot) in [
        ("articles", &mut out.articles),
        ("dead_letters", &mut out.dead_letters),
        ("ledger", &mut out.ledger),
    ] {
        set(slot, fields.get(name).and_then(|node| decoder.topic(node)));
    }
    if let Some(node) = fields.get("stories") {
        let off = matches!(&node.value, crate::yaml::Value::Scalar { text, .. } if matches!(text.as_str(), "off" | "none"));
        out.stories = match decoder.topic(node) {
            Some(_) if off => StoriesTopic::Off,
            Some(topic) => StoriesTopic::Named(topic),
            None => StoriesTopic::Beside,
        };
    }
    out.archive = fields.get("archive").and_then(|node| decoder.topic(node));
    out.feeds = fields.get("feeds").and_then(|node| decoder.topic(node));
    let stories = out.stories_topic();
    let names = [
        ("articles", Some(&out.articles)),
        ("dead_letters", Some(&out.dead_letters)),
        ("ledger", Some(&out.ledger)),
        ("archive", out.archive.as_ref()),
        ("feeds", out.feeds.as_ref()),
        ("stories", stories.as_ref()),
    ];
    for (i, (name, topic)) in names.iter().enumerate() {
        let Some((other, _)) = names.iter().take(i).find(|(_, known)| topic.is_some() && known == topic)
        else {
            continue;
        };
        // The later one's default may be the same as what the earlier one was set to.
        let node = fields.get(name).or_else(|| fields.get(other)).unwrap_or(section);
        decoder.tell(node, format!("topics.{name} is the same topic as topics.{other}; give each its own"));
    }
    if let Some(node) = fields.get("create") {
        set(&mut out.create, decoder.boolean(node));
    }
    for (name, most, slot) in
        [("partitions", 10_000, &mut out.partitions), ("ledger_partitions", 64, &mut out.ledger_partitions)]
    {
        let number = fields.get(name).and_then(|node| decoder.integer(node, 1..=most));
        set(slot, number.and_then(|number| i32::try_from(number).ok()));
    }
    if let Some(node) = fields.get("replication") {
        match decoder.integer(node, -1..=100) {
            Some(0) => decoder.tell(node, "has to be -1 (the broker's own) or a number of replicas from 1"),
            number => set(&mut out.replication, number.and_then(|number| i32::try_from(number).ok())),
        }
    }
    let longest = 24 * 3650 * HOUR;
    if let Some(node) = fields.get("retention") {
        out.retention = decoder.duration(node, SECOND..=longest);
    }
    if let Some(node) = fields.get("dead_letter_retention") {
        set(&mut out.dead_letter_retention, decoder.duration(node, SECOND..=longest));
    }
    out
}
