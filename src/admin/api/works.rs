//! What is not about one feed: the daemon, its rules and shards, previews, reloads.

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    super::{
        input::object,
        preview::{Previewed, Wanted},
        reload::Reloaded,
    },
    answer,
    feeds::Nothing,
    operation::{Expected, Method, Operation, of},
};
use crate::{
    observe::RuleFired,
    preview::{Row, decided},
    publish::record::ArticleRecord,
    schedule::ShownShard,
};

/// Largest text to preview, with what JSON adds to it, bytes.
const TEXT_MAX: usize = 4 << 20;

pub(super) const STATUS: Operation = Operation {
    method: Method::Get,
    path: "/status",
    id: "status",
    summary: "Which program runs here, and what it is not ready for.",
    description: "",
    query: &[],
    answer: (200, of::<Status>),
    errors: &[],
    call: |call| {
        Box::pin(async move {
            let waiting_for = call.admin.health.reasons();
            let status =
                Status { version: env!("CARGO_PKG_VERSION"), ready: waiting_for.is_empty(), waiting_for };
            answer(StatusCode::OK, &status)
        })
    },
};

pub(super) const RULES: Operation = Operation {
    method: Method::Get,
    path: "/rules",
    id: "listRules",
    summary: "The cleaning rules that have cut something, the most frequent first.",
    description: "Counted by this instance since it started, with the passage that each cut last.",
    query: &[],
    answer: (200, of::<Rules>),
    errors: &[],
    call: |call| Box::pin(async move { answer(StatusCode::OK, &Rules { rules: call.admin.fired.told() }) }),
};

pub(super) const SHARDS: Operation = Operation {
    method: Method::Get,
    path: "/shards",
    id: "listShards",
    summary: "The shards of the ledger that this instance holds.",
    description: "",
    query: &[],
    answer: (200, of::<Shards>),
    errors: &[],
    call: |call| {
        Box::pin(async move {
            let held = call.admin.held().await?.into_iter().map(Shard::of).collect();
            answer(StatusCode::OK, &Shards { partitions: call.admin.config.topics.ledger_partitions, held })
        })
    },
};

pub(super) const PREVIEW: Operation = Operation {
    method: Method::Post(Expected { schema: of::<Wanted>, bytes_max: TEXT_MAX }),
    path: "/preview",
    id: "preview",
    summary: "An article as it would be published; nothing is published.",
    description: "With the rules in force, and with the limits, turns and address guard of polls. Without the \
                  memory of its site: what is removed only because it repeats stays here. Of a feed 20 entries.",
    query: &[],
    answer: (200, of::<Articles>),
    errors: &[400, 413, 415, 422],
    call: |call| {
        Box::pin(async move {
            let wanted: Wanted = object(&call.body)?;
            let articles = call.admin.preview(wanted).await?.into_iter().map(Article::of).collect();
            answer(StatusCode::OK, &Articles { articles })
        })
    },
};

pub(super) const RELOAD: Operation = Operation {
    method: Method::Post(Expected { schema: of::<Nothing>, bytes_max: 1 << 10 }),
    path: "/reload",
    id: "reload",
    summary: "Reload feeds, rules, tags and address rules, as SIGHUP does: all of them or none.",
    description: "422 with every mistake if there is one; then the running configuration stays in force.",
    query: &[],
    answer: (200, of::<Reloaded>),
    errors: &[400, 409, 413, 415, 422],
    call: |call| {
        Box::pin(async move {
            object::<Nothing>(&call.body)?;
            answer(StatusCode::OK, &call.admin.reload().await?)
        })
    },
};

/// The daemon.
#[derive(Debug, Serialize, JsonSchema)]
struct Status {
    /// Version of the program.
    version: &'static str,
    /// It can do its work.
    ready: bool,
    /// What is missing where it cannot, as `/readyz` says it.
    waiting_for: Vec<String>,
}

/// Rules that have cut something.
#[derive(Debug, Serialize, JsonSchema)]
struct Rules {
    /// The most frequent first.
    rules: Vec<RuleFired>,
}

/// The shards of this instance.
#[derive(Debug, Serialize, JsonSchema)]
struct Shards {
    /// Partitions of the ledger.
    partitions: i32,
    /// Those that are held here.
    held: Vec<Shard>,
}

/// A shard that is held.
#[derive(Debug, Serialize, JsonSchema)]
struct Shard {
    /// Partition of the ledger.
    shard: i32,
    /// Its feeds.
    feeds: usize,
    /// Polls under way.
    polls: usize,
    /// Feeds whose record could not be read.
    quarantined: usize,
    /// Kafka takes none of its records at the moment.
    blocked: bool,
    /// It goes to another instance.
    leaving: bool,
}

impl Shard {
    fn of(held: ShownShard) -> Self {
        let ShownShard { shard, feeds, polls, quarantined, blocked, leaving } = held;
        Self { shard, feeds, polls, quarantined, blocked, leaving }
    }
}

/// Articles as they would be published.
#[derive(Debug, Serialize, JsonSchema)]
struct Articles {
    /// One of a page, several of a feed.
    articles: Vec<Article>,
}

/// An article, and what was decided about each of its passages.
#[derive(Debug, Serialize, JsonSchema)]
struct Article {
    /// The record, with revision 0.
    record: ArticleRecord,
    /// The passages in order, those that were cut as well.
    passages: Vec<Passage>,
}

/// A block, or a part of one that was cut.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Passage {
    /// Its text.
    text: String,
    /// It is not in the article.
    removed: bool,
    /// Kind of boilerplate that it is, or is suspected to be.
    kind: Option<String>,
    /// Rule with the most weight.
    rule: Option<String>,
    /// Combined score, 0 to 1.
    score: Option<f32>,
}

impl Article {
    fn of(previewed: Previewed) -> Self {
        let Previewed { record, blocks, decisions } = previewed;
        let rows = decided(&blocks, &decisions, &record.removed);
        Self { passages: rows.into_iter().map(Passage::of).collect(), record }
    }
}

impl Passage {
    fn of(row: Row) -> Self {
        let (text, removed, reason) = match row {
            Row::Kept { text, .. } => return Self { text, ..Self::default() },
            Row::Suspect { text, reason } => (text, false, reason),
            Row::Removed { text, reason } => (text, true, reason),
        };
        Self { text, removed, kind: Some(reason.kind), rule: Some(reason.rule), score: Some(reason.score) }
    }
}
