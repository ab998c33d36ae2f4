//! What has to come out of the demo, and what has.

use std::collections::BTreeMap;

use super::content::{FEEDS, REVISED};
use crate::publish::record::ArticleRecord;

/// The articles that are still to come. Known from the sample content alone, so that a step that
/// loses one is noticed.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Address to feed and the revision that is waited for.
    missing: BTreeMap<String, (&'static str, u32)>,
    expected: usize,
}

impl Progress {
    /// All articles are still to come, from an origin at `base`.
    pub fn new(base: &str) -> Self {
        let mut missing = BTreeMap::new();
        for feed in FEEDS {
            for article in feed.articles {
                let revision = if *article == REVISED { 2 } else { 1 };
                missing.insert(article.replace("{{base}}", base), (feed.name, revision));
            }
        }
        let expected = missing.len();
        Self { missing, expected }
    }

    /// Takes note of an article that came out.
    pub fn seen(&mut self, record: &ArticleRecord) {
        let Some(url) = &record.url else { return };
        if let Some((feed, revision)) = self.missing.get(url)
            && *feed == record.feed.name
            && *revision <= record.revision
        {
            self.missing.remove(url);
        }
    }

    /// Whether everything has come out.
    pub fn done(&self) -> bool {
        self.missing.is_empty()
    }

    /// How many articles there are.
    pub fn expected(&self) -> usize {
        self.expected
    }

    /// One line for each article that is still to come.
    pub fn missing(&self) -> impl Iterator<Item = String> {
        self.missing.iter().map(|(url, (feed, revision))| format!("{feed}: {url} at revision {revision}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::record::FeedReference;

    #[test]
    fn each_article_is_waited_for_until_it_came() {
        let mut progress = Progress::new("http://127.0.0.1:1");
        let all: usize = FEEDS.iter().map(|feed| feed.articles.len()).sum();
        assert_eq!((progress.expected(), progress.missing().count()), (all, all));
        let record = |feed: &str, url: &str, revision| ArticleRecord {
            feed: FeedReference { name: feed.into(), ..FeedReference::default() },
            url: Some(url.replace("{{base}}", "http://127.0.0.1:1")),
            revision,
            ..ArticleRecord::default()
        };
        progress.seen(&record("harbour-courier", REVISED, 1));
        progress.seen(&record("city-ledger", "https://elsewhere.example/", 1));
        assert_eq!(progress.missing().count(), all, "nothing that was waited for");
        for feed in FEEDS {
            for article in feed.articles {
                assert!(!progress.done());
                progress.seen(&record(feed.name, article, 2));
            }
        }
        assert!(progress.done());
    }
}
