//! Feeds: all, one, and what is done to one.

use std::{collections::BTreeMap, sync::Arc};

use aho_corasick::AhoCorasick;
use axum::{http::StatusCode, response::Response};
use chrono::{DateTime, SubsecRound, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::{
        Admin,
        ask::standing,
        input::{Query, object},
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

/// Feeds on a page, most and usual.
const PER_PAGE_MAX: usize = 500;
const PER_PAGE: usize = 50;

/// Last page that can be asked for.
const PAGE_MAX: usize = 1_000_000;

/// Longest search, characters.
const SEARCH_MAX: usize = 200;

/// Bodies of orders are empty objects.
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
            description: "Only feeds that stand so.",
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
    description: "Refused with 409, `until` and `Retry-After` where it was asked less than 5 minutes ago (or its \
                  interval, where that is shorter), where its server asked for a pause, or where its site is \
                  left alone. Not remembered over a restart.",
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
    summary: "Do not poll a feed any more.",
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
    summary: "Poll a feed again that was paused.",
    description: "At its due time; at once where that has passed.",
    query: &[],
    answer: (200, of::<PauseAnswer>),
    errors: &[400, 404, 409, 413, 415],
    call: |call| Box::pin(pause(call, false)),
};

/// A page of feeds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FeedPage {
    /// The feeds of this page.
    pub(crate) feeds: Vec<FeedStatus>,
    /// Feeds that were found, on all pages.
    pub(crate) total: usize,
    /// Which page this is.
    pub(crate) page: usize,
    /// Pages there are.
    pub(crate) pages: usize,
    /// All feeds by how they stand.
    pub(crate) counts: BTreeMap<Standing, usize>,
}

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

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) status: Option<Standing>,
    pub(crate) page: usize,
    pub(crate) per_page: usize,
}

impl Search {
    pub(crate) fn of(query: &Query) -> Result<Self, Problem> {
        let text = query.get("search").unwrap_or_default().to_owned();
        if text.chars().count() > SEARCH_MAX {
            return Err(Problem::bad_request(format!("`search` has more than {SEARCH_MAX} characters")));
        }
        let status = query.get("status").map(|wanted| {
            let all = Standing::ALL.iter().copied();
            all.clone().find(|standing| standing.as_str() == wanted).ok_or_else(|| {
                let known: Vec<&str> = all.map(Standing::as_str).collect();
                Problem::bad_request(format!("`status` has to be one of {}", known.join(", ")))
            })
        });
        Ok(Self {
            text,
            status: status.transpose()?,
            page: query.number("page", 1..=PAGE_MAX, 1)?,
            per_page: query.number("per_page", 1..=PER_PAGE_MAX, PER_PAGE)?,
        })
    }
}

/// The page that is looked for.
pub(crate) async fn page(admin: &Admin, search: Search) -> Result<FeedPage, Problem> {
    let busy = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping");
    // The snapshot of 100,000 feeds is some megabytes: one at a time.
    let turn = admin.turns.lists.clone().acquire_owned().await.map_err(busy)?;
    let feeds = admin.feeds().await?;
    let asked = admin.clone();
    let found = tokio::task::spawn_blocking(move || {
        let page = find(&asked, &feeds, &search);
        drop(turn);
        page
    });
    found.await.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

fn find(admin: &Admin, feeds: &[Shown], search: &Search) -> FeedPage {
    // Letters of ASCII in any case without a copy of each name; others as they are.
    let searcher = AhoCorasick::builder().ascii_case_insensitive(true).build([search.text.trim()]).ok();
    let is_found = |shown: &Shown| {
        search.text.trim().is_empty()
            || searcher.as_ref().is_some_and(|searcher| {
                searcher.is_match(shown.feed.name.as_str())
                    || searcher.is_match(shown.feed.public_url.as_str())
            })
    };
    let mut counts = BTreeMap::new();
    let (mut total, mut rows) = (0, Vec::new());
    let first = (search.page - 1).saturating_mul(search.per_page);
    for shown in feeds {
        let stands = standing(shown);
        *counts.entry(stands).or_default() += 1;
        if search.status.is_some_and(|wanted| wanted != stands) || !is_found(shown) {
            continue;
        }
        if total >= first && rows.len() < search.per_page {
            rows.push(shown);
        }
        total += 1;
    }
    FeedPage {
        feeds: rows.into_iter().map(|shown| admin.status(shown, true)).collect(),
        total,
        page: search.page,
        pages: total.div_ceil(search.per_page).max(1),
        counts,
    }
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

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{admin::server::tests::admin, config::Feed, ledger::FeedState};

    fn feeds(count: usize) -> Vec<Shown> {
        let now = DateTime::UNIX_EPOCH;
        let shown = |number: usize| {
            let url = Url::parse(&format!("https://site{}.example/Feed/{number}", number % 977)).unwrap();
            let feed = Feed::new(format!("feed {number:06}"), url);
            let mut state = FeedState::new(&feed.name, &feed.url, now);
            state.polled_at = (!number.is_multiple_of(3)).then_some(now);
            state.paused_at = number.is_multiple_of(100).then_some(now);
            Shown { feed: Arc::new(feed), activity: Activity::Waiting, state: Some(Arc::new(state)) }
        };
        (0..count).map(shown).collect()
    }

    #[tokio::test]
    async fn a_search_finds_its_page() {
        let (admin, feeds) = (admin(), feeds(1_000));
        let find = |query: &str| {
            let query = Query::read(query, &["search", "status", "page", "per_page"]).unwrap();
            super::find(&admin, &feeds, &Search::of(&query).unwrap())
        };
        let all = find("");
        assert_eq!(
            (all.total, all.pages, all.feeds.len(), all.feeds[0].name.as_str()),
            (1_000, 20, 50, "feed 000000")
        );
        assert_eq!(
            all.counts,
            BTreeMap::from([(Standing::Healthy, 660), (Standing::Paused, 10), (Standing::NeverPolled, 330)])
        );
        let last = find("page=7&per_page=150");
        assert_eq!((last.feeds.len(), last.feeds[0].name.as_str(), last.pages), (100, "feed 000900", 7));
        assert_eq!(find("page=8&per_page=150").feeds.len(), 0, "behind the last one");
        assert_eq!((find("search=FEED+00099").total, find("search=/feed/7").total), (10, 111));
        let paused = find("status=paused&search=feed");
        assert_eq!((paused.total, paused.counts.len()), (10, 3));
        assert!(paused.feeds.iter().all(|feed| feed.status == Standing::Paused));
        assert_eq!((find("search=nobody").total, find("search=nobody").pages), (0, 1));
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let long = format!("search={}", "a".repeat(SEARCH_MAX + 1));
        for query in ["page=0", "page=one", "per_page=501", "status=ok", "status=", long.as_str()] {
            let query = Query::read(query, &["search", "status", "page", "per_page"]).unwrap();
            assert_eq!(Search::of(&query).unwrap_err().status().as_u16(), 400, "{query:?}");
        }
    }
}
