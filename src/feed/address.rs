//! Relative addresses, resolved as in RFC 3986 section 5, but as text: what is already absolute
//! stays as its publisher wrote it, non-ASCII characters included.

use std::borrow::Cow;

/// Longest address, bytes. Longer ones are left as they are: a base that grows with each level of
/// nesting must not multiply.
pub(super) const ADDRESS_MAX: usize = 2048;

/// The scheme of `address`, if it has one.
pub(super) fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let mut bytes = scheme.bytes();
    let first = bytes.next()?;
    (first.is_ascii_alphabetic()
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')))
    .then_some(scheme)
}

/// Resolves `reference` against `base`. Line breaks inside are removed, as browsers do. Empty if
/// the address would run something instead of naming it (`javascript:`).
pub(super) fn resolve(base: Option<&str>, reference: &str) -> String {
    let resolved = against(base, reference);
    let runs =
        |scheme: &str| ["javascript", "vbscript", "data"].iter().any(|bad| bad.eq_ignore_ascii_case(scheme));
    if scheme(&resolved).is_some_and(runs) { String::new() } else { resolved }
}

fn against(base: Option<&str>, reference: &str) -> String {
    let reference = reference.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    // As browsers do, and before anything else is checked: `java\nscript:`.
    let joined: Cow<'_, str> = if reference.bytes().any(|b| matches!(b, b'\n' | b'\r' | b'\t')) {
        Cow::Owned(reference.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect())
    } else {
        Cow::Borrowed(reference)
    };
    if joined.len() > ADDRESS_MAX || scheme(&joined).is_some() {
        return joined.into_owned();
    }
    match base.filter(|base| base.len() <= ADDRESS_MAX) {
        Some(base) => relative(base, &joined),
        None => joined.into_owned(),
    }
}

fn relative(base: &str, reference: &str) -> String {
    let Some(scheme) = scheme(base) else { return reference.to_owned() };
    let after = base.get(scheme.len() + 1..).unwrap_or("");
    if reference.is_empty() {
        return base.split('#').next().unwrap_or(base).to_owned();
    }
    let Some(rest) = after.strip_prefix("//") else { return reference.to_owned() };
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    let tail = tail.split('#').next().unwrap_or("");
    let (path, query) = tail.split_once('?').map_or((tail, None), |(path, query)| (path, Some(query)));
    if reference.starts_with('#') {
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        return format!("{scheme}://{authority}{path}{query}{reference}");
    }
    if reference.starts_with('?') {
        return format!("{scheme}://{authority}{path}{reference}");
    }
    let path_end = reference.find(['?', '#']).unwrap_or(reference.len());
    let (reference_path, suffix) = reference.split_at(path_end);
    let merged = if reference_path.starts_with('/') {
        reference_path.to_owned()
    } else {
        let folder = path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("/");
        format!("{folder}{reference_path}")
    };
    format!("{scheme}://{authority}{}{suffix}", without_dots(&merged))
}

/// Removes `.` and `..` segments (RFC 3986 section 5.2.4).
fn without_dots(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut segments: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if parts.peek().is_none() {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_the_rfc_says() {
        let base = "http://a/b/c/d;p?q";
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/a/b/../c", "http://a/a/c"),
            ("mailto:x@y", "mailto:x@y"),
            (" \n/g\n?x ", "http://a/g?x"),
        ] {
            assert_eq!(resolve(Some(base), reference), expected, "{reference}");
        }
        assert_eq!(resolve(None, "/x"), "/x");
        assert_eq!(resolve(None, " java\nscript:x"), "");
        assert_eq!(resolve(Some("http://a/"), " java\nscript:x"), "");
        assert_eq!(resolve(Some("http://例え.jp"), "é"), "http://例え.jp/é");
        assert_eq!(resolve(Some("urn:x"), "y"), "y");
    }
}
