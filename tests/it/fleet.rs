//! More than one instance, and many restarts: who polls, and how often.

use std::time::Duration;

use copydesk::ledger::partition::shard_of;
use rustix::process::Signal;
use tokio::time::Instant;

use super::{
    broker,
    daemon::{Daemon, Setup, feed},
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

/// Quicker to find that an instance is gone than by default.
const SESSION: &str = "kafka: {properties: {session.timeout.ms: 6000, heartbeat.interval.ms: 1000}, ";

/// Instances that all hold shards.
fn instances(setup: &Setup, count: usize) -> Vec<Daemon> {
    let daemons: Vec<Daemon> = (0..count)
        .map(|_| {
            let daemon = setup.run();
            daemon.ready();
            daemon
        })
        .collect();
    wait::until("every instance to hold shards", Duration::from_secs(60), || {
        let holds = |daemon: &Daemon| daemon.log().iter().any(|line| line.contains("shard restored"));
        daemons.iter().all(holds).then_some(())
    });
    daemons
}

/// The origins whose shards others than the first instance hold, and those of the first one,
/// once each holds the same number.
fn shared_out<'a>(
    origins: &'a [Origin],
    daemons: &[Daemon],
    partitions: i32,
) -> (Vec<&'a Origin>, Vec<&'a Origin>) {
    let others = wait::until("every shard to be held", Duration::from_secs(60), || {
        let held: Vec<Vec<i64>> = daemons.iter().map(shards).collect();
        let even = held.iter().all(|held| i32::try_from(held.len() * daemons.len()) == Ok(partitions));
        even.then(|| held.into_iter().skip(1).flatten().collect::<Vec<_>>())
    });
    origins.iter().partition(|origin| {
        let url = origin.url("/feed").parse().expect("an address");
        others.contains(&shard_of(&url, partitions).into())
    })
}

/// The shards that an instance holds.
fn shards(daemon: &Daemon) -> Vec<i64> {
    let (_, shards) = daemon.api("/shards", "");
    shards["held"]
        .as_array()
        .expect("held")
        .iter()
        .map(|held| held["shard"].as_i64().expect("a number"))
        .collect()
}

/// Waits for two polls more of every feed.
fn everything_polled(origins: &[Origin], limit: Duration) {
    let before: Vec<usize> = origins.iter().map(polls).collect();
    wait::until("every feed to be polled", limit, || {
        origins.iter().zip(&before).all(|(origin, before)| polls(origin) >= before + 2).then_some(())
    });
}

/// A new entry in every feed comes through, and all of them once.
fn news_comes_through(setup: &Setup, origins: &[Origin]) {
    for (number, origin) in (100..).zip(origins) {
        origin.edit("/feed", |items| items.insert(0, Item::numbered(number)));
    }
    reader::first(&setup.articles(), origins.len() * 2, Duration::from_secs(60));
}

#[test]
fn of_three_instances_one_dies_and_the_others_go_on() {
    let origins = origins(12);
    let setup = Setup::new(&broker::prefix("three"), &feeds(&origins, "2s"), "");
    setup.change("kafka: {", SESSION);
    setup.change("ledger_partitions: 4", "ledger_partitions: 6");
    let mut daemons = instances(&setup, 3);
    everything_polled(&origins, Duration::from_secs(60));

    let (staying, orphaned) = shared_out(&origins, &daemons, 6);
    let killed = Instant::now();
    daemons.remove(0).kill();
    // What it had sent arrives; the rest waits for its session's end.
    let settled = killed + Duration::from_secs(1);
    // The session's rest, the rebalance, the restore.
    everything_polled(&origins, Duration::from_secs(60));
    let polled_from = |origin: &&Origin| {
        origin
            .requests("/feed")
            .iter()
            .map(|request| request.at)
            .find(|at| *at > settled)
            .expect("polled since")
    };
    // The middle one: the machine may be busy with something else for a while.
    let mut went_on: Vec<Instant> = staying.iter().map(polled_from).collect();
    went_on.sort();
    let went_on = went_on[went_on.len() / 2];
    if let Some(taken) = orphaned.iter().map(polled_from).min() {
        assert!(went_on < taken, "the living went on {:?} later", went_on - taken);
    }
    news_comes_through(&setup, &origins);
    daemons.into_iter().for_each(Daemon::stop);
    assert_spaced(&origins, Duration::from_secs(2));
    assert_eq!(reader::committed(&setup.articles()).len(), origins.len() * 2, "each once");
}

#[test]
fn a_frozen_instance_comes_back_and_changes_nothing() {
    let origins = origins(8);
    let setup = Setup::new(&broker::prefix("frozen"), &feeds(&origins, "2s"), "");
    setup.change("kafka: {", SESSION);
    let daemons = instances(&setup, 2);
    everything_polled(&origins, Duration::from_secs(60));
    // Longer than its session: the other one takes over.
    daemons[0].signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(9));
    everything_polled(&origins, Duration::from_secs(60));
    daemons[0].signal(Signal::CONT);
    // It believes that it holds its shards still, and everything there is overdue.
    everything_polled(&origins, Duration::from_secs(60));
    news_comes_through(&setup, &origins);
    daemons.into_iter().for_each(Daemon::stop);
    assert_spaced(&origins, Duration::from_secs(2));
    assert_eq!(reader::committed(&setup.articles()).len(), origins.len() * 2, "each once");
}

#[test]
fn the_new_group_protocol_shares_the_shards_out_as_well() {
    let origins = origins(8);
    let setup = Setup::new(&broker::prefix("protocol"), &feeds(&origins, "2s"), "");
    setup.change("kafka: {", "kafka: {properties: {group.protocol: consumer}, ");
    let mut daemons = instances(&setup, 2);
    everything_polled(&origins, Duration::from_secs(60));
    // One leaves in order, and one comes.
    daemons.remove(0).stop();
    everything_polled(&origins, Duration::from_secs(60));
    daemons.extend(instances(&setup, 1));
    everything_polled(&origins, Duration::from_secs(60));
    news_comes_through(&setup, &origins);
    daemons.into_iter().for_each(Daemon::stop);
    assert_spaced(&origins, Duration::from_secs(2));
    assert_eq!(reader::committed(&setup.articles()).len(), origins.len() * 2, "each once");
}

#[test]
fn many_restarts_neither_poll_more_often_nor_put_a_feed_off() {
    let origins = origins(3);
    // An instance lives for little more than a second: a first poll has to have a chance in it.
    let spread = "daemon: {start_spread: 1s}";
    let setup = Setup::new(&broker::prefix("restarts"), &feeds(&origins, "6s"), spread);
    for round in 0..24 {
        let daemon = setup.run();
        daemon.ready();
        std::thread::sleep(Duration::from_secs(1));
        daemon.stop();
        if round >= 6 && origins.iter().all(|origin| polls(origin) >= 1) {
            break;
        }
    }
    assert!(origins.iter().all(|origin| polls(origin) >= 1));
    assert_spaced(&origins, Duration::from_secs(6));
    assert_eq!(reader::committed(&setup.articles()).len(), origins.len(), "each once");
}
