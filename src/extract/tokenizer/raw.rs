//! What is read as text up to its end tag: scripts, styles, titles; and `svg`, which is skipped.

use memchr::{memchr, memchr2, memmem};

use super::Tokenizer;

/// A script with fewer bytes carries no article.
const SCRIPT_MIN: usize = 600;
/// The same for a fragment of a stream.
const FRAGMENT_MIN: usize = 40;

impl Tokenizer<'_> {
    /// Where the end tag of `name` begins, at or after `from`.
    fn end_tag(&self, name: &[u8], mut from: usize) -> Option<usize> {
        let bytes = self.bytes();
        while let Some(open) = memchr(b'<', bytes.get(from..)?) {
            from += open;
            if bytes.get(from + 1) == Some(&b'/') && named(bytes, from + 2, name) {
                return Some(from);
            }
            from += 1;
        }
        None
    }

    pub(super) fn raw(&mut self, name: &str) {
        let end = self.end_tag(name.as_bytes(), self.at).unwrap_or(self.page.len());
        self.raw_text(end);
    }

    fn raw_text(&mut self, end: usize) {
        if self.keep && end > self.at && self.budget(1) {
            let text = self.page.subtendril(self.at as u32, (end - self.at) as u32);
            self.hand_on(text);
        }
        self.at = end.max(self.at);
    }

    pub(super) fn rcdata(&mut self, name: &str) {
        let end = self.end_tag(name.as_bytes(), self.at).unwrap_or(self.page.len());
        if self.keep {
            self.text(self.at, end);
        }
        self.at = end.max(self.at);
    }

    /// The body of a script, which may hold `<!-- <script> </script> -->`.
    pub(super) fn script(&mut self) {
        let bytes = self.bytes();
        let mut at = self.at;
        // 0 script data, 1 escaped, 2 double escaped.
        let mut escaped = 0;
        let end = loop {
            let Some(rest) = bytes.get(at..) else { break bytes.len() };
            let found = if escaped == 0 { memchr(b'<', rest) } else { memchr2(b'<', b'-', rest) };
            let Some(found) = found else { break bytes.len() };
            at += found;
            let rest = bytes.get(at..).unwrap_or(&[]);
            if rest.starts_with(b"-->") {
                escaped = 0;
            } else if escaped == 0 && rest.starts_with(b"<!--") {
                escaped = 1;
                // The dashes may already be those of the end, as in `<!-->`.
                at += 1;
            } else if rest.starts_with(b"</") && named(bytes, at + 2, b"script") {
                if escaped < 2 {
                    break at;
                }
                escaped = 1;
            } else if escaped == 1 && rest.starts_with(b"<") && named(bytes, at + 1, b"script") {
                escaped = 2;
            }
            at += 1;
        };
        if !self.keep {
            // Many publishing systems put their content into scripts as JSON, although not into
            // JSON scripts.
            self.keep = may_carry_text(bytes.get(self.at..end).unwrap_or(&[]));
        }
        self.raw_text(end);
    }

    /// Skips the content of `svg`, to the place after its end tag.
    pub(super) fn skip_svg(&mut self) {
        let bytes = self.bytes();
        let (mut at, mut open) = (self.at, 1_usize);
        while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'<', rest)) {
            at += found;
            if bytes.get(at + 1) == Some(&b'/') && named(bytes, at + 2, b"svg") {
                open -= 1;
                if open == 0 {
                    let rest = bytes.get(at..).unwrap_or(&[]);
                    self.at = at + memchr(b'>', rest).map_or(rest.len(), |end| end + 1);
                    return;
                }
            } else if named(bytes, at + 1, b"svg") {
                open += 1;
            } else if ends_svg(bytes, at) {
                // Never closed: HTML goes on here, at what the standard calls a breakout tag.
                self.at = at;
                return;
            }
            at += 1;
        }
        self.at = bytes.len();
    }
}

/// Whether a script holds objects with texts in them, or a fragment of a stream.
fn may_carry_text(script: &[u8]) -> bool {
    let has = |what: &[u8]| memmem::find(script, what).is_some();
    if script.len() < SCRIPT_MIN {
        return script.len() >= FRAGMENT_MIN && has(b".push([");
    }
    let has_values = [&b":\""[..], b": \"", b".push([", b"JSON.parse("].into_iter().any(has);
    has_values && (has(b". ") || !script.is_ascii())
}

/// Whether the name at `at` is `name`, in any case, and ends there.
fn named(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    bytes.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && bytes
            .get(at + name.len())
            .is_none_or(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace())
}

/// Whether a start tag at `at` ends foreign content according to the standard.
fn ends_svg(bytes: &[u8], at: usize) -> bool {
    [b"div".as_slice(), b"p", b"body", b"ul", b"li", b"h1", b"h2", b"h3", b"img", b"span", b"table"]
        .iter()
        .any(|name| named(bytes, at + 1, name))
}
