//! What every worker shares.

use std::sync::Arc;

use tokio::sync::watch;

use super::{cpu::Cpu, destinations::Destinations, stories::SharedStories};
use crate::{
    clock::Clock,
    config::{Config, Route},
    edit::Editor,
    fetch::Origin,
    observe::{Fired, Metrics},
    publish::{ArticleRecord, record::Tag},
    rights::Use,
};

/// The shared handles. One for all workers.
pub struct Environment {
    /// Where feeds and pages come from.
    pub origin: Arc<dyn Origin>,
    /// Cleans and tags. A reload replaces it; a poll uses the same one from start to end.
    pub editor: watch::Receiver<Arc<Editor>>,
    /// Recent stories.
    pub stories: Arc<SharedStories>,
    /// Where feeds have led.
    pub destinations: Destinations,
    /// Where computing is done.
    pub cpu: Cpu,
    /// Wall time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    /// What each cleaning rule has cut.
    pub fired: Fired,
    /// Options.
    pub options: WorkerOptions,
}

/// The part of the configuration that a worker needs.
#[derive(Clone, Debug, Default)]
pub struct WorkerOptions {
    /// Topic of all articles.
    pub articles: String,
    /// Further topics by tag.
    pub routes: Vec<Route>,
    /// Whether originals are archived.
    pub archive: bool,
    /// Whether the health of feeds is published in a topic of its own.
    pub feeds: bool,
    /// Whether deleted entries become tombstones.
    pub tombstones: bool,
    /// Hubs are asked to deliver.
    pub websub: bool,
    /// Uses of articles: what is reserved against one of them is not published.
    pub usage: Vec<Use>,
}

impl WorkerOptions {
    /// The options of a configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            articles: config.topics.articles.clone(),
            routes: config.routes.clone(),
            archive: config.topics.archive.is_some(),
            feeds: config.topics.feeds.is_some(),
            tombstones: config.daemon.tombstones,
            websub: config.websub.callback.is_some(),
            usage: config.http.usage.clone(),
        }
    }

    /// The first of the configured uses against which the article is reserved.
    pub fn reserved(&self, record: &ArticleRecord) -> Option<Use> {
        self.usage.iter().copied().find(|wanted| record.usage_of(*wanted) == "disallowed")
    }

    /// The topics an article goes to: that of all articles, and every route whose conditions hold.
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
    let has = |pattern: &String| record.tags.iter().any(|tag| tag.matches(pattern));
    // A tag without salience, such as a topic, is what the whole article is about.
    let about = |pattern: &String| {
        let salient = |tag: &Tag| {
            route.salience.is_none_or(|least| tag.salience.is_none_or(|salience| salience >= least))
        };
        record.tags.iter().any(|tag| tag.matches(pattern) && salient(tag))
    };
    let from = |wanted: &String| {
        let names = [Some(record.feed.name.as_str()), record.source.domain.as_deref()];
        names.into_iter().flatten().any(|name| match wanted.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => {
                name == wanted || name.strip_suffix(wanted.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
        })
    };
    (route.any.is_empty() || route.any.iter().any(about))
        && route.all.iter().all(about)
        && !route.none.iter().any(has)
        && record.is_in(&route.languages)
        && (route.sources.is_empty() || route.sources.iter().any(from))
        && route.usage.iter().all(|condition| condition.holds_for(record.usage_of(condition.of)))
}
