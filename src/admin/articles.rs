//! Articles as they lie in the topic: the last ones, and one of them whole.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};

use super::{Admin, problem::Problem};
use crate::publish::{ArticleRecord, reader::Received, record_at, registry::schemas_blocking, scan_end};

/// Articles that are shown.
pub(super) const SHOWN: usize = 200;

/// Where an article lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// What a list tells of an article.
pub(super) struct Brief {
    pub(super) place: Place,
    pub(super) title: String,
    pub(super) feed: String,
    pub(super) fetched_at: DateTime<Utc>,
    pub(super) revision: u32,
    pub(super) words: u64,
    pub(super) removed: usize,
    pub(super) story: String,
}

impl Brief {
    fn of(place: Place, record: ArticleRecord) -> Self {
        let story = if record.story.id.is_empty() { record.id } else { record.story.id };
        Self {
            place,
            title: record.title,
            feed: record.feed.name,
            fetched_at: record.fetched_at,
            revision: record.revision,
            words: record.word_count,
            removed: record.removed.len(),
            story,
        }
    }
}

impl Admin {
    /// The last articles, the latest first.
    pub(super) async fn articles(&self) -> Result<Vec<Brief>, Problem> {
        let config = self.config.clone();
        let read = move || {
            let schemas = schemas_blocking(&config.kafka, &config.topics.articles);
            let mut last = BTreeMap::new();
            scan_end(&config.kafka, &config.topics.articles, SHOWN, &mut |received: Received| {
                let place = Place { partition: received.partition, offset: received.offset };
                if let Ok(record) = received.article(&schemas) {
                    last.insert((record.fetched_at, place), Brief::of(place, record));
                }
                if last.len() > SHOWN {
                    last.pop_first();
                }
                true
            })?;
            Ok(last.into_values().rev().collect())
        };
        self.with_kafka("kafka did not give the articles in time: ask again", read).await
    }

    /// The article at a place.
    pub(super) async fn article(&self, place: Place) -> Result<ArticleRecord, Problem> {
        let config = self.config.clone();
        let read = move || {
            let schemas = schemas_blocking(&config.kafka, &config.topics.articles);
            let received = record_at(&config.kafka, &config.topics.articles, place.partition, place.offset)?;
            Ok(received.map(|received| received.article(&schemas)))
        };
        match self.with_kafka("kafka did not give the article in time: ask again", read).await? {
            Some(Ok(record)) => Ok(record),
            Some(Err(what)) => Err(Problem::new(StatusCode::NOT_FOUND, format!("no article: {what}"))),
            None => Err(Problem::new(StatusCode::NOT_FOUND, "there is no record at this place (any more)")),
        }
    }
}
