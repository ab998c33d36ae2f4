//! The search for the feeds of one site: what it names, what it links to, where feeds usually are, and
//! what its `robots.txt` names. Whatever is found is fetched and read before it counts.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use url::Url;

use super::targets::{Place, Target};
use crate::{
    feed::{
        self, NotAFeed, ParseOptions, ParsedFeed,
        discovery::{self, Candidate, Found},
    },
    fetch::{FeedRequest, FeedResponse, FetchError, Fetcher, Page, PageRequest},
    site::{bare, redact},
};

/// Feeds kept per site, at most.
const FEEDS_MAX: usize = 20;
/// Documents requested per site, at most, besides its page and its `robots.txt`.
const ASKED_MAX: usize = 24;
/// How many of them may be at paths that nothing has named.
const GUESSED_MAX: usize = 8;
/// Sitemaps read per site, at most, whose names do not say that they list news.
const SITEMAPS_MAX: usize = 3;

/// A feed that answers.
#[derive(Clone, Debug)]
pub(super) struct FoundFeed {
    pub url: Url,
    pub title: Option<String>,
    pub format: String,
    pub entries: usize,
    pub newest: Option<DateTime<Utc>>,
    pub how: &'static str,
    pub hub: Option<String>,
    /// Further addresses of the same entries.
    pub same: Vec<Url>,
    /// What its entries lead to.
    pub links: HashSet<String>,
}

/// What became of one place.
pub(super) struct Outcome {
    pub feeds: Vec<FoundFeed>,
    /// What to report about it.
    pub notes: Vec<String>,
    /// No answer came: it says nothing about the site's feeds.
    pub unreachable: bool,
}

/// Searches one place.
pub(super) async fn search(fetcher: &Fetcher, target: &Target, all: bool) -> Outcome {
    let mut search = Search { fetcher, all, asked: HashSet::new(), found: Vec::new(), notes: Vec::new() };
    let mut unreachable = false;
    match &target.place {
        Place::Document { bytes, base, .. } => search.document(bytes, base.as_ref(), None).await,
        Place::Web(url) => {
            let reached = search.web(url).await;
            // The listed feed is gone: its site may have another.
            match (reached, &target.site) {
                (_, Some(site)) if search.found.is_empty() && site != url => {
                    unreachable = !search.web(site).await;
                }
                (reached, _) => unreachable = !reached,
            }
        }
    }
    let Search { found, mut notes, .. } = search;
    if found.is_empty() && notes.is_empty() {
        notes.push("no feed found".to_owned());
    }
    Outcome { feeds: found, notes, unreachable }
}

struct Search<'a> {
    fetcher: &'a Fetcher,
    /// Also the feeds of comments.
    all: bool,
    asked: HashSet<Url>,
    found: Vec<FoundFeed>,
    notes: Vec<String>,
}

impl Search<'_> {
    /// Searches from the page at an address; false if nothing answers.
    async fn web(&mut self, url: &Url) -> bool {
        self.asked.insert(url.clone());
        match self.fetcher.page(&PageRequest::of(url.clone())).await {
            Ok(page) => {
                self.page(&page).await;
                true
            }
            Err(error) => {
                self.notes.push(error.to_string());
                false
            }
        }
    }

    async fn page(&mut self, page: &Page) {
        if let Some(wall) = &page.wall {
            self.notes.push(format!("{}: {wall}", redact(&page.url)));
            return;
        }
        if page.status >= 400 {
            self.notes.push(format!("{}: HTTP status {}", redact(&page.url), page.status));
            // A page that is gone may have a successor that the front page names.
            let front = page
                .url
                .join("/")
                .ok()
                .filter(|front| matches!(page.status, 404 | 410) && self.may_ask(front));
            if let Some(front) = front {
                Box::pin(self.web(&front)).await;
            }
            return;
        }
        self.document(&page.body, Some(&page.url), page.content_type.as_deref()).await;
    }

    /// Searches what a document names; `page` is its address.
    async fn document(&mut self, bytes: &[u8], page: Option<&Url>, content_type: Option<&str>) {
        let candidates = match read(bytes, page, content_type) {
            Ok(parsed) => {
                let own = page.cloned().or_else(|| Url::parse(parsed.feed.self_link.as_deref()?).ok());
                match own {
                    Some(url) => self.keep(url, parsed, "the address itself"),
                    None => self.notes.push("a feed that does not say where it is: give --base URL".into()),
                }
                return;
            }
            Err(NotAFeed { candidates, alternatives, what }) => {
                self.try_sitemaps(&alternatives, candidates.is_empty()).await;
                if self.found.is_empty() && candidates.is_empty() && !what.contains("HTML") {
                    self.notes.push(format!("it is {what}"));
                }
                candidates
            }
        };
        for how in [Found::Named, Found::Service, Found::Linked] {
            // Links are a weaker sign: they count only if nothing is named.
            if how == Found::Linked && !self.found.is_empty() {
                break;
            }
            for candidate in candidates.iter().filter(|candidate| candidate.how == how) {
                self.candidate(candidate).await;
            }
        }
        let Some(page) = page else { return };
        self.sitemaps(page).await;
        if self.found.is_empty() {
            self.usual(page).await;
        }
    }

    async fn candidate(&mut self, candidate: &Candidate) {
        if !self.all && candidate.is_of_comments() {
            return;
        }
        let how = match candidate.how {
            Found::Named => "named by the page",
            Found::Service => "by the service's rule",
            Found::Linked => "linked by the page",
            Found::Usual => "at a usual path",
        };
        if let Ok(url) = Url::parse(&candidate.url) {
            self.offered(&url, how).await;
        }
    }

    /// Fetches what is offered as a feed.
    async fn offered(&mut self, url: &Url, how: &'static str) {
        if !self.may_ask(url) {
            return;
        }
        let request = FeedRequest::plain(bare(url.clone()));
        match self.fetcher.feed(&request).await {
            Ok(FeedResponse::Document(document)) => {
                let read = read(&document.body, Some(&document.url), document.content_type.as_deref());
                let permanent = document.redirects.iter().take_while(|hop| matches!(hop.status, 301 | 308));
                let lasting = permanent.last().map_or(url, |hop| &hop.to).clone();
                match read {
                    Ok(parsed) => self.keep(lasting, parsed, how),
                    Err(not_a_feed) => self.notes.push(format!("{}: {not_a_feed}", redact(url))),
                }
            }
            Ok(FeedResponse::NotModified { .. }) => {}
            Err(error) => self.told(&error),
        }
    }

    /// Reads the news sitemaps that `robots.txt` names; other sitemaps only if nothing else was
    /// found.
    async fn sitemaps(&mut self, page: &Url) {
        let named: Vec<Url> =
            self.fetcher.sitemaps(page).await.iter().filter_map(|named| page.join(named).ok()).collect();
        let (news, others): (Vec<&Url>, Vec<&Url>) =
            named.iter().partition(|url| url.path().to_ascii_lowercase().contains("news"));
        for url in news {
            self.sitemap(url).await;
        }
        if self.found.is_empty() {
            for url in others.into_iter().take(SITEMAPS_MAX) {
                self.sitemap(url).await;
            }
        }
    }

    /// Reads one sitemap, or the news sitemaps that an index names.
    async fn sitemap(&mut self, url: &Url) {
        if !self.may_ask(url) {
            return;
        }
        let Ok(FeedResponse::Document(document)) = self.fetcher.feed(&FeedRequest::plain(url.clone())).await
        else {
            return;
        };
        match read(&document.body, Some(&document.url), document.content_type.as_deref()) {
            Ok(parsed) => self.keep(url.clone(), parsed, "a news sitemap in robots.txt"),
            Err(NotAFeed { alternatives, .. }) => {
                for child in alternatives.iter().filter_map(|child| Url::parse(child).ok()) {
                    self.offered(&child, "a news sitemap in robots.txt").await;
                }
            }
        }
    }

    /// Reads the news sitemaps of an index that was itself the target.
    async fn try_sitemaps(&mut self, named: &[String], is_index: bool) {
        for url in named.iter().filter(|_| is_index).filter_map(|url| Url::parse(url).ok()) {
            self.offered(&url, "named by the index of sitemaps").await;
        }
    }

    /// Tries the usual paths until one has a feed. Nobody offers these, so `robots.txt` applies.
    async fn usual(&mut self, page: &Url) {
        for candidate in discovery::usual_paths(page).into_iter().take(GUESSED_MAX) {
            let Ok(url) = Url::parse(&candidate.url) else { continue };
            if !self.may_ask(&url) {
                continue;
            }
            match self.fetcher.page(&PageRequest::of(url.clone())).await {
                Ok(page) if page.status == 200 => {
                    if let Ok(parsed) = read(&page.body, Some(&page.url), page.content_type.as_deref()) {
                        self.keep(page.url, parsed, "at a usual path");
                        return;
                    }
                }
                Ok(_) => {}
                // A site that asks us to slow down, or does not answer, is left alone.
                Err(error) if error.is_deferral() || error.is_passing() => {
                    self.told(&error);
                    return;
                }
                Err(_) => {}
            }
        }
    }

    fn may_ask(&mut self, url: &Url) -> bool {
        let room = self.asked.len() <= ASKED_MAX && self.found.len() < FEEDS_MAX;
        room && matches!(url.scheme(), "http" | "https") && self.asked.insert(bare(url.clone()))
    }

    fn told(&mut self, error: &FetchError) {
        self.notes.push(error.to_string());
    }

    /// Keeps a feed; one with the same entries as another is reported together with it.
    fn keep(&mut self, url: Url, parsed: ParsedFeed, how: &'static str) {
        let links: HashSet<String> =
            parsed.entries.iter().filter_map(|entry| entry.page().map(str::to_owned)).collect();
        if let Some(known) =
            self.found.iter_mut().find(|known| known.url == url || is_same(&known.links, &links))
        {
            if known.url != url {
                known.same.push(url);
            }
            return;
        }
        let times = parsed.entries.iter().filter_map(|entry| entry.published.or(entry.updated));
        self.found.push(FoundFeed {
            title: parsed.feed.title_text().or_else(|| url.host_str().map(str::to_owned)),
            newest: times.max(),
            entries: parsed.entries.len(),
            hub: parsed.feed.hubs.first().cloned(),
            format: parsed.format,
            how,
            same: Vec::new(),
            links,
            url,
        });
    }
}

/// Whether two are forms of one feed: nearly all entries of the shorter one are in the other, and it is not
/// much shorter.
fn is_same(one: &HashSet<String>, other: &HashSet<String>) -> bool {
    let (shorter, longer) = (one.len().min(other.len()), one.len().max(other.len()));
    let common = one.intersection(other).count();
    shorter > 0 && shorter * 2 >= longer && common * 10 >= shorter * 9
}

fn read(bytes: &[u8], base: Option<&Url>, content_type: Option<&str>) -> Result<ParsedFeed, NotAFeed> {
    feed::parse(bytes, &ParseOptions { base: base.cloned(), content_type })
}
