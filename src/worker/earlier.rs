//! The documents before this one, if a feed has its entries in several (RFC 5005): followed after a gap,
//! until a known entry is met, so that nothing between two polls is lost; and a few for a new feed.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use url::Url;

use super::{Poll, traced::fetched, triage::published};
use crate::{
    config::Feed,
    feed::{self, Entry, ParsedFeed},
    fetch::{FeedDocument, FeedRequest, FeedResponse, FetchError, Origin},
    identity::{Document, identify},
    ledger::FeedState,
    site::{bare, site},
};

/// Documents followed in one poll after a gap, at most: with the usual ten or more entries each, a day of the
/// busiest feeds.
const DOCUMENTS_MAX: usize = 20;
/// The same for a feed that is polled for the first time: what is current, not its history.
const FIRST_DOCUMENTS_MAX: usize = 3;
/// No more documents are followed once a poll has this many entries.
const ENTRIES_MAX: usize = 2_000;
/// Nor once they have had this many bytes: their entries stay in memory until they are published, while their
/// bodies count towards `http.max_bodies` only while they are read. A feed's usual document has less than a
/// hundredth of this; chosen by hand.
const BYTES_MAX: usize = 16 << 20;
/// After this many documents in a row that share nothing, and led to nothing known either, no more are
/// followed: the feed has different entries with each poll.
const GAPS_MAX: u32 = 3;
/// How often a document that cannot be fetched makes the poll fail, to be tried again; then it is given up.
const FAILURES_MAX: u32 = 3;

impl Poll<'_> {
    /// Adds to `parsed` what the documents before it list, if something may have been missed.
    ///
    /// # Errors
    /// A document within the gap could not be fetched this time: the poll should be repeated.
    pub(super) async fn add_earlier(
        &self,
        next: &FeedState,
        document: &FeedDocument,
        parsed: &mut ParsedFeed,
    ) -> Result<(), FetchError> {
        // Most feeds are one document, and cost nothing here.
        let Some(mut link) = before(&parsed.feed, &document.url) else { return Ok(()) };
        let first = self.lease.state.answered_at.is_none();
        let many_gaps = next.gap.as_ref().is_some_and(|gap| gap.documents >= GAPS_MAX);
        let met = |entries: &[Entry]| self.known(next, entries).contains(&true);
        if !first && (many_gaps || next.entries.is_empty() || met(&parsed.entries)) {
            return Ok(());
        }
        let oldest = oldest_listed(next);
        let mut asked = HashSet::from([document.url.clone()]);
        let mut bytes = 0;
        let most = if first { FIRST_DOCUMENTS_MAX } else { DOCUMENTS_MAX };
        while asked.len() <= most
            && parsed.entries.len() < ENTRIES_MAX
            && bytes < BYTES_MAX
            && asked.insert(link.clone())
        {
            let Some((mut earlier, size)) = self.follow_to(&link, first).await? else { break };
            bytes += size;
            let known = self.known(next, &earlier.entries);
            let reached = known.contains(&true);
            if !first {
                keep_missed(&mut earlier.entries, &known, oldest);
            }
            let more = !earlier.entries.is_empty();
            parsed.entries.append(&mut earlier.entries);
            match before(&earlier.feed, &link) {
                Some(further) if !reached && more => link = further,
                _ => break,
            }
        }
        tracing::info!(
            documents = asked.len() - 1,
            entries = parsed.entries.len(),
            "earlier documents of the feed read"
        );
        Ok(())
    }

    /// One of the documents, and the bytes of its body; `None` if it is not a feed, or is given up.
    async fn follow_to(&self, url: &Url, first: bool) -> Result<Option<(ParsedFeed, usize)>, FetchError> {
        let request = request(&self.lease.feed, url);
        let answer = fetched(self.origin.feed(request)).await;
        match answer {
            Ok(FeedResponse::Document(document)) => {
                let Ok(mut parsed) = self.parse(&document).await else { return Ok(None) };
                // Half an entry does not count.
                if let Some(index) = parsed.broken_off.and_then(|end| end.entry)
                    && index < parsed.entries.len()
                {
                    parsed.entries.remove(index);
                }
                Ok(Some((parsed, document.body.len())))
            }
            Ok(FeedResponse::NotModified { .. }) => Ok(None),
            Err(error) => {
                let again = error.is_passing() || error.is_deferral();
                if !first && again && self.lease.state.failures < FAILURES_MAX {
                    return Err(error);
                }
                tracing::warn!(
                    error = error.to_string(),
                    "an earlier document of the feed cannot be fetched; entries that only it lists are missed"
                );
                Ok(None)
            }
        }
    }

    /// For each entry, whether it is known.
    fn known(&self, next: &FeedState, entries: &[Entry]) -> Vec<bool> {
        let own = &self.lease.feed;
        let name = site(&own.url);
        let document = Document {
            feed: &own.public_url,
            site: &name,
            entries,
            announced: &|_| false,
            now: self.started_at,
        };
        let mut habits = next.habits;
        let identities = identify(&self.editor.canonical, &document, &next.known(), &mut habits);
        identities.iter().map(|identity| next.entries.contains_key(&identity.key)).collect()
    }
}

/// The document before this one: the archive (RFC 5005 section 4), else the page with older entries
/// (section 3). Only at the feed's own site: whoever writes a feed cannot send us elsewhere.
fn before(feed: &feed::Feed, document: &Url) -> Option<Url> {
    let of_rel = |wanted: &str| {
        let mut links = feed.links.iter();
        let link = links.find(|link| {
            let rel = link.rel.as_deref().unwrap_or_default();
            rel.rsplit('/').next().is_some_and(|rel| rel.eq_ignore_ascii_case(wanted))
        })?;
        Some(link.href.as_str())
    };
    let href = of_rel("prev-archive").or(of_rel("next")).or(feed.next.as_deref())?;
    let url = bare(document.join(href).ok()?);
    let secure = url.scheme() == "https" || document.scheme() == "http" && url.scheme() == "http";
    (secure && url != *document && site(&url) == site(document)).then_some(url)
}

/// A request for one of them: the headers of a feed go to its own origin only.
fn request(feed: &Feed, url: &Url) -> FeedRequest {
    let own = feed.url.origin() == url.origin();
    let headers = if own { feed.headers.clone() } else { Vec::new() };
    let mut url = url.clone();
    if own {
        // Fails for addresses that cannot have user information; those have none.
        url.set_username(feed.url.username()).ok();
        url.set_password(feed.url.password()).ok();
    }
    FeedRequest { headers, http: feed.http.clone(), ..FeedRequest::plain(url) }
}

/// The date of the oldest entry in the last document.
fn oldest_listed(state: &FeedState) -> Option<DateTime<Utc>> {
    let last = state.entries.values().map(|entry| entry.listed_at).max();
    state
        .entries
        .values()
        .filter(|entry| Some(entry.listed_at) == last)
        .filter_map(|entry| entry.published_at)
        .min()
}

/// Keeps what may have been missed: nothing older than the whole of the last document, or, without dates,
/// nothing after what is known.
fn keep_missed(entries: &mut Vec<Entry>, known: &[bool], oldest: Option<DateTime<Utc>>) {
    let last_known = known.iter().rposition(|known| *known);
    let mut index = 0;
    entries.retain(|entry| {
        let at = index;
        index += 1;
        match (published(entry), oldest) {
            (Some(published), Some(oldest)) => published >= oldest,
            _ => last_known.is_none_or(|last| at <= last),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Link;

    fn feed(links: &[(&str, &str)]) -> feed::Feed {
        let link = |(rel, href): &(&str, &str)| Link {
            rel: Some((*rel).to_owned()),
            href: (*href).to_owned(),
            ..Link::default()
        };
        feed::Feed { links: links.iter().map(link).collect(), ..feed::Feed::default() }
    }

    #[test]
    fn the_archive_comes_before_the_next_page_and_never_from_elsewhere() {
        let document = Url::parse("https://news.example/feed").unwrap();
        for (links, expected) in [
            (&[("next", "/feed?page=2")][..], Some("https://news.example/feed?page=2")),
            (&[("next", "/2"), ("prev-archive", "/2026/11")], Some("https://news.example/2026/11")),
            (
                &[("http://www.iana.org/assignments/relation/prev-archive", "/a")],
                Some("https://news.example/a"),
            ),
            (&[("prev-archive", "https://archive.news.example/a")], Some("https://archive.news.example/a")),
            (&[("next", "https://other.example/2")], None),
            (&[("next", "http://news.example/2")], None),
            (&[("next", "file:///etc/passwd")], None),
            (&[("next", "/feed#2")], None),
            (&[("previous", "/newer"), ("current", "/feed")], None),
            (&[], None),
        ] {
            let found = before(&feed(links), &document);
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{links:?}");
        }
    }

    #[test]
    fn what_is_older_than_the_last_document_was_not_missed() {
        let at = |hour: i64| DateTime::from_timestamp(hour * 3600, 0);
        let entry = |hour: Option<i64>| Entry { published: hour.and_then(at), ..Entry::default() };
        let kept = |hours: &[Option<i64>], known: &[bool], oldest: Option<i64>| {
            let mut entries: Vec<Entry> = hours.iter().map(|hour| entry(*hour)).collect();
            keep_missed(&mut entries, known, oldest.and_then(at));
            entries.len()
        };
        assert_eq!(kept(&[Some(9), Some(8), Some(7), Some(3)], &[false, true, true, false], Some(7)), 3);
        assert_eq!(kept(&[Some(3), Some(2)], &[false, false], Some(7)), 0);
        assert_eq!(kept(&[None, None, None, None], &[false, true, false, false], None), 2, "by its place");
        assert_eq!(kept(&[None, None], &[false, false], None), 2);
    }
}
