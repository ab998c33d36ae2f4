//! Where the learnt model is consulted: it may keep what a rule would cut, and cut what no rule
//! knows.
//!
//! Alone the model does worse than the rules, and fed with their scores it trusts them too much. As
//! a second opinion it takes back wrong cuts and finds wordings that no rule knows; the figures are
//! in `train/judge/README.md`.

use super::{
    evidence::{Signal, Source},
    judge::Opinion,
    kind::{Kind, Tier},
    line::Line,
    state::Verdict,
    weights::THRESHOLD,
};

/// What is left of a score with which the model disagrees: doubtful, but kept.
const DOUBT: f32 = 0.01;
/// Weights from which evidence takes precedence over the model: that of memory, the user and notes;
/// that of a phrase, also in another language; that of a whole line.
const HEARD: f32 = 0.5;
const PHRASE: f32 = 0.55;
const WHOLE_LINE: f32 = 0.9;
/// Weight of a class name from which the box it names is believed to ask for money.
const CLASS: f32 = 0.7;
/// What only the order of plain lines says: lists of the article stand in the same order.
const ORDER: &[&str] = &["plain/label"];
/// Share of digits above which a line is a row of a table, which the model cannot judge.
const DIGITS_MAX: f32 = 0.4;

/// Consults the model about one block.
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

/// Whether the model has no say: about the user's own rules, what repeats, what a whole known line,
/// an element or the order of plain lines says, notes, and the phrases of kinds that every
/// publisher words in its own way. On wordings it has never seen the model is more certain of
/// content than it has reason to be.
fn is_exempt(verdict: &Verdict<'_>, line: &Line<'_>) -> bool {
    is_figures(line) || verdict.signals.iter().any(is_beyond_doubt)
}

fn is_beyond_doubt(signal: &Signal<'_>) -> bool {
    let Some(kind) = signal.kind else {
        return matches!(signal.source, Source::Site | Source::Repeat) && signal.weight >= HEARD;
    };
    match signal.source {
        Source::Site | Source::Repeat => signal.weight >= HEARD,
        Source::Line if signal.weight >= WHOLE_LINE => true,
        Source::Tag => kind == Kind::Caption,
        // Answers tell something; only the box says that they belong to a poll.
        Source::Context => signal.rule == "shape/poll" && signal.weight >= CLASS,
        Source::Box => signal.rule.starts_with("plain/") && !ORDER.contains(&signal.rule),
        Source::Class => kind == Kind::Support && signal.weight >= CLASS,
        Source::Cue | Source::Line if matches!(kind, Kind::Contact | Kind::Related) => {
            signal.weight >= PHRASE
        }
        Source::Cue | Source::Line | Source::Inside if is_worded(kind) => signal.weight >= PHRASE,
        _ => signal.weight >= HEARD && kind.row().tier == Tier::Note,
    }
}

/// Whether every publisher words a kind in its own way.
fn is_worded(kind: Kind) -> bool {
    use Kind::{Ad, Agency, App, Comments, Consent, Copyright, FeedFooter, Newsletter, Paywall, Support};
    matches!(
        kind,
        Ad | Agency | App | Comments | Consent | Copyright | FeedFooter | Newsletter | Paywall | Support
    )
}

/// Whether a line is mostly digits.
fn is_figures(line: &Line<'_>) -> bool {
    let digits = line.block.text.chars().filter(|c| c.is_numeric()).count();
    line.words == 0 || digits as f32 > DIGITS_MAX * line.chars as f32
}
