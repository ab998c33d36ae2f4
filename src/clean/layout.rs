//! What is known of the article as a whole before any block is judged.

use std::collections::HashMap;

use super::{
    Document,
    normal::{hash, is_unspaced, normalise},
};
use crate::extract::Block;

/// Blocks longer than this (bytes) are prose as far as phrases go.
const LINE_BYTES_MAX: usize = 4000;
/// Characters of a block that counts as prose; a character of a script without spaces counts
/// for three.
const PROSE_CHARS: usize = 150;
/// Blocks among which the lead stands.
const LEAD_MAX: usize = 4;
/// Elements of the class chain that are looked at.
pub(super) const CHAIN_MAX: usize = 4;

/// One block and what it looks like.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub block: &'a Block,
    /// Comparable form; empty for long blocks, which no phrase covers whole.
    pub text: String,
    pub chars: usize,
    /// Length as a reader feels it: a CJK character weighs three.
    pub weight: usize,
    pub words: usize,
    /// Ends like a sentence.
    pub stopped: bool,
    /// Opens with a quotation mark.
    pub quoted: bool,
    pub heading: bool,
    /// Upper-case letters among all cased ones, 0 to 1.
    pub capitals: f32,
}

/// How a class chain entry is filled.
#[derive(Clone, Copy, Debug, Default)]
struct Filling {
    blocks: usize,
    prose: usize,
    weight: usize,
}

/// The article at a glance.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    pub lines: Vec<Line<'a>>,
    pub title: Option<String>,
    /// No markup at all: plain text.
    pub plain: bool,
    /// In English, or not known to be in another language.
    pub english: bool,
    /// Many blocks begin with a time.
    pub live: bool,
    /// The parent that holds most of the prose.
    pub main: Option<&'a str>,
    filling: HashMap<&'a str, Filling>,
    /// How often a line comes in the article, by its comparable form.
    times: HashMap<u64, usize>,
    weight: usize,
}

impl<'a> Layout<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let lines: Vec<Line<'a>> = document.blocks.iter().map(Line::new).collect();
        let mut times: HashMap<u64, usize> = HashMap::new();
        for line in lines.iter().filter(|line| !line.text.is_empty()) {
            *times.entry(hash(&line.text)).or_default() += 1;
        }
        let mut filling: HashMap<&str, Filling> = HashMap::new();
        let mut parents: HashMap<&str, usize> = HashMap::new();
        for line in &lines {
            for entry in line.block.classes.iter().take(CHAIN_MAX) {
                let filled = filling.entry(entry.as_str()).or_default();
                filled.blocks += 1;
                // What comes again and again is no prose.
                let once = times.get(&hash(&line.text)).is_none_or(|times| *times < 3);
                filled.prose += usize::from(line.prose() && once);
                filled.weight += line.weight;
            }
            if let (true, Some(parent)) = (line.prose(), line.block.classes.get(1)) {
                *parents.entry(parent.as_str()).or_default() += line.weight;
            }
        }
        let main = parents.iter().max_by_key(|(name, weight)| (**weight, **name)).map(|(name, _)| *name);
        let plain = lines.iter().all(|line| {
            line.block.classes.is_empty()
                && line.block.hrefs.is_empty()
                && line.block.link_share == 0.0
                && matches!(line.block.tag.as_str(), "" | "p")
        });
        let timed = lines.iter().filter(|line| starts_with_time(&line.block.text)).count();
        Self {
            title: document.title.as_deref().map(normalise).filter(|title| !title.is_empty()),
            plain,
            english: document.language.as_deref().is_none_or(|language| language.starts_with("en")),
            live: timed >= 5,
            main,
            weight: lines.iter().map(|line| line.weight).sum(),
            filling,
            times,
            lines,
        }
    }

    /// True where a class chain entry holds the article rather than furniture, so that its
    /// class names say nothing about a block.
    pub(super) fn is_container(&self, entry: &str) -> bool {
        if self.lines.len() < 4 {
            return false;
        }
        let Some(filling) = self.filling.get(entry) else { return false };
        if entry.starts_with("figcaption") || entry.starts_with("figure") {
            return false;
        }
        (filling.prose >= 3 && filling.prose * 5 > filling.blocks) || filling.weight * 5 > self.weight * 2
    }

    /// Stands where most of the prose stands.
    pub(super) fn in_main(&self, line: &Line<'_>) -> bool {
        let parent = line.block.classes.get(1).map(String::as_str);
        parent.is_some() && parent == self.main
    }

    /// How many blocks stand in a class chain entry.
    pub(super) fn blocks_in(&self, entry: &str) -> usize {
        self.filling.get(entry).map_or(0, |filling| filling.blocks)
    }

    /// How often the line comes in the article.
    pub(super) fn times(&self, line: &Line<'_>) -> usize {
        if line.text.is_empty() { 1 } else { self.times.get(&hash(&line.text)).copied().unwrap_or(1) }
    }

    /// The first sentence or two of the article, without a link: its lead.
    pub(super) fn is_lead(&self, index: usize) -> bool {
        let lead = |line: &Line<'_>| {
            line.block.hrefs.is_empty() && line.block.link_share < 0.1 && line.words >= 6 && !line.heading
        };
        index < LEAD_MAX
            && self.lines.get(index).is_some_and(lead)
            && !self.lines.iter().take(index).any(Line::prose)
            && self.lines.iter().skip(index + 1).any(Line::prose)
    }

    pub(super) fn is_head(&self, index: usize) -> bool {
        index < (self.lines.len() / 4).max(4)
    }

    pub(super) fn is_tail(&self, index: usize) -> bool {
        index + (self.lines.len() / 3).max(6) >= self.lines.len()
    }
}

impl<'a> Line<'a> {
    pub(super) fn new(block: &'a Block) -> Self {
        let trimmed = block.text.trim();
        let (mut chars, mut weight, mut upper, mut lower) = (0, 0, 0usize, 0usize);
        for c in trimmed.chars() {
            chars += 1;
            weight += if is_unspaced(c) { 3 } else { 1 };
            upper += usize::from(c.is_uppercase());
            lower += usize::from(c.is_lowercase());
        }
        let text = if trimmed.len() <= LINE_BYTES_MAX { normalise(trimmed) } else { String::new() };
        let words = text.split(' ').filter(|token| super::normal::is_word(token)).count();
        let cased = upper + lower;
        Self {
            block,
            chars,
            weight,
            words,
            stopped: is_stopped(trimmed),
            quoted: trimmed.chars().next().is_some_and(|c| "\"“„«»‚‘「『”".contains(c)),
            heading: is_heading(&block.tag),
            capitals: if cased < 8 { 0.0 } else { upper as f32 / cased as f32 },
            text,
        }
    }

    /// A paragraph of the article by the look of it.
    pub(super) fn prose(&self) -> bool {
        self.weight >= PROSE_CHARS && self.stopped && self.block.link_share < 0.5
    }
}

/// Ends with a sentence's end, closing quotes and brackets aside.
fn is_stopped(text: &str) -> bool {
    text.trim_end_matches(|c: char| "\"”“’‘»«)]」』）".contains(c) || c.is_whitespace())
        .chars()
        .next_back()
        .is_some_and(|c| ".!?…。！？।؟۔".contains(c))
}

fn is_heading(tag: &str) -> bool {
    matches!(tag, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// `14:05`, `7h05`, `9.30 Uhr`, `3 p.m.`: how the entries of a live blog begin.
fn starts_with_time(text: &str) -> bool {
    let mut chars = text.trim_start().chars();
    let digits = chars.by_ref().take_while(char::is_ascii_digit).count();
    // `take_while` has eaten the separator.
    let after = text.trim_start().chars().nth(digits);
    (1..=2).contains(&digits)
        && matches!(after, Some(':' | 'h' | '.'))
        && text.trim_start().chars().skip(digits + 1).take(2).filter(char::is_ascii_digit).count() == 2
}
