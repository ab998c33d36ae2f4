//! `copydesk check`.

use std::path::Path;

use super::{Exit, Failure, Outcome};

/// Check the configuration and the rules without starting anything.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_config: &Path, _args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
