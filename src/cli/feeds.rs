//! `copydesk feeds`.

use std::{
    collections::HashSet,
    io::Write,
    path::{Path, PathBuf},
};

use url::Url;

use super::{Exit, Failure, Outcome, read_input};
use crate::{
    clock::Clock,
    config::{Http, feed_address},
    feed::{self, ParseOptions, discovery, opml},
    fetch::{Fetcher, PageRequest},
};

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
    Export {
        /// With user names, passwords and tokens of the addresses, which are left out else.
        #[arg(long)]
        with_secrets: bool,
    },
    /// Find the feeds of a page.
    Discover(Discover),
    /// Show when each feed was polled and what came of it, read from the ledger.
    Status {
        /// Only this feed, with why its next poll is when it is.
        name: Option<String>,
        /// One JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Forget what is known about a feed: it starts over, and what it lists is published again.
    Reset {
        /// Name of the feed.
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct Discover {
    /// Address the page came from, where it is read from a file.
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// Allow requests to loopback and private addresses.
    #[arg(long)]
    allow_private_networks: bool,
    /// A file, `-` for standard input, or the address of a page.
    #[arg(value_name = "FILE|URL")]
    target: String,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    match args.command {
        Command::Import { file } => import(&file),
        Command::Export { with_secrets } => export(config, with_secrets),
        Command::Discover(args) => discover(&args),
        Command::Status { name, json } => super::status::status(config, name.as_deref(), json),
        Command::Reset { name } => super::status::reset(config, &name),
    }
}

/// What a configuration would not take is left out and told.
fn import(file: &Path) -> Outcome {
    let bytes = read_input(file, feed::DOCUMENT_MAX as u64)?;
    let outlines = opml::read(&bytes);
    if outlines.is_empty() {
        let message = format!("{}: no feeds in it; is it an OPML file?", file.display());
        return Err(Failure::new(Exit::Failed, message));
    }
    let mut feeds: Vec<opml::Outline> = Vec::new();
    let mut known = HashSet::new();
    for outline in outlines {
        let place = format!("{}:{}: outline \"{}\"", file.display(), outline.line, outline.title);
        match feed_address(&outline.url) {
            Ok(url) if known.insert(url.clone()) => {
                feeds.push(opml::Outline { url: url.into(), ..outline });
            }
            Ok(_) => eprintln!("{place}: the same address as another outline; left out"),
            Err(message) => eprintln!("{place}: {message}; left out"),
        }
    }
    write!(std::io::stdout().lock(), "{}", opml::to_yaml(&feeds))?;
    Ok(Exit::Done)
}

fn export(config: &Path, with_secrets: bool) -> Outcome {
    let config = super::check::load(config)?.config;
    let feeds: Vec<opml::Outline> = config
        .feeds
        .iter()
        .map(|feed| opml::Outline {
            title: feed.name.clone(),
            url: if with_secrets { feed.url.to_string() } else { feed.public_url.to_string() },
            tags: feed.tags.clone(),
            ..opml::Outline::default()
        })
        .collect();
    write!(std::io::stdout().lock(), "{}", opml::write("copydesk", &feeds))?;
    Ok(Exit::Done)
}

fn discover(args: &Discover) -> Outcome {
    if let Ok(url) = Url::parse(&args.target)
        && matches!(url.scheme(), "http" | "https")
    {
        return discover_at(&url, args.allow_private_networks);
    }
    let bytes = read_input(Path::new(&args.target), feed::DOCUMENT_MAX as u64)?;
    let found = report(&bytes, args.base.as_ref(), None);
    print_candidates(&found)
}

/// Fetches the page, then reports on it with its final address.
fn discover_at(url: &Url, allow_private_networks: bool) -> Outcome {
    let http = Http { allow_private_networks, ..Http::default() };
    let fetcher = Fetcher::new(&http, Clock::system())?;
    let page = super::runtime()?
        .block_on(fetcher.page(&PageRequest::of(url.clone())))
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    let found = report(&page.body, Some(&page.url), page.content_type.as_deref());
    print_candidates(&found)
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
            "the page neither names nor links to a feed; with --base URL the usual paths are listed",
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
