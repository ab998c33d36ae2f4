//! Which entries a feed lists, when a poll finds nothing else new about them.

use chrono::{DateTime, Utc};

use super::state::{FeedState, SeenEntry};

/// Documents in a row that list older entries but not this one, before it counts as deleted.
pub const DELETED_AFTER: u32 = 2;

impl FeedState {
    /// A poll found the document unchanged: what was listed last is still listed.
    pub fn still_lists(&mut self, now: DateTime<Utc>) {
        self.listed_at = Some(now);
    }

    /// Whether a document with this listing says nothing new: it lists what the last one listed, and no entry
    /// waits for another look or for a second document that leaves it out.
    pub fn knows_listing(&self, listing: &str) -> bool {
        let waits = |entry: &SeenEntry| {
            entry.attempts > 0 || entry.fruitless > 0 || (1..DELETED_AFTER).contains(&entry.missing)
        };
        self.listing.as_deref() == Some(listing)
            && self.gap.is_none()
            && !self.entries.values().any(|entry| waits(entry))
    }

    /// Writes into the entries themselves what [`Self::still_lists`] only noted.
    pub fn settle_listed(&mut self) {
        let Some(at) = self.listed_at.take() else { return };
        if let Some(newest) = self.newest() {
            for entry in self.entries.values_mut().filter(|entry| entry.listed_at == newest) {
                entry.listed_at = at;
            }
        }
    }

    /// A poll found another document with the same entries: whether the only news about entries and
    /// memory is that what was listed `before` is listed `now` too. If so they are shared with
    /// `before`, so that a short record says the rest.
    pub fn lists_as_before(&mut self, before: &Self, now: DateTime<Utc>) -> bool {
        let newest = before.newest();
        let expected = |old: &SeenEntry| {
            let listed_at = if Some(old.listed_at) == newest { now } else { old.listed_at };
            SeenEntry { listed_at, ..old.clone() }
        };
        let pairs = self.entries.iter().zip(before.entries.iter());
        let same = self.entries.len() == before.entries.len()
            && pairs.into_iter().all(|((key, entry), (known, old))| key == known && **entry == expected(old))
            && self.memory == before.memory;
        if same {
            self.entries = before.entries.clone();
            self.memory = before.memory.clone();
            self.still_lists(now);
        }
        same
    }

    fn newest(&self) -> Option<DateTime<Utc>> {
        self.entries.values().map(|entry| entry.listed_at).max()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use url::Url;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    /// Two entries that are listed and one that was before.
    fn state() -> FeedState {
        let url = Url::parse("http://a.example/feed").unwrap();
        let mut state = FeedState::new("a", &url, at(0));
        for (key, listed) in [("a", 5), ("b", 5), ("gone", 1)] {
            let entry = serde_json::json!({
                "article": key, "revision": 1, "entry_hash": "h", "first_seen_at": at(0), "listed_at": at(listed),
            });
            state.entries.insert(key.into(), serde_json::from_value(entry).unwrap());
        }
        state
    }

    /// The state after a poll that finds the entries of `keys`.
    fn polled(before: &FeedState, keys: &[&str], now: DateTime<Utc>) -> FeedState {
        let mut next = before.clone();
        next.settle_listed();
        for key in keys {
            next.entries.get_mut(*key).unwrap().listed_at = now;
        }
        next
    }

    #[test]
    fn the_same_entries_need_a_short_record_only() {
        let mut before = state();
        for poll in 6..9 {
            let mut next = polled(&before, &["a", "b"], at(poll));
            assert!(next.lists_as_before(&before, at(poll)), "poll {poll}");
            let short = FeedState::from_json(&next.to_due_json()).unwrap();
            let mut restored = short.completed_by(state());
            assert_eq!(restored, next);
            restored.settle_listed();
            assert_eq!(restored.entries, polled(&before, &["a", "b"], at(poll)).entries);
            before = next;
        }
    }

    #[test]
    fn a_known_listing_tells_nothing_unless_an_entry_waits() {
        let known = FeedState { listing: Some("1".into()), ..state() };
        assert!(known.knows_listing("1") && !known.knows_listing("2") && !state().knows_listing("1"));
        let waiting: [fn(&mut SeenEntry); 3] =
            [|entry| entry.attempts = 1, |entry| entry.fruitless = 1, |entry| entry.missing = 1];
        for wait in waiting {
            let mut state = known.clone();
            wait(state.entries.get_mut("b").unwrap());
            assert!(!state.knows_listing("1"));
        }
        let mut deleted = known;
        deleted.entries.get_mut("gone").unwrap().missing = DELETED_AFTER;
        assert!(deleted.knows_listing("1"), "told already");
    }

    #[test]
    fn whatever_else_is_new_needs_the_whole_record() {
        for earlier in [None, Some(at(6))] {
            let before = FeedState { listed_at: earlier, ..state() };
            for keys in [&["a"][..], &["a", "b", "gone"], &[]] {
                assert!(!polled(&before, keys, at(7)).lists_as_before(&before, at(7)), "{keys:?}");
            }
            let mut edited = polled(&before, &["a", "b"], at(7));
            edited.entries.get_mut("b").unwrap().entry_hash = "other".into();
            assert!(!edited.lists_as_before(&before, at(7)));
            let mut fewer = polled(&before, &["a", "b"], at(7));
            fewer.entries.remove("gone");
            assert!(!fewer.lists_as_before(&before, at(7)));
        }
    }
}
