//! The least set of permissions, as `docs/operations.md` has it: with it everything works, and a
//! permission that is missing is named.

use std::thread;

use super::{
    BROKER, LIMIT, PASSWORD, broker,
    daemon::{Daemon, Setup},
    feed,
    secure::REPORTER,
};
use crate::it::{
    daemon,
    origin::{Answer, Item, Origin},
    reader::Read,
    wait,
};

/// The set for topics under `prefix`.
fn least(prefix: &str) -> Vec<String> {
    [
        "topic @.ledger READ,WRITE",
        "topic @.ledger.stories READ,WRITE",
        "topic @.articles WRITE",
        "topic @.dead-letters WRITE",
        "group @.ledger READ",
        "group @.ledger.* DESCRIBE",
        "transactional-id @.ledger-* WRITE",
    ]
    .iter()
    .map(|line| line.replace('@', prefix))
    .collect()
}

/// What is missing: the line of the set, what is there instead, and what is said.
const MISSING: [(usize, &str, &str); 10] = [
    (0, "", "topic @.ledger: not permitted: grant the user of `kafka.security` Read and Write"),
    (0, "topic @.ledger WRITE", "Read on the topic @.ledger"),
    (0, "topic @.ledger READ", "Write on the topic @.ledger"),
    (1, "", "topic @.ledger.stories: not permitted: grant the user of `kafka.security` Read and Write"),
    (2, "", "topic @.articles: not permitted: grant the user of `kafka.security` Write"),
    (2, "topic @.articles DESCRIBE", "Write on the topic @.articles"),
    (3, "", "topic @.dead-letters: not permitted: grant the user of `kafka.security` Write"),
    (4, "", "Read on the group @.ledger"),
    (5, "", "Describe on the group @.ledger.stories.follow"),
    (6, "", "Write on the transactional id @.ledger-"),
];

#[test]
fn the_least_set_of_permissions_is_enough_and_each_that_is_missing_is_named() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let feeds = [feed("courier", &origin.url("/feed"), "1s")];
    let enough = broker::prefix("least");
    let mut allowed = least(&enough);
    let cases: Vec<(String, String)> = MISSING
        .iter()
        .map(|(line, instead, said)| {
            let prefix = broker::prefix("missing");
            let mut lines = least(&prefix);
            lines[*line] = instead.replace('@', &prefix);
            allowed.extend(lines);
            (said.replace('@', &prefix), prefix)
        })
        .collect();
    BROKER.allow(&allowed.join("\n"));
    let prefixes: Vec<&str> =
        std::iter::once(&enough).chain(cases.iter().map(|(_, prefix)| prefix)).map(String::as_str).collect();
    for prefixes in prefixes.chunks(6) {
        thread::scope(|scope| {
            for prefix in prefixes {
                scope.spawn(|| created(prefix, &feeds));
            }
        });
    }

    let setup = reporter(&enough, &feeds);
    let daemon = setup.run();
    daemon.ready();
    let read = Read { servers: Some(BROKER.plain()), ..Read::default() };
    wait::until("an article", LIMIT, || (read.all(&setup.articles()).len() == 1).then_some(()));
    let output = daemon::command(&["feeds", "status"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    daemon.stop();
    for cases in cases.chunks(6) {
        thread::scope(|scope| {
            for (said, prefix) in cases {
                scope.spawn(|| named(&reporter(prefix, &feeds).run(), said));
            }
        });
    }
}

fn reporter(prefix: &str, feeds: &[String]) -> Setup {
    let security = format!(
        "{{protocol: sasl_tls, ca: @/ca.pem, mechanism: PLAIN, username: {REPORTER}, password: {PASSWORD}}}"
    );
    BROKER.setup("SASL", &security, prefix, feeds)
}

/// Somebody who may creates the topics.
pub fn created(prefix: &str, feeds: &[String]) {
    let setup = Setup::with_brokers(BROKER.plain(), prefix, feeds, "");
    let output = daemon::command(&["topics", "--create"], &setup.config());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn named(daemon: &Daemon, said: &str) {
    wait::until(said, LIMIT, || daemon.log().iter().any(|line| line.contains(said)).then_some(()));
}
