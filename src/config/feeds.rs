//! The feeds of all files, with `defaults` applied; names and addresses are unique.

use std::{borrow::Cow, collections::HashMap, fmt::Write as _, path::Path, sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use url::Url;

use super::{
    ContentSource, Feed, FeedHttp, Interval, credentials,
    feed::KEYS,
    feed_http::feed_http,
    hidden,
    key::known,
    lint::{FREQUENT, is_public_host},
    reader::Reader,
    refer,
};
use crate::{
    feed::opml,
    identity::hex,
    site::public,
    yaml::{Decoder, Fields, Node, Place, Problem, Value},
};

/// Longest name of a feed, in bytes.
const NAME_MAX: usize = 250;

/// Schemes that feed readers use, and what they stand for.
const FEED_SCHEMES: [(&str, &str); 6] = [
    ("feed", "http"),
    ("feeds", "https"),
    ("rss", "http"),
    ("pcast", "http"),
    ("itpc", "http"),
    ("podcast", "http"),
];

/// What a feed takes over unless it says otherwise.
#[derive(Default)]
struct Inherited {
    interval: Interval,
    content: ContentSource,
    tags: Vec<String>,
    http: FeedHttp,
}

impl Inherited {
    /// What differs from `http`, if anything does.
    fn http(&self) -> Option<Arc<FeedHttp>> {
        (self.http != FeedHttp::default()).then(|| Arc::new(self.http.clone()))
    }
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
        known: known(KEYS, "feeds[]"),
        feeds: Vec::new(),
        names: HashMap::new(),
        urls: HashMap::new(),
    };
    if let Some(node) = root.at(&["defaults"])
        && let Some(fields) = reader.decoder.fields(node, &known(KEYS, "defaults"))
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

/// What both `defaults` and every feed have; `url` decides whether
/// a short interval is a finding.
fn inherit(reader: &mut Reader<'_>, fields: &Fields<'_>, url: Option<&Url>, from: &Inherited) -> Inherited {
    let http = feed_http(reader, fields, &from.http);
    let mut out = Inherited { interval: from.interval, content: from.content, tags: from.tags.clone(), http };
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
                let Some(bytes) = reader.bytes(path, Some(named)) else { return };
                let outlines = opml::read(&bytes);
                if outlines.is_empty() {
                    let file = named.shown(path.display());
                    let message = "no feed in it: an OPML file names feeds as `<outline xmlUrl=\"...\"/>`";
                    reader.decoder.tell(named, format!("{file}: {message}"));
                }
                self.opml(reader, path, outlines);
            }
            _ => reader.decoder.tell(
                named,
                format!(
                    "{} is not a .yaml, .yml or .opml file; feeds are read from these only",
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
            let headers = credentials::headers(reader, &fields, url.as_ref());
            let pages_with_headers = fields
                .get("pages_with_headers")
                .and_then(|node| reader.decoder.boolean(node))
                .unwrap_or(true);
            let name = fields.get("name").and_then(|node| feed_name(&mut reader.decoder, node));
            let (Some(url), Some(node)) = (url, node) else { continue };
            let derived = fields.get("name").is_none();
            let name = match name {
                Some(name) => name,
                None if derived => derive_name(&url, node.masked.as_deref()),
                None => continue,
            };
            let place = item.place.to_string();
            if let Some(first) = self.urls.get(url.as_str()).and_then(|at| self.feeds.get(*at)) {
                let message = format!("the same address as `{}` in {}; keep one", first.name, first.origin);
                reader.decoder.tell(node, message);
            } else if let Some(first) = self.names.get(&name).and_then(|at| self.feeds.get(*at)) {
                let node = fields.get("name").unwrap_or(node);
                let what = if derived { "needs a `name`: the one made from its address" } else { "the name" };
                let message = format!("{what} is taken by {}; names are unique", first.origin);
                reader.decoder.tell(node, message);
            }
            let http = inherited.http();
            let Inherited { interval, content, tags, .. } = inherited;
            self.push(Feed {
                public_url: public_address(&url, node.masked.as_deref()),
                secrets: hidden::of_feed(&url, node, &fields, &headers),
                name,
                url,
                interval,
                content,
                tags,
                headers,
                pages_with_headers,
                http,
                origin: place,
            });
        }
    }

    /// The feeds of an OPML file. Subscriptions listed twice are common there: the first one counts. One that
    /// cannot be polled does not keep the others out.
    fn opml(&mut self, reader: &mut Reader<'_>, path: &Path, outlines: Vec<opml::Outline>) {
        let file: std::sync::Arc<str> = path.display().to_string().into();
        for outline in outlines {
            let place = Place { file: file.clone(), line: outline.line, column: 1 };
            let problem = |message: String| Problem {
                place: place.clone(),
                path: format!("outline \"{}\"", outline.title),
                message,
            };
            let url = match feed_address(&outline.url) {
                Ok(url) => url,
                Err(message) => {
                    reader.left_out.push(problem(format!("{message}; left out")));
                    continue;
                }
            };
            if let Some(first) = self.urls.get(url.as_str()).and_then(|at| self.feeds.get(*at)) {
                let message = format!("the same address as `{}` in {}; left out", first.name, first.origin);
                reader.findings.push(problem(message));
                continue;
            }
            let mut name = derive_name(&url, None);
            if self.names.contains_key(&name) {
                name = format!("{name}~{}", short_hash(url.as_str()));
            }
            let Inherited { interval, content, tags, .. } = &self.inherited;
            let tags = tags.iter().cloned().chain(outline.tags).collect();
            self.push(Feed {
                interval: *interval,
                content: *content,
                tags,
                http: self.inherited.http(),
                origin: format!("{file}:{}", outline.line),
                ..Feed::new(name, url)
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
    match feed_address(text) {
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

/// An address that can be polled, from the form in which configurations and lists of feeds write
/// it.
///
/// # Errors
/// What is wrong and what to write instead. The message does not repeat the address, which may hold
/// a secret.
pub fn feed_address(text: &str) -> Result<Url, String> {
    let example = "write it as in `https://example.org/feed.xml`";
    let mut url = match Url::parse(&of_the_web(text.trim())) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(format!("has to be a full address with http:// or https://; {example}"));
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

/// The web address that `feed://example.org/rss`, `feed:https://example.org/rss` and the like stand
/// for; browsers use them to hand feeds to readers.
fn of_the_web(text: &str) -> Cow<'_, str> {
    let handed = FEED_SCHEMES.iter().find_map(|(scheme, web)| {
        let (head, rest) = text.split_at_checked(scheme.len())?;
        Some((rest.strip_prefix(':').filter(|_| head.eq_ignore_ascii_case(scheme))?, web))
    });
    let Some((rest, web)) = handed else { return Cow::Borrowed(text) };
    let rest = rest.trim_start_matches('/');
    let whole = rest
        .split_once("://")
        .is_some_and(|(scheme, _)| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if whole {
        return Cow::Borrowed(rest);
    }
    Cow::Owned(format!("{web}://{rest}"))
}

/// The address as it may be shown: `masked` is how it was written, with `***` for each reference.
fn public_address(url: &Url, masked: Option<&str>) -> Url {
    let Some(masked) = masked else { return public(url) };
    if let Ok(written) = feed_address(masked) {
        return public(&written);
    }
    // The reference stands for the address itself, of which only the site is shown.
    let mut shown = public(url);
    shown.set_path("/***");
    shown.set_query(None);
    shown
}

/// A name made from the address: host and path, and a hash of the query if there is one, since
/// queries hold tokens. What references bring in does not show.
fn derive_name(url: &Url, masked: Option<&str>) -> String {
    let query = url.query();
    let url = &public_address(url, masked);
    let host = url.host_str().unwrap_or_default();
    let mut name = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = url.port() {
        // Writing to a string cannot fail.
        write!(name, ":{port}").ok();
    }
    name.push_str(url.path().trim_end_matches('/'));
    if let Some(query) = query {
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
