//! The wire: key, partition, headers, timestamp and fields of a record, and the routed copy.

use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    reader::{self, Read},
};

const FIELDS: [&str; 27] = [
    "schema_version",
    "id",
    "revision",
    "url",
    "canonical_url",
    "feed",
    "source",
    "title",
    "authors",
    "published_at",
    "published_at_source",
    "updated_at",
    "first_seen_at",
    "fetched_at",
    "language",
    "summary",
    "text",
    "blocks",
    "word_count",
    "images",
    "content",
    "tags",
    "story",
    "removed",
    "notes",
    "content/origin",
    "content/verdict",
];

#[test]
fn a_record_keeps_the_contract() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed((1..=12).map(Item::numbered).collect()));
    let source = feed("courier", &origin.url("/feed"), "1h")
        .replace("content: feed", "content: feed, tags: [desk/test]");
    let prefix = broker::prefix("contract");
    let routes = format!(
        "routes:\n  - {{topic: {prefix}.desk, when: {{any: [desk/test]}}}}\n  \
         - {{topic: {prefix}.other, when: {{any: [desk/other]}}}}"
    );
    let setup = Setup::new(&prefix, &[source], &routes);
    let daemon = setup.run();
    let records = reader::first(&setup.articles(), 12, Duration::from_secs(90));
    let now = SystemTime::now_millis();

    for record in &records {
        let (id, revision) = (record.text("/id"), record.revision());
        for field in FIELDS {
            assert!(record.value.pointer(&format!("/{field}")).is_some(), "no {field} in {:#}", record.value);
        }
        assert_eq!(record.value["schema_version"], 1);
        assert_eq!((record.key.as_str(), revision), (id, 1));
        assert_eq!(record.partition, java_partition(&record.key, 3), "where Java's client puts the key");

        let header = |name: &str| {
            record.headers.get(name).unwrap_or_else(|| panic!("no {name}: {:?}", record.headers))
        };
        assert_eq!(header("ce_specversion"), "1.0");
        assert_eq!(header("ce_id"), &format!("{id}/{revision}"));
        assert_eq!(header("ce_source"), &origin.url("/feed"));
        assert_eq!(header("ce_type"), "news.article.published");
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("language"), "en");
        assert!(header("tags").contains("desk/test"), "{}", header("tags"));
        assert!(header("ce_time").starts_with("2024-09-03T10:"), "publication time: {}", header("ce_time"));
        assert_traceparent(header("traceparent"));

        assert!(
            record.text("/published_at").starts_with("2024-09-03T10:"),
            "{}",
            record.text("/published_at")
        );
        assert_eq!(record.text("/published_at_source"), "feed");
        assert_eq!(record.text("/feed/name"), "courier");
        assert_eq!(record.text("/feed/url"), origin.url("/feed"));
        assert!((now - record.timestamp).abs() < 120_000, "the time of fetching: {}", record.timestamp);
    }
    let ids: BTreeSet<&str> = records.iter().map(|record| record.text("/id")).collect();
    assert_eq!(ids.len(), 12, "an id for each article");

    let by_key = |topic: &str| {
        let mut values: Vec<_> =
            reader::committed(topic).into_iter().map(|record| (record.key, record.value)).collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    };
    assert_eq!(by_key(&format!("{prefix}.desk")), by_key(&setup.articles()), "the routed copies");
    assert_eq!(by_key(&format!("{prefix}.other")), [], "nothing carries that tag");
    daemon.stop();
}

#[test]
fn records_are_valid_by_the_schema_that_is_printed() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed((1..=3).map(Item::numbered).collect()));
    let setup = Setup::new(&broker::prefix("schema"), &[feed("courier", &origin.url("/feed"), "1h")], "");
    let daemon = setup.run();
    reader::first(&setup.articles(), 3, Duration::from_secs(90));

    let output = command(&["schema"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let schema = setup.config().with_file_name("schema.json");
    std::fs::write(&schema, output.stdout).expect("written");
    let valid = Read { schema: Some(&schema), ..Read::default() }.all(&setup.articles());
    assert_eq!(valid.len(), 3);
    daemon.stop();
}

fn assert_traceparent(text: &str) {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    assert_eq!(lengths, [2, 32, 16, 2], "{text}");
    assert!(parts.iter().all(|part| part.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))), "{text}");
}

trait Millis {
    fn now_millis() -> i64;
}

impl Millis for SystemTime {
    #[expect(clippy::disallowed_methods, reason = "compared with what another process stamped")]
    fn now_millis() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        since.as_millis().try_into().expect("within range")
    }
}

/// murmur2 as Kafka's Java client computes it (`org.apache.kafka.common.utils.Utils`).
fn java_partition(key: &str, partitions: i32) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let bytes = key.as_bytes();
    let length = u32::try_from(bytes.len()).expect("a short key");
    let mut hash = 0x9747_b28c_u32 ^ length;
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        let mut k = u32::from_le_bytes(chunk.try_into().expect("four bytes")).wrapping_mul(M);
        k = (k ^ (k >> 24)).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        for (index, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^= hash >> 15;
    (hash & 0x7fff_ffff).cast_signed() % partitions
}

#[test]
fn java_partition_agrees_with_known_values() {
    // From `UtilsTest.testMurmur2` of Apache Kafka: murmur2("21") is -973932308, of "foobar" -790332482.
    assert_eq!(java_partition("21", 1 << 30), (-973_932_308 & 0x7fff_ffff) % (1 << 30));
    assert_eq!(java_partition("foobar", 1 << 30), (-790_332_482 & 0x7fff_ffff) % (1 << 30));
}

/// Whether the schema that the makers of AsyncAPI publish takes a document.
fn takes(schema: &str, document: &serde_json::Value) -> Output {
    let mut child = Command::new(broker::script("python"))
        .arg(broker::script("validate.py"))
        .arg(schema)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tests/kafka/python runs");
    writeln!(child.stdin.take().expect("piped"), "{document}").expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn the_asyncapi_document_is_one_by_the_schema_of_its_makers() {
    let found = Command::new(broker::root().join(".ci/asyncapi")).output().expect("it runs");
    if !found.status.success() {
        println!("NOT checked: the schema of AsyncAPI cannot be fetched, npm is not on this machine");
        return;
    }
    let schema = String::from_utf8(found.stdout).expect("a path");
    let printed = Command::new(env!("CARGO_BIN_EXE_copydesk"))
        .args(["schema", "--format", "asyncapi"])
        .output()
        .expect("the program starts");
    let mut document: serde_json::Value = serde_json::from_slice(&printed.stdout).expect("JSON");
    let output = takes(schema.trim(), &document);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    document["operations"]["publishFeeds"]["action"] = "listen".into();
    assert!(!takes(schema.trim(), &document).status.success(), "it takes what is none");
}
