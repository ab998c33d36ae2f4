//! What versions before [`super::Marks`] called an entry, so that their ledgers are adopted without
//! sending anything again.

use std::collections::HashMap;

use url::Url;

use super::{address::spellings, digest, marks::contents};
use crate::feed::Entry;

/// The names an entry may have had.
#[derive(Clone, Debug, Default)]
pub(super) struct Former {
    /// Keys within the feed.
    pub keys: Vec<String>,
    /// Article ids.
    pub articles: Vec<String>,
}

/// The former names of the entries of a document, in its order. Guids were unsound where more than
/// 5 % of the entries shared one with an entry of another link.
pub(super) fn names(feed_url: &Url, entries: &[Entry], links: &[Option<Url>]) -> Vec<Former> {
    let mut guid_links: HashMap<&str, Vec<Option<&Url>>> = HashMap::new();
    for (entry, link) in entries.iter().zip(links) {
        if let Some(guid) = guid_of(entry) {
            let known = guid_links.entry(guid).or_default();
            if !known.contains(&link.as_ref()) {
                known.push(link.as_ref());
            }
        }
    }
    let is_shared = |guid: &str| guid_links.get(guid).is_some_and(|links| links.len() > 1);
    let shared = entries.iter().filter(|entry| guid_of(entry).is_some_and(is_shared)).count();
    let sound = shared * 20 <= entries.len();
    let names = entries.iter().zip(links).map(|(entry, link)| {
        let guid = guid_of(entry).filter(|_| sound);
        let links = link.as_ref().map(spellings).unwrap_or_default();
        let keys: Vec<String> = match (guid, &*links) {
            (Some(guid), links) if is_shared(guid) && !links.is_empty() => {
                links.iter().map(|link| digest(["guid+link", guid, link])).collect()
            }
            (Some(guid), _) => of_address(guid).iter().map(|guid| digest(["guid", guid])).collect(),
            (None, []) => vec![bare_key(entry)],
            (None, links) => links.iter().map(|link| digest(["link", link])).collect(),
        };
        let articles = match &*links {
            [] => keys.iter().map(|key| digest(["feed", feed_url.as_str(), key])).collect(),
            links => links.iter().map(|link| digest(["url", link])).collect(),
        };
        Former { keys, articles }
    });
    names.collect()
}

fn guid_of(entry: &Entry) -> Option<&str> {
    entry.id.as_deref().map(str::trim).filter(|guid| !guid.is_empty())
}

/// A guid as it is, and its other spellings if it is an address.
fn of_address(guid: &str) -> Vec<String> {
    let mut all = vec![guid.to_owned()];
    let url = Url::parse(guid).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    all.extend(url.iter().flat_map(spellings).filter(|spelling| spelling != guid));
    all
}

/// No guid and no link: the title and its date, else the words themselves.
fn bare_key(entry: &Entry) -> String {
    let title = entry.title.as_deref().unwrap_or_default().trim();
    let date = entry.published_raw.as_deref().or(entry.updated_raw.as_deref()).unwrap_or_default();
    if !title.is_empty() && !date.is_empty() {
        return digest(["title+date", title, date]);
    }
    digest(["words", title, entry.summary.as_deref().unwrap_or_default(), &contents(entry)])
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::{CanonicalRules, Document, Habits, Known, Marks, identify};
    use super::*;

    fn entry(guid: &str, link: &str, title: &str) -> Entry {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Entry {
            id: some(guid),
            link: some(link),
            title: some(title),
            published_raw: Some("Mon, 02 Nov 2026".into()),
            ..Entry::default()
        }
    }

    /// Key and article id under which older versions remembered what is now listed as the entry.
    #[test]
    fn ledgers_of_older_versions_are_taken_over() {
        let feed = Url::parse("http://a.example/feed").unwrap();
        let bare = digest(["title+date", "Low water", "Mon, 02 Nov 2026"]);
        let of_feed = digest(["feed", feed.as_str(), &bare]);
        let url = |link: &str| digest(["url", link]);
        let rows = [
            (entry("g1", "http://a.example/1", "t"), digest(["guid", "g1"]), url("http://a.example/1")),
            // The site has moved since, its guids with it.
            (
                entry("https://b.example/2", "https://b.example/2", "t"),
                digest(["guid", "http://www.b.example/2"]),
                url("http://www.b.example/2"),
            ),
            (
                entry("", "http://a.example/3", "t"),
                digest(["link", "http://a.example/3"]),
                url("http://a.example/3"),
            ),
            // The guid has changed: only the article is the same.
            (entry("new", "http://a.example/4", "t"), digest(["guid", "old"]), url("http://a.example/4")),
            (entry("", "", "Low water"), bare, of_feed),
        ];
        let entries: Vec<Entry> = rows.iter().map(|(entry, ..)| entry.clone()).collect();
        let none = Marks::default();
        let known: Vec<Known<'_>> = rows
            .iter()
            .map(|(_, key, article)| Known { key, article, marks: &none, published_at: None, listed: true })
            .collect();
        let document = Document {
            feed: &feed,
            site: "a.example",
            entries: &entries,
            announced: &|_| false,
            now: DateTime::UNIX_EPOCH,
        };
        let found = identify(CanonicalRules::builtin(), &document, &known, &mut Habits::default());
        for (identity, (entry, key, article)) in found.iter().zip(&rows) {
            assert_eq!((&identity.key, &identity.article), (key, article), "{:?}", entry.link);
            assert!(!identity.marks.is_empty());
        }
    }
}
