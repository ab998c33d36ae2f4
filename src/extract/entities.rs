//! Character references (WHATWG HTML 13.2.5.72 ff.), decoded in one pass.

use std::borrow::Cow;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use memchr::memchr;

/// Longest name of the standard's table, `CounterClockwiseContourIntegral;`.
const LONGEST: usize = 32;

/// `text` with its character references decoded. In attributes a name without `;` before a letter, a digit or
/// `=` stands for itself.
pub(super) fn decode(text: &str, attribute: bool) -> Cow<'_, str> {
    let Some(first) = memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let (head, mut rest) = text.split_at(first);
    out.push_str(head);
    while let Some(tail) = rest.strip_prefix('&') {
        let used =
            if tail.starts_with('#') { numeric(tail, &mut out) } else { named(tail, attribute, &mut out) };
        if used == 0 {
            out.push('&');
        }
        let tail = tail.get(used..).unwrap_or("");
        let (plain, next) = tail.split_at(memchr(b'&', tail.as_bytes()).unwrap_or(tail.len()));
        out.push_str(plain);
        rest = next;
    }
    Cow::Owned(out)
}

/// Decodes `#...`; returns the bytes used, 0 if it is not a reference.
fn numeric(tail: &str, out: &mut String) -> usize {
    let bytes = tail.as_bytes();
    let hex = matches!(bytes.get(1), Some(b'x' | b'X'));
    let (base, from) = if hex { (16, 2) } else { (10, 1) };
    let mut at = from;
    let mut value = 0_u32;
    while let Some(digit) = bytes.get(at).and_then(|byte| char::from(*byte).to_digit(base)) {
        value = value.saturating_mul(base).saturating_add(digit);
        at += 1;
    }
    if at == from {
        return 0;
    }
    out.push(match value {
        0x80..=0x9f => C1_REPLACEMENTS
            .get(value as usize - 0x80)
            .copied()
            .flatten()
            .or_else(|| char::from_u32(value))
            .unwrap_or('\u{fffd}'),
        0 => '\u{fffd}',
        _ => char::from_u32(value).unwrap_or('\u{fffd}'),
    });
    at + usize::from(bytes.get(at) == Some(&b';'))
}

/// Decodes the longest name in the table; returns the bytes used, 0 if there is none.
fn named(tail: &str, attribute: bool, out: &mut String) -> usize {
    let bytes = tail.as_bytes();
    let mut longest = bytes.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if bytes.get(longest) == Some(&b';') {
        longest += 1;
    }
    for used in (2..=longest).rev() {
        let Some(name) = tail.get(..used) else { continue };
        let Some(&(first, second)) = NAMED_ENTITIES.get(name) else { continue };
        let Some(first) = char::from_u32(first).filter(|char| *char != '\0') else { continue };
        let open = !name.ends_with(';');
        let next = bytes.get(used);
        if attribute && open && next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'=') {
            return 0;
        }
        out.push(first);
        if let Some(second) = char::from_u32(second).filter(|char| *char != '\0') {
            out.push(second);
        }
        return used;
    }
    0
}
