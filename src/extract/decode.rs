//! Bytes to text: BOM, HTTP, `meta`, then detection (WHATWG HTML 13.2.3.2).

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memmem};

/// Bytes of a page that are read, at most (the fetcher's default limit is lower); the rest is cut
/// off.
pub(super) const INPUT_MAX: usize = 16 << 20;
/// `meta` is looked for in this many bytes. The standard says 1024; real pages put scripts before it.
const PRESCAN: usize = 16 << 10;
/// Detection reads this many bytes at most.
const DETECT: usize = 256 << 10;

/// The text of a page.
pub(super) fn page<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    let body = body.get(..INPUT_MAX).unwrap_or(body);
    let (encoding, skip) = encoding(body, content_type);
    let (text, _) = encoding.decode_without_bom_handling(body.get(skip..).unwrap_or(&[]));
    // Decoding may turn one byte into three.
    match text {
        Cow::Borrowed(text) => clean(within(text)),
        Cow::Owned(text) => Cow::Owned(clean(within(&text)).into_owned()),
    }
}

/// A text of unknown origin, within the limit and without what a parser would stumble over.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    clean(within(text))
}

fn within(text: &str) -> &str {
    text.get(..text.floor_char_boundary(INPUT_MAX)).unwrap_or(text)
}

/// Normalises line ends as the standard does (13.2.3.5). NUL has no meaning in a page, and several in the
/// standard: it is removed.
fn clean(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if memchr(b'\r', text.as_bytes()).is_some() {
        text = Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"));
    }
    if memchr(0, text.as_bytes()).is_some() {
        text.to_mut().retain(|char| char != '\0');
    }
    text
}

fn encoding(body: &[u8], content_type: Option<&str>) -> (&'static Encoding, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return (encoding, length);
    }
    let is_utf8 = Encoding::utf8_valid_up_to(body) + 4 > body.len();
    if is_utf8 && !body.get(..DETECT).unwrap_or(body).is_ascii() {
        // Text that is valid UTF-8 and not ASCII is UTF-8, whatever is declared.
        return (UTF_8, 0);
    }
    let declared = content_type.and_then(header_charset).or_else(|| meta_charset(body));
    match declared {
        // A page in UTF-16 could not declare that in ASCII.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => (UTF_8, 0),
        // UTF-8 was declared: either a few bytes are broken, or the declaration is wrong, and
        // detection decides.
        Some(encoding) if encoding == UTF_8 && !is_utf8 && mostly_broken(body) => (detect(body), 0),
        Some(encoding) => (encoding, 0),
        None if is_utf8 => (UTF_8, 0),
        None => (detect(body), 0),
    }
}

/// Whether more than one in ten of the non-ASCII sequences is not UTF-8.
fn mostly_broken(body: &[u8]) -> bool {
    let body = body.get(..DETECT).unwrap_or(body);
    let (mut broken, mut at) = (0_usize, 0_usize);
    let beyond = body.iter().filter(|byte| **byte >= 0xc0).count();
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let valid = Encoding::utf8_valid_up_to(rest);
        if valid == rest.len() {
            break;
        }
        broken += 1;
        if broken * 10 > beyond {
            return true;
        }
        at += valid + 1;
    }
    false
}

fn detect(body: &[u8]) -> &'static Encoding {
    let body = body.get(..DETECT).unwrap_or(body);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(body, true);
    let encoding = detector.guess(None, Utf8Detection::Allow);
    if encoding == UTF_8 { WINDOWS_1252 } else { encoding }
}

fn header_charset(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let (_, label) = lower.split_once("charset=")?;
    let label = label.split(';').next()?.trim().trim_matches(['"', '\'']);
    Encoding::for_label(label.as_bytes())
}

/// `charset=` in a `meta` tag near the beginning.
fn meta_charset(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..PRESCAN).unwrap_or(body).to_ascii_lowercase();
    let mut rest = head.as_slice();
    while let Some(at) = memmem::find(rest, b"<meta") {
        rest = rest.get(at + 5..)?;
        let tag = rest.get(..memchr(b'>', rest).unwrap_or(rest.len()))?;
        if let Some(at) = memmem::find(tag, b"charset") {
            let value = tag.get(at + 7..)?.trim_ascii_start();
            let Some(value) = value.strip_prefix(b"=") else { continue };
            let value = value.trim_ascii_start();
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            let end = value.iter().position(|byte| matches!(byte, b'"' | b'\'' | b';' | b'/' | b' '));
            if let Some(encoding) = Encoding::for_label(value.get(..end.unwrap_or(value.len()))?) {
                return Some(encoding);
            }
        }
    }
    None
}
