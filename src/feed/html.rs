//! HTML in values: made safe, with absolute addresses, in one pass that runs last.
//!
//! The elements and attributes in `html.tsv` are kept, among them `class` and `id`, which cleaning
//! reads. Everything active is dropped: scripts, event handlers, `javascript:` and the like,
//! frames, forms, and styles with anything but plain declarations. Comments and declarations go
//! too. Running it again changes nothing.

use memchr::{memchr, memchr2, memrchr};

use super::{
    entities::unescape,
    html_allowed::{ALLOWED, lower},
    html_attributes::attributes,
    scan::{Search, cut},
    tags::{TagEnd, tag_at},
};

/// Makes `html` safe, and its relative addresses absolute against `base`.
pub(super) fn sanitise(html: &str, base: Option<&str>) -> String {
    let bytes = html.as_bytes();
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let (mut comment_ends, mut tag_ends) = (Search::default(), Search::default());
    let mut position = 0;
    let mut sections = false;
    // Elements that are opened but never closed: their end is looked for only once.
    let mut endless: Vec<String> = Vec::new();
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
            // A section within a section: its text belongs to the value.
            Some(b'!') if bytes[start..].starts_with(b"<![CDATA[") => {
                position = start + 9;
                sections = true;
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
            Some(byte) if byte.is_ascii_alphabetic() => {
                position = start_tag(html, start, base, &mut endless, &mut out)
            }
            _ => {
                out.push_str("&lt;");
                position += 1;
            }
        }
    }
    if sections { out.replace("]]>", "") } else { out }
}

/// `<!doctype`, `<![` and `<?`; `<!` before anything else is text.
fn is_declaration(bytes: &[u8]) -> bool {
    bytes.get(1) == Some(&b'?') || bytes.get(2).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'[')
}

/// Writes what is allowed of the tag at `start`; returns where reading goes on.
fn start_tag(
    html: &str,
    start: usize,
    base: Option<&str>,
    endless: &mut Vec<String>,
    out: &mut String,
) -> usize {
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
        if tag.empty || endless.iter().any(|known| *known == name) {
            return end;
        }
        return after_end_tag(html, end, &name).unwrap_or_else(|| {
            endless.push(name.to_string());
            // A script never closed is all script; of other elements only the tag goes.
            if matches!(&*name, "script" | "style") { html.len() } else { end }
        });
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

/// The place after `</name>`.
fn after_end_tag(html: &str, from: usize, name: &str) -> Option<usize> {
    let bytes = html.as_bytes();
    let mut position = from;
    while let Some(at) = memchr(b'<', &bytes[position..]) {
        position += at + 1;
        let rest = &bytes[position..];
        if rest.first() == Some(&b'/')
            && rest.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        {
            return Some(memchr(b'>', rest).map_or(bytes.len(), |at| position + at + 1));
        }
    }
    None
}

/// Whether a text that declares no type looks like HTML: it has a tag or a reference.
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

/// Whether `element` is an element of HTML.
pub(super) fn is_known(element: &str) -> bool {
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
            ("<p style=\"color: red; width: expression(1)\">x</p>", "<p style=\"color: red;\">x</p>"),
            ("<p style=\"background: url(javascript:1)\">x</p>", "<p>x</p>"),
            ("<iframe src=\"http://x/\"></iframe>t", "t"),
            ("a<object data=x><b>b</b><embed src=y>c<form>d<select><option>e", "a<b>b</b>cde"),
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
        fn twice_is_once(html in "([<>&;\"'=/! a-c-]|<p|<a href=|<script|</script>|style=|<!--|-->|<!\\[CDATA\\[|]]>|javascript:|\n|é){0,40}") {
            let once = sanitise(&html, Some("http://h/"));
            prop_assert!(!once.contains("<script"));
            prop_assert_eq!(sanitise(&once, Some("http://h/")), once);
        }
    }
}
