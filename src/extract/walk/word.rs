//! Where words end.

/// Length in bytes of the words at the start of `text` that can be copied as they are (one space between
/// them, nothing to be removed), and their characters; 0 if the first one cannot.
pub(super) fn plain_words(text: &str) -> (usize, u32) {
    let bytes = text.as_bytes();
    // Up to the last space, and in total.
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
                if is_unseen(char) {
                    return (end, chars);
                }
                more += 1;
            }
        }
    }
    (bytes.len(), chars + more)
}

/// Characters that are not seen: soft hyphens, zero-width spaces and joiners, marks of direction. Where a
/// line may break is a matter of layout, not of the text.
pub(crate) fn is_unseen(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0001}')
}

/// A word without the characters that are not seen; `None` if it has none. Joiners stay in the scripts whose
/// spelling has them and in emoji, marks of direction in words that run from right to left.
pub(crate) fn strip_unseen(word: &str) -> Option<String> {
    if word.is_ascii() || !word.contains(is_unseen) {
        return None;
    }
    let leftward = word.chars().any(
        |char| matches!(char, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'),
    );
    let mut out = String::with_capacity(word.len());
    for char in word.chars() {
        let stays = match char {
            '\u{200c}' | '\u{200d}' => out.chars().next_back().is_some_and(is_joined),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => leftward,
            _ => !is_unseen(char),
        };
        if stays {
            out.push(char);
        }
    }
    Some(out)
}

/// What a joiner may follow: Arabic and the scripts like it, those of India and its neighbours, emoji.
fn is_joined(char: char) -> bool {
    matches!(char, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fb50}'..='\u{fdff}'
        | '\u{fe0f}' | '\u{fe70}'..='\u{fefe}' | '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}')
}

/// Whether a byte begins a character that is written as it is. White space outside ASCII, soft hyphens and
/// byte order marks begin with other bytes.
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
        // White space outside ASCII begins with one of these bytes.
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
    fn characters_nobody_sees_go_and_joiners_that_spelling_needs_stay() {
        for (word, plain) in [
            ("on\u{200b}", "on"),
            ("au\u{ad}thor\u{ad}i\u{ad}ty", "authority"),
            ("would\u{2060}", "would"),
            ("vehicles\u{200d}", "vehicles"),
            ("Auf\u{200c}lage", "Auflage"),
            ("по\u{200b}рт", "порт"),
            ("港\u{feff}口", "港口"),
            ("left\u{200e}", "left"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("क्\u{200d}ष", "क्\u{200d}ष"),
            ("ක්\u{200d}රි\u{200b}", "ක්\u{200d}රි"),
            ("שלום\u{200f}!", "שלום\u{200f}!"),
            ("\u{1f469}\u{200d}\u{1f33e}", "\u{1f469}\u{200d}\u{1f33e}"),
        ] {
            assert_eq!(strip_unseen(word).as_deref().unwrap_or(word), plain, "{word:?}");
        }
        assert_eq!(strip_unseen("Äther"), None);
    }

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
            ("a zero\u{200b}width", "a", 1),
            ("would\u{2060} close", "", 0),
        ] {
            assert_eq!(plain_words(text), (plain.len(), chars), "{text:?}");
        }
    }
}
