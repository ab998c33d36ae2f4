//! What the words of an English article say about its desk: a linear model over words, read in
//! place.
//!
//! Layout of `model.bin`, little-endian: a header of text that ends with a zero byte; `u32` number
//! of words, `u32` number of topics (in the order of `config/tags/topics.yaml`), `f32` size of a
//! step; for each topic an `f32` constant; `u32` hash of each word, sorted; then for each word a
//! `u8` weight in sixteenths and an `i8` for each topic in steps. `train/topics.py` writes it.

use crate::tag::words::{Word, Words};

static TABLE: &[u8] = include_bytes!("model.bin");

/// First line of a table that this program reads.
const MAGIC: &str = "copydesk topics 1";

/// A word in the title counts this many times.
const TITLE: u32 = 3;

/// Fewest words from the table for an answer.
const WORDS_MIN: usize = 12;

/// Words that are looked at, at most.
const WORDS_MAX: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Model {
    step: f32,
    alone: Vec<f32>,
    hashes: &'static [u8],
    rows: &'static [u8],
}

fn four(bytes: &[u8], index: usize) -> [u8; 4] {
    let at = index.saturating_mul(4);
    bytes.get(at..at.saturating_add(4)).and_then(|four| four.try_into().ok()).unwrap_or_default()
}

impl Model {
    /// The built-in table, whose topics have to be those of `known` in this order.
    pub(super) fn builtin<'a>(known: impl Iterator<Item = &'a str>) -> Self {
        // The table is built in, and a test reads it.
        #[expect(clippy::expect_used, reason = "a constant table, read in the tests")]
        Self::read(TABLE, known).expect("model.bin is a table of topics")
    }

    /// Reads a table; an error says what is wrong with it.
    fn read<'a>(table: &'static [u8], known: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let end = table.iter().position(|byte| *byte == 0).ok_or("the header has no end")?;
        let (header, rest) = table.split_at_checked(end + 1).unwrap_or_default();
        let header = std::str::from_utf8(header).map_err(|error| error.to_string())?;
        if header.lines().next() != Some(MAGIC) {
            return Err(format!("does not begin with `{MAGIC}`"));
        }
        let named = header.lines().find_map(|line| Some(line.split_once(", topics ")?.1)).unwrap_or_default();
        let known: Vec<&str> = known.collect();
        if !named.split(' ').eq(known.iter().copied()) {
            return Err(format!("has the topics {named}, topics.yaml {}; train it again", known.join(" ")));
        }
        let (words, topics) =
            (u32::from_le_bytes(four(rest, 0)) as usize, u32::from_le_bytes(four(rest, 1)) as usize);
        let step = f32::from_le_bytes(four(rest, 2));
        let alone: Vec<f32> =
            (0..known.len()).map(|topic| f32::from_le_bytes(four(rest, 3 + topic))).collect();
        let tables = rest.get((3 + known.len()) * 4..).and_then(|rest| rest.split_at_checked(words * 4));
        let (hashes, rows) = tables.ok_or("the table ends early")?;
        if topics != known.len() || rows.len() != words * (topics + 1) {
            return Err(format!("{words} words of {topics} topics have {} bytes", rows.len()));
        }
        Ok(Self { step, alone, hashes, rows })
    }

    /// Scores of the topics in their order; `None` if too few words are known.
    pub(super) fn scores(&self, words: &Words) -> Option<Vec<f32>> {
        let times = |word: &Word| if word.title { TITLE } else { 1 };
        let all = words.list.iter().take(WORDS_MAX);
        let mut all: Vec<(&str, u32)> = all.map(|word| (word.lower.as_str(), times(word))).collect();
        // Sorted, so that the same text gives the same sums to the last digit.
        all.sort_unstable();
        let mut sums = vec![0.0_f32; self.alone.len()];
        let (mut total, mut known) = (0.0, 0);
        for same in all.chunk_by(|a, b| a.0 == b.0) {
            let Some(row) = same.first().and_then(|(word, _)| self.row(word)) else { continue };
            let count: u32 = same.iter().map(|(_, times)| times).sum();
            let [weight, topics @ ..] = row else { continue };
            let amount = (1.0 + (count as f32).ln()) * f32::from(*weight) / 16.0;
            for (sum, topic) in sums.iter_mut().zip(topics) {
                *sum += amount * f32::from(i8::from_le_bytes([*topic])) * self.step;
            }
            total += amount;
            known += 1;
        }
        let scores = sums.iter().zip(&self.alone).map(|(sum, alone)| sum / total + alone).collect();
        (known >= WORDS_MIN && total > 0.0).then_some(scores)
    }

    fn row(&self, word: &str) -> Option<&'static [u8]> {
        let hash = word
            .bytes()
            .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let (mut low, mut high) = (0, self.hashes.len() / 4);
        while low < high {
            let middle = low + (high - low) / 2;
            let found = u32::from_le_bytes(four(self.hashes, middle));
            if found == hash {
                let width = self.alone.len() + 1;
                return self.rows.get(middle * width..(middle + 1) * width);
            }
            if found < hash { low = middle + 1 } else { high = middle }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_other_topics_is_refused() {
        let refused = |known: &[&'static str]| Model::read(TABLE, known.iter().copied()).unwrap_err();
        assert!(refused(&["topic/war"]).contains("train it again"), "{}", refused(&["topic/war"]));
        let ids =
            Model::read(b"copydesk topics 1\nlanguage en, words 0, topics a b\n\0", ["b", "a"].into_iter());
        assert!(ids.unwrap_err().contains("has the topics a b"));
        let early = Model::read(b"copydesk topics 1\nlanguage en, words 0, topics a\n\0", ["a"].into_iter());
        assert_eq!(early.unwrap_err(), "the table ends early");
        assert!(
            Model::read(b"copydesk topics 2\n\0", ["a"].into_iter()).unwrap_err().contains("does not begin")
        );
    }
}
