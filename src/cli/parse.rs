//! `copydesk parse`.

use std::{io::Write, path::PathBuf};

use url::Url;

use super::{Exit, Failure, Outcome, read_input};
use crate::feed::{self, ParseOptions};

/// Parse a feed and print it as JSON.
///
/// From a broken document it prints the entries that can be recovered, with warnings that say what was
/// repaired. If the document is not a feed, it says what it is instead and exits with 1.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address the document came from; relative links are resolved against it.
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// `Content-Type` header of the response, for its charset.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// The document, `-` for standard input.
    file: PathBuf,
}

pub(super) fn execute(args: &Args) -> Outcome {
    let bytes = read_input(&args.file, feed::DOCUMENT_MAX as u64)?;
    let options = ParseOptions { base: args.base.clone(), content_type: args.content_type.as_deref() };
    let parsed = feed::parse(&bytes, &options)
        .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", args.file.display())))?;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &parsed).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}
