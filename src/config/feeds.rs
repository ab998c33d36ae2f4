//! The feeds of all files, with `defaults` applied; no name and no address twice.

use std::{collections::HashMap, fmt::Write as _, path::Path, time::Duration};

use sha2::{Digest, Sha256};
use url::Url;

use super::{
    ContentSource, Feed, Interval, Secret,
    lint::{FREQUENT, is_public_host},
    reader::Reader,
    refer,
    reference::known,
};
use crate::{
    identity::hex,
    yaml::{Decoder, Fields, Node, Place, Problem, Value},
};

/// Longest name of a feed, in bytes.
const NAME_MAX: usize = 250;

/// Headers that belong to the exchange itself (RFC 9110) or to the fetcher.
const RESERVED: &[&str] = &[
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "upgrade",
    "keep-alive",
    "trailer",
    "expect",
    "range",
    "accept-encoding",
    "if-none-match",
    "if-modified-since",
    "proxy-authorization",
];

/// A feed that an OPML file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutlineFeed {
    /// Address (`xmlUrl`).
    pub url: String,
    /// Title, where there is one.
    pub title: Option<String>,
    /// Tags: the folders it lies in.
    pub tags: Vec<String>,
}

/// What a feed takes over unless it says otherwise.
#[derive(Default)]
struct Inherited {
    interval: Interval,
    content: ContentSource,
    tags: Vec<String>,
}

struct Feeds {
    inherited: Inherited,
    known: Vec<&'static str>,
    feeds: Vec<Feed>,
    /// Index in `feeds` by name and by address.
    names: HashMap<String, usize>,
    urls: HashMap<String, usize>,
}

/// The feeds of the configuration file and of the files it includes, in that order.
pub(super) fn feeds(reader: &mut Reader<'_>, root: &Node) -> Vec<Feed> {
    let mut list = Feeds {
        inherited: Inherited::default(),
        known: known("feeds[]"),
        feeds: Vec::new(),
        names: HashMap::new(),
        urls: HashMap::new(),
    };
    if let Some(node) = root.at(&["defaults"])
        && let Some(fields) = reader.decoder.fields(node, &known("defaults"))
    {
        list.inherited = inherit(reader, &fields, None, &Inherited::default());
    }
    if let Some(node) = root.at(&["feeds"]) {
        list.yaml(reader, node);
    }
    if let Some(node) = root.at(&["include"]) {
        for (path, named) in reader.globs(node) {
            list.include(reader, named, &path);
        }
    }
    list.feeds
}

/// `interval`, `content` and `tags`, which `defaults` and every feed have; `url` decides whether
/// a short interval is a finding.
fn inherit(reader: &mut Reader<'_>, fields: &Fields<'_>, url: Option<&Url>, from: &Inherited) -> Inherited {
    let mut out = Inherited { interval: from.interval, content: from.content, tags: from.tags.clone() };
    if let Some(node) = fields.get("interval")
        && let Some(interval) = interval(&mut reader.decoder, node)
    {
        out.interval = interval;
        if matches!(interval, Interval::Every(every) if every < FREQUENT) && url.is_none_or(is_public_host) {
            reader.finding(node, "polls more often than every 5m, which sites do not welcome");
        }
    }
    if let Some(node) = fields.get("content") {
        let choices =
            [("feed", ContentSource::Feed), ("page", ContentSource::Page), ("auto", ContentSource::Auto)];
        out.content = reader.decoder.choice(node, &choices).unwrap_or(out.content);
    }
    for tag in fields.get("tags").and_then(|node| reader.decoder.tags(node, false)).unwrap_or_default() {
        if !out.tags.contains(&tag) {
            out.tags.push(tag);
        }
    }
    out
}

fn interval(decoder: &mut Decoder, node: &Node) -> Option<Interval> {
    if matches!(&node.value, Value::Scalar { text, .. } if text == "adaptive") {
        return Some(Interval::Adaptive);
    }
    let told = decoder.problems.len();
    let range = Duration::from_secs(1)..=Duration::from_secs(30 * 24 * 3600);
    let found = decoder.duration(node, range).map(Interval::Every);
    for problem in decoder.problems.iter_mut().skip(told) {
        problem.message.push_str(", or `adaptive`");
    }
    found
}

impl Feeds {
    fn include(&mut self, reader: &mut Reader<'_>, named: &Node, path: &Path) {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("yaml" | "yml") => {
                let Some(root) = refer::yaml(reader, path, Some(named)) else { return };
                let Some(fields) = reader.decoder.fields(&root, &["feeds"]) else { return };
                if let Some(node) = fields.get("feeds") {
                    self.yaml(reader, node);
                }
            }
            Some("opml" | "xml") => {
                let Some(text) = reader.text(path, Some(named)) else { return };
                match outline(&text) {
                    Ok(outlines) => self.opml(reader, path, outlines),
                    Err(message) => {
                        let file = named.shown(path.display());
                        reader.decoder.tell(named, format!("{file}: {message}"));
                    }
                }
            }
            _ => reader.decoder.tell(
                named,
                format!(
                    "{} is neither .yaml, .yml nor .opml; feeds are read from these",
                    named.shown(path.display())
                ),
            ),
        }
    }

    fn yaml(&mut self, reader: &mut Reader<'_>, section: &Node) {
        for item in reader.decoder.sequence(section).unwrap_or_default() {
            let Some(fields) = reader.decoder.fields(item, &self.known) else { continue };
            let node = fields.required(&mut reader.decoder, "url");
            let url = node.and_then(|node| address(reader, node));
            let inherited = inherit(reader, &fields, url.as_ref(), &self.inherited);
            let headers = fields.get("headers").map(|node| headers(reader, node)).unwrap_or_default();
            let name = fields.get("name").and_then(|node| feed_name(&mut reader.decoder, node));
            let (Some(url), Some(node)) = (url, node) else { continue };
            let derived = fields.get("name").is_none();
            let name = match name {
                Some(name) => name,
                None if derived => derive_name(&url),
                None => continue,
            };
            let place = item.place.to_string();
            if let Some(first) = self.urls.get(url.as_str()).and_then(|at| self.feeds.get(*at)) {
                let message = format!("the same address as `{}` in {}; keep one", first.name, first.origin);
                reader.decoder.tell(node, message);
            } else if let Some(first) = self.names.get(&name).and_then(|at| self.feeds.get(*at)) {
                let node = fields.get("name").unwrap_or(node);
                let what = if derived { "needs a `name`: the one made of its address" } else { "the name" };
                let message = format!("{what} is taken by {}; names are unique", first.origin);
                reader.decoder.tell(node, message);
            }
            let Inherited { interval, content, tags } = inherited;
            self.push(Feed { name, url, interval, content, tags, headers, origin: place });
        }
    }

    /// The feeds of an OPML file. Subscriptions listed twice are common there: the first counts.
    fn opml(&mut self, reader: &mut Reader<'_>, path: &Path, outlines: Vec<OutlineFeed>) {
        let file: std::sync::Arc<str> = path.display().to_string().into();
        let place = Place { file: file.clone(), line: 1, column: 1 };
        for (at, outline) in outlines.into_iter().enumerate() {
            let problem =
                |message: String| Problem { place: place.clone(), path: format!("outline[{at}]"), message };
            let url = match parse_address(&outline.url) {
                Ok(url) => url,
                Err(message) => {
                    reader.decoder.problems.push(problem(message));
                    continue;
                }
            };
            if let Some(first) = self.urls.get(url.as_str()).and_then(|at| self.feeds.get(*at)) {
                let message = format!("the same address as `{}` in {}; left out", first.name, first.origin);
                reader.findings.push(problem(message));
                continue;
            }
            let mut name = derive_name(&url);
            if self.names.contains_key(&name) {
                name = format!("{name}~{}", short_hash(url.as_str()));
            }
            let Inherited { interval, content, tags } = &self.inherited;
            let folders = outline.tags.iter().map(|folder| folder_tag(folder));
            let tags = tags.iter().cloned().chain(folders).collect();
            self.push(Feed {
                name,
                url,
                interval: *interval,
                content: *content,
                tags,
                headers: Vec::new(),
                origin: format!("{file}: outline[{at}]"),
            });
        }
    }

    fn push(&mut self, feed: Feed) {
        let at = self.feeds.len();
        self.names.entry(feed.name.clone()).or_insert(at);
        self.urls.entry(feed.url.as_str().to_owned()).or_insert(at);
        self.feeds.push(feed);
    }
}

/// The feeds of an OPML document; what is wrong with it else.
fn outline(text: &str) -> Result<Vec<OutlineFeed>, String> {
    let outlines = crate::feed::opml::read(text.as_bytes());
    if outlines.is_empty() {
        return Err("no feed in it: an OPML file names feeds as `<outline xmlUrl=\"...\"/>`".into());
    }
    let feeds = outlines.into_iter().map(|outline| OutlineFeed {
        title: (!outline.title.is_empty()).then_some(outline.title),
        url: outline.url,
        tags: outline.tags,
    });
    Ok(feeds.collect())
}

/// The tag of a folder: `folder/news/local` for `News/Local`.
fn folder_tag(folder: &str) -> String {
    let word = |c: char| if c.is_alphanumeric() || c == '/' { c } else { '-' };
    let name: String = folder.to_lowercase().chars().map(word).collect();
    format!("folder/{}", name.trim_matches(['-', '/']))
}

fn feed_name(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    if text.trim() == text && !text.is_empty() && text.len() <= NAME_MAX && !text.contains(char::is_control) {
        return Some(text.to_owned());
    }
    decoder
        .tell(node, format!("has to be a name of 1 to {NAME_MAX} bytes without line breaks or outer spaces"));
    None
}

fn address(reader: &mut Reader<'_>, node: &Node) -> Option<Url> {
    let text = reader.decoder.text(node)?;
    match parse_address(text) {
        Ok(url) => {
            if url.password().is_some() && !node.referenced {
                reader.clear_secret(node);
            }
            Some(url)
        }
        Err(message) => {
            reader.decoder.tell(node, message);
            None
        }
    }
}

/// An address that can be polled. The message does not repeat it: it may hold a secret.
fn parse_address(text: &str) -> Result<Url, String> {
    let example = "write it as in `https://example.org/feed.xml`";
    let mut url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(format!("has to be a whole address with http:// or https://; {example}"));
        }
        Err(error) => return Err(format!("is not an address ({error}); {example}")),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("has to begin with http:// or https://; {example}"));
    }
    if url.port() == Some(0) {
        return Err("port 0 cannot be reached; leave it out or write another".into());
    }
    url.set_fragment(None);
    Ok(url)
}

/// A name made of the address: host and path, and a hash of the query where there is one, since
/// queries hold tokens.
fn derive_name(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let mut name = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = url.port() {
        // Writing to a string cannot fail.
        write!(name, ":{port}").ok();
    }
    name.push_str(url.path().trim_end_matches('/'));
    if let Some(query) = url.query() {
        write!(name, "~{}", short_hash(query)).ok();
    }
    if name.len() > NAME_MAX {
        let hash = short_hash(&name);
        name = name.chars().take(NAME_MAX - hash.len() - 1).collect();
        write!(name, "~{hash}").ok();
    }
    name
}

/// The first 8 hexadecimal digits of the SHA-256 of `text`.
fn short_hash(text: &str) -> String {
    hex(Sha256::digest(text.as_bytes()).iter().take(4))
}

fn headers(reader: &mut Reader<'_>, section: &Node) -> Vec<(String, Secret)> {
    let mut out: Vec<(String, Secret)> = Vec::new();
    for (key, node) in reader.decoder.mapping(section).unwrap_or_default() {
        let name = key.name.to_ascii_lowercase();
        if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            reader.decoder.tell(node, "is not the name of a header: letters, digits and `-`");
            continue;
        }
        if RESERVED.contains(&name.as_str()) {
            reader.decoder.tell(node, "is set by the fetcher itself; leave it out");
            continue;
        }
        if out.iter().any(|(known, _)| *known == name) {
            reader.decoder.tell(node, "is given twice in another spelling; keep one");
            continue;
        }
        let Some(value) = reader.decoder.text(node) else { continue };
        if http::HeaderValue::from_str(value).is_err() {
            reader.decoder.tell(node, "has a value with line breaks or other control characters");
            continue;
        }
        let secret =
            ["authorization", "cookie", "token", "key", "secret"].iter().any(|word| name.contains(word));
        if secret && !node.referenced {
            reader.clear_secret(node);
        }
        out.push((name, Secret(value.to_owned())));
    }
    out
}
