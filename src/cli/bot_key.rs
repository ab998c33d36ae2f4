//! `copydesk bot-key`.

use std::{io::Write, path::Path};

use super::{Exit, Failure, Outcome, status::real};
use crate::config::DIRECTORY_PATH;

/// Print the public part of the key that requests are signed with, to be published.
///
/// Prints the directory (a JSON Web Key Set) that sites look for at the address in
/// `http.web_bot_auth.agent`, under `/.well-known/http-message-signatures-directory`.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn execute(config: &Path, _: &Args) -> Outcome {
    let config = real(config)?;
    let Some(key) = &config.http.web_bot_auth else {
        let what = "http.web_bot_auth is not configured: requests are not signed";
        return Err(Failure::new(Exit::Config, what));
    };
    writeln!(std::io::stdout(), "{:#}", key.directory())?;
    eprintln!("publish this at {}{DIRECTORY_PATH}", key.agent());
    Ok(Exit::Done)
}
