//! `copydesk feeds status` and `copydesk feeds reset`: the ledger, read from anywhere.

use std::{collections::BTreeMap, path::Path};

use serde_json::json;

use super::{Exit, Failure, Outcome};
use crate::{
    clock::Clock,
    config::Config,
    ledger::{
        FeedState, FeedStatus, RestoreError, Restored, ShardOptions, partition::shard_of, restore, take_shard,
    },
    publish::{Batch, LedgerEntry, topics::TopicAdmin},
};

/// Prints one line per feed: those in the ledger, and configured feeds that it does not know yet. For the
/// single feed called `name` it also says why its next poll is when it is.
pub(super) fn status(config: &Path, name: Option<&str>, as_json: bool) -> Outcome {
    let config = real(config)?;
    let ledger = read(&config)?;
    let mut rows: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    for (name, state) in &ledger.states {
        rows.insert(name.clone(), row(&config, state)?);
    }
    for (name, what) in &ledger.corrupt {
        rows.insert(name.clone(), json!({"name": name, "status": "quarantined", "error": what}));
    }
    for feed in &config.feeds {
        rows.entry(feed.name.clone())
            .or_insert_with(|| json!({"name": feed.name, "status": "never polled", "url": feed.public_url}));
    }
    if let Some(name) = name {
        rows.retain(|known, _| known == name);
        if rows.is_empty() {
            return Err(Failure::new(Exit::Usage, nobody(name)));
        }
    }
    for row in rows.values() {
        match (as_json, name) {
            (true, _) => println!("{row}"),
            (false, None) => println!("{}", line(row)),
            (false, Some(_)) => println!("{}{}", line(row), next_poll(row)),
        }
    }
    Ok(Exit::Done)
}

fn nobody(name: &str) -> String {
    format!("no feed `{name}`; `copydesk feeds status` lists them")
}

/// When the next poll is, and why.
fn next_poll(row: &serde_json::Value) -> String {
    let text = |key: &str| row.get(key).and_then(serde_json::Value::as_str);
    match (text("due_at"), text("due_why")) {
        (Some(at), Some(why)) => format!("\n    next poll at {at}: {why}"),
        _ => String::new(),
    }
}

fn row(config: &Config, state: &FeedState) -> Result<serde_json::Value, Failure> {
    let feed = config.feeds.iter().find(|feed| feed.name == state.name);
    let now = Clock::system().now();
    let status = FeedStatus::of(state, feed, config.topics.ledger_partitions, now);
    let words = status.status.as_str().replace('_', " ");
    let mut row = serde_json::to_value(status).map_err(anyhow::Error::from)?;
    if let Some(status) = row.get_mut("status") {
        *status = words.into();
    }
    Ok(row)
}

fn line(row: &serde_json::Value) -> String {
    let text = |key: &str| row.get(key).and_then(serde_json::Value::as_str).unwrap_or("-").to_owned();
    let number = |key: &str| row.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let mut line = format!(
        "{:<32} {:<14} polled {} due {} entries {} published {}",
        text("name"),
        text("status"),
        text("polled_at"),
        text("due_at"),
        number("entries"),
        number("published")
    );
    if row.get("status").is_some_and(|status| status == "quarantined") {
        line.push_str(&format!("\n    {}", text("error")));
    }
    if let Some(why) = row.get("why").and_then(serde_json::Value::as_str) {
        let since = row.get("since").and_then(serde_json::Value::as_str);
        line.push_str(
            &since.map_or_else(|| format!("\n    {why}"), |since| format!("\n    since {since}: {why}")),
        );
    }
    for key in ["broken_off", "recognised", "websub"] {
        if let Some(words) = row.get(key).and_then(serde_json::Value::as_str) {
            line.push_str(&format!("\n    {words}"));
        }
    }
    line
}

/// Deletes a feed's ledger record: the feed starts over, and what it lists now is published again.
pub(super) fn reset(config: &Path, name: &str) -> Outcome {
    let config = real(config)?;
    let ledger = read(&config)?;
    let configured = config.feeds.iter().find(|feed| feed.name == name).map(|feed| feed.url.clone());
    let url = configured.or_else(|| ledger.states.get(name).map(|state| state.url.clone()));
    let Some(url) = url else {
        return Err(Failure::new(Exit::Usage, nobody(name)));
    };
    let shard = shard_of(&url, config.topics.ledger_partitions);
    let options = ShardOptions::of(&config);
    super::runtime()?.block_on(async {
        let (writer, _) = take_shard(&options, shard).await?;
        let ledger = vec![LedgerEntry::new(name, None)];
        writer.commit(Batch { ledger, ..Batch::default() }).await.map_err(anyhow::Error::from)
    })?;
    println!(
        "{name}: record deleted; a running daemon notices at its next commit and takes shard {shard} again"
    );
    Ok(Exit::Done)
}

/// The configuration, if it names a real cluster.
pub(super) fn real(config: &Path) -> Result<Config, Failure> {
    let config = super::check::load(config)?.config;
    if config.kafka.embedded {
        let message = "kafka.embedded lives inside the daemon's process and keeps nothing for other commands";
        return Err(Failure::new(Exit::Config, message));
    }
    Ok(config)
}

/// The whole ledger.
pub(super) fn read(config: &Config) -> Result<Restored, Failure> {
    let unavailable = |error: String| Failure::new(Exit::Unavailable, error);
    let admin = TopicAdmin::new(config).map_err(|error| Failure::new(Exit::Config, error.to_string()))?;
    let there = super::runtime()?
        .block_on(async { admin.partitions() })
        .map_err(|error| unavailable(error.to_string()))?;
    let topic = &config.topics.ledger;
    let partitions = there.get(topic).copied().ok_or_else(|| {
        unavailable(format!("topic {topic} does not exist; it is created when `copydesk run` starts"))
    })?;
    let mut ledger = Restored::default();
    for shard in 0..partitions {
        let restored =
            restore(&config.kafka, topic, shard, &|| false, &|_| ()).map_err(|error| match error {
                RestoreError::Newer { .. } => Failure::new(Exit::Failed, error.to_string()),
                error => unavailable(error.to_string()),
            })?;
        ledger.records += restored.records;
        ledger.states.extend(restored.states);
        ledger.corrupt.extend(restored.corrupt);
    }
    Ok(ledger)
}
