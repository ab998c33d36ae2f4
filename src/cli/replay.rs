//! `copydesk replay`.

use std::path::Path;

use super::{Exit, Failure, Outcome};

/// Run today's rules over the archive, or retry dead letters.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_config: &Path, _args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
