//! Where feeds lead in the end: two that come to lead to the same document are reported.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use url::Url;

/// Addresses that are remembered, at most; beyond that it starts over.
const ADDRESSES_MAX: usize = 16_384;

/// The ends of redirects, with the feeds that led there.
#[derive(Debug, Default)]
pub struct Destinations(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl Destinations {
    /// Notes that the document of `feed` came from `url`, by a redirect or not. Returns another feed whose
    /// document does too, once for each feed.
    pub fn arrived(&self, url: &Url, feed: &str, redirected: bool) -> Option<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(url.as_str()) {
            if !redirected {
                return None;
            }
            if known.len() >= ADDRESSES_MAX {
                known.clear();
            }
        }
        let feeds = known.entry(url.as_str().to_owned()).or_default();
        let other = feeds.first().cloned();
        feeds.insert(feed.to_owned()).then_some(other).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_joins_another_is_told_once() {
        let at = |path: &str| Url::parse("http://a.example/").unwrap().join(path).unwrap();
        let known = Destinations::default();
        assert_eq!(known.arrived(&at("own"), "own", false), None);
        assert_eq!(known.arrived(&at("own"), "old", true), None, "its own address is not known here");
        assert_eq!(known.arrived(&at("own"), "own", false), Some("old".to_owned()));
        for (feed, told) in [("own", None), ("old", None), ("third", Some("old")), ("third", None)] {
            assert_eq!(known.arrived(&at("own"), feed, true).as_deref(), told);
        }
        assert_eq!(known.arrived(&at("other"), "third", true), None);
    }
}
