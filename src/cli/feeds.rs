//! `copydesk feeds`.

use std::{
    collections::HashSet,
    io::Write,
    path::{Path, PathBuf},
};

use super::{Exit, Failure, Outcome, discover, read_input};
use crate::{
    config::feed_address,
    feed::{self, opml},
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
        /// Include user names, passwords and tokens in the addresses; by default they are left out.
        #[arg(long)]
        with_secrets: bool,
    },
    Discover(discover::Args),
    /// Show when each feed was polled and what came of it, read from the ledger.
    Status {
        /// Only this feed, with the reason for the time of its next poll.
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

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    match args.command {
        Command::Import { file } => import(&file),
        Command::Export { with_secrets } => export(config, with_secrets),
        Command::Discover(args) => discover::execute(config, &args),
        Command::Status { name, json } => super::status::status(config, name.as_deref(), json),
        Command::Reset { name } => super::status::reset(config, &name),
    }
}

/// What a configuration would refuse is left out and reported.
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
