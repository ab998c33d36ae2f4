//! `copydesk schema`.

use std::io::Write;

use super::{Exit, Failure, Outcome};
use crate::publish::record;

/// Print the JSON Schema of the record.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The schema of dead letters instead of articles.
    #[arg(long)]
    dead_letter: bool,
}

pub(super) fn execute(args: &Args) -> Outcome {
    let schema = if args.dead_letter { record::dead_letter_schema() } else { record::article_schema() };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    writeln!(std::io::stdout(), "{text}")?;
    Ok(Exit::Done)
}
