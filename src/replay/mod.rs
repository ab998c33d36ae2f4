//! Today's rules applied to the past: the archive is edited again, and what comes out differently
//! is published as the next revision.
//!
//! The daemon may keep running during a replay. A replay edits without holding anything; then,
//! shard by shard, it takes the shard, reads the state, commits a bucket of changed articles with
//! the state that knows them, and lets go. A daemon that held the shard finds out with its next
//! commit, takes the shard again and goes on: neither side can overwrite the other.

mod bucket;
mod changes;
mod letters;

use std::collections::HashMap;

use chrono::{DateTime, Utc};

pub use changes::{Change, compare};
pub use letters::{LettersReport, replay_letters};

use crate::{
    archive::{self, Original},
    config::Config,
    edit::{Draft, Editor, edit},
    ledger::{FeedState, restore},
    publish::{ArticleRecord, EventType, Outgoing, scan},
    story::Story,
    worker::WorkerOptions,
};
use bucket::Buckets;

/// Which originals are replayed.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Fetched at or after this time.
    pub since: Option<DateTime<Utc>>,
    /// Fetched before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only this feed.
    pub feed: Option<String>,
}

impl Selection {
    fn wants(&self, feed: &str, fetched_ms: i64) -> bool {
        self.feed.as_ref().is_none_or(|wanted| wanted == feed)
            && self.since.is_none_or(|since| fetched_ms >= since.timestamp_millis())
            && self.until.is_none_or(|until| fetched_ms < until.timestamp_millis())
    }
}

/// What a replay did, or with `dry_run` would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Articles looked at.
    pub articles: u64,
    /// Came out the same.
    pub unchanged: u64,
    /// Came out differently; published unless it was a dry run.
    pub changed: u64,
    /// Not in the ledger (any more), or revised by the daemon meanwhile: left alone.
    pub skipped: u64,
    /// Originals that could not be read.
    pub unreadable: u64,
}

/// Called with the progress of a replay: articles done, articles in all.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// An article that comes out differently.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Feed it came from.
    pub feed: String,
    /// The new record; its revision is the one it will have.
    pub record: ArticleRecord,
    /// Hash of its title and text.
    pub text_hash: String,
    /// Revision it was compared with.
    pub revision: u32,
}

/// Everything a replay needs.
pub struct Replay<'a> {
    /// The configuration of the daemon.
    pub config: &'a Config,
    /// Today's rules.
    pub editor: &'a Editor,
    /// What is replayed.
    pub selection: Selection,
}

impl Replay<'_> {
    /// Edits the selected originals; `changed` gets each that comes out differently.
    ///
    /// # Errors
    /// That no archive is configured, or what Kafka says.
    pub fn edit_all(
        &self,
        progress: Progress<'_>,
        changed: &mut dyn FnMut(Changed) -> anyhow::Result<()>,
    ) -> anyhow::Result<Report> {
        let Some(topic) = &self.config.topics.archive else {
            anyhow::bail!("no archive: set topics.archive; what was fetched before cannot be replayed");
        };
        let states = self.states()?;
        let from = self.selection.since.map(|since| since.timestamp_millis());
        // First pass: where the latest original of each article is.
        let mut latest: HashMap<String, (i32, i64)> = HashMap::new();
        scan(&self.config.kafka, topic, from, &mut |record| {
            let feed = String::from_utf8_lossy(record.header("feed").unwrap_or_default());
            if self.selection.wants(&feed, record.timestamp.unwrap_or_default()) {
                let key = String::from_utf8_lossy(&record.key).into_owned();
                latest.insert(key, (record.partition, record.offset));
            }
            true
        })?;
        // Second pass: edit these.
        let mut report = Report { articles: latest.len() as u64, ..Report::default() };
        let (mut done, mut failed) = (0, None);
        scan(&self.config.kafka, topic, from, &mut |record| {
            let key = String::from_utf8_lossy(&record.key).into_owned();
            if latest.get(&key) != Some(&(record.partition, record.offset)) {
                return true;
            }
            let original = archive::unpack(record.value.as_deref().unwrap_or_default());
            match original.and_then(|original| self.edit_one(original, &states)) {
                Err(error) => {
                    tracing::warn!(article = key, offset = record.offset, error, "original cannot be read");
                    report.unreadable += 1;
                }
                Ok(Looked::Unknown) => report.skipped += 1,
                Ok(Looked::Same) => report.unchanged += 1,
                Ok(Looked::Changed(article)) => {
                    report.changed += 1;
                    if let Err(error) = changed(*article) {
                        failed = Some(error);
                        return false;
                    }
                }
            }
            done += 1;
            progress(done, report.articles);
            true
        })?;
        failed.map_or(Ok(report), Err)
    }

    /// Publishes what comes out differently.
    ///
    /// # Errors
    /// As for [`Replay::edit_all`], and shards that cannot be taken.
    pub fn publish(&self, progress: Progress<'_>) -> anyhow::Result<Report> {
        let mut buckets = Buckets::new(self.config)?;
        let mut report = self.edit_all(progress, &mut |changed| buckets.add(changed))?;
        let overtaken = buckets.finish()?;
        report.changed -= overtaken;
        report.skipped += overtaken;
        Ok(report)
    }

    /// The states of all feeds, as the ledger has them now.
    fn states(&self) -> anyhow::Result<HashMap<String, FeedState>> {
        let mut states = HashMap::new();
        for shard in 0..self.config.topics.ledger_partitions {
            let restored =
                restore(&self.config.kafka, &self.config.topics.ledger, shard, &|| false, &|_| ())?;
            states.extend(restored.states);
        }
        Ok(states)
    }

    fn edit_one(&self, original: Original, states: &HashMap<String, FeedState>) -> Result<Looked, String> {
        let Some(state) = states.get(&original.feed.name) else { return Ok(Looked::Unknown) };
        let known =
            state.entries.values().find(|entry| entry.article == original.article && entry.revision > 0);
        let Some(known) = known else { return Ok(Looked::Unknown) };
        let feed = original.feed.name.clone();
        let tags = configured_tags(self.config, &feed);
        let draft = Draft::of_original(self.editor, original, tags)?;
        let edited = edit(self.editor, &draft, &state.memory);
        if edited.text_hash == known.text_hash {
            return Ok(Looked::Same);
        }
        if WorkerOptions::of(self.config).reserved(edited.record()).is_some() {
            return Ok(Looked::Unknown);
        }
        let text_hash = edited.text_hash.clone();
        // Its likeness is not measured again.
        let story =
            known.story.clone().map(|id| Story { id, first: false, similarity: 0.0, merged: Vec::new() });
        let record = edited.into_record(known.revision + 1, story);
        Ok(Looked::Changed(Box::new(Changed { feed, record, text_hash, revision: known.revision })))
    }
}

enum Looked {
    Unknown,
    Same,
    Changed(Box<Changed>),
}

/// A changed article on its way out.
fn outgoing(record: ArticleRecord, options: &WorkerOptions) -> Outgoing {
    let topics = options.topics_of(&record);
    Outgoing::new(record, EventType::Replayed, topics)
}

/// The tags that the configuration gives a feed; `None` if it has no such feed (any more).
fn configured_tags(config: &Config, feed: &str) -> Option<Vec<String>> {
    config.feeds.iter().find(|configured| configured.name == feed).map(|configured| configured.tags.clone())
}
