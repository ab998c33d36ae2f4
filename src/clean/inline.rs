//! Boilerplate inside a paragraph: a last "Read more: ..." or "(Reporting by ...)".

use std::rc::Rc;

use super::{
    compiled::Compiled,
    evidence::{Scope, Signal, Source, rules, score},
    kind::Kind,
    layout::Layout,
    line::{Facts, Line, Piece},
    normal::words,
    sentences::is_stopped,
};
use crate::extract::Block;

/// Sentences at the end that are tried, at most.
const TAIL_SENTENCES: usize = 3;
/// Longest piece that is cut, in characters.
const PIECE_CHARS_MAX: usize = 320;
/// Evidence that a cut needs; a sentence has no markup that could confirm it.
const THRESHOLD: f32 = 0.8;

/// A part of a block to be cut.
#[derive(Debug)]
pub(super) struct Cut<'a> {
    pub start: usize,
    pub end: usize,
    pub signals: Vec<Signal<'a>>,
}

/// Kinds that end paragraphs of the article itself.
const TAILS: &[Kind] = &[Kind::Agency, Kind::Related];
/// How much has to stay of a block that would go because of its end, in bytes.
const REST_MIN: usize = 30;
/// Fewest words of a sentence that is worth keeping before a bare "Read more".
const REST_WORDS_MIN: usize = 7;

/// Whether a block that would go should only lose its end: nothing but a phrase at its end or
/// inside speaks against it, and a sentence stands before that phrase.
pub(super) fn rather<'a>(
    compiled: &'a Compiled,
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    scope: &Scope<'_>,
    signals: &[Signal<'_>],
) -> Option<Cut<'a>> {
    let only_inside = signals.iter().filter(|signal| signal.weight >= 0.5).all(|signal| {
        signal.source == Source::Inside && signal.kind.is_some_and(|kind| TAILS.contains(&kind))
    });
    if !only_inside {
        return None;
    }
    // A card without a full stop that ends in a bare "Read more" goes entirely.
    let told = |cut: &Cut<'_>| {
        let rest = line.block.text.get(..cut.start).unwrap_or_default();
        is_stopped(rest.trim_end()) && words(rest) >= REST_WORDS_MIN
    };
    let named = |cut: &Cut<'_>| {
        cut.signals.iter().any(|signal| {
            signal.kind == Some(Kind::Agency)
                || (signal.kind == Some(Kind::Related) && signal.source == Source::Cue)
        })
    };
    find(compiled, layout, index, line, scope)
        .filter(|cut| cut.start >= REST_MIN && (named(cut) || told(cut)))
}

/// The longest piece at the end of a block, else at its start, that is certainly boilerplate.
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
    // A question that the next sentence reports on is not addressed to the reader.
    let reported = || head.len() == 1 && !line.text.is_empty() && compiled.prose.reports(line);
    let tail = tails.into_iter().rev().find_map(cut);
    tail.or_else(|| if reported() { None } else { head.iter().copied().find_map(cut) })
}

/// The parts of a text that may be cut, as far as rules know them: the last sentences, from the
/// shortest part to the longest, and the first sentence.
fn pieces(compiled: &Compiled, line: &Line<'_>) -> Vec<Piece> {
    let text = line.block.text.as_str();
    let place = |nth: usize| line.places.get(nth).copied().unwrap_or_default();
    let tails = line.starts.iter().copied().enumerate().rev().take(TAIL_SENTENCES).enumerate();
    let tails = tails
        .filter(|(_, (_, start))| *start > 0)
        .map(|(back, (nth, start))| (start, text.len(), back == 0, place(nth)..line.text.len()));
    let first = line.starts.get(1).map(|second| (0, *second, false, 0..place(1).saturating_sub(1)));
    let matcher = &compiled.matcher;
    // Long blocks have no comparable form to judge by.
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

/// Whether a piece is boilerplate.
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
    let attaches = |signal: &Signal<'_>| signal.kind.is_some_and(Kind::attaches);
    signals.retain(|signal| match signal.source {
        Source::Site => true,
        Source::Line => attaches(signal),
        Source::Cue => attaches(signal) && (single || signal.weight >= 0.85),
        Source::Inside => attaches(signal) && single,
        _ => false,
    });
    if line.quoted || line.weight > 60 && compiled.prose.reports(&line) {
        signals.push(Signal::new("counter/reporting", None, Source::Counter, -0.35));
    }
    (score(&signals) >= THRESHOLD).then_some(signals)
}
