//! What the rules, vocabularies and models of the program hold in memory: README.md has the figures.
//!
//! A process of its own, since a table that another test has used already would count as nothing.

use std::{fmt::Write as _, process::Command};

use copydesk::{
    clean::{Cleaner, Document, SiteMemory},
    extract::{self, Block, PageOptions},
    feed::{self, ParseOptions},
    identity, language,
    tag::{Tagger, Tagging},
};

/// Memory of all tables together with every language in use, in MiB.
const ALL_MAX: f64 = 40.0;

/// A figure of README.md may be this far from what is measured, in MiB or as a share of it: sizes
/// of buckets differ between releases of the standard library.
const TOLERANCE: (f64, f64) = (0.2, 0.1);

/// Set for the process that measures.
const ALONE: &str = "COPYDESK_TABLES_ALONE";

const PAGE: &str = "<html lang=en><head><title>A report</title><meta name=author content='By Ann Lee'>\
    <script type='application/ld+json'>{\"@type\": \"NewsArticle\", \"headline\": \"A report\"}</script></head>\
    <body><nav><ul><li><a href=/a>One</a></li><li><a href=/b>Two</a></li></ul></nav><article><h1>A report</h1>\
    <p class=byline>By Ann Lee, 3 March 2026, 4 pm EST</p>\
    <p>The council of the town has voted for a bridge over the river, the mayor said on Tuesday.</p>\
    <p>Its price is some four million, and the old one stays until the new one is open to all.</p>\
    <p>Sign up for our newsletter.</p></article></body></html>";

const FEED: &str = "<rss version='2.0'><channel><title>Site</title><link>http://site.example/</link><item>\
    <title>Report</title><link>http://site.example/1?utm_source=feed</link><guid>1</guid><pubDate>mardi 3 mars 2026, 14 h 30 CET</pubDate>\
    <description>&lt;p&gt;A &lt;b&gt;report&lt;/b&gt;&lt;/p&gt;</description></item></channel></rss>";

/// A line of every way in which lines are searched: by words, and in scripts without spaces.
const LINES: [&str; 3] =
    ["Sign up for our newsletter.", "Подпишитесь на нашу рассылку.", "ニュースレターに登録してください。"];

fn cleaning(cleaner: &Cleaner) {
    for line in LINES {
        let block = Block { tag: "p".into(), text: line.into(), ..Block::default() };
        let blocks = vec![block; 4];
        let document = Document { site: "site.example".into(), blocks, ..Document::default() };
        cleaner.clean(&document, &SiteMemory::default());
    }
}

/// MiB that stay after something was done.
fn held(work: impl FnOnce()) -> f64 {
    allocation_counter::measure(work).bytes_current as f64 / f64::from(1 << 20)
}

/// Each table with what it holds once it is in use.
fn measured() -> Vec<(&'static str, f64)> {
    let cleaner = std::cell::OnceCell::new();
    let tagger = std::cell::OnceCell::new();
    let rules = held(|| cleaning(cleaner.get_or_init(Cleaner::builtin)));
    let vocabularies = held(|| {
        let tagger = tagger.get_or_init(Tagger::builtin);
        tagger.tag(&Tagging {
            title: "A report",
            text: "The mayor of Paris in Henry County met Ann Lee.",
            ..Tagging::default()
        });
    });
    let language = held(|| drop(language::detect("", ["The council of the town has voted."], None)));
    let extraction = held(|| drop(extract::page(PAGE.as_bytes(), &PageOptions::default())));
    let feeds = held(|| {
        let feed = feed::parse(FEED.as_bytes(), &ParseOptions::default()).expect("a feed");
        let url = url::Url::parse("http://site.example/feed").expect("an address");
        let rules = identity::CanonicalRules::builtin();
        identity::identify_alone(rules, &url, &feed.entries);
    });
    vec![
        ("cleaning", rules),
        ("tags", vocabularies),
        ("language", language),
        ("pages", extraction),
        ("feeds and dates", feeds),
    ]
}

/// The figures of README.md.
fn told() -> Vec<(String, f64)> {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("README.md");
    let table = readme
        .split("<!-- tables:begin -->")
        .nth(1)
        .and_then(|rest| rest.split("<!-- tables:end -->").next());
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        Some((cells.get(1)?.to_string(), cells.get(2)?.parse().ok()?))
    };
    table.expect("README.md has the table").lines().filter_map(row).collect()
}

#[test]
fn tables_hold_what_the_readme_says() {
    if std::env::var_os(ALONE).is_some() {
        return compare();
    }
    let own = std::env::current_exe().expect("this program");
    let arguments = ["--exact", "it::tables::tables_hold_what_the_readme_says", "--nocapture"];
    let output = Command::new(own).args(arguments).env(ALONE, "1").output().expect("this program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{errors}");
}

fn compare() {
    let (measured, told) = (measured(), told());
    let mut table = String::new();
    for (name, size) in &measured {
        writeln!(table, "| {name} | {size:.1} |").expect("a string takes it");
    }
    let all: f64 = measured.iter().map(|(_, size)| size).sum();
    println!("{table}| all | {all:.1} |");
    assert!(all <= ALL_MAX, "{all:.1} MiB:\n{table}");
    for (name, size) in &measured {
        let figure = told.iter().find(|(known, _)| known == name).map(|(_, figure)| *figure);
        let near = |figure: f64| (figure - size).abs() <= TOLERANCE.0.max(figure * TOLERANCE.1);
        assert!(figure.is_some_and(near), "README.md says {figure:?} MiB of {name}; measured:\n{table}");
    }
}
