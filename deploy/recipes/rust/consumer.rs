//! Keeps the latest revision of each article as a file of its own, in a group that shares the partitions.
//!
//!     cargo run --example consumer -- FOLDER
//!
//! Elsewhere it needs `cargo add anyhow rdkafka --features rdkafka/zstd`, `cargo add serde_json` and `cargo add tokio
//! --features macros,rt,signal`. `BOOTSTRAP_SERVERS`, `TOPIC`, `GROUP`: see below. `UNTIL`: end when exactly so many
//! articles are there. The folder stands for your store: what it needs is an upsert that takes higher revisions only,
//! and a delete. Since both may be done twice, the place in the topic is committed after them, and killing this at any
//! time loses nothing.

#![allow(clippy::disallowed_methods, reason = "no configuration is read here but the environment")]

use std::{env, fs, path::Path, process::ExitCode, time::Duration};

use anyhow::{Context, Result, ensure};
use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
    message::BorrowedMessage,
};
use serde_json::Value;

fn setting(name: &str, otherwise: &str) -> String {
    env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn revision(json: &[u8]) -> Result<u64> {
    serde_json::from_slice::<Value>(json)?["revision"].as_u64().context("no revision")
}

fn take(folder: &Path, message: &BorrowedMessage<'_>) -> Result<()> {
    let key = str::from_utf8(message.key().unwrap_or_default())?;
    let id = key.len() == 32 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(id, "{key} is no article's id: is {} the topic of articles?", message.topic());
    let (file, new) = (folder.join(format!("{key}.json")), folder.join(format!("{key}.new")));
    let Some(value) = message.payload() else {
        // A tombstone: the article is gone.
        return if file.exists() { Ok(fs::remove_file(file)?) } else { Ok(()) };
    };
    if file.exists() && revision(value)? <= revision(&fs::read(&file)?)? {
        return Ok(());
    }
    fs::write(&new, value)?;
    Ok(fs::rename(new, file)?)
}

fn complete(folder: &Path) -> Result<bool> {
    let Ok(wanted) = setting("UNTIL", "").parse::<usize>() else { return Ok(false) };
    let names = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    Ok(names.filter(|path| path.extension().is_some_and(|extension| extension == "json")).count() == wanted)
}

async fn consume(consumer: &StreamConsumer, topic: &str, folder: &Path) -> Result<()> {
    consumer.subscribe(&[topic])?;
    while !complete(folder)? {
        let message = tokio::select! {
            message = consumer.recv() => message?,
            _ = tokio::signal::ctrl_c() => break,
        };
        take(folder, &message)?;
        // What is stored here is committed every five seconds, and when the consumer is dropped.
        consumer.store_offset_from_message(&message)?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("usage: consumer FOLDER");
        return Ok(ExitCode::from(64));
    };
    let (servers, topic) =
        (setting("BOOTSTRAP_SERVERS", "localhost:9092"), setting("TOPIC", "news.articles"));
    fs::create_dir_all(&folder)?;
    // librdkafka reads committed records only unless it is told otherwise.
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &servers)
        .set("group.id", setting("GROUP", "articles-to-files"))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", "false")
        .create()?;
    let unusable = match consumer.fetch_metadata(Some(&topic), Duration::from_secs(30)) {
        Err(error) => Some(format!("no answer from Kafka at {servers}: {error}")),
        Ok(found) if found.topics().iter().all(|topic| topic.partitions().is_empty()) => {
            Some(format!("{topic} is not there yet: copydesk topics --create, or start copydesk run first"))
        }
        Ok(_) => None,
    };
    if let Some(why) = unusable {
        eprintln!("{why}");
        return Ok(ExitCode::from(69));
    }
    consume(&consumer, &topic, Path::new(&folder)).await?;
    Ok(ExitCode::SUCCESS)
}
