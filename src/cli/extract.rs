//! `copydesk extract`.

use std::io::Write;
use std::path::PathBuf;

use serde::Serialize;
use url::Url;

use super::{Exit, Failure, Outcome};
use crate::extract::{self, Article, PageOptions};

/// Largest page read, in bytes: the limit of extraction itself, and one more.
const LIMIT: u64 = 64 << 20;

/// Extract the article of a page and print it as JSON.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the page, for relative links.
    #[arg(long)]
    url: Option<Url>,
    /// The page's `Content-Type` header, for its charset.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Print why each block was taken or left out instead.
    #[arg(long)]
    explain: bool,
    /// With `--explain`: scores to use instead of the model's, one number for each block:
    /// `{"first": [...], "second": [...]}`. For training.
    #[arg(long, value_name = "FILE", requires = "explain")]
    scores: Option<PathBuf>,
    /// The page; `-` is standard input.
    file: PathBuf,
}

/// Scores to try instead of the model's.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Scores {
    first: Option<Vec<f32>>,
    second: Option<Vec<f32>>,
}

impl Scores {
    fn read(path: &std::path::Path) -> Result<Self, Failure> {
        let bytes = super::read_input(path, LIMIT)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Failure::new(Exit::Failed, format!("{}: {error}", path.display())))
    }
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    article: Article,
    text: String,
}

/// The article as JSON; its publication time in the zone it was given in.
fn answer(article: Article) -> serde_json::Value {
    let published =
        article.published_at.zip(article.published_zone).map(|(time, zone)| time.with_timezone(&zone));
    let text = article.text();
    let mut answer = serde_json::json!(Answer { article, text });
    if let Some(published) = published {
        answer["published_at"] = published.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into();
    }
    answer
}

pub(super) fn execute(args: &Args) -> Outcome {
    let body = super::read_input(&args.file, LIMIT)?;
    let options = PageOptions { url: args.url.clone(), content_type: args.content_type.as_deref() };
    let mut out = std::io::stdout().lock();
    if args.explain {
        let Scores { first, second } = match &args.scores {
            Some(path) => Scores::read(path)?,
            None => Scores::default(),
        };
        let explanation = extract::explain_with(&body, &options, first.as_deref(), second.as_deref());
        serde_json::to_writer(&mut out, &explanation)
    } else {
        let article = extract::page(&body, &options);
        serde_json::to_writer(&mut out, &answer(article))
    }
    .map_err(|error| Failure::new(Exit::Failed, format!("standard output: {error}")))?;
    writeln!(out)?;
    Ok(Exit::Done)
}
