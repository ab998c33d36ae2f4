//! `copydesk feeds discover`.

mod search;
mod targets;

#[cfg(test)]
mod tests;

use std::{io::Write, path::Path};

use futures_util::{StreamExt, stream};
use serde_json::json;
use url::Url;

use super::{Exit, Failure, bar};
use crate::{
    clock::Clock,
    config::Config,
    feed::opml::{Outline, YamlItems},
    fetch::Fetcher,
    site::redact,
};
use search::FoundFeed;
use targets::Target;

/// Sites searched at once.
const SITES_AT_ONCE: usize = 16;

/// Find the feeds of sites, and print them as YAML for the configuration.
///
/// Each SITE is the address of a page or a feed (https:// may be left out), a file with one address per line,
/// an OPML file, or a saved page; `-` is standard input. Feeds of an OPML file that answer keep their titles
/// and tags; if one is gone, its site is searched.
///
/// The search covers the feeds that the page names (RSS, Atom, JSON Feed), else those it links to, and the
/// news sitemaps in robots.txt; failing these, the paths where feeds usually are. Every feed printed was
/// fetched and read. Pages and guessed paths are requested only where robots.txt allows it, 1 s apart and at
/// most 24 per site; private addresses are refused. The settings are those under `http` in the configuration,
/// if there is one.
///
/// Problems with a site are reported on standard error, and the search goes on with the others. Exit code 0:
/// every site has a feed. 3: some have none. 1: none has one. 69: none could be reached.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  copydesk feeds discover example.org > feeds.yaml\n  copydesk feeds discover sites.txt old.opml > feeds.yaml\n\nName the file in the configuration, then look over it: include: [feeds.yaml], copydesk check --lint"
)]
pub(super) struct Args {
    /// Addresses, lists of addresses, OPML files or saved pages.
    #[arg(value_name = "SITE", required = true)]
    targets: Vec<String>,
    /// Address that a saved page came from.
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// Include feeds of readers' comments.
    #[arg(long)]
    all: bool,
    /// Print one JSON object per feed.
    #[arg(long)]
    json: bool,
    /// Allow requests to loopback and private addresses.
    #[arg(long)]
    allow_private_networks: bool,
}

pub(super) fn execute(config: &Path, args: &Args) -> super::Outcome {
    let mut http = if config.exists() { super::check::load(config)?.config } else { Config::default() }.http;
    http.allow_private_networks |= args.allow_private_networks;
    let (targets, wrong) = targets::read(&args.targets, args.base.as_ref())?;
    wrong.iter().for_each(|message| eprintln!("{message}"));
    if targets.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            "no address in it; write one per line, as in https://example.org/",
        ));
    }
    let fetcher = Fetcher::new(&http, Clock::system())?;
    super::runtime()?.block_on(all(&fetcher, &targets, args, !wrong.is_empty()))
}

/// Searches all targets and prints what is found, in their order.
async fn all(fetcher: &Fetcher, targets: &[Target], args: &Args, some_wrong: bool) -> super::Outcome {
    let progress = bar("sites");
    progress.set_length(targets.len() as u64);
    let searches =
        targets.iter().map(|target| async move { (target, search::search(fetcher, target, args.all).await) });
    let mut outcomes = stream::iter(searches).buffered(SITES_AT_ONCE);
    let mut list = List::new(args.json);
    let (mut without, mut unreachable) = (0, 0);
    while let Some((target, outcome)) = outcomes.next().await {
        let shown = target.shown();
        progress.suspend(|| {
            match outcome.feeds.len() {
                0 => eprintln!("{}; skipped", of_site(&shown, &outcome.notes.join("; "))),
                feeds => {
                    outcome.notes.iter().for_each(|note| eprintln!("{}", of_site(&shown, note)));
                    eprintln!("{shown}: {feeds} feed{}", if feeds == 1 { "" } else { "s" });
                }
            }
            outcome.feeds.iter().try_for_each(|feed| list.print(target, &shown, feed))
        })?;
        progress.inc(1);
        without += usize::from(outcome.feeds.is_empty());
        unreachable += usize::from(outcome.unreachable && outcome.feeds.is_empty());
    }
    progress.finish_and_clear();
    list.end()?;
    Ok(match (without, unreachable) {
        (0, _) if !some_wrong => Exit::Done,
        (_, unreachable) if unreachable == targets.len() => Exit::Unavailable,
        (without, _) if without == targets.len() => Exit::Failed,
        _ => Exit::Findings,
    })
}

/// The feeds as they are printed.
struct List {
    json: bool,
    items: YamlItems,
    known: std::collections::HashSet<Url>,
}

impl List {
    fn new(json: bool) -> Self {
        Self { json, items: YamlItems::default(), known: std::collections::HashSet::new() }
    }

    /// Prints a feed that was not printed before.
    fn print(&mut self, target: &Target, site: &str, feed: &FoundFeed) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.known.is_empty() && !self.json {
            writeln!(out, "feeds:")?;
        }
        if !self.known.insert(feed.url.clone()) {
            return Ok(());
        }
        let title = target.title.clone().or_else(|| feed.title.clone()).unwrap_or_default();
        if self.json {
            let line = json!({
                "url": feed.url, "title": title, "format": feed.format, "entries": feed.entries,
                "newest": feed.newest, "found": feed.how, "site": site, "tags": target.tags,
                "hub": feed.hub, "same": feed.same,
            });
            return writeln!(out, "{line}");
        }
        write!(out, "{}", remark(site, feed))?;
        let outline =
            Outline { title, url: feed.url.to_string(), tags: target.tags.clone(), ..Outline::default() };
        write!(out, "{}", self.items.item(&outline))?;
        out.flush()
    }

    fn end(&self) -> std::io::Result<()> {
        if self.known.is_empty() && !self.json {
            writeln!(std::io::stdout().lock(), "feeds: []")?;
        }
        Ok(())
    }
}

/// A note headed by its site; many notes already begin with it.
fn of_site(site: &str, note: &str) -> String {
    if note.starts_with(site) { note.to_owned() } else { format!("{site}: {note}") }
}

/// What is known about a feed, as comments to stand before it.
fn remark(site: &str, feed: &FoundFeed) -> String {
    let newest = feed.newest.map(|at| format!(", newest {}", at.format("%Y-%m-%d"))).unwrap_or_default();
    let mut out = format!("  # {site}: {}, {} entries{newest}, {}\n", feed.format, feed.entries, feed.how);
    if let Some(hub) = &feed.hub {
        out.push_str(&format!("  # WebSub hub: {}\n", one_line(hub)));
    }
    for same in &feed.same {
        out.push_str(&format!("  # the same entries: {}\n", one_line(&redact(same))));
    }
    out
}

/// Text written by a stranger, made safe for a comment.
fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}'))
        .take(300)
        .collect()
}
