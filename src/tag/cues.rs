//! Small words that show what a capitalised word is.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use super::gazetteer::rows;

const CUES: &str = include_str!("../../config/gazetteer/cues.tsv");
const GIVEN_NAMES: &str = include_str!("../../config/gazetteer/given-names.txt");

/// What small words show, one bit each in this order.
const KINDS: [&str; 8] =
    ["role", "speech", "preposition", "particle", "function", "calendar", "organisation", "thing"];
const ROLE: u8 = 1;
const SPEECH: u8 = 1 << 1;
const PREPOSITION: u8 = 1 << 2;
const PARTICLE: u8 = 1 << 3;
const FUNCTION: u8 = 1 << 4;
const CALENDAR: u8 = 1 << 5;
const ORGANISATION: u8 = 1 << 6;
const THING: u8 = 1 << 7;

/// Small words, in lower case except given names.
#[derive(Debug)]
pub(super) struct Cues {
    /// The kinds of each word: most words of a text are asked for several. The words are built in,
    /// so nobody can choose them to collide.
    kinds: HashMap<&'static str, u8, FixedState>,
    given: HashSet<&'static str, FixedState>,
}

impl Cues {
    pub(super) fn builtin() -> Self {
        let mut kinds: HashMap<&str, u8, FixedState> = HashMap::default();
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

    fn has(&self, kinds: u8, lower: &str) -> bool {
        self.kinds.get(lower).is_some_and(|known| known & kinds != 0)
    }

    /// `president`, `spokesman`, `coach`, ...
    pub(super) fn role(&self, lower: &str) -> bool {
        self.has(ROLE, lower)
    }

    /// `said`, `sagte`, ...
    pub(super) fn speech(&self, lower: &str) -> bool {
        self.has(SPEECH, lower)
    }

    /// `in`, `near`, `nach`, ...
    pub(super) fn preposition(&self, lower: &str) -> bool {
        self.has(PREPOSITION, lower)
    }

    /// `van`, `de`, `bin`, ...
    pub(super) fn particle(&self, lower: &str) -> bool {
        self.has(PARTICLE, lower)
    }

    /// `the`, `when`, `aber`, ...
    pub(super) fn function(&self, lower: &str) -> bool {
        self.has(FUNCTION | PREPOSITION, lower)
    }

    /// `monday`, `märz`, ...
    pub(super) fn calendar(&self, lower: &str) -> bool {
        self.has(CALENDAR, lower)
    }

    /// `university`, `ministry`, ...
    pub(super) fn organisation(&self, lower: &str) -> bool {
        self.has(ORGANISATION, lower)
    }

    /// Words in no phrase that says what an article is about.
    pub(super) fn common(&self, lower: &str) -> bool {
        self.has(FUNCTION | CALENDAR | SPEECH | PREPOSITION | ROLE, lower)
    }

    /// Words in nobody's name.
    pub(super) fn thing(&self, lower: &str) -> bool {
        self.has(THING | CALENDAR | ORGANISATION, lower)
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
        for (kind, own) in [("role", ROLE), ("function", FUNCTION), ("thing", THING)] {
            assert_eq!(bit(kind), own);
        }
        let cues = Cues::builtin();
        assert!(cues.role("president") && cues.speech("said") && !cues.role("said"));
    }
}
