//! What is wrong is named, and the rest goes on.

use std::time::Duration;

use rustix::process::Signal;

use super::{
    broker,
    daemon::{Setup, command, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_mistake_in_the_configuration_is_told_in_one_run() {
    let setup = Setup::with_brokers(
        "127.0.0.1:9",
        "x",
        &[
            "{name: a, url: \"http://news.example/a\", intervall: 5m}".into(),
            "{name: b, url: \"not a url\"}".into(),
        ],
        "delivery: twice\nfeed: []",
    );
    for arguments in [&["check"][..], &["run"]] {
        let output = command(arguments, &setup.config());
        let said = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(78), "{arguments:?}: {said}");
        for place in
            ["copydesk.yaml:6:", "feeds[0].intervall", "copydesk.yaml:7:", "feeds[1].url", "delivery", "feed"]
        {
            assert!(said.contains(place), "{arguments:?} does not name {place}: {said}");
        }
    }
}

#[test]
fn a_good_configuration_passes_without_a_broker() {
    let setup = Setup::with_brokers(&broker::nobody(), "x", &[feed("a", "http://news.example/a", "15m")], "");
    let output = command(&["check"], &setup.config());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn the_embedded_broker_serves_a_run() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let setup = Setup::with_brokers("127.0.0.1:9", "x", &[feed("a", &origin.url("/feed"), "1s")], "");
    setup.change("kafka: {brokers: [\"127.0.0.1:9\"]}", "kafka: {embedded: true}");
    assert_eq!(command(&["check"], &setup.config()).status.code(), Some(0));
    let daemon = setup.run();
    wait::until("the feed polled again and again", Duration::from_secs(60), || {
        (origin.requests("/feed").len() >= 3).then_some(())
    });
    let log = daemon.log().join("\n");
    let address = log.split_once("127.0.0.1:").and_then(|(_, rest)| rest.get(..2));
    assert!(log.contains("embedded") && address.is_some(), "{log}");
    wait::until("an article published", Duration::from_secs(30), || {
        daemon.log().iter().any(|line| line.contains("\"published\":1")).then_some(())
    });
    daemon.stop();
}

#[test]
fn a_missing_configuration_is_a_configuration_error() {
    let output = command(&["check"], &broker::root().join("no-such-file.yaml"));
    assert_eq!(output.status.code(), Some(78), "{}", stderr(&output));
    assert!(stderr(&output).contains("no-such-file.yaml"), "{}", stderr(&output));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let output = command(&["run", "--no-such-flag"], &broker::root().join("config/copydesk.yaml"));
    assert_eq!(output.status.code(), Some(64), "{}", stderr(&output));
}

#[test]
fn an_unreachable_broker_is_named_and_waited_for() {
    let address = broker::nobody();
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let setup = Setup::with_brokers(&address, "unreachable", &[feed("a", &origin.url("/feed"), "1s")], "");

    let output = command(&["topics"], &setup.config());
    assert_eq!(output.status.code(), Some(69), "{}", stderr(&output));
    assert!(stderr(&output).contains(&address), "{}", stderr(&output));

    let mut daemon = setup.run();
    wait::until("the broker's address in the log", Duration::from_secs(30), || {
        daemon.log().iter().any(|line| line.contains(&address)).then_some(())
    });
    assert_eq!(daemon.health("/livez"), Some(200), "alive while Kafka is away");
    assert_eq!(daemon.health("/readyz"), Some(503), "not ready while Kafka is away");
    assert!(origin.requests("/feed").is_empty(), "no poll before the ledger was read");
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(Duration::from_secs(30)).code(), Some(0), "{}", daemon.tail());
}

#[test]
fn hostile_feeds_and_pages_do_not_hold_up_the_others() {
    let origin = Origin::start();
    origin.set(
        "/html",
        Answer::Html("<html><title>Welcome</title><p>This is no feed at all.</p></html>".into()),
    );
    origin.set("/huge", Answer::Huge(50 << 20));
    origin.set("/broken", Answer::Status(500));
    origin.set("/pages", Answer::Feed(vec![Item { link: "/endless".into(), ..Item::numbered(1) }]));
    origin.set("/endless", Answer::Endless);
    origin.set("/good", Answer::Feed(vec![Item::numbered(2)]));
    let feeds = [
        feed("html", &origin.url("/html"), "1s"),
        feed("huge", &origin.url("/huge"), "1s"),
        feed("broken", &origin.url("/broken"), "1s"),
        feed("pages", &origin.url("/pages"), "1s").replace("content: feed", "content: page"),
        feed("good", &origin.url("/good"), "1s"),
    ];
    let setup = Setup::new(&broker::prefix("hostile"), &feeds, "");
    let daemon = setup.run();

    let good = |number: u64| {
        reader::when("the good feed's article", &setup.articles(), Duration::from_secs(90), |records| {
            records.iter().any(|record| record.text("/url").ends_with(&format!("/news/entry-{number}")))
        })
    };
    good(2);
    wait::until("each bad feed asked", Duration::from_secs(30), || {
        ["/html", "/huge", "/broken", "/endless"]
            .iter()
            .all(|path| !origin.requests(path).is_empty())
            .then_some(())
    });
    origin.edit("/good", |items| items.insert(0, Item::numbered(3)));
    let records = good(3);
    assert!(
        records.iter().all(|record| !record.text("/url").ends_with("/huge")),
        "nothing of the large body"
    );

    let log = wait::until("each bad feed named in the log", Duration::from_secs(30), || {
        let log = daemon.log().join("\n");
        ["html", "huge", "broken"].iter().all(|feed| log.contains(&format!("\"{feed}\""))).then_some(log)
    });
    assert!(log.contains("not a feed"), "the HTML page is said to be no feed");
    assert!(log.contains("max_body"), "the large body is said to be over http.max_body");
    assert!(daemon.peak_memory() < 300, "{} MiB", daemon.peak_memory());
    assert_eq!(daemon.health("/livez"), Some(200));
    daemon.stop();
}
