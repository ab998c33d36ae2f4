//! The configured feeds, by name.

use std::{collections::BTreeMap, sync::Arc};

use crate::config::Feed;

/// The configured feeds in the order of their names. A cheap clone, so that whoever searches them
/// does so outside of the scheduler's task.
#[derive(Clone, Debug)]
pub struct Feeds(Arc<[Arc<Feed>]>);

impl Feeds {
    /// Puts them in order; of two with one name the later one counts.
    pub fn new(feeds: impl IntoIterator<Item = Feed>) -> Self {
        let by_name: BTreeMap<String, Arc<Feed>> =
            feeds.into_iter().map(|feed| (feed.name.clone(), Arc::new(feed))).collect();
        Self(by_name.into_values().collect())
    }

    /// All of them, by name.
    pub fn all(&self) -> &[Arc<Feed>] {
        &self.0
    }

    /// The place of a feed in [`Feeds::all`].
    pub fn place(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by(|feed| feed.name.as_str().cmp(name)).ok()
    }

    /// The feed that is called so.
    pub fn get(&self, name: &str) -> Option<&Arc<Feed>> {
        self.place(name).and_then(|place| self.0.get(place))
    }

    /// Whether it is the same list, not an equal one.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn feeds_are_found_by_name() {
        let url = |path: &str| Url::parse(&format!("http://a.example/{path}")).unwrap();
        let feeds =
            Feeds::new([("b", "1"), ("a", "2"), ("b", "3")].map(|(name, path)| Feed::new(name, url(path))));
        assert_eq!(feeds.all().iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(feeds.get("b").map(|feed| feed.url.clone()), Some(url("3")));
        assert_eq!((feeds.place("a"), feeds.place("c"), feeds.place("")), (Some(0), None, None));
        assert!(feeds.is(&feeds.clone()) && !feeds.is(&Feeds::new([])));
    }
}
