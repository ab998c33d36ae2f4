//! The ledger of an earlier release is taken over: nothing is published twice, nothing forgotten.
//!
//! `tests/cases/ledger/RELEASE.ndjson` is what that release had written when it was stopped, one
//! record a line. A further one is made with its program:
//!
//!     CAPTURE=/path/to/copydesk tests/run --test tests upgrade

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use copydesk::{
    config::{Kafka, environment},
    ledger::partition::shard_of,
};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    broker,
    daemon::{self, Daemon, Setup, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

const LIMIT: Duration = Duration::from_secs(90);

/// Partitions of the ledger in the tests' configuration.
const SHARDS: i32 = 4;

/// A record of the ledger.
#[derive(Serialize, Deserialize)]
struct Line {
    partition: i32,
    key: String,
    value: Value,
}

fn cases() -> PathBuf {
    broker::root().join("tests/cases/ledger")
}

/// An entry whose address does not depend on the port.
fn item(number: u64) -> Item {
    Item { link: format!("https://courier.example/news/entry-{number}"), ..Item::numbered(number) }
}

fn edited(number: u64) -> Item {
    let mut item = item(number);
    item.paragraphs[1] = "An earlier account was wrong: the harbour master had in fact agreed to it.".into();
    item
}

fn feeds(origin: &Origin) -> Vec<String> {
    ["courier", "gazette", "herald"]
        .iter()
        .map(|name| feed(name, &origin.url(&format!("/{name}")), "1s"))
        .collect()
}

/// What the origin serves when the earlier release is stopped: an edited entry, a feed that is not
/// there, and one from which an entry has gone.
fn leave(origin: &Origin) {
    origin.set("/courier", Answer::Feed(vec![item(3), edited(2), item(1)]));
    origin.set("/gazette", Answer::Status(404));
    origin.set("/herald", Answer::Feed(vec![item(12)]));
}

/// Runs an earlier release and keeps what it writes.
fn capture(program: &str) {
    let origin = Origin::start();
    origin.set("/courier", Answer::Feed(vec![item(3), item(2), item(1)]));
    origin.set("/gazette", Answer::Feed(vec![item(21)]));
    origin.set("/herald", Answer::Feed(vec![item(12), item(11)]));
    let prefix = broker::prefix("capture");
    let setup = Setup::new(&prefix, &feeds(&origin), "");
    let daemon = Daemon::of(program, &setup.config(), &[]);
    reader::when("the first articles", &setup.articles(), LIMIT, |records| records.len() == 6);
    leave(&origin);
    reader::when("a revision", &setup.articles(), LIMIT, |records| records.len() == 7);
    polls(&origin, &["/courier", "/gazette", "/herald"], 2);
    daemon.stop();
    let lines: Vec<String> = reader::committed(&format!("{prefix}.ledger"))
        .into_iter()
        .map(|record| Line { partition: record.partition, key: record.key, value: record.value })
        .map(|line| serde_json::to_string(&line).expect("JSON") + "\n")
        .collect();
    std::fs::write(cases().join("captured.ndjson"), lines.concat()).expect("written");
}

/// Waits until each path was asked for so many times more.
fn polls(origin: &Origin, paths: &[&str], more: usize) {
    for path in paths {
        let asked = origin.requests(path).len();
        wait::until(&format!("polls of {path}"), LIMIT, || {
            (origin.requests(path).len() >= asked + more).then_some(())
        });
    }
}

/// Writes the records of a release into a ledger, as if it had polled `origin`.
fn write(release: &Path, topic: &str, origin: &Origin) {
    let text = std::fs::read_to_string(release).expect("readable");
    let lines = text.lines().map(|line| serde_json::from_str::<Line>(line).expect("a record"));
    let polled =
        lines.clone().find_map(|line| Url::parse(line.value["url"].as_str()?).ok()).expect("an address");
    let now = Url::parse(&origin.url("")).expect("an address");
    let (before, after) = (address(&polled), address(&now));
    let partition = shard_of(&now, SHARDS);
    let kafka = Kafka { brokers: vec![broker::servers().to_owned()], ..Kafka::default() };
    let producer: BaseProducer = copydesk::publish::client_config(&kafka).create().expect("a producer");
    for line in lines {
        assert_eq!(line.partition, shard_of(&polled, SHARDS), "a feed's partition is what it was");
        let value = (!line.value.is_null()).then(|| line.value.to_string().replace(&before, &after));
        let mut record = BaseRecord::<str, str>::to(topic).key(&line.key).partition(partition);
        if let Some(value) = &value {
            record = record.payload(value);
        }
        producer.send(record).map_err(|(error, _)| error).expect("taken");
    }
    producer.flush(Duration::from_secs(20)).expect("written");
}

/// `host:port`.
fn address(url: &Url) -> String {
    format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"))
}

#[test]
fn the_ledger_of_an_earlier_release_is_taken_over() {
    if let Some(program) = environment("CAPTURE") {
        capture(&program);
    }
    let mut releases: Vec<PathBuf> = std::fs::read_dir(cases())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ndjson"))
        .collect();
    releases.sort();
    assert!(!releases.is_empty());
    for release in releases {
        taken_over(&release);
    }
}

fn taken_over(release: &Path) {
    let origin = Origin::start();
    leave(&origin);
    let prefix = broker::prefix("upgrade");
    let setup = Setup::new(&prefix, &feeds(&origin), "");
    let created = daemon::command(&["topics", "--create"], &setup.config());
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    write(release, &format!("{prefix}.ledger"), &origin);

    let daemon = setup.run();
    daemon.ready();
    polls(&origin, &["/courier", "/gazette", "/herald"], 2);
    let again = reader::committed(&setup.articles());
    let again: Vec<_> = again.iter().map(|record| (record.text("/url"), record.revision())).collect();
    assert!(again.is_empty(), "{release:?}: published again: {again:?}");
    let status = daemon::command(&["feeds", "status", "gazette", "--json"], &setup.config());
    let status: Value = serde_json::from_slice(&status.stdout).expect("one object");
    assert!(status["failures"].as_u64() > Some(2), "{release:?}: {status}");

    // What is new from now on, and nothing else: an entry, an edit of an edit, feeds that are back.
    let mut twice = edited(2);
    twice.title = "What the council learned in the end".into();
    origin.set("/courier", Answer::Feed(vec![item(4), item(3), twice, item(1)]));
    origin.set("/gazette", Answer::Feed(vec![item(21)]));
    origin.set("/herald", Answer::Feed(vec![item(12), item(11)]));
    let records = reader::when("what is new", &setup.articles(), LIMIT, |records| records.len() >= 2);
    polls(&origin, &["/courier", "/herald"], 2);
    daemon.stop();
    let all = reader::committed(&setup.articles());
    assert_eq!(all.len(), records.len());
    let mut told: Vec<(&str, u64)> =
        all.iter().map(|record| (record.text("/url"), record.revision())).collect();
    told.sort_unstable();
    let expected = [("https://courier.example/news/entry-2", 3), ("https://courier.example/news/entry-4", 1)];
    assert_eq!(told, expected, "{release:?}");
}
