//! `copydesk demo`.

use super::{Exit, Failure, Outcome};

/// See it work: an embedded Kafka, sample feeds, the whole path, live in the terminal.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
