//! TLS, logins and permissions at a real Apache Kafka: what works, and what is said where it does not.

mod oauth;
mod permissions;
mod secure;

use std::{collections::BTreeSet, process::Output, thread, time::Duration};

use rustix::process::Signal;
use secure::{BROKER, PASSWORD, USER, WRONG};

use super::{
    broker,
    daemon::{self, Daemon, feed},
    origin::{Answer, Item, Origin},
    reader::Read,
    wait,
};

const LIMIT: Duration = Duration::from_secs(90);

/// Each way to connect: the listener, and what is written under `kafka.security`.
fn ways() -> Vec<(&'static str, String)> {
    let sasl = |mechanism: &str| {
        format!(
            "{{protocol: sasl_tls, ca: @/ca.pem, mechanism: {mechanism}, username: {USER}, password: {PASSWORD}}}"
        )
    };
    vec![
        ("TLS", "{protocol: tls, ca: @/ca.pem}".to_owned()),
        ("MUTUAL", "{protocol: tls, ca: @/ca.pem, certificate: @/desk.crt, key: @/desk.key}".to_owned()),
        ("SASL", sasl("PLAIN")),
        ("SASL", sasl("SCRAM-SHA-256")),
        ("SASL", sasl("SCRAM-SHA-512")),
    ]
}

#[test]
fn articles_go_out_once_over_each_kind_of_connection() {
    thread::scope(|scope| {
        for (listener, security) in ways() {
            scope.spawn(move || once(listener, &security));
        }
    });
}

fn once(listener: &str, security: &str) {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1), Item::numbered(2)]));
    let prefix = broker::prefix("edge");
    let setup = BROKER.setup(listener, security, &prefix, &[feed("courier", &origin.url("/feed"), "1s")]);
    let read = || Read { servers: Some(BROKER.plain()), ..Read::default() };
    let when = |count: usize| {
        wait::until(&format!("{count} articles over {security}"), LIMIT, || {
            Some(read().all(&setup.articles())).filter(|records| records.len() >= count)
        })
    };
    let daemon = setup.run();
    daemon.ready();
    when(2);
    show_no_secret("the log", &daemon.log().join("\n"));
    daemon.kill();
    // What is known is read over the same connection.
    let daemon = setup.run();
    origin.edit("/feed", |items| items.insert(0, Item::numbered(3)));
    when(3);
    daemon.stop();
    let records = read().all(&setup.articles());
    let ids: BTreeSet<&str> = records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!((records.len(), ids.len()), (3, 3), "{security}");
}

/// A connection that cannot be, and what is said.
struct Wrong {
    listener: &'static str,
    security: String,
    said: &'static [&'static str],
    /// Whether the daemon ends.
    ends: bool,
}

fn wrong() -> Vec<Wrong> {
    let waits =
        |listener, security: &str, said| Wrong { listener, security: security.to_owned(), said, ends: false };
    let ends = |mechanism: &str, password: &str, said| Wrong {
        listener: "SASL",
        security: format!(
            "{{protocol: sasl_tls, ca: @/ca.pem, mechanism: {mechanism}, username: {USER}, password: {password}}}"
        ),
        said,
        ends: true,
    };
    let credentials = &["refuses the credentials", "check `kafka.security.username`, `password`"];
    vec![
        waits(
            "TLS",
            "{protocol: tls, ca: @/other-ca.pem}",
            &["is signed by no authority in ", "/other-ca.pem"],
        ),
        waits("TLS", "{protocol: tls}", &["no authority that this system knows", "`kafka.security.ca`"]),
        waits("EXPIRED", "{protocol: tls, ca: @/ca.pem}", &["ended on 2021-02-03", "renew it at the broker"]),
        waits(
            "ELSEWHERE",
            "{protocol: tls, ca: @/ca.pem}",
            &["is for kafka.elsewhere.example, not for 127.0.0.1", "under `kafka.brokers`"],
        ),
        waits("MUTUAL", "{protocol: tls, ca: @/ca.pem}", &["write `kafka.security.certificate` and `key`"]),
        waits(
            "MUTUAL",
            "{protocol: tls, ca: @/ca.pem, certificate: @/stranger.crt, key: @/stranger.key}",
            &["does not accept `kafka.security.certificate`"],
        ),
        waits("TLS", "{protocol: plaintext}", &["the port speaks TLS: write `protocol: tls`"]),
        waits("SASL", "{protocol: tls, ca: @/ca.pem}", &["with or without SASL"]),
        ends("PLAIN", WRONG, credentials),
        ends("SCRAM-SHA-256", WRONG, credentials),
        ends("SCRAM-SHA-512", WRONG, credentials),
        Wrong {
            listener: "TLS",
            security: format!(
                "{{protocol: sasl_tls, ca: @/ca.pem, mechanism: PLAIN, username: {USER}, password: {PASSWORD}}}"
            ),
            said: &["one of the broker's mechanisms", "`kafka.security.mechanism`"],
            ends: true,
        },
    ]
}

#[test]
fn what_is_wrong_with_a_connection_is_said_with_its_remedy() {
    let cases = wrong();
    // A few at a time: each keeps a client busy for some seconds.
    for cases in cases.chunks(6) {
        thread::scope(|scope| {
            for case in cases {
                scope.spawn(|| told(case));
            }
        });
    }
}

fn told(case: &Wrong) {
    let Wrong { listener, security, said, ends } = case;
    let feeds = [feed("courier", "http://127.0.0.1:9/feed", "1s")];
    let setup = BROKER.setup(listener, security, &broker::prefix("wrong"), &feeds);
    let says = |place: &str, text: &str| {
        for said in *said {
            assert!(text.contains(said), "{place} with {security}: no {said:?} in {text}");
        }
        show_no_secret(place, text);
    };
    let Output { status, stderr, .. } = daemon::command(&["topics"], &setup.config());
    let text = String::from_utf8_lossy(&stderr);
    says("topics", &text);
    assert_eq!(status.code(), Some(if *ends { 78 } else { 69 }), "{text}");

    let mut daemon = setup.run_with(&["--log", "debug"]);
    if *ends {
        assert_eq!(daemon.ended(LIMIT).code(), Some(78), "{security}");
    } else {
        wait::until("an attempt", LIMIT, || {
            daemon.log().iter().any(|line| line.contains("trying again")).then_some(())
        });
        let page = daemon.page("/readyz");
        says("/readyz", &page);
        assert!(page.contains(" 503 "), "{page}");
    }
    says("the log", &daemon.log().join("\n"));
    if !*ends {
        stops(daemon);
    }
}

/// A stop is heeded while the daemon waits for Kafka.
fn stops(mut daemon: Daemon) {
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(Duration::from_secs(12)).code(), Some(0), "{}", daemon.tail());
}

fn show_no_secret(place: &str, text: &str) {
    for secret in [USER, PASSWORD, WRONG] {
        assert!(!text.contains(secret), "{place} shows {secret}: {text}");
    }
}
