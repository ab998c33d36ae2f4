//! Dead letters: the last ones, and another try of those that had none.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::timeout;

use super::{Admin, problem::Problem};
use crate::{
    config::{Config, Delivery, Feed},
    publish::{LetterBox, Lying},
    replay::{LettersReport, replay_letters},
};

/// Letters that are shown, most and usual.
pub(super) const SHOWN_MAX: usize = 200;
pub(super) const SHOWN: usize = 50;

/// What Kafka is asked is answered within this time: an answer may take 30 s.
const KAFKA: Duration = Duration::from_secs(25);

impl Admin {
    /// The last letters that failed, the latest first.
    pub(super) async fn letters(&self, count: usize) -> Result<Vec<Lying>, Problem> {
        let config = self.config.clone();
        let read = move || {
            let letterbox = LetterBox::open(&config.kafka, &config.topics.dead_letters)?;
            Ok(letterbox.last(count)?)
        };
        let slow = "kafka did not give the dead letters in time: ask again";
        self.with_kafka(slow, read).await
    }

    /// Tries the letters again that no earlier run has settled, as `copydesk replay --dead-letters` does.
    pub(super) async fn retry(&self) -> Result<LettersReport, Problem> {
        if self.config.delivery == Delivery::AtLeastOnce {
            let detail = "with `delivery: at_least_once` nothing keeps this daemon and a retry apart: stop it and run \
                          `copydesk replay --dead-letters`";
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        // Feeds may be otherwise than at the start.
        let feeds = self.roll().await?.feeds;
        let (config, editor) = (self.config.clone(), self.editor.borrow().clone());
        let retry = move || {
            let feeds = feeds.all().iter().map(|feed| Feed::clone(feed)).collect();
            let config = Config { feeds, ..Config::clone(&config) };
            let report = replay_letters(&config, &editor, false, &mut |_, _| ())?;
            tracing::info!(
                letters = report.letters,
                published = report.published,
                settled = report.settled,
                hopeless = report.hopeless,
                "an operator had dead letters tried again"
            );
            Ok(report)
        };
        let slow = "the retry goes on, and takes longer than an answer may: the log says what came of it";
        self.with_kafka(slow, retry).await
    }

    /// Asks Kafka: one at a time, off the daemon's threads.
    pub(super) async fn with_kafka<T: Send + 'static>(
        &self,
        slow: &'static str,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let unavailable = |detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        let turn = self.turns.kafka.clone();
        let done = async {
            let turn = turn.acquire_owned().await.map_err(anyhow::Error::from)?;
            let work = move || {
                let result = work();
                drop(turn);
                result
            };
            tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?
        };
        match timeout(KAFKA, done).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(unavailable(format!("kafka: {error:#}"))),
            Err(_) => Err(unavailable(slow.into())),
        }
    }
}
