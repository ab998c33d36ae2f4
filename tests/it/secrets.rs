//! Canaries in every place where a configuration takes a secret, and a search in everything that
//! comes out.

use std::{collections::BTreeMap, time::Duration};

use super::{
    broker,
    daemon::{self, Setup},
    origin::{Answer, Item, Origin},
    reader, wait,
};

/// Where it stands, and what stands there.
const CANARIES: [(&str, &str); 14] = [
    ("user name", "canary-user-71"),
    ("password", "canary-password-72"),
    ("parameter by file", "canary-parameter-73"),
    ("path by file", "canary-path-74"),
    ("parameter by name", "canary-token-75"),
    ("header", "canary-header-76"),
    ("cookie", "canary-cookie-77"),
    ("bearer", "canary-bearer-78"),
    ("basic user", "canary-basic-user-79"),
    ("basic password", "canary-basic-password-80"),
    ("failing feed", "canary-failing-81"),
    ("unlike a feed", "canary-unlike-82"),
    ("proxy user", "canary-proxy-user-83"),
    ("proxy password", "canary-proxy-password-84"),
];

fn canary(name: &str) -> &'static str {
    CANARIES.iter().find(|(known, _)| *known == name).expect("a canary").1
}

/// Fails where a canary is in `text`.
fn search(place: &str, text: &str) {
    let found: Vec<&str> =
        CANARIES.iter().filter(|(_, canary)| text.contains(canary)).map(|(name, _)| *name).collect();
    assert!(found.is_empty(), "{place} shows {found:?}");
}

#[test]
fn no_secret_of_the_configuration_comes_out() {
    let origin = Origin::start();
    let item = |number: u64| match number {
        // A publisher repeats what it was asked with.
        2 => Item { link: format!("/news/2?key={}", canary("parameter by file")), ..Item::numbered(2) },
        6 => Item {
            title: format!("For {} alone", canary("bearer")),
            link: format!("/news/6/{}", canary("bearer")),
            guid: format!("six-{}", canary("bearer")),
            ..Item::numbered(6)
        },
        number => Item::numbered(number),
    };
    let path = format!("/{}/feed", canary("path by file"));
    for (at, path) in
        ["/user", "/parameter", &path, "/named", "/headers", "/bearer", "/basic"].iter().enumerate()
    {
        origin.set(path, Answer::Feed(vec![item(at as u64 + 1)]));
    }
    origin.set("/unlike", Answer::Html("<html><title>Sorry</title></html>".into()));
    let url = |path: &str| origin.url(path);
    let with_user =
        url("/user").replace("://", &format!("://{}:{}@", canary("user name"), canary("password")));
    let feeds = [
        format!("{{url: {with_user:?}, interval: 1s, content: feed}}"),
        format!("{{url: \"{}?key=${{file:parameter}}\", interval: 1s, content: feed}}", url("/parameter")),
        format!("{{url: \"{}/${{file:path}}/feed\", interval: 1s, content: feed}}", url("")),
        format!(
            "{{url: \"{}?edition=north&token={}\", interval: 1s, content: feed}}",
            url("/named"),
            canary("parameter by name")
        ),
        format!(
            "{{url: {:?}, interval: 1s, content: page, headers: {{X-Key: {}}}, cookie: \"s={}\"}}",
            url("/headers"),
            canary("header"),
            canary("cookie")
        ),
        format!(
            "{{url: {:?}, interval: 1s, content: feed, auth: {{bearer: {}}}}}",
            url("/bearer"),
            canary("bearer")
        ),
        format!(
            "{{url: {:?}, interval: 1s, content: feed, auth: {{basic: {{username: {}, password: {}}}}}}}",
            url("/basic"),
            canary("basic user"),
            canary("basic password")
        ),
        format!(
            "{{url: \"{}?token={}\", interval: 1s, content: feed}}",
            url("/failing"),
            canary("failing feed")
        ),
        format!(
            "{{url: \"{}?token={}\", interval: 1s, content: feed}}",
            url("/unlike"),
            canary("unlike a feed")
        ),
        // Behind a proxy that is not there.
        format!(
            "{{url: \"{}\", interval: 1s, content: feed, proxy: \"http://{}:{}@{}\"}}",
            url("/behind"),
            canary("proxy user"),
            canary("proxy password"),
            broker::nobody()
        ),
    ];
    let prefix = broker::prefix("secrets");
    let setup = Setup::new(&prefix, &feeds, "");
    setup.change("ledger_partitions: 4", &format!("ledger_partitions: 4, feeds: {prefix}.feeds"));
    setup.write("parameter", canary("parameter by file"));
    setup.write("path", &format!("{}\n", canary("path by file")));
    let daemon = setup.run_with(&["--log", "trace"]);
    let limit = Duration::from_secs(90);
    let records =
        reader::when("an article of each feed", &setup.articles(), limit, |records| records.len() >= 7);
    wait::until("both failing feeds asked", limit, || {
        let asked = |path: &str| origin.requests(path).len() > 1;
        (asked("/failing") && asked("/unlike")).then_some(())
    });
    // What was configured is sent where it belongs.
    let sent: BTreeMap<String, String> = origin.requests("/headers")[0]
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
        .collect();
    assert_eq!(sent["x-key"], canary("header"));
    assert_eq!(sent["cookie"], format!("s={}", canary("cookie")));
    let metrics = daemon.page("/metrics");
    search("the log", &daemon.log().join("\n"));
    search("/metrics", &metrics);
    daemon.stop();
    for record in &records {
        search("an article", &format!("{record:?}"));
    }
    let plain =
        records.iter().find(|record| record.text("/feed/url").contains("/named")).expect("its article");
    assert!(plain.text("/feed/url").ends_with("/named?edition=north&token=***"), "what is plain stays");
    for topic in ["dead-letters", "ledger", "feeds"] {
        let records = reader::committed(&format!("{prefix}.{topic}"));
        assert!(topic == "dead-letters" || records.len() >= feeds.len(), "{topic}: {records:?}");
        for record in records {
            search(topic, &format!("{record:?}"));
        }
    }
    for arguments in [
        &["check"][..],
        &["check", "--lint"],
        &["check", "--json", "--lint"],
        &["feeds", "export"],
        &["feeds", "status"],
        &["feeds", "status", "--json"],
    ] {
        let output = daemon::command(arguments, &setup.config());
        for stream in [&output.stdout, &output.stderr] {
            search(&arguments.join(" "), &String::from_utf8_lossy(stream));
        }
    }
    let whole = daemon::command(&["feeds", "export", "--with-secrets"], &setup.config());
    assert!(String::from_utf8_lossy(&whole.stdout).contains(canary("password")), "where it is asked for");
}
