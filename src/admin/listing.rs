//! The list of feeds: searched, counted, a page at a time.
//!
//! The scheduler gives the list as it has it, without a copy of any feed; what is searched and
//! counted is done outside of its task, and only the feeds of the page are asked for.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::StatusCode;
use memchr::memmem;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Admin, input::Query, problem::Problem};
use crate::{
    ledger::{FeedStatus, Standing},
    schedule::{Feeds, Roll},
};

/// Feeds on a page, most and usual.
pub(super) const PER_PAGE_MAX: usize = 500;
pub(super) const PER_PAGE: usize = 50;

/// Last page that can be asked for.
pub(super) const PAGE_MAX: usize = 1_000_000;

/// Longest search, characters.
pub(super) const SEARCH_MAX: usize = 200;

/// Ends a name, and an address.
const END: char = '\n';

/// A page of feeds.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FeedPage {
    /// The feeds of this page.
    pub(super) feeds: Vec<FeedStatus>,
    /// Feeds that were found, on all pages.
    pub(super) total: usize,
    /// Which page this is.
    pub(super) page: usize,
    /// Pages there are.
    pub(super) pages: usize,
    /// All feeds by how they stand.
    pub(super) counts: BTreeMap<Standing, usize>,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) text: String,
    pub(super) status: Option<Standing>,
    pub(super) page: usize,
    pub(super) per_page: usize,
}

impl Search {
    pub(super) fn of(query: &Query) -> Result<Self, Problem> {
        let text = query.get("search").unwrap_or_default().to_owned();
        if text.chars().count() > SEARCH_MAX {
            return Err(Problem::bad_request(format!("`search` has more than {SEARCH_MAX} characters")));
        }
        let status = query.get("status").map(|wanted| {
            let all = Standing::ALL.iter().copied();
            all.clone().find(|standing| standing.as_str() == wanted).ok_or_else(|| {
                let known: Vec<&str> = all.map(Standing::as_str).collect();
                Problem::bad_request(format!("`status` has to be one of {}", known.join(", ")))
            })
        });
        Ok(Self {
            text,
            status: status.transpose()?,
            page: query.number("page", 1..=PAGE_MAX, 1)?,
            per_page: query.number("per_page", 1..=PER_PAGE_MAX, PER_PAGE)?,
        })
    }

    /// As names and addresses are searched; empty where all are wanted.
    fn needle(&self) -> String {
        self.text.trim().to_lowercase()
    }
}

/// Names and addresses of a list, in small letters and one text: 100,000 of them are searched in
/// milliseconds. Made with the first search in a list, some 70 bytes a feed, and kept until there is
/// another list.
pub(super) struct Words {
    feeds: Feeds,
    text: String,
    /// Where each feed ends in the text.
    ends: Vec<usize>,
}

impl Words {
    fn of(feeds: &Feeds) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(feeds.all().len()));
        for feed in feeds.all() {
            for part in [feed.name.as_str(), feed.public_url.as_str()] {
                let from = text.len();
                if part.is_ascii() {
                    text.push_str(part);
                    text.get_mut(from..).map(str::make_ascii_lowercase);
                } else {
                    text.push_str(&part.to_lowercase());
                }
                text.push(END);
            }
            ends.push(text.len());
        }
        Self { feeds: feeds.clone(), text, ends }
    }

    /// The places of the feeds that have `needle` in name or address, in order.
    fn having(&self, needle: &str) -> Vec<usize> {
        let finder = memmem::Finder::new(needle);
        let (mut at, mut places) = (0, Vec::new());
        while let Some(found) = self.text.as_bytes().get(at..).and_then(|rest| finder.find(rest)) {
            let from = places.last().map_or(0, |place| place + 1);
            let later = self.ends.get(from..).unwrap_or_default();
            let place = from + later.partition_point(|end| *end <= at + found);
            let Some(end) = self.ends.get(place) else { break };
            // What goes beyond the feed's own text is not in it.
            if at + found + needle.len() <= *end {
                places.push(place);
            }
            at = *end;
        }
        places
    }
}

/// What was found: places in the list.
struct Found {
    page: Vec<usize>,
    total: usize,
    counts: BTreeMap<Standing, usize>,
}

/// The page of `roll` that is looked for; `words` where a text is.
fn find(roll: &Roll, search: &Search, words: Option<&Words>) -> Found {
    let mut counts = [0; Standing::ALL.len()];
    for standing in &roll.standings {
        counts[*standing as usize] += 1;
    }
    let counts = Standing::ALL.into_iter().map(|standing| (standing, counts[standing as usize]));
    let counts = counts.filter(|(_, count)| *count > 0).collect();
    let first = (search.page - 1).saturating_mul(search.per_page);
    let (mut total, mut page) = (0, Vec::new());
    let mut take = |place: usize| {
        if search.status.is_none_or(|wanted| roll.standings.get(place) == Some(&wanted)) {
            if total >= first && page.len() < search.per_page {
                page.push(place);
            }
            total += 1;
        }
    };
    match words {
        Some(words) => words.having(&search.needle()).into_iter().for_each(take),
        None => (0..roll.feeds.all().len()).for_each(&mut take),
    }
    Found { page, total, counts }
}

/// The page that is looked for.
pub(super) async fn page(admin: &Admin, search: Search) -> Result<FeedPage, Problem> {
    // One list at a time.
    let mut kept = admin.turns.lists.clone().lock_owned().await;
    let roll = admin.roll().await?;
    let wanted = search.clone();
    let found = blocking(move || {
        let words = (!wanted.needle().is_empty()).then(|| match kept.take() {
            Some(words) if words.feeds.is(&roll.feeds) => words,
            _ => Arc::new(Words::of(&roll.feeds)),
        });
        let found = find(&roll, &wanted, words.as_deref());
        if words.is_some() {
            *kept = words;
        }
        let feeds = found.page.iter().filter_map(|place| roll.feeds.all().get(*place));
        (feeds.map(|feed| feed.name.clone()).collect(), found)
    });
    let (names, found): (Vec<String>, Found) = found.await?;
    let shown = admin.feeds(names).await?;
    let asked = admin.clone();
    let feeds = blocking(move || shown.iter().map(|shown| asked.status(shown, true)).collect()).await?;
    Ok(FeedPage {
        feeds,
        total: found.total,
        page: search.page,
        pages: found.total.div_ceil(search.per_page).max(1),
        counts: found.counts,
    })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::time::Instant;
    use url::Url;

    use super::*;
    use crate::config::Feed;

    const KNOWN: [&str; 4] = ["search", "status", "page", "per_page"];

    fn roll(count: usize) -> Roll {
        let feed = |number: usize| {
            let url = Url::parse(&format!("https://site{}.example/Feed/{number}", number % 977)).unwrap();
            Feed::new(format!("feed {number:06}"), url)
        };
        let stands = |number: usize| match number {
            number if number.is_multiple_of(100) => Standing::Paused,
            number if number.is_multiple_of(3) => Standing::NeverPolled,
            _ => Standing::Healthy,
        };
        Roll { feeds: Feeds::new((0..count).map(feed)), standings: (0..count).map(stands).collect() }
    }

    fn search(query: &str) -> Search {
        Search::of(&Query::read(query, &KNOWN).unwrap()).unwrap()
    }

    fn found(roll: &Roll, query: &str) -> (Vec<String>, usize, BTreeMap<Standing, usize>) {
        let (search, words) = (search(query), Words::of(&roll.feeds));
        let found = find(roll, &search, (!search.needle().is_empty()).then_some(&words));
        let names = found.page.iter().map(|place| roll.feeds.all()[*place].name.clone());
        (names.collect(), found.total, found.counts)
    }

    #[test]
    fn a_search_finds_its_page() {
        let roll = roll(1_000);
        let find = |query: &str| found(&roll, query);
        let (names, total, counts) = find("");
        assert_eq!((names.len(), names[0].as_str(), total), (50, "feed 000000", 1_000));
        assert_eq!(
            counts,
            BTreeMap::from([(Standing::Healthy, 660), (Standing::Paused, 10), (Standing::NeverPolled, 330)])
        );
        let (names, ..) = find("page=7&per_page=150");
        assert_eq!((names.len(), names[0].as_str()), (100, "feed 000900"));
        assert_eq!(find("page=8&per_page=150").0.len(), 0, "behind the last one");
        assert_eq!((find("search=FEED+00099").1, find("search=/feed/7").1), (10, 111));
        let (names, total, counts) = find("status=paused&search=feed");
        assert_eq!((names[1].as_str(), total, counts.len()), ("feed 000100", 10, 3));
        assert_eq!(find("search=nobody").1, 0);
        assert_eq!(find("search=000001%0Ahttps").1, 1, "a name and its address are one text");
        assert_eq!(find("search=/feed/1%0Afeed").1, 0, "two feeds are not");
    }

    #[test]
    fn letters_of_any_script_are_found_in_any_case() {
        let url = || Url::parse("http://a.example/").unwrap();
        let names = ["ÉCHO du soir", "Новости", "ΑΘΗΝΑ", "plain"];
        let feeds = Feeds::new(names.map(|name| Feed::new(name, url())));
        let roll = Roll { standings: vec![Standing::Healthy; 4], feeds };
        for (wanted, expected) in [("écho", 1), ("НОВОСТИ", 1), ("αθηνα", 1), ("Plain", 1), ("a.EXAMPLE", 4)]
        {
            let query: String =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("search", wanted).finish();
            assert_eq!(found(&roll, &query).1, expected, "{wanted}");
        }
    }

    /// 100,000 feeds: what is done for a page, without the scheduler's part.
    #[test]
    fn many_feeds_are_searched_soon() {
        let roll = roll(100_000);
        let words = Words::of(&roll.feeds);
        for query in
            ["", "search=example", "search=e", "search=099999", "search=nobody", "status=paused&page=9"]
        {
            let search = search(query);
            let words = (!search.needle().is_empty()).then_some(&words);
            let start = Instant::now();
            let found = find(&roll, &search, words);
            let took = start.elapsed();
            println!("{query}: {} of 100,000 feeds in {took:?}", found.total);
            // Without optimisation, on a busy machine; a copy of every feed took several times that.
            assert!(took.as_millis() < 500, "{query}: {took:?}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_told() {
        let long = format!("search={}", "a".repeat(SEARCH_MAX + 1));
        for query in ["page=0", "page=one", "per_page=501", "status=ok", "status=", long.as_str()] {
            let query = Query::read(query, &KNOWN).unwrap();
            assert_eq!(Search::of(&query).unwrap_err().status().as_u16(), 400, "{query:?}");
        }
    }

    proptest! {
        /// The one text gives what a look at each feed gives.
        #[test]
        fn what_is_found_has_the_words(
            names in proptest::collection::btree_set("[aAbé ]{1,5}", 0..12), wanted in "[aAbBÉé/]{1,3}",
        ) {
            let url = |name: &str| Url::parse("http://x.example/").unwrap().join(&name.replace(' ', "B")).unwrap();
            let feeds = Feeds::new(names.iter().map(|name| Feed::new(name, url(name))));
            let needle = wanted.to_lowercase();
            let has = |feed: &Feed| {
                feed.name.to_lowercase().contains(&needle) || feed.public_url.as_str().to_lowercase().contains(&needle)
            };
            let expected: Vec<usize> = (0..feeds.all().len()).filter(|place| has(&feeds.all()[*place])).collect();
            prop_assert_eq!(Words::of(&feeds).having(&needle), expected);
        }
    }
}
