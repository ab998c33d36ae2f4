//! Attributes of HTML: which may stay, and what their values become.

use std::borrow::Cow;

use super::{
    address::{self, ADDRESS_MAX},
    entities::{quote_into, unescape},
    html_allowed::{ALLOWED, lower},
    tags::Attributes,
};

/// Writes the attributes of `element` that may stay.
pub(super) fn attributes(element: &str, text: &str, base: Option<&str>, out: &mut String) {
    let mut seen: Vec<Cow<'_, str>> = Vec::new();
    let mut xlink = false;
    for (name, value) in Attributes::new(text) {
        let exact = name;
        let name = lower(name);
        let address = ALLOWED.addresses.contains(&*name);
        if !address && !ALLOWED.attributes.contains(&*name) || seen.contains(&name) {
            continue;
        }
        let written: Cow<'_, str> = if address {
            match safe_address(element, value, base) {
                Some(value) => value,
                None => continue,
            }
        } else {
            match &*name {
                "style" => match safe_style(value) {
                    Some(style) => Cow::Owned(style),
                    None => continue,
                },
                "srcset" => Cow::Owned(srcset(value, base)),
                _ => Cow::Borrowed(value),
            }
        };
        out.push(' ');
        // `viewBox` and the like keep their case.
        out.push_str(
            if name.len() == exact.len() && !name.starts_with("xlink") && element_is_vector(element) {
                exact
            } else {
                &name
            },
        );
        out.push_str("=\"");
        quote_into(&written, out);
        out.push('"');
        xlink |= name.starts_with("xlink:");
        seen.push(name);
    }
    match element {
        "svg" => out.push_str(" xmlns=\"http://www.w3.org/2000/svg\""),
        "math" => out.push_str(" xmlns=\"http://www.w3.org/1998/Math/MathML\""),
        _ => {}
    }
    if xlink {
        out.push_str(" xmlns:xlink=\"http://www.w3.org/1999/xlink\"");
    }
}

fn element_is_vector(element: &str) -> bool {
    !matches!(element, "a" | "img" | "p" | "div" | "span" | "td" | "table")
}

/// The value of an address attribute, made absolute; `None` if its scheme is not allowed.
fn safe_address<'v>(element: &str, value: &'v str, base: Option<&str>) -> Option<Cow<'v, str>> {
    // The usual case needs no work.
    if (value.starts_with("https://") || value.starts_with("http://"))
        && !value.bytes().any(|b| b.is_ascii_control() || b == b' ')
    {
        return Some(Cow::Borrowed(value));
    }
    let decoded = unescape(value);
    // Browsers skip white space and controls inside a scheme, and so do attackers.
    let squeezed: String =
        decoded.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(64).collect();
    if let Some((scheme, rest)) = squeezed.split_once(':')
        && !scheme.contains(['/', '?', '#'])
    {
        let scheme = scheme.to_ascii_lowercase();
        let image = scheme == "data"
            && matches!(element, "img" | "source")
            && ["image/png", "image/gif", "image/jpeg", "image/webp", "image/avif"]
                .iter()
                .any(|kind| rest.starts_with(kind));
        return (image || ALLOWED.schemes.contains(scheme.as_str())).then(|| Cow::Borrowed(value.trim()));
    }
    if value.len() > ADDRESS_MAX || base.is_none() {
        return Some(Cow::Borrowed(value));
    }
    let resolved = address::resolve(base, &decoded);
    let mut escaped = String::with_capacity(resolved.len());
    for part in resolved.split_inclusive('&') {
        escaped.push_str(part);
        if part.ends_with('&') {
            escaped.push_str("amp;");
        }
    }
    Some(Cow::Owned(escaped))
}

fn srcset(value: &str, base: Option<&str>) -> String {
    let candidates = value.split(", ").take(16).filter_map(|candidate| {
        let mut words = candidate.split_ascii_whitespace();
        let address = safe_address("source", words.next()?, base)?;
        Some(std::iter::once(&*address).chain(words).collect::<Vec<_>>().join(" "))
    });
    candidates.collect::<Vec<_>>().join(", ")
}

/// Keeps plain declarations only: whatever could load, compute or break out is dropped.
fn safe_style(value: &str) -> Option<String> {
    if value.len() > ADDRESS_MAX {
        return None;
    }
    let decoded = unescape(value);
    let kept: Vec<&str> = decoded
        .split(';')
        .map(str::trim)
        .filter(|declaration| {
            let plain = |c: char| {
                c.is_ascii_alphanumeric()
                    || matches!(c, ' ' | '-' | '_' | '#' | '.' | ',' | '%' | '!' | '"' | '\'')
            };
            let Some((property, value)) = declaration.split_once(':') else { return false };
            let lower = declaration.to_ascii_lowercase();
            property.trim().bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
                && value.chars().all(plain)
                && !["expression", "javascript", "behavior", "binding", "position"]
                    .iter()
                    .any(|bad| lower.contains(bad))
        })
        .collect();
    (!kept.is_empty()).then(|| kept.join("; ") + ";")
}
