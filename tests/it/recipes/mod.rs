//! The recipes of `deploy/recipes`, with a real Apache Kafka and articles that the daemon wrote.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use serde_json::{Value, json};

mod consumers;
mod fields;

use super::{
    broker::{self, root},
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    reader::{self, Record},
};

/// A topic with three articles, one of them in two revisions.
struct Stage {
    setup: Setup,
    records: Vec<Record>,
}

impl Stage {
    fn new(test: &str) -> Self {
        let origin = Origin::start();
        origin.set("/feed", Answer::Feed((1..=3).map(Item::numbered).collect()));
        let source = feed("courier", &origin.url("/feed"), "1s")
            .replace("content: feed", "content: feed, tags: [desk/test]");
        let setup = Setup::new(&broker::prefix(test), &[source], "");
        let daemon = setup.run();
        reader::first(&setup.articles(), 3, Duration::from_secs(90));
        origin.edit("/feed", |items| {
            if let Some(text) = items.get_mut(1).and_then(|item| item.paragraphs.get_mut(1)) {
                *text = "An earlier account was wrong: the council had in fact decided to pay for all of it."
                    .into();
            }
        });
        let records = reader::first(&setup.articles(), 4, Duration::from_secs(60));
        daemon.stop();
        assert_eq!(records.iter().filter(|record| record.revision() == 2).count(), 1);
        Self { setup, records }
    }

    /// A folder beside the configuration.
    fn folder(&self) -> PathBuf {
        self.setup.config().parent().expect("a folder").to_owned()
    }

    /// The latest revision of each article, by id.
    fn latest(&self) -> Vec<&Record> {
        let higher = |record: &Record| {
            self.records.iter().any(|other| other.key == record.key && other.revision() > record.revision())
        };
        let mut latest: Vec<&Record> = self.records.iter().filter(|record| !higher(record)).collect();
        latest.sort_by(|a, b| a.key.cmp(&b.key));
        latest
    }
}

fn recipes() -> PathBuf {
    root().join("deploy/recipes")
}

/// The folders of Python packages and of Kafka Connect's plug-ins.
fn installed() -> (String, String) {
    let output = Command::new(root().join("tests/recipes/install")).output().expect("it runs");
    let text = said(&output);
    let mut lines = text.lines().map(str::to_owned);
    (lines.next().expect("packages"), lines.next().expect("plug-ins"))
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn python(folder: &Path, packages: &str, arguments: &[&str]) -> String {
    let output = Command::new(broker::script("python"))
        .current_dir(folder)
        .env("PYTHONPATH", packages)
        .args(arguments)
        .output()
        .expect("tests/kafka/python runs");
    said(&output)
}

/// Behind what is there: in each partition a record of a transaction that is given up, then one tombstone of `gone`.
fn later(stage: &Stage, gone: &Record) {
    let script = root().join("tests/recipes/later.py").display().to_string();
    let (topic, partition) = (stage.setup.articles(), gone.partition.to_string());
    python(&stage.folder(), "", &[&script, broker::servers(), &topic, &gone.key, &partition]);
}

#[test]
fn tables_of_duckdb_and_clickhouse_hold_the_articles() {
    let (packages, _) = installed();
    let stage = Stage::new("tables");
    let tail = ["tail", "--from-beginning", "--count", "4", "--json"];
    stage.setup.write("articles.ndjson", &said(&command(&tail, &stage.setup.config())));
    let articles: Value = stage
        .latest()
        .iter()
        .map(|record| {
            let published =
                chrono::DateTime::parse_from_rfc3339(record.text("/published_at")).expect("a time");
            let tags = record.value["tags"].as_array().map(Vec::len);
            json!([
                record.key,
                record.revision(),
                record.text("/title"),
                record.text("/language/code"),
                published.timestamp_millis(),
                record.text("/text").chars().count(),
                tags
            ])
        })
        .collect();
    let expected = json!({"revisions": 4, "articles": articles, "tags": 3});
    let script = root().join("tests/recipes/tables.py").display().to_string();
    for database in ["duckdb", "clickhouse"] {
        let arguments = [script.as_str(), database, &recipes().display().to_string()];
        let found = python(&stage.folder(), &packages, &arguments);
        assert_eq!(serde_json::from_str::<Value>(&found).expect("JSON"), expected, "{database}");
    }
}

#[test]
fn kafka_connect_writes_a_table_and_a_file_from_plain_json() {
    let (_, plugins) = installed();
    let stage = Stage::new("connect");
    // Neither a record of a transaction that was given up, nor a tombstone, becomes a row or a line.
    later(&stage, stage.latest().first().expect("an article"));
    let output = Command::new(root().join("tests/recipes/connect.sh"))
        .current_dir(stage.folder())
        .args([broker::servers(), &stage.setup.articles(), "4", &plugins, env!("CARGO_BIN_EXE_copydesk")])
        .output()
        .expect("it runs");
    let rows = said(&output);
    let mut expected: Vec<&Record> = stage.records.iter().collect();
    expected.sort_by_key(|record| (record.key.clone(), record.revision()));
    let found: Vec<&str> = rows.lines().skip(1).collect();
    assert_eq!(found.len(), 4, "{rows}");
    for (row, record) in found.iter().zip(expected) {
        let (title, published) = (record.text("/title"), record.text("/published_at"));
        let cells = [&record.key, &record.revision().to_string(), title, "en", published];
        assert_eq!(*row, cells.map(|cell| format!("\"{cell}\"")).join(","), "{rows}");
    }
    let file = std::fs::read_to_string(stage.folder().join("articles.ndjson")).expect("a file");
    let lines: Vec<Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 4, "{file}");
    for record in &stage.records {
        assert!(lines.contains(&record.value), "{} is missing in {file}", record.key);
    }
}
