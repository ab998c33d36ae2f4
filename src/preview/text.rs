//! Text from elsewhere made safe for a terminal, and broken into lines by its width there.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Closing characters, which do not begin a line (some of UAX 14, classes CL and EX).
const CLOSING: &str = "、。，．：；！？）」』】》〉”’…";

/// `text` without anything a terminal acts on: control characters (C0, C1, escape sequences lose
/// their escape) and the marks that reorder what is shown (UAX 9). White space becomes a space.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => clean.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}' => {}
            c if c.is_control() => clean.push('\u{fffd}'),
            c => clean.push(c),
        }
    }
    clean
}

/// Breaks `text` into lines of at most `width` columns. Spaces separate words; lines may break
/// between East Asian wide characters anywhere but before closing punctuation; a longer word is
/// cut.
///
/// `text` must be [`clean`]. No line is wider, unless the terminal counts joined characters (emoji)
/// differently.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut space = !line.is_empty();
        for piece in pieces(word) {
            let columns = piece.width();
            if used + usize::from(space) + columns > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
                space = false;
            }
            if space {
                line.push(' ');
                used += 1;
                space = false;
            }
            if columns <= width {
                line.push_str(piece);
                used += columns;
                continue;
            }
            for c in piece.chars() {
                let columns = c.width().unwrap_or(0);
                if used + columns > width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(c);
                used += columns;
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The parts of a word between which a line may break.
fn pieces(word: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    let mut previous_wide = false;
    for (index, c) in word.char_indices() {
        let wide = c.width() == Some(2);
        let marks = c.width() == Some(0) || CLOSING.contains(c);
        let start = word.len() - rest.len();
        if (wide || previous_wide)
            && !marks
            && index > start
            && let Some((piece, after)) = rest.split_at_checked(index - start)
        {
            pieces.push(piece);
            rest = after;
        }
        if !marks || CLOSING.contains(c) {
            previous_wide = wide;
        }
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_break_at_spaces_and_between_wide_characters() {
        for (text, width, expected) in [
            ("one two three", 7, vec!["one two", "three"]),
            ("a  b", 10, vec!["a b"]),
            ("", 10, vec![]),
            ("incomprehensible", 6, vec!["incomp", "rehens", "ible"]),
            ("東京で新しい橋が開通した。", 8, vec!["東京で新", "しい橋が", "開通し", "た。"]),
            ("Tokyo東京", 7, vec!["Tokyo東", "京"]),
            ("e\u{301}e\u{301}", 2, vec!["e\u{301}e\u{301}"]),
        ] {
            assert_eq!(wrap(text, width), expected, "{text}");
        }
    }

    #[test]
    fn a_terminal_finds_nothing_to_act_on() {
        assert_eq!(clean("a\x1b[31mb\u{9b}2J\u{202e}c\nd\0"), "a\u{fffd}[31mb\u{fffd}2Jc d\u{fffd}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(text in "\\PC{0,200}", width in 2_usize..40) {
            let text = clean(&text);
            let lines = wrap(&text, width);
            let squeeze = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(squeeze(&lines.concat()), squeeze(&text));
            for line in &lines {
                let apart: usize = line.chars().filter_map(|c| c.width()).sum();
                let columns = line.width().min(apart);
                prop_assert!(columns <= width, "{:?} has {}", line, columns);
            }
        }

        #[test]
        fn no_control_character_stays(text in "[\\x00-\\x1f\\x7f-\\u{9f}\\u{202a}-\\u{202e}a]{0,60}") {
            let acts = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!clean(&text).chars().any(acts));
        }
    }
}
