//! What publishers say, in `tests/cases/rights/`, and what of it is in the record.

use std::{collections::BTreeMap, fs, path::Path};

use chrono::DateTime;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use url::Url;

use super::{Collected, Draft, FeedContext, rights::rights};
use crate::{
    feed::{self, ParseOptions},
    fetch::Page,
    identity::Identity,
    rights::{AGENT, Robots, Signals, TdmRep, signals_of_headers},
};

/// The page that all cases are about.
const PAGE: &str = "https://courier.example/news/pier";

/// A file: one signal, and shapes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signal: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    shape: String,
    /// Whether it is how the standard has it.
    right: bool,
    /// `robots.txt` of the origin.
    #[serde(default)]
    robots: String,
    /// `tdmrep.json` of the origin.
    #[serde(default)]
    tdmrep: String,
    /// Headers of the page, one line each.
    #[serde(default)]
    headers: Vec<String>,
    /// Further markup of the page's head.
    #[serde(default)]
    head: String,
    /// Further elements of the feed's entry.
    #[serde(default)]
    entry: String,
    /// What the record has; what is not named is as where nothing is said.
    #[serde(default)]
    has: BTreeMap<String, Vec<String>>,
}

/// What the record has of it.
fn record(case: &Case) -> BTreeMap<String, Vec<String>> {
    let url = Url::parse(PAGE).unwrap();
    let robots = Robots::parse(case.robots.as_bytes());
    let mut signals = Signals { statements: robots.statements(AGENT, url.path()), ..Signals::default() };
    signals.ai_agents_disallowed = robots.ai_agents_disallowed(url.path());
    signals.access = (!case.robots.is_empty()).then_some(crate::rights::Access::Allowed);
    signals.statements.extend(TdmRep::parse(case.tdmrep.as_bytes()).statement(&url));
    let mut headers = HeaderMap::new();
    for line in &case.headers {
        let (name, value) = line.split_once(": ").expect("a header");
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let of_headers = signals_of_headers(&headers, &url, AGENT);
    signals.statements.extend(of_headers.statements);
    signals.directives = of_headers.directives;
    let text = "<p>The council of Brackwater voted to set aside money for the old stone pier and its wider walkway.</p>";
    let html = format!(
        "<!doctype html><html><head><title>The pier</title>{}</head><body><article><h1>The pier</h1>{}</article></body></html>",
        case.head,
        text.repeat(6)
    );
    let document = format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
         <item><title>The pier</title><link>{PAGE}</link><description>Short.</description>{}</item></channel></rss>",
        case.entry
    );
    let mut parsed = feed::parse(document.as_bytes(), &ParseOptions::default()).unwrap();
    let page = Page {
        url,
        content_type: Some("text/html; charset=utf-8".into()),
        status: 200,
        body: html.into(),
        fetched_at: DateTime::UNIX_EPOCH,
        signals,
        wall: None,
        share: None,
    };
    let collected = Collected::new(parsed.entries.remove(0), Identity::default(), DateTime::UNIX_EPOCH);
    let draft = Draft::new(
        collected.with_pages(Some(page), Vec::new()),
        FeedContext::default(),
        DateTime::UNIX_EPOCH,
    );
    let Some(rights) = rights(&draft) else { return BTreeMap::new() };
    let statements = rights.statements.into_iter().map(|one| {
        let policy = one.policy.map(|policy| format!(" {policy}")).unwrap_or_default();
        format!("{} {} {}{policy}", one.by, one.place, one.value)
    });
    let known = |word: String| (word != "unknown").then_some(word).into_iter().collect::<Vec<String>>();
    let all = [
        ("statements", statements.collect()),
        ("train-ai", known(rights.usage.train_ai)),
        ("ai-input", known(rights.usage.ai_input)),
        ("search", known(rights.usage.search)),
        ("directives", rights.directives),
        ("ai_agents", rights.robots.map(|robots| robots.ai_agents_disallowed).unwrap_or_default()),
        ("copyright", rights.copyright.into_iter().collect()),
        ("license", rights.license.into_iter().collect()),
        ("access", known(rights.access)),
        ("archive", draft.forbids_archive().then(|| "forbidden".to_owned()).into_iter().collect()),
    ];
    all.into_iter().filter(|(_, has)| !has.is_empty()).map(|(key, has)| (key.to_owned(), has)).collect()
}

#[test]
fn every_signal_is_read_right_and_broken() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rights");
    let mut wrong = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "{files:?}");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let file: File = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let right = file.cases.iter().filter(|case| case.right).count();
        let enough = file.cases.len() >= 3 && right > 0 && right < file.cases.len();
        assert!(enough, "{}: three shapes at least, right and broken", file.signal);
        for case in &file.cases {
            let found = record(case);
            if found != case.has {
                wrong.push(format!("{}, {}:\n  {found:?}\n  {:?}", file.signal, case.shape, case.has));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
