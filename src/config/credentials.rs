//! What a feed adds to its requests: `headers`, `auth`, `cookie` and `user_agent`, all as headers.

use base64::{Engine, engine::general_purpose::STANDARD};
use url::Url;

use super::{Secret, reader::Reader};
use crate::yaml::{Fields, Node};

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

/// The headers of a feed whose address is `url`.
pub(super) fn headers(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    url: Option<&Url>,
) -> Vec<(String, Secret)> {
    let mut out = fields.get("headers").map(|node| own(reader, node)).unwrap_or_default();
    for (key, name) in [("auth", "authorization"), ("cookie", "cookie"), ("user_agent", "user-agent")] {
        let Some(node) = fields.get(key) else { continue };
        let value = if key == "auth" { auth(reader, node) } else { text(reader, node) };
        let Some(value) = value else { continue };
        if out.iter().any(|(known, _)| known == name) {
            reader
                .decoder
                .tell(node, format!("sets the header `{name}`, as does `headers`; keep one of the two"));
            continue;
        }
        if key == "auth" && url.is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
            reader.decoder.tell(node, "cannot be combined with a user name in `url`; keep one of the two");
            continue;
        }
        if key == "cookie" && !node.referenced {
            reader.clear_secret(node);
        }
        out.push((name.to_owned(), Secret(value)));
    }
    out
}

/// A text that can be the value of a header.
fn text(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let value = reader.decoder.text(node)?;
    if http::HeaderValue::from_str(value).is_ok() && !value.trim().is_empty() {
        return Some(value.to_owned());
    }
    reader.decoder.tell(node, "has to be text without line breaks or other control characters");
    None
}

/// `{basic: {username: .., password: ..}}` (RFC 7617) or `{bearer: token}` (RFC 6750).
pub(super) fn auth(reader: &mut Reader<'_>, section: &Node) -> Option<String> {
    let fields = reader.decoder.fields(section, &["basic", "bearer"])?;
    match (fields.get("basic"), fields.get("bearer")) {
        (Some(_), Some(node)) => {
            reader.decoder.tell(node, "cannot be combined with `basic`; keep one of the two");
            None
        }
        (Some(basic), None) => {
            let fields = reader.decoder.fields(basic, &["username", "password"])?;
            let username =
                fields.required(&mut reader.decoder, "username").and_then(|node| text(reader, node));
            let node = fields.required(&mut reader.decoder, "password")?;
            if !node.referenced {
                reader.clear_secret(node);
            }
            let password = text(reader, node);
            let (username, password) = (username?, password?);
            if username.contains(':') {
                reader.decoder.tell(basic, "a user name cannot hold a `:` (RFC 7617)");
                return None;
            }
            Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
        }
        (None, Some(node)) => {
            if !node.referenced {
                reader.clear_secret(node);
            }
            Some(format!("Bearer {}", text(reader, node)?))
        }
        (None, None) => {
            let given = fields.given("basic") || fields.given("bearer");
            if !given {
                let message = "has neither `basic: {username: .., password: ..}` nor `bearer: ..`";
                reader.decoder.tell(section, message);
            }
            None
        }
    }
}

/// Headers by name.
pub(super) fn own(reader: &mut Reader<'_>, section: &Node) -> Vec<(String, Secret)> {
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
