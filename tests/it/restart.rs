//! Stopping and starting again: quick, clean, and no bother to the sites.

use std::time::Duration;

use http::header;
use rustix::process::Signal;

use super::{
    broker,
    daemon::{Setup, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

#[test]
fn a_restart_waits_for_the_interval_and_publishes_nothing_again() {
    let origin = Origin::start();
    origin.set("/hourly", Answer::Feed(vec![Item::numbered(1)]));
    origin.set("/often", Answer::Feed(vec![Item::numbered(2)]));
    let feeds = [feed("hourly", &origin.url("/hourly"), "1h"), feed("often", &origin.url("/often"), "2s")];
    let setup = Setup::new(&broker::prefix("restart"), &feeds, "");

    let daemon = setup.run();
    reader::first(&setup.articles(), 2, Duration::from_secs(90));
    daemon.stop();
    assert_eq!(origin.requests("/hourly").len(), 1);
    let before = origin.requests("/often").len();

    let daemon = setup.run();
    daemon.ready();
    let requests = wait::until("two polls of the quick feed", Duration::from_secs(60), || {
        Some(origin.requests("/often")).filter(|requests| requests.len() >= before + 2)
    });
    assert_eq!(origin.requests("/hourly").len(), 1, "an hour has not passed");
    for request in requests.iter().skip(1) {
        assert!(request.headers.contains_key(header::IF_NONE_MATCH), "conditional, also after a restart");
        assert_eq!(request.status, 304);
    }
    daemon.stop();
    assert_eq!(reader::committed(&setup.articles()).len(), 2);
}

#[test]
fn a_killed_daemon_keeps_what_it_had_committed() {
    let origin = Origin::start();
    origin.set("/hourly", Answer::Feed(vec![Item::numbered(1)]));
    let setup =
        Setup::new(&broker::prefix("validators"), &[feed("hourly", &origin.url("/hourly"), "1h")], "");
    let daemon = setup.run();
    reader::first(&setup.articles(), 1, Duration::from_secs(90));
    daemon.kill();

    let daemon = setup.run();
    daemon.ready();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(origin.requests("/hourly").len(), 1, "its due time survived");
    daemon.stop();
}

#[test]
fn polls_cut_off_by_kills_are_not_repeated_at_once() {
    const INTERVAL: Duration = Duration::from_secs(8);
    let origin = Origin::start();
    let paths = ["/one", "/two", "/three"];
    let mut numbers = 1..;
    let feeds = paths.map(|path| {
        let items = numbers.next().map(Item::numbered).into_iter().collect();
        origin.set(path, Answer::Slow(Duration::from_millis(700), Box::new(Answer::Feed(items))));
        feed(path.trim_start_matches('/'), &origin.url(path), "8s")
    });
    let setup = Setup::new(&broker::prefix("cut-off"), &feeds, "");
    setup.change("kafka: {", "kafka: {properties: {session.timeout.ms: 6000, heartbeat.interval.ms: 1000}, ");
    let asked = || paths.map(|path| origin.arrivals(path).len()).iter().sum::<usize>();
    for round in 0..6 {
        let before = asked();
        let mut daemon = setup.run();
        wait::until("a poll under way", Duration::from_secs(60), || (asked() > before).then_some(()));
        if round % 3 == 2 {
            daemon.signal(Signal::TERM);
            assert_eq!(daemon.ended(Duration::from_secs(10)).code(), Some(0), "{}", daemon.tail());
        } else {
            daemon.kill();
        }
    }
    // What was cut off comes all the same.
    let daemon = setup.run();
    reader::first(&setup.articles(), paths.len(), Duration::from_secs(60));
    daemon.stop();
    assert_eq!(reader::committed(&setup.articles()).len(), paths.len(), "each once");
    for path in paths {
        let polls = origin.arrivals(path);
        for pair in polls.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart + Duration::from_millis(150) >= INTERVAL, "{path} again after {apart:?}");
        }
    }
}

#[test]
fn a_stop_without_a_broker_takes_no_longer_than_the_grace() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let feeds = [feed("courier", &origin.url("/feed"), "1s")];

    // From the start on.
    let setup = Setup::with_brokers(&broker::nobody(), "nobody", &feeds, "daemon: {shutdown_grace: 12s}");
    let mut daemon = setup.run();
    wait::until("an error", Duration::from_secs(60), || {
        daemon.log().iter().any(|line| line.contains("cannot be reached")).then_some(())
    });
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(Duration::from_secs(3)).code(), Some(0), "{}", daemon.tail());

    // In the middle, with records that nobody takes.
    let own = broker::Own::start("stop");
    let setup = Setup::with_brokers(own.servers(), "stop", &feeds, "daemon: {shutdown_grace: 12s}");
    let mut daemon = setup.run();
    daemon.ready();
    wait::until("polls", Duration::from_secs(60), || (origin.requests("/feed").len() >= 3).then_some(()));
    own.kill();
    std::thread::sleep(Duration::from_secs(2));
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(Duration::from_secs(13)).code(), Some(0), "{}", daemon.tail());
}

#[test]
fn a_slow_site_does_not_hold_up_a_stop() {
    let origin = Origin::start();
    origin.set("/slow", Answer::Slow(Duration::from_secs(60), Box::new(Answer::Status(500))));
    let setup = Setup::new(&broker::prefix("slow-stop"), &[feed("slow", &origin.url("/slow"), "1s")], "");
    setup.change("timeout: 5s", "timeout: 60s");
    let daemon = setup.run();
    wait::until("a poll under way", Duration::from_secs(90), || origin.arrivals("/slow").first().copied());
    daemon.stop();
}

#[test]
fn sigterm_ends_it_from_the_first_line_on() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let setup = Setup::new(&broker::prefix("sigterm"), &[feed("courier", &origin.url("/feed"), "1s")], "");
    let mut daemon = setup.run();
    wait::until("a first line", Duration::from_secs(20), || (!daemon.log().is_empty()).then_some(()));
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(Duration::from_secs(10)).code(), Some(0), "{}", daemon.tail());

    for wait in [200, 700, 1500] {
        let mut daemon = setup.run();
        wait::until("a first line", Duration::from_secs(20), || (!daemon.log().is_empty()).then_some(()));
        std::thread::sleep(Duration::from_millis(wait));
        daemon.signal(Signal::TERM);
        assert_eq!(
            daemon.ended(Duration::from_secs(10)).code(),
            Some(0),
            "after {wait} ms:\n{}",
            daemon.tail()
        );
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let origin = Origin::start();
    origin.set("/slow", Answer::Slow(Duration::from_secs(60), Box::new(Answer::Status(500))));
    let source = feed("slow", &origin.url("/slow"), "1s");
    let setup = Setup::new(&broker::prefix("second-signal"), &[source], "");
    // A poll that lasts keeps the drain busy.
    let config = std::fs::read_to_string(setup.config())
        .expect("it was written")
        .replace("timeout: 5s", "timeout: 60s");
    std::fs::write(setup.config(), config).expect("written");
    let mut daemon = setup.run();
    daemon.ready();
    std::thread::sleep(Duration::from_secs(2));
    daemon.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    daemon.signal(Signal::TERM);
    daemon.ended(Duration::from_secs(1));
}
