//! Where the learnt model is heard: it may keep what a rule would cut, and cut what no rule knows.
//!
//! Alone the model does worse than the rules, and fed with their scores it trusts them too much. As
//! a second opinion it takes back wrong cuts and finds what is worded as no rule knows; the figures
//! stand in `train/judge/README.md`.

use super::{
    evidence::{Signal, Source},
    judge::Opinion,
    kind::{Kind, Tier},
    line::Line,
    state::Verdict,
    weights::THRESHOLD,
};

/// What is left of a score that the model does not share: in doubt, but kept.
const DOUBT: f32 = 0.01;
/// Share of digits over which a line is a row of a table, which the model cannot tell.
const DIGITS_MAX: f32 = 0.4;

/// Hears the model about one block.
pub(super) fn hear(opinion: Opinion, line: &Line<'_>, strict: bool, verdict: &mut Verdict<'_>) {
    match opinion {
        Opinion::Keep if verdict.removed && !is_exempt(verdict, line) => {
            verdict.removed = false;
            verdict.score = verdict.score.min(THRESHOLD - DOUBT);
            verdict.signals.push(Signal::new("model/keep", None, Source::Counter, -verdict.score));
        }
        Opinion::Cut(likely) if !verdict.removed && verdict.cut.is_none() && !strict && !is_figures(line) => {
            verdict.removed = true;
            verdict.score = likely;
            verdict.signals.push(Signal::new("model/cut", Kind::Other, Source::Model, likely));
        }
        _ => {}
    }
}

/// What the model has no say about: the user's own rules, what repeats, what a whole known line or
/// an element says, and notes, which it tells worse than the rules do.
fn is_exempt(verdict: &Verdict<'_>, line: &Line<'_>) -> bool {
    is_figures(line)
        || verdict.signals.iter().any(|signal| match signal.source {
            Source::Site | Source::Repeat => signal.weight >= 0.5,
            Source::Line => signal.weight >= 0.9,
            Source::Tag => signal.kind == Some(Kind::Caption),
            _ => signal.weight >= 0.5 && signal.kind.is_some_and(|kind| kind.row().tier == Tier::Note),
        })
}

/// Mostly digits.
fn is_figures(line: &Line<'_>) -> bool {
    let digits = line.block.text.chars().filter(|c| c.is_numeric()).count();
    line.words == 0 || digits as f32 > DIGITS_MAX * line.chars as f32
}
