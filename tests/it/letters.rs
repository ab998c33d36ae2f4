//! A dead letter of a step, tried again: nothing of what its feed is configured with is lost.

use std::time::Duration;

use copydesk::{
    config::{self, Config},
    feed::{ParseOptions, parse},
    ledger::{FeedState, restore},
    publish::{
        DeadLetter, client_config,
        record::{FeedReference, Original, SCHEMA_VERSION, Stage},
    },
};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::{Value, json};

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    prose::MARKER_RULE,
    reader, wait,
};

const FEED: &str = "courier";

/// What the ledger knows of the feed.
fn state(config: &Config) -> Option<FeedState> {
    (0..config.topics.ledger_partitions).find_map(|shard| {
        let restored = restore(&config.kafka, &config.topics.ledger, shard, &|| false, &|_| ());
        restored.ok()?.states.remove(FEED)
    })
}

/// Id of the article that the ledger knows, and that is not out.
fn unpublished(config: &Config) -> String {
    wait::until("the entry in the ledger", Duration::from_secs(90), || {
        let state = state(config)?;
        let known = state.entries.values().next()?;
        (known.revision == 0).then(|| known.article.clone())
    })
}

/// The letter that a poll leaves behind if cleaning the feed's first entry panics.
pub fn letter(document: &str, url: &str, article: &str) -> DeadLetter {
    let entry = parse(document.as_bytes(), &ParseOptions::default()).expect("a feed").entries.remove(0);
    let failed_at = "2026-03-04T05:06:07Z".parse().expect("a time");
    DeadLetter {
        schema_version: SCHEMA_VERSION,
        reason: "panic".into(),
        detail: "cleaning or tagging panicked".into(),
        stage: Stage::Clean,
        feed: FeedReference { name: FEED.into(), title: Some("Courier".into()), url: url.into() },
        url: entry.link.clone(),
        entry_id: entry.id.clone(),
        article_id: Some(article.into()),
        title: entry.title.clone(),
        first_failed_at: failed_at,
        last_failed_at: failed_at,
        attempts: 1,
        original: Original::inline(
            Some("application/json".into()),
            &serde_json::to_vec(&entry).expect("serialises"),
        ),
        retry: DeadLetter::RETRY.into(),
    }
}

pub fn send(config: &Config, letter: &DeadLetter) {
    let producer: BaseProducer = client_config(&config.kafka).create().expect("a producer");
    let value = serde_json::to_vec(letter).expect("serialises");
    let key = letter.article_id.clone().expect("an id");
    let record = BaseRecord::to(&config.topics.dead_letters).key(&key).payload(&value);
    producer.send(record).map_err(|(error, _)| error).expect("queued");
    producer.flush(Duration::from_secs(30)).expect("delivered");
}

#[test]
fn a_retried_letter_has_its_feeds_tags_rules_address_rules_and_routes() {
    let origin = Origin::start();
    let mut item = Item::numbered(1);
    item.link = "/news/entry-1?paper=7".into();
    item.paragraphs
        .insert(2, "Harbour desk marker line for the late shift, left there by the printers.".into());
    // The page does not come, so that the ledger knows the entry and nothing is published.
    origin.set("/feed", Answer::Feed(vec![item]));
    origin.set("/news/entry-1", Answer::Slow(Duration::from_secs(60), Box::new(Answer::Status(503))));
    let prefix = broker::prefix("retried");
    let source = feed(FEED, &origin.url("/feed"), "1h")
        .replace("content: feed", "content: page, tags: [desk/harbour]");
    let more = format!(
        "routes:\n  - {{topic: {prefix}.harbour, when: {{any: [desk/harbour]}}}}\n  \
         - {{topic: {prefix}.other, when: {{any: [desk/other]}}}}\n\
         rules: {{files: [own.yaml]}}\nurls: {{files: [addresses.yaml]}}\n"
    );
    let setup = Setup::new(&prefix, &[source], &more);
    setup.write("own.yaml", MARKER_RULE);
    setup.write("addresses.yaml", "parameters: [paper]\n");
    let config = config::load(&setup.config(), &|_| None).expect("a configuration").config;
    let daemon = setup.run();
    let article = unpublished(&config);
    daemon.stop();
    assert_eq!(reader::committed(&setup.articles()).len(), 0);

    send(&config, &letter(&origin.document("/feed"), &origin.url("/feed"), &article));
    let replay = || -> Value {
        let output = command(&["replay", "--dead-letters", "--json"], &setup.config());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        serde_json::from_str(text.lines().last().expect("a report")).expect("JSON")
    };
    assert_eq!(replay(), json!({"letters": 1, "published": 1, "settled": 0, "hopeless": 0}));

    let records = reader::committed(&setup.articles());
    let [record] = records.as_slice() else { panic!("one article: {records:#?}") };
    assert_eq!((record.text("/id"), record.key.as_str(), record.revision()), (&*article, &*article, 1));
    assert_eq!(record.headers.get("ce_type").map(String::as_str), Some("news.article.replayed"));
    let tags = record.value["tags"].as_array().expect("tags");
    assert!(tags.iter().any(|tag| tag["id"] == "desk/harbour"), "the feed's tags: {tags:#?}");
    assert!(record.text("/text").contains("case 1"), "its own text");
    assert!(!record.text("/text").contains("marker line"), "the rules of the configuration");
    let removed = record.value["removed"].as_array().expect("removed");
    assert!(removed.iter().any(|one| one["rule"] == "own/marker"), "{removed:#?}");
    assert_eq!(record.text("/canonical_url"), origin.url("/news/entry-1"), "its address rules");
    let routed = reader::committed(&format!("{prefix}.harbour"));
    assert_eq!(routed.iter().map(|copy| copy.key.as_str()).collect::<Vec<_>>(), [article.as_str()]);
    assert!(reader::committed(&format!("{prefix}.other")).is_empty(), "and no other route");

    // It is settled, and the ledger counts it: neither a further run nor a poll publishes it again.
    assert_eq!(replay()["letters"], 0);
    assert_eq!(
        state(&config).expect("the feed").entries.values().next().map(|entry| entry.revision),
        Some(1)
    );
}

#[test]
fn letters_are_shown_and_tried_again_while_the_daemon_runs() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    // The page does not come, so that the ledger knows the entry and nothing is published.
    origin.set("/news/entry-1", Answer::Slow(Duration::from_secs(60), Box::new(Answer::Status(503))));
    let source = feed(FEED, &origin.url("/feed"), "1h").replace("content: feed", "content: page");
    let setup = Setup::new(&broker::prefix("letters"), &[source], "");
    let config = config::load(&setup.config(), &|_| None).expect("a configuration").config;
    let daemon = setup.run();
    daemon.ready();
    assert_eq!(daemon.api("/dead-letters", "").1, json!({"dead_letters": []}));
    let article = unpublished(&config);
    send(&config, &letter(&origin.document("/feed"), &origin.url("/feed"), &article));
    let hopeless = DeadLetter {
        article_id: Some("gone".into()),
        title: Some("<b>Gone</b>".into()),
        last_failed_at: "2026-03-04T05:06:08Z".parse().expect("a time"),
        ..letter(&origin.document("/feed"), &origin.url("/feed"), &article)
    };
    send(&config, &hopeless);

    let tried = |expected: bool| {
        let (status, told) = daemon.api("/dead-letters", "");
        let letters = told["dead_letters"].as_array().expect("letters");
        assert_eq!((status, letters.len()), (200, 2), "{told:#}");
        assert_eq!((&letters[0]["article_id"], &letters[1]["article_id"]), (&json!("gone"), &json!(article)));
        assert!(letters.iter().all(|letter| letter["tried_again"] == expected), "{told:#}");
    };
    tried(false);
    assert_eq!(daemon.api("/dead-letters?limit=1", "").1["dead_letters"].as_array().map(Vec::len), Some(1));
    let page = daemon.page("/dead-letters");
    assert!(page.contains("&lt;b&gt;Gone&lt;/b&gt;") && page.contains("Try again what waits"), "{page}");
    let (status, report) = daemon.api("/dead-letters/retry", "{}");
    assert_eq!((status, report), (200, json!({"letters": 2, "published": 1, "settled": 0, "hopeless": 1})));
    let records = reader::committed(&setup.articles());
    let [record] = records.as_slice() else { panic!("one article: {records:#?}") };
    assert_eq!((record.key.as_str(), record.revision()), (&*article, 1));
    tried(true);
    assert!(!daemon.page("/dead-letters").contains("Try again what waits"));
    assert_eq!(daemon.api("/dead-letters/retry", "{}").1["letters"], 0);
    // The shard was taken from the daemon for a moment: it takes it back, and polls on.
    origin.set("/news/entry-1", Answer::Status(404));
    origin.edit("/feed", |items| items.insert(0, Item { link: "/news/none".into(), ..Item::numbered(2) }));
    setup.change("interval: 1h", "interval: 1s");
    assert_eq!(daemon.api("/reload", "{}").0, 200);
    let records = reader::first(&setup.articles(), 2, Duration::from_secs(90));
    assert_eq!(records[1].revision(), 1, "another article: {records:#?}");
    assert_ne!(records[1].key, article);
    daemon.stop();
}
