//! The table of letter groups, read in place.
//!
//! Layout of `model.bin`, little-endian: a header of text that ends with a zero byte; `u32` number
//! of languages, then for each its code in eight bytes (zero-padded), `u32` set of scripts, `f32`
//! score of a group that the language lacks; `u32` number of groups; 4,097 `u32`, the first group
//! of each value of the hash's top twelve bits; then for each group a `u32` hash, sorted; for each
//! group and once more at the end a `u32` index of its first entry; entries of `u8` language and
//! `u8` gain in steps of 1/14 nat over the score of lacking it. `train/language.py` writes it.

use std::{ops::Range, sync::LazyLock};

use unicode_normalization::char::is_combining_mark;

use super::script::Script;

static TABLE: &[u8] = include_bytes!("model.bin");

/// First line of a table that this program reads.
const MAGIC: &str = "copydesk letter groups 1";

/// Steps of an entry's gain per nat.
const STEPS: f32 = 14.0;

/// Letters of a group, at most.
const GROUP_MAX: usize = 4;

/// Longest word that is looked at, in letters; longer ones are addresses and the like.
const WORD_MAX: usize = 40;

/// Buckets of the hash.
const BUCKETS: usize = 4096;

/// Letters that only one of the known languages writes but that the training texts lack: Bashkir is
/// written like Tatar, Sindhi in the Arabic script. Language, letters, and the nats that one of
/// them adds.
const OWN_LETTERS: [(&str, &str, f32); 2] = [("ba", "ҙҫҡҘҪҠ", 12.0), ("sd", "ٻڀٺٽڃڄڇڌڊڏڍڙڪڳڱڻ۾۽ڦ", 12.0)];

/// A language of the table.
#[derive(Debug)]
struct Row {
    code: &'static str,
    scripts: u32,
    lacking: f32,
}

/// The table's parts.
#[derive(Debug)]
pub(super) struct Model {
    languages: Vec<Row>,
    buckets: &'static [u8],
    hashes: &'static [u8],
    starts: &'static [u8],
    entries: &'static [u8],
}

/// Scores of the languages of one script.
#[derive(Debug)]
pub(super) struct Scores {
    list: Vec<(&'static str, f32)>,
    /// Number of groups found in the table.
    pub(super) groups: usize,
    /// Number of groups in the text.
    pub(super) all: usize,
}

impl Scores {
    /// The best language and its lead over the second.
    pub(super) fn best(&self) -> Option<(&'static str, f32)> {
        let (code, score) = self.list.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let others = self.list.iter().filter(|(other, _)| other != code).map(|(_, score)| *score);
        let second = others.fold(f32::NEG_INFINITY, f32::max);
        (self.groups > 0).then_some((*code, (score - second).min(1000.0)))
    }

    /// The score of a language of this script.
    pub(super) fn known(&self, code: &str) -> Option<f32> {
        self.list.iter().find(|(known, _)| *known == code).map(|(_, score)| *score)
    }

    /// The same, 0 for a language that is not among them.
    pub(super) fn of(&self, code: &str) -> f32 {
        self.known(code).unwrap_or_default()
    }
}

fn number(bytes: &[u8], index: usize) -> u32 {
    let at = index.saturating_mul(4);
    let four = bytes.get(at..at.saturating_add(4)).and_then(|four| four.try_into().ok());
    u32::from_le_bytes(four.unwrap_or_default())
}

impl Model {
    /// The built-in table.
    pub(super) fn builtin() -> &'static Self {
        // The table is built in, and a test reads it.
        #[expect(clippy::expect_used, reason = "a constant table, read in the tests")]
        static MODEL: LazyLock<Model> =
            LazyLock::new(|| Model::read(TABLE).expect("model.bin is a table of letter groups"));
        &MODEL
    }

    /// Reads a table; an error says what is wrong with it.
    pub(super) fn read(table: &'static [u8]) -> Result<Self, String> {
        let end = table.iter().position(|byte| *byte == 0).ok_or("the header has no end")?;
        let (header, rest) = table.split_at_checked(end + 1).unwrap_or_default();
        if !header.starts_with(MAGIC.as_bytes()) || header.get(MAGIC.len()) != Some(&b'\n') {
            return Err(format!("does not begin with `{MAGIC}`"));
        }
        let mut rest = rest;
        let mut take = |bytes: Option<usize>| -> Result<&'static [u8], String> {
            let taken = bytes.and_then(|bytes| rest.split_at_checked(bytes));
            let (taken, left) = taken.ok_or("the table ends early")?;
            rest = left;
            Ok(taken)
        };
        let count = number(take(Some(4))?, 0) as usize;
        let mut languages = Vec::with_capacity(count.min(255));
        for _ in 0..count {
            let code = std::str::from_utf8(take(Some(8))?).map_err(|error| error.to_string())?;
            let code = code.trim_end_matches('\0');
            let scripts = number(take(Some(4))?, 0);
            if !Script::knows(scripts) {
                return Err(format!("the language `{code}` has a script that this program does not know"));
            }
            let lacking = f32::from_bits(number(take(Some(4))?, 0));
            languages.push(Row { code, scripts, lacking });
        }
        let groups = number(take(Some(4))?, 0) as usize;
        let buckets = take(Some((BUCKETS + 1) * 4))?;
        let hashes = take(groups.checked_mul(4))?;
        let starts = take(groups.checked_add(1).and_then(|starts| starts.checked_mul(4)))?;
        let entries = take((number(starts, groups) as usize).checked_mul(2))?;
        if !rest.is_empty() {
            return Err(format!("{} bytes too many", rest.len()));
        }
        Ok(Self { languages, buckets, hashes, starts, entries })
    }

    /// The scripts of a known language.
    pub(super) fn scripts_of(&self, code: &str) -> Option<u32> {
        let own = match code {
            "ba" => Some(Script::Cyrillic.bit()),
            "sd" => Some(Script::Arabic.bit()),
            _ => None,
        };
        let rows = self.languages.iter().filter(|row| row.code == code);
        own.or_else(|| rows.map(|row| row.scripts).reduce(|a, b| a | b))
    }

    /// How many languages the table tells apart.
    #[cfg(test)]
    pub(super) fn languages(&self) -> usize {
        self.languages.iter().map(|row| row.code).collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Scores a text for each language of a script, in nats above the mean of all languages.
    pub(super) fn scores(&self, text: impl Iterator<Item = char>, script: Script) -> Scores {
        let mut gains = [0_u32; 256];
        let (mut groups, mut all) = (0, 0);
        let mut own = [0_u32; OWN_LETTERS.len()];
        let mut word: Vec<char> = Vec::with_capacity(WORD_MAX + 2);
        for letter in text.chain([' ']) {
            for ((_, letters, _), count) in OWN_LETTERS.iter().zip(&mut own) {
                *count += u32::from(!letter.is_ascii() && letters.contains(letter));
            }
            if letter.is_alphabetic() || is_combining_mark(letter) {
                word.extend(letter.to_lowercase());
            } else if is_apostrophe(letter) && !word.is_empty() {
                word.push('\'');
            } else if !word.is_empty() {
                let (known, seen) = self.word(&mut word, &mut gains);
                groups += known;
                all += seen;
            }
        }
        let mut list: Vec<(&'static str, f32)> = Vec::new();
        for (row, gain) in self.languages.iter().zip(gains) {
            if row.scripts & script.bit() != 0 {
                list.push((row.code, gain as f32 / STEPS + groups as f32 * row.lacking));
            }
        }
        for ((code, _, weight), count) in OWN_LETTERS.iter().zip(own) {
            let base = list.iter().map(|(_, score)| *score).fold(f32::NEG_INFINITY, f32::max);
            let written = self.scripts_of(code).is_some_and(|scripts| scripts & script.bit() != 0);
            if written && count > 0 && groups > 0 {
                list.push((code, base - weight / 2.0 + weight * count as f32));
            }
        }
        Scores { list, groups, all }
    }

    /// Adds the groups of a word and empties it; returns how many are in the table, and how many
    /// there are.
    fn word(&self, word: &mut Vec<char>, gains: &mut [u32; 256]) -> (usize, usize) {
        while word.last() == Some(&'\'') {
            word.pop();
        }
        let (mut groups, mut all) = (0, 0);
        if word.len() <= WORD_MAX {
            word.insert(0, '_');
            word.push('_');
            for start in 0..word.len() {
                let single = start > 0 && start + 1 < word.len();
                let mut hash = FNV_START;
                for (length, letter) in word.iter().skip(start).take(GROUP_MAX).enumerate() {
                    hash = fnv(hash, *letter);
                    if length > 0 || single {
                        groups += usize::from(self.group(hash, gains));
                        all += 1;
                    }
                }
            }
        }
        word.clear();
        (groups, all)
    }

    /// Adds what a group says, and whether it is in the table.
    fn group(&self, hash: u32, gains: &mut [u32; 256]) -> bool {
        let bucket = (hash >> 20) as usize;
        let mut range: Range<usize> =
            number(self.buckets, bucket) as usize..number(self.buckets, bucket + 1) as usize;
        while range.start < range.end {
            let middle = range.start + (range.end - range.start) / 2;
            let found = number(self.hashes, middle);
            if found == hash {
                let entries = number(self.starts, middle) as usize..number(self.starts, middle + 1) as usize;
                for entry in self.entries.chunks_exact(2).take(entries.end).skip(entries.start) {
                    if let [language, gain] = entry
                        && let Some(sum) = gains.get_mut(*language as usize)
                    {
                        *sum += u32::from(*gain);
                    }
                }
                return true;
            }
            if found < hash { range.start = middle + 1 } else { range.end = middle }
        }
        false
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | 'ʻ' | 'ʹ')
}

const FNV_START: u32 = 0x811C_9DC5;

/// FNV-1a, 32 bits, over the bytes of a letter's number.
fn fnv(hash: u32, letter: char) -> u32 {
    let bytes = u32::from(letter).to_le_bytes();
    bytes.into_iter().take(3).fold(hash, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
