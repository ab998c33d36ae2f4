//! Feeds: all of them, one, and what can be done to one.

use std::sync::Arc;

use axum::{http::StatusCode, response::Response};
use chrono::{DateTime, SubsecRound, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::{
        Admin,
        input::object,
        listing::{FeedPage, PAGE_MAX, PER_PAGE, PER_PAGE_MAX, SEARCH_MAX, Search, page},
        problem::Problem,
    },
    answer,
    operation::{Call, Expected, Method, Operation, Parameter, of},
};
use crate::{
    config::{Interval, spell_duration},
    ledger::{FeedStatus, Standing},
    schedule::{Activity, Asked, Shown},
};

/// Requests that change something have an empty object as their body.
const ORDER: Method = Method::Post(Expected { schema: of::<Nothing>, bytes_max: 1 << 10 });

/// No settings: `{}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

pub(super) const LIST: Operation = Operation {
    method: Method::Get,
    path: "/feeds",
    id: "listFeeds",
    summary: "The configured feeds by name, a page of them.",
    description: "Each as it stood after its last poll. `counts` is about all feeds, whatever is searched for.",
    query: &[
        Parameter {
            name: "search",
            description: "Only feeds with these words in name or address, in any case.",
            schema: || json!({"type": "string", "maxLength": SEARCH_MAX}),
        },
        Parameter {
            name: "status",
            description: "Only feeds with this status.",
            schema: || json!({"enum": Standing::ALL.map(Standing::as_str)}),
        },
        Parameter {
            name: "page",
            description: "Which page.",
            schema: || json!({"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": 1}),
        },
        Parameter {
            name: "per_page",
            description: "Feeds on a page.",
            schema: || json!({"type": "integer", "minimum": 1, "maximum": PER_PAGE_MAX, "default": PER_PAGE}),
        },
    ],
    answer: (200, of::<FeedPage>),
    errors: &[400],
    call: |call| {
        Box::pin(async move { answer(StatusCode::OK, &page(&call.admin, Search::of(&call.query)?).await?) })
    },
};

pub(super) const SHOW: Operation = Operation {
    method: Method::Get,
    path: "/feeds/{name}",
    id: "showFeed",
    summary: "All that is known about a feed, and why its next poll is when it is.",
    description: "The same as `copydesk feeds status NAME`.",
    query: &[],
    answer: (200, of::<FeedDetail>),
    errors: &[404],
    call: |call| {
        Box::pin(async move {
            let shown = call.admin.feed(&call.name).await?;
            answer(StatusCode::OK, &FeedDetail::of(&call.admin, &shown))
        })
    },
};

pub(super) const POLL: Operation = Operation {
    method: ORDER,
    path: "/feeds/{name}/poll",
    id: "pollFeed",
    summary: "Poll a feed now.",
    description: "Refused with 409, `until` and `Retry-After` if it was polled less than 5 minutes ago (or its interval, if that is shorter), if its server asked for a pause, or if its site is left alone. Not remembered across a restart.",
    query: &[],
    answer: (202, of::<PollAnswer>),
    errors: &[400, 404, 409, 413, 415],
    call: |call| {
        Box::pin(async move {
            object::<Nothing>(&call.body)?;
            let (poll, due_at) = match call.admin.poll(&call.name).await? {
                Asked::Due(at) => (PollState::Due, Some(at.trunc_subsecs(0))),
                Asked::Waits => (PollState::Waits, None),
                Asked::UnderWay => (PollState::UnderWay, None),
            };
            answer(StatusCode::ACCEPTED, &PollAnswer { name: call.name, poll, due_at })
        })
    },
};

pub(super) const PAUSE: Operation = Operation {
    method: ORDER,
    path: "/feeds/{name}/pause",
    id: "pauseFeed",
    summary: "Pause a feed: no more polls.",
    description: "Part of the feed's state: it outlives restarts and goes with the feed to another instance, until \
                  it is resumed. A poll under way comes to its end.",
    query: &[],
    answer: (200, of::<PauseAnswer>),
    errors: &[400, 404, 409, 413, 415],
    call: |call| Box::pin(pause(call, true)),
};

pub(super) const RESUME: Operation = Operation {
    method: ORDER,
    path: "/feeds/{name}/resume",
    id: "resumeFeed",
    summary: "Resume a paused feed.",
    description: "At its due time; at once where that has passed.",
    query: &[],
    answer: (200, of::<PauseAnswer>),
    errors: &[400, 404, 409, 413, 415],
    call: |call| Box::pin(pause(call, false)),
};

/// A feed with what the configuration says.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FeedDetail {
    /// What is known.
    #[serde(flatten)]
    pub(crate) status: FeedStatus,
    /// What it is doing: `waiting`, `due`, `polling`, `paused`, `quarantined`, `elsewhere`.
    pub(crate) activity: &'static str,
    /// Its interval: `adaptive` or a time.
    pub(crate) interval: String,
    /// Tags that all its articles get.
    pub(crate) tags: Vec<String>,
    /// Where it is configured: file, line and column.
    pub(crate) configured_at: String,
}

/// A poll that was asked for.
#[derive(Debug, Serialize, JsonSchema)]
struct PollAnswer {
    /// Name of the feed.
    name: String,
    /// What becomes of it.
    poll: PollState,
    /// When it is due now, where that changed.
    due_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PollState {
    /// It is due from now on.
    Due,
    /// It was due already, and waits for a worker.
    Waits,
    /// It is under way.
    UnderWay,
}

/// A feed that was paused or resumed.
#[derive(Debug, Serialize, JsonSchema)]
struct PauseAnswer {
    /// Name of the feed.
    name: String,
    /// Whether it is paused now.
    paused: bool,
    /// It is in the ledger. If not, a poll is under way, and it will be at the end of that.
    committed: bool,
}

async fn pause(call: Call, paused: bool) -> Result<Response, Problem> {
    object::<Nothing>(&call.body)?;
    let committed = call.admin.pause(&call.name, paused).await?;
    answer(StatusCode::OK, &PauseAnswer { name: call.name, paused, committed })
}

impl FeedDetail {
    pub(crate) fn of(admin: &Admin, shown: &Shown) -> Self {
        let feed = Arc::clone(&shown.feed);
        Self {
            status: admin.status(shown, false),
            activity: match shown.activity {
                Activity::Waiting => "waiting",
                Activity::Due => "due",
                Activity::Polling => "polling",
                Activity::Paused => "paused",
                Activity::Quarantined(_) => "quarantined",
                Activity::Elsewhere => "elsewhere",
            },
            interval: match feed.interval {
                Interval::Every(every) => spell_duration(every),
                Interval::Adaptive => "adaptive".into(),
            },
            tags: feed.tags.clone(),
            configured_at: feed.origin.clone(),
        }
    }
}
