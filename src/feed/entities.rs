//! References in text: the five of XML, the names of HTML, numbers, and a document's own entities.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;
use memchr::memchr;

use super::{
    scan::cut,
    warnings::{Kind, Warnings},
};

/// Entities that a document type declares: text only and never expanded within each other, so that
/// they cannot multiply.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    list: Vec<(String, String)>,
    /// Bytes that declared entities may still add to the document.
    budget: usize,
}

/// Declared entities kept, at most.
const DECLARED_MAX: usize = 64;
/// Longest value of one, bytes.
const VALUE_MAX: usize = 1024;
/// Bytes that all of them together may add to a document.
const EXPANSION_MAX: usize = 256 * 1024;

impl Declared {
    /// Reads the `<!ENTITY name "value">` declarations of a document type.
    pub(super) fn read(doctype: &str) -> Self {
        let mut list = Vec::new();
        for part in doctype.split("<!ENTITY").skip(1).take(DECLARED_MAX) {
            let part = part.trim_start();
            let Some((name, rest)) = part.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((value, _)) = rest.get(1..).and_then(|rest| rest.split_once(quote)) else { continue };
            if name.len() <= 64 && value.len() <= VALUE_MAX {
                let value = decode(value, &mut Self::default(), 0, &mut Warnings::default()).into_owned();
                list.push((name.to_owned(), value));
            }
        }
        Self { list, budget: EXPANSION_MAX }
    }

    fn expand(&mut self, name: &str) -> Option<&str> {
        let (_, value) = self.list.iter().find(|(known, _)| known == name)?;
        self.budget = self.budget.checked_sub(value.len())?;
        Some(value)
    }
}

/// Replaces the references in `text`. Anything else stays as it is.
pub(super) fn decode<'t>(
    text: &'t str,
    declared: &mut Declared,
    offset: usize,
    warnings: &mut Warnings,
) -> Cow<'t, str> {
    let bytes = text.as_bytes();
    let Some(first) = memchr(b'&', bytes) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(cut(text, 0, first));
    let mut position = first;
    while let Some(byte) = bytes.get(position) {
        if *byte != b'&' {
            let end = memchr(b'&', &bytes[position..]).map_or(bytes.len(), |at| position + at);
            out.push_str(cut(text, position, end));
            position = end;
            continue;
        }
        match reference(bytes, position) {
            Reference::Number { code, end } => {
                position = end + pair(bytes, code, end, &mut out);
                if !push_code(code, &mut out) {
                    warnings.tell(Kind::BadReference, offset + position);
                }
            }
            Reference::Name { end } => {
                let name = cut(text, position + 1, end - 1);
                position = end;
                let simple = match name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "apos" => "'",
                    _ => "",
                };
                if !simple.is_empty() {
                    out.push_str(simple);
                } else if let Some(value) = declared.expand(name) {
                    out.push_str(value);
                } else if !push_named(name, ";", &mut out) {
                    warnings.tell(Kind::UnknownEntity, offset + end);
                    out.push('&');
                    out.push_str(name);
                    out.push(';');
                }
            }
            Reference::Legacy { end } => {
                let known = push_named(cut(text, position + 1, end), "", &mut out);
                warnings.tell(Kind::BareAmpersand, offset + position);
                if known {
                    position = end;
                } else {
                    out.push('&');
                    position += 1;
                }
            }
            Reference::None => {
                warnings.tell(Kind::BareAmpersand, offset + position);
                out.push('&');
                position += 1;
            }
        }
    }
    Cow::Owned(out)
}

enum Reference {
    Number {
        code: u32,
        end: usize,
    },
    Name {
        end: usize,
    },
    /// A name without its semicolon.
    Legacy {
        end: usize,
    },
    None,
}

/// The reference whose `&` stands at `start`. Numbers may lack their semicolon, and so may the old
/// names of HTML, but not before `=`: `&copy=1` is part of a query, not a copyright sign.
fn reference(bytes: &[u8], start: usize) -> Reference {
    let mut position = start + 1;
    if bytes.get(position) != Some(&b'#') {
        while position - start <= 32 && bytes.get(position).is_some_and(u8::is_ascii_alphanumeric) {
            position += 1;
        }
        return match bytes.get(position) {
            _ if position == start + 1 => Reference::None,
            Some(b';') => Reference::Name { end: position + 1 },
            Some(b'=' | b'-' | b'_') => Reference::None,
            _ => Reference::Legacy { end: position },
        };
    }
    position += 1;
    let radix = if matches!(bytes.get(position), Some(b'x' | b'X')) { 16 } else { 10 };
    position += usize::from(radix == 16);
    let digits = position;
    let mut code = 0_u32;
    while let Some(digit) = bytes.get(position).and_then(|&b| char::from(b).to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        position += 1;
    }
    match bytes.get(position) {
        _ if position == digits => Reference::None,
        Some(b';') => Reference::Number { code, end: position + 1 },
        Some(b) if b.is_ascii_alphanumeric() => Reference::None,
        _ => Reference::Number { code, end: position },
    }
}

/// A high surrogate `code` followed by a reference to a low one is one character: pushes it and
/// returns the length of the second reference.
fn pair(bytes: &[u8], code: u32, end: usize, out: &mut String) -> usize {
    if (0xD800..0xDC00).contains(&code)
        && bytes.get(end) == Some(&b'&')
        && let Reference::Number { code: low @ 0xDC00..=0xDFFF, end: second } = reference(bytes, end)
        && let Some(char) = char::from_u32(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
    {
        out.push(char);
        return second - end;
    }
    0
}

/// Pushes the character of a numeric reference; 128 to 159 mean windows-1252, as in browsers. False
/// if it may not occur in text.
fn push_code(code: u32, out: &mut String) -> bool {
    match code {
        0x80..=0x9F => out.push(windows_1252(code as u8)),
        9 | 10 | 13 => out.push(char::from(code as u8)),
        0..0x20 | 0x7F | 0xFFFE | 0xFFFF | 0xD800..=0xDFFF => return false,
        _ => match char::from_u32(code) {
            Some(char) => out.push(char),
            None => return false,
        },
    }
    true
}

/// The character that windows-1252 has at `byte`.
pub(super) fn windows_1252(byte: u8) -> char {
    let bytes = [byte];
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
    text.chars().next().unwrap_or('\u{FFFD}')
}

/// Pushes what `name`, followed by `end`, stands for in HTML; false if it stands for nothing.
fn push_named(name: &str, end: &str, out: &mut String) -> bool {
    let mut key = String::with_capacity(name.len() + end.len());
    key.push_str(name);
    key.push_str(end);
    let Some(&(first, second)) = NAMED_ENTITIES.get(key.as_str()) else { return false };
    out.extend([first, second].into_iter().filter(|&code| code != 0).filter_map(char::from_u32));
    first != 0
}

/// The text of an attribute or of HTML, its references replaced; a document's own entities are
/// unknown here.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    decode(text, &mut Declared::default(), 0, &mut Warnings::default())
}

/// Escapes text for use in markup.
pub(super) fn escape_into(text: &str, out: &mut String) {
    replace_into(text, (b'&', "&amp;"), out);
}

/// Escapes a value for use between quotes; its references stay as they are.
pub(super) fn quote_into(value: &str, out: &mut String) {
    replace_into(value, (b'"', "&quot;"), out);
}

/// Writes `text` with the angle brackets and one more sign replaced.
fn replace_into(text: &str, (sign, reference): (u8, &str), out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr::memchr3(sign, b'<', b'>', rest.as_bytes()) {
        out.push_str(cut(rest, 0, at));
        out.push_str(match rest.as_bytes()[at] {
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => reference,
        });
        rest = cut(rest, at + 1, rest.len());
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_as_they_occur() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("caf&eacute; &mdash; &nbsp;x", "café — \u{a0}x"),
            ("&unknown; & &; &#; &#x;", "&unknown; & &; &#; &#x;"),
            ("?a=1&b=2&copy=3", "?a=1&b=2&copy=3"),
            ("&copy 2026 &eacute, &noti &c &amp", "© 2026 é, &noti &c &"),
            ("&#233; &#xE9; &#XE9; &#233 x", "é é é é x"),
            ("don&#146;t", "don’t"),
            ("A&#0;B&#8;C&#xFFFF;", "ABC"),
            ("&#55357;&#56832;", "😀"),
            ("&#55357;x", "x"),
            ("&#99999999999;", ""),
        ] {
            assert_eq!(unescape(text), expected, "{text}");
        }
    }

    #[test]
    fn declared_entities_do_not_multiply() {
        let mut doctype = String::from("lolz [<!ENTITY a \"");
        doctype.push_str(&"ha".repeat(500));
        doctype.push_str("\"><!ENTITY b '&a;&a;&a;'><!ENTITY c \"&#160;\">");
        let mut declared = Declared::read(&doctype);
        let mut warnings = Warnings::default();
        assert_eq!(decode("&c;", &mut declared, 0, &mut warnings), "\u{a0}");
        assert_eq!(decode("&b;", &mut declared, 0, &mut warnings), "&a;&a;&a;");
        let bomb = "&a;".repeat(100_000);
        let expanded = decode(&bomb, &mut declared, 0, &mut warnings);
        assert!(expanded.len() < bomb.len() + EXPANSION_MAX, "{}", expanded.len());
    }
}
