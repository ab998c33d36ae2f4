//! What a feed says, as the `parse` command prints it.
//!
//! Strings are as found after decoding; URLs are resolved against the base if one is known.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The result of [`super::parse`]: everything that could be read, and what had to be repaired.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ParsedFeed {
    /// `rss20`, `rss10`, `rss09x`, `atom10`, `atom03`, `json1`, `news-sitemap`, ...
    pub format: String,
    /// Repairs made and oddities met, in document order.
    pub warnings: Vec<String>,
    /// The feed's own metadata.
    pub feed: Feed,
    /// Entries in document order.
    pub entries: Vec<Entry>,
    /// How the document ends, if it ends in the middle.
    #[serde(skip)]
    pub broken_off: Option<BrokenOff>,
}

/// The end of a document whose root was never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff {
    /// Line of the decoded text, from 1.
    pub line: usize,
    /// Index of the entry in which it ends; the others are whole.
    pub entry: Option<usize>,
}

/// A link with its relation (RFC 4287 section 4.2.7).
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Link {
    /// Target, absolute if a base was known.
    pub href: String,
    /// Relation; `alternate` if none was given.
    pub rel: Option<String>,
    /// Media type.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Title of the link.
    pub title: Option<String>,
    /// Language of the target.
    pub hreflang: Option<String>,
    /// Length in bytes, as given.
    pub length: Option<String>,
}

/// A person: author or contributor.
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Person {
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Homepage.
    pub uri: Option<String>,
}

/// A category with its scheme and label.
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Category {
    /// The term itself.
    pub term: Option<String>,
    /// Scheme or domain.
    pub scheme: Option<String>,
    /// Label for people.
    pub label: Option<String>,
}

/// One content element of an entry.
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Content {
    /// Media type: `text/plain`, `text/html`, `application/xhtml+xml`, ...
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// The text or markup.
    pub value: String,
    /// Address of out-of-line content.
    pub src: Option<String>,
}

/// An enclosure.
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
pub struct Enclosure {
    /// Address.
    pub href: Option<String>,
    /// Media type.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Length in bytes, as given.
    pub length: Option<String>,
    /// `image`, `audio`, `video`, `document` or `executable`, if Media RSS says so.
    pub medium: Option<String>,
}

/// Extensions of image files, which some feeds also give as the type.
const IMAGE_FILES: [&str; 7] = ["jpg", "jpeg", "png", "gif", "webp", "avif", "svg"];

impl Enclosure {
    /// Whether it is an image: by its medium (Media RSS), by its type, or if there is neither, by
    /// the name of its file.
    pub fn is_image(&self) -> bool {
        let kind = self.media_type.as_deref().unwrap_or("").trim().to_ascii_lowercase();
        let medium = self.medium.as_deref().unwrap_or("").trim().to_ascii_lowercase();
        if kind.starts_with("image") || IMAGE_FILES.contains(&kind.trim_start_matches('.')) {
            return true;
        }
        if !medium.is_empty() {
            return medium == "image";
        }
        let unknown =
            matches!(kind.as_str(), "" | "application/octet-stream" | "binary/octet-stream" | "unknown");
        let path = self.href.as_deref().unwrap_or("").split(['?', '#']).next().unwrap_or("");
        let end = path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        unknown && end.is_some_and(|end| IMAGE_FILES.contains(&end.as_str()))
    }
}

/// A place (GeoRSS, W3C Basic Geo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// `point`, `line`, `polygon`, `box` or `circle`.
    pub kind: String,
    /// Latitudes and longitudes in turn, degrees; the radius of a circle last, metres.
    pub coordinates: Vec<f64>,
}

impl std::hash::Hash for Location {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.coordinates.iter().for_each(|degrees| degrees.to_bits().hash(state));
    }
}

/// An image of the feed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FeedImage {
    /// Address of the image.
    pub href: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Page it links to.
    pub link: Option<String>,
}

/// Metadata of the feed itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the formats; see the `parse` contract")]
pub struct Feed {
    pub id: Option<String>,
    pub title: Option<String>,
    pub title_type: Option<String>,
    pub subtitle: Option<String>,
    pub subtitle_type: Option<String>,
    pub link: Option<String>,
    pub links: Vec<Link>,
    pub updated: Option<DateTime<Utc>>,
    pub updated_raw: Option<String>,
    pub published: Option<DateTime<Utc>>,
    pub published_raw: Option<String>,
    pub authors: Vec<Person>,
    pub contributors: Vec<Person>,
    pub categories: Vec<Category>,
    pub language: Option<String>,
    pub rights: Option<String>,
    pub generator: Option<String>,
    pub generator_uri: Option<String>,
    pub generator_version: Option<String>,
    pub icon: Option<String>,
    pub logo: Option<String>,
    pub image: Option<FeedImage>,
    /// `ttl` of RSS, minutes.
    pub ttl: Option<u64>,
    /// `sy:updatePeriod`: hourly, daily, weekly, monthly or yearly.
    pub update_period: Option<String>,
    /// `sy:updateFrequency`: times per period.
    pub update_frequency: Option<u64>,
    /// Hours (GMT, 0 to 23) in which the feed asks not to be polled.
    pub skip_hours: Vec<u8>,
    /// English names of the days on which the feed asks not to be polled.
    pub skip_days: Vec<String>,
    /// WebSub hubs.
    pub hubs: Vec<String>,
    #[serde(rename = "self")]
    pub self_link: Option<String>,
    /// Next page (RFC 5005).
    pub next: Option<String>,
}

/// One entry of a feed.
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the formats; see the `parse` contract")]
pub struct Entry {
    pub id: Option<String>,
    /// RSS: whether the guid is also the address of the page.
    pub guid_is_permalink: Option<bool>,
    pub title: Option<String>,
    pub title_type: Option<String>,
    pub link: Option<String>,
    pub links: Vec<Link>,
    pub summary: Option<String>,
    pub summary_type: Option<String>,
    pub content: Vec<Content>,
    pub published: Option<DateTime<Utc>>,
    pub published_raw: Option<String>,
    pub updated: Option<DateTime<Utc>>,
    pub updated_raw: Option<String>,
    pub created: Option<DateTime<Utc>>,
    pub authors: Vec<Person>,
    pub contributors: Vec<Person>,
    pub categories: Vec<Category>,
    pub enclosures: Vec<Enclosure>,
    /// Addresses of thumbnails.
    pub thumbnails: Vec<String>,
    pub language: Option<String>,
    pub comments: Option<String>,
    /// Title or address of the feed the entry was taken from.
    pub source: Option<String>,
    /// Address of the feed the entry was taken from.
    pub source_url: Option<String>,
    pub rights: Option<String>,
    /// `feedburner:origLink`: the address of the article if `link` is a redirect to it.
    pub original_link: Option<String>,
    /// `slash:comments`, `thr:total`.
    pub comment_count: Option<u64>,
    pub location: Option<Location>,
    /// `itunes:duration`, as given.
    pub duration: Option<String>,
    /// `itunes:explicit`.
    pub explicit: Option<bool>,
    pub season: Option<u32>,
    pub episode: Option<u32>,
    /// `podcast:transcript`.
    pub transcripts: Vec<Link>,
}

/// The text of a value that may be markup.
fn text_of(value: Option<&str>, media_type: Option<&str>) -> Option<String> {
    let text = match media_type {
        Some(kind) if kind.contains("html") => super::plain_text(value?),
        _ => value?.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    (!text.is_empty()).then_some(text)
}

impl Feed {
    /// The title as plain text, whatever its type.
    pub fn title_text(&self) -> Option<String> {
        text_of(self.title.as_deref(), self.title_type.as_deref())
    }
}

impl Entry {
    /// The address of the article: the original one if FeedBurner counts clicks on the link, else
    /// the link.
    pub fn page(&self) -> Option<&str> {
        let original = self.original_link.as_deref().filter(|link| link.starts_with("http"));
        original.or(self.link.as_deref())
    }

    /// The title as plain text, whatever its type.
    pub fn title_text(&self) -> Option<String> {
        text_of(self.title.as_deref(), self.title_type.as_deref())
    }

    /// The summary as plain text, whatever its type.
    pub fn summary_text(&self) -> Option<String> {
        text_of(self.summary.as_deref(), self.summary_type.as_deref())
    }
}
