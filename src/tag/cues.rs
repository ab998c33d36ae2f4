//! Small words that tell what a capital letter stands for.

use std::collections::{HashMap, HashSet};

use super::gazetteer::rows;

const CUES: &str = include_str!("../../config/gazetteer/cues.tsv");
const GIVEN_NAMES: &str = include_str!("../../config/gazetteer/given-names.txt");

/// What small words tell, one bit each in this order.
const KINDS: [&str; 8] =
    ["role", "speech", "preposition", "particle", "function", "calendar", "organisation", "thing"];

/// Small words, in lower case but for the given names.
#[derive(Debug)]
pub(super) struct Cues {
    /// The kinds of each: most words of a text are asked for several.
    kinds: HashMap<&'static str, u8>,
    given: HashSet<&'static str>,
}

impl Cues {
    pub(super) fn builtin() -> Self {
        let mut kinds: HashMap<&str, u8> = HashMap::new();
        for row in rows(CUES) {
            if let [kind, words] = row.as_slice() {
                for word in words.split_whitespace() {
                    *kinds.entry(word).or_default() |= bit(kind);
                }
            }
        }
        let lines = GIVEN_NAMES.lines().filter(|line| !line.starts_with('#'));
        Self { kinds, given: lines.flat_map(str::split_whitespace).collect() }
    }

    fn has(&self, kind: &str, lower: &str) -> bool {
        self.kinds.get(lower).is_some_and(|kinds| kinds & bit(kind) != 0)
    }

    /// `president`, `spokesman`, `coach`, ...
    pub(super) fn role(&self, lower: &str) -> bool {
        self.has("role", lower)
    }

    /// `said`, `sagte`, ...
    pub(super) fn speech(&self, lower: &str) -> bool {
        self.has("speech", lower)
    }

    /// `in`, `near`, `nach`, ...
    pub(super) fn preposition(&self, lower: &str) -> bool {
        self.has("preposition", lower)
    }

    /// `van`, `de`, `bin`, ...
    pub(super) fn particle(&self, lower: &str) -> bool {
        self.has("particle", lower)
    }

    /// `the`, `when`, `aber`, ...
    pub(super) fn function(&self, lower: &str) -> bool {
        self.has("function", lower) || self.has("preposition", lower)
    }

    /// `monday`, `märz`, ...
    pub(super) fn calendar(&self, lower: &str) -> bool {
        self.has("calendar", lower)
    }

    /// `university`, `ministry`, ...
    pub(super) fn organisation(&self, lower: &str) -> bool {
        self.has("organisation", lower)
    }

    /// In nobody's name.
    pub(super) fn thing(&self, lower: &str) -> bool {
        self.has("thing", lower) || self.has("calendar", lower) || self.has("organisation", lower)
    }

    /// A given name.
    pub(super) fn given(&self, word: &str) -> bool {
        self.given.contains(word)
    }
}

fn bit(kind: &str) -> u8 {
    KINDS.iter().position(|known| *known == kind).map_or(0, |at| 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_file_has_its_bit() {
        for row in rows(CUES) {
            assert_ne!(bit(row.first().unwrap()), 0, "{row:?}");
        }
        let cues = Cues::builtin();
        assert!(cues.role("president") && cues.speech("said") && !cues.role("said"));
    }
}
