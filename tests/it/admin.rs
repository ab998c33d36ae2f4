//! The API of the daemon: what it tells, and what it does.

use std::{net::TcpListener, time::Duration};

use serde_json::Value;

use super::{
    broker,
    daemon::{Daemon, Setup, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

const LIMIT: Duration = Duration::from_secs(60);

fn detail(answer: &Value) -> &str {
    answer["detail"].as_str().unwrap_or_default()
}

/// Waits until a feed is told so.
fn told(daemon: &Daemon, name: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait::until(what, LIMIT, || {
        let (status, feed) = daemon.api(&format!("/feeds/{name}"), "");
        (status == 200 && is(&feed)).then_some(feed)
    })
}

#[test]
fn feeds_are_told_polled_paused_and_resumed() {
    let origin = Origin::start();
    origin.set("/quick", Answer::Feed(vec![Item::numbered(1)]));
    origin.set("/slow", Answer::Feed(vec![Item::numbered(2)]));
    origin.set("/closed", Answer::Status(403));
    let feeds = [
        feed("quick", &origin.url("/quick"), "1s"),
        feed("slow", &origin.url("/slow"), "1h"),
        feed("closed", &origin.url("/closed"), "1s"),
    ];
    let setup = Setup::new(&broker::prefix("admin"), &feeds, "");
    let daemon = setup.run();
    daemon.ready();
    reader::first(&setup.articles(), 2, LIMIT);

    // What is told of all and of one.
    told(&daemon, "closed", "a walled feed", |feed| feed["status"] == "walled");
    let (status, all) = daemon.api("/feeds", "");
    assert_eq!((status, all["total"].as_u64(), all["pages"].as_u64()), (200, Some(3), Some(1)), "{all:#}");
    assert_eq!(all["counts"]["walled"], 1, "{all:#}");
    let (_, walled) = daemon.api("/feeds?status=walled&search=CLOSED&per_page=1", "");
    assert_eq!((walled["total"].as_u64(), &walled["feeds"][0]["name"]), (Some(1), &Value::from("closed")));
    assert!(walled["feeds"][0]["why"].as_str().is_some_and(|why| why.contains("403")), "{walled:#}");
    let slow = told(&daemon, "slow", "a polled feed", |feed| feed["polled_at"].is_string());
    assert_eq!(
        (&slow["interval"], &slow["activity"]),
        (&Value::from("1h"), &Value::from("waiting")),
        "{slow:#}"
    );
    assert!(slow["due_why"].is_string() && slow["configured_at"].as_str().is_some_and(|at| at.contains(':')));

    // A poll now, where politeness allows it.
    let (status, refused) = daemon.api("/feeds/slow/poll", "{}");
    assert_eq!(status, 409, "{refused:#}");
    assert!(detail(&refused).contains("a moment ago") && refused["until"].is_string(), "{refused:#}");
    assert_eq!(daemon.api("/feeds/nobody/poll", "{}").0, 404);

    // Paused: no polls, also after a restart.
    let (status, paused) = daemon.api("/feeds/quick/pause", "{}");
    assert_eq!((status, &paused["paused"]), (200, &Value::Bool(true)), "{paused:#}");
    let before = told(&daemon, "quick", "a paused feed", |feed| feed["paused_at"].is_string());
    assert_eq!((&before["status"], &before["due_at"]), (&Value::from("paused"), &Value::Null), "{before:#}");
    assert_eq!(detail(&daemon.api("/feeds/quick/poll", "{}").1), "the feed is paused: resume it first");
    daemon.stop();
    origin.edit("/quick", |items| items.insert(0, Item::numbered(3)));
    let daemon = setup.run();
    daemon.ready();
    std::thread::sleep(Duration::from_secs(4));
    let after = told(&daemon, "quick", "the feed", |_| true);
    assert_eq!(
        (&after["status"], &after["polled_at"]),
        (&before["status"], &before["polled_at"]),
        "{after:#}"
    );
    assert_eq!(daemon.api("/feeds/quick/resume", "{}").0, 200);
    reader::first(&setup.articles(), 3, LIMIT);
    let resumed = told(&daemon, "quick", "a healthy feed", |feed| feed["status"] == "healthy");
    assert_eq!(resumed["paused_at"], Value::Null);

    // A feed on its long interval is due at once where it is asked for.
    setup.change("interval: 1h", "interval: 2s");
    assert_eq!(daemon.api("/reload", "{}").0, 200);
    setup.change("interval: 2s", "interval: 1h");
    origin.edit("/slow", |items| items.insert(0, Item::numbered(4)));
    reader::first(&setup.articles(), 4, LIMIT);
    daemon.stop();
}

#[test]
fn a_reload_answers_with_what_changed_or_with_every_mistake() {
    let origin = Origin::start();
    origin.set("/a", Answer::Feed(vec![Item::numbered(1)]));
    let setup = Setup::new(&broker::prefix("admin-reload"), &[feed("a", &origin.url("/a"), "1h")], "");
    let daemon = setup.run();
    daemon.ready();
    setup.change("interval: 1h", "interval: 2h");
    setup.append(&format!("  - {}\n", feed("b", &origin.url("/b"), "1h")));
    let (status, reloaded) = daemon.api("/reload", "{}");
    assert_eq!(status, 200, "{reloaded:#}");
    assert_eq!(
        (&reloaded["added"]["names"][0], &reloaded["changed"]["names"][0]),
        (&"b".into(), &"a".into())
    );
    assert_eq!(reloaded["removed"]["count"], 0);
    setup.append("  - {name: c, url: nowhere}\n  - {nam: d}\n");
    let (status, refused) = daemon.api("/reload", "{}");
    assert_eq!(status, 422, "{refused:#}");
    let errors = refused["errors"].as_array().expect("every mistake");
    assert!(
        errors.len() >= 2
            && errors.iter().all(|error| error.as_str().is_some_and(|error| error.contains("yaml:"))),
        "{refused:#}"
    );
    assert_eq!(daemon.api("/feeds", "").1["total"], 2, "what was is in force");
    daemon.stop();
}

#[test]
fn a_preview_edits_as_a_poll_would_and_rules_tell_what_they_cut() {
    let origin = Origin::start();
    let cut = "Sign up for our newsletter to get the best stories every morning.";
    let article = Item {
        paragraphs: vec![
            "The ferry to the island leaves at seven in the morning, and it is late on most days of the week.".into(),
            "Its captain says that the harbour has to be dredged before the summer, or no ferry will leave at all.".into(),
            cut.into(),
        ],
        ..Item::numbered(1)
    };
    origin.set("/feed", Answer::Feed(vec![article]));
    let setup =
        Setup::new(&broker::prefix("admin-preview"), &[feed("ferry", &origin.url("/feed"), "1h")], "");
    let daemon = setup.run();
    daemon.ready();
    let record = reader::first(&setup.articles(), 1, LIMIT).remove(0);
    assert_eq!(record.text("/removed/0/text"), cut, "{:#}", record.value);

    let address = serde_json::json!({"address": origin.url("/feed"), "feed": true}).to_string();
    let (status, preview) = daemon.api("/preview", &address);
    assert_eq!(status, 200, "{preview:#}");
    assert_eq!(preview["articles"][0]["record"]["text"], record.value["text"], "as it was published");
    let passages = preview["articles"][0]["passages"].as_array().expect("passages");
    let removed: Vec<&Value> = passages.iter().filter(|passage| passage["removed"] == true).collect();
    assert_eq!(
        (removed.len(), &removed[0]["text"], &removed[0]["rule"]),
        (1, &cut.into(), &record.value["removed"][0]["rule"])
    );
    let pasted = serde_json::json!({"text": "<h1>Ferry</h1><p>It is late.", "base": "https://example.org/"})
        .to_string();
    assert_eq!(daemon.api("/preview", &pasted).0, 200);
    for (body, expected) in [
        (serde_json::json!({"address": origin.url("/feed")}), 422),
        (serde_json::json!({"address": "http://127.0.0.1:9/"}), 422),
        (serde_json::json!({"address": "file:///etc/passwd"}), 400),
        (serde_json::json!({"address": "http://a.example/", "text": "x"}), 400),
        (serde_json::json!({}), 400),
    ] {
        assert_eq!(daemon.api("/preview", &body.to_string()).0, expected, "{body}");
    }
    let (_, rules) = daemon.api("/rules", "");
    let fired = &rules["rules"][0];
    assert_eq!(
        (fired["cuts"].as_u64(), &fired["last"]["text"], &fired["last"]["feed"]),
        (Some(1), &cut.into(), &"ferry".into()),
        "previews count nothing: {rules:#}"
    );
    assert_eq!(fired["rule"], record.value["removed"][0]["rule"]);
    let (_, shards) = daemon.api("/shards", "");
    assert_eq!((shards["held"].as_array().map(Vec::len), shards["partitions"].as_u64()), (Some(4), Some(4)));

    // The guard of polls is the guard of previews.
    setup.change("allow_private_networks: true", "allow_private_networks: false");
    daemon.stop();
    let daemon = setup.run();
    daemon.ready();
    let (status, refused) = daemon.api("/preview", &address);
    assert!(status == 422 && detail(&refused).contains("not public"), "{refused:#}");
    daemon.stop();
}

#[test]
fn other_machines_need_the_token_and_other_pages_get_nothing() {
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let setup = Setup::new(&broker::prefix("admin-token"), &[], "");
    setup.change("127.0.0.1:0", &format!("0.0.0.0:{port}"));
    let status = |daemon: &Daemon, path: &str, head: &str| -> (u16, String) {
        let answer = daemon.send(&format!("GET {path} HTTP/1.1\r\nhost: desk.example\r\n{head}\r\n"));
        (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), answer)
    };
    let daemon = setup.run();
    daemon.ready();
    assert_eq!(status(&daemon, "/livez", "").0, 200);
    let (refused, answer) = status(&daemon, "/api/v1/feeds", "");
    assert!(refused == 403 && answer.contains("admin.token"), "{answer}");
    daemon.stop();

    setup.write("token", "0123456789-0123456789\n");
    setup.change(&format!("0.0.0.0:{port}\"}}"), &format!("0.0.0.0:{port}\", token: \"${{file:token}}\"}}"));
    let daemon = setup.run();
    daemon.ready();
    let (refused, answer) = status(&daemon, "/api/v1/feeds", "");
    assert!(refused == 401 && answer.contains("www-authenticate: Bearer"), "{answer}");
    assert!(
        answer.contains("application/problem+json") && answer.contains("frame-ancestors 'none'"),
        "{answer}"
    );
    let bearer = "authorization: Bearer 0123456789-0123456789\r\n";
    assert_eq!(status(&daemon, "/api/v1/feeds", bearer).0, 200);
    let foreign = format!("{bearer}origin: http://other.example\r\n");
    assert_eq!(status(&daemon, "/api/v1/feeds", &foreign).0, 403);
    assert!(!daemon.log().iter().any(|line| line.contains("0123456789-")), "the token is in the log");
    daemon.stop();
}
