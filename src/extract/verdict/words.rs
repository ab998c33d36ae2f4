//! The ideas that a short text brings up, by their words in many languages.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use unicode_normalization::UnicodeNormalization;

macro_rules! ideas {
    ($($idea:ident = $name:literal,)*) => {
        /// A kind of thing that walls, notices and errors speak of; `words.tsv` has the words of each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Idea { $($idea,)* }

        /// The ideas by their names in `words.tsv`.
        const NAMES: &[&str] = &[$($name,)*];
    };
}

ideas! {
    Cookie = "cookie",
    Consent = "consent",
    Privacy = "privacy",
    Partner = "partner",
    Tracking = "tracking",
    Choice = "choice",
    Device = "device",
    Page = "page",
    Missing = "missing",
    Region = "region",
    Denied = "denied",
    Adblock = "adblock",
    Browser = "browser",
    Outdated = "outdated",
    Script = "script",
    Switch = "switch",
    Human = "human",
    Check = "check",
    Retry = "retry",
    Maintenance = "maintenance",
    Loading = "loading",
    Login = "login",
    Subscriber = "subscriber",
    Reading = "reading",
    Only = "only",
    Price = "price",
    Letter = "letter",
    Comment = "comment",
    More = "more",
}

/// Bytes of a text that are looked at, at most.
const TEXT_MAX: usize = 1200;

struct Words {
    automaton: AhoCorasick,
    /// By pattern: the idea, and whether the word has to begin and to end at a boundary.
    kinds: Vec<(u8, bool, bool)>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let (mut patterns, mut kinds) = (Vec::new(), Vec::new());
    for line in include_str!("words.tsv").lines().filter(|line| !line.starts_with('#')) {
        let Some((name, words)) = line.split_once('\t') else { continue };
        let Some(idea) = NAMES.iter().position(|known| *known == name) else { continue };
        for word in words.split('|') {
            let (begins, ends) = (!word.starts_with('*'), word.ends_with('$') && word.len() > 2);
            let word = word.trim_start_matches('*');
            patterns.push(plain(if ends { word.trim_end_matches('$') } else { word }));
            kinds.push((idea as u8, begins, ends));
        }
    }
    // The table is part of the program, and a test builds it.
    #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
    Words { automaton: AhoCorasick::new(patterns).expect("words.tsv makes an automaton"), kinds }
});

/// A text in lower case and without accents: hasty writers leave them out, and capitals often have
/// none.
fn plain(text: &str) -> String {
    let is_accent = |char: &char| matches!(char, '\u{300}'..='\u{36f}');
    let lower = text.chars().map(|char| if char == '’' { '\'' } else { char }).flat_map(char::to_lowercase);
    if text.is_ascii() {
        return lower.collect();
    }
    // Composed again, so that letters of other scripts stay as they are.
    lower.nfd().filter(|char| !is_accent(char)).nfc().collect()
}

/// A set of ideas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ideas(u32);

impl Ideas {
    /// The ideas of a text, of its first 1,200 bytes.
    pub(super) fn of(text: &str) -> Self {
        let end = text.floor_char_boundary(TEXT_MAX);
        let lower = plain(text.get(..end).unwrap_or(""));
        let is_word = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        let mut ideas = Self::default();
        for found in WORDS.automaton.find_overlapping_iter(&lower) {
            let Some(&(idea, begins, ends)) = WORDS.kinds.get(found.pattern().as_usize()) else { continue };
            let before = lower.get(..found.start()).and_then(|before| before.chars().next_back());
            let after = lower.get(found.end()..).and_then(|after| after.chars().next());
            if !(begins && is_word(before) || ends && is_word(after)) {
                ideas.0 |= 1 << idea;
            }
        }
        ideas
    }

    /// Whether `idea` is among them.
    pub(super) fn has(self, idea: Idea) -> bool {
        self.0 & (1 << idea as u8) != 0
    }

    /// How many of `kinds` are among them.
    pub(super) fn count(self, kinds: &[Idea]) -> u32 {
        kinds.iter().map(|idea| u32::from(self.has(*idea))).sum()
    }

    /// The ideas of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_an_idea_and_every_idea_has_words() {
        let lines = include_str!("words.tsv").lines().filter(|line| !line.starts_with('#'));
        let names: Vec<&str> = lines.map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(names, NAMES);
        assert!(WORDS.kinds.len() > 2000);
    }

    #[test]
    fn a_word_is_found_where_it_begins_a_word() {
        for (text, idea, is_there) in [
            ("We use cookies.", Idea::Cookie, true),
            ("The cook is here.", Idea::Cookie, false),
            ("About the abbey", Idea::Subscriber, false),
            ("Jetzt das Digitalabo testen", Idea::Subscriber, true),
            ("Cette page n’existe pas", Idea::Missing, true),
            ("当サイトではクッキーを使用しています", Idea::Cookie, true),
            ("ไม่พบหน้าที่ค้นหา", Idea::Missing, true),
        ] {
            assert_eq!(Ideas::of(text).has(idea), is_there, "{text}");
        }
    }
}
