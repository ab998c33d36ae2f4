//! `copydesk feeds`.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use url::Url;

use super::{Exit, Failure, Outcome, read_input};
use crate::feed::{self, ParseOptions, discovery, opml};

/// Import, export, discover feeds, or show their status.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the feeds of an OPML file as YAML for the configuration; folders become tags.
    Import {
        /// The OPML file, `-` for standard input.
        file: PathBuf,
    },
    /// Print the configured feeds as OPML.
    Export,
    /// Find the feeds of a page.
    Discover(Discover),
    /// Show when each feed was polled and what came of it.
    Status,
}

#[derive(Debug, clap::Args)]
struct Discover {
    /// Address the page came from, where it is read from a file.
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// A file, `-` for standard input, or the address of a page.
    #[arg(value_name = "FILE|URL")]
    target: String,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    match args.command {
        Command::Import { file } => import(&file),
        Command::Export => export(config),
        Command::Discover(args) => discover(&args),
        Command::Status => Err(Failure::new(Exit::Failed, "feeds status: not there yet")),
    }
}

fn import(file: &Path) -> Outcome {
    let bytes = read_input(file, feed::DOCUMENT_MAX as u64)?;
    let feeds = opml::read(&bytes);
    if feeds.is_empty() {
        let message = format!("{}: no feeds in it; is it an OPML file?", file.display());
        return Err(Failure::new(Exit::Failed, message));
    }
    write!(std::io::stdout().lock(), "{}", opml::to_yaml(&feeds))?;
    Ok(Exit::Done)
}

/// The seam for the configuration: its feeds, as outlines, to [`opml::write`].
fn export(_config: &Path) -> Outcome {
    Err(Failure::new(Exit::Failed, "feeds export: not there yet"))
}

fn discover(args: &Discover) -> Outcome {
    if let Ok(url) = Url::parse(&args.target)
        && matches!(url.scheme(), "http" | "https")
    {
        return discover_at(&url);
    }
    let bytes = read_input(Path::new(&args.target), feed::DOCUMENT_MAX as u64)?;
    let found = report(&bytes, args.base.as_ref(), None);
    print_candidates(&found)
}

/// The seam for the network: fetch `url`, then [`report`] on the body with its final address.
fn discover_at(_url: &Url) -> Outcome {
    Err(Failure::new(Exit::Failed, "feeds discover URL: not there yet; give the page as a file"))
}

/// What a document offers: itself where it is a feed, else the feeds the page names and links to,
/// else the usual paths.
pub fn report(bytes: &[u8], page: Option<&Url>, content_type: Option<&str>) -> Vec<discovery::Candidate> {
    let options = ParseOptions { base: page.cloned(), content_type };
    match feed::parse(bytes, &options) {
        Ok(parsed) => {
            let own = page.map(Url::to_string).or(parsed.feed.self_link);
            let url = own.unwrap_or_else(|| "(the document itself)".into());
            vec![discovery::Candidate { url, title: parsed.feed.title, how: discovery::Found::Named }]
        }
        Err(not_a_feed) if not_a_feed.candidates.is_empty() => {
            page.map(discovery::usual_paths).unwrap_or_default()
        }
        Err(not_a_feed) => not_a_feed.candidates,
    }
}

/// One candidate a line: address, how it was found, title.
fn print_candidates(found: &[discovery::Candidate]) -> Outcome {
    if found.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            "no feed named or linked there; with --base the usual paths are listed",
        ));
    }
    let mut out = std::io::stdout().lock();
    for candidate in found {
        let how = match candidate.how {
            discovery::Found::Named => "named",
            discovery::Found::Service => "service",
            discovery::Found::Linked => "linked",
            discovery::Found::Usual => "usual path, not checked",
        };
        let title = candidate.title.as_deref().unwrap_or("");
        writeln!(out, "{}\t{how}\t{title}", candidate.url)?;
    }
    Ok(Exit::Done)
}
