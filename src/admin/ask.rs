//! Questions to the scheduler, each with a deadline.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::{sync::oneshot, time::timeout};

use super::{Admin, problem::Problem};
use crate::{
    ledger::{FeedStatus, Standing},
    schedule::{Activity, Asked, NotNow, Pause, Request, Roll, Shown, ShownShard},
};

/// The scheduler answers within this time, or counts as busy: it does not run before Kafka has been
/// reached.
const ANSWER: Duration = Duration::from_secs(5);

/// A commit may take a little longer.
const COMMIT: Duration = Duration::from_secs(15);

impl Admin {
    async fn ask<T>(
        &self,
        limit: Duration,
        question: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.scheduler.send(question(answer)).await.ok()?;
            answered.await.ok()
        };
        let reasons = || match self.health.reasons() {
            reasons if reasons.is_empty() => "the scheduler did not answer in time; try again".to_owned(),
            reasons => format!("not ready: {}", reasons.join("; ")),
        };
        let unavailable = |detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        match timeout(limit, asked).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(unavailable("the daemon is stopping".into())),
            Err(_) => Err(unavailable(reasons())),
        }
    }

    /// All configured feeds, by name, and how each stands.
    pub(super) async fn roll(&self) -> Result<Roll, Problem> {
        self.ask(ANSWER, Request::Roll).await
    }

    /// The feeds of these names, as far as they are configured.
    pub(super) async fn feeds(&self, names: Vec<String>) -> Result<Vec<Shown>, Problem> {
        self.ask(ANSWER, |answer| Request::Feeds(names, answer)).await
    }

    pub(super) async fn feed(&self, name: &str) -> Result<Shown, Problem> {
        let shown = self.ask(ANSWER, |answer| Request::Feed(name.to_owned(), answer)).await?;
        shown.ok_or_else(|| self.refused(NotNow::Unknown))
    }

    pub(super) async fn held(&self) -> Result<Vec<ShownShard>, Problem> {
        self.ask(ANSWER, Request::Shards).await
    }

    pub(super) async fn poll(&self, name: &str) -> Result<Asked, Problem> {
        let asked = self.ask(ANSWER, |answer| Request::Poll(name.to_owned(), answer)).await?;
        asked.map_err(|why| self.refused(why))
    }

    /// True once it is committed, false if a poll under way has to end first.
    pub(super) async fn pause(&self, name: &str, paused: bool) -> Result<bool, Problem> {
        let order = |done| Request::Pause(Pause { feed: name.to_owned(), paused, done });
        self.ask(COMMIT, order).await?.map_err(|why| self.refused(why))
    }

    fn refused(&self, why: NotNow) -> Problem {
        let status = match why {
            NotNow::Unknown => StatusCode::NOT_FOUND,
            NotNow::Lost => StatusCode::SERVICE_UNAVAILABLE,
            NotNow::Elsewhere(_) | NotNow::Quarantined(_) | NotNow::Paused | NotNow::TooSoon { .. } => {
                StatusCode::CONFLICT
            }
        };
        let problem = Problem::new(status, why.to_string());
        match why {
            NotNow::TooSoon { until, .. } => problem.until(until, self.clock.now()),
            _ => problem,
        }
    }

    /// The status of a feed; with `as_polled`, as it stood after its last poll.
    pub(super) fn status(&self, shown: &Shown, as_polled: bool) -> FeedStatus {
        let now = self.clock.now();
        let Some(state) = &shown.state else {
            let blank = crate::ledger::FeedState::new(&shown.feed.name, &shown.feed.url, now);
            let why = match &shown.activity {
                Activity::Quarantined(what) => Some(what.clone()),
                _ => None,
            };
            let status = standing(shown);
            return FeedStatus {
                status,
                why,
                due_at: None,
                ..FeedStatus::of(&blank, Some(&shown.feed), self.config.topics.ledger_partitions, now)
            };
        };
        let at = state.polled_at.filter(|_| as_polled).unwrap_or(now);
        let mut told = FeedStatus::of(state, Some(&shown.feed), self.config.topics.ledger_partitions, at);
        if shown.activity == Activity::Paused {
            told.status = Standing::Paused;
        }
        told
    }
}

/// How a feed stood after its last poll.
pub(super) fn standing(shown: &Shown) -> Standing {
    match (&shown.activity, &shown.state) {
        (Activity::Quarantined(_), _) => Standing::Quarantined,
        (Activity::Paused, _) => Standing::Paused,
        (_, Some(state)) => Standing::reported(state),
        (_, None) => Standing::Elsewhere,
    }
}
