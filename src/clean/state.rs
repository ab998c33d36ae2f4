//! What is left of each block, and what was found out, over the rounds.

use std::{borrow::Cow, rc::Rc};

use super::{
    Cleaned, Decision, Document, Evidence, Note, Removed, byline,
    evidence::{Signal, kind, score},
    inline,
    kind::Kind,
    line::{Facts, Line},
};
use crate::extract::Block;

/// Evidence reported about a block, at most.
const EVIDENCE_MAX: usize = 8;

/// What was decided about the blocks in one round.
pub(super) struct Verdicts<'a> {
    pub blocks: Vec<Verdict<'a>>,
    pub fallback: bool,
}

/// What was decided about one block.
#[derive(Default)]
pub(super) struct Verdict<'a> {
    pub score: f32,
    pub removed: bool,
    pub signals: Vec<Signal<'a>>,
    pub cut: Option<inline::Cut<'a>>,
}

/// What is left of a block.
struct Left<'d> {
    block: Cow<'d, Block>,
    facts: Rc<Facts>,
    /// First byte within the original block.
    from: usize,
}

impl<'d> Left<'d> {
    fn new(block: Cow<'d, Block>, from: usize) -> Self {
        Self { facts: Rc::new(Facts::new(&block.text)), block, from }
    }
}

/// What is left of each block, and what was found out, over the rounds.
pub(super) struct State<'d> {
    document: &'d Document,
    /// By original block; `None` once it is gone.
    left: Vec<Option<Left<'d>>>,
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
            left: document.blocks.iter().map(|block| Some(Left::new(Cow::Borrowed(block), 0))).collect(),
            decisions: Vec::new(),
            removed: Vec::new(),
            notes: Vec::new(),
            bylines: Vec::new(),
            fallback: false,
        }
    }

    /// What is left, line by line.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        self.left.iter().flatten().map(|left| Line::new(&left.block, left.facts.clone())).collect()
    }

    /// Applies the verdicts to what is left. True if anything went.
    pub(super) fn apply(&mut self, verdicts: Verdicts<'_>, first: bool) -> bool {
        let mut changed = false;
        let mut verdicts = verdicts.blocks.into_iter();
        for (place, original) in self.document.blocks.iter().enumerate() {
            let Some(left) = self.left.get_mut(place).and_then(Option::take) else { continue };
            let Some(verdict) = verdicts.next() else { break };
            let kind = kind(&verdict.signals).or(verdict.removed.then_some(Kind::Repeated));
            if first || verdict.removed {
                let decision = Decision {
                    removed: verdict.removed,
                    kind: name(kind),
                    score: verdict.score,
                    evidence: told(&verdict.signals),
                };
                match self.decisions.get_mut(place) {
                    Some(slot) => *slot = decision,
                    None => self.decisions.push(decision),
                }
            }
            let stays = if verdict.removed {
                self.remove(place, &left, original, kind, &verdict);
                None
            } else {
                let rest = verdict.cut.and_then(|cut| self.cut(place, &left, &cut));
                changed |= rest.is_some();
                Some(rest.unwrap_or(left))
            };
            changed |= stays.is_none();
            if let Some(slot) = self.left.get_mut(place) {
                *slot = stays;
            }
        }
        changed
    }

    fn remove(
        &mut self,
        place: usize,
        left: &Left<'_>,
        original: &Block,
        kind: Option<Kind>,
        verdict: &Verdict<'_>,
    ) {
        let text = &left.block.text;
        self.note(place, kind, text);
        let whole = original.text.len() == text.len();
        self.removed.push(Removed {
            kind: name(kind),
            rule: strongest(&verdict.signals),
            score: verdict.score,
            text: text.clone(),
            position: place,
            span: (!whole).then_some((left.from, left.from + text.len())),
        });
    }

    /// What a cut leaves; `None` if nothing would be left.
    fn cut(&mut self, place: usize, left: &Left<'_>, cut: &inline::Cut<'_>) -> Option<Left<'d>> {
        let text = &left.block.text;
        let piece = text.get(cut.start..cut.end)?;
        let rest = if cut.start == 0 { (cut.end, text.len()) } else { (0, cut.start) };
        let kept = text.get(rest.0..rest.1)?;
        if kept.trim().is_empty() {
            return None;
        }
        let lead = kept.len() - kept.trim_start().len();
        self.removed.push(Removed {
            kind: name(kind(&cut.signals)),
            rule: strongest(&cut.signals),
            score: score(&cut.signals),
            text: piece.to_owned(),
            position: place,
            span: Some((left.from + cut.start, left.from + cut.end)),
        });
        let block = Block { text: kept.trim().to_owned(), ..Block::clone(&left.block) };
        Some(Left::new(Cow::Owned(block), left.from + rest.0 + lead))
    }

    fn note(&mut self, place: usize, kind: Option<Kind>, text: &str) {
        if let Some(kind) = kind.filter(|kind| kind.is_note()) {
            self.notes.push((place, Note { kind: kind.name().to_owned(), text: text.to_owned() }));
        }
        if kind == Some(Kind::Byline) {
            for name in byline::names(text) {
                if !self.bylines.contains(&name) {
                    self.bylines.push(name);
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Cleaned {
        let blocks = self.left.into_iter().flatten().map(|left| left.block.into_owned()).collect();
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

/// The name of a kind; empty if there is none.
fn name(kind: Option<Kind>) -> String {
    kind.map_or_else(String::new, |kind| kind.name().to_owned())
}

/// Signals as evidence for the record, strongest first, one entry per rule.
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

/// Whether a rule is far from the line: if the language is not known and many packs know a line,
/// the nearest one is named.
fn is_far(rule: &str) -> bool {
    rule.as_bytes().get(2) == Some(&b'/') && !rule.starts_with("en/")
}
