//! `copydesk schema`.

use super::{Exit, Failure, Outcome};

/// Print the JSON Schema of the record.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_args: &Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
