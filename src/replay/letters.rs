//! Retrying dead letters.
//!
//! What succeeds is published and remembered by the offsets of a separate consumer group, so that
//! the next run goes on after it. A run that ends between the two leaves letters whose articles are
//! already out: the ledger shows it, and where it cannot, the articles topic does.

use std::collections::{BTreeMap, HashSet};

use tokio::runtime::{Builder, Runtime};

use super::{Report, configured_tags};
use crate::{
    config::{Config, Delivery},
    edit::{Collected, Draft, Editor, FeedContext, edit},
    exit::Failure,
    feed::Entry,
    ledger::{FeedState, Restored, ShardOptions, partition::shard_of, restore, take_shard},
    publish::{
        ArticleRecord, Batch, DeadLetter, Encodings, EventType, LedgerEntry, LetterBox, Outgoing,
        record::Stage, registry, scan,
    },
    worker::WorkerOptions,
};

/// How often a shard is taken; a daemon that polls takes it back with its next commit.
const TRIES: u32 = 8;

/// What became of the dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct LettersReport {
    /// Letters looked at.
    pub letters: u64,
    /// Published, or with `dry_run` would be.
    pub published: u64,
    /// Their article has been published in another way since.
    pub settled: u64,
    /// Cannot be retried: no original, or no such feed.
    pub hopeless: u64,
}

impl From<Report> for LettersReport {
    fn from(report: Report) -> Self {
        Self {
            letters: report.articles,
            published: report.changed,
            settled: report.unchanged,
            hopeless: report.skipped,
        }
    }
}

/// Retries the dead letters that no earlier run has settled. `told` is called with each and how it
/// ended.
///
/// # Errors
/// What Kafka says.
pub fn replay_letters(
    config: &Config,
    editor: &Editor,
    dry_run: bool,
    told: &mut dyn FnMut(&DeadLetter, &str),
) -> anyhow::Result<LettersReport> {
    let letterbox = LetterBox::open(&config.kafka, &config.topics.dead_letters)?;
    let letters = letterbox.read()?;
    let mut report = LettersReport { letters: letters.len() as u64, ..LettersReport::default() };
    let mut by_shard: BTreeMap<i32, Vec<DeadLetter>> = BTreeMap::new();
    for letter in letters {
        match url::Url::parse(&letter.feed.url) {
            Ok(url) => {
                by_shard.entry(shard_of(&url, config.topics.ledger_partitions)).or_default().push(letter)
            }
            Err(_) => {
                report.hopeless += 1;
                told(&letter, "hopeless: the feed has no address");
            }
        }
    }
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    if config.delivery == Delivery::AtLeastOnce {
        tracing::warn!("at_least_once has no locks: stop every daemon before a replay");
    }
    let encodings = match dry_run {
        true => Encodings::default(),
        false => runtime.block_on(registry::encodings(config)).map_err(Failure::from)?,
    };
    let shard_options = ShardOptions::of(config).with(encodings);
    let options = WorkerOptions::of(config);
    let shards = Shards { config, editor, options, shard_options, runtime };
    for (shard, letters) in by_shard {
        let ends = if dry_run {
            // A dry run takes no shard from anybody.
            let topic = &config.topics.ledger;
            let mut restored = restore(&config.kafka, topic, shard, &|| false, &|_| ())?;
            shards.judge(&letters, &mut restored)?.0
        } else {
            shards.publish(shard, &letters)?
        };
        for (letter, end) in letters.iter().zip(ends) {
            match end {
                End::Published => report.published += 1,
                End::Settled => report.settled += 1,
                End::Hopeless(_) => report.hopeless += 1,
            }
            told(letter, end.text());
        }
    }
    if !dry_run {
        letterbox.settle()?;
    }
    Ok(report)
}

/// How a letter ends.
#[derive(Clone, Copy)]
enum End {
    Published,
    Settled,
    Hopeless(&'static str),
}

impl End {
    fn text(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Settled => "settled: the article is out",
            Self::Hopeless(why) => why,
        }
    }
}

/// Retries letters, one shard after the other.
struct Shards<'a> {
    config: &'a Config,
    editor: &'a Editor,
    options: WorkerOptions,
    shard_options: ShardOptions,
    runtime: Runtime,
}

impl Shards<'_> {
    fn publish(&self, shard: i32, letters: &[DeadLetter]) -> anyhow::Result<Vec<End>> {
        for _ in 0..TRIES {
            let (writer, mut restored) = self.runtime.block_on(take_shard(&self.shard_options, shard))?;
            let (ends, batch) = self.judge(letters, &mut restored)?;
            if batch.is_empty() || self.runtime.block_on(writer.commit(batch)).is_ok() {
                return Ok(ends);
            }
            tracing::info!(shard, "the shard was taken back by a daemon, taking it again");
        }
        anyhow::bail!("shard {shard} was taken back {TRIES} times; stop the daemons or try again later")
    }

    /// How each letter ends, and the batch that brings it about.
    fn judge(&self, letters: &[DeadLetter], restored: &mut Restored) -> anyhow::Result<(Vec<End>, Batch)> {
        let out = published(self.config, letters)?;
        let (mut ends, mut batch) = (Vec::with_capacity(letters.len()), Batch::default());
        for letter in letters {
            let Some(state) = restored.states.get_mut(&letter.feed.name) else {
                ends.push(End::Hopeless("hopeless: the ledger does not know the feed"));
                continue;
            };
            ends.push(match retry(self.config, letter, state, self.editor, &out) {
                Ok(Some(record)) => {
                    let topics = self.options.topics_of(&record);
                    batch.articles.push(Outgoing::new(record, EventType::Replayed, topics));
                    batch.ledger.retain(|entry| entry.feed != state.name);
                    batch.ledger.push(LedgerEntry::new(state.name.clone(), Some(state.to_json())));
                    End::Published
                }
                Ok(None) => End::Settled,
                Err(why) => End::Hopeless(why),
            });
        }
        Ok((ends, batch))
    }
}

/// Ids and revisions of what Kafka refused at first and is in the articles topic all the same.
fn published(config: &Config, letters: &[DeadLetter]) -> anyhow::Result<HashSet<(String, u32)>> {
    let refused: HashSet<&str> = letters
        .iter()
        .filter(|letter| letter.stage == Stage::Publish)
        .filter_map(|letter| letter.article_id.as_deref())
        .collect();
    let mut out = HashSet::new();
    let first = letters.iter().map(|letter| letter.first_failed_at).min();
    let (Some(first), false) = (first, refused.is_empty()) else { return Ok(out) };
    scan(&config.kafka, &config.topics.articles, Some(first.timestamp_millis()), &mut |received| {
        let key = String::from_utf8_lossy(&received.key);
        // By the header: it can be read whatever form the record has.
        if refused.contains(&*key)
            && let Some((id, revision)) = received.id_and_revision()
        {
            out.insert((id.to_owned(), revision));
        }
        true
    })?;
    Ok(out)
}

/// The record that should have been published in place of the letter.
fn retry(
    config: &Config,
    letter: &DeadLetter,
    state: &mut FeedState,
    editor: &Editor,
    out: &HashSet<(String, u32)>,
) -> Result<Option<ArticleRecord>, &'static str> {
    let bytes = letter.original.bytes().ok_or("hopeless: the original was left out for size")?;
    let article = letter.article_id.as_deref().ok_or("hopeless: the letter names no article")?;
    let memory = state.memory.clone();
    let known = state.entries.values_mut().find(|entry| entry.article == article);
    let known = known.ok_or("hopeless: the ledger does not know the article any more")?;
    if letter.stage == Stage::Publish {
        // The ledger counts it as published, since it was committed together with the letter.
        let record: ArticleRecord =
            serde_json::from_slice(&bytes).map_err(|_| "hopeless: the original is not a record")?;
        let is_last = record.revision == known.revision;
        let is_out = out.contains(&(record.id.clone(), record.revision));
        return Ok((is_last && !is_out).then_some(record));
    }
    if known.revision > 0 {
        return Ok(None);
    }
    let entry: Entry =
        serde_json::from_slice(&bytes).map_err(|_| "hopeless: the original is not an entry")?;
    let identity = editor.identity(&entry, article.to_owned());
    let collected = Collected::new(entry, identity, letter.last_failed_at);
    let tags = configured_tags(config, &letter.feed.name).unwrap_or_default();
    let feed = FeedContext { reference: letter.feed.clone(), language: None, tags };
    let draft = Draft::new(collected, feed, known.first_seen_at);
    let edited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| edit(editor, &draft, &memory)))
        .map_err(|_| "failed again: a step panicked")?;
    known.revision = 1;
    known.text_hash.clone_from(&edited.text_hash);
    Ok(Some(edited.into_record(1, None)))
}
