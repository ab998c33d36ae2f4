//! The past under new rules, the ledger from outside, deletions.

use std::time::Duration;

use serde_json::Value;

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

const MARKER: &str = "Harbour desk marker line";

const RULES: &str = "\
rules:
  - id: own/marker
    kind: ui
    start: [\"harbour desk marker line\"]
    max: 140
    weight: 1.0
    removes: [\"Harbour desk marker line for the night shift\"]
    keeps: [\"The night shift at the harbour desk drew a line under the affair on Monday.\"]
";

/// An entry with one line that only the rule above cuts; a line of its own, since what repeats is
/// cut anyway.
fn marked(number: u64, whose: &str) -> Item {
    let mut item = Item::numbered(number);
    item.paragraphs.insert(2, format!("{MARKER} for the {whose} which was left there by the printers."));
    item
}

#[test]
fn a_replay_publishes_what_new_rules_change_while_the_daemon_runs() {
    let origin = Origin::start();
    origin.set(
        "/feed",
        Answer::Feed(vec![marked(1, "night shift"), Item::numbered(2), marked(3, "early boats")]),
    );
    let prefix = broker::prefix("replay");
    let setup = Setup::new(&prefix, &[feed("courier", &origin.url("/feed"), "1s")], "");
    setup.change("ledger_partitions: 4", &format!("ledger_partitions: 4, archive: {prefix}.archive"));
    let daemon = setup.run();
    let first = reader::first(&setup.articles(), 3, Duration::from_secs(90));
    assert!(first.iter().any(|record| record.text("/text").contains(MARKER)), "no rule cuts it yet");

    // The same configuration with one more rule.
    setup.write("own.yaml", RULES);
    setup.append("rules: {files: [own.yaml]}\n");
    let output = command(&["check"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let output = command(&["replay", "--dry-run", "--json"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (report, changes) = lines.split_last().expect("a report");
    assert_eq!((&report["articles"], &report["changed"]), (&3.into(), &2.into()), "{report}");
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[0]["changes"][0]["rule"], "own/marker");
    assert_eq!(changes[0]["changes"][0]["kind"], "cut");
    assert_eq!(reader::committed(&setup.articles()).len(), 3, "a dry run publishes nothing");

    let output = command(&["replay", "--json"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = reader::committed(&setup.articles());
    assert_eq!(records.len(), 5);
    for record in records.iter().filter(|record| record.revision() == 2) {
        assert_eq!(record.headers.get("ce_type").map(String::as_str), Some("news.article.replayed"));
        assert!(!record.text("/text").contains(MARKER));
    }

    // The daemon lost its shard to the replay for a moment, and goes on behind it.
    origin.edit("/feed", |items| items.insert(0, Item::numbered(4)));
    reader::first(&setup.articles(), 6, Duration::from_secs(60));
    // Run again, nothing is left to change.
    let output = command(&["replay", "--json"], &setup.config());
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!((&report["changed"], &report["unchanged"]), (&0.into(), &4.into()), "{report}");
    daemon.stop();
}

#[test]
fn the_ledger_can_be_read_and_migrated_from_outside() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    origin.set("/broken", Answer::Status(500));
    let prefix = broker::prefix("status");
    let feeds = [feed("good", &origin.url("/feed"), "1h"), feed("broken", &origin.url("/broken"), "1h")];
    let setup = Setup::new(&prefix, &feeds, "");
    let daemon = setup.run();
    reader::first(&setup.articles(), 1, Duration::from_secs(90));
    let rows = wait::until("both feeds in the ledger", Duration::from_secs(60), || {
        let output = command(&["feeds", "status", "--json"], &setup.config());
        let rows: Vec<Value> = String::from_utf8(output.stdout)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        rows.iter().all(|row| row["status"] != "never polled").then_some(rows)
    });
    assert_eq!((&rows[0]["name"], &rows[0]["status"]), (&"broken".into(), &"failing".into()));
    assert_eq!((&rows[1]["name"], &rows[1]["published"]), (&"good".into(), &1.into()));
    daemon.stop();

    // Another number of partitions is refused, with the way to it.
    setup.change("ledger_partitions: 4", "ledger_partitions: 8");
    let output = command(&["run"], &setup.config());
    assert_eq!(output.status.code(), Some(78));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("--migrate-ledger"), "{message}");
    let moved = format!("{prefix}.ledger.new");
    let output = command(&["topics", "--migrate-ledger", &moved], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    setup.change(&format!("ledger: {prefix}.ledger,"), &format!("ledger: {moved},"));
    let daemon = setup.run();
    daemon.ready();
    std::thread::sleep(Duration::from_secs(2));
    daemon.stop();
    assert_eq!(origin.requests("/feed").len(), 1, "what was known moved along");
    assert_eq!(reader::committed(&setup.articles()).len(), 1);
}

#[test]
fn a_deleted_entry_becomes_a_tombstone_where_that_is_configured() {
    let origin = Origin::start();
    let items: Vec<Item> = [3, 2, 1].into_iter().map(Item::numbered).collect();
    origin.set("/feed", Answer::Feed(items));
    let setup = Setup::new(
        &broker::prefix("deleted"),
        &[feed("courier", &origin.url("/feed"), "1s")],
        "daemon: {tombstones: true}",
    );
    let daemon = setup.run();
    let first = reader::first(&setup.articles(), 3, Duration::from_secs(90));
    origin.edit("/feed", |items| drop(items.remove(1)));
    // A deletion has to show in two documents: the second one differs by a new entry.
    wait::until("the shorter document", Duration::from_secs(30), || {
        (origin.requests("/feed").iter().filter(|request| request.status == 200).count() >= 2).then_some(())
    });
    std::thread::sleep(Duration::from_secs(2));
    origin.edit("/feed", |items| items.insert(0, Item::numbered(4)));
    let records = reader::first(&setup.articles(), 5, Duration::from_secs(60));
    let gone: Vec<_> = records.iter().filter(|record| record.value.is_null()).collect();
    assert_eq!(gone.len(), 1);
    let second = first.iter().find(|record| record.text("/title").ends_with("case 2")).expect("entry 2");
    assert_eq!(gone[0].key, second.key);
    daemon.stop();
}
