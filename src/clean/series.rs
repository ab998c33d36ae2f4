//! Sub-heads of one kind: where several headings with the same parent stand above paragraphs, a phrase
//! does not condemn one of them.

use super::{
    evidence::{Signal, Source, score},
    kind::Kind,
    layout::{Layout, Line},
    weights::THRESHOLD,
};

/// Fewest other sub-heads like it.
const OTHERS_MIN: usize = 2;

/// Takes back what phrases say about a heading that is one of several: `Share Your Media` among
/// `Take Note` and `Tune Up`.
pub(super) fn apply(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let stays: Vec<bool> = signals.iter().map(|signals| score(signals) < THRESHOLD).collect();
    let is_stay = |index: usize| stays.get(index).copied().unwrap_or_default();
    for (index, line) in layout.lines.iter().enumerate() {
        if is_stay(index) || !heads(layout, index, line) || !is_stay(index + 1) {
            continue;
        }
        let like = |(at, other): &(usize, &Line<'_>)| {
            *at != index
                && other.block.tag == line.block.tag
                && other.block.classes.get(1) == line.block.classes.get(1)
                && is_stay(*at)
                && heads(layout, *at, other)
        };
        if layout.lines.iter().enumerate().filter(like).take(OTHERS_MIN).count() < OTHERS_MIN {
            continue;
        }
        if let Some(mine) = signals.get_mut(index) {
            mine.retain(|signal| !is_phrase(signal));
        }
    }
}

fn is_phrase(signal: &Signal<'_>) -> bool {
    matches!(signal.source, Source::Line | Source::Cue | Source::Inside)
        && matches!(signal.kind, Some(Kind::Social | Kind::Ui | Kind::Nav | Kind::Comments))
}

/// Whether it is a heading without a link above a paragraph of the same parent.
fn heads(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let parent = |line: &Line<'_>| line.block.classes.get(1).cloned();
    line.heading
        && line.link < 0.1
        && parent(line).is_some()
        && layout
            .lines
            .get(index + 1)
            .is_some_and(|below| below.prose() && below.link < 0.5 && parent(below) == parent(line))
}
