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
