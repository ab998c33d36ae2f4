//! The topic that says how each feed is.

use std::time::Duration;

use super::{
    broker,
    daemon::{Setup, feed},
    origin::{Answer, Item, Origin},
    reader::{self, Record},
};

const LIMIT: Duration = Duration::from_secs(90);

/// What was said of a feed, in order.
fn said(records: &[Record], feed: &str) -> Vec<String> {
    let of_feed = records.iter().filter(|record| record.key == feed);
    of_feed.map(|record| record.value["state"].as_str().expect("a state").to_owned()).collect()
}

#[test]
fn each_feed_says_how_it_is_and_why() {
    let origin = Origin::start();
    origin.set("/turns", Answer::Feed(vec![Item::numbered(1), Item::numbered(2)]));
    origin.set("/steady", Answer::Feed(vec![Item::numbered(3)]));
    origin.set("/closed", Answer::Status(403));
    let prefix = broker::prefix("health");
    let topic = format!("{prefix}.feeds");
    let feeds = [
        feed("turns", &origin.url("/turns"), "1s"),
        feed("steady", &origin.url("/steady"), "1s"),
        feed("closed", &origin.url("/closed"), "1s"),
    ];
    let setup = Setup::new(&prefix, &feeds, "");
    setup.change("ledger_partitions: 4", &format!("ledger_partitions: 4, feeds: {topic}"));
    let daemon = setup.run();
    let records = reader::when("all three feeds", &topic, LIMIT, |records| {
        ["turns", "steady", "closed"].iter().all(|feed| !said(records, feed).is_empty())
    });
    assert_eq!(said(&records, "turns"), ["healthy"]);
    assert_eq!(said(&records, "closed"), ["walled"]);
    let closed_record = records.iter().find(|record| record.key == "closed").expect("its record");
    assert!(closed_record.text("/why").contains("403"), "{:#}", closed_record.value);

    // What was well fails: said once, however often it fails.
    origin.set("/turns", Answer::Status(500));
    let records = reader::when("a failing feed", &topic, LIMIT, |records| said(records, "turns").len() > 1);
    assert_eq!(said(&records, "turns"), ["healthy", "failing"]);
    let failing = records.iter().rfind(|record| record.key == "turns").expect("its record");
    assert!(failing.text("/why").contains("500"), "{:#}", failing.value);
    assert_eq!(failing.value["entries"], 2);
    assert_eq!(said(&records, "steady"), ["healthy"], "nothing new to say");
    assert!(records.iter().all(|record| record.value["schema_version"] == 1));
    daemon.stop();
}
