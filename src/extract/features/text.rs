//! What a text looks like: its signs, its words, the phrases it begins with.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::hash::{self, Map};

/// Phrases furniture begins with, by their first character: phrase and kind.
static LEXICON: LazyLock<Map<char, Vec<(&'static str, u8)>>> = LazyLock::new(|| {
    let mut phrases: Map<char, Vec<(&'static str, u8)>> = Map::default();
    let kinds = include_str!("../lexicon.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, line) in (1_u8..).zip(kinds) {
        for phrase in line.split_once('\t').map_or("", |(_, phrases)| phrases).split('|') {
            if let Some(first) = phrase.chars().next() {
                phrases.entry(first).or_default().push((phrase, kind));
            }
        }
    }
    phrases
});

/// The kind of furniture that begins like this: 1 + line of the lexicon, 0 for none.
fn phrase(text: &str) -> u8 {
    let text = text.trim_start_matches(|char: char| !char.is_alphanumeric() && char != '©' && char != '(');
    let mut lower =
        text.chars().take(24).map(|char| if char == '’' { '\'' } else { char }).flat_map(char::to_lowercase);
    let Some(first) = lower.next() else { return 0 };
    let Some(phrases) = LEXICON.get(&first) else { return 0 };
    let mut head = [first; 32];
    let length = 1 + head.iter_mut().skip(1).zip(lower).map(|(to, char)| *to = char).count();
    let head = head.get(..length).unwrap_or(&[]);
    let begins = |phrase: &str| {
        let mut head = head.iter();
        phrase.chars().all(|char| head.next() == Some(&char))
    };
    phrases.iter().find(|(phrase, _)| begins(phrase)).map_or(0, |(_, kind)| *kind)
}

/// What a text looks like.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::extract) struct Shape {
    /// Characters, those of scripts without spaces counted threefold.
    pub(in crate::extract) size: u32,
    pub(in crate::extract) sentences: u32,
    pub(in crate::extract) commas: u32,
    pub(in crate::extract) digits: u32,
    pub(in crate::extract) upper: u32,
    pub(in crate::extract) letters: u32,
    pub(in crate::extract) bars: u32,
    pub(in crate::extract) words: u32,
    /// 1 small letter, 2 capital, 3 digit, 4 quote, 0 other.
    pub(in crate::extract) begins: u8,
    /// 2 end of a sentence, 1 colon, 3 ellipsis, 0 other.
    pub(in crate::extract) ends: u8,
    /// 1 + index in the lexicon.
    pub(in crate::extract) phrase: u8,
    pub(in crate::extract) has_copyright: bool,
    pub(in crate::extract) has_clock: bool,
    pub(in crate::extract) hash: u64,
}

/// Looks at a text.
pub(super) fn shape(text: &str) -> Shape {
    let mut shape = Shape { words: 1, hash: hash::of(text), ..Shape::default() };
    let mut previous = ' ';
    for char in text.chars() {
        match char {
            ' ' => shape.words += 1,
            '.' | '!' | '?' | '。' | '！' | '？' | '।' | '؟' | '۔' | '…' => {
                shape.sentences += 1;
            }
            ',' | ';' | '、' | '，' | '،' => shape.commas += 1,
            '|' | '»' | '›' | '/' | '·' | '•' => shape.bars += 1,
            '©' => shape.has_copyright = true,
            '0'..='9' => {
                shape.has_clock |= previous == ':';
                shape.digits += 1;
            }
            'a'..='z' => shape.letters += 1,
            'A'..='Z' => {
                shape.upper += 1;
                shape.letters += 1;
            }
            '\0'..='\x7f' => {}
            '\u{0e00}'..='\u{0eff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}' => {
                shape.size += 2;
                shape.letters += 1;
            }
            _ if char.is_alphabetic() => {
                shape.letters += 1;
                shape.upper += u32::from(char.is_uppercase());
            }
            _ => {}
        }
        if char != ' ' {
            shape.size += 1;
        }
        previous = char;
    }
    shape.begins = match text.chars().next() {
        Some(first) if first.is_lowercase() => 1,
        Some(first) if first.is_uppercase() => 2,
        Some(first) if first.is_ascii_digit() => 3,
        Some('"' | '“' | '„' | '«' | '‘' | '\'' | '-' | '–' | '—' | '「') => 4,
        _ => 0,
    };
    let end = text.trim_end_matches(['"', '”', '“', '»', '’', '\'', ')', '」', '』', ']']);
    shape.ends = match end.chars().next_back() {
        Some('.') if end.ends_with("...") => 3,
        Some('…') => 3,
        Some('.' | '!' | '?' | '。' | '！' | '？' | '।' | '؟' | '۔') => 2,
        Some(':' | '：') => 1,
        _ => 0,
    };
    shape.phrase = phrase(text);
    shape
}

/// Words that furniture is made of, anywhere in a text.
static FURNITURE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = include_str!("../furniture.tsv").lines().filter(|line| !line.starts_with('#'));
    #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("furniture.tsv makes an automaton")
});

/// How many of [`FURNITURE`] are in a text.
pub(super) fn furniture(text: &str) -> f32 {
    FURNITURE.find_iter(text).take(20).count() as f32
}
