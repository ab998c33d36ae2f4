//! `copydesk schema`.

use std::io::Write;

use super::{Exit, Failure, Outcome};
use crate::{
    ledger::{FeedHealth, health},
    publish::record,
    tag::RULES_SCHEMA,
};

/// Print the JSON Schema of the record.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the schema of dead letters instead of articles.
    #[arg(long, conflicts_with = "feed")]
    dead_letter: bool,
    /// Print the schema of feed health records instead of articles.
    #[arg(long)]
    feed: bool,
    /// Print the schema of tagging rule files (`tags.files`) instead of articles.
    #[arg(long, conflicts_with_all = ["feed", "dead_letter"])]
    tag_rules: bool,
}

pub(super) fn execute(args: &Args) -> Outcome {
    if args.tag_rules {
        write!(std::io::stdout(), "{RULES_SCHEMA}")?;
        return Ok(Exit::Done);
    }
    let schema = match (args.dead_letter, args.feed) {
        (true, _) => record::dead_letter_schema(),
        (false, true) => record::schema::<FeedHealth>(health::HEALTH_SCHEMA),
        (false, false) => record::article_schema(),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(Exit::Done)
}
