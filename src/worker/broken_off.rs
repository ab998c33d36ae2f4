//! Documents that end in the middle: their last entry waits for the next poll.

use chrono::{DateTime, Utc};

use crate::{
    feed::{Entry, ParsedFeed},
    identity::digest,
    ledger::{BrokenOff, FeedState},
};

/// What a document that ends in the middle keeps back.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Whether the document has to be requested again: neither its validators nor its hash count.
    pub(super) again: bool,
    /// Whether the entry in which it ends was taken out.
    pub(super) entry: bool,
    /// It may be a part by nature: nothing follows from what it does not hold.
    pub(super) part: bool,
}

impl Rest {
    /// Of a document that may hold only what is new.
    pub(super) fn of_a_part() -> Self {
        Self { part: true, ..Self::default() }
    }

    /// What the feed lists is all there.
    pub(super) fn is_none(&self) -> bool {
        !self.again && !self.entry && !self.part
    }
}

/// Notes in `state` how the document ends, and takes the entry in which it breaks off out of
/// `parsed`. If it has ended at the same words again and again, the entry stays: some servers never
/// close what they open.
pub(super) fn keep_back(state: &mut FeedState, parsed: &mut ParsedFeed, now: DateTime<Utc>) -> Rest {
    let Some(end) = parsed.broken_off else {
        state.broken_off = None;
        return Rest::default();
    };
    let entry_hash = end.entry.and_then(|index| parsed.entries.get(index)).map(hash).unwrap_or_default();
    let before = state.broken_off.take();
    let alike =
        before.as_ref().filter(|before| before.entry_hash == entry_hash).map_or(0, |before| before.alike);
    let noted = BrokenOff {
        since: before.as_ref().map_or(now, |before| before.since),
        documents: before.map_or(0, |before| before.documents).saturating_add(1),
        alike: alike.saturating_add(1),
        entry_hash,
        line: end.line,
    };
    let believed = noted.believed();
    state.broken_off = Some(noted);
    if believed {
        return Rest::default();
    }
    let broken = end.entry.filter(|index| *index < parsed.entries.len());
    if let Some(index) = broken {
        parsed.entries.remove(index);
    }
    Rest { again: true, entry: broken.is_some(), part: false }
}

/// What the feed lists may come after the break, so it still counts as listed.
pub(super) fn still_listed(state: &mut FeedState, now: DateTime<Utc>) {
    state.settle_listed();
    let newest = state.entries.values().map(|entry| entry.listed_at).max();
    for entry in state.entries.values_mut().filter(|entry| Some(entry.listed_at) == newest) {
        entry.listed_at = now;
    }
}

fn hash(entry: &Entry) -> String {
    let contents = entry.content.iter().map(|content| content.value.as_str());
    let fields = [&entry.id, &entry.link, &entry.title, &entry.summary];
    digest(fields.into_iter().map(|field| field.as_deref().unwrap_or_default()).chain(contents))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::feed::{ParseOptions, parse};

    fn document(number: usize, end: usize) -> ParsedFeed {
        let item = |n: usize| {
            format!(
                "<item><title>Tide table {n}</title><link>http://a.example/{n}</link><description>High water.</description></item>"
            )
        };
        let text = format!("<rss version=\"2.0\"><channel><title>T</title>{}{}", item(number), item(1));
        parse(&text.as_bytes()[..text.len() - end], &ParseOptions::default()).unwrap()
    }

    #[test]
    fn the_last_entry_waits_until_the_document_ends_so_again_and_again() {
        let mut state = FeedState::new("f", &Url::parse("http://a.example/f").unwrap(), DateTime::UNIX_EPOCH);
        for round in 1..=BrokenOff::BELIEVED_AFTER {
            let mut parsed = document(2, 40);
            let rest = keep_back(&mut state, &mut parsed, DateTime::UNIX_EPOCH);
            let last = round == BrokenOff::BELIEVED_AFTER;
            assert_eq!(
                (parsed.entries.len(), rest.again, rest.entry),
                if last { (2, false, false) } else { (1, true, true) }
            );
        }
        // Other words: it breaks off anew.
        let mut parsed = document(2, 60);
        assert!(keep_back(&mut state, &mut parsed, DateTime::UNIX_EPOCH).entry);
        // Between two entries nothing waits, but the document is asked for again.
        let mut parsed = document(2, 0);
        let rest = keep_back(&mut state, &mut parsed, DateTime::UNIX_EPOCH);
        assert_eq!((parsed.entries.len(), rest.again, rest.entry), (2, true, false));
        assert_eq!(state.broken_off.as_ref().map(|broken| broken.documents), Some(6));
    }
}
