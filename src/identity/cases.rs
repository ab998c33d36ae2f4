//! Feeds from poll to poll, in `tests/cases/identity`: which entries are one article.
//!
//! Each file has `feeds`, each of these `polls`, each poll its entries. `is` names the article that
//! an entry is: entries with the same name have the same id in all polls, others have different
//! ones. `date` is a day, or `now` for the time of the fetch; `words` is how the sentence begins in
//! which `feeds status` finally says how entries are recognised.

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{CanonicalRules, Document, Habits, Known, Marks, identify};
use crate::{
    feed::Entry,
    yaml::{self, Decoder, Node},
};

struct Remembered {
    key: String,
    article: String,
    marks: Marks,
    published_at: Option<DateTime<Utc>>,
    poll: usize,
}

struct Case {
    why: String,
    polls: Vec<Vec<(String, Entry)>>,
    words: Option<String>,
}

fn fetched_at(poll: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(poll as i64)
}

fn read(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap();
    let root = yaml::parse(&file.display().to_string(), &text).unwrap();
    let mut decoder = Decoder::default();
    let fields = decoder.fields(&root, &["feeds"]).unwrap();
    let feeds = fields.required(&mut decoder, "feeds").and_then(|node| decoder.sequence(node)).unwrap();
    let cases = feeds.iter().map(|node| case(&mut decoder, node)).collect();
    assert!(decoder.problems.is_empty(), "{:?}", decoder.problems);
    cases
}

fn case(decoder: &mut Decoder, node: &Node) -> Case {
    let fields = decoder.fields(node, &["why", "polls", "words"]).unwrap();
    let text = |decoder: &mut Decoder, key: &str| {
        fields.get(key).and_then(|node| decoder.text(node)).map(str::to_owned)
    };
    let why = text(decoder, "why").unwrap();
    let words = text(decoder, "words");
    let polls = fields.required(decoder, "polls").and_then(|node| decoder.sequence(node)).unwrap();
    let polls = polls.iter().enumerate().map(|(poll, node)| {
        let entries = decoder.sequence(node).unwrap();
        entries.iter().map(|node| entry(decoder, node, poll)).collect()
    });
    Case { polls: polls.collect(), why, words }
}

fn entry(decoder: &mut Decoder, node: &Node, poll: usize) -> (String, Entry) {
    let keys = ["is", "guid", "link", "title", "text", "date", "permalink"];
    let fields = decoder.fields(node, &keys).unwrap();
    let text = |decoder: &mut Decoder, key: &str| {
        fields.get(key).and_then(|node| decoder.text(node)).map(str::to_owned)
    };
    let name = text(decoder, "is").unwrap();
    let date = text(decoder, "date");
    let published = date.as_deref().map(|date| match date {
        "now" => fetched_at(poll),
        day => DateTime::UNIX_EPOCH + TimeDelta::days(day.parse().unwrap()),
    });
    let entry = Entry {
        id: text(decoder, "guid"),
        guid_is_permalink: Some(
            fields.get("permalink").and_then(|node| decoder.boolean(node)).unwrap_or(false),
        ),
        link: text(decoder, "link"),
        title: text(decoder, "title"),
        summary: text(decoder, "text"),
        published_raw: published.map(|date| date.to_rfc2822()),
        published,
        ..Entry::default()
    };
    (name, entry)
}

/// Runs the polls of a feed; what is wrong with them.
fn run(case: &Case) -> Vec<String> {
    let mut problems = Vec::new();
    let mut known: Vec<Remembered> = Vec::new();
    let mut habits = Habits::default();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let feed = Url::parse("https://reader.example/feed").unwrap();
    for (poll, listed) in case.polls.iter().enumerate() {
        let entries: Vec<Entry> = listed.iter().map(|(_, entry)| entry.clone()).collect();
        let document = Document {
            feed: &feed,
            site: "reader.example",
            entries: &entries,
            announced: &|_| false,
            now: fetched_at(poll),
        };
        let before: Vec<Known<'_>> = known
            .iter()
            .map(|one| Known {
                key: &one.key,
                article: &one.article,
                marks: &one.marks,
                published_at: one.published_at,
                listed: one.poll + 1 == poll,
            })
            .collect();
        let identities = identify(CanonicalRules::builtin(), &document, &before, &mut habits);
        let mut here: BTreeMap<&str, usize> = BTreeMap::new();
        for ((name, entry), identity) in listed.iter().zip(&identities) {
            if identity.again {
                if !here.contains_key(name.as_str()) {
                    problems.push(format!("poll {poll}: {name} is taken for another entry"));
                }
                continue;
            }
            if here.insert(name, 1).is_some() {
                problems.push(format!("poll {poll}: {name} is there twice"));
            }
            match ids.get(name) {
                Some(id) if *id != identity.article => problems.push(format!("poll {poll}: {name} is new")),
                Some(_) => {}
                None if ids.values().any(|id| *id == identity.article) => {
                    problems.push(format!("poll {poll}: {name} is taken for a known article"));
                }
                None => drop(ids.insert(name.clone(), identity.article.clone())),
            }
            known.retain(|one| one.key != identity.key);
            known.push(Remembered {
                key: identity.key.clone(),
                article: identity.article.clone(),
                marks: identity.marks.clone(),
                published_at: entry.published,
                poll,
            });
        }
    }
    let words = habits.in_words();
    match &case.words {
        Some(start) if !words.is_some_and(|words| words.starts_with(start.as_str())) => {
            problems.push(format!("recognised: {words:?}"));
        }
        None if words.is_some() => problems.push(format!("recognised: {words:?}")),
        _ => {}
    }
    problems
}

#[test]
fn each_article_is_one_from_poll_to_poll() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/identity");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut problems = Vec::new();
    for file in &files {
        for case in read(file) {
            let name = file.file_name().unwrap().display().to_string();
            problems.extend(run(&case).into_iter().map(|what| format!("{name}: {}: {what}", case.why)));
        }
    }
    assert!(!files.is_empty() && problems.is_empty(), "{}", problems.join("\n"));
}
