//! Dead letters.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{
    super::{
        input::object,
        letters::{SHOWN, SHOWN_MAX},
    },
    answer,
    feeds::Nothing,
    operation::{Expected, Method, Operation, Parameter, of},
};
use crate::{
    publish::{Lying, record::Stage},
    replay::LettersReport,
};

pub(super) const LIST: Operation = Operation {
    method: Method::Get,
    path: "/dead-letters",
    id: "listDeadLetters",
    summary: "What could not be published, the latest first.",
    description: "Of all feeds and instances, as it lies in the topic, without the originals.",
    query: &[Parameter {
        name: "limit",
        description: "How many.",
        schema: || json!({"type": "integer", "minimum": 1, "maximum": SHOWN_MAX, "default": SHOWN}),
    }],
    answer: (200, of::<Letters>),
    errors: &[400],
    call: |call| {
        Box::pin(async move {
            let limit = call.query.number("limit", 1..=SHOWN_MAX, SHOWN)?;
            let letters = call.admin.letters(limit).await?;
            answer(StatusCode::OK, &Letters { dead_letters: letters.into_iter().map(Letter::of).collect() })
        })
    },
};

pub(super) const RETRY: Operation = Operation {
    method: Method::Post(Expected { schema: of::<Nothing>, bytes_max: 1 << 10 }),
    path: "/dead-letters/retry",
    id: "retryDeadLetters",
    summary: "Try all dead letters again that were not tried yet, as `copydesk replay --dead-letters` does.",
    description: "Takes the shards that are concerned for a moment; who holds them takes them back. Refused with 409 \
                  where `delivery` is `at_least_once`.",
    query: &[],
    answer: (200, of::<LettersReport>),
    errors: &[400, 409, 413, 415],
    call: |call| {
        Box::pin(async move {
            object::<Nothing>(&call.body)?;
            answer(StatusCode::OK, &call.admin.retry().await?)
        })
    },
};

/// Dead letters.
#[derive(Debug, Serialize, JsonSchema)]
struct Letters {
    /// The latest first.
    dead_letters: Vec<Letter>,
}

/// What could not be published.
#[derive(Debug, Serialize, JsonSchema)]
struct Letter {
    /// Why, one of a closed list of words.
    reason: String,
    /// Why, in a sentence.
    detail: String,
    /// The step that failed.
    stage: Stage,
    /// Name of the feed.
    feed: String,
    /// Address of the article.
    url: Option<String>,
    /// Headline.
    title: Option<String>,
    /// Id the article would have had.
    article_id: Option<String>,
    /// First of the failed attempts.
    first_failed_at: DateTime<Utc>,
    /// Last of the failed attempts.
    last_failed_at: DateTime<Utc>,
    /// How often it was tried before it was given up.
    attempts: u32,
    /// It was tried again since.
    tried_again: bool,
}

impl Letter {
    fn of(lying: Lying) -> Self {
        let Lying { letter, tried } = lying;
        Self {
            reason: letter.reason,
            detail: letter.detail,
            stage: letter.stage,
            feed: letter.feed.name,
            url: letter.url,
            title: letter.title,
            article_id: letter.article_id,
            first_failed_at: letter.first_failed_at,
            last_failed_at: letter.last_failed_at,
            attempts: letter.attempts,
            tried_again: tried,
        }
    }
}
