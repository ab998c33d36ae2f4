//! The cases of `tests/cases/config`: `NAME.bad.yaml` has exactly the problems of `NAME.bad.txt`,
//! `NAME.good.yaml` has none, and exactly the findings of `NAME.good.txt`.

use std::path::{Path, PathBuf};

use super::*;
use crate::yaml::{self, Problem};

const CASES: &str = "tests/cases/config";
/// What `${env:PASSWORD}` stands for in the cases: no message may show it.
const SECRET: &str = "canary-4711";

fn environment(name: &str) -> Option<String> {
    match name {
        "PASSWORD" => Some(SECRET.into()),
        "BROKERS" => Some("one.example:9093, two.example:9093".into()),
        _ => None,
    }
}

fn cases(end: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(end))
        .collect();
    found.sort();
    found
}

fn told(problems: &[Problem]) -> String {
    // File modes depend on the checkout: see the test below.
    let stable = problems.iter().filter(|problem| !problem.message.contains("read by everyone"));
    let lines: Vec<String> = stable.map(|problem| format!("{problem}\n")).collect();
    lines.concat().replace(&format!("{CASES}/"), "")
}

fn check(path: &Path, told: &str) -> Result<(), String> {
    assert!(
        !told.contains(SECRET) && !told.contains("hunter2"),
        "{}: shows a secret:\n{told}",
        path.display()
    );
    let expected = std::fs::read_to_string(path.with_extension("txt")).unwrap_or_default();
    if told == expected {
        return Ok(());
    }
    Err(format!("{}: expected\n{expected}but got\n{told}", path.display()))
}

#[test]
fn bad_files_are_told_in_full() {
    let results = cases(".bad.yaml").into_iter().map(|path| {
        let (_, problems) = inspect(&path, &environment);
        assert!(!problems.is_empty(), "{}: no problem was found", path.display());
        check(&path, &told(&problems))
    });
    let failed: Vec<String> = results.filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn good_files_load() {
    for path in cases(".good.yaml") {
        let loaded = load(&path, &environment).map_err(|problems| told(&problems)).unwrap();
        check(&path, &told(&loaded.findings)).unwrap();
        assert!(!format!("{loaded:?}").contains(SECRET), "{}: Debug shows a secret", path.display());
    }
}

#[test]
fn every_expectation_has_its_case() {
    for path in cases(".txt") {
        assert!(path.with_extension("yaml").exists(), "{} belongs to no case", path.display());
    }
}

#[test]
fn the_example_is_good() {
    let loaded =
        load(Path::new("config/copydesk.yaml"), &|_| None).map_err(|problems| told(&problems)).unwrap();
    assert_eq!(told(&loaded.findings), "");
    assert_eq!(loaded.config.feeds.len(), 3);
    assert!(loaded.files.contains(&PathBuf::from("config/feeds.d/public-radio.yaml")));
}

/// A field's comment names its key and says nothing else: the reference says what it does.
#[test]
fn every_key_is_the_name_of_a_field() {
    // These become headers.
    const HEADERS: [&str; 4] =
        ["feeds[].auth.", "feeds[].cookie", "feeds[].user_agent", "kafka.schema_registry.auth."];
    let sources: Vec<String> = std::fs::read_dir("src/config")
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let named: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.strip_prefix("    /// `")?.strip_suffix("`."))
        .filter(|name| !name.contains(' '))
        .collect();
    for KeyDoc { path, .. } in reference() {
        // These are not fields: their values end up in the feeds.
        if path.starts_with("defaults.")
            || *path == "include"
            || HEADERS.iter().any(|start| path.starts_with(start))
        {
            continue;
        }
        let fields = named.iter().filter(|name| *name == path).count();
        assert!(fields == 1, "{path} is named by {fields} fields of src/config");
    }
    for name in &named {
        assert!(
            reference().iter().any(|key| key.path == *name),
            "src/config: a field is named by `{name}`, which is no key"
        );
    }
}

/// A value of a form that no key has: whoever reads the key has to refuse it.
#[test]
fn every_key_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    for KeyDoc { path: key, .. } in reference() {
        let text =
            key.rsplit('.').fold("[{no: such}]".to_owned(), |value, name| match name.strip_suffix("[]") {
                Some(name) => format!("{{{name}: [{value}]}}"),
                None => format!("{{{name}: {value}}}"),
            });
        std::fs::write(&path, &text).unwrap();
        let problems = load(&path, &|_| None).err().unwrap_or_default();
        let read = problems.iter().any(|problem| problem.path.replace("[0]", "[]").starts_with(key));
        assert!(read, "{key} is never decoded, so that {text} is no mistake: {problems:#?}");
    }
}

/// The defaults in the reference are those of the code: writing them out changes nothing.
#[test]
fn the_reference_tells_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    for KeyDoc { path: key, default, .. } in reference() {
        // These cannot stand alone.
        let alone = !key.contains("[]")
            && ![
                "kafka.embedded",
                "kafka.schema_registry.register",
                "observe.otlp.headers",
                "observe.otlp.ratio",
            ]
            .contains(key);
        if default.is_empty() || !alone {
            continue;
        }
        let mut text = String::from("kafka:\n  brokers: [localhost:9092]\n");
        let mut depth = 0;
        for segment in key.split('.') {
            if segment == "kafka" {
                depth = 1;
                continue;
            }
            text.push_str(&format!("\n{}{segment}:", "  ".repeat(depth)));
            depth += 1;
        }
        let plain = load_text(&path, "kafka:\n  brokers: [localhost:9092]\n");
        text.push_str(&format!(" {default}\n"));
        let mut written = load_text(&path, &text);
        // Optional values that name their default.
        if *key == "kafka.compression" {
            assert_eq!(written.kafka.compression.take().as_deref(), Some("zstd"));
        }
        if *key == "kafka.max_record" {
            assert_eq!(written.kafka.max_record.take(), Some(1_000_000));
        }
        assert_eq!(written, plain, "{key}");
    }
}

fn load_text(path: &Path, text: &str) -> Config {
    std::fs::write(path, text).unwrap();
    load(path, &|_| None).map_err(|problems| format!("{text}{}", told(&problems))).unwrap().config
}

#[test]
fn feeds_inherit_and_are_compared_without_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    let feeds = "kafka: {embedded: true}\ndefaults: {interval: 2h, content: page, tags: [a/b]}\nfeeds:\n  \
                 - {url: 'https://www.a.example:8443/feed/?k=v', tags: [c/d, a/b], content: feed}\n  \
                 - {name: b, url: 'https://b.example', interval: adaptive}\n";
    let first = load_text(&path, feeds).feeds;
    let [a, b] = first.as_slice() else { panic!("{first:?}") };
    assert_eq!(a.interval, Interval::Every(std::time::Duration::from_secs(7200)));
    assert_eq!((a.content, b.content), (ContentSource::Feed, ContentSource::Page));
    assert_eq!(
        (a.tags.as_slice(), b.interval),
        (["a/b".to_owned(), "c/d".to_owned()].as_slice(), Interval::Adaptive)
    );
    assert!(a.name.starts_with("a.example:8443/feed~"), "{}", a.name);
    let moved = load_text(&path, &format!("# moved\n{feeds}")).feeds;
    assert_ne!(moved[0].origin, first[0].origin);
    assert_eq!(moved, first);
}

#[test]
fn secrets_that_everyone_may_read_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, secret) = (folder.path().join("c.yaml"), folder.path().join("secret"));
    std::fs::write(&secret, "canary-4711\n").unwrap();
    for (mode, password, expected) in [
        (0o644, "hunter2", 2),
        (0o640, "hunter2", 1),
        (0o644, "${file:secret}", 1),
        (0o600, "${file:secret}", 0),
    ] {
        let text = format!(
            "kafka:\n  brokers: [localhost:9092]\n  security: {{protocol: sasl_tls, mechanism: PLAIN, username: u, \
             password: '{password}'}}\nhttp: {{contact: a@b.example}}\nfeeds: [{{url: https://a.example/}}]\n"
        );
        std::fs::write(&path, text).unwrap();
        for file in [&path, &secret] {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let loaded = load(&path, &|_| None).unwrap();
        assert_eq!(loaded.findings.len(), expected, "{mode:o} {password}: {}", told(&loaded.findings));
        let password = loaded.config.kafka.security.password.unwrap();
        assert!(password.0 == "hunter2" || password.0 == "canary-4711");
    }
}

#[test]
fn addresses_for_feed_readers_are_those_of_the_web() {
    for (written, expected) in [
        ("feed://wire.example/rss.xml", "http://wire.example/rss.xml"),
        ("feed:https://wire.example/two.xml", "https://wire.example/two.xml"),
        ("feed://https://wire.example/three", "https://wire.example/three"),
        ("FEED:HTTP://wire.example:8080/four?a=1&b=2", "http://wire.example:8080/four?a=1&b=2"),
        ("feeds://wire.example/five", "https://wire.example/five"),
        ("feed:wire.example/six", "http://wire.example/six"),
    ] {
        assert_eq!(feed_address(written).unwrap().as_str(), expected, "{written}");
    }
    for bad in ["feed:", "feed://", "feed:ftp://wire.example/"] {
        assert!(feed_address(bad).is_err(), "{bad}");
    }
}

/// Publishers may repeat the secret of any place that takes one, in any of its spellings.
#[test]
fn secrets_of_all_places_of_a_feed_are_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.yaml");
    let text = "kafka: {brokers: ['localhost:9092']}\nfeeds:\n\
        - {name: a, url: 'https://ann:p%40ss-word1@a.example/f?token=tok-1-abc&k=${env:KEY}'}\n\
        - {name: b, url: 'https://b.example/f', cookie: 'lang=deutsch; sid=${env:SID}', headers: {X-Key: k3y-in-header}}\n\
        - {name: c, url: 'https://c.example/f', auth: {bearer: bearer-tok-3}}\n\
        - {name: d, url: 'https://d.example/f', auth: {basic: {username: somebody, password: pass-4-word}}}\n";
    std::fs::write(&path, text).unwrap();
    let env = |name: &str| {
        [("KEY", "key/with 2"), ("SID", "session-2-id")]
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let feeds = load(&path, &env).unwrap().config.feeds;
    for (feed, told, shown) in [
        (0, "https://a.example/1?token=tok-1-abc", "https://a.example/1?token=***"),
        (0, "https://a.example/1?x=key%2Fwith+2", "https://a.example/1?x=***"),
        (0, "https://a.example/1?x=key/with 2", "https://a.example/1?x=***"),
        (0, "for p@ss-word1", "for ***"),
        (1, "https://b.example/1;session-2-id", "https://b.example/1;***"),
        (1, "a session-2-id", "a ***"),
        (1, "k3y-in-header", "***"),
        (1, "https://b.example/deutsch/1", "https://b.example/deutsch/1"),
        (2, "bearer-tok-3", "***"),
        (3, "pass-4-word", "***"),
        (3, "https://d.example/u/somebody", "https://d.example/u/***"),
        (3, "somebody said so", "somebody said so"),
        (3, "c29tZWJvZHk6cGFzcy00LXdvcmQ=", "***="),
    ] {
        assert_eq!(feeds[feed].hide(told).as_deref().unwrap_or(told), shown);
    }
}

proptest::proptest! {
    /// Whatever is written gives a report, never a crash.
    #[test]
    fn any_text_gives_a_result(text in "(kafka|http|feeds|url|[\\[\\]{}:,\\-\"'$| \n&*#]|\\PC){0,80}") {
        let (root, problems) = yaml::read("c.yaml", &text);
        proptest::prop_assert!(root.is_some() || !problems.is_empty());
    }
}
