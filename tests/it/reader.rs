//! What is in a topic, by the Python client.

use std::{collections::BTreeMap, path::Path, process::Command, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{broker, wait};

/// A record as it lies in Kafka.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    pub key: String,
    pub headers: BTreeMap<String, String>,
    pub value: Value,
}

impl Record {
    /// A field of the value by JSON pointer, as text.
    pub fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no text at {pointer} in {:#}", self.value))
    }

    pub fn revision(&self) -> u64 {
        self.value["revision"].as_u64().expect("a revision")
    }
}

/// How to read; the default is what a consumer that cares about transactions sees now.
#[derive(Default)]
pub struct Read<'a> {
    pub uncommitted: bool,
    /// Another broker than that of the tests.
    pub servers: Option<&'a str>,
    pub schema: Option<&'a Path>,
}

impl Read<'_> {
    /// Everything up to the topic's end as it is now.
    pub fn all(&self, topic: &str) -> Vec<Record> {
        self.run(topic, &[])
    }

    fn run(&self, topic: &str, arguments: &[&str]) -> Vec<Record> {
        let isolation = if self.uncommitted { "read_uncommitted" } else { "read_committed" };
        let mut command = Command::new(broker::script("python"));
        command
            .arg(broker::script("read.py"))
            .arg(topic)
            .args(["--bootstrap", self.servers.unwrap_or_else(|| broker::servers())]);
        command.args(["--isolation", isolation]).args(arguments);
        if let Some(schema) = self.schema {
            command.arg("--schema").arg(schema);
        }
        let output = command.output().expect("tests/kafka/python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

/// All that is committed now.
pub fn committed(topic: &str) -> Vec<Record> {
    Read::default().all(topic)
}

/// The first `count` records, as soon as they have come.
pub fn first(topic: &str, count: usize, limit: Duration) -> Vec<Record> {
    let (count, limit) = (count.to_string(), limit.as_secs().to_string());
    Read::default().run(topic, &["--count", &count, "--timeout", &limit])
}

/// All that is committed, once `enough` says so.
pub fn when(what: &str, topic: &str, limit: Duration, enough: impl Fn(&[Record]) -> bool) -> Vec<Record> {
    wait::until(what, limit, || Some(committed(topic)).filter(|records| enough(records)))
}
