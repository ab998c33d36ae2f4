//! One block and what it looks like by itself.

use std::{cell::OnceCell, ops::Deref, rc::Rc};

use super::{
    alike::Alike,
    literals::quick_hash,
    matcher::{Matcher, Matches},
    memory::key,
    normal::{is_unspaced, normalise_parts, words},
    sentences::{is_stopped, sentence_starts},
};
use crate::extract::Block;

/// Blocks longer than this (bytes) are prose as far as phrases are concerned.
const LINE_BYTES_MAX: usize = 4000;
/// Characters of a word of prose, with the space after it.
const PROSE_WORD: usize = 6;
/// Fewest characters of a block that counts as prose; a character of a script without spaces counts
/// as three.
const PROSE_CHARS: usize = 150;

/// What a text looks like by itself. Computed once, although every round looks at it again.
#[derive(Debug)]
pub(super) struct Facts {
    /// Comparable form; empty for long blocks, which no phrase covers whole.
    pub text: String,
    /// Hash of the comparable form, for this run only.
    pub hash: u64,
    pub chars: usize,
    /// Length as a reader perceives it: a CJK character counts as three.
    pub weight: usize,
    pub words: usize,
    /// Whether it ends like a sentence.
    pub stopped: bool,
    /// Whether it opens with a quotation mark.
    pub quoted: bool,
    /// Upper-case letters among all cased ones, 0 to 1.
    pub capitals: f32,
    /// Where its sentences start, and where those start in the comparable form.
    pub starts: Vec<usize>,
    pub places: Vec<usize>,
    matches: OnceCell<Matches>,
    /// Parts that may be cut, see [`super::inline`].
    pub pieces: OnceCell<Vec<Piece>>,
    /// The key of the text in sites' memories.
    key: OnceCell<Option<u32>>,
    /// Language of the text, if that was asked for.
    pub language: OnceCell<String>,
    /// How much the block resembles boilerplate, see [`super::judge`].
    pub alike: OnceCell<Alike>,
}

impl Facts {
    pub(super) fn new(text: &str) -> Self {
        let trimmed = text.trim();
        let (mut chars, mut weight, mut upper, mut lower) = (0, 0, 0usize, 0usize);
        for c in trimmed.chars() {
            chars += 1;
            if c.is_ascii() {
                weight += 1;
                upper += usize::from(c.is_ascii_uppercase());
                lower += usize::from(c.is_ascii_lowercase());
                continue;
            }
            weight += if is_unspaced(c) { 3 } else { 1 };
            upper += usize::from(c.is_uppercase());
            lower += usize::from(c.is_lowercase());
        }
        let starts = sentence_starts(text);
        let (text, places) = match trimmed.len() <= LINE_BYTES_MAX {
            true => normalise_parts(text, &starts),
            false => (String::new(), Vec::new()),
        };
        // A long block has no comparable form, but still is prose.
        let words = if trimmed.len() > LINE_BYTES_MAX { weight / PROSE_WORD } else { words(&text) };
        let cased = upper + lower;
        Self {
            hash: quick_hash(&text),
            chars,
            weight,
            words,
            stopped: is_stopped(trimmed),
            quoted: trimmed.chars().next().is_some_and(|c| "\"“„«»‚‘「『”".contains(c)),
            capitals: if cased < 8 { 0.0 } else { upper as f32 / cased as f32 },
            text,
            starts,
            places,
            matches: OnceCell::new(),
            pieces: OnceCell::new(),
            key: OnceCell::new(),
            language: OnceCell::new(),
            alike: OnceCell::new(),
        }
    }

    /// The rules whose phrases match the text.
    pub(super) fn matches(&self, matcher: &Matcher) -> &Matches {
        self.matches.get_or_init(|| matcher.matches(&self.text, self.chars))
    }
}

/// A part of a block that some rule knows.
#[derive(Debug)]
pub(super) struct Piece {
    pub start: usize,
    pub end: usize,
    /// Whether it is one sentence; a longer piece has to begin as boilerplate.
    pub single: bool,
    pub block: Block,
    pub facts: Rc<Facts>,
}

/// One block and what it looks like.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub block: &'a Block,
    pub heading: bool,
    /// Share of the text that is links to elsewhere, 0 to 1; see [`super::anchors`].
    pub link: f32,
    facts: Rc<Facts>,
}

impl Deref for Line<'_> {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(block: &'a Block, facts: Rc<Facts>) -> Self {
        Self { block, heading: is_heading(&block.tag), link: block.link_share, facts }
    }

    /// The key of the line in sites' memories.
    pub(super) fn key(&self) -> Option<u32> {
        *self.key.get_or_init(|| key(&self.text, &self.block.text))
    }

    /// Whether it looks like a paragraph of the article.
    pub(super) fn prose(&self) -> bool {
        self.weight >= PROSE_CHARS && self.stopped && self.link < 0.5
    }
}

fn is_heading(tag: &str) -> bool {
    matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::normal::{is_word, normalise};
    use proptest::prelude::*;

    proptest! {
        /// Comparing a line in parts makes no difference, and each part begins where it is said to.
        #[test]
        fn sentences_are_compared_as_the_whole(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "Word", " ", " ", ". ", "! ", "3.15", "。", "今日", "(", ")", "-", " – ", "\"", "é", "？",
                    "[", "] ", "\u{301}", "16h15", "http://x.y/", "\n", "«",
                ]),
                0..24,
            )
        ) {
            let text = parts.concat();
            let facts = Facts::new(&text);
            prop_assert_eq!(&facts.text, &normalise(&text));
            let words = facts.text.split(' ').filter(|token| is_word(token)).count();
            prop_assert_eq!(facts.words, words);
            for (start, place) in facts.starts.iter().zip(&facts.places) {
                let rest = text.get(*start..).unwrap_or_default();
                prop_assert_eq!(facts.text.get(*place..).unwrap_or_default(), normalise(rest));
            }
        }
    }
}
