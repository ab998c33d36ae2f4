//! The lines of the log: those of every daemon that a test runs are looked at when it ends, those of one
//! that says all it can are checked against the schema.

use std::{fmt, process::Command, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, json};

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    reader,
};

/// An object with the keys that it has twice, too.
struct Line(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Line(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// What is wrong with a line, if it is JSON: others are what a command says to people.
fn wrong(line: &str) -> Option<String> {
    if !line.starts_with('{') {
        return None;
    }
    let entries = match serde_json::from_str(line) {
        Ok(Line(entries)) => entries,
        Err(error) => return Some(error.to_string()),
    };
    for key in ["timestamp", "level", "message", "target"] {
        if entries.iter().filter(|(name, value)| name == key && value.is_string()).count() != 1 {
            return Some(format!("no `{key}`, or several"));
        }
    }
    entries.iter().enumerate().find_map(|(at, (name, value))| {
        let is_span =
            matches!((name.as_str(), value), ("span", Value::Object(_)) | ("spans", Value::Array(_)));
        match value {
            _ if entries.iter().take(at).any(|(other, _)| other == name) => Some(format!("`{name}` twice")),
            Value::Object(_) | Value::Array(_) | Value::Null if !is_span => {
                Some(format!("`{name}` is no fact"))
            }
            _ => None,
        }
    })
}

/// Panics where a line is not as it should be.
pub fn check(lines: &[String]) {
    // A process that is killed may not finish its last line.
    let unfinished = lines.last().filter(|line| !line.ends_with('}')).map_or(0, |_| 1);
    for line in lines.iter().take(lines.len() - unfinished) {
        if let Some(wrong) = wrong(line) {
            panic!("the log: {wrong}: {line}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_line_is_seen() {
    let line = |more: &str| {
        format!(
            r#"{{"timestamp":"2026-01-02T03:04:05.000006Z","level":"INFO","message":"a","target":"b"{more}}}"#
        )
    };
    assert_eq!(wrong(&line(r#","span":{"name":"poll"},"spans":[{"name":"poll"}],"count":2"#)), None);
    for more in
        [r#","message":"c""#, r#","count":1,"count":2"#, r#","facts":{"a":1}"#, r#","error":null"#, ",", "}"]
    {
        assert!(wrong(&line(more)).is_some(), "{more}");
    }
    assert!(wrong(r#"{"level":"INFO"}"#).is_some());
}

#[test]
fn every_line_is_valid_by_the_schema_that_is_printed() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    origin.set("/broken", Answer::Html("<html><title>Sorry</title></html>".into()));
    let feeds = [
        feed("courier", &origin.url("/feed"), "1s"),
        feed("broken", &origin.url("/broken"), "1s"),
        feed("gone", &origin.url("/gone"), "1s"),
        feed("nobody", &format!("http://{}/feed", broker::nobody()), "1s"),
    ];
    let setup = Setup::new(&broker::prefix("logs"), &feeds, "");
    let daemon = setup.run_with(&["--log", "trace"]);
    reader::first(&setup.articles(), 1, Duration::from_secs(90));
    let failed = |log: &[String]| log.iter().filter(|line| line.contains("poll failed")).count() >= 3;
    super::wait::until("failed polls", Duration::from_secs(90), || failed(&daemon.log()).then_some(()));
    let lines: Vec<String> = daemon.log().into_iter().filter(|line| line.starts_with('{')).collect();
    daemon.stop();

    let schema = setup.config().with_file_name("log.schema.json");
    std::fs::write(&schema, command(&["schema", "--log"], &setup.config()).stdout).expect("written");
    let valid = |name: &str, lines: &str| {
        setup.write(name, lines);
        let output = Command::new(broker::script("python"))
            .args([broker::script("validate.py").as_os_str(), schema.as_os_str()])
            .stdin(std::fs::File::open(setup.config().with_file_name(name)).expect("written"))
            .output()
            .expect("tests/kafka/python runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (good, why) = valid("log.ndjson", &(lines.join("\n") + "\n"));
    assert!(good, "{why}");
    let mut other: Value = serde_json::from_str(&lines[0]).expect("JSON");
    other["level"] = json!("NOTICE");
    let (good, why) = valid("other.ndjson", &format!("{other}\n"));
    assert!(!good && why.contains("level"), "{why}");
}
