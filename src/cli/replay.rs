//! `copydesk replay`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::{Exit, Failure, Outcome};
use crate::{
    config::Config,
    ledger::RestoreError,
    observe::{LogFormat, Logs},
    publish::{ArticleRecord, errors, registry, scan},
    replay::{Change, Replay, Report, Selection, compare, replay_letters},
};

/// Changed articles whose differences a dry run shows, at most.
const SHOWN_MAX: usize = 10_000;

/// Run today's rules over the archive, or retry dead letters.
///
/// Reads the originals in `topics.archive`, edits them with the current rules, and publishes only
/// what comes out differently, as the next revision with `ce_type=news.article.replayed`. The
/// daemon may keep running. With --dry-run nothing is published and every difference is shown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only originals fetched at or after this time: `2026-11-24` or RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<DateTime<Utc>>,
    /// Only originals fetched before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<DateTime<Utc>>,
    /// Only articles of this feed.
    #[arg(long, value_name = "NAME")]
    feed: Option<String>,
    /// Publish nothing; print what would be cut or restored in each article, and by which rule.
    #[arg(long)]
    dry_run: bool,
    /// Cleaning rules to try besides those of the configuration; repeatable.
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    rules: Vec<PathBuf>,
    /// Retry what is in the dead-letter topic instead of reading the archive.
    #[arg(long, conflicts_with_all = ["since", "until", "feed"])]
    dead_letters: bool,
    /// Print JSON: one object per difference, and the counts at the end.
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "write a date (2026-11-24) or a time (2026-11-24T06:00:00Z)".to_owned())
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    Logs::new(LogFormat::Auto, "warn")?.start();
    let mut config = super::check::load(config)?.config;
    config.rules.files.extend(args.rules.iter().cloned());
    if config.kafka.embedded {
        return Err(Failure::new(Exit::Config, "kafka.embedded keeps nothing that could be replayed"));
    }
    let editor = super::editor(&config)?;
    if args.dead_letters {
        return letters(&config, &editor, &args);
    }
    let selection = Selection { since: args.since, until: args.until, feed: args.feed.clone() };
    let replay = Replay { config: &config, editor: &editor, selection };
    let bar = super::bar("articles");
    let mut progress = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let report = if args.dry_run {
        let mut changed: BTreeMap<String, ArticleRecord> = BTreeMap::new();
        let report = replay.edit_all(&mut progress, &mut |article| {
            if changed.len() < SHOWN_MAX {
                changed.insert(article.record.id.clone(), article.record);
            }
            Ok(())
        });
        bar.finish_and_clear();
        let report = report.map_err(unavailable)?;
        show(&config, &changed, args.json)?;
        report
    } else {
        let report = replay.publish(&mut progress);
        bar.finish_and_clear();
        report.map_err(unavailable)?
    };
    finish(&report, &args);
    Ok(Exit::Done)
}

fn unavailable(error: anyhow::Error) -> Failure {
    let error = match error.downcast::<Failure>() {
        Ok(failure) => return failure,
        Err(error) => error,
    };
    let silent = matches!(error.downcast_ref(), Some(RestoreError::Silence));
    let exit = if silent || errors::is_kafka(&error) { Exit::Unavailable } else { Exit::Failed };
    Failure::new(exit, format!("{error:#}"))
}

/// Prints the differences from what was published last.
fn show(config: &Config, changed: &BTreeMap<String, ArticleRecord>, as_json: bool) -> Result<(), Failure> {
    let mut last: BTreeMap<String, ArticleRecord> = BTreeMap::new();
    if !changed.is_empty() {
        let schemas = registry::schemas_blocking(&config.kafka, &config.topics.articles);
        scan(&config.kafka, &config.topics.articles, None, &mut |received| {
            let key = String::from_utf8_lossy(&received.key).into_owned();
            if changed.contains_key(&key)
                && let Ok(record) = received.article(&schemas)
            {
                last.insert(key, record);
            }
            true
        })
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    }
    for (id, record) in changed {
        let changes = compare(last.get(id), record);
        if as_json {
            let line = json!({"id": id, "feed": record.feed.name, "title": record.title,
                "revision": record.revision, "changes": changes});
            println!("{line}");
        } else {
            println!("{} · {} · revision {}", record.title, record.feed.name, record.revision);
            for Change { kind, rule, text } in changes {
                match kind {
                    "cut" => println!("  - {text}\n    cut by {rule}"),
                    "restored" => println!("  + {text}\n    was cut by {rule}"),
                    _ => println!("  ~ title, text or its order differs"),
                }
            }
        }
    }
    Ok(())
}

fn finish(report: &Report, args: &Args) {
    if args.json {
        println!("{}", json!(report));
    } else {
        let verb = if args.dry_run { "would change" } else { "changed" };
        eprintln!(
            "{} articles: {} {verb}, {} unchanged, {} skipped, {} unreadable",
            report.articles, report.changed, report.unchanged, report.skipped, report.unreadable
        );
    }
}

fn letters(config: &Config, editor: &crate::edit::Editor, args: &Args) -> Outcome {
    let report = replay_letters(config, editor, args.dry_run, &mut |letter, end| {
        let title = letter.title.as_deref().unwrap_or("(no title)");
        if args.json {
            println!(
                "{}",
                json!({"article": letter.article_id, "title": title, "reason": letter.reason, "end": end})
            );
        } else {
            println!("{title} · {} · {}: {end}", letter.feed.name, letter.reason);
        }
    })
    .map_err(unavailable)?;
    if args.json {
        println!("{}", json!(report));
    } else {
        let verb = if args.dry_run { "would be published" } else { "published" };
        eprintln!(
            "{} dead letters: {} {verb}, {} settled, {} hopeless",
            report.letters, report.published, report.settled, report.hopeless
        );
    }
    Ok(Exit::Done)
}
