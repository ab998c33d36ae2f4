//! The results of one finished poll, or of one chunk of it: everything in it is published together.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};

use super::{
    ArticleRecord, DeadLetter, Encoding, Encodings, EventType, dead_letter_headers, fit, fit_dead_letter,
    headers,
    headers::traceparent,
    record::{JSON, StoryEntry},
};
use crate::config::Topics;

/// One article with the topics it goes to.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The record.
    pub record: ArticleRecord,
    /// Published, revised or replayed.
    pub event: EventType,
    /// The articles topic and every route whose tags match.
    pub topics: Vec<String>,
    /// The entry's id as the feed gave it.
    pub entry_id: Option<String>,
    /// W3C Trace Context of its poll, if that is traced.
    pub traceparent: Option<String>,
    /// Set by whoever commits it.
    pub refused: Refused,
}

impl Outgoing {
    /// An article whose entry is not at hand.
    pub fn new(record: ArticleRecord, event: EventType, topics: Vec<String>) -> Self {
        Self { record, event, topics, entry_id: None, traceparent: None, refused: Refused::default() }
    }
}

/// Whether Kafka has refused an article, so that it went to the dead letters instead. The clones
/// share the answer.
#[derive(Clone, Debug, Default)]
pub struct Refused(Arc<AtomicBool>);

impl Refused {
    /// It was.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was.
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A feed's new ledger record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Name of the feed: the key.
    pub feed: String,
    /// The state as JSON; `None` deletes the record.
    pub state: Option<Vec<u8>>,
    /// A record for the topic of feeds' health, as JSON.
    pub health: Option<Vec<u8>>,
}

/// Prefix of the feed's name in the key of its short record. Names of feeds do not begin with a
/// space.
const DUE_PREFIX: &str = " due ";

impl LedgerEntry {
    /// A record of a feed, or of the shard itself, without a report on health.
    pub fn new(feed: impl Into<String>, state: Option<Vec<u8>>) -> Self {
        Self { feed: feed.into(), state, health: None }
    }

    /// Takes over the health report of an older record, which will not be written any more.
    pub fn keep_health(&mut self, older: Self) {
        if self.state.is_some() {
            self.health = self.health.take().or(older.health);
        }
    }

    /// Key of the short record of a feed: its state without its entries and its memory.
    pub fn due_key(feed: &str) -> String {
        format!("{DUE_PREFIX}{feed}")
    }

    /// The feed whose short record has this key, if it is such a key.
    pub fn of_due_key(key: &str) -> Option<&str> {
        key.strip_prefix(DUE_PREFIX)
    }
}

/// One archived original.
#[derive(Clone, Debug)]
pub struct Archived {
    /// Article id: the key.
    pub article: String,
    /// Name of the feed, a header.
    pub feed: String,
    /// The original as zstd-compressed JSON, see [`crate::archive`].
    pub value: Vec<u8>,
    /// When it was fetched: the record's timestamp.
    pub fetched_at: DateTime<Utc>,
}

/// All that is committed together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Articles in the order in which they are to appear.
    pub articles: Vec<Outgoing>,
    /// Articles that were deleted at the source: a null value under their id.
    pub tombstones: Vec<String>,
    /// What could not be published.
    pub dead_letters: Vec<DeadLetter>,
    /// Originals, if an archive is kept.
    pub archive: Vec<Archived>,
    /// For the topic of stories: keys and records.
    pub stories: Vec<(String, StoryEntry)>,
    /// The states that have seen all of the above.
    pub ledger: Vec<LedgerEntry>,
}

impl Batch {
    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
            && self.tombstones.is_empty()
            && self.dead_letters.is_empty()
            && self.archive.is_empty()
            && self.stories.is_empty()
            && self.ledger.is_empty()
    }

    /// Adds another batch behind this one.
    pub fn append(&mut self, mut other: Self) {
        self.articles.append(&mut other.articles);
        self.tombstones.append(&mut other.tombstones);
        self.dead_letters.append(&mut other.dead_letters);
        self.archive.append(&mut other.archive);
        self.stories.append(&mut other.stories);
        self.ledger.append(&mut other.ledger);
    }
}

/// Where the records of a batch go, and in which form.
#[derive(Clone, Debug)]
pub struct TopicNames {
    /// Articles topic.
    pub articles: String,
    /// Dead-letter topic.
    pub dead_letters: String,
    /// Archive topic.
    pub archive: Option<String>,
    /// Topic of stories.
    pub stories: Option<String>,
    /// Ledger topic.
    pub ledger: String,
    /// Topic of feeds' health.
    pub feeds: Option<String>,
    /// Forms of the articles.
    pub encodings: Encodings,
}

impl TopicNames {
    /// The topics of a configuration.
    pub fn of(topics: &Topics) -> Self {
        Self {
            articles: topics.articles.clone(),
            dead_letters: topics.dead_letters.clone(),
            archive: topics.archive.clone(),
            stories: topics.stories_topic(),
            ledger: topics.ledger.clone(),
            feeds: topics.feeds.clone(),
            encodings: Encodings::default(),
        }
    }
}

/// One Kafka message, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Topic.
    pub topic: String,
    /// Partition; `None` leaves it to the partitioner, by key.
    pub partition: Option<i32>,
    /// Key.
    pub key: String,
    /// Value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers in order.
    pub headers: Vec<(String, String)>,
    /// Milliseconds since 1970; with `None` the client or broker sets the current time.
    pub timestamp_ms: Option<i64>,
}

/// What a batch becomes: messages in order, and the articles that cannot be sent at all.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// What is published.
    pub messages: Vec<Message>,
    /// The ledger records, to be sent after all of the above.
    pub ledger: Vec<Message>,
    /// Ids of articles that do not fit even after everything that can be cut has been.
    pub unfit: Vec<String>,
    /// Articles that were cut to the limit.
    pub cut: u64,
}

/// Renders a batch. `max_record` (bytes) gives the largest value of a topic; larger articles and
/// dead letters are cut by [`fit()`], larger archive records are left out.
pub fn render(batch: &Batch, names: &TopicNames, shard: i32, max_record: &dyn Fn(&str) -> usize) -> Rendered {
    let mut rendered = Rendered::default();
    for outgoing in &batch.articles {
        rendered.article(outgoing, names, max_record);
    }
    for article in &batch.tombstones {
        rendered.messages.push(Message {
            headers: owned(&[("ce_type", "news.article.deleted")]),
            ..plain(&names.articles, article, None)
        });
    }
    for letter in &batch.dead_letters {
        // Of a dead letter that cannot be cut to the limit nothing is left that is worth keeping.
        if let Ok((value, _)) = fit_dead_letter(letter.clone(), max_record(&names.dead_letters)) {
            let headers = dead_letter_headers(letter, None);
            rendered.messages.push(Message {
                headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                ..plain(&names.dead_letters, letter.key(), Some(value))
            });
        }
    }
    if let Some(topic) = &names.archive {
        for original in batch.archive.iter().filter(|original| original.value.len() <= max_record(topic)) {
            let headers = [("content-type", JSON), ("content-encoding", "zstd"), ("feed", &original.feed)];
            rendered.messages.push(Message {
                headers: owned(&headers),
                timestamp_ms: Some(original.fetched_at.timestamp_millis()),
                ..plain(topic, &original.article, Some(original.value.clone()))
            });
        }
    }
    for ((key, entry), topic) in
        batch.stories.iter().flat_map(|story| names.stories.iter().map(move |t| (story, t)))
    {
        // One partition, so that all instances read the stories in the same order.
        let value = serde_json::to_vec(entry).unwrap_or_default();
        rendered.messages.push(Message { partition: Some(0), ..plain(topic, key, Some(value)) });
    }
    for entry in &batch.ledger {
        let message =
            |key: &str| Message { partition: Some(shard), ..plain(&names.ledger, key, entry.state.clone()) };
        rendered.health(entry, names);
        rendered.ledger.push(message(&entry.feed));
        if entry.state.is_none() {
            rendered.ledger.push(message(&LedgerEntry::due_key(&entry.feed)));
        }
    }
    rendered
}

impl Rendered {
    /// The message about a feed's health: a feed that is deleted from the ledger is deleted there
    /// too.
    fn health(&mut self, entry: &LedgerEntry, names: &TopicNames) {
        let Some(topic) = names.feeds.as_ref().filter(|_| entry.health.is_some() || entry.state.is_none())
        else {
            return;
        };
        let feed = LedgerEntry::of_due_key(&entry.feed).unwrap_or(&entry.feed);
        let headers = entry.health.iter().flat_map(|_| owned(&[("content-type", JSON)])).collect();
        self.messages.push(Message { headers, ..plain(topic, feed, entry.health.clone()) });
    }

    fn article(&mut self, outgoing: &Outgoing, names: &TopicNames, max_record: &dyn Fn(&str) -> usize) {
        let record = &outgoing.record;
        let mut last: Option<(usize, Encoding, Vec<u8>)> = None;
        for topic in &outgoing.topics {
            let (limit, encoding) = (max_record(topic), names.encodings.of(topic));
            let value = match &last {
                Some((same, form, value)) if (*same, *form) == (limit, encoding) => value.clone(),
                _ => match fit(record.clone(), encoding, limit) {
                    Ok((value, cuts)) => {
                        self.cut += u64::from(!cuts.is_empty());
                        value
                    }
                    Err(_) => {
                        self.unfit.push(record.id.clone());
                        return;
                    }
                },
            };
            let traced = outgoing.traceparent.clone().unwrap_or_else(|| traceparent(record));
            let headers = headers(record, outgoing.event, encoding, Some(&traced));
            self.messages.push(Message {
                headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                timestamp_ms: Some(record.fetched_at.timestamp_millis()),
                ..plain(topic, &record.id, Some(value.clone()))
            });
            last = Some((limit, encoding, value));
        }
    }
}

fn plain(topic: &str, key: &str, value: Option<Vec<u8>>) -> Message {
    Message {
        topic: topic.to_owned(),
        partition: None,
        key: key.to_owned(),
        value,
        headers: Vec::new(),
        timestamp_ms: None,
    }
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
