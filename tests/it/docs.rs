//! The documents under `docs/`, and the first steps of README.md: their commands are run, their files and records are
//! read.
//!
//! The `sh` blocks of a document are one script in an empty folder, in their order. A comment before
//! a block says what is special about it: `<!-- file: NAME -->` makes it a file of that folder,
//! `<!-- not run: WHY -->` leaves it out. A `text` block behind an `sh` block is a part of what that
//! one prints, line by line, where `…` stands for anything. `localhost:9092` (also `$KAFKA`), `localhost:9464` and
//! `https://example.org/feed.xml` are a real Kafka, a free port and a feed with three articles; `deploy/` is there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use copydesk::{
    clean::RuleSet,
    config::inspect,
    ledger::FeedHealth,
    publish::{ArticleRecord, DeadLetter},
    tag::TagRules,
    yaml::Problem,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    broker::{self, root},
    origin::{Answer, Item, Origin},
};

/// Most blocks that are not run, in all documents together.
const NOT_RUN_MAX: usize = 4;

/// A fenced block.
struct Block {
    language: String,
    /// Where it begins: file and line.
    place: String,
    /// What the comment before it says.
    mark: Mark,
    text: String,
}

#[derive(PartialEq)]
enum Mark {
    None,
    File(String),
    NotRun,
}

fn readme() -> PathBuf {
    root().join("README.md")
}

/// The documents, by name.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("docs"))
        .expect("docs")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    found.push(readme());
    found.sort();
    assert!(found.len() >= 6, "documents are missing: {found:?}");
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn blocks(path: &Path) -> Vec<Block> {
    let (document, mut found) = (text(path), Vec::new());
    let (mut open, mut before): (Option<Block>, &str) = (None, "");
    // Of README.md only the first steps: the rest of its blocks is read by other tests.
    let mut inside = *path != readme();
    for (number, line) in document.lines().enumerate() {
        inside = (inside || line == "<!-- first steps:begin -->") && line != "<!-- first steps:end -->";
        if !inside {
            continue;
        }
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let name = path.strip_prefix(root()).unwrap_or(path).display();
                open = Some(Block {
                    language: language.to_owned(),
                    place: format!("{name}:{}", number + 1),
                    mark: mark(before),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.text.push_str(&format!("{line}\n")),
            (None, None) if !line.is_empty() => before = line,
            (None, None) => {}
        }
        if open.is_some() {
            before = "";
        }
    }
    found
}

fn mark(line: &str) -> Mark {
    let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
    match comment.and_then(|comment| comment.split_once(": ")) {
        Some(("file", name)) => Mark::File(name.to_owned()),
        Some(("not run", why)) if why.len() > 20 => Mark::NotRun,
        _ => Mark::None,
    }
}

/// What stands for the places that documents name.
struct Stage {
    folder: TempDir,
    replaced: Vec<(&'static str, String)>,
}

impl Stage {
    fn new(replaced: Vec<(&'static str, String)>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("made");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_copydesk"), bin.join("copydesk")).expect("linked");
        std::os::unix::fs::symlink(root().join("deploy"), folder.path().join("deploy")).expect("linked");
        let python = format!("#!/bin/sh\nexec '{}' \"$@\"\n", broker::script("python").display());
        fs::write(bin.join("python3"), python).expect("written");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(bin.join("python3"), executable).expect("executable");
        Self { folder, replaced }
    }

    fn adapted(&self, text: &str) -> String {
        self.replaced.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// Writes the files of a document; a configuration may then reach the test's own feed.
    fn write(&self, blocks: &[Block]) {
        for block in blocks {
            let Mark::File(name) = &block.mark else { continue };
            let path = self.folder.path().join(name);
            assert!(!path.exists(), "{}: {name} is there already", block.place);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            let mut text = self.adapted(&block.text);
            if let Some((_, admin)) = self.replaced.iter().find(|(from, _)| *from == "localhost:9464")
                && text.starts_with("kafka:\n")
            {
                text.push_str(&format!(
                    "http: {{allow_private_networks: true}}\nadmin: {{listen: {admin}}}\n"
                ));
            }
            fs::write(path, text).expect("written");
        }
    }

    /// Runs the commands of a document and compares what they print.
    fn run(&self, blocks: &[Block]) {
        let mut script =
            "set -euo pipefail\nPATH=$PWD/bin:$PATH\ntrap 'jobs -p | xargs -r kill -9 || true' EXIT\n"
                .to_owned();
        for block in commands(blocks) {
            let (place, commands) = (&block.place, self.adapted(&block.text));
            script.push_str(&format!("echo '=== {place}'; echo '=== {place}' >&2\n{commands}\n"));
        }
        let (path, errors) = (self.folder.path().join("script"), self.folder.path().join("errors"));
        fs::write(&path, script).expect("written");
        let output = Command::new("timeout")
            .args(["600", "bash"])
            .arg(&path)
            .current_dir(self.folder.path())
            .env("KAFKA", self.adapted("localhost:9092"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(&errors).expect("a file"))
            .output()
            .expect("bash starts");
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), text(&errors));
        assert!(output.status.success(), "{}\n--- printed\n{said}\n--- errors\n{errors}", output.status);
        let mut last = None;
        for block in blocks {
            match (block.language.as_str(), last) {
                ("sh", _) => last = Some(&block.place),
                ("text", Some(place)) => {
                    let (_, part) = said.split_once(&format!("=== {place}\n")).expect("was run");
                    let part = part.split("\n=== ").next().unwrap_or_default();
                    if let Some(missing) = missing(part, &self.adapted(&block.text)) {
                        panic!("{}: `{missing}` is not printed, but:\n{part}\n{errors}", block.place);
                    }
                }
                _ => {}
            }
        }
    }
}

fn commands(blocks: &[Block]) -> impl Iterator<Item = &Block> {
    blocks.iter().filter(|block| block.language == "sh" && block.mark == Mark::None)
}

/// The first line that does not come, in their order.
fn missing<'w>(printed: &str, wanted: &'w str) -> Option<&'w str> {
    let mut lines = printed.lines();
    wanted.lines().filter(|line| line.trim() != "…").find(|wanted| !lines.any(|line| resembles(line, wanted)))
}

/// Whether a line is as the document has it; `…` is anything.
fn resembles(line: &str, wanted: &str) -> bool {
    let (mut rest, mut first) = (line.trim(), true);
    for part in wanted.trim().split('…') {
        let Some(at) = rest.find(part).filter(|at| !first || *at == 0) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
        first = false;
    }
    wanted.ends_with('…') || rest.is_empty()
}

fn needs_kafka(blocks: &[Block]) -> bool {
    commands(blocks).any(|block| block.text.contains("copydesk") && block.text.contains(" run 2>"))
}

#[test]
fn commands_without_kafka_do_what_the_documents_say() {
    let mut run = 0;
    for blocks in documents().iter().map(|path| blocks(path)).filter(|blocks| !needs_kafka(blocks)) {
        let stage = Stage::new(Vec::new());
        stage.write(&blocks);
        stage.run(&blocks);
        run += commands(&blocks).count();
    }
    assert!(run > 0, "nothing was run");
}

/// Each document has a Kafka of its own, so that its topics have the names that it gives them.
#[test]
fn commands_with_kafka_do_what_the_documents_say() {
    let mut run = 0;
    for blocks in documents().iter().map(|path| blocks(path)).filter(|blocks| needs_kafka(blocks)) {
        let (kafka, origin) = (broker::Own::start(&format!("docs{run}")), Origin::start());
        origin.set("/feed.xml", Answer::Feed((1..=3).map(Item::numbered).collect()));
        let stage = Stage::new(vec![
            ("localhost:9092", kafka.servers().to_owned()),
            ("localhost:9464", broker::nobody()),
            ("https://example.org/feed.xml", origin.url("/feed.xml")),
        ]);
        stage.write(&blocks);
        stage.run(&blocks);
        run += commands(&blocks).count();
    }
    assert!(run > 0, "nothing was run");
}

#[test]
fn few_blocks_are_not_run_and_each_has_a_language() {
    let blocks: Vec<Block> = documents().iter().flat_map(|path| blocks(path)).collect();
    let known = ["sh", "text", "yaml", "json", "python"];
    let strange: Vec<&str> = blocks
        .iter()
        .filter(|block| !known.contains(&block.language.as_str()) && !matches!(block.mark, Mark::File(_)))
        .map(|block| block.place.as_str())
        .collect();
    assert!(strange.is_empty(), "no test knows what is in these blocks: {strange:?}");
    let left: Vec<&str> =
        blocks.iter().filter(|block| block.mark == Mark::NotRun).map(|block| block.place.as_str()).collect();
    assert!(left.len() <= NOT_RUN_MAX, "too many blocks are not run: {left:?}");
    let idle = blocks.iter().find(|block| block.language == "python" && block.mark == Mark::None);
    assert!(idle.is_none(), "a program that no command runs: {}", idle.map_or("", |block| &block.place));
}

/// Rules pass their own examples; everything else is a configuration, or a part of one.
#[test]
fn yaml_is_what_the_program_takes() {
    let mut count = 0;
    for path in documents() {
        let (blocks, stage) = (blocks(&path), Stage::new(Vec::new()));
        stage.write(&blocks);
        for block in blocks.iter().filter(|block| block.language == "yaml") {
            let problems = problems(&stage, &block.text);
            assert!(problems.is_empty(), "{}: {problems}", block.place);
            count += 1;
        }
    }
    assert!(count > 0, "no file was read");
}

fn problems(stage: &Stage, text: &str) -> String {
    let lines = |problems: Vec<Problem>| problems.iter().map(|problem| format!("{problem}\n")).collect();
    if let Ok(rules) = RuleSet::read("block", text) {
        return lines(rules.check());
    }
    if text.starts_with("tags:\n") && text.contains("\n  - id: ") {
        return TagRules::read("block", text).map_or_else(lines, |rules| lines(rules.check()));
    }
    let has = |key: &str| text.lines().any(|line| line.starts_with(&format!("{key}:")));
    let mut whole = text.to_owned();
    for (key, value) in
        [("kafka", "{brokers: [localhost:9092]}"), ("feeds", "[{url: 'https://a.example/f'}]")]
    {
        if !has(key) {
            whole.push_str(&format!("{key}: {value}\n"));
        }
    }
    let config = stage.folder.path().join("config");
    fs::create_dir_all(&config).expect("made");
    fs::write(config.join("block.yaml"), whole).expect("written");
    fs::write(config.join("bot.pem"), BOT_KEY).expect("written");
    let environment = |name: &str| match name {
        "KAFKA" => Some("localhost:9092".to_owned()),
        "KAFKA_PASSWORD" | "COPYDESK_TOKEN" | "WEBSUB_SECRET" => {
            Some("a-secret-of-forty-and-more-visible-characters".to_owned())
        }
        _ => None,
    };
    lines(inspect(&config.join("block.yaml"), &environment).1)
}

/// The example of RFC 9421 appendix B.1.4.
const BOT_KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n";

/// An article's record, or a part of one; or a whole one of another topic.
#[test]
fn json_is_what_the_topics_hold() {
    let golden: Value =
        serde_json::from_str(&text(&root().join("tests/cases/record/golden.json"))).expect("JSON");
    let mut count = 0;
    for block in documents().iter().flat_map(|path| blocks(path)).filter(|block| block.language == "json") {
        let part: Value =
            serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place));
        let mut whole = golden.clone();
        for (key, value) in part.as_object().into_iter().flatten() {
            whole[key] = value.clone();
        }
        assert!(
            comes_back::<ArticleRecord>(&whole)
                || comes_back::<DeadLetter>(&part)
                || comes_back::<FeedHealth>(&part),
            "{}: neither of an article's record, nor a dead letter, nor the health of a feed",
            block.place
        );
        count += 1;
    }
    assert!(count > 0, "no record was read");
}

fn comes_back<T: Serialize + DeserializeOwned>(value: &Value) -> bool {
    // By way of text: what is a short number there is none in memory.
    T::deserialize(value)
        .and_then(|read| serde_json::to_string(&read))
        .and_then(|text| serde_json::from_str::<Value>(&text))
        .is_ok_and(|again| again == *value)
}

/// What a document leads to is there: files, and the tests that it calls as witnesses.
#[test]
fn links_and_witnesses_are_there() {
    let tests: String = walk(&root().join("tests/it")).iter().map(|path| text(path)).collect();
    let mut wrong = Vec::new();
    for path in documents() {
        let document = text(&path);
        let folder = path.parent().expect("a folder");
        for link in document.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link)
        {
            let file = link.split('#').next().unwrap_or_default();
            if !link.contains("://") && !file.is_empty() && !folder.join(file).exists() {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
        for witness in document.split('`').filter(|word| word.starts_with("it::")) {
            let name = witness.rsplit("::").next().unwrap_or_default();
            if !tests.contains(&format!("fn {name}(")) {
                wrong.push(format!("{}: no test {witness}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
