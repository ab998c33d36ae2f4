//! `robots.txt` by the examples of RFC 9309, and statements in right and broken shapes.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use url::Url;

use super::{AGENT, Preference, Robots, Signals, signals_of_headers};

/// A file, a path, and whether we may fetch it.
const FILES: &[(&str, &str, bool)] = &[
    // No rule, no group, no file.
    ("", "/a", true),
    ("User-agent: *\nDisallow:", "/a", true),
    ("Disallow: /", "/a", true),
    ("User-agent: *\nDisallow: /", "/a", false),
    // The file itself may always be read.
    ("User-agent: *\nDisallow: /", "/robots.txt", true),
    // Its own group comes before everybody's, in any case and wherever it is.
    ("User-agent: *\nDisallow: /\n\nUser-agent: CopyDesk\nAllow: /", "/a", true),
    ("User-agent: copydesk\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", false),
    ("User-agent: copydesk/2.0 (x)\nDisallow: /", "/a", false),
    ("User-agent: copydesks\nDisallow: /", "/a", true),
    // Several groups for one agent are one.
    ("User-agent: copydesk\nDisallow: /a\n\nUser-agent: copydesk\nDisallow: /b", "/a", false),
    ("User-agent: copydesk\nDisallow: /a\n\nUser-agent: copydesk\nDisallow: /b", "/b", false),
    // Several agents for one group; other lines between them do not separate them.
    ("User-agent: other\nUser-agent: copydesk\nDisallow: /a", "/a", false),
    ("User-agent: copydesk\nSitemap: /s.xml\nUser-agent: other\nDisallow: /a", "/a", false),
    ("User-agent: copydesk\nCrawl-delay: 3\nUser-agent: other\nDisallow: /a", "/a", false),
    // A statement about use is a rule: the next agent begins a group.
    ("User-agent: *\nContent-Signal: search=yes\nUser-agent: Greedy\nDisallow: /", "/a", true),
    // The longest rule decides, and of two as long the one that allows.
    ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true),
    ("User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", false),
    ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", true),
    // Stars and ends.
    ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf", false),
    ("User-agent: *\nDisallow: /*.pdf$", "/x/y.pdf?z", true),
    ("User-agent: *\nDisallow: /a*b*c", "/a1b2b3c4", false),
    ("User-agent: *\nDisallow: /a*b*c$", "/a1b2c3c", false),
    ("User-agent: *\nDisallow: /a*b*c$", "/a1b2c3", true),
    ("User-agent: *\nDisallow: *", "/a", false),
    ("User-agent: *\nDisallow: /$", "/", false),
    ("User-agent: *\nDisallow: /$", "/a", true),
    ("User-agent: *\nDisallow: /*?print=", "/a?print=1", false),
    // Case of paths counts; encodings do not.
    ("User-agent: *\nDisallow: /Foo", "/foo", true),
    ("User-agent: *\nDisallow: /caf%c3%a9", "/caf%C3%A9", false),
    ("User-agent: *\nDisallow: /café", "/caf%C3%A9", false),
    ("User-agent: *\nDisallow: /%61", "/a", false),
    ("User-agent: *\nDisallow: /a%2Fb", "/a/b", true),
    // What publishers do to the syntax.
    ("\u{feff}User-agent: *\rDisallow: /a\r", "/a", false),
    ("user-agent:*\r\ndisallow:/a # all of it\r\n", "/a", false),
    ("  User agent : * \n  Disallow /a", "/a", false),
    ("User-agent: *\nDissallow: /a", "/a", false),
    ("User-agent: *\nDisallow: /a\n<html>nonsense</html>\nDisallow: /b", "/b", false),
];

#[test]
fn files_say_what_may_be_fetched() {
    for (file, path, expected) in FILES {
        assert_eq!(Robots::parse(file.as_bytes()).allows(AGENT, path), *expected, "{file:?} {path}");
    }
}

#[test]
fn a_file_is_read_up_to_its_limit() {
    let mut file = "User-agent: *\nDisallow: /first\n".to_owned();
    while file.len() < 500 << 10 {
        file.push_str("# padding that says nothing at all\n");
    }
    file.push_str("Disallow: /last\n");
    let robots = Robots::parse(file.as_bytes());
    assert!(!robots.allows(AGENT, "/first") && robots.allows(AGENT, "/last"));
}

#[test]
fn delays_are_numbers() {
    for (value, expected) in
        [("10", Some(10.0)), ("0.5", Some(0.5)), ("soon", None), ("-1", None), ("inf", None), ("NaN", None)]
    {
        let file = format!("User-agent: *\nCrawl-delay: {value}\nDisallow:");
        assert_eq!(Robots::parse(file.as_bytes()).crawl_delay(AGENT), expected, "{value}");
    }
}

#[test]
fn agents_of_language_models_are_those_with_groups_of_their_own() {
    let robots = Robots::parse(
        b"User-agent: *\nDisallow: /\n\nUser-agent: gptbot\nUser-agent: CCBot\nDisallow: /news/\n\
          User-agent: ClaudeBot\nAllow: /",
    );
    assert_eq!(robots.ai_agents_disallowed("/news/a"), ["CCBot", "GPTBot"]);
    assert!(robots.ai_agents_disallowed("/sport/a").is_empty());
}

/// A `robots.txt`, and what it alone says about `/news/a`: training, input, search.
#[test]
fn statements_of_robots_are_combined() {
    use Preference::{Allowed, Disallowed, Unknown};
    for (file, expected) in [
        (
            "User-agent: *\nContent-Signal: search=yes, ai-input=no, ai-train=no",
            [Disallowed, Disallowed, Allowed],
        ),
        ("User-agent: *\nContent-Signal: SEARCH=yes,ai-train=maybe", [Unknown, Unknown, Unknown]),
        ("User-agent: *\nContent-Usage: train-ai=n", [Disallowed, Unknown, Unknown]),
        (
            "User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /news train-ai=y",
            [Allowed, Unknown, Unknown],
        ),
        (
            "User-agent: *\nContent-Usage: /news train-ai=y\nContent-Usage: /news train-ai=n",
            [Disallowed, Unknown, Unknown],
        ),
        ("User-agent: *\nContent-Usage: /sport train-ai=n", [Unknown, Unknown, Unknown]),
        ("User-agent: *\nContent-Usage: train-ai=n, train-ai=y, search=y;q=1", [Allowed, Unknown, Allowed]),
        (
            "User-agent: *\nContent-Signal: ai-train=yes\nContent-Usage: train-ai=n",
            [Disallowed, Unknown, Unknown],
        ),
        ("User-agent: other\nContent-Signal: ai-train=no", [Unknown, Unknown, Unknown]),
        ("Content-Signal: ai-train=no", [Unknown, Unknown, Unknown]),
    ] {
        let statements = Robots::parse(file.as_bytes()).statements(AGENT, "/news/a");
        let usage = Signals { statements, ..Signals::default() }.usage();
        assert_eq!([usage.train_ai, usage.ai_input, usage.search], expected, "{file}");
    }
}

#[test]
fn licences_stand_for_all_or_for_a_group() {
    for (file, expected) in [
        ("License: https://a.example/l.xml\nUser-agent: *\nAllow: /", vec!["https://a.example/l.xml"]),
        ("User-agent: *\nLicense: https://a.example/l.xml\nAllow: /", vec!["https://a.example/l.xml"]),
        ("User-agent: other\nLicense: https://a.example/l.xml\nAllow: /", vec![]),
        ("License:\nUser-agent: *\nAllow: /", vec![]),
    ] {
        let statements = Robots::parse(file.as_bytes()).statements(AGENT, "/");
        let found: Vec<&str> = statements.iter().map(|statement| statement.value.as_str()).collect();
        assert_eq!(found, expected, "{file}");
    }
}

fn of_headers(lines: &[(&'static str, &str)]) -> Signals {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    signals_of_headers(&headers, &Url::parse("https://a.example/news/a").unwrap(), AGENT)
}

#[test]
fn headers_state_and_combine() {
    use Preference::{Allowed, Disallowed, Unknown};
    for (lines, expected) in [
        (&[("content-usage", "train-ai=n, search=y")][..], [Disallowed, Allowed]),
        (&[("content-usage", "train-ai=n"), ("content-usage", "search=n")], [Disallowed, Disallowed]),
        (&[("content-usage", "train-ai")], [Unknown, Unknown]),
        (&[("tdm-reservation", "1")], [Disallowed, Unknown]),
        (&[("tdm-reservation", "0")], [Allowed, Unknown]),
        (&[("tdm-reservation", "true")], [Unknown, Unknown]),
        (&[("x-robots-tag", "NoAI, noimageai")], [Disallowed, Unknown]),
        (&[("x-robots-tag", "otherbot: noai")], [Unknown, Unknown]),
        (&[("x-robots-tag", "copydesk: noai, noindex")], [Disallowed, Disallowed]),
        (&[("x-robots-tag", "max-snippet: 50"), ("x-robots-tag", "noindex")], [Unknown, Disallowed]),
    ] {
        let usage = of_headers(lines).usage();
        assert_eq!([usage.train_ai, usage.search], expected, "{lines:?}");
    }
}

#[test]
fn policies_and_licences_are_addresses() {
    let signals = of_headers(&[
        ("tdm-reservation", "1"),
        ("tdm-policy", "/policy.json"),
        (
            "link",
            "</a.css>; rel=preload, <https://b.example/l.xml>; rel=\"license\"; type=\"application/rsl+xml\"",
        ),
        ("link", "<https://b.example/cc>; rel=license"),
    ]);
    assert_eq!(signals.statements[0].policy.as_deref(), Some("https://a.example/policy.json"));
    let licences: Vec<&str> = signals.statements[1..].iter().map(|one| one.value.as_str()).collect();
    assert_eq!(licences, ["https://b.example/l.xml"]);
}

#[test]
fn only_who_asks_for_it_stays_out_of_the_archive() {
    for (list, expected) in
        [("noarchive", true), ("none", true), ("index, follow", false), ("noarchived", false)]
    {
        assert_eq!(of_headers(&[("x-robots-tag", list)]).forbids_archive(), expected, "{list}");
    }
}

proptest! {
    /// Any bytes give a file, and any path an answer.
    #[test]
    fn any_file_gives_an_answer(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        lines in "((User-agent|Disallow|Allow|Content-Usage|Crawl-delay)?[: ]?[*$/a%\\PC]{0,12}[\r\n]){0,12}",
        path in "/[*$/a%\\PC]{0,20}",
    ) {
        for file in [bytes.as_slice(), lines.as_bytes()] {
            let robots = Robots::parse(file);
            robots.allows(AGENT, &path);
            robots.statements(AGENT, &path);
            robots.ai_agents_disallowed(&path);
        }
    }

    /// A rule of plain letters matches what begins with it, and nothing else.
    #[test]
    fn a_plain_rule_is_a_prefix(rule in "/[a-z]{0,6}", path in "/[a-z]{0,6}") {
        let file = format!("User-agent: *\nDisallow: {rule}");
        prop_assert_eq!(Robots::parse(file.as_bytes()).allows(AGENT, &path), !path.starts_with(&rule));
    }
}
