//! `copydesk preview`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Serialize;
use url::Url;

use super::{Exit, Failure, Outcome, read_input, tail::show, view::terminal};
use crate::{
    clean::{Decision, SiteMemory},
    clock::Clock,
    config::{Config, Http},
    edit::{Draft, Editor, edit},
    extract::{self, Block, Explained, PageOptions},
    fetch::Fetcher,
    preview::{Input, PreviewError, decided, fetch, html, text},
    publish::record::ArticleRecord,
    tag::{Language, Tagging},
    worker::Cpu,
};

/// Show an article as it would be published, with what was cut struck through and why.
///
/// The cleaning rules and the address rules are those of the configuration, if there is one.
/// Nothing is published, and Kafka is not needed. Without Kafka there is no memory of the site
/// either: what would be removed only because it repeats across a site stays. The record that
/// --json prints has revision 0.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of a page, or a file with one; `-` for standard input.
    #[arg(value_name = "URL|FILE")]
    source: String,
    /// The source is a feed: show what the feed itself carries, entry by entry.
    #[arg(long)]
    feed: bool,
    /// Print one self-contained HTML page.
    #[arg(long, conflicts_with = "json")]
    html: bool,
    /// Print one JSON object per article: the record, and the decision about each block.
    #[arg(long)]
    json: bool,
    /// Cleaning rules to try besides those of the configuration; repeatable.
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Address a file was taken from, for its links and the rules of its site.
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    /// Also show why each block of the page was taken as part of the article or left out: its score and the
    /// features that weighed most. Also why each tagging rule of the configuration that gives no tag gives
    /// none, and why there is no topic, if there is none.
    #[arg(long, conflicts_with = "feed")]
    explain: bool,
    /// Allow requests to loopback and private addresses.
    #[arg(long)]
    allow_private_networks: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Preview<'a> {
    record: &'a ArticleRecord,
    blocks: &'a [Block],
    decisions: &'a [Decision],
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a [Explained]>,
    /// For each tagging rule of the configuration that gives no tag, the reason; under `topic`, why
    /// there is no topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_tag: Option<BTreeMap<String, String>>,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    // If nothing is configured yet, the defaults apply.
    let mut config = if config.exists() { super::check::load(config)?.config } else { Config::default() };
    config.rules.files.extend(args.rules.iter().cloned());
    config.http.allow_private_networks |= args.allow_private_networks;
    let editor = super::editor(&config)?;
    let input = read(&args, &config.http)?;
    let explained = if args.explain { Some(explain(&input)) } else { None };
    let drafts = if args.feed { input.entries(&editor) } else { input.page(&editor) }.map_err(failure)?;

    let mut pages = Vec::new();
    for draft in &drafts {
        let edited = edit(&editor, draft, &SiteMemory::default());
        let decisions = edited.decisions.clone();
        let record = edited.into_record(0, None);
        let no_tag = args.explain.then(|| no_tags(&editor, &record, draft));
        let rows = decided(draft.blocks(), &decisions, &record.removed);
        if args.html {
            pages.push((record, rows));
        } else if args.json {
            let preview = Preview {
                record: &record,
                blocks: draft.blocks(),
                decisions: &decisions,
                explanation: explained.as_deref(),
                no_tag,
            };
            let line = serde_json::to_string(&preview).map_err(anyhow::Error::from)? + "\n";
            show(line.as_bytes())?;
        } else {
            let style = terminal::Style::of_stdout();
            show(terminal::article_rows(&record, &rows, style).as_bytes())?;
            if let Some(explained) = &explained {
                show(terminal::explained(explained, style).as_bytes())?;
            }
            for (id, why) in no_tag.iter().flatten() {
                show(format!("no tag {}: {}\n", text::clean(id), text::clean(why)).as_bytes())?;
            }
        }
    }
    if args.html {
        let articles = pages.iter().map(|(record, rows)| (record, rows.as_slice()));
        let page = html::page(articles, explained.as_deref().unwrap_or_default());
        show(page.as_bytes())?;
    }
    Ok(Exit::Done)
}

/// Why rules of the configuration give no tag, and why there is no topic if there is none.
fn no_tags(editor: &Editor, record: &ArticleRecord, draft: &Draft) -> BTreeMap<String, String> {
    let language = Language { code: record.language.code.clone(), confidence: record.language.confidence };
    let input = Tagging {
        title: &record.title,
        text: &record.text,
        language: Some(&language),
        feed: &record.feed.name,
        feed_tags: &draft.feed.tags,
        ..Tagging::default()
    };
    let mut reasons: BTreeMap<String, String> = editor.tagger.why_not(&input).into_iter().collect();
    if !record.tags.iter().any(|tag| tag.kind == "topic") {
        reasons.insert("topic".into(), editor.tagger.why_no_topic(&input));
    }
    reasons
}

/// The blocks of all pages of the article, in order.
fn explain(input: &Input) -> Vec<Explained> {
    let first = extract::explain(
        &input.body,
        &PageOptions { url: Some(input.url.clone()), content_type: input.content_type.as_deref() },
    );
    let further = input.further.iter().flat_map(|page| {
        let options = PageOptions { url: Some(page.url.clone()), content_type: page.content_type.as_deref() };
        extract::explain(&page.body, &options).blocks
    });
    first.blocks.into_iter().chain(further).collect()
}

fn read(args: &Args, http: &Http) -> Result<Input, Failure> {
    let address = Url::parse(&args.source).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let now = Clock::system().now();
    if let Some(address) = address {
        let fetcher = Fetcher::new(http, Clock::system())?;
        return super::runtime()?
            .block_on(fetch(&fetcher, &Cpu::inline(), address, args.feed))
            .map_err(failure);
    }
    let body = read_input(Path::new(&args.source), http.max_body as u64)?.into();
    Ok(Input::pasted(body, args.url.clone(), now).map_err(anyhow::Error::from)?)
}

/// What went wrong, with the exit code for it.
fn failure(error: PreviewError) -> Failure {
    match error {
        PreviewError::Fetch(_) | PreviewError::NotAsked => Failure::new(Exit::Unavailable, error.to_string()),
        PreviewError::IsFeed => Failure::new(Exit::Usage, format!("{error}: add --feed")),
        PreviewError::NoFeed(_) => Failure::new(Exit::Failed, error.to_string()),
    }
}
