//! `copydesk preview`.

use std::path::Path;

use super::{Exit, Failure, Outcome};

/// Show an article as it would be published, with what was cut struck through and why.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_config: &Path, _args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
