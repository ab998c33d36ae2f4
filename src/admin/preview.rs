//! Previews, with the daemon's rules, and with the limits and the address guard of its polls.

use std::{borrow::Cow, time::Duration};

use axum::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;
use url::Url;

use super::{Admin, problem::Problem};
use crate::{
    clean::{Decision, SiteMemory},
    edit::{Draft, Editor, edit},
    extract::Block,
    preview::{Input, PreviewError, fetch},
    publish::record::ArticleRecord,
};

/// A preview has to be ready within this time: an answer may take 30 s.
const PREVIEW: Duration = Duration::from_secs(25);

/// Longest address, bytes.
const ADDRESS_MAX: usize = 2_000;

/// Entries of a feed that are shown, at most.
const ENTRIES_MAX: usize = 20;

/// What is to be shown: the article at an address, or in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Address of a page, http or https.
    #[serde(default, deserialize_with = "present")]
    pub(super) address: Option<String>,
    /// HTML of a page, or the document of a feed.
    #[serde(default, deserialize_with = "present")]
    pub(super) text: Option<String>,
    /// Address the text was taken from, for its links and the rules of its site.
    #[serde(default, deserialize_with = "present")]
    pub(super) base: Option<String>,
    /// It is a feed: what its entries themselves carry is shown.
    #[serde(default)]
    pub(super) feed: bool,
}

/// Two forms, and nothing in between.
impl JsonSchema for Wanted {
    fn schema_name() -> Cow<'static, str> {
        "PreviewRequest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let address = |what: &str| {
            json_schema!({
                "type": "string", "format": "iri", "pattern": "^https?://", "minLength": 8, "maxLength": 2000,
                "description": what,
            })
        };
        let feed = json_schema!({
            "type": "boolean", "default": false,
            "description": "It is a feed: what its entries themselves carry is shown.",
        });
        json_schema!({
            "description": "The article at an address, or in a text.",
            "oneOf": [
                {
                    "type": "object", "required": ["address"], "additionalProperties": false,
                    "properties": {"address": address("Address of a page, http or https."), "feed": feed},
                },
                {
                    "type": "object", "required": ["text"], "additionalProperties": false,
                    "properties": {
                        "text": {"type": "string", "description": "HTML of a page, or the document of a feed."},
                        "base": address("Address the text was taken from, for its links and the rules of its site."),
                        "feed": feed,
                    },
                },
            ],
        })
    }
}

/// A field that is present has to be a text: null is not one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// An article as it would be published.
pub(super) struct Previewed {
    pub(super) record: ArticleRecord,
    pub(super) blocks: Vec<Block>,
    pub(super) decisions: Vec<Decision>,
}

fn address(name: &str, text: &str) -> Result<Url, Problem> {
    let url = Some(text)
        .filter(|text| text.len() <= ADDRESS_MAX)
        .and_then(|text| Url::parse(text.trim()).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| Problem::bad_request(format!("`{name}` has to be an address with http or https")))
}

impl Admin {
    pub(super) async fn preview(&self, wanted: Wanted) -> Result<Vec<Previewed>, Problem> {
        // One at a time: waiting counts towards the same limit.
        let shown = async {
            let _turn = self.turns.previews.acquire().await;
            let input = self.input(&wanted).await?;
            let (editor, feed) = (self.editor.borrow().clone(), wanted.feed);
            let edited = self.turns.cpu.run("preview", move || articles(&editor, &input, feed)).await;
            edited.unwrap_or_else(|_| {
                let detail = "editing panicked; the log says where. A poll would make a dead letter of it";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
            })
        };
        timeout(PREVIEW, shown).await.unwrap_or_else(|_| {
            let detail = format!(
                "no preview within {} s: its site is slow, or another preview is still running",
                PREVIEW.as_secs()
            );
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
        })
    }

    async fn input(&self, wanted: &Wanted) -> Result<Input, Problem> {
        match (&wanted.address, &wanted.text, &wanted.base) {
            (Some(text), None, None) => {
                let url = address("address", text)?;
                fetch(&self.fetcher, &self.turns.cpu, url, wanted.feed).await.map_err(|error| problem(&error))
            }
            (None, Some(text), base) => {
                let base = base.as_deref().map(|base| address("base", base)).transpose()?;
                let body = text.clone().into_bytes().into();
                Input::pasted(body, base, self.clock.now())
                    .map_err(|error| Problem::bad_request(error.to_string()))
            }
            _ => Err(Problem::bad_request(
                "either `address` or `text` is needed, and `base` goes only with `text`",
            )),
        }
    }
}

fn problem(error: &PreviewError) -> Problem {
    let more = match error {
        PreviewError::IsFeed => ": say that it is one (`feed`)",
        _ => "",
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{error}{more}"))
}

fn articles(editor: &Editor, input: &Input, feed: bool) -> Result<Vec<Previewed>, Problem> {
    let drafts: Vec<Draft> =
        if feed { input.entries(editor) } else { input.page(editor) }.map_err(|error| problem(&error))?;
    let shown = drafts.into_iter().take(ENTRIES_MAX).map(|draft| {
        let edited = edit(editor, &draft, &SiteMemory::default());
        let decisions = edited.decisions.clone();
        Previewed { blocks: draft.blocks().to_vec(), decisions, record: edited.into_record(0, None) }
    });
    Ok(shown.collect())
}
