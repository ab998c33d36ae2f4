//! `copydesk extract`.

use super::{Exit, Failure, Outcome};

/// Take the article out of a page and print it as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_args: &Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
