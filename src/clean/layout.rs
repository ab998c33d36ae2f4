//! What is known about the article as a whole before any block is judged.

use std::{cell::OnceCell, collections::HashMap, rc::Rc};

pub(super) use super::line::Line;
use super::{Document, anchors, line::Facts, normal::normalise};
use crate::extract::Block;
/// The lead is among this many blocks.
const LEAD_MAX: usize = 4;
/// Elements of the class chain that are looked at, at most.
pub(super) const CHAIN_MAX: usize = 4;

/// What a class chain entry contains.
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
    /// Whether it is plain text, without any markup.
    pub plain: bool,
    /// Whether it is in English, or not known to be in another language.
    pub english: bool,
    /// Whether many blocks begin with a time.
    pub live: bool,
    /// The parent that holds most of the prose.
    pub main: Option<&'a str>,
    /// Whether the article is a conversation, if that was asked for; see [`super::structure`].
    pub talk: OnceCell<bool>,
    filling: HashMap<&'a str, Filling>,
    /// How often a line occurs in the article, by its comparable form.
    times: HashMap<u64, usize>,
    weight: usize,
}

impl<'a> Layout<'a> {
    /// The layout of a whole document.
    pub(super) fn of(document: &'a Document) -> Self {
        let line = |block: &'a Block| Line::new(block, Rc::new(Facts::new(&block.text)));
        Self::new(document, document.blocks.iter().map(line).collect())
    }

    /// The layout of what is left of a document.
    pub(super) fn new(document: &Document, mut lines: Vec<Line<'a>>) -> Self {
        anchors::apply(document.url.as_deref(), &mut lines);
        let mut times: HashMap<u64, usize> = HashMap::new();
        for line in lines.iter().filter(|line| !line.text.is_empty()) {
            *times.entry(line.hash).or_default() += 1;
        }
        let mut filling: HashMap<&str, Filling> = HashMap::new();
        let mut parents: HashMap<&str, usize> = HashMap::new();
        for line in &lines {
            // What recurs is not prose.
            let once = times.get(&line.hash).is_none_or(|times| *times < 3);
            for entry in line.block.classes.iter().take(CHAIN_MAX) {
                let filled = filling.entry(entry.as_str()).or_default();
                filled.blocks += 1;
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
                && line.link == 0.0
                && matches!(line.block.tag.as_str(), "" | "p")
        });
        let timed = lines.iter().filter(|line| starts_with_time(&line.block.text)).count();
        Self {
            title: document.title.as_deref().map(normalise).filter(|title| !title.is_empty()),
            plain,
            english: document.language.as_deref().is_none_or(|language| language.starts_with("en")),
            live: timed >= 5,
            main,
            talk: OnceCell::new(),
            weight: lines.iter().map(|line| line.weight).sum(),
            filling,
            times,
            lines,
        }
    }

    /// Whether a class chain entry contains the article rather than boilerplate, so that its class
    /// names say nothing about a block.
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

    /// Whether a line stands where most of the prose stands.
    pub(super) fn in_main(&self, line: &Line<'_>) -> bool {
        let parent = line.block.classes.get(1).map(String::as_str);
        parent.is_some() && parent == self.main
    }

    /// How many blocks stand in a class chain entry.
    pub(super) fn blocks_in(&self, entry: &str) -> usize {
        self.filling.get(entry).map_or(0, |filling| filling.blocks)
    }

    /// How often the line occurs in the article.
    pub(super) fn times(&self, line: &Line<'_>) -> usize {
        if line.text.is_empty() { 1 } else { self.times.get(&line.hash).copied().unwrap_or(1) }
    }

    /// Whether a block is among the first sentence or two of the article, without a link: its lead.
    pub(super) fn is_lead(&self, index: usize) -> bool {
        let lead = |line: &Line<'_>| {
            line.block.hrefs.is_empty() && line.link < 0.1 && line.words >= 6 && !line.heading
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

/// Whether a text begins with `14:05`, `7h05`, `9.30 Uhr` or `3 p.m.`, as the entries of a live
/// blog do.
fn starts_with_time(text: &str) -> bool {
    let mut chars = text.trim_start().chars();
    let digits = chars.by_ref().take_while(char::is_ascii_digit).count();
    // `take_while` has consumed the separator.
    let after = text.trim_start().chars().nth(digits);
    (1..=2).contains(&digits)
        && matches!(after, Some(':' | 'h' | '.'))
        && text.trim_start().chars().skip(digits + 1).take(2).filter(char::is_ascii_digit).count() == 2
}
