//! Small words that tell what a capital letter stands for.

use std::collections::{HashMap, HashSet};

use super::gazetteer::rows;

const CUES: &str = include_str!("../../config/gazetteer/cues.tsv");
const GIVEN_NAMES: &str = include_str!("../../config/gazetteer/given-names.txt");

/// Sets of small words, in lower case but for the given names.
#[derive(Debug)]
pub(super) struct Cues {
    sets: HashMap<&'static str, HashSet<&'static str>>,
    given: HashSet<&'static str>,
}

impl Cues {
    pub(super) fn builtin() -> Self {
        let mut sets: HashMap<&str, HashSet<&str>> = HashMap::new();
        for row in rows(CUES) {
            if let [kind, words] = row.as_slice() {
                sets.entry(*kind).or_default().extend(words.split_whitespace());
            }
        }
        let lines = GIVEN_NAMES.lines().filter(|line| !line.starts_with('#'));
        Self { sets, given: lines.flat_map(str::split_whitespace).collect() }
    }

    fn has(&self, kind: &str, lower: &str) -> bool {
        self.sets.get(kind).is_some_and(|set| set.contains(lower))
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
