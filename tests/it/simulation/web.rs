//! The simulated web: sites with numbered entries that are added, edited, hidden and removed,
//! and feeds that list the last of them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    config::{ContentSource, Feed, Interval},
    fetch::{
        FeedDocument, FeedRequest, FeedResponse, FetchError, FetchFailure, Freshness, Origin, Page,
        PageRequest, Validators,
    },
    schedule::cadence::least,
};
use futures_util::future::BoxFuture;
use tokio::time::sleep;
use url::Url;

use super::{
    bugs::Bug,
    world::{World, lock},
};

/// A request may come this much sooner than the interval says: a poll is begun in the ledger first.
const LATELY: TimeDelta = TimeDelta::seconds(3);

/// A site and the number of an entry there.
pub type Item = (usize, usize);

pub struct Web {
    world: Arc<World>,
    pub feeds: Vec<Listing>,
    sites: Mutex<Vec<Site>>,
    /// Documents on their way to a poll, by instance and feed.
    served: Mutex<BTreeMap<(usize, String), Served>>,
    /// The last request for each feed.
    asked: Mutex<BTreeMap<String, DateTime<Utc>>>,
}

/// A feed and what it lists.
pub struct Listing {
    pub feed: Feed,
    pub site: usize,
    /// Every nth entry.
    every: usize,
    /// The last so many.
    window: usize,
    validators: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Etag,
    LastModified,
    Neither,
}

/// How a site names its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// A link of its own each, which is the guid as well; from http to https one day.
    #[default]
    Plain,
    /// Guids that are new with every document.
    NewGuids,
    /// Links with a session, and nothing else.
    Sessions,
    /// Links that are new with every document, and nothing else.
    NewLinks,
    /// One link for all, told apart by guid.
    OneLink,
    /// Parts of one page, and no guid.
    Parts,
    /// Neither link nor guid, and the date is always now.
    Bare,
    /// Documents that break off now and then.
    BreaksOff,
    /// All entries say the same.
    Notices,
}

impl Manner {
    const ALL: [Self; 13] = [
        Self::Plain,
        Self::Plain,
        Self::Plain,
        Self::Plain,
        Self::Plain,
        Self::NewGuids,
        Self::Sessions,
        Self::NewLinks,
        Self::OneLink,
        Self::Parts,
        Self::Bare,
        Self::BreaksOff,
        Self::Notices,
    ];

    /// The number of an entry stands in its link.
    fn has_pages(self) -> bool {
        matches!(self, Self::Plain | Self::NewGuids)
    }

    /// An edited entry can be recognised: not where its words are all it has.
    fn can_be_edited(self) -> bool {
        !matches!(self, Self::NewLinks | Self::Bare)
    }

    /// `guid` and `link` of an entry, as elements.
    fn names(self, item: Item, moved: bool, token: u64) -> (String, String) {
        let (site, number) = item;
        let scheme = if moved { "https" } else { "http" };
        let own = format!("{scheme}://site{site}.example/a/{number}");
        let (guid, link) = match self {
            Self::Plain | Self::BreaksOff | Self::Notices => (own.clone(), own),
            Self::NewGuids => (format!("uuid-{token:x}"), own),
            Self::Sessions => (String::new(), format!("{own};jsessionid={token:X}")),
            Self::NewLinks => (String::new(), format!("{scheme}://site{site}.example/r/{token:x}")),
            Self::OneLink => (format!("no-{number}"), format!("{scheme}://site{site}.example/")),
            Self::Parts => (String::new(), format!("{scheme}://site{site}.example/log#entry-{number}")),
            Self::Bare => Default::default(),
        };
        let element = |name: &str, text: String| match text.is_empty() {
            true => String::new(),
            false => format!("<{name}>{text}</{name}>"),
        };
        let guid = element("guid", guid);
        let guid =
            if self == Self::OneLink { guid.replace("<guid>", "<guid isPermaLink=\"false\">") } else { guid };
        (guid, element("link", link))
    }
}

#[derive(Default)]
struct Site {
    manner: Manner,
    entries: Vec<Entry>,
    down: bool,
    /// It has moved to https.
    moved: bool,
}

struct Entry {
    edition: u32,
    published: DateTime<Utc>,
    hidden: bool,
    gone: bool,
}

/// A document that a poll was given.
#[derive(Clone)]
pub struct Served {
    pub hash: String,
    /// The entries that are whole.
    pub items: Vec<Item>,
    /// It breaks off within one more.
    pub broken: bool,
    pub validators: Validators,
    pub is_feed: bool,
}

const WORDS: [&str; 40] = [
    "harbour", "council", "bridge", "season", "market", "station", "garden", "library", "engine", "river",
    "village", "theatre", "museum", "captain", "weather", "orchard", "factory", "railway", "teacher",
    "bakery", "the", "a", "of", "near", "after", "before", "with", "under", "opens", "closes", "repairs",
    "finds", "sells", "visits", "paints", "counts", "old", "quiet", "northern", "wooden",
];

/// A paragraph that no other entry has.
fn paragraph(site: usize, number: usize, edition: u32, index: u64) -> String {
    let seed = ((site as u64) << 40) | ((number as u64) << 16) | (u64::from(edition) << 4) | index;
    let mut rng = fastrand::Rng::with_seed(seed);
    let words: Vec<String> = (0..16)
        .map(|_| {
            let word = WORDS[rng.usize(..WORDS.len())];
            // A few letters of chance: a site whose paragraphs are alike has them taken for boilerplate.
            let tail: String = (0..3).map(|_| rng.lowercase()).collect();
            format!("{word} {tail}{word}")
        })
        .collect();
    format!("The captain wrote: {}.", words.join(" "))
}

fn title((site, number): Item, edition: u32) -> String {
    let mut rng = fastrand::Rng::with_seed((site * 100_000 + number) as u64);
    let word = WORDS[rng.usize(..20)];
    format!("The {word} report {site}-{number}, edition {edition}")
}

/// The entry that a title is of, and its edition.
pub fn of_title(title: &str) -> Option<(Item, u32)> {
    let (head, edition) = title.split_once(", edition ")?;
    let (site, number) = head.rsplit_once(' ')?.1.split_once('-')?;
    Some(((site.parse().ok()?, number.parse().ok()?), edition.parse().ok()?))
}

pub fn address((site, number): Item) -> String {
    format!("http://site{site}.example/a/{number}")
}

impl Web {
    pub fn new(world: &Arc<World>) -> Arc<Self> {
        let mut feeds = Vec::new();
        let mut sites = Vec::new();
        for site in 0..2 + world.below(3) {
            let content = if world.chance(60) { ContentSource::Page } else { ContentSource::Feed };
            let manner = Manner::ALL[world.below(Manner::ALL.len())];
            // Pages are found by their number.
            let content = if manner.has_pages() { content } else { ContentSource::Feed };
            // Two feeds with links by chance have nothing in common.
            let feeds_max = if manner == Manner::NewLinks { 1 } else { 2 };
            for every in 1..=1 + world.below(feeds_max) {
                let name = format!("s{site}n{every}");
                let seconds = [20, 45, 90, 150][world.below(4)];
                let interval = match world.below(5) {
                    0 => Interval::Adaptive,
                    _ => Interval::Every(Duration::from_secs(seconds)),
                };
                let url = Url::parse(&format!("http://site{site}.example/feed{every}")).expect("a URL");
                feeds.push(Listing {
                    feed: Feed { interval, content, ..Feed::new(name, url) },
                    site,
                    every,
                    window: [6, 12, 45][world.below(3)],
                    validators: [Kind::Etag, Kind::LastModified, Kind::Neither, Kind::Etag][world.below(4)],
                });
            }
            sites.push(Site { manner, ..Site::default() });
        }
        let web = Arc::new(Self {
            world: world.clone(),
            feeds,
            sites: Mutex::new(sites),
            served: Mutex::default(),
            asked: Mutex::default(),
        });
        for site in 0..web.len() {
            web.add(site, 3 + world.below(35));
        }
        web
    }

    pub fn len(&self) -> usize {
        lock(&self.sites).len()
    }

    pub fn configured(&self) -> Vec<Feed> {
        self.feeds.iter().map(|listing| listing.feed.clone()).collect()
    }

    pub fn add(&self, site: usize, count: usize) {
        let published = self.world.now();
        let entries = &mut lock(&self.sites)[site].entries;
        for _ in 0..count {
            entries.push(Entry { edition: 1, published, hidden: false, gone: false });
        }
        self.world.note(format_args!("site {site} has {} entries", entries.len()));
    }

    /// One of the last entries, changed.
    fn change(&self, site: usize, act: impl FnOnce(&mut Entry)) {
        let back = 1 + self.world.below(12);
        let mut sites = lock(&self.sites);
        let Site { manner, entries, .. } = &mut sites[site];
        let Some(number) = entries.len().checked_sub(back) else { return };
        let Entry { edition, hidden, gone, .. } = entries[number];
        act(&mut entries[number]);
        if !manner.can_be_edited() {
            entries[number].edition = edition;
        }
        if *manner == Manner::Bare {
            // Back again with the date of the fetch, it would be another notice.
            (entries[number].hidden, entries[number].gone) = (hidden, gone);
        }
        self.world.note(format_args!("site {site} changed entry {number}"));
    }

    /// News is made until the faults are over.
    pub async fn make_news(&self) {
        while !self.world.is_calm() {
            self.world.pause(2_000..25_000).await;
            let site = self.world.below(self.len());
            match self.world.below(100) {
                0..55 => self.add(site, 1 + self.world.below(3)),
                55..60 => self.add(site, 22 + self.world.below(20)),
                60..80 => self.change(site, |entry| entry.edition += 1),
                80..90 => self.change(site, |entry| entry.hidden = !entry.hidden),
                90..93 => self.change(site, |entry| entry.gone = true),
                93..95 => {
                    lock(&self.sites)[site].moved = true;
                    self.world.note(format_args!("site {site} moves to https"));
                }
                _ => {
                    let down = &mut lock(&self.sites)[site].down;
                    *down = !*down;
                    self.world.note(format_args!("site {site} down: {down}"));
                }
            }
        }
        self.settle();
    }

    /// Every site is up and nothing is hidden.
    fn settle(&self) {
        for site in lock(&self.sites).iter_mut() {
            site.down = false;
            for entry in &mut site.entries {
                entry.hidden = false;
            }
        }
    }

    /// What is not listed now never is again: it may be forgotten after thirty days.
    pub fn forget_unlisted(&self) {
        let listed: Vec<(usize, usize, Vec<Item>)> = (0..self.feeds.len())
            .map(|index| (self.feeds[index].site, self.feeds[index].every, self.listed(index)))
            .collect();
        let mut sites = lock(&self.sites);
        for (site, every, items) in listed {
            for (number, entry) in sites[site].entries.iter_mut().enumerate() {
                if number.is_multiple_of(every) && !items.contains(&(site, number)) {
                    entry.gone = true;
                }
            }
        }
    }

    /// What a feed lists now, newest first.
    pub fn listed(&self, feed: usize) -> Vec<Item> {
        let listing = &self.feeds[feed];
        let sites = lock(&self.sites);
        let entries = sites[listing.site].entries.iter().enumerate().rev();
        entries
            .filter(|(number, entry)| number.is_multiple_of(listing.every) && !entry.hidden && !entry.gone)
            .map(|(number, _)| (listing.site, number))
            .take(listing.window)
            .collect()
    }

    pub fn newest(&self, site: usize) -> usize {
        lock(&self.sites)[site].entries.len().saturating_sub(1)
    }

    /// Title and first paragraph as they are now.
    pub fn current(&self, item: Item) -> (String, String) {
        let edition = lock(&self.sites)[item.0].entries[item.1].edition;
        (title(item, edition), self.paragraphs(item, edition).swap_remove(0))
    }

    /// The text of an edition: of a notice the same for all.
    pub fn paragraphs(&self, (site, number): Item, edition: u32) -> Vec<String> {
        match lock(&self.sites)[site].manner {
            Manner::Notices => vec![paragraph(site, 0, 0, 0)],
            _ => (0..2).map(|index| paragraph(site, number, edition, index)).collect(),
        }
    }

    pub fn is_of_feeds(&self, feed: &str) -> bool {
        let listing = self.feeds.iter().find(|listing| listing.feed.name == feed);
        listing.is_some_and(|listing| listing.feed.content == ContentSource::Feed)
    }

    /// The document that the poll under way was given, once.
    pub fn take_served(&self, instance: usize, feed: &str) -> Option<Served> {
        lock(&self.served).remove(&(instance, feed.to_owned()))
    }

    pub fn peek_served(&self, instance: usize, feed: &str) -> Option<Served> {
        lock(&self.served).get(&(instance, feed.to_owned())).cloned()
    }

    fn document(&self, feed: usize) -> (String, Vec<Item>) {
        let listing = &self.feeds[feed];
        let items = self.listed(feed);
        let mut body = format!(
            "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\
             <title>Site {}</title><link>http://site{}.example/</link><description>News</description>",
            listing.site, listing.site
        );
        if matches!(listing.validators, Kind::Neither) {
            // Another document each time, with the same entries.
            body += &format!("<lastBuildDate>{}</lastBuildDate>", self.world.now().to_rfc2822());
        }
        for item in &items {
            let (edition, published, manner, moved) = {
                let site = &lock(&self.sites)[item.0];
                let entry = &site.entries[item.1];
                (entry.edition, entry.published, site.manner, site.moved)
            };
            let paragraphs: String =
                self.paragraphs(*item, edition).iter().map(|text| format!("<p>{text}</p>")).collect();
            let token = self.world.dice(|rng| rng.u64(..));
            let (guid, link) = manner.names(*item, moved, token);
            let text = match listing.feed.content {
                ContentSource::Page => "<description>In short.</description>".to_owned(),
                _ => format!("<content:encoded><![CDATA[{paragraphs}]]></content:encoded>"),
            };
            let date = match manner {
                Manner::Bare => self.world.now(),
                _ => published,
            };
            body += &format!(
                "<item><title>{}</title>{link}{guid}<pubDate>{}</pubDate>{text}</item>",
                title(*item, edition),
                date.to_rfc2822(),
            );
        }
        (body + "</channel></rss>", items)
    }

    fn page(&self, item: Item) -> String {
        let sites = lock(&self.sites);
        let edition = sites[item.0].entries[item.1].edition;
        let paragraphs: String =
            (0..2).map(|index| format!("<p>{}</p>", paragraph(item.0, item.1, edition, index))).collect();
        let title = title(item, edition);
        format!(
            "<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}\
             </article></body></html>"
        )
    }
}

/// The web as one instance sees it.
pub struct Sight {
    pub web: Arc<Web>,
    pub instance: usize,
}

impl Sight {
    /// A request for a feed: none comes sooner than the interval or, where the poll before was cut
    /// off, than a quarter of an hour, whoever sends it. Gives the time of the last one.
    fn ask(&self, listing: &Listing) -> Option<DateTime<Utc>> {
        let (world, name) = (&self.web.world, &listing.feed.name);
        let now = world.now();
        let before = lock(&self.web.asked).insert(name.clone(), now);
        if let Some(at) = before
            // Without fences a former owner may go on for a while.
            && world.exactly_once
            && !world.was_set_back()
            && now - at + LATELY < least(listing.feed.interval).min(TimeDelta::minutes(15))
        {
            world.wrong(format_args!("{name} is asked again after {} s", (now - at).num_seconds()));
        }
        before
    }

    /// Some sites send no more than a part now and then.
    fn break_off(&self, site: usize, body: String, items: Vec<Item>) -> (String, Vec<Item>, bool) {
        let world = &self.web.world;
        let breaks = lock(&self.web.sites)[site].manner == Manner::BreaksOff;
        let Some(first) = body.find("<item>").filter(|_| breaks && world.fault(30)) else {
            return (body, items, false);
        };
        let mut part = body.get(..first + world.below(body.len() - first)).unwrap_or(&body).to_owned();
        let whole = part.matches("</item>").count();
        let broken = part.matches("<item>").count() > whole;
        if world.has(Bug::BreaksClosed) {
            part += "]]></content:encoded></item></channel></rss>";
        }
        (part, items.into_iter().take(whole).collect(), broken)
    }

    async fn answer(&self, request: FeedRequest) -> Result<FeedResponse, FetchError> {
        let (web, world) = (&self.web, &self.web.world);
        let index = web.feeds.iter().position(|listing| listing.feed.url == request.url).expect("a feed");
        let listing = &web.feeds[index];
        let name = &listing.feed.name;
        web.take_served(self.instance, name);
        let asked_before = self.ask(listing);
        let fail = |kind, retry_after: Option<u64>| {
            let retry_after = retry_after.map(Duration::from_secs);
            Err(FetchError { url: request.url.to_string(), kind, retry_after, wall: None })
        };
        let before = world.chance(50).then(|| web.document(index));
        world.pause(5..400).await;
        if world.fault(3) {
            world.pause(1_000..20_000).await;
        }
        if lock(&web.sites)[listing.site].down {
            return fail(FetchFailure::Connect("refused".into()), None);
        }
        let mut is_feed = true;
        if world.fault(8) {
            match world.below(7) {
                0 => return fail(FetchFailure::Timeout(Duration::from_secs(20)), None),
                1 => return fail(FetchFailure::Status(500), None),
                2 => return fail(FetchFailure::Status(503), Some(40)),
                3 => return fail(FetchFailure::Status(429), Some(70)),
                4 => return fail(FetchFailure::Status(404), None),
                5 => {
                    // Nothing was sent.
                    match asked_before {
                        Some(at) => drop(lock(&web.asked).insert(name.clone(), at)),
                        None => drop(lock(&web.asked).remove(name)),
                    }
                    return fail(FetchFailure::SitePaused(Duration::from_secs(15)), Some(15));
                }
                _ => is_feed = false,
            }
        }
        // Half of the answers were made before the wait, half after it.
        let (body, items) = before.unwrap_or_else(|| web.document(index));
        let body = if is_feed { body } else { "<html><body>Sorry</body></html>".to_owned() };
        let (body, items, broken) = self.break_off(listing.site, body, items);
        let hash = format!("{:016x}", hash_of(&body));
        let validators = match listing.validators {
            Kind::Etag => Validators { etag: Some(format!("\"{hash}\"")), ..Validators::default() },
            Kind::LastModified => Validators { last_modified: Some(hash.clone()), ..Validators::default() },
            Kind::Neither => Validators::default(),
        };
        if validators != Validators::default() && validators == request.validators {
            world.note(format_args!("origin {name}: not modified"));
            let (freshness, redirects) = (Freshness::default(), Vec::new());
            return Ok(FeedResponse::NotModified { validators, freshness, redirects });
        }
        world.note(format_args!("origin {name}: {} entries, {hash}", items.len()));
        let served = Served { hash: hash.clone(), items, broken, validators: validators.clone(), is_feed };
        lock(&web.served).insert((self.instance, name.clone()), served);
        Ok(FeedResponse::Document(FeedDocument {
            url: request.url,
            redirects: Vec::new(),
            content_type: Some("application/rss+xml".into()),
            validators,
            freshness: Freshness::default(),
            body: Bytes::from(body),
            body_hash: hash,
            refused: None,
            broken_off: None,
            wall: None,
            share: None,
            links: Default::default(),
            fetched_at: world.now(),
        }))
    }
}

fn hash_of(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

impl Origin for Sight {
    fn feed(&self, request: FeedRequest) -> BoxFuture<'_, Result<FeedResponse, FetchError>> {
        Box::pin(self.answer(request))
    }

    fn page(&self, PageRequest { url, .. }: PageRequest) -> BoxFuture<'_, Result<Page, FetchError>> {
        Box::pin(async move {
            let world = &self.web.world;
            world.pause(5..300).await;
            if world.fault(10) {
                let kind = FetchFailure::Timeout(Duration::from_secs(20));
                return Err(FetchError { url: url.to_string(), kind, retry_after: None, wall: None });
            }
            if world.fault(3) {
                // Slow pages cut chunks short.
                sleep(Duration::from_secs(12)).await;
            }
            if url.path() == "/" {
                return Err(FetchError {
                    url: url.to_string(),
                    kind: FetchFailure::Status(503),
                    retry_after: None,
                    wall: None,
                });
            }
            let site =
                url.host_str().and_then(|host| host.strip_prefix("site")?.split('.').next()?.parse().ok());
            let number = url.path().rsplit('/').next().and_then(|number| number.parse().ok());
            let item = site.zip(number).expect("an entry's address");
            Ok(Page {
                content_type: Some("text/html".into()),
                status: 200,
                body: Bytes::from(self.web.page(item)),
                fetched_at: world.now(),
                signals: Default::default(),
                wall: None,
                share: None,
                url,
            })
        })
    }
}
