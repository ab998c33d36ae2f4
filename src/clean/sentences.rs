//! Where the sentences of a text start and end.

/// Where sentences start: after an end of sentence and white space before an upper-case letter,
/// a digit, a quotation mark or an opening bracket; after any end in scripts without spaces; and
/// at a bracket that stays open to the end.
pub(super) fn sentence_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut ended = false;
    let mut spaced = false;
    let mut bracket = None;
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() && !(ended && spaced) {
            (ended, spaced) = (false, false);
            continue;
        }
        if ended
            && spaced
            && (c.is_uppercase() || !c.is_lowercase() && c.is_alphanumeric() || "\"“„«'‘([►▶→>".contains(c))
        {
            starts.push(at);
            (ended, spaced) = (false, false);
        }
        match c {
            '.' | '!' | '?' | '…' | '؟' | '۔' | '।' => (ended, spaced) = (true, false),
            '。' | '！' | '？' => (ended, spaced) = (true, true),
            '"' | '”' | '“' | '’' | '»' | '«' | ')' | ']' | '」' => {}
            c if c.is_whitespace() => spaced = true,
            _ => (ended, spaced) = (false, false),
        }
        match c {
            '(' | '（' | '[' => bracket = bracket.or(Some(at)),
            ')' | '）' | ']' if !text.get(at + c.len_utf8()..).is_none_or(|rest| rest.trim().is_empty()) => {
                bracket = None;
            }
            _ => {}
        }
    }
    if let Some(at) = bracket.filter(|at| *at > 0 && text.trim_end().ends_with([')', '）', ']'])) {
        starts.push(at);
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Whether a text ends with the end of a sentence, closing quotes and brackets aside.
pub(super) fn is_stopped(text: &str) -> bool {
    text.trim_end_matches(|c: char| "\"”“’‘»«)]」』）".contains(c) || c.is_whitespace())
        .chars()
        .next_back()
        .is_some_and(|c| ".!?…。！？।؟۔".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_found() {
        let text =
            "He left. \"Why?\" she asked at 3.15 p.m. today. Read more: Ice (Reporting by A; Editing by B)";
        let pieces: Vec<&str> =
            sentence_starts(text).iter().filter_map(|at| text.get(*at..*at + 4)).collect();
        assert_eq!(pieces, ["He l", "\"Why", "Read", "(Rep"]);
        assert_eq!(sentence_starts("今日。明日"), [0, 9]);
    }
}
