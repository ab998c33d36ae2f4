//! Words that stand in names: given names and surnames of many countries, words of names of
//! organisations, words that are written with a small letter. One sign of a name, never enough alone.
//!
//! `train/lexicon.py` says how `lexicon.bin` is laid out and made; README.md beside this file has the
//! licences.

use std::sync::LazyLock;

static TABLE: &[u8] = include_bytes!("lexicon.bin");

/// First line of a table that this program reads.
const MAGIC: &str = "copydesk words of names 1";

/// A given name of any country.
pub(super) const GIVEN: u8 = 1;
/// A given name of at least three countries, or of the 600 most frequent of the US census.
pub(super) const GIVEN_OFTEN: u8 = 2;

/// Letters of an ending that is left out where a name has case endings, and least letters that stay.
const ENDING_MAX: usize = 3;
const STEM_MIN: usize = 4;

/// The table, read in place.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// Hashes of the words in rising order, four bytes each.
    words: &'static [u8],
    /// The signs of each.
    signs: &'static [u8],
}

impl Lexicon {
    /// The table that is part of the program.
    pub(super) fn builtin() -> &'static Self {
        // The table is part of the program, and a test reads it.
        #[expect(clippy::expect_used, reason = "a constant table, read in the tests")]
        static LEXICON: LazyLock<Lexicon> =
            LazyLock::new(|| Lexicon::read(TABLE).expect("lexicon.bin is a table of words"));
        &LEXICON
    }

    /// Reads a table; an error says what this program does not know about it.
    fn read(table: &'static [u8]) -> Result<Self, String> {
        let end = table.iter().position(|byte| *byte == 0).ok_or("the header has no end")?;
        let (header, rest) = table.split_at_checked(end + 1).unwrap_or_default();
        if !header.starts_with(MAGIC.as_bytes()) || header.get(MAGIC.len()) != Some(&b'\n') {
            return Err(format!("does not begin with `{MAGIC}`"));
        }
        let (count, rest) = rest.split_first_chunk::<4>().ok_or("the table ends early")?;
        let count = u32::from_le_bytes(*count) as usize;
        let (words, signs) = rest.split_at_checked(count * 4).ok_or("the table ends early")?;
        if signs.len() != count {
            return Err(format!("{count} words have {} signs", signs.len()));
        }
        Ok(Self { words, signs })
    }

    /// The signs of a word in lower case, none if it is not known.
    pub(super) fn signs(&self, lower: &str) -> u8 {
        let hash = lower
            .bytes()
            .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let (mut low, mut high) = (0, self.signs.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let bytes = self.words.get(middle * 4..).and_then(|rest| rest.first_chunk::<4>());
            match bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes)).cmp(&hash) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.signs.get(middle).copied().unwrap_or_default(),
            }
        }
        0
    }

    /// The signs of a word, or those of it without an ending of up to three letters and whether any
    /// was left out: `Tuskowi`, `Путина`.
    pub(super) fn inflected(&self, lower: &str) -> (u8, bool) {
        let own = self.signs(lower);
        if own != 0 {
            return (own, false);
        }
        let letters: Vec<usize> = lower.char_indices().map(|(at, _)| at).collect();
        for ending in 1..=ENDING_MAX.min(letters.len().saturating_sub(STEM_MIN)) {
            let stem = letters.get(letters.len() - ending).and_then(|at| lower.get(..*at));
            let signs = stem.map_or(0, |stem| self.signs(stem));
            if signs != 0 {
                return (signs, true);
            }
        }
        (0, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_another_form_is_refused() {
        assert!(Lexicon::read(b"copydesk words of names 2\n\0").unwrap_err().contains("does not begin"));
        assert_eq!(Lexicon::read(b"copydesk words of names 1\n\0").unwrap_err(), "the table ends early");
        assert_eq!(
            Lexicon::read(b"copydesk words of names 1\n\0\x01\0\0\0aaaa").unwrap_err(),
            "1 words have 0 signs"
        );
    }

    #[test]
    fn names_of_many_countries_are_known() {
        let lexicon = Lexicon::builtin();
        for given in ["mary", "zbigniew", "svetlana", "björn", "михаил", "giovanni"] {
            assert_ne!(lexicon.signs(given) & GIVEN, 0, "{given}");
        }
        assert_eq!(lexicon.signs("zzyzxq"), 0);
        assert_eq!(lexicon.inflected("михаилом").0 & GIVEN, GIVEN);
        assert_eq!(lexicon.inflected("q"), (0, false));
    }
}
