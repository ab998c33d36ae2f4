//! `copydesk tail`.

use std::path::Path;

use super::{Exit, Failure, Outcome};

/// Show articles as they come out of Kafka.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_config: &Path, _args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
