//! `copydesk feeds status` and `copydesk feeds reset`: the ledger, read from anywhere.

use std::{collections::BTreeMap, path::Path, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::{Exit, Failure, Outcome};
use crate::{
    clock::Clock,
    config::{Config, Interval, spell_duration},
    ledger::{
        BrokenOff, DueBecause, FeedState, RestoreError, Restored, ShardOptions, health, partition::shard_of,
        restore, take_shard,
    },
    publish::{Batch, LedgerEntry, topics::TopicAdmin},
};

/// Prints one line a feed: what the ledger knows, and configured feeds it does not know yet. Of the one
/// feed called `name` also why its next poll is when it is.
pub(super) fn status(config: &Path, name: Option<&str>, as_json: bool) -> Outcome {
    let config = real(config)?;
    let ledger = read(&config)?;
    let mut rows: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    for (name, state) in &ledger.states {
        rows.insert(name.clone(), row(&config, state));
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

fn row(config: &Config, state: &FeedState) -> serde_json::Value {
    let feed = config.feeds.iter().find(|feed| feed.name == state.name);
    let configured = feed.is_some();
    let due_why = due_in_words(state, feed.map(|feed| feed.interval));
    let (condition, why) = health::condition_of(state, Clock::system().now());
    let status = match (configured, state.polled_at) {
        (false, _) => "not configured",
        (true, None) => "never polled",
        (true, Some(_)) => condition.as_str(),
    };
    let since = state.health.as_ref().filter(|told| told.condition == condition).map(|told| told.since);
    let time = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
    json!({
        "name": state.name,
        "status": status,
        "since": time(since),
        "why": why,
        "url": crate::site::public(&state.url),
        "shard": shard_of(&state.url, config.topics.ledger_partitions),
        "due_at": time(Some(state.due_at)),
        "due_why": state.polled_at.map(|_| due_why),
        "polled_at": time(state.polled_at),
        "answered_at": time(state.answered_at),
        "failures": state.failures,
        "error": state.last_error,
        "recognised": state.habits.in_words(),
        "broken_off": state.broken_off.as_ref().map(broken_off),
        "entries": state.entries.len(),
        "published": state.entries.values().filter(|entry| entry.revision > 0).count(),
        "deferred": state.entries.values().filter(|entry| entry.attempts > 0).count(),
    })
}

/// Why a feed that is in `state` and has `interval` in the configuration is due when it is.
fn due_in_words(state: &FeedState, interval: Option<Interval>) -> String {
    let rhythm = spell_duration(Duration::from_secs(state.cadence.interval_s));
    let failures = state.failures;
    match (state.cadence.because, interval) {
        (DueBecause::Interval, Some(Interval::Every(every))) => {
            format!("its interval is {}, as configured", spell_duration(every))
        }
        (DueBecause::Interval, _) => format!("its interval is {rhythm}, by what it did of late"),
        (DueBecause::Place, _) => {
            "it finds a place of its own in its interval, apart from other feeds".into()
        }
        (DueBecause::Advertised, _) => {
            let asked = spell_duration(Duration::from_secs(state.cadence.advertised_s));
            format!("it asks to be polled every {asked} at most (ttl, sy:updatePeriod)")
        }
        (DueBecause::Fresh, _) => "its server says that the answer stays fresh until then".into(),
        (DueBecause::RetryAfter, _) => "its server asks to come back then (Retry-After)".into(),
        (DueBecause::Skipped, _) => "it asks to be left alone until then (skipHours, skipDays)".into(),
        (DueBecause::Failures, _) => format!("{failures} failed in a row: each failure doubles the wait"),
        (DueBecause::Refused, _) => {
            let status = state.failed_status.map(|status| format!(" ({status})")).unwrap_or_default();
            format!("its server turns us away{status}: it is left alone for longer")
        }
        (DueBecause::Gone, _) => "its server says that it is gone (410): asked again once a month".into(),
        (DueBecause::SitePaused, _) => "its site is left alone until then".into(),
        (DueBecause::NoRoom, _) => "there was no room for its document (http.max_bodies)".into(),
        (DueBecause::EntriesDeferred, _) => "entries wait for their pages".into(),
    }
}

/// How the feed's documents end, in words.
fn broken_off(end: &BrokenOff) -> String {
    let documents = if end.documents == 1 {
        "the last document ends".to_owned()
    } else {
        format!("{} documents in a row end", end.documents)
    };
    let consequence = match (end.believed(), end.entry_hash.is_empty()) {
        (true, _) => "always at the same place, so it is taken as complete",
        (false, true) => "between two entries, so it is fetched again",
        (false, false) => "its last entry waits for the next poll",
    };
    let since = end.since.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("{documents} in the middle (line {}, since {since}): {consequence}", end.line)
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
    for key in ["broken_off", "recognised"] {
        if let Some(words) = row.get(key).and_then(serde_json::Value::as_str) {
            line.push_str(&format!("\n    {words}"));
        }
    }
    line
}

/// Deletes a feed's ledger record: it starts over, and what it lists now is published again.
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

/// The configuration of a real cluster.
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
