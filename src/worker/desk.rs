//! What every worker shares.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::Semaphore;

use super::edit::Editor;
use crate::{clock::Clock, config::Route, fetch::Origin, observe::Metrics, publish::ArticleRecord};

/// The shared handles. One for all workers.
pub struct Desk {
    /// Where feeds and pages come from.
    pub origin: Arc<dyn Origin>,
    /// Cleans, tags and finds stories.
    pub editor: Arc<Editor>,
    /// Where computing is done.
    pub cpu: Cpu,
    /// Wall time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    /// Names and switches.
    pub options: DeskOptions,
}

/// What of the configuration a worker needs.
#[derive(Clone, Debug, Default)]
pub struct DeskOptions {
    /// Topic of all articles.
    pub articles: String,
    /// Further topics by tag.
    pub routes: Vec<Route>,
    /// Originals are archived.
    pub archive: bool,
    /// Deleted entries become tombstones.
    pub tombstones: bool,
}

impl DeskOptions {
    /// The topics an article goes to: that of all articles, and every route whose tags match.
    pub fn topics_of(&self, record: &ArticleRecord) -> Vec<String> {
        let mut topics = vec![self.articles.clone()];
        for route in &self.routes {
            if !topics.contains(&route.topic) && matches(route, record) {
                topics.push(route.topic.clone());
            }
        }
        topics
    }
}

fn matches(route: &Route, record: &ArticleRecord) -> bool {
    let has = |pattern: &String| {
        record.tags.iter().any(|tag| match pattern.strip_suffix('*') {
            Some(stem) => tag.id.starts_with(stem),
            None => tag.id == *pattern,
        })
    };
    (route.any.is_empty() || route.any.iter().any(has))
        && route.all.iter().all(has)
        && !route.none.iter().any(has)
}

/// The pool for parsing, extraction, cleaning and tagging: as many jobs as cores.
#[derive(Clone, Debug)]
pub struct Cpu(Option<Arc<Semaphore>>);

/// A job panicked; the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

impl Cpu {
    /// `cores` jobs at once.
    pub fn new(cores: usize) -> Self {
        Self(Some(Arc::new(Semaphore::new(cores.max(1)))))
    }

    /// Runs every job on the spot, on the caller's thread: for one-shot commands, and for
    /// simulations, where the order of everything has to be the same each time.
    pub fn inline() -> Self {
        Self(None)
    }

    /// Runs a job outside the async threads. `step` names it in logs.
    ///
    /// # Errors
    /// [`Panicked`].
    pub async fn run<T: Send + 'static>(
        &self,
        step: &'static str,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let Some(cores) = &self.0 else {
            return catch_unwind(AssertUnwindSafe(job)).map_err(|_| {
                tracing::error!(step, "a step panicked");
                Panicked
            });
        };
        // Never closed.
        let Ok(permit) = cores.clone().acquire_owned().await else { return Err(Panicked) };
        let result = tokio::task::spawn_blocking(move || {
            let result = job();
            drop(permit);
            result
        });
        result.await.map_err(|error| {
            tracing::error!(step, %error, "a step panicked");
            Panicked
        })
    }
}
