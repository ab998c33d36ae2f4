//! `copydesk preview`.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

use super::{
    Exit, Failure, Outcome, read_input,
    tail::show,
    view::{self, html, terminal},
};
use crate::{
    clean::{Decision, SiteMemory},
    clock::Clock,
    config::{Config, Http},
    extract::Block,
    feed::{self, Entry, ParseOptions},
    fetch::{FeedRequest, FeedResponse, FetchError, Fetcher, Page, Validators},
    identity::identify,
    publish::record::{ArticleRecord, FeedReference},
    worker::{Copy, Taken, edit},
};

/// Stands for the address of a file that was taken from nowhere.
const NOWHERE: &str = "http://file.invalid/";

/// Show an article as it would be published, with what was cut struck through and why.
///
/// Nothing is published and no Kafka is needed. Without Kafka there is no memory of the site
/// either: what is removed only because it repeats on a site stays here. The record that --json
/// prints has revision 0.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of a page, or a file with one; `-` for standard input.
    #[arg(value_name = "URL|FILE")]
    pub source: String,
    /// The source is a feed: show what it carries itself, entry by entry.
    #[arg(long)]
    pub feed: bool,
    /// Print one HTML page that needs nothing from elsewhere.
    #[arg(long, conflicts_with = "json")]
    pub html: bool,
    /// Print one JSON object per article: the record, and the decision about each block.
    #[arg(long)]
    pub json: bool,
    /// Cleaning rules beside the built-in ones.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Address a file was taken from, for its links and the rules of its site.
    #[arg(long, value_name = "URL")]
    pub url: Option<Url>,
    /// Reach loopback and private addresses.
    #[arg(long)]
    pub allow_private_networks: bool,
}

/// What was read, and from where.
struct Input {
    url: Url,
    content_type: Option<String>,
    status: u16,
    body: Bytes,
    fetched_at: DateTime<Utc>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Preview<'a> {
    record: &'a ArticleRecord,
    blocks: &'a [Block],
    decisions: &'a [Decision],
}

pub(super) fn execute(_config: &Path, args: Args) -> Outcome {
    let mut config = Config::default();
    config.rules.files.clone_from(&args.rules);
    let editor = super::editor(&config)?;
    let input = read(&args)?;
    let copies = if args.feed { entries(&input)? } else { page(&input)? };

    let mut pages = Vec::new();
    for copy in &copies {
        let edited = edit(&editor, copy, &SiteMemory::default());
        let record = edited.record;
        let rows = view::decided(copy.blocks(), &edited.decisions, &record.removed);
        if args.html {
            pages.push((record, rows));
        } else if args.json {
            let preview = Preview { record: &record, blocks: copy.blocks(), decisions: &edited.decisions };
            let line = serde_json::to_string(&preview).map_err(anyhow::Error::from)? + "\n";
            show(line.as_bytes())?;
        } else {
            show(terminal::article_rows(&record, &rows, terminal::Style::of_stdout()).as_bytes())?;
        }
    }
    if args.html {
        let page = html::page(pages.iter().map(|(record, rows)| (record, rows.as_slice())));
        show(page.as_bytes())?;
    }
    Ok(Exit::Done)
}

fn read(args: &Args) -> Result<Input, Failure> {
    let http = Http { allow_private_networks: args.allow_private_networks, ..Http::default() };
    let address = Url::parse(&args.source).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if let Some(address) = address {
        return super::runtime()?.block_on(fetch(&http, address, args.feed));
    }
    let nowhere = || Url::parse(NOWHERE).map_err(anyhow::Error::from);
    Ok(Input {
        url: args.url.clone().map_or_else(nowhere, Ok)?,
        content_type: None,
        status: 200,
        body: read_input(Path::new(&args.source), http.max_body as u64)?.into(),
        fetched_at: Clock::system().now(),
    })
}

async fn fetch(http: &Http, url: Url, feed: bool) -> Result<Input, Failure> {
    let unavailable = |error: FetchError| Failure::new(Exit::Unavailable, error.to_string());
    let fetcher = Fetcher::new(http, Clock::system())?;
    if !feed {
        let Page { url, content_type, status, body, fetched_at } =
            fetcher.page(&url).await.map_err(unavailable)?;
        return Ok(Input { url, content_type, status, body, fetched_at });
    }
    let request = FeedRequest { url, validators: Validators::default(), headers: Vec::new() };
    match fetcher.feed(&request).await.map_err(unavailable)? {
        FeedResponse::Document(document) => Ok(Input {
            url: document.url,
            content_type: document.content_type,
            status: 200,
            body: document.body,
            fetched_at: document.fetched_at,
        }),
        FeedResponse::NotModified { .. } => {
            Err(Failure::new(Exit::Unavailable, "the server answered 304 to a request without validators"))
        }
    }
}

/// A page, as the page of an entry that says nothing itself.
fn page(input: &Input) -> Result<Vec<Copy>, Failure> {
    if parse(input).is_ok() {
        return Err(Failure::new(Exit::Usage, "this is a feed, not a page: add --feed"));
    }
    let entry = Entry { link: Some(input.url.to_string()), ..Entry::default() };
    let page = Page {
        url: input.url.clone(),
        content_type: input.content_type.clone(),
        status: input.status,
        body: input.body.clone(),
        fetched_at: input.fetched_at,
    };
    let reference = FeedReference { url: input.url.to_string(), ..FeedReference::default() };
    Ok(copies(input, vec![entry], Some(page), &reference, None).collect())
}

/// The entries of a feed, with what the feed itself carries.
fn entries(input: &Input) -> Result<Vec<Copy>, Failure> {
    let parsed = parse(input).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let reference = FeedReference {
        name: parsed.feed.title.clone().unwrap_or_default(),
        title: parsed.feed.title,
        url: input.url.to_string(),
    };
    Ok(copies(input, parsed.entries, None, &reference, parsed.feed.language).collect())
}

fn parse(input: &Input) -> Result<feed::ParsedFeed, feed::NotAFeed> {
    let options = ParseOptions { base: Some(input.url.clone()), content_type: input.content_type.as_deref() };
    feed::parse(&input.body, &options)
}

fn copies(
    input: &Input,
    entries: Vec<Entry>,
    page: Option<Page>,
    feed: &FeedReference,
    language: Option<String>,
) -> impl Iterator<Item = Copy> {
    let now = input.fetched_at;
    let identities = identify(&input.url, &entries);
    entries.into_iter().zip(identities).map(move |(entry, identity)| {
        let taken = Taken::alone(entry, identity, page.clone(), now);
        Copy::new(taken, feed.clone(), language.clone(), Vec::new(), now)
    })
}
