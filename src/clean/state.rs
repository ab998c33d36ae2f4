//! What is left of each block, and what was found out, over the rounds.

use super::{
    Cleaned, Decision, Document, Evidence, Note, Removed, byline, context,
    evidence::{Signal, score},
    inline,
};
use crate::extract::Block;

/// Kinds that stay beside the text.
const NOTES: &[&str] = &["update", "correction", "disclaimer", "bio"];
/// Most evidence told about a block.
const EVIDENCE_MAX: usize = 8;

/// What was decided about the blocks in one round.
pub(super) struct Verdicts<'a> {
    pub blocks: Vec<Verdict<'a>>,
    pub fallback: bool,
}

/// What was decided about one block.
pub(super) struct Verdict<'a> {
    pub score: f32,
    pub removed: bool,
    pub signals: Vec<Signal<'a>>,
    pub cut: Option<inline::Cut<'a>>,
}

/// What is left of each block, and what was found out, over the rounds.
pub(super) struct State<'d> {
    document: &'d Document,
    /// Byte range of each original block that is left; `None` once it is gone.
    left: Vec<Option<(usize, usize)>>,
    decisions: Vec<Decision>,
    removed: Vec<Removed>,
    notes: Vec<(usize, Note)>,
    bylines: Vec<String>,
    pub fallback: bool,
}

impl<'d> State<'d> {
    pub(super) fn new(document: &'d Document) -> Self {
        Self {
            document,
            left: document.blocks.iter().map(|block| Some((0, block.text.len()))).collect(),
            decisions: Vec::new(),
            removed: Vec::new(),
            notes: Vec::new(),
            bylines: Vec::new(),
            fallback: false,
        }
    }

    /// Takes the verdicts over what is left. True where anything went.
    pub(super) fn apply(&mut self, current: &Document, verdicts: Verdicts<'_>, first: bool) -> bool {
        let places: Vec<usize> =
            self.left.iter().enumerate().filter(|(_, left)| left.is_some()).map(|(place, _)| place).collect();
        let mut changed = false;
        for ((place, block), verdict) in places.into_iter().zip(&current.blocks).zip(verdicts.blocks) {
            let kind = context::kind(&verdict.signals);
            let kind = if kind.is_empty() && verdict.removed { "repeated" } else { kind };
            if first || verdict.removed {
                let decision = Decision {
                    removed: verdict.removed,
                    kind: kind.to_owned(),
                    score: verdict.score,
                    evidence: told(&verdict.signals),
                };
                match self.decisions.get_mut(place) {
                    Some(slot) => *slot = decision,
                    None => self.decisions.push(decision),
                }
            }
            let from = self.left.get(place).copied().flatten().map_or(0, |(from, _)| from);
            if verdict.removed {
                changed = true;
                let whole = self.document.blocks.get(place).is_some_and(|b| b.text.len() == block.text.len());
                self.note(place, kind, &block.text);
                self.removed.push(Removed {
                    kind: kind.to_owned(),
                    rule: strongest(&verdict.signals),
                    score: verdict.score,
                    text: block.text.clone(),
                    position: place,
                    span: (!whole).then_some((from, from + block.text.len())),
                });
                if let Some(left) = self.left.get_mut(place) {
                    *left = None;
                }
            } else if let Some(cut) = verdict.cut {
                changed |= self.cut(place, from, &block.text, &cut);
            }
        }
        changed
    }

    fn cut(&mut self, place: usize, from: usize, text: &str, cut: &inline::Cut<'_>) -> bool {
        let kind = context::kind(&cut.signals);
        let Some(piece) = text.get(cut.start..cut.end) else { return false };
        let rest = if cut.start == 0 { (cut.end, text.len()) } else { (0, cut.start) };
        let Some(kept) = text.get(rest.0..rest.1) else { return false };
        let lead = kept.len() - kept.trim_start().len();
        let range = (from + rest.0 + lead, from + rest.0 + lead + kept.trim().len());
        if range.0 >= range.1 {
            return false;
        }
        self.removed.push(Removed {
            kind: kind.to_owned(),
            rule: strongest(&cut.signals),
            score: score(&cut.signals),
            text: piece.to_owned(),
            position: place,
            span: Some((from + cut.start, from + cut.end)),
        });
        if let Some(left) = self.left.get_mut(place) {
            *left = Some(range);
        }
        true
    }

    fn note(&mut self, place: usize, kind: &str, text: &str) {
        if NOTES.contains(&kind) {
            self.notes.push((place, Note { kind: kind.to_owned(), text: text.to_owned() }));
        }
        if kind == "byline" {
            for name in byline::names(text) {
                if !self.bylines.contains(&name) {
                    self.bylines.push(name);
                }
            }
        }
    }

    /// The blocks as they stand now.
    pub(super) fn blocks(&self) -> Vec<Block> {
        self.document
            .blocks
            .iter()
            .zip(&self.left)
            .filter_map(|(block, left)| {
                let (from, to) = (*left)?;
                let text = block.text.get(from..to)?.to_owned();
                Some(Block { text, ..block.clone() })
            })
            .collect()
    }

    pub(super) fn finish(mut self) -> Cleaned {
        let blocks = self.blocks();
        self.removed.sort_by_key(|removed| (removed.position, removed.span.map_or(0, |(from, _)| from)));
        self.notes.sort_by_key(|(place, _)| *place);
        Cleaned {
            blocks,
            decisions: self.decisions,
            removed: self.removed,
            notes: self.notes.into_iter().map(|(_, note)| note).collect(),
            bylines: self.bylines,
            fallback: self.fallback,
        }
    }
}

/// Signals as evidence for the record, strongest first, one entry a rule.
fn told(signals: &[Signal<'_>]) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    for signal in signals {
        match evidence.iter_mut().find(|known| known.rule == signal.rule) {
            Some(known) if known.weight.abs() < signal.weight.abs() => known.weight = signal.weight,
            Some(_) => {}
            None => evidence.push(Evidence { rule: signal.rule.to_owned(), weight: signal.weight }),
        }
    }
    evidence.sort_by(|a, b| {
        b.weight.abs().total_cmp(&a.weight.abs()).then(is_far(&a.rule).cmp(&is_far(&b.rule)))
    });
    evidence.truncate(EVIDENCE_MAX);
    evidence
}

fn strongest(signals: &[Signal<'_>]) -> String {
    signals
        .iter()
        .max_by(|a, b| a.weight.total_cmp(&b.weight).then(is_far(b.rule).cmp(&is_far(a.rule))))
        .map_or(String::new(), |signal| signal.rule.to_owned())
}

/// Where the language is not known and many packs know a line, the nearest one is named.
fn is_far(rule: &str) -> bool {
    rule.as_bytes().get(2) == Some(&b'/') && !rule.starts_with("en/")
}
