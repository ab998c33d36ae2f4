//! More than one instance, and many restarts: who polls, and how often.

use std::time::Duration;

use super::{
    broker,
    daemon::{Setup, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

/// Requests may come this much sooner than the interval says: the origin's clock is not the
/// daemon's.
const TOLERANCE: Duration = Duration::from_millis(150);

/// Sites of their own, so that they spread over the shards.
fn origins(count: u64) -> Vec<Origin> {
    (0..count)
        .map(|number| {
            let origin = Origin::start();
            origin.set("/feed", Answer::Feed(vec![Item::numbered(number)]));
            origin
        })
        .collect()
}

fn feeds(origins: &[Origin], interval: &str) -> Vec<String> {
    origins
        .iter()
        .enumerate()
        .map(|(number, origin)| feed(&format!("feed{number}"), &origin.url("/feed"), interval))
        .collect()
}

fn polls(origin: &Origin) -> usize {
    origin.requests("/feed").len()
}

/// No feed is polled twice within its interval, by whomever.
fn assert_spaced(origins: &[Origin], interval: Duration) {
    for origin in origins {
        let requests = origin.requests("/feed");
        for pair in requests.windows(2) {
            let apart = pair[1].at - pair[0].at;
            assert!(
                apart + TOLERANCE >= interval,
                "polled again after {apart:?}, the interval is {interval:?}"
            );
        }
    }
}

#[test]
fn a_killed_instance_is_taken_over_and_nothing_is_polled_twice() {
    let origins = origins(8);
    let setup = Setup::new(&broker::prefix("fleet"), &feeds(&origins, "2s"), "");
    let first = setup.run();
    first.ready();
    let second = setup.run();
    second.ready();
    reader::first(&setup.articles(), origins.len(), Duration::from_secs(90));
    // Both have work: the shards were shared out.
    wait::until("both instances to hold shards", Duration::from_secs(60), || {
        [&first, &second]
            .iter()
            .all(|daemon| daemon.log().iter().any(|line| line.contains("shards assigned")))
            .then_some(())
    });

    let before: Vec<usize> = origins.iter().map(polls).collect();
    first.kill();
    // Session of 10 s, then the restore: every feed is polled again within half a minute.
    wait::until("every feed to be polled again", Duration::from_secs(60), || {
        origins.iter().zip(&before).all(|(origin, before)| polls(origin) >= before + 2).then_some(())
    });
    for (number, origin) in (100..).zip(&origins) {
        origin.edit("/feed", |items| items.insert(0, Item::numbered(number)));
    }
    reader::first(&setup.articles(), origins.len() * 2, Duration::from_secs(60));
    second.stop();
    assert_spaced(&origins, Duration::from_secs(2));
    assert_eq!(reader::committed(&setup.articles()).len(), origins.len() * 2, "each once");
}

#[test]
fn many_restarts_do_not_poll_more_often() {
    let origins = origins(3);
    let setup = Setup::new(&broker::prefix("restarts"), &feeds(&origins, "6s"), "");
    for round in 0..6 {
        let daemon = setup.run();
        daemon.ready();
        // The first time long enough for every feed's turn.
        std::thread::sleep(Duration::from_secs(if round == 0 { 8 } else { 2 }));
        daemon.stop();
    }
    assert!(origins.iter().all(|origin| polls(origin) >= 1));
    assert_spaced(&origins, Duration::from_secs(6));
    assert_eq!(reader::committed(&setup.articles()).len(), origins.len(), "each once");
}
