//! Furniture inside a paragraph: a last "Read more: ..." or "(Reporting by ...)".

use std::rc::Rc;

use super::{
    Compiled,
    evidence::{Scope, Signal, Source, rules, score},
    layout::Layout,
    line::{Facts, Line},
};
use crate::extract::Block;

/// Sentences at the end that are tried.
const TAIL_SENTENCES: usize = 3;
/// Longest piece that is cut, in characters.
const PIECE_CHARS_MAX: usize = 320;
/// Evidence a cut needs; a sentence has no markup that could agree.
const THRESHOLD: f32 = 0.8;
/// Kinds that hang on to paragraphs. Captions, bylines and the like are left alone.
const KINDS: &[&str] = &[
    "ad",
    "agency",
    "app",
    "copyright",
    "feedfooter",
    "newsletter",
    "related",
    "social",
    "support",
    "contact",
    "comments",
    "credit",
];

/// A part of a block to be cut.
#[derive(Debug)]
pub(super) struct Cut<'a> {
    pub start: usize,
    pub end: usize,
    pub signals: Vec<Signal<'a>>,
}

/// A part of a block that some rule knows.
#[derive(Debug)]
pub(super) struct Piece {
    start: usize,
    end: usize,
    /// One sentence; a longer one has to begin as furniture.
    single: bool,
    block: Block,
    facts: Rc<Facts>,
}

/// Kinds that end paragraphs of the article itself.
const TAILS: &[&str] = &["agency", "related"];
/// Least that has to stay of a block that would go for its end, in bytes.
const REST_MIN: usize = 30;

/// Whether a block that would go should rather lose its end: nothing but a phrase at its end or
/// inside speaks against it, and a sentence stands before that phrase.
pub(super) fn rather<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    scope: &Scope<'_>,
    signals: &[Signal<'_>],
) -> Option<Cut<'a>> {
    let only_inside = signals
        .iter()
        .filter(|signal| signal.weight >= 0.5)
        .all(|signal| signal.source == Source::Inside && TAILS.contains(&signal.kind));
    if !only_inside {
        return None;
    }
    // A teaser card ends with a bare "Read more": that card goes whole.
    let named = |cut: &Cut<'_>| {
        cut.signals.iter().any(|signal| {
            signal.kind == "agency" || (signal.kind == "related" && signal.source == Source::Cue)
        })
    };
    find(compiled, layout, index, line, scope).filter(|cut| cut.start >= REST_MIN && named(cut))
}

/// The longest piece at the end of a block, else at its start, that is furniture for sure.
pub(super) fn find<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    scope: &Scope<'_>,
) -> Option<Cut<'a>> {
    if line.heading || line.quoted && line.chars < 200 {
        return None;
    }
    let pieces = line.pieces.get_or_init(|| pieces(compiled, line));
    let cut = |piece: &Piece| {
        let signals = judge(compiled, layout, index, piece, scope)?;
        Some(Cut { start: piece.start, end: piece.end, signals })
    };
    let (tails, head): (Vec<&Piece>, Vec<&Piece>) = pieces.iter().partition(|piece| piece.start > 0);
    tails.into_iter().rev().find_map(cut).or_else(|| head.into_iter().find_map(cut))
}

/// The parts of a text that may be cut, as far as rules know them: the last sentences, from the
/// shortest part to the longest, and the first one.
fn pieces(compiled: &Compiled, line: &Line<'_>) -> Vec<Piece> {
    let text = line.block.text.as_str();
    let place = |nth: usize| line.places.get(nth).copied().unwrap_or_default();
    let tails = line.starts.iter().copied().enumerate().rev().take(TAIL_SENTENCES).enumerate();
    let tails = tails
        .filter(|(_, (_, start))| *start > 0)
        .map(|(back, (nth, start))| (start, text.len(), back == 0, place(nth)..line.text.len()));
    let first = line.starts.get(1).map(|second| (0, *second, false, 0..place(1).saturating_sub(1)));
    let matcher = &compiled.matcher;
    // Long blocks have no comparable form to tell by.
    let all = line.text.is_empty() || compiled.tags.contains_key("p");
    tails
        .chain(first)
        .filter(|(.., part)| all || matcher.may_hold(&line.text, part.clone(), line.matches(matcher)))
        .filter_map(|(start, end, single, _)| piece(compiled, text, start, end, single))
        .collect()
}

fn piece(compiled: &Compiled, text: &str, start: usize, end: usize, single: bool) -> Option<Piece> {
    let text = text.get(start..end)?;
    if text.len() > 4 * PIECE_CHARS_MAX || text.chars().count() > PIECE_CHARS_MAX {
        return None;
    }
    let facts = Facts::new(text);
    let known = !facts.matches(&compiled.matcher).rules.is_empty() || compiled.tags.contains_key("p");
    let block = || Block { tag: "p".into(), text: text.trim().to_owned(), ..Block::default() };
    (known && facts.words >= 2).then(|| Piece { start, end, single, block: block(), facts: Rc::new(facts) })
}

/// Whether a piece is furniture.
fn judge<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    index: usize,
    piece: &Piece,
    scope: &Scope<'_>,
) -> Option<Vec<Signal<'a>>> {
    let line = Line::new(&piece.block, piece.facts.clone());
    let single = piece.single;
    let mut signals = Vec::new();
    rules(compiled, layout, index, &line, scope, &mut signals);
    signals.retain(|signal| match signal.source {
        Source::Site => true,
        Source::Line => KINDS.contains(&signal.kind),
        Source::Cue => KINDS.contains(&signal.kind) && (single || signal.weight >= 0.85),
        Source::Inside => KINDS.contains(&signal.kind) && single,
        _ => false,
    });
    if line.quoted || line.weight > 60 && compiled.prose.reports(&line) {
        signals.push(Signal::new("counter/reporting", "", Source::Counter, -0.35));
    }
    (score(&signals) >= THRESHOLD).then_some(signals)
}

/// Where sentences start: after an end of sentence and white space before an upper-case letter,
/// a digit, a quotation mark or an opening bracket; after any end in scripts without spaces; and
/// at a bracket that stays open to the end.
pub(super) fn sentence_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut ended = false;
    let mut spaced = false;
    let mut bracket = None;
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() && !(ended && spaced) {
            (ended, spaced) = (false, false);
            continue;
        }
        if ended
            && spaced
            && (c.is_uppercase() || !c.is_lowercase() && c.is_alphanumeric() || "\"“„«'‘([►▶→>".contains(c))
        {
            starts.push(at);
            (ended, spaced) = (false, false);
        }
        match c {
            '.' | '!' | '?' | '…' | '؟' | '۔' | '।' => (ended, spaced) = (true, false),
            '。' | '！' | '？' => (ended, spaced) = (true, true),
            '"' | '”' | '“' | '’' | '»' | '«' | ')' | ']' | '」' => {}
            c if c.is_whitespace() => spaced = true,
            _ => (ended, spaced) = (false, false),
        }
        match c {
            '(' | '（' | '[' => bracket = bracket.or(Some(at)),
            ')' | '）' | ']' if !text.get(at + c.len_utf8()..).is_none_or(|rest| rest.trim().is_empty()) => {
                bracket = None;
            }
            _ => {}
        }
    }
    if let Some(at) = bracket.filter(|at| *at > 0 && text.trim_end().ends_with([')', '）', ']'])) {
        starts.push(at);
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_found() {
        let text =
            "He left. \"Why?\" she asked at 3.15 p.m. today. Read more: Ice (Reporting by A; Editing by B)";
        let pieces: Vec<&str> =
            sentence_starts(text).iter().filter_map(|at| text.get(*at..*at + 4)).collect();
        assert_eq!(pieces, ["He l", "\"Why", "Read", "(Rep"]);
        assert_eq!(sentence_starts("今日。明日"), [0, 9]);
    }
}
