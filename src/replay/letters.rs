//! Dead letters, tried again.
//!
//! What succeeds is published and remembered by the offsets of a consumer group of its own, so
//! that the next run goes on behind it. A run that ends between the two leaves letters behind
//! whose articles are out: the ledger tells, and where it cannot, the articles topic does.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use tokio::runtime::Builder;

use super::Report;
use crate::{
    config::{Config, Delivery},
    feed::Entry,
    identity::Identity,
    ledger::{FeedState, OnRestored, Restored, ShardOptions, partition::shard_of, restore, take_shard},
    observe::{Health, Metrics},
    publish::{
        ArticleRecord, Batch, Commit, DeadLetter, EventType, LedgerEntry, LetterBox, Outgoing, record::Stage,
        scan,
    },
    worker::{Copy, DeskOptions, Editor, Taken, edit},
};

/// What became of the dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LettersReport {
    /// Letters looked at.
    pub letters: u64,
    /// Published, or with `dry_run` would be.
    pub published: u64,
    /// Their article has come out by other ways since.
    pub settled: u64,
    /// Cannot be tried again: no original, or no such feed.
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

/// Tries the dead letters again that no earlier run has settled. `told` gets each with its end.
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
    let shard_options = ShardOptions {
        kafka: config.kafka.clone(),
        names: crate::app::names(config),
        delivery: config.delivery,
        max_record: crate::app::record_max(config),
        metrics: Metrics::new().0,
        health: Health::default(),
        on_restored: OnRestored::default(),
    };
    let options = DeskOptions {
        articles: config.topics.articles.clone(),
        routes: config.routes.clone(),
        ..DeskOptions::default()
    };
    for (shard, letters) in by_shard {
        let (writer, mut restored): (Option<Arc<dyn Commit>>, Restored) = if dry_run {
            // A look takes the shard from nobody.
            let topic = &config.topics.ledger;
            (None, restore(&config.kafka, topic, shard, &|| false, &|_| ())?)
        } else {
            let (writer, restored) = runtime.block_on(take_shard(&shard_options, shard))?;
            (Some(writer), restored)
        };
        let out = published(config, &letters)?;
        let mut batch = Batch::default();
        for letter in letters {
            let Some(state) = restored.states.get_mut(&letter.feed.name) else {
                report.hopeless += 1;
                told(&letter, "hopeless: the ledger does not know the feed");
                continue;
            };
            match retry(&letter, state, editor, &out) {
                Ok(Some(record)) => {
                    report.published += 1;
                    told(&letter, "published");
                    batch.articles.push(Outgoing {
                        topics: options.topics_of(&record),
                        record,
                        event: EventType::Replayed,
                    });
                    batch.ledger.retain(|entry| entry.feed != state.name);
                    batch.ledger.push(LedgerEntry { feed: state.name.clone(), state: Some(state.to_json()) });
                }
                Ok(None) => {
                    report.settled += 1;
                    told(&letter, "settled: the article is out");
                }
                Err(why) => {
                    report.hopeless += 1;
                    told(&letter, why);
                }
            }
        }
        if let Some(writer) = writer.filter(|_| !batch.is_empty())
            && runtime.block_on(writer.commit(batch)).is_err()
        {
            anyhow::bail!("shard {shard} was taken back by a daemon; run the command again");
        }
    }
    if !dry_run {
        letterbox.settle()?;
    }
    Ok(report)
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
        if refused.contains(&*key)
            && let Some(value) = &received.value
            && let Ok(record) = serde_json::from_slice::<ArticleRecord>(value)
        {
            out.insert((record.id, record.revision));
        }
        true
    })?;
    Ok(out)
}

/// The record that the letter should have been.
fn retry(
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
            serde_json::from_slice(&bytes).map_err(|_| "hopeless: the original is no record")?;
        let is_last = record.revision == known.revision;
        let is_out = out.contains(&(record.id.clone(), record.revision));
        return Ok((is_last && !is_out).then_some(record));
    }
    if known.revision > 0 {
        return Ok(None);
    }
    let entry: Entry = serde_json::from_slice(&bytes).map_err(|_| "hopeless: the original is no entry")?;
    let link = entry.link.as_deref().and_then(|link| url::Url::parse(link.trim()).ok());
    let identity = Identity {
        key: String::new(),
        article: article.to_owned(),
        canonical_url: link.map(|link| crate::identity::canonical_url(&link)),
        entry_hash: String::new(),
    };
    let taken = Taken::alone(entry, identity, None, letter.last_failed_at);
    let copy = Copy::new(taken, letter.feed.clone(), None, Vec::new(), known.first_seen_at);
    let edited = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| edit(editor, &copy, &memory)))
        .map_err(|_| "failed again: a step panicked")?;
    known.revision = 1;
    known.text_hash = edited.text_hash;
    let mut record = edited.record;
    record.revision = 1;
    Ok(Some(record))
}
