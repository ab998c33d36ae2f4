//! `http`: how feeds and pages are fetched.

use std::time::Duration;

use super::{
    key::{KeyDoc, key, known},
    scalar::{HOUR, SECOND, count, set},
    web_bot_auth::{self, BotKey},
};
use crate::{
    rights::Use,
    yaml::{Decoder, Node},
};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "http.contact",
        "URL or e-mail address",
        "",
        "Address at which site operators can reach you; part of the user agent.",
    ),
    key("http.timeout", "duration, 100ms to 10m", "20s", "Longest fetch, redirects and body included."),
    key("http.max_body", "size, to 1GiB", "15MiB", "Largest body after decompression."),
    key(
        "http.max_bodies",
        "size, 1MiB to 1TiB",
        "128MiB",
        "Memory for the bodies of feeds and pages together, not counting those of up to 256 KiB. Once it is \
         used up they come one at a time, as pages of more than 2 MiB always do.",
    ),
    key(
        "http.allow_private_networks",
        "boolean",
        "false",
        "Allow requests to loopback, private and other special addresses.",
    ),
    key(
        "http.concurrency",
        "1 to 10000",
        "512",
        "Most requests under way at once, not counting those that their servers keep waiting for more than a second.",
    ),
    key("http.per_site", "1 to 64", "2", "Most requests under way at once to one site (registrable domain)."),
    key(
        "http.site_delay",
        "duration, to 1h",
        "1s",
        "Least time between the starts of two requests to one site.",
    ),
    key(
        "http.robots",
        "`obey`, `record`",
        "obey",
        "Fetch no page that `robots.txt` (RFC 9309) forbids, or fetch it and only record what `robots.txt` \
         says. It is not consulted for feeds, which you list yourself.",
    ),
    key(
        "http.usage",
        "list of `train-ai`, `ai-input`, `search`",
        "[]",
        "Uses that you make of articles. An article whose publisher reserves one of them is not published \
         (outcome `filtered`), and its page is not fetched if `robots.txt` or `tdmrep.json` says so.",
    ),
];

/// How feeds and pages are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// `http.contact`.
    pub contact: Option<String>,
    /// `http.timeout`.
    pub timeout: Duration,
    /// `http.max_body`.
    pub max_body: usize,
    /// `http.max_bodies`.
    pub max_bodies: usize,
    /// `http.allow_private_networks`.
    pub allow_private_networks: bool,
    /// `http.concurrency`.
    pub concurrency: usize,
    /// `http.per_site`.
    pub per_site: usize,
    /// `http.site_delay`.
    pub site_delay: Duration,
    /// `http.robots`.
    pub robots: RobotsPolicy,
    /// `http.usage`.
    pub usage: Vec<Use>,
    /// What requests are signed with.
    pub web_bot_auth: Option<BotKey>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            contact: None,
            timeout: Duration::from_secs(20),
            max_body: 15 << 20,
            max_bodies: 128 << 20,
            allow_private_networks: false,
            concurrency: 512,
            per_site: 2,
            site_delay: Duration::from_secs(1),
            robots: RobotsPolicy::default(),
            usage: Vec::new(),
            web_bot_auth: None,
        }
    }
}

/// `http.robots`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RobotsPolicy {
    /// No page is fetched that `robots.txt` forbids.
    #[default]
    Obey,
    /// Pages are fetched anyway; what `robots.txt` says is noted in the record.
    Record,
}

pub(super) fn http(decoder: &mut Decoder, section: &Node) -> Http {
    let mut out = Http::default();
    let names = [known(KEYS, "http"), known(web_bot_auth::KEYS, "http")].concat();
    let Some(fields) = decoder.fields(section, &names) else { return out };
    if let Some(node) = fields.get("contact") {
        out.contact = contact(decoder, node);
    }
    if let Some(node) = fields.get("timeout") {
        set(&mut out.timeout, decoder.duration(node, Duration::from_millis(100)..=10 * 60 * SECOND));
    }
    if let Some(node) = fields.get("max_body") {
        set(&mut out.max_body, decoder.size(node, 1024..=1 << 30));
    }
    if let Some(node) = fields.get("max_bodies") {
        set(&mut out.max_bodies, decoder.size(node, 1 << 20..=1 << 40));
    }
    if let Some(node) = fields.get("allow_private_networks") {
        set(&mut out.allow_private_networks, decoder.boolean(node));
    }
    if let Some(node) = fields.get("concurrency") {
        set(&mut out.concurrency, count(decoder, node, 10_000));
    }
    if let Some(node) = fields.get("per_site") {
        set(&mut out.per_site, count(decoder, node, 64));
    }
    if let Some(node) = fields.get("site_delay") {
        set(&mut out.site_delay, decoder.duration(node, Duration::ZERO..=HOUR));
    }
    if let Some(node) = fields.get("robots") {
        let choices = [("obey", RobotsPolicy::Obey), ("record", RobotsPolicy::Record)];
        set(&mut out.robots, decoder.choice(node, &choices));
    }
    if let Some(node) = fields.get("usage") {
        let choices = Use::ALL.map(|of| (of.as_str(), of));
        let items = decoder.sequence(node).unwrap_or_default();
        out.usage = items.iter().filter_map(|item| decoder.choice(item, &choices)).collect();
    }
    if let Some(node) = fields.get("web_bot_auth") {
        out.web_bot_auth = web_bot_auth::web_bot_auth(decoder, node);
    }
    out
}

/// Reads a web or e-mail address that is safe in a header.
fn contact(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    let clean = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'(' | b')'));
    let mail = text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !text.contains([':', '/', '<', '>'])
    });
    let web = text.starts_with("https://") || text.starts_with("http://");
    if clean && (mail || web && url::Url::parse(text).is_ok()) {
        return Some(text.to_owned());
    }
    decoder.tell(
        node,
        "has to be an address at which site operators can reach you, as in `https://example.org/bot` or `me@example.org`",
    );
    None
}
