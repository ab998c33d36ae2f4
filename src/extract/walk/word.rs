//! Where words end.

/// Length of the words that `text` begins with as they are to be written, one space between them and nothing to be
/// taken out, and their characters; 0 where the first one is not so.
pub(super) fn plain_words(text: &str) -> (usize, u32) {
    let bytes = text.as_bytes();
    // Up to the last space, and in all.
    let (mut end, mut chars, mut more) = (0, 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            byte if is_plain(byte) => more += 1,
            0x80..=0xbf => {}
            b' ' => {
                (end, chars, more) = (at, chars + more, 0);
                if !bytes.get(at + 1).is_some_and(is_plain) {
                    return (end, chars);
                }
            }
            b if b.is_ascii() => {
                return if b.is_ascii_whitespace() { (at, chars + more) } else { (end, chars) };
            }
            _ => {
                let Some(char) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                    return (end, chars);
                };
                if char.is_whitespace() {
                    return (at, chars + more);
                }
                if matches!(char, '\u{ad}' | '\u{feff}') {
                    return (end, chars);
                }
                more += 1;
            }
        }
    }
    (bytes.len(), chars + more)
}

/// The first byte of a character that is written as it stands. White space beyond ASCII, soft hyphens and byte order
/// marks begin with others.
fn is_plain(byte: &u8) -> bool {
    matches!(byte, b'!'..=0x7f | 0xc3..=0xe0 | 0xe4..=0xee | 0xf0..=0xf7)
}

/// Length of the first word; `text` does not begin with white space.
pub(super) fn word_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_whitespace() {
            return at;
        }
        // White space beyond ASCII begins with one of these bytes.
        if matches!(byte, 0xc2 | 0xe1 | 0xe2 | 0xe3)
            && text.get(at..).and_then(|rest| rest.chars().next()).is_some_and(char::is_whitespace)
        {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_end_where_something_is_to_be_done() {
        for (text, plain, chars) in [
            ("A quiet harbour", "A quiet harbour", 13),
            ("The café — closed", "The café", 7),
            ("Der Äther", "Der Äther", 8),
            ("two  spaces", "two", 3),
            ("a line\nends", "a line", 5),
            ("no\u{a0}break", "no", 2),
            ("a soft\u{ad}ened word", "a", 1),
            ("soft\u{ad}ened", "", 0),
            ("at the end ", "at the end", 8),
        ] {
            assert_eq!(plain_words(text), (plain.len(), chars), "{text:?}");
        }
    }
}
