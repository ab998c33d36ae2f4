//! `copydesk check`.

use std::path::Path;

use serde_json::json;

use super::{Exit, Failure, Outcome};
use crate::{
    clean::RuleSet,
    config::{self, Config, Loaded},
    identity::CanonicalRules,
    ledger::{Group, Member},
    publish::{self, refused_properties},
    tag::TagRules,
    yaml::{Place, Problem},
};

/// Check the configuration and the rules without starting anything.
///
/// Exit code 0: all is well. 78: there are problems. 3: there are none, but --lint found something.
/// Opens no connection.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also report what is allowed but not advisable.
    #[arg(long)]
    lint: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Print all keys of the configuration as a Markdown table, and do nothing else.
    #[arg(long)]
    reference: bool,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    if args.reference {
        print!("{}", config::reference_markdown());
        return Ok(Exit::Done);
    }
    let (loaded, mut problems) = config::inspect(config, &config::environment);
    let (rules, tags, wrong) = rules(&loaded.config);
    problems.extend(wrong);
    problems.extend(canonical(&loaded.config).1);
    problems.extend(kafka(&loaded));
    // Every rule removes what it says it removes, and keeps what it says it keeps.
    problems.extend(rules.check());
    // And every example of the tagging rules gets its tags.
    problems.extend(tags.check());
    let findings = if args.lint && problems.is_empty() { loaded.findings.as_slice() } else { &[] };
    if args.json {
        let report = json!({
            "ok": problems.is_empty(),
            "feeds": loaded.config.feeds.len(),
            "files": loaded.files,
            "problems": problems.iter().map(listed).collect::<Vec<_>>(),
            "left_out": loaded.left_out.iter().map(listed).collect::<Vec<_>>(),
            "findings": findings.iter().map(listed).collect::<Vec<_>>(),
        });
        println!("{report:#}");
    } else {
        problems.iter().for_each(|problem| eprintln!("{problem}"));
        loaded.left_out.iter().for_each(|problem| eprintln!("{problem}"));
        findings.iter().for_each(|finding| println!("{finding}"));
        if problems.is_empty() {
            let (feeds, files) = (loaded.config.feeds.len(), loaded.files.len());
            println!("{}: good; {feeds} feeds, {files} files", config.display());
        }
    }
    Ok(match (problems.is_empty(), findings.is_empty()) {
        (false, _) => Exit::Config,
        (true, false) => Exit::Findings,
        (true, true) => Exit::Done,
    })
}

/// Loads the configuration for a command that needs it.
///
/// # Errors
/// A [`Failure`] with all problems, one a line, and the exit code for a bad configuration.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    let loaded = config::load(path, &config::environment).map_err(|problems| failure(&problems))?;
    let problems = kafka(&loaded);
    if problems.is_empty() { Ok(loaded) } else { Err(failure(&problems)) }
}

/// What the Kafka client refuses of its settings: a single raw property, or all of them together (a
/// file that cannot be read, two settings that contradict each other).
fn kafka(loaded: &Loaded) -> Vec<Problem> {
    let Config { kafka, topics, daemon, delivery, .. } = &loaded.config;
    let refused = refused_properties(kafka);
    if !refused.is_empty() {
        let problem = |(index, message): (usize, String)| {
            let (place, path) = loaded.properties.get(index)?.clone();
            Some(Problem { place, path, message: format!("{message} (says librdkafka)") })
        };
        return refused.into_iter().filter_map(problem).collect();
    }
    let member = Member { instance: daemon.instance.clone(), session: daemon.session };
    let tried = publish::try_settings(kafka, *delivery)
        .and_then(|()| Group::try_settings(kafka, &topics.ledger, &member));
    let Err(error) = tried else { return Vec::new() };
    let (place, path) = loaded.properties.first().cloned().unwrap_or_else(|| {
        let file = loaded.files.first().map(|file| file.display().to_string()).unwrap_or_default();
        (Place { file: file.into(), line: 1, column: 1 }, "kafka".to_owned())
    });
    vec![Problem { place, path, message: format!("{} (says librdkafka)", publish::said(&error)) }]
}

/// A failure that lists these problems.
pub(super) fn failure(problems: &[Problem]) -> Failure {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Failure::new(Exit::Config, format!("the configuration is wrong\n{}", lines.join("\n")))
}

/// The built-in rules with those of the configuration's files, and everything that is wrong with
/// the files.
pub(super) fn rules(config: &Config) -> (RuleSet, TagRules, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut rules = RuleSet::builtin(&config.rules.packs).unwrap_or_else(|wrong| {
        problems.extend(wrong);
        RuleSet::default()
    });
    for path in &config.rules.files {
        let read = read(path).and_then(|(name, text)| RuleSet::read(&name, &text));
        let merged = read.and_then(|more| rules.merge(more));
        problems.extend(merged.err().unwrap_or_default());
    }
    let tags = tag_rules(config).unwrap_or_else(|wrong| {
        problems.extend(wrong);
        TagRules::default()
    });
    (rules, tags, problems)
}

/// The tagging rules of the configuration's files.
///
/// # Errors
/// Everything that is wrong with the files.
pub(super) fn tag_rules(config: &Config) -> Result<TagRules, Vec<Problem>> {
    let (mut tags, mut problems) = (TagRules::default(), Vec::new());
    for path in &config.tags.files {
        match read(path).and_then(|(name, text)| TagRules::read(&name, &text)) {
            Ok(more) => tags.merge(more),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if problems.is_empty() { Ok(tags) } else { Err(problems) }
}

/// What the canonical form of an address leaves out, and what is wrong with the files.
pub(super) fn canonical(config: &Config) -> (CanonicalRules, Vec<Problem>) {
    let mut rules = CanonicalRules::builtin().clone();
    let mut problems = Vec::new();
    for path in &config.urls.files {
        let extended = read(path).and_then(|(name, text)| rules.extend(&name, &text));
        problems.extend(extended.err().unwrap_or_default());
    }
    (rules, problems)
}

fn read(path: &Path) -> Result<(String, String), Vec<Problem>> {
    let name = path.display().to_string();
    std::fs::read_to_string(path).map(|text| (name.clone(), text)).map_err(|error| {
        vec![Problem {
            place: Place { file: name.into(), line: 1, column: 1 },
            path: String::new(),
            message: format!("cannot be read: {error}"),
        }]
    })
}

fn listed(problem: &Problem) -> serde_json::Value {
    let Problem { place, path, message } = problem;
    json!({"file": &*place.file, "line": place.line, "column": place.column, "path": path, "message": message})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems of a configuration with these lines below `kafka`.
    fn told(lines: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copydesk.yaml");
        let feeds = "feeds: [{url: 'https://news.example/rss'}]";
        std::fs::write(&path, format!("kafka:\n  brokers: [broker.example:9092]\n{lines}\n{feeds}\n"))
            .unwrap();
        let (loaded, problems) = config::inspect(&path, &config::environment);
        assert!(problems.is_empty(), "{problems:?}");
        kafka(&loaded)
            .iter()
            .map(|problem| problem.to_string().rsplit('/').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_the_client_refuses_is_told_before_it_is_started() {
        for (property, says) in [
            ("linger.msec: 5", "No such configuration property"),
            ("linger.ms: soon", "linger.ms"),
            ("linger.ms: 900000000", "linger.ms"),
            ("group.protocol: fastest", "group.protocol"),
            ("session.timeout.ms: 90000", "session.timeout.ms"),
        ] {
            let told = told(&format!("  properties:\n    {property}"));
            assert_eq!(told.len(), 1, "{property}: {told:?}");
            assert!(
                told[0].starts_with("copydesk.yaml:4:") && told[0].contains(says),
                "{property}: {told:?}"
            );
        }
        let together = told("  security: {protocol: tls}\n  properties: {ssl.cipher.suites: nonsense}");
        assert!(together.len() == 1 && together[0].contains("cipher"), "{together:?}");
        assert_eq!(told("  properties: {linger.ms: 5, socket.keepalive.enable: true}"), Vec::<String>::new());
        assert_eq!(told(""), Vec::<String>::new());
    }
}
