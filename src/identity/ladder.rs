//! Which article each entry of a document is.
//!
//! An article that the feed has listed before keeps its id, whatever has become of its link. A new
//! one gets the first of these that no other article of its feed has:
//!
//! 1. its page, if it has the link to itself: the feeds of one site that list it agree on that;
//! 2. page and fragment, if others share the page;
//! 3. page and guid;
//! 4. page, title and text; with the date as well, if even these have come before.
//!
//! If the link leads to another site and the entry itself says all there is to say (a link blog, a
//! comment), the article is what it says: page, title and text.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use url::Url;

use super::{
    CanonicalRules,
    address::Address,
    digest, former,
    habits::Habits,
    marks::{Marks, contents, own_text, words},
    resolve::{Found, Known, Listed, resolve},
};
use crate::feed::Entry;

/// Which article an entry is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Key of the entry within its feed: the one it is known by, else its article's id.
    pub key: String,
    /// Article id.
    pub article: String,
    /// The link without tracking parameters.
    pub canonical_url: Option<Url>,
    /// Hash of everything the feed says about the article except its dates; if it is equal there is
    /// nothing to look at.
    pub entry_hash: String,
    /// What it is recognised by.
    pub marks: Marks,
    /// The document has listed it above already.
    pub again: bool,
    /// Ids to use if another feed of the site has given the first one to another article.
    pub further: Vec<String>,
    /// Ids that older versions would have given.
    pub former: Vec<String>,
}

/// A document whose entries are to be identified.
pub struct Document<'a> {
    /// Address of the feed as configured.
    pub feed: &'a Url,
    /// Its site: entries without a link belong to it.
    pub site: &'a str,
    /// The entries, in their order.
    pub entries: &'a [Entry],
    /// Whether an entry links to another site and its own text is what is published.
    pub announced: &'a dyn Fn(&Entry) -> bool,
    /// When it was fetched.
    pub now: DateTime<Utc>,
}

/// Identifies the entries of a document, in its order, against what the feed is known to have
/// listed, and learns its habits.
pub fn identify(
    rules: &CanonicalRules,
    document: &Document<'_>,
    known: &[Known<'_>],
    habits: &mut Habits,
) -> Vec<Identity> {
    let addresses: Vec<Option<Url>> = document.entries.iter().map(link_of).collect();
    let links: Vec<Option<Url>> =
        addresses.iter().map(|url| url.as_ref().map(|url| rules.canonical_url(url))).collect();
    let pages: Vec<Option<Address>> =
        addresses.iter().map(|url| url.as_ref().map(|url| Address::new(rules, url))).collect();
    let former = former::names(document.feed, document.entries, &links);
    let listed: Vec<Listed> = document
        .entries
        .iter()
        .zip(&pages)
        .zip(former)
        .map(|((entry, page), former)| Listed {
            marks: Marks::of(rules, entry, page.as_ref()),
            former,
            published_at: entry.published.or(entry.updated).or(entry.created),
        })
        .collect();
    let found = resolve(&listed, known, habits, document.now);
    let mut namer = Namer::new(document, &pages, &listed, &found, known, habits);
    let titles_change = habits.titles_change();
    let identities = document.entries.iter().enumerate().map(|(index, entry)| {
        let link = links.get(index).cloned().flatten();
        let (key, article, further) = match found.get(index) {
            Some(Found::Known(at)) => known.get(*at).map_or_else(Default::default, |known| {
                (known.key.to_owned(), known.article.to_owned(), Vec::new())
            }),
            Some(Found::Again) => Default::default(),
            _ => namer.name(index, entry),
        };
        let (marks, mut former) = listed
            .get(index)
            .map(|listed| (listed.marks.clone(), listed.former.articles.clone()))
            .unwrap_or_default();
        if pages.get(index).and_then(Option::as_ref).is_some_and(|page| page.part().is_some()) {
            // What was known by the whole page may have been anything on it.
            former.clear();
        }
        Identity {
            key,
            article,
            entry_hash: entry_hash(entry, link.as_ref(), titles_change),
            canonical_url: link,
            marks,
            again: found.get(index) == Some(&Found::Again),
            further,
            former,
        }
    });
    identities.collect()
}

/// Identifies entries of which nothing is known: for `preview` and the like.
pub fn identify_alone(rules: &CanonicalRules, feed: &Url, entries: &[Entry]) -> Vec<Identity> {
    let site = feed.host_str().unwrap_or_default();
    let document = Document { feed, site, entries, announced: &|_| false, now: DateTime::UNIX_EPOCH };
    identify(rules, &document, &[], &mut Habits::default())
}

/// The entry's page: its link, or a permalink guid.
fn link_of(entry: &Entry) -> Option<Url> {
    let permalink = entry.id.as_deref().filter(|_| entry.guid_is_permalink != Some(false));
    [entry.link.as_deref(), permalink]
        .into_iter()
        .flatten()
        .filter_map(|href| Url::parse(href.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

/// If a feed's titles change with every poll, the numbers in them are counters (votes, prices,
/// comments), and a new count is not news.
fn entry_hash(entry: &Entry, link: Option<&Url>, titles_change: bool) -> String {
    let title = entry.title.as_deref().unwrap_or_default();
    let counted = titles_change && title.contains(char::is_numeric);
    let uncounted = counted.then(|| title.split(char::is_numeric).filter(|part| !part.is_empty()).collect());
    digest([
        uncounted.as_ref().map_or(title, String::as_str),
        entry.summary.as_deref().unwrap_or_default(),
        &contents(entry),
        link.map_or("", Url::as_str),
    ])
}

/// Gives ids to new articles.
struct Namer<'a> {
    document: &'a Document<'a>,
    pages: &'a [Option<Address>],
    listed: &'a [Listed],
    guids_change: bool,
    links_change: bool,
    /// How many entries of the document, not counting repeats, have each link, page and fragment,
    /// and guid.
    links: HashMap<&'a str, usize>,
    fragments: HashMap<String, usize>,
    guids: HashMap<&'a str, usize>,
    /// The same for the articles that the feed has listed.
    known_links: HashSet<&'a str>,
    known_guids: HashSet<&'a str>,
    taken: HashSet<String>,
}

impl<'a> Namer<'a> {
    fn new(
        document: &'a Document<'a>,
        pages: &'a [Option<Address>],
        listed: &'a [Listed],
        found: &[Found],
        known: &'a [Known<'a>],
        habits: &Habits,
    ) -> Self {
        let mut namer = Self {
            document,
            pages,
            listed,
            guids_change: habits.guids_change(),
            links_change: habits.links_change(),
            links: HashMap::new(),
            fragments: HashMap::new(),
            guids: HashMap::new(),
            known_links: known.iter().map(|known| known.marks.link.as_str()).collect(),
            known_guids: known.iter().map(|known| known.marks.guid.as_str()).collect(),
            taken: known.iter().flat_map(|known| [known.article, known.key]).map(str::to_owned).collect(),
        };
        for ((listed, page), found) in listed.iter().zip(pages).zip(found) {
            if *found == Found::Again {
                continue;
            }
            *namer.links.entry(&listed.marks.link).or_default() += 1;
            *namer.guids.entry(&listed.marks.guid).or_default() += 1;
            if let Some(page) = page {
                *namer.fragments.entry(page.whole()).or_default() += 1;
            }
        }
        namer
    }

    /// Key and id of a new article, and what else it might be called.
    fn name(&mut self, index: usize, entry: &Entry) -> (String, String, Vec<String>) {
        let mut ids = self.candidates(index, entry);
        ids.retain(|id| !self.taken.contains(id));
        let article = match ids.is_empty() {
            // Even its date is shared with another.
            true => digest(["entry", self.document.feed.as_str(), &index.to_string(), &contents(entry)]),
            false => ids.remove(0),
        };
        self.taken.insert(article.clone());
        (article.clone(), article, ids)
    }

    fn candidates(&self, index: usize, entry: &Entry) -> Vec<String> {
        let page = self.pages.get(index).and_then(Option::as_ref);
        let Some(marks) = self.listed.get(index).map(|listed| &listed.marks) else { return Vec::new() };
        let mut ids = Vec::new();
        let title = words(entry.title.as_deref().unwrap_or_default());
        let text = words(own_text(entry));
        // A numbered part of a page is an article in its own right, whoever lists it.
        let base = page.map(Address::named);
        let scope = base.clone().unwrap_or_else(|| self.document.site.to_owned());
        let says = !title.is_empty() || !text.is_empty();
        match (page, &base) {
            (Some(_), Some(base)) if says && (self.document.announced)(entry) => {
                ids.push(digest(["announced", base, &title, &text]));
            }
            (Some(page), Some(base)) => {
                let has_page = !self.links_change
                    && self.links.get(marks.link.as_str()) == Some(&1)
                    && !self.known_links.contains(marks.link.as_str())
                    && !page.is_front();
                let has_fragment = page.fragment.is_some() && self.fragments.get(&page.whole()) == Some(&1);
                if has_page {
                    ids.push(digest(["url", base]));
                }
                if has_fragment {
                    ids.push(digest(["url", &page.whole()]));
                }
            }
            _ => {}
        }
        let guid = entry.id.as_deref().map(str::trim).unwrap_or_default();
        let has_guid = !guid.is_empty()
            && !self.guids_change
            && self.guids.get(marks.guid.as_str()) == Some(&1)
            && !self.known_guids.contains(marks.guid.as_str());
        if has_guid {
            ids.push(digest(["guid", &scope, &marks.guid]));
        }
        let date = entry.published_raw.as_deref().or(entry.updated_raw.as_deref()).unwrap_or_default();
        if says {
            ids.push(digest(["words", &scope, &title, &text]));
        }
        ids.push(digest(["words", &scope, &title, &text, guid, date]));
        ids.dedup();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_in_titles_are_no_news_where_titles_always_change() {
        let hash = |title: &str, titles_change| {
            let entry = Entry { title: Some(title.into()), ..Entry::default() };
            entry_hash(&entry, None, titles_change)
        };
        for (one, other, news) in [
            ("Kettle (3 votes)", "Kettle (12 votes)", false),
            ("[14] Leilão: R$ 1.250,00", "[15] Leilão: R$ 1.300,00", false),
            ("気温 7 度", "気温 21 度", false),
            ("١٢ تعليقا", "٣ تعليقا", false),
            ("Kettle (3 votes)", "Kettle sold (4 votes)", true),
        ] {
            assert_ne!(hash(one, false), hash(other, false), "{one}");
            assert_eq!(hash(one, true) != hash(other, true), news, "{one}");
        }
        assert_eq!(hash("No number", true), hash("No number", false));
    }

    /// Whichever their shards: neither feed knows of the other.
    #[test]
    fn what_two_feeds_say_of_a_page_elsewhere_is_theirs() {
        let name = |feed: &str, title: &str, text: &str| {
            let entry = Entry {
                id: Some(feed.to_owned()),
                link: Some("http://elsewhere.example/boats".into()),
                title: Some(title.into()),
                summary: Some(text.into()),
                ..Entry::default()
            };
            let feed = Url::parse(feed).unwrap();
            let site = feed.host_str().unwrap();
            let now = DateTime::UNIX_EPOCH;
            let document = Document { feed: &feed, site, entries: &[entry], announced: &|_| true, now };
            identify(CanonicalRules::builtin(), &document, &[], &mut Habits::default())[0].article.clone()
        };
        let (ann, bo) = ("http://ann.example/feed", "http://bo.example/feed");
        let read = name(ann, "Worth reading", "It is about the crew.");
        assert_ne!(read, name(bo, "I disagree", "The sums are wrong."));
        assert_ne!(read, name(bo, "Worth reading", "The sums are wrong."));
        assert_eq!(read, name(bo, "Worth reading", "It is about the crew."));
    }
}
