//! Statements in the headers of a response.

use http::{HeaderMap, header};
use url::Url;

use super::{Place, Signals, Source, Statement};

/// Values of one header that are read, at most.
const VALUES_MAX: usize = 10;
/// Longest value that is read, bytes.
const VALUE_MAX: usize = 2048;

/// What the headers of a page say to `agent` (a product token) about its use; `url` is its address.
pub fn signals_of_headers(headers: &HeaderMap, url: &Url, agent: &str) -> Signals {
    let mut signals = Signals::default();
    for value in values(headers, "content-usage") {
        signals.statements.push(Statement::new(Source::ContentUsage, Place::Header, value));
    }
    // Any other value counts as none (TDMRep section 4).
    if let Some(value) = values(headers, "tdm-reservation").find(|value| matches!(*value, "0" | "1")) {
        let mut statement = Statement::new(Source::Tdmrep, Place::Header, value);
        statement.policy = values(headers, "tdm-policy").next().and_then(|policy| absolute(url, policy));
        signals.statements.push(statement);
    }
    let links = headers.get_all(header::LINK).iter().take(VALUES_MAX).filter_map(|value| value.to_str().ok());
    for link in links.flat_map(licences) {
        if let Some(address) = absolute(url, &link) {
            signals.statements.push(Statement::new(Source::Rsl, Place::Header, &address));
        }
    }
    for value in values(headers, "x-robots-tag") {
        if let Some(list) = for_agent(value, agent) {
            signals.add_directives(list);
        }
    }
    signals
}

fn values<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().take(VALUES_MAX);
    values.filter_map(|value| value.to_str().ok()).map(str::trim).filter(|value| value.len() <= VALUE_MAX)
}

/// The directives of an `X-Robots-Tag` if they are for everybody or for `agent`:
/// `otherbot: noindex` is for another. Directives with values, such as `max-snippet: 50`, have a
/// colon too.
fn for_agent<'a>(value: &'a str, agent: &str) -> Option<&'a str> {
    const WITH_VALUES: [&str; 4] =
        ["max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"];
    match value.split_once(':') {
        Some((name, list)) if !name.contains(',') => {
            let name = name.trim();
            match () {
                () if WITH_VALUES.iter().any(|known| name.eq_ignore_ascii_case(known)) => Some(value),
                () if name.eq_ignore_ascii_case(agent) || name == "*" => Some(list),
                () => None,
            }
        }
        _ => Some(value),
    }
}

/// The targets of a `Link` header (RFC 8288) that are RSL licences.
fn licences(value: &str) -> Vec<String> {
    let mut out = Vec::new();
    for link in value.split(",<").flat_map(|part| part.split(", <")) {
        let Some((target, parameters)) = link.trim().trim_start_matches('<').split_once('>') else {
            continue;
        };
        let parameters = parameters.to_ascii_lowercase();
        let named = |name: &str, wanted: &str| {
            parameters.split(';').any(|parameter| {
                let Some((key, value)) = parameter.split_once('=') else { return false };
                let mut words = value.trim().trim_matches('"').split_ascii_whitespace();
                key.trim() == name && words.any(|word| word == wanted)
            })
        };
        if named("rel", "license") && named("type", "application/rsl+xml") {
            out.push(target.to_owned());
        }
    }
    out
}

/// A web address, resolved against that of the page.
pub(super) fn absolute(base: &Url, address: &str) -> Option<String> {
    let url = base.join(address.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}
