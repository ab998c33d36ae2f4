//! The past under new rules, the ledger from outside, deletions.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
};
use serde_json::{Value, json};

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    prose::MARKER_RULE,
    reader, wait,
};

const MARKER: &str = "Harbour desk marker line";

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

    // One more rule, tried first.
    setup.write("own.yaml", MARKER_RULE);
    let rules = setup.config().with_file_name("own.yaml");
    let dry_run = |more: &[&str]| -> Vec<Value> {
        let output = command(&[&["replay", "--dry-run", "--json"], more].concat(), &setup.config());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let tried = dry_run(&["--rules", rules.to_str().expect("UTF-8")]);

    // The same configuration with that rule.
    setup.append("rules: {files: [own.yaml]}\n");
    let output = command(&["check"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let lines = dry_run(&[]);
    assert_eq!(tried, lines, "the file says the same before it is live");
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

/// A topic whose largest record is so many bytes.
async fn small_topic(admin: &AdminClient<DefaultClientContext>, topic: &str, bytes: &str) {
    let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1)).set("max.message.bytes", bytes);
    let made = admin.create_topics([&new], &AdminOptions::new()).await.expect("an answer");
    assert!(made.iter().all(Result::is_ok), "{made:?}");
}

#[test]
fn dead_letters_are_published_once_when_their_reason_is_gone() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1), Item::numbered(2)]));
    let prefix = broker::prefix("letters");
    let setup = Setup::new(&prefix, &[feed("courier", &origin.url("/feed"), "1s")], "");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker::servers()).create().expect("a client");
    // So small that no article can be cut to it.
    runtime.block_on(small_topic(&admin, &setup.articles(), "300"));

    let daemon = setup.run();
    let letters = reader::first(&format!("{prefix}.dead-letters"), 2, Duration::from_secs(90));
    assert!(letters.iter().all(|letter| letter.text("/reason") == "record_too_large"), "{letters:?}");
    assert_eq!(reader::committed(&setup.articles()).len(), 0);

    let articles = setup.articles();
    let raised = AlterConfig::new(ResourceSpecifier::Topic(&articles)).set("max.message.bytes", "1000000");
    runtime.block_on(admin.alter_configs([&raised], &AdminOptions::new())).expect("an answer");

    let replay = |dry: bool| {
        let arguments: &[&str] = if dry { &["--dry-run"] } else { &[] };
        let output = command(&[&["replay", "--dead-letters", "--json"], arguments].concat(), &setup.config());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let (report, told) = lines.split_last().expect("a report");
        (report.clone(), told.to_vec())
    };
    let (report, told) = replay(true);
    assert_eq!(report, json!({"letters": 2, "published": 2, "settled": 0, "hopeless": 0}));
    assert_eq!(told.len(), 2);
    assert_eq!(reader::committed(&setup.articles()).len(), 0, "a dry run publishes nothing");
    let held = daemon.log().iter().filter(|line| line.contains("shard restored")).count();
    assert_eq!(held, 4, "and takes no shard from the daemon");

    let (report, _) = replay(false);
    assert_eq!(report["published"], 2, "{report}");
    let records = reader::committed(&setup.articles());
    assert_eq!(records.len(), 2);
    for record in &records {
        assert_eq!((record.revision(), record.text("/id")), (1, record.key.as_str()));
        assert!(letters.iter().any(|letter| letter.key == record.key), "the letter's article");
    }
    let (report, _) = replay(false);
    assert_eq!(report["letters"], 0, "they are settled: {report}");
    // Also for a run that forgot how far it was: what is out is not published again.
    let forgotten = [format!("{prefix}.dead-letters.replay")];
    let groups: Vec<&str> = forgotten.iter().map(String::as_str).collect();
    runtime.block_on(admin.delete_groups(&groups, &AdminOptions::new())).expect("an answer");
    let (report, _) = replay(false);
    assert_eq!(report, json!({"letters": 2, "published": 0, "settled": 2, "hopeless": 0}));

    // The daemon goes on behind it.
    origin.edit("/feed", |items| items.insert(0, Item::numbered(3)));
    reader::first(&setup.articles(), 3, Duration::from_secs(60));
    daemon.stop();
    assert_eq!(reader::committed(&setup.articles()).len(), 3);
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
