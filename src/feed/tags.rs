//! Start tags and their attributes, of XML and HTML, as they occur in the wild: quotes missing, doubled or
//! never closed, no space between attributes, no value.

use memchr::{memchr, memchr2, memchr3};

use super::scan::cut;

/// Where a start tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagEnd {
    /// After its `>`.
    Closed(usize),
    /// Before the `<` of the next tag.
    Broken(usize),
    /// Nowhere.
    Missing,
}

/// A start tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'t> {
    pub(super) name: &'t str,
    /// Between the name and `>` or `/>`.
    pub(super) attributes: &'t str,
    pub(super) empty: bool,
    pub(super) end: TagEnd,
}

/// The start tag whose `<` stands at `start`.
pub(super) fn tag_at(text: &str, start: usize) -> Tag<'_> {
    let bytes = text.as_bytes();
    let mut name_end = start + 1;
    while bytes
        .get(name_end)
        .is_some_and(|&b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/' | b'<' | b'='))
    {
        name_end += 1;
    }
    let name = cut(text, start + 1, name_end);
    let end = tag_end(bytes, name_end);
    let mut inside_end = match end {
        TagEnd::Closed(at) => at - 1,
        TagEnd::Broken(at) => at,
        TagEnd::Missing => bytes.len(),
    };
    let empty = matches!(end, TagEnd::Closed(_)) && inside_end > start + 1 && bytes[inside_end - 1] == b'/';
    if empty {
        inside_end -= 1;
    }
    Tag { name, attributes: cut(text, name_end.min(inside_end), inside_end), empty, end }
}

fn tag_end(bytes: &[u8], mut position: usize) -> TagEnd {
    loop {
        let Some(at) = memchr3(b'>', b'<', b'=', bytes.get(position..).unwrap_or(&[])) else {
            return TagEnd::Missing;
        };
        position += at + 1;
        match bytes[position - 1] {
            b'>' => return TagEnd::Closed(position),
            b'<' => return TagEnd::Broken(position - 1),
            _ => position = value_end(bytes, position),
        }
    }
}

/// The end of the attribute value that starts after the `=` before `position`.
fn value_end(bytes: &[u8], mut position: usize) -> usize {
    while bytes.get(position).is_some_and(u8::is_ascii_whitespace) {
        position += 1;
    }
    match bytes.get(position) {
        Some(&quote @ (b'"' | b'\'')) => {
            let inside = &bytes[position + 1..];
            // A value longer than this is a quote that was never closed; the bound also keeps a
            // document full of them linear.
            let window = &inside[..inside.len().min(VALUE_MAX)];
            match memchr(quote, window) {
                Some(length) if closes(&window[..length], &inside[length + 1..]) => position + length + 2,
                _ => position + 1 + memchr3(b'>', b' ', b'\n', window).unwrap_or(window.len()),
            }
        }
        Some(_) => {
            while bytes.get(position).is_some_and(|&b| !b.is_ascii_whitespace() && b != b'>') {
                position += 1;
            }
            position
        }
        None => position,
    }
}

/// Longest attribute value, bytes.
const VALUE_MAX: usize = 64 * 1024;

/// Whether a quote closes the value before it: if the value has swallowed whole tags and neither a
/// space nor another attribute follows, the quote belongs to a later tag.
fn closes(value: &[u8], after: &[u8]) -> bool {
    if matches!(after.first(), None | Some(b' ' | b'\n' | b'\t' | b'\r' | b'>' | b'/' | b'?')) {
        return true;
    }
    let name = after
        .iter()
        .take(32)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_'))
        .count();
    let attribute = name > 0 && after.get(name) == Some(&b'=');
    attribute || memchr2(b'<', b'>', value).is_none()
}

/// The attributes of a tag: name and raw value, in order. At most [`ATTRIBUTES_MAX`].
pub(super) struct Attributes<'t> {
    text: &'t str,
    position: usize,
    left: usize,
}

/// Attributes read from one tag, at most.
pub(super) const ATTRIBUTES_MAX: usize = 64;

impl<'t> Attributes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0, left: ATTRIBUTES_MAX }
    }
}

impl<'t> Iterator for Attributes<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.position).is_some_and(|&b| {
            b.is_ascii_whitespace() || matches!(b, b'/' | b'=' | b'"' | b'\'' | b',' | b'>')
        }) {
            self.position += 1;
        }
        let start = self.position;
        if start >= bytes.len() || self.left == 0 {
            return None;
        }
        self.left -= 1;
        while bytes.get(self.position).is_some_and(|&b| !b.is_ascii_whitespace() && b != b'=' && b != b'/') {
            self.position += 1;
        }
        let name = cut(self.text, start, self.position);
        let mut equals = self.position;
        while bytes.get(equals).is_some_and(u8::is_ascii_whitespace) {
            equals += 1;
        }
        if bytes.get(equals) != Some(&b'=') {
            // Always a step forward, even for `//`.
            self.position = self.position.max(start + 1);
            return Some((name, ""));
        }
        let mut value_start = equals + 1;
        while bytes.get(value_start).is_some_and(u8::is_ascii_whitespace) {
            value_start += 1;
        }
        let end = value_end(bytes, equals + 1).min(bytes.len());
        self.position = end;
        let value = cut(self.text, value_start.min(end), end);
        let value = match value.as_bytes().first() {
            Some(b'"') => value.strip_prefix('"').map(|v| v.strip_suffix('"').unwrap_or(v)),
            Some(b'\'') => value.strip_prefix('\'').map(|v| v.strip_suffix('\'').unwrap_or(v)),
            _ => Some(value),
        };
        Some((name, value.unwrap_or("")))
    }
}
