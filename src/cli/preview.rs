//! `copydesk preview`.

use std::path::{Path, PathBuf};

use serde::Serialize;
use url::Url;

use super::{
    Exit, Failure, Outcome, read_input,
    tail::show,
    view::{self, html, terminal},
};
use crate::{
    clean::{Cleaned, Cleaner, Decision, Document, SiteMemory},
    clock::Clock,
    config::Http,
    extract::{self, PageOptions},
    feed::{self, Entry, ParseOptions},
    fetch::{FeedRequest, FeedResponse, Fetcher, Validators},
    identity,
    publish::record::{
        ArticleRecord, Content, FeedReference, Origin, PublishedAtSource, SCHEMA_VERSION, Source,
    },
    tag::{Tagger, Tagging},
};

/// Show an article as it would be published, with what was cut struck through and why.
///
/// Nothing is published and no Kafka is needed. Without Kafka there is no memory of the site
/// either: what is removed only because it repeats on a site stays here. The record printed by
/// --json has an empty id and revision 0.
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
    url: Option<Url>,
    content_type: Option<String>,
    body: Vec<u8>,
}

/// An article on its way, before cleaning.
struct Draft {
    article: extract::Article,
    feed: FeedReference,
    origin: Origin,
    categories: Vec<String>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Preview<'a> {
    record: &'a ArticleRecord,
    blocks: &'a [extract::Block],
    decisions: &'a [Decision],
}

pub(super) fn execute(_config: &Path, args: Args) -> Outcome {
    let cleaner = cleaner(&args.rules)?;
    let input = read(&args)?;
    let drafts = if args.feed { entries(&input)? } else { vec![page(&input)?] };
    let tagger = Tagger::builtin();
    let now = Clock::system().now();

    let mut pages = Vec::new();
    for draft in drafts {
        let blocks = draft.article.blocks.clone();
        let (mut record, cleaned) = finish(draft, &cleaner, &tagger);
        record.first_seen_at = now;
        record.fetched_at = now;
        if record.published_at_source == PublishedAtSource::FirstSeen {
            record.published_at = now;
        }
        let rows = view::decided(&blocks, &cleaned.decisions, &cleaned.removed);
        if args.html {
            pages.push((record, rows));
        } else if args.json {
            let preview = Preview { record: &record, blocks: &blocks, decisions: &cleaned.decisions };
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

/// The built-in rules and those of the files.
fn cleaner(files: &[PathBuf]) -> Result<Cleaner, Failure> {
    Ok(Cleaner::builtin())
}

fn read(args: &Args) -> Result<Input, Failure> {
    let http = Http { allow_private_networks: args.allow_private_networks, ..Http::default() };
    let address = Url::parse(&args.source).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(address) = address else {
        let body = read_input(Path::new(&args.source), http.max_body as u64)?;
        return Ok(Input { url: args.url.clone(), content_type: None, body });
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(fetch(&http, address, args.feed))
}

async fn fetch(http: &Http, url: Url, feed: bool) -> Result<Input, Failure> {
    let unavailable = |error: crate::fetch::FetchError| Failure::new(Exit::Unavailable, error.to_string());
    let fetcher = Fetcher::new(http, crate::clock::Clock::system())?;
    if !feed {
        let page = fetcher.page(&url).await.map_err(unavailable)?;
        if !(200..300).contains(&page.status) {
            eprintln!("copydesk: {}: status {}; shown is what came with it", page.url, page.status);
        }
        let (content_type, body) = (page.content_type, page.body.to_vec());
        return Ok(Input { url: Some(page.url), content_type, body });
    }
    let request = FeedRequest { url, validators: Validators::default(), headers: Vec::new() };
    match fetcher.feed(&request).await.map_err(unavailable)? {
        FeedResponse::Document(document) => Ok(Input {
            url: Some(document.url),
            content_type: document.content_type,
            body: document.body.to_vec(),
        }),
        FeedResponse::NotModified { .. } => {
            Err(Failure::new(Exit::Unavailable, "the server answered 304 to a request without validators"))
        }
    }
}

fn page(input: &Input) -> Result<Draft, Failure> {
    let content_type = input.content_type.as_deref();
    let article = extract::page(&input.body, &PageOptions { url: input.url.clone(), content_type });
    if article.blocks.is_empty() {
        let options = ParseOptions { base: input.url.clone(), content_type };
        if feed::parse(&input.body, &options).is_ok() {
            return Err(Failure::new(Exit::Usage, "this is a feed, not a page: add --feed"));
        }
    }
    let mut categories = article.keywords.clone();
    categories.extend(article.section.clone());
    Ok(Draft { article, feed: FeedReference::default(), origin: Origin::Page, categories })
}

fn entries(input: &Input) -> Result<Vec<Draft>, Failure> {
    let options = ParseOptions { base: input.url.clone(), content_type: input.content_type.as_deref() };
    let parsed =
        feed::parse(&input.body, &options).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let reference = FeedReference {
        name: parsed.feed.title.clone().unwrap_or_default(),
        title: parsed.feed.title.clone(),
        url: input.url.as_ref().map(Url::to_string).unwrap_or_default(),
    };
    let language = parsed.feed.language;
    Ok(parsed.entries.into_iter().map(|entry| draft(entry, &reference, language.as_deref())).collect())
}

/// An entry as an article, from what the feed itself carries: its longest content, else its
/// summary.
fn draft(entry: Entry, feed: &FeedReference, language: Option<&str>) -> Draft {
    let url = entry.link.as_deref().and_then(|link| Url::parse(link).ok());
    let content = entry.content.iter().max_by_key(|content| content.value.len());
    let html = content.map(|content| content.value.as_str()).or(entry.summary.as_deref());
    let blocks = extract::fragment(html.unwrap_or_default(), url.as_ref());
    let verdict = if content.is_some() { extract::Verdict::Full } else { extract::Verdict::SummaryOnly };
    let category = |category: &feed::Category| category.label.clone().or_else(|| category.term.clone());
    let categories = entry.categories.iter().filter_map(category).collect();
    let article = extract::Article {
        url: entry.link,
        title: entry.title,
        authors: entry.authors.into_iter().filter_map(|author| author.name).collect(),
        published_at: entry.published,
        updated_at: entry.updated,
        language: entry.language.or_else(|| language.map(str::to_owned)),
        verdict,
        blocks,
        ..extract::Article::default()
    };
    Draft { article, feed: feed.clone(), origin: Origin::Feed, categories }
}

/// Cleans and tags a draft into a record.
fn finish(draft: Draft, cleaner: &Cleaner, tagger: &Tagger) -> (ArticleRecord, Cleaned) {
    let Draft { article, feed, origin, categories } = draft;
    let address = article.canonical_url.as_deref().or(article.url.as_deref());
    let canonical = address.and_then(|url| Url::parse(url).ok()).map(|url| identity::canonical_url(&url));
    let domain = canonical.as_ref().and_then(Url::host_str).map(site);
    let document = Document {
        site: domain.clone().unwrap_or_default(),
        language: article.language.clone(),
        title: article.title.clone(),
        url: article.url.clone(),
        blocks: article.blocks,
        ..Document::default()
    };
    let cleaned = cleaner.clean(&document, &SiteMemory::default());
    let texts: Vec<&str> = cleaned.blocks.iter().map(|block| block.text.as_str()).collect();
    let text = texts.join("\n\n");
    let title = article.title.unwrap_or_default();
    let tagged = tagger.tag(&Tagging {
        title: &title,
        text: &text,
        url: article.url.as_deref(),
        declared_language: article.language.as_deref(),
        categories: &categories,
        feed: &feed.name,
        feed_tags: &[],
    });
    let source = if article.published_at.is_none() {
        PublishedAtSource::FirstSeen
    } else if origin == Origin::Feed {
        PublishedAtSource::Feed
    } else {
        PublishedAtSource::Page
    };
    let authors = if article.authors.is_empty() { cleaned.bylines.clone() } else { article.authors };
    let record = ArticleRecord {
        schema_version: SCHEMA_VERSION,
        url: article.url,
        canonical_url: canonical.map(String::from),
        feed,
        source: Source { name: article.site_name, domain },
        title,
        authors,
        published_at: article.published_at.unwrap_or_default(),
        published_at_source: source,
        updated_at: article.updated_at,
        language: tagged.language.into(),
        summary: article.summary,
        word_count: text.split_whitespace().count() as u64,
        text,
        blocks: cleaned.blocks.iter().cloned().map(Into::into).collect(),
        images: article.images.into_iter().map(Into::into).collect(),
        content: Content { origin, verdict: article.verdict.into(), fallback: cleaned.fallback },
        tags: tagged.tags.into_iter().map(Into::into).collect(),
        removed: cleaned.removed.iter().cloned().map(Into::into).collect(),
        notes: cleaned.notes.iter().cloned().map(Into::into).collect(),
        ..ArticleRecord::default()
    };
    (record, cleaned)
}

/// Registrable domain of a host, or the host where it has none.
fn site(host: &str) -> String {
    psl::domain_str(host).unwrap_or(host).to_owned()
}
