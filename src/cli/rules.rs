//! `copydesk rules`.

use std::path::Path;

use super::{Exit, Failure, Outcome};

/// Suggest cleaning rules from what repeats.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_config: &Path, _args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
