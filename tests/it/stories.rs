//! One story, whichever instance publishes which copy, and whichever of them dies in between.

use std::{collections::BTreeSet, time::Duration};

use super::{
    broker,
    daemon::{Setup, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

const FEEDS: u64 = 8;

/// A report of its own words, the same for every copy of it.
fn report(number: u64, copy: u64) -> Item {
    let mut random = fastrand::Rng::with_seed(number);
    let mut word = || -> String { (0..random.usize(4..9)).map(|_| random.lowercase()).collect() };
    let paragraphs = (0..6)
        .map(|_| {
            let words: Vec<String> = (0..30).map(|_| word()).collect();
            format!("{}.", words.join(" "))
        })
        .collect();
    let item = Item::numbered(1000 * copy + number);
    Item { title: format!("Report {number} by the desk"), paragraphs, ..item }
}

#[test]
fn copies_join_the_story_of_another_instance_and_of_one_that_died() {
    let origins: Vec<Origin> = (0..FEEDS).map(|_| Origin::start()).collect();
    for (number, origin) in (0..).zip(&origins) {
        origin.set("/feed", Answer::Feed(vec![report(number, 0)]));
    }
    let feeds: Vec<String> =
        origins.iter().enumerate().map(|(at, o)| feed(&format!("feed{at}"), &o.url("/feed"), "1s")).collect();
    let setup = Setup::new(&broker::prefix("stories"), &feeds, "");
    let first = setup.run();
    first.ready();
    let second = setup.run();
    second.ready();
    reader::first(&setup.articles(), origins.len(), Duration::from_secs(90));
    wait::until("both instances to hold shards", Duration::from_secs(60), || {
        let holds = |log: &[String]| log.iter().any(|line| line.contains("shard restored"));
        (holds(&first.log()) && holds(&second.log())).then_some(())
    });

    // Each feed repeats what another one had, so that some copies meet another instance's report.
    for (number, origin) in (0..).zip(&origins) {
        let copied = report((number + 1) % FEEDS, 1);
        origin.edit("/feed", |items| items.insert(0, copied));
    }
    reader::first(&setup.articles(), origins.len() * 2, Duration::from_secs(60));
    first.kill();
    for (number, origin) in (0..).zip(&origins) {
        let copied = report((number + 3) % FEEDS, 2);
        origin.edit("/feed", |items| items.insert(0, copied));
    }
    let records = reader::first(&setup.articles(), origins.len() * 3, Duration::from_secs(120));
    second.stop();
    for number in 0..FEEDS {
        let title = format!("Report {number} by the desk");
        let copies = records.iter().filter(|record| record.text("/title") == title);
        let stories: BTreeSet<&str> = copies.clone().map(|record| record.text("/story/id")).collect();
        assert_eq!((copies.count(), stories.len()), (3, 1), "{title}: {stories:?}");
    }
    let stories: BTreeSet<&str> = records.iter().map(|record| record.text("/story/id")).collect();
    assert_eq!(stories.len(), origins.len(), "no two reports are one story");
}
