//! Entry keys and article ids, by measured reliability of the feed's guids.

use std::collections::HashMap;

use url::Url;

use super::{CanonicalRules, digest};
use crate::feed::Entry;

/// Who an entry is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Key of the entry within its feed.
    pub key: String,
    /// Article id: the hash of the canonical URL, or of feed and key where there is none.
    pub article: String,
    /// The link without tracking parameters.
    pub canonical_url: Option<Url>,
    /// Hash of everything the feed says about the article but its dates; equal means that there
    /// is nothing to look at.
    pub entry_hash: String,
}

/// Identifies the entries of one document, in its order. An entry given twice gets the same
/// identity twice.
///
/// The ladder: the guid, where the document's guids are sound; else the link; else the title
/// with the raw date; else title and text. Guids are unsound where more than 5 % of the entries
/// share one with an entry of another link (`FreshRSS` steps down at the same share); a single
/// shared guid is told apart by its link.
pub fn identify(rules: &CanonicalRules, feed_url: &Url, entries: &[Entry]) -> Vec<Identity> {
    let links: Vec<Option<Url>> = entries.iter().map(|entry| link_of(rules, entry)).collect();
    let mut guid_links: HashMap<&str, Vec<Option<&Url>>> = HashMap::new();
    for (entry, link) in entries.iter().zip(&links) {
        if let Some(guid) = guid_of(entry) {
            let known = guid_links.entry(guid).or_default();
            if !known.contains(&link.as_ref()) {
                known.push(link.as_ref());
            }
        }
    }
    let shared = entries
        .iter()
        .filter(|entry| guid_of(entry).is_some_and(|guid| guid_links.get(guid).is_some_and(|l| l.len() > 1)))
        .count();
    let sound = shared * 20 <= entries.len();
    entries
        .iter()
        .zip(&links)
        .map(|(entry, link)| {
            let guid = guid_of(entry).filter(|_| sound);
            let split = guid.is_some_and(|guid| guid_links.get(guid).is_some_and(|l| l.len() > 1));
            let key = match (guid, link) {
                (Some(guid), Some(link)) if split => digest(["guid+link", guid, link.as_str()]),
                (Some(guid), _) => digest(["guid", guid]),
                (None, Some(link)) => digest(["link", link.as_str()]),
                (None, None) => bare_key(entry),
            };
            let article = match link {
                Some(link) => digest(["url", link.as_str()]),
                None => digest(["feed", feed_url.as_str(), &key]),
            };
            Identity {
                entry_hash: entry_hash(entry, link.as_ref()),
                key,
                article,
                canonical_url: link.clone(),
            }
        })
        .collect()
}

fn guid_of(entry: &Entry) -> Option<&str> {
    entry.id.as_deref().map(str::trim).filter(|guid| !guid.is_empty())
}

/// The entry's page: its link, or a permalink guid.
fn link_of(rules: &CanonicalRules, entry: &Entry) -> Option<Url> {
    let permalink = entry.id.as_deref().filter(|_| entry.guid_is_permalink != Some(false));
    [entry.link.as_deref(), permalink]
        .into_iter()
        .flatten()
        .filter_map(|href| Url::parse(href.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        .map(|url| rules.canonical_url(&url))
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

fn contents(entry: &Entry) -> String {
    entry.content.iter().map(|content| content.value.as_str()).collect::<Vec<_>>().join("\n")
}

fn entry_hash(entry: &Entry, link: Option<&Url>) -> String {
    digest([
        entry.title.as_deref().unwrap_or_default(),
        entry.summary.as_deref().unwrap_or_default(),
        &contents(entry),
        link.map_or("", Url::as_str),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(guid: &str, link: &str, title: &str) -> Entry {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Entry { id: some(guid), link: some(link), title: some(title), ..Entry::default() }
    }

    fn identities(entries: &[Entry]) -> Vec<Identity> {
        identify(CanonicalRules::builtin(), &Url::parse("http://feed.example/rss").unwrap(), entries)
    }

    #[test]
    fn the_key_follows_the_ladder() {
        let known = identities(&[
            entry("g1", "http://a.example/1", "t"),
            entry("", "http://a.example/2", "t"),
            entry("", "", "t"),
            entry("", "", "u"),
        ]);
        let moved = identities(&[entry("g1", "http://a.example/elsewhere", "t2")]);
        assert_eq!(known[0].key, moved[0].key, "a sound guid survives a new link");
        assert_ne!(known[0].article, moved[0].article);
        let mut keys: Vec<&String> = known.iter().map(|identity| &identity.key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn one_guid_for_everything_falls_back_to_links() {
        let entries: Vec<Entry> =
            (0..10).map(|n| entry("same", &format!("http://a.example/{n}"), "t")).collect();
        let mut keys: Vec<String> = identities(&entries).into_iter().map(|identity| identity.key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 10);
    }

    #[test]
    fn dates_do_not_change_the_hash() {
        let mut entries = [entry("g", "http://a.example/1", "t")];
        let before = identities(&entries);
        entries[0].updated_raw = Some("now".into());
        assert_eq!(before, identities(&entries));
        entries[0].summary = Some("edited".into());
        assert_ne!(before[0].entry_hash, identities(&entries)[0].entry_hash);
    }
}
