//! Bytes to text. No document is lost to stray bytes.
//!
//! Order: byte order mark, valid UTF-8, charset of HTTP, charset of the XML declaration,
//! detection. UTF-8 that is almost valid is read as UTF-8 with its stray bytes as windows-1252,
//! which is where they come from (quotes and dashes pasted from a word processor).

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memmem};

use super::{
    entities::windows_1252,
    warnings::{Kind, Warnings},
};

/// Bytes that character set detection looks at, at most.
const DETECTION_MAX: usize = 64 * 1024;

/// Stray bytes, at most, despite which a claim of UTF-8 is believed.
const STRAY_FEW: usize = 2;

/// Decodes `bytes`; `content_type` is the header of HTTP.
pub(super) fn decode<'b>(
    bytes: &'b [u8],
    content_type: Option<&str>,
    warnings: &mut Warnings,
) -> Cow<'b, str> {
    let text = unmarked(bytes, content_type, warnings);
    scrub(text, warnings)
}

fn unmarked<'b>(bytes: &'b [u8], content_type: Option<&str>, warnings: &mut Warnings) -> Cow<'b, str> {
    if let Some(text) = wide(bytes) {
        return text;
    }
    let mut body = bytes;
    while let Some(rest) = body.strip_prefix(b"\xEF\xBB\xBF") {
        body = rest;
    }
    let declared = declaration(body);
    if let Ok(text) = std::str::from_utf8(body) {
        // ISO-2022-JP is ASCII with escapes, so always valid UTF-8.
        let escapes = declared.or_else(|| http(content_type)).filter(|e| *e == encoding_rs::ISO_2022_JP);
        return match escapes.filter(|_| memchr(0x1B, body).is_some()) {
            Some(encoding) => encoding.decode_without_bom_handling(body).0,
            None => Cow::Borrowed(text),
        };
    }
    let labelled = [http(content_type), declared];
    let other = labelled.into_iter().flatten().filter(|encoding| *encoding != UTF_8);
    if labelled.iter().flatten().count() == 0 || labelled.contains(&Some(UTF_8)) {
        let (valid, stray) = tally(body);
        // Text of an 8-bit set hardly ever has more sequences valid in UTF-8 than invalid ones.
        let few = stray <= STRAY_FEW && labelled.iter().flatten().all(|encoding| *encoding == UTF_8);
        if few || valid > 0 && valid >= stray {
            warnings.tell(Kind::StrayBytes, 0);
            return Cow::Owned(with_strays(body));
        }
    }
    let mut fallback = None;
    for encoding in other {
        match encoding.decode_without_bom_handling_and_without_replacement(body) {
            Some(text) => return text,
            None => fallback = fallback.or(Some(encoding)),
        }
    }
    warnings.tell(Kind::Charset, 0);
    let (valid, stray) = tally(body);
    if valid > 0 && valid >= stray {
        return Cow::Owned(with_strays(body));
    }
    let encoding = fallback.unwrap_or_else(|| detect(body));
    encoding.decode_without_bom_handling(body).0
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // Bytes outside ASCII decide; a long head of plain markup would say nothing.
    let start = bytes.iter().position(|b| !b.is_ascii()).unwrap_or(0);
    detector.feed(&bytes[start..bytes.len().min(start + DETECTION_MAX)], true);
    detector.guess(None, Utf8Detection::Deny)
}

/// UTF-16 and UTF-32, by their mark or by the zeros around the first `<`.
fn wide(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let head = bytes.get(..4).unwrap_or(bytes);
    match head {
        [0xFF, 0xFE, 0, 0] => Some(utf_32(bytes.get(4..)?, u32::from_le_bytes)),
        [0, 0, 0xFE, 0xFF] => Some(utf_32(bytes.get(4..)?, u32::from_be_bytes)),
        [b'<', 0, 0, 0] => Some(utf_32(bytes, u32::from_le_bytes)),
        [0, 0, 0, b'<'] => Some(utf_32(bytes, u32::from_be_bytes)),
        [0xFF, 0xFE, ..] => Some(UTF_16LE.decode_without_bom_handling(bytes.get(2..)?).0),
        [0xFE, 0xFF, ..] => Some(UTF_16BE.decode_without_bom_handling(bytes.get(2..)?).0),
        [b'<' | b'{', 0, ..] => Some(UTF_16LE.decode_without_bom_handling(bytes).0),
        [0, b'<' | b'{', ..] => Some(UTF_16BE.decode_without_bom_handling(bytes).0),
        _ => None,
    }
}

fn utf_32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> Cow<'static, str> {
    bytes
        .chunks_exact(4)
        .map(|unit| char::from_u32(read([unit[0], unit[1], unit[2], unit[3]])).unwrap_or('\u{FFFD}'))
        .collect::<String>()
        .into()
}

fn http(content_type: Option<&str>) -> Option<&'static Encoding> {
    let lower = content_type?.to_ascii_lowercase();
    let (_, rest) = lower.split_once("charset")?;
    let label = rest.trim_start().strip_prefix('=')?;
    label_of(label.split(';').next().unwrap_or(""))
}

/// The encoding of an XML declaration in the first kilobytes, wherever it stands there.
fn declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let start = memmem::find(head, b"<?xml")?;
    let declaration = head.get(start..)?;
    let declaration = declaration.get(..memchr(b'>', declaration)?)?;
    let at = memmem::find(declaration, b"encoding")? + 8;
    let value =
        std::str::from_utf8(declaration.get(at..)?).ok()?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    label_of(value.get(1..)?.split(quote).next()?)
}

/// An encoding by its label, common misspellings included. A UTF-16 label on bytes without a mark
/// or zeros is wrong.
fn label_of(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let found = Encoding::for_label(label.as_bytes()).or_else(|| {
        let digits: String = label.chars().filter(char::is_ascii_digit).collect();
        match digits.as_str() {
            _ if label.starts_with("utf8") || label.starts_with("utf-8") || label == "ut8" => Some(UTF_8),
            "1250" | "1251" | "1252" | "1253" | "1254" | "1255" | "1256" | "1257" | "1258" => {
                Encoding::for_label(format!("windows-{digits}").as_bytes())
            }
            _ if label.starts_with("iso") && digits.starts_with("8859") => {
                Encoding::for_label(format!("iso-8859-{}", digits.get(4..)?).as_bytes())
            }
            _ => None,
        }
    })?;
    (found != UTF_16LE && found != UTF_16BE && found != encoding_rs::REPLACEMENT).then_some(found)
}

/// Counts multi-byte sequences that are valid UTF-8, and bytes that are not.
fn tally(bytes: &[u8]) -> (usize, usize) {
    let (mut valid, mut stray) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|b| *b >= 0xC0).count();
        stray += chunk.invalid().len();
    }
    (valid, stray)
}

/// UTF-8 with stray bytes as windows-1252, and surrogate pairs encoded one by one (CESU-8) joined.
fn with_strays(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut high: Option<u32> = None;
    let mut rest = bytes;
    while !rest.is_empty() {
        if let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, tail @ ..] = rest {
            let unit = 0xD000 | (u32::from(second & 0x3F) << 6) | u32::from(third & 0x3F);
            match (high.take(), unit) {
                (Some(high), 0xDC00..=0xDFFF) => {
                    out.extend(char::from_u32(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00)));
                }
                (_, 0xD800..=0xDBFF) => high = Some(unit),
                _ => out.push('\u{FFFD}'),
            }
            rest = tail;
            continue;
        }
        if high.take().is_some() {
            out.push('\u{FFFD}');
        }
        let Some(chunk) = rest.utf8_chunks().next() else { break };
        out.push_str(chunk.valid());
        rest = rest.get(chunk.valid().len()..).unwrap_or(&[]);
        let surrogate = matches!(rest, [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..]);
        if let Some((&byte, tail)) = rest.split_first().filter(|_| !surrogate && !chunk.invalid().is_empty())
        {
            out.push(windows_1252(byte));
            rest = tail;
        }
    }
    out
}

/// Removes what no text may hold: control characters and non-characters. C1 controls come from
/// windows-1252 read as Latin-1, so they become what was meant.
fn scrub<'t>(text: Cow<'t, str>, warnings: &mut Warnings) -> Cow<'t, str> {
    let dirty =
        text.bytes().fold(false, |found, b| found | ((b < 0x20) & !matches!(b, 9 | 10 | 13)) | (b == 0x7F));
    let odd = || {
        let bytes = text.as_bytes();
        memchr::memchr2_iter(0xC2, 0xEF, bytes).any(|at| match bytes.get(at..at + 3) {
            Some([0xC2, second, _]) => *second < 0xA0,
            Some(triple) => matches!(triple, [0xEF, 0xBF, 0xBE | 0xBF]),
            None => false,
        })
    };
    // The first mark was taken off with the encoding; one here is left over from joined files.
    let marked = text.starts_with('\u{FEFF}');
    if !dirty && !odd() {
        return match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{FEFF}')),
            Cow::Owned(text) if marked => Cow::Owned(text.trim_start_matches('\u{FEFF}').to_owned()),
            text => text,
        };
    }
    warnings.tell(Kind::ControlCharacters, 0);
    let kept = text.trim_start_matches('\u{FEFF}').chars().filter_map(|c| match c {
        '\t' | '\n' | '\r' => Some(c),
        '\u{0}'..'\u{20}' | '\u{7F}' | '\u{FFFE}' | '\u{FFFF}' => None,
        '\u{80}'..='\u{9F}' => Some(windows_1252(c as u8)),
        _ => Some(c),
    });
    Cow::Owned(kept.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: &[u8], content_type: Option<&str>) -> String {
        decode(bytes, content_type, &mut Warnings::default()).into_owned()
    }

    #[test]
    fn charsets_by_their_signs() {
        for (bytes, content_type, expected) in [
            (&b"\xEF\xBB\xBF\xEF\xBB\xBF<a>"[..], None, "<a>"),
            (b"\xFF\xFE<\0a\0>\0", None, "<a>"),
            (b"\0<\0a\0>", None, "<a>"),
            (b"\0\0\0<\0\0\0a\0\0\0>", None, "<a>"),
            (b"<?xml encoding='cp-1251'?>\xC4\xE0", None, "<?xml encoding='cp-1251'?>Да"),
            (b"\xC4\xE0", Some("text/xml; charset=\"windows-1251\""), "Да"),
            (
                b"<?xml encoding='utf-8'?>\xC4\xE0",
                Some("a/b;charset=windows-1251"),
                "<?xml encoding='utf-8'?>Да",
            ),
            ("<?xml encoding='latin1'?>é".as_bytes(), None, "<?xml encoding='latin1'?>é"),
            (b"caf\xC3\xA9 don\x92t", None, "café don’t"),
            (
                b"x\xED\xA0\xBD\xED\xB8\x80y\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9",
                None,
                "x😀yéééééé",
            ),
            (b"a\x08\x0B\x7Fb\xEF\xBF\xBE\xC2\x92", None, "ab’"),
        ] {
            assert_eq!(text(bytes, content_type), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode(bytes in prop::collection::vec(any::<u8>(), 0..600), label in 0..4_usize) {
            let content_type = [None, Some("a/b; charset=utf-8"), Some("; charset=big5"), Some("charset=")][label];
            let text = text(&bytes, content_type);
            prop_assert!(text.len() <= bytes.len() * 4 + 4);
            prop_assert!(!text.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r')));
        }
    }
}
