//! One feed as it is configured.

use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use url::Url;

use super::{
    RobotsPolicy, hidden,
    key::{KeyDoc, key},
    secret::Secret,
};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key("defaults.interval", "`adaptive` or duration", "adaptive", "`interval` of feeds that have none."),
    key("defaults.content", "`feed`, `page`, `auto`", "auto", "`content` of feeds that have none."),
    key(
        "defaults.tags",
        "list of `kind/name`",
        "[]",
        "Tags given to the articles of every feed, before its own.",
    ),
    key(
        "defaults.proxy",
        "secret",
        "",
        "`proxy` of feeds that have none. The environment (`HTTP_PROXY`, ...) is ignored.",
    ),
    key("defaults.tls_ca", "path", "", "`tls_ca` of feeds that have none."),
    key("defaults.timeout", "duration, 100ms to 10m", "", "`timeout` of feeds that have none."),
    key("defaults.robots", "`obey`, `record`", "", "`robots` of feeds that have none."),
    key(
        "feeds[].name",
        "text",
        "host and path",
        "Unique name: the key of the feed's state. Keep it when the address changes.",
    ),
    key("feeds[].url", "URL", "", "Address, http or https. Required."),
    key(
        "feeds[].interval",
        "`adaptive`, or duration from 1s to 30d",
        "",
        "How often to poll: by what the feed does and says, or fixed.",
    ),
    key(
        "feeds[].content",
        "`feed`, `page`, `auto`",
        "",
        "Where the text comes from: the feed, the page behind the link, or the better one.",
    ),
    key("feeds[].tags", "list of `kind/name`", "", "Tags given to every article of the feed."),
    key(
        "feeds[].headers",
        "mapping",
        "",
        "Extra request headers, sent to the feed's own origin only; values are secrets.",
    ),
    key(
        "feeds[].auth.basic.username",
        "text",
        "",
        "User name of Basic authentication, for the feed's own origin.",
    ),
    key("feeds[].auth.basic.password", "secret", "", "Its password: `${env:NAME}` or `${file:/path}`."),
    key("feeds[].auth.bearer", "secret", "", "Bearer token, in place of `basic`."),
    key("feeds[].cookie", "secret", "", "Cookies as a `Cookie` header has them, for the feed's own origin."),
    key(
        "feeds[].user_agent",
        "text",
        "",
        "User agent towards the feed's own origin, in place of copydesk's.",
    ),
    key(
        "feeds[].pages_with_headers",
        "boolean",
        "true",
        "Send headers, authentication and cookies for pages of the feed's own origin too; never to another \
         origin.",
    ),
    key(
        "feeds[].proxy",
        "secret",
        "",
        "Proxy for the feed and its pages: `http://`, `https://`, `socks5://` or `socks5h://`, with user \
         name and password if it wants them; or `direct`. HTTP proxies and socks5h look names up \
         themselves: a name that resolves to a private address here is not handed to them; one that does \
         not resolve here is, and where it leads is for the proxy to guard.",
    ),
    key(
        "feeds[].tls_ca",
        "path",
        "",
        "Certificates (PEM) of authorities to trust besides the system's, for the feed and its pages.",
    ),
    key("feeds[].timeout", "duration, 100ms to 10m", "", "`http.timeout` for the feed and its pages."),
    key("feeds[].robots", "`obey`, `record`", "", "`http.robots` for the pages of the feed."),
    key("include", "list of globs", "[]", "Further feeds: YAML files with a `feeds` list, and OPML files."),
];

/// How often a feed is polled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interval {
    /// By what the feed does and says, from 5 minutes to 24 hours.
    #[default]
    Adaptive,
    /// Fixed, from 1 s.
    Every(Duration),
}

/// Where an article's text comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentSource {
    /// The feed's own content.
    Feed,
    /// The page behind the link.
    Page,
    /// The feed's content if that is the article, else the page.
    #[default]
    Auto,
}

/// How a feed and its pages are requested, where that differs from `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedHttp {
    /// `feeds[].proxy`.
    pub proxy: Option<Secret>,
    /// `feeds[].tls_ca`.
    pub tls_ca: Option<Authorities>,
    /// `feeds[].timeout`.
    pub timeout: Option<Duration>,
    /// `feeds[].robots`.
    pub robots: Option<RobotsPolicy>,
}

/// Certificates of authorities, in PEM, as they stood in the file when it was read.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Authorities(pub Arc<[u8]>);

impl std::fmt::Debug for Authorities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of PEM", self.0.len())
    }
}

/// One feed, defaults applied. Two are equal if the same would be done for both: [`Feed::origin`]
/// does not count, so that a reload sees no change where only lines have moved.
#[derive(Clone)]
pub struct Feed {
    /// `feeds[].name`.
    pub name: String,
    /// `feeds[].url`.
    pub url: Url,
    /// The address as records, logs and pages show it: without its secrets.
    pub public_url: Url,
    /// Secrets to look for in what the publisher sends: user names, passwords, tokens and what references
    /// brought in, from the address and the headers.
    pub secrets: Vec<Secret>,
    /// `feeds[].interval`.
    pub interval: Interval,
    /// `feeds[].content`.
    pub content: ContentSource,
    /// `feeds[].tags`.
    pub tags: Vec<String>,
    /// `feeds[].headers`.
    pub headers: Vec<(String, Secret)>,
    /// `feeds[].pages_with_headers`.
    pub pages_with_headers: bool,
    /// What differs from `http`; `None` if nothing does.
    pub http: Option<Arc<FeedHttp>>,
    /// Where it was configured, `file:line:column`.
    pub origin: String,
}

impl PartialEq for Feed {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            name,
            url,
            public_url,
            secrets: _,
            interval,
            content,
            tags,
            headers,
            pages_with_headers,
            http,
            origin: _,
        } = self;
        *name == other.name
            && *url == other.url
            && *public_url == other.public_url
            && *pages_with_headers == other.pages_with_headers
            && *interval == other.interval
            && *content == other.content
            && *tags == other.tags
            && *headers == other.headers
            && *http == other.http
    }
}

impl Feed {
    /// A feed polled with the default settings.
    pub fn new(name: impl Into<String>, url: Url) -> Self {
        let public_url = crate::site::public(&url);
        Self {
            name: name.into(),
            public_url,
            secrets: hidden::of_address(&url),
            interval: Interval::default(),
            content: ContentSource::default(),
            tags: Vec::new(),
            headers: Vec::new(),
            pages_with_headers: true,
            http: None,
            origin: String::new(),
            url,
        }
    }

    /// A fingerprint of what is requested: the address and the headers with all their secrets. Its 32 bits
    /// are enough to notice a change and too few to confirm a guess.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let headers = self.headers.iter().flat_map(|(name, Secret(value))| [name.as_str(), value.as_str()]);
        for part in std::iter::once(self.url.as_str()).chain(headers) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }

    /// `text` with `***` in place of the feed's secrets, which publishers repeat: in addresses all of them,
    /// elsewhere those that are not words. `None` if it holds none.
    pub fn hide(&self, text: &str) -> Option<String> {
        hidden::hide(&self.secrets, text)
    }
}

/// With the secrets of the address redacted.
impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed")
            .field("name", &self.name)
            .field("url", &self.public_url.as_str())
            .field("interval", &self.interval)
            .field("content", &self.content)
            .field("tags", &self.tags)
            .field("headers", &self.headers)
            .field("pages_with_headers", &self.pages_with_headers)
            .field("http", &self.http)
            .field("origin", &self.origin)
            .finish()
    }
}
