//! `copydesk parse`.

use super::{Exit, Failure, Outcome};

/// Parse a feed and print it as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_args: &Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
