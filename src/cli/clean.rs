//! `copydesk clean`.

use super::{Exit, Failure, Outcome};

/// Clean articles given as NDJSON.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_args: &Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
