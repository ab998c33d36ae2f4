//! Nothing lost, nothing twice, revisions as they are.

use std::{collections::BTreeMap, time::Duration};

use super::{
    broker,
    daemon::{Setup, feed},
    origin::{Answer, Item, Origin},
    reader::{self, Read, Record},
    wait,
};

const FEEDS: u64 = 50;
const ENTRIES: u64 = 20;

/// The article of entry `number`: its text is part of what must arrive.
fn is_entry(record: &Record, number: u64) -> bool {
    record.text("/url").ends_with(&format!("/news/entry-{number}"))
        && record.text("/text").split("\n\n").eq(super::prose::paragraphs(number, 4))
}

fn count_by_id_and_revision(records: &[Record]) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry((record.key.clone(), record.revision())).or_insert(0) += 1;
    }
    counts
}

#[test]
fn kill_9_loses_nothing_and_repeats_nothing() {
    let origin = Origin::start();
    let mut feeds = Vec::new();
    for number in 0..FEEDS {
        let path = format!("/feed-{number}");
        let items = (number * ENTRIES..(number + 1) * ENTRIES).map(Item::numbered).collect();
        // Slow enough that each kill finds polls under way.
        origin.set(&path, Answer::Slow(Duration::from_millis(300), Box::new(Answer::Feed(items))));
        feeds.push(feed(&format!("feed-{number}"), &origin.url(&path), "5s"));
    }
    let setup = Setup::new(&broker::prefix("kill"), &feeds, "");
    let total = usize::try_from(FEEDS * ENTRIES).expect("a small number");

    let mut seen = 0;
    for round in 1..=3 {
        let daemon = setup.run();
        daemon.ready();
        // Some more articles have come, and some are still to come.
        let records = reader::when("progress", &setup.articles(), Duration::from_secs(90), |records| {
            records.len() > seen || records.len() == total
        });
        seen = records.len();
        daemon.kill();
        println!("killed {round} times, {seen} articles committed");
    }

    let daemon = setup.run();
    reader::first(&setup.articles(), total, Duration::from_secs(120));
    daemon.stop();

    let records = reader::committed(&setup.articles());
    for number in 0..FEEDS * ENTRIES {
        assert!(
            records.iter().any(|record| is_entry(record, number)),
            "entry {number} is missing or changed"
        );
    }
    let counts = count_by_id_and_revision(&records);
    assert_eq!(counts.len(), total, "each with an id of its own, all at revision 1");
    assert!(counts.values().all(|&count| count == 1), "nothing twice for read_committed");

    // Those who read without transactions can tell a re-send by id and revision.
    let uncommitted = Read { uncommitted: true, ..Read::default() }.all(&setup.articles());
    let known = count_by_id_and_revision(&uncommitted);
    assert_eq!(known.keys().collect::<Vec<_>>(), counts.keys().collect::<Vec<_>>());
}

#[test]
fn an_edited_article_is_a_revision_and_a_bumped_one_is_not() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1), Item::numbered(2), Item::numbered(3)]));
    let setup = Setup::new(&broker::prefix("revision"), &[feed("courier", &origin.url("/feed"), "1s")], "");
    let daemon = setup.run();
    let first = reader::first(&setup.articles(), 3, Duration::from_secs(90));

    // A new time and a tracking parameter: the same article.
    origin.edit("/feed", |items| {
        if let Some(item) = items.get_mut(0) {
            item.published = "Wed, 04 Sep 2024 08:00:00 GMT".into();
        }
        if let Some(item) = items.get_mut(1) {
            item.link += "?utm_source=rss&utm_medium=feed";
        }
    });
    let asked = origin.requests("/feed").len();
    wait::until("two polls more", Duration::from_secs(60), || {
        (origin.requests("/feed").len() >= asked + 2).then_some(())
    });
    assert_eq!(reader::committed(&setup.articles()).len(), 3, "nothing was published again");

    // A paragraph was rewritten: the next revision.
    origin.edit("/feed", |items| {
        if let Some(text) = items.get_mut(2).and_then(|item| item.paragraphs.get_mut(1)) {
            *text =
                "An earlier account was wrong: the ferry operator had in fact offered to pay for all of it."
                    .into();
        }
    });
    let records = reader::first(&setup.articles(), 4, Duration::from_secs(60));
    let before = first.iter().find(|record| is_entry(record, 3)).expect("entry 3");
    let after = records.iter().find(|record| record.revision() == 2).expect("a revision 2");
    assert_eq!(after.key, before.key);
    assert_eq!(after.headers.get("ce_type").map(String::as_str), Some("news.article.revised"));
    assert_eq!(after.headers.get("ce_id"), Some(&format!("{}/2", after.key)));
    assert_eq!(after.text("/first_seen_at"), before.text("/first_seen_at"));
    assert!(after.text("/text").contains("An earlier account was wrong"));
    assert!(after.offset > before.offset && after.partition == before.partition, "in order");
    daemon.stop();
    assert_eq!(reader::committed(&setup.articles()).len(), 4);
}
