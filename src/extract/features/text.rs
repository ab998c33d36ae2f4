//! What a text looks like: its punctuation, its words, the phrases it begins with.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memchr_iter;

use super::hash::{self, Map};

/// Phrases with their kinds.
type Phrases = Vec<(&'static str, u8)>;

/// Phrases that boilerplate begins with, by their first two characters.
static LEXICON: LazyLock<Map<[char; 2], Phrases>> = LazyLock::new(|| {
    let mut phrases: Map<[char; 2], Phrases> = Map::default();
    let kinds = include_str!("../lexicon.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, line) in (1_u8..).zip(kinds) {
        for phrase in line.split_once('\t').map_or("", |(_, phrases)| phrases).split('|') {
            let mut chars = phrase.chars();
            if let Some(first) = chars.next() {
                phrases.entry([first, chars.next().unwrap_or(ALONE)]).or_default().push((phrase, kind));
            }
        }
    }
    phrases
});
/// Second character of a phrase of one.
const ALONE: char = '\0';

/// The kind of boilerplate that begins like this: 1 + line of the lexicon, 0 for none.
fn phrase(text: &str) -> u8 {
    let text = text.trim_start_matches(|char: char| !char.is_alphanumeric() && char != '©' && char != '(');
    let lower =
        text.chars().take(24).map(|char| if char == '’' { '\'' } else { char }).flat_map(char::to_lowercase);
    let mut ahead = lower.clone();
    let Some(first) = ahead.next() else { return 0 };
    let begins = |phrase: &str| {
        let mut lower = lower.clone();
        phrase.chars().all(|char| lower.next() == Some(char))
    };
    let find = |second: char| {
        let phrases = LEXICON.get(&[first, second])?;
        phrases.iter().find(|(phrase, _)| begins(phrase)).map(|(_, kind)| *kind)
    };
    find(ALONE).or_else(|| find(ahead.next()?)).unwrap_or(0)
}

/// What a text looks like.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// Characters, those of scripts without spaces counted threefold.
    pub(crate) size: u32,
    pub(crate) sentences: u32,
    pub(crate) commas: u32,
    pub(crate) digits: u32,
    pub(crate) upper: u32,
    pub(crate) letters: u32,
    pub(crate) bars: u32,
    pub(crate) words: u32,
    /// 1 small letter, 2 capital, 3 digit, 4 quote, 0 other.
    pub(crate) begins: u8,
    /// 2 end of a sentence, 1 colon, 3 ellipsis, 0 other.
    pub(crate) ends: u8,
    /// 1 + index in the lexicon.
    pub(crate) phrase: u8,
    pub(crate) has_copyright: bool,
    pub(crate) has_clock: bool,
    pub(crate) hash: u64,
}

/// What each ASCII character counts for, a byte each: size, words, sentences, commas, bars, digits, letters, upper.
static ASCII: [u64; 128] = {
    let mut kinds = [0; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        kinds[at] = u64::from_le_bytes([
            (byte != b' ') as u8,
            (byte == b' ') as u8,
            matches!(byte, b'.' | b'!' | b'?') as u8,
            matches!(byte, b',' | b';') as u8,
            matches!(byte, b'|' | b'/') as u8,
            byte.is_ascii_digit() as u8,
            byte.is_ascii_alphabetic() as u8,
            byte.is_ascii_uppercase() as u8,
        ]);
        at += 1;
    }
    kinds
};

impl Shape {
    /// Counts a character outside ASCII.
    fn add(&mut self, char: char) {
        self.size += 1;
        match char {
            '。' | '！' | '？' | '।' | '؟' | '۔' | '…' => self.sentences += 1,
            '、' | '，' | '،' => self.commas += 1,
            '»' | '›' | '·' | '•' => self.bars += 1,
            '©' => self.has_copyright = true,
            '\u{0e00}'..='\u{0eff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}' => {
                self.size += 2;
                self.letters += 1;
            }
            _ if char.is_alphabetic() => {
                self.letters += 1;
                self.upper += u32::from(char.is_uppercase());
            }
            _ => {}
        }
    }
}

/// Looks at a text.
pub(super) fn shape(text: &str) -> Shape {
    let mut shape = Shape { words: 1, hash: hash::of(text), ..Shape::default() };
    // Bytes are counted eight kinds at a time, as many as fit a byte.
    for (start, bytes) in (0..).step_by(255).zip(text.as_bytes().chunks(255)) {
        let mut counts = 0;
        for (at, byte) in (start..).zip(bytes) {
            match ASCII.get(usize::from(*byte)) {
                Some(kinds) => counts += kinds,
                None => {
                    if let Some(char) = text.get(at..).and_then(|rest| rest.chars().next()) {
                        shape.add(char);
                    }
                }
            }
        }
        let [size, words, sentences, commas, bars, digits, letters, upper] =
            counts.to_le_bytes().map(u32::from);
        shape.size += size;
        shape.words += words;
        shape.sentences += sentences;
        shape.commas += commas;
        shape.bars += bars;
        shape.digits += digits;
        shape.letters += letters;
        shape.upper += upper;
    }
    let after = |colon: usize| text.as_bytes().get(colon + 1);
    shape.has_clock = memchr_iter(b':', text.as_bytes()).any(|at| after(at).is_some_and(u8::is_ascii_digit));
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

/// Words that boilerplate is made of, anywhere in a text.
static BOILERPLATE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = include_str!("../boilerplate.tsv").lines().filter(|line| !line.starts_with('#'));
    #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("boilerplate.tsv makes an automaton")
});

/// How many of [`BOILERPLATE`] are in a text.
pub(super) fn boilerplate(text: &str) -> f32 {
    BOILERPLATE.find_iter(text).take(20).count() as f32
}
