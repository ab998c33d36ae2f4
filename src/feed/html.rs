//! HTML in values: made safe and its addresses absolute, in one pass that runs last.
//!
//! Kept are the elements and attributes in `html.tsv`, `class` and `id` among them since cleaning
//! reads them. Everything that can run is dropped: scripts, event handlers, `javascript:` and the
//! like, frames, forms, style with anything but plain declarations. Comments and declarations go
//! too. Running it twice changes nothing more.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use memchr::{memchr, memchr2, memrchr};

use super::{
    address::{self, ADDRESS_MAX},
    entities::unescape,
    tokens::{Attributes, Search, TagEnd, cut, tag_at},
};

struct Allowed {
    elements: HashSet<&'static str>,
    attributes: HashSet<&'static str>,
    addresses: HashSet<&'static str>,
    schemes: HashSet<&'static str>,
    with_content: HashSet<&'static str>,
}

static ALLOWED: LazyLock<Allowed> = LazyLock::new(|| {
    let list = |kind: &str| -> HashSet<&'static str> {
        include_str!("html.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .filter(|(name, _)| *name == kind)
            .flat_map(|(_, words)| words.split_ascii_whitespace())
            .collect()
    };
    Allowed {
        elements: list("element"),
        attributes: list("attribute"),
        addresses: list("address"),
        schemes: list("scheme"),
        with_content: list("drop"),
    }
});

/// Makes `html` safe, and its relative addresses absolute against `base`.
pub(super) fn sanitise(html: &str, base: Option<&str>) -> String {
    let bytes = html.as_bytes();
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let (mut comment_ends, mut tag_ends) = (Search::default(), Search::default());
    let mut position = 0;
    while position < bytes.len() {
        let start = memchr(b'<', &bytes[position..]).map_or(bytes.len(), |at| position + at);
        out.push_str(cut(html, position, start));
        position = start;
        match bytes.get(start + 1) {
            None if start >= bytes.len() => break,
            Some(b'!') if bytes[start..].starts_with(b"<!--") => {
                // Never closed: what follows is more likely text than comment.
                position = comment_ends.find(html, start + 4, "-->").map_or(start + 4, |at| at + 3);
            }
            Some(b'!' | b'?')
                if is_declaration(&bytes[start..]) && tag_ends.find(html, start, ">").is_some() =>
            {
                position = tag_ends.find(html, start, ">").map_or(bytes.len(), |at| at + 1);
            }
            Some(b'/') if bytes.get(start + 2).is_some_and(u8::is_ascii_alphabetic) => {
                match memchr2(b'>', b'<', &bytes[start + 2..]) {
                    Some(at) if bytes[start + 2 + at] == b'>' => {
                        let end = start + 2 + at;
                        let inside = cut(html, start + 2, end);
                        let name = inside.split_ascii_whitespace().next().unwrap_or("");
                        let name = lower(name);
                        if ALLOWED.elements.contains(&*name) {
                            out.push_str("</");
                            out.push_str(&name);
                            out.push('>');
                        }
                        position = end + 1;
                    }
                    _ => {
                        out.push_str("&lt;");
                        position += 1;
                    }
                }
            }
            Some(byte) if byte.is_ascii_alphabetic() => position = start_tag(html, start, base, &mut out),
            _ => {
                out.push_str("&lt;");
                position += 1;
            }
        }
    }
    out
}

/// `<!doctype`, `<![` and `<?`; `<!` before anything else is text.
fn is_declaration(bytes: &[u8]) -> bool {
    bytes.get(1) == Some(&b'?') || bytes.get(2).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'[')
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        // SVG and MathML are the only places where case matters, and only in attributes.
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Writes the tag at `start` as far as it is allowed; gives where reading goes on.
fn start_tag(html: &str, start: usize, base: Option<&str>, out: &mut String) -> usize {
    let tag = tag_at(html, start);
    let end = match tag.end {
        TagEnd::Closed(end) => end,
        TagEnd::Broken(_) | TagEnd::Missing => {
            out.push_str("&lt;");
            return start + 1;
        }
    };
    let name = lower(tag.name);
    if ALLOWED.with_content.contains(&*name) {
        return if tag.empty { end } else { after_end_tag(html, end, &name) };
    }
    if !ALLOWED.elements.contains(&*name) {
        return end;
    }
    out.push('<');
    out.push_str(&name);
    attributes(&name, tag.attributes, base, out);
    out.push_str(if tag.empty { " />" } else { ">" });
    end
}

/// The place after `</name>`, or the end of the document: a script never closed is all script.
fn after_end_tag(html: &str, from: usize, name: &str) -> usize {
    let bytes = html.as_bytes();
    let mut position = from;
    while let Some(at) = memchr(b'<', &bytes[position..]) {
        position += at + 1;
        let rest = &bytes[position..];
        if rest.first() == Some(&b'/')
            && rest.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        {
            return memchr(b'>', rest).map_or(bytes.len(), |at| position + at + 1);
        }
    }
    bytes.len()
}

fn attributes(element: &str, text: &str, base: Option<&str>, out: &mut String) {
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
        // `viewBox` and its like keep their case.
        out.push_str(
            if name.len() == exact.len() && !name.starts_with("xlink") && element_is_vector(element) {
                exact
            } else {
                &name
            },
        );
        out.push_str("=\"");
        push_value(&written, out);
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

/// Writes an attribute value whose references stay as they are.
fn push_value(value: &str, out: &mut String) {
    let mut rest = value;
    while let Some(at) = memchr::memchr3(b'"', b'<', b'>', rest.as_bytes()) {
        out.push_str(cut(rest, 0, at));
        out.push_str(match rest.as_bytes()[at] {
            b'"' => "&quot;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = cut(rest, at + 1, rest.len());
    }
    out.push_str(rest);
}

/// The value of an address attribute, absolute; none where its scheme may not occur.
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

/// Plain declarations only: whatever could load, compute or escape is dropped.
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
    (!kept.is_empty()).then(|| kept.join("; "))
}

/// Whether a text that claims nothing looks like HTML: it has a tag or a reference.
pub(super) fn looks_like_html(text: &str) -> bool {
    let bytes = text.as_bytes();
    let last = memrchr(b'>', bytes).unwrap_or(0);
    let tag = memchr::memchr_iter(b'<', bytes).any(|at| {
        let name_at = at + 1 + usize::from(bytes.get(at + 1) == Some(&b'/'));
        let length = bytes
            .get(name_at..)
            .map_or(0, |rest| rest.iter().take(16).take_while(|b| b.is_ascii_alphanumeric()).count());
        let after = bytes.get(name_at + length);
        length > 0
            && matches!(after, Some(b'>' | b' ' | b'/' | b'\n' | b'\t'))
            && at < last
            && is_known(&lower(cut(text, name_at, name_at + length)))
    });
    tag || memchr(b'&', bytes).is_some() && unescape(text) != text
}

fn is_known(element: &str) -> bool {
    ALLOWED.elements.contains(element) || ALLOWED.with_content.contains(element) || element == "iframe"
}

/// The text of HTML: tags gone, block ends as line breaks, references replaced, white space
/// collapsed. For titles and other short values; pages are for `extract`.
pub fn plain_text(html: &str) -> String {
    let clean = sanitise(html, None);
    let mut text = String::with_capacity(clean.len());
    let mut rest = clean.as_str();
    while let Some((before, tail)) = rest.split_once('<') {
        text.push_str(before);
        let Some((tag, after)) = tail.split_once('>') else { break };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or("");
        if matches!(name, "br" | "p" | "div" | "li" | "tr" | "td" | "h1" | "h2" | "h3" | "h4" | "blockquote")
        {
            text.push(' ');
        }
        rest = after;
    }
    text.push_str(rest);
    unescape(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_run_is_gone() {
        for (html, expected) in [
            ("<p onclick=\"x()\">a</p>", "<p>a</p>"),
            ("a<script>alert(1)</script>b", "ab"),
            ("a<SCRIPT src=x>alert(1)", "a"),
            ("<a href=\"javascript:x\">t</a>", "<a>t</a>"),
            ("<a href=\"java\nscript:x\">t</a>", "<a>t</a>"),
            ("<a href=\"&#106;avascript:x\">t</a>", "<a>t</a>"),
            ("<img src=\"data:text/html,x\">", "<img>"),
            ("<img src=\"data:image/png;base64,AA\">", "<img src=\"data:image/png;base64,AA\">"),
            ("<p style=\"color: red; width: expression(1)\">x</p>", "<p style=\"color: red\">x</p>"),
            ("<p style=\"background: url(javascript:1)\">x</p>", "<p>x</p>"),
            ("<iframe src=\"http://x/\"></iframe>t", "t"),
            ("<scr<script>x</script>ipt>", "&lt;script>"),
            ("<!-- a -->b<!-- c", "b c"),
            ("1 < 2 &lt; 3", "1 &lt; 2 &lt; 3"),
            (
                "<a title='\"q\"' href=\"/x?a=1&amp;b=2\">t</a>",
                "<a title=\"&quot;q&quot;\" href=\"http://h/x?a=1&amp;b=2\">t</a>",
            ),
            ("<IMG SRC=a.png WIDTH=1>", "<img src=\"http://h/f/a.png\" width=\"1\">"),
            (
                "<img srcset=\"a.png 1x, /b.png 2x\">",
                "<img srcset=\"http://h/f/a.png 1x, http://h/b.png 2x\">",
            ),
            ("<br/>", "<br />"),
            ("<a href=\"x\" href=\"javascript:y\">", "<a href=\"http://h/f/x\">"),
        ] {
            assert_eq!(sanitise(html, Some("http://h/f/g")), expected, "{html}");
        }
    }

    #[test]
    fn titles_become_text() {
        assert_eq!(plain_text("<b>A</b> &amp;<br>B"), "A & B");
        assert!(looks_like_html("<b>x</b>") && looks_like_html("a &eacute;"));
        assert!(!looks_like_html("1 < 2 > 0 & x") && !looks_like_html("use <vec> now"));
    }

    proptest! {
        #[test]
        fn twice_is_once(html in "([<>&;\"'=/! a-c-]|<p|<a href=|<script|</script>|style=|<!--|-->|javascript:|\n|é){0,40}") {
            let once = sanitise(&html, Some("http://h/"));
            prop_assert!(!once.contains("<script"));
            prop_assert_eq!(sanitise(&once, Some("http://h/")), once);
        }
    }
}
