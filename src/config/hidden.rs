//! Which parts of a feed's configuration are looked for in what its publisher sends: publishers
//! repeat what they were sent.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::{Url, form_urlencoded::byte_serialize};

use super::Secret;
use crate::{
    site,
    yaml::{Fields, Node, Value},
};

/// Shortest secret that is looked for, bytes: a shorter one would be found by chance.
const SECRET_MIN: usize = 6;
/// Shortest secret that is recognised outside addresses too, bytes.
const PLAIN_MIN: usize = 8;

/// The secrets of an address: user name, password, and parameters whose names say that they are
/// secret.
pub(super) fn of_address(url: &Url) -> Vec<Secret> {
    as_written(in_address(url).collect())
}

/// The secrets of a feed whose address is `url`, as `node` has it: those of the address, what
/// references brought in, and what is in its headers.
pub(super) fn of_feed(
    url: &Url,
    node: &Node,
    fields: &Fields<'_>,
    headers: &[(String, Secret)],
) -> Vec<Secret> {
    let mut found: Vec<String> = in_address(url).chain(node.brought.iter().cloned()).collect();
    for key in ["headers", "cookie", "auth"] {
        if let Some(node) = fields.get(key) {
            below(node, key == "auth", &mut found);
        }
    }
    let secret = |name: &str| {
        ["authorization", "cookie", "token", "key", "secret"].iter().any(|word| name.contains(word))
    };
    for (_, Secret(value)) in headers.iter().filter(|(name, _)| secret(name)) {
        let parts = value.split([' ', ';', '=', ',']).chain([value.as_str()]);
        found.extend(parts.filter(|part| is_unmistakable(part)).map(str::to_owned));
    }
    as_written(found)
}

fn in_address(url: &Url) -> impl Iterator<Item = String> {
    let user = [url.username(), url.password().unwrap_or_default()].map(str::to_owned);
    user.into_iter().chain(site::secret_values(url))
}

/// Each one plain and as it is spelt in an address; the longest first, so that none hides part of another.
fn as_written(mut found: Vec<String>) -> Vec<Secret> {
    let otherwise: Vec<String> = found
        .iter()
        .flat_map(|text| {
            let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
            [byte_serialize(text.as_bytes()).collect(), decoded]
        })
        .collect();
    found.extend(otherwise);
    found.retain(|text| text.len() >= SECRET_MIN);
    found.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    found.dedup();
    found.into_iter().map(Secret).collect()
}

/// What references brought in below `node`; with `all`, every text there.
fn below(node: &Node, all: bool, found: &mut Vec<String>) {
    found.extend(node.brought.iter().cloned());
    match &node.value {
        Value::Scalar { text, .. } if all => found.push(text.clone()),
        Value::Sequence(items) => items.iter().for_each(|item| below(item, all, found)),
        Value::Mapping(entries) => entries.iter().for_each(|(_, node)| below(node, all, found)),
        _ => {}
    }
}

/// Letters and digits mixed: neither a word nor a name, nothing that a text would contain by
/// chance.
fn is_unmistakable(text: &str) -> bool {
    text.len() >= PLAIN_MIN
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(char::is_alphabetic)
}

/// `text` with `***` in place of `secrets`; `None` if it holds none. In an address all of them are
/// looked for, elsewhere only those that are not words: a user name may be a word of the article.
pub(super) fn hide(secrets: &[Secret], text: &str) -> Option<String> {
    let (tokens, words): (Vec<&Secret>, Vec<&Secret>) =
        secrets.iter().partition(|Secret(secret)| is_unmistakable(secret));
    let without = replaced(&tokens, text);
    let shown = without.as_deref().unwrap_or(text);
    if !shown.contains("://") || !words.iter().any(|Secret(word)| shown.contains(word.as_str())) {
        return without;
    }
    let pieces = shown.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'));
    let hidden: String = pieces
        .map(|piece| match replaced(&words, piece).filter(|_| piece.contains("://")) {
            Some(hidden) => Cow::Owned(hidden),
            None => Cow::Borrowed(piece),
        })
        .collect();
    if hidden == shown { without } else { Some(hidden) }
}

/// `text` with `***` in place of each of `secrets`; `None` if it holds none.
fn replaced(secrets: &[&Secret], text: &str) -> Option<String> {
    let mut hidden: Option<String> = None;
    for Secret(secret) in secrets {
        let shown = hidden.as_deref().unwrap_or(text);
        if shown.contains(secret.as_str()) {
            hidden = Some(shown.replace(secret.as_str(), "***"));
        }
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_hidden_in_addresses_and_tokens_everywhere() {
        let secrets = ["reader", "tok-77-abcdef"].map(|text| Secret(text.to_owned()));
        for (text, expected) in [
            ("https://a.example/feed?k=tok-77-abcdef&u=reader", Some("https://a.example/feed?k=***&u=***")),
            ("The key is tok-77-abcdef", Some("The key is ***")),
            ("Every reader has one", None),
            (
                "Every reader has one: https://a.example/?u=reader, said a reader.",
                Some("Every reader has one: https://a.example/?u=***, said a reader."),
            ),
            (
                "{\"link\":\"https://a.example/reader/1\",\"title\":\"The reader\"}",
                Some("{\"link\":\"https://a.example/***/1\",\"title\":\"The reader\"}"),
            ),
            ("<a href=\"http://a.example/\">reader</a>", None),
            ("tok-77-abcdef, the reader, http://a.example/", Some("***, the reader, http://a.example/")),
        ] {
            assert_eq!(hide(&secrets, text).as_deref(), expected, "{text}");
        }
    }
}
