//! Pages that send their readers on by themselves: `<meta http-equiv="refresh">` and the header
//! `Refresh`.

use std::sync::LazyLock;

use http::HeaderMap;
use regex::{Regex, bytes};
use url::Url;

use super::freshness;
use crate::site::bare;

/// Bytes of a document that are looked at, at most.
const HEAD_MAX: usize = 32 << 10;
/// A page that waits longer, in seconds, is one that reloads itself from time to time.
const WAIT_MAX: f64 = 10.0;
/// One that waits at all says so in few words ("You are being taken to ..."): at most this many bytes of
/// text.
const WORDS_MAX: usize = 2 << 10;

static HIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?is)<!--.*?(?:-->|$)|<noscript\b.*?(?:</noscript\s*>|$)|<(?:script|style|template|textarea)\b.*?</(?:script|style|template|textarea)\s*>").ok()
});
static SCRIPT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)<script\b[^>]*>.*?</script\s*>").ok());
static NOSCRIPT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)<noscript\b[^>]*>(.*?)</noscript\s*>").ok());
static META: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)<meta\b((?:"[^"]*"|'[^']*'|[^>"'])*)>"#).ok());
static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#).ok());
/// No such instruction in a document is without this word.
static REFRESH: LazyLock<Option<bytes::Regex>> = LazyLock::new(|| bytes::Regex::new("(?i-u)refresh").ok());
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<[^>]*>").ok());

/// Where a document sends its readers on, as written there. `None` for the document's own address.
pub(super) fn target(url: &Url, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let by_header = headers.get("refresh").map(|value| freshness::latin1(value.as_bytes()));
    let head = body.get(..body.len().min(HEAD_MAX)).unwrap_or(body);
    if by_header.is_none() && !REFRESH.as_ref().is_some_and(|refresh| refresh.is_match(head)) {
        return None;
    }
    let text = String::from_utf8_lossy(head);
    let is_html = text.trim_start().get(..1) == Some("<") && !text.trim_start().starts_with("<?xml ")
        || text.to_ascii_lowercase().contains("<html");
    let shown = || HIDDEN.as_ref().map(|hidden| hidden.replace_all(&text, " "));
    let by_meta = || if is_html { of_meta(&shown()?).or_else(|| without_scripts(&text)) } else { None };
    let (wait, target) = by_header.as_deref().and_then(instruction).or_else(by_meta)?;
    let waits_in_few_words = wait <= WAIT_MAX && body.len() <= HEAD_MAX && words(&shown()?) <= WORDS_MAX;
    let leads_on = wait <= 1.0 && body.len() <= HEAD_MAX || waits_in_few_words;
    let elsewhere = url.join(&target).ok().is_some_and(|next| bare(next) != *url);
    (leads_on && elsewhere).then_some(target)
}

fn of_meta(html: &str) -> Option<(f64, String)> {
    META.as_ref()?.captures_iter(html).find_map(|meta| {
        let (mut refresh, mut content) = (false, None);
        for attribute in ATTRIBUTE.as_ref()?.captures_iter(meta.get(1)?.as_str()) {
            let value = (2..=4).find_map(|group| attribute.get(group)).map_or("", |value| value.as_str());
            match attribute.get(1)?.as_str().to_ascii_lowercase().as_str() {
                "http-equiv" => refresh = value.trim().eq_ignore_ascii_case("refresh"),
                "content" => {
                    content = Some(value.replace("&amp;", "&").replace("&#38;", "&").replace("&quot;", "\""))
                }
                _ => {}
            }
        }
        if refresh { instruction(&content?) } else { None }
    })
}

/// Link shorteners send readers without scripts on by a refresh within `noscript`, and all others
/// by a script, both to the same address. One that leads only the former is a page that asks for
/// scripts.
fn without_scripts(html: &str) -> Option<(f64, String)> {
    let scripts: String = SCRIPT.as_ref()?.find_iter(html).map(|script| script.as_str()).collect();
    let scripts = scripts.replace("\\/", "/").replace("\\u0026", "&");
    if !scripts.contains("location") {
        return None;
    }
    let led = NOSCRIPT.as_ref()?.captures_iter(html).find_map(|inside| of_meta(inside.get(1)?.as_str()));
    led.filter(|(_, target)| {
        [['"', '"'], ['\'', '\'']]
            .iter()
            .any(|[open, close]| scripts.contains(&format!("{open}{target}{close}")))
    })
}

/// `0; URL=https://a.example/`, `5;'/next'` (HTML, "shared declarative refresh steps").
fn instruction(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (wait, rest) = text.split_at_checked(digits)?;
    let rest = rest.trim_start().trim_start_matches([';', ',']).trim_start();
    let named = rest.get(..3).filter(|name| name.eq_ignore_ascii_case("url")).and_then(|_| rest.get(3..));
    let target = match named.map(|rest| rest.trim_start()).and_then(|rest| rest.strip_prefix('=')) {
        Some(target) => target.trim(),
        None => rest,
    };
    let target = match target.chars().next()? {
        quote @ ('"' | '\'') => target.get(1..)?.split(quote).next()?,
        _ => target,
    };
    (!target.is_empty()).then(|| (wait.parse().unwrap_or(0.0), target.to_owned()))
}

/// Bytes of text between tags.
fn words(html: &str) -> usize {
    let text = TAG.as_ref().map_or(html.into(), |tag| tag.replace_all(html, " "));
    text.split_whitespace().map(|word| word.len() + 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Option<String> {
        target(&Url::parse("https://a.example/r/1").unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn what_sends_on_is_followed() {
        let long = format!("<p>{}</p>", "word ".repeat(1000));
        for (body, expected) in [
            (
                "<html><meta http-equiv=\"Refresh\" content=\"0; URL=https://b.example/f?a&amp;b\">",
                Some("https://b.example/f?a&b"),
            ),
            ("<!doctype html><head><META CONTENT='0;url=/a/1' HTTP-EQUIV=refresh></head>", Some("/a/1")),
            ("<html><meta http-equiv=refresh content=\"0;'/quoted'\">", Some("/quoted")),
            ("<html><meta http-equiv=refresh content='3; url=next.html'>Please wait ...", Some("next.html")),
            ("<meta http-equiv=refresh content='1,url=//c.example/'>", Some("//c.example/")),
            ("<html><meta http-equiv=refresh content='300; url=/later'>", None),
            ("<html><meta http-equiv=refresh content='30'>", None),
            ("<html><meta http-equiv=refresh content='0; url=/r/1#top'>", None),
            ("<html><noscript><meta http-equiv=refresh content='0; url=/nojs'></noscript>", None),
            (
                "<html><noscript><META http-equiv=refresh content=\"0;URL=https://b.example/a?x=1&amp;y=2\"></noscript>\
                 <script>window.opener = null; location.replace(\"https:\\/\\/b.example\\/a?x=1&y=2\")</script>",
                Some("https://b.example/a?x=1&y=2"),
            ),
            (
                "<html><noscript><meta http-equiv='refresh' content=\"1;url='/a/1'\"></noscript>\
                 <script>window.location.href = '/a/1';</script>",
                Some("/a/1"),
            ),
            (
                "<html><noscript><meta http-equiv=refresh content='0; url=/nojs'></noscript>\
                 <script>location.assign('/app')</script>",
                None,
            ),
            ("<html><!-- <meta http-equiv=refresh content='0; url=/old'> -->", None),
            ("<html><meta name=refresh content='0; url=/x'>", None),
            ("<rss><channel><title>&lt;meta http-equiv=refresh content='0; url=/x'></title>", None),
            ("plain text", None),
        ] {
            assert_eq!(found(body).as_deref(), expected, "{body}");
        }
        assert_eq!(found(&format!("<html><meta http-equiv=refresh content='8; url=/x'>{long}")), None);
        let mut headers = HeaderMap::new();
        headers.insert("refresh", "0; url=/by-header".parse().unwrap());
        let url = Url::parse("https://a.example/").unwrap();
        assert_eq!(target(&url, &headers, b"").as_deref(), Some("/by-header"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_result(body in "(<meta |http-equiv=refresh|content=|[0-9;'\"=<>]|url|<!--|<noscript>|é){0,30}") {
            found(&body);
        }
    }
}
