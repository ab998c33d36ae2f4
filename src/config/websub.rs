//! `websub`: being told of news by the hubs of feeds (W3C WebSub).

use std::{net::SocketAddr, time::Duration};

use url::Url;

use super::{
    key::{KeyDoc, key, known},
    scalar::{HOUR, set},
    secret::Secret,
};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "websub.listen",
        "address:port",
        "",
        "Where hubs reach this instance, over HTTP; off without it. Port 0 is any free one, named in the log.",
    ),
    key(
        "websub.public_url",
        "URL",
        "",
        "The address of that listener as hubs see it, of this instance alone: usually `https`, ended by a \
         proxy that leads here.",
    ),
    key(
        "websub.secret",
        "text, 32 to 512 characters",
        "",
        "What callback addresses and signing secrets are made of: by a reference, the same after each start. \
         Another one makes all subscriptions anew.",
    ),
    key(
        "websub.max_body",
        "size, 16KiB to 64MiB",
        "4MiB",
        "Largest delivery; a larger one is refused, and the next poll brings what it told.",
    ),
    key(
        "websub.lease",
        "duration, 1h to 365d",
        "10d",
        "How long a subscription is asked for; a hub may give less.",
    ),
];

/// Shortest and longest secret, in characters.
const SECRET_MIN: usize = 32;
const SECRET_MAX: usize = 512;

/// `websub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSub {
    /// What it takes to be told; none where hubs are not asked.
    pub callback: Option<Callback>,
    /// `websub.max_body`.
    pub max_body: usize,
    /// `websub.lease`.
    pub lease: Duration,
}

/// Where hubs deliver to; the public address has no slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// `websub.listen`.
    pub listen: SocketAddr,
    /// `websub.public_url`.
    pub public_url: String,
    /// `websub.secret`.
    pub secret: Secret,
}

impl Default for WebSub {
    fn default() -> Self {
        Self { callback: None, max_body: 4 << 20, lease: 10 * 24 * HOUR }
    }
}

pub(super) fn websub(decoder: &mut Decoder, section: &Node) -> WebSub {
    let mut out = WebSub::default();
    let Some(fields) = decoder.fields(section, &known(KEYS, "websub")) else { return out };
    if let Some(node) = fields.get("max_body") {
        set(&mut out.max_body, decoder.size(node, 16 << 10..=64 << 20));
    }
    if let Some(node) = fields.get("lease") {
        set(&mut out.lease, decoder.duration(node, HOUR..=365 * 24 * HOUR));
    }
    let listen = fields.get("listen").and_then(|node| listen(decoder, node));
    let public_url = fields.get("public_url").and_then(|node| public_url(decoder, node));
    let secret = fields.get("secret").and_then(|node| secret(decoder, node));
    let Some(place) = fields.get("listen") else {
        if fields.get("public_url").or(fields.get("secret")).is_some() {
            decoder.tell(section, "has no `listen`: write the address at which hubs reach this instance");
        }
        return out;
    };
    for (name, remedy) in [
        (
            "public_url",
            "write the address of this listener as hubs see it, as in `https://desk.example/websub`",
        ),
        ("secret", "make one with `openssl rand -hex 32` and name it by `${file:...}` or `${env:...}`"),
    ] {
        if fields.get(name).is_none() {
            decoder.tell(place, format!("needs `websub.{name}` beside it: {remedy}"));
        }
    }
    if let (Some(listen), Some(public_url), Some(secret)) = (listen, public_url, secret) {
        out.callback = Some(Callback { listen, public_url, secret });
    }
    out
}

fn listen(decoder: &mut Decoder, node: &Node) -> Option<SocketAddr> {
    let address = decoder.text(node)?.replace("localhost:", "127.0.0.1:").parse().ok();
    if address.is_none() {
        decoder.tell(node, "has to be an address with its port, as in `0.0.0.0:9465`");
    }
    address
}

fn public_url(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let url = Url::parse(decoder.text(node)?).ok().filter(|url| {
        let plain = url.query().is_none() && url.fragment().is_none();
        let open = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain && open
    });
    if url.is_none() {
        decoder.tell(
            node,
            "has to be a web address without user name, query and fragment, as in `https://desk.example/websub`",
        );
    }
    url.map(|url| url.as_str().trim_end_matches('/').to_owned())
}

fn secret(decoder: &mut Decoder, node: &Node) -> Option<Secret> {
    let text = decoder.text(node)?;
    let fits = (SECRET_MIN..=SECRET_MAX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(Secret(text.to_owned()));
    }
    let message = format!(
        "has to be {SECRET_MIN} to {SECRET_MAX} visible ASCII characters; make one with `openssl rand -hex 32`"
    );
    decoder.tell(node, message);
    None
}
