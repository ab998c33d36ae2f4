//! Where the literals of all phrases stand in a line.
//!
//! A literal of whole words is looked for word by word in a tree of words, so that the cost is
//! proportional to the words of the line. Literals with an open side (`abonn~`), and lines in
//! scripts without spaces, go through automata over bytes.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::OnceLock,
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::normal::is_unspaced;

/// Literals of one block that are looked at, at most; boilerplate is short, so it never reaches
/// this.
const FOUND_MAX: usize = 4096;
/// Bytes of literals up to which the faster, larger kind of automaton is built.
const DFA_BYTES_MAX: usize = 20_000;
/// Root of the tree of words.
const ROOT: u32 = 0;

/// A literal that stands in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Index of the literal.
    pub literal: u32,
    pub start: u32,
    pub end: u32,
    /// Whether it begins, and whether it ends, at a word boundary.
    pub whole: (bool, bool),
}

/// All literals, compiled.
#[derive(Debug, Default)]
pub(super) struct Literals {
    /// Number of each word that occurs in a literal.
    words: HashMap<Box<[u8]>, u32, Quick>,
    /// By node and word: the next node.
    steps: HashMap<u64, u32, Quick>,
    /// By node: the literal that ends there.
    ends: Vec<Option<u32>>,
    /// Literals with an open side, and their indices.
    open: Option<AhoCorasick>,
    open_index: Vec<u32>,
    /// All of them, for scripts without spaces: built when the first line in one comes.
    all: OnceLock<Option<AhoCorasick>>,
    /// What it is made of: one literal per line.
    texts: Box<str>,
}

impl Literals {
    /// Compiles literals, each with whether it has an open side somewhere.
    pub(super) fn new(literals: &[(&str, bool)]) -> Self {
        let mut found = Self { ends: vec![None], ..Self::default() };
        let mut open = Vec::new();
        for (index, (text, is_open)) in literals.iter().enumerate() {
            if *is_open {
                open.push(*text);
                found.open_index.push(index as u32);
            } else {
                found.add(text, index as u32);
            }
        }
        let bytes: usize = open.iter().map(|text| text.len()).sum();
        found.open = automaton(&open, (bytes <= DFA_BYTES_MAX).then_some(AhoCorasickKind::DFA));
        let texts: Vec<&str> = literals.iter().map(|(text, _)| *text).collect();
        found.texts = texts.join("\n").into();
        found.words.shrink_to_fit();
        found.steps.shrink_to_fit();
        found.ends.shrink_to_fit();
        found
    }

    fn add(&mut self, text: &str, index: u32) {
        let mut node = ROOT;
        for word in text.split(' ') {
            let count = self.words.len() as u32;
            let word = *self.words.entry(word.as_bytes().into()).or_insert(count);
            let next = self.ends.len() as u32;
            node = *self.steps.entry(step(node, word)).or_insert(next);
            if node == next {
                self.ends.push(None);
            }
        }
        if let Some(end) = self.ends.get_mut(node as usize) {
            *end = Some(index);
        }
    }

    /// The literals in a normalised line, wherever they may stand.
    pub(super) fn find(&self, line: &str) -> Vec<Found> {
        // All of these scripts take three bytes per character.
        if line.bytes().any(|byte| byte >= 0xe0) && line.contains(is_unspaced) {
            return self.find_anywhere(line);
        }
        let mut found = Vec::new();
        let mut at = 0;
        let mut words: Vec<(u32, u32, Option<u32>)> = Vec::with_capacity(line.len() / 4);
        for word in line.as_bytes().split(|byte| *byte == b' ') {
            let end = at + word.len();
            words.push((at as u32, end as u32, self.words.get(word).copied()));
            at = end + 1;
        }
        for from in 0..words.len() {
            let mut node = ROOT;
            let rest = words.get(from..).unwrap_or_default();
            let Some(&(start, ..)) = rest.first() else { break };
            for &(_, end, word) in rest {
                let Some(next) = word.and_then(|word| self.steps.get(&step(node, word))) else { break };
                node = *next;
                if let Some(literal) = self.ends.get(node as usize).copied().flatten() {
                    found.push(Found { literal, start, end, whole: (true, true) });
                }
            }
        }
        if let Some(open) = &self.open {
            let space = |at: usize| line.as_bytes().get(at).is_none_or(|byte| *byte == b' ');
            found.extend(open.find_overlapping_iter(line).filter_map(|m| {
                let whole = (m.start().checked_sub(1).is_none_or(space), space(m.end()));
                let literal = *self.open_index.get(m.pattern().as_usize())?;
                (whole.0 || whole.1).then_some(Found {
                    literal,
                    start: m.start() as u32,
                    end: m.end() as u32,
                    whole,
                })
            }));
        }
        found.truncate(FOUND_MAX);
        found
    }

    fn find_anywhere(&self, line: &str) -> Vec<Found> {
        let all = self.all.get_or_init(|| {
            let texts: Vec<&str> = self.texts.lines().collect();
            automaton(&texts, None)
        });
        let Some(all) = all else { return Vec::new() };
        all.find_overlapping_iter(line)
            .take(FOUND_MAX)
            .map(|m| Found {
                literal: m.pattern().as_u32(),
                start: m.start() as u32,
                end: m.end() as u32,
                whole: (boundary_before(line, m.start()), boundary_after(line, m.end())),
            })
            .collect()
    }
}

/// Without literals, or with more than an automaton can hold, nothing is found.
fn automaton(literals: &[&str], kind: Option<AhoCorasickKind>) -> Option<AhoCorasick> {
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::Standard).kind(kind);
    (!literals.is_empty()).then(|| builder.build(literals).ok()).flatten()
}

fn step(node: u32, word: u32) -> u64 {
    u64::from(node) << 32 | u64::from(word)
}

fn boundary_before(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|head| head.chars().next_back());
    let here = line.get(at..).and_then(|tail| tail.chars().next());
    before.is_none_or(|c| c == ' ' || is_unspaced(c)) || here.is_some_and(is_unspaced)
}

fn boundary_after(line: &str, at: usize) -> bool {
    let here = line.get(..at).and_then(|head| head.chars().next_back());
    let after = line.get(at..).and_then(|tail| tail.chars().next());
    after.is_none_or(|c| c == ' ' || is_unspaced(c)) || here.is_some_and(is_unspaced)
}

/// A hash that is neither stable across releases nor safe from deliberate collisions.
pub(super) fn quick_hash(text: &str) -> u64 {
    let mut hasher = Multiply::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// For maps that are filled from rules only, so that no text can make them slow.
pub(super) type Quick = BuildHasherDefault<Multiply>;

/// A multiply and a rotation for every eight bytes, as in rustc's own hasher.
#[derive(Debug, Default)]
pub(super) struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        self.write_u64(rest.iter().fold(rest.len() as u64, |all, byte| all << 8 | u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LITERALS: &[(&str, bool)] = &[
        ("read more", false),
        ("more", false),
        ("read more : 0", false),
        ("more |", false),
        ("abonn", true),
        ("ad more", true),
        ("читать", false),
        ("더 보기", false),
    ];
    const WORDS: &[&str] = &[
        "read",
        "more",
        ":",
        "0",
        "|",
        "abonn",
        "abonnement",
        "reread",
        "читать",
        "ad",
        "더",
        "보기를",
        "x",
    ];

    proptest! {
        #[test]
        fn words_and_bytes_find_the_same(
            words in proptest::collection::vec(proptest::sample::select(WORDS), 1..12)
        ) {
            let literals = Literals::new(LITERALS);
            let line = words.join(" ");
            let useful = |found: &Found| match LITERALS[found.literal as usize].1 {
                true => found.whole.0 || found.whole.1,
                false => found.whole == (true, true),
            };
            let sorted = |found: Vec<Found>| {
                let mut places: Vec<_> =
                    found.iter().filter(|f| useful(f)).map(|f| (f.literal, f.start, f.end)).collect();
                places.sort_unstable();
                places
            };
            prop_assert_eq!(sorted(literals.find(&line)), sorted(literals.find_anywhere(&line)));
        }
    }
}
