//! `copydesk topics`.

use std::path::Path;

use super::{Exit, Failure, Outcome};

/// Show, create or migrate the topics.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(_config: &Path, _args: Args) -> Outcome {
    Err(Failure::new(Exit::Failed, "not there yet"))
}
