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
    layout::Layout,
    line::Line,
    state::Verdict,
    structure,
    weights::{START, THRESHOLD},
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

/// Words of a sub-head that the model cannot tell from a label.
const HEAD_WORDS: std::ops::RangeInclusive<usize> = 2..=4;
/// Share of the text kept by the rules above which nothing is cut on the model's word: so much of an
/// article is the article, of a form that it does not know (a list of dates, a table of results).
const ALONE_MAX: f32 = 0.34;

/// Consults the model about the blocks of an article, given what the rules say of them.
pub(super) fn hear(opinions: &[Opinion], layout: &Layout<'_>, strict: bool, verdicts: &mut [Verdict<'_>]) {
    let mut cuts = Vec::new();
    let (mut kept, mut alone) = (0, 0);
    for (index, (line, verdict)) in layout.lines.iter().zip(&mut *verdicts).enumerate() {
        let opinion = opinions.get(index).copied().unwrap_or(Opinion::Unsure);
        if opinion == Opinion::Keep && verdict.removed && !is_exempt(verdict, line) {
            verdict.removed = false;
            verdict.score = verdict.score.min(THRESHOLD - DOUBT);
            verdict.signals.push(Signal::new("model/keep", None, Source::Counter, -verdict.score));
        }
        if verdict.removed {
            continue;
        }
        kept += line.chars;
        let Opinion::Cut(likely) = opinion else { continue };
        // Lines of one shape share one fate.
        if !strict && verdict.cut.is_none() && !is_figures(line) && !structure::is_source(layout, index, line)
        {
            alone += line.chars;
            cuts.push((index, likely));
        }
    }
    cuts.retain(|(index, _)| !is_head(layout, verdicts, *index));
    if alone as f32 > ALONE_MAX * kept as f32 {
        return;
    }
    for (index, likely) in cuts {
        let Some(verdict) = verdicts.get_mut(index) else { continue };
        verdict.removed = true;
        verdict.score = likely;
        verdict.signals.push(Signal::new("model/cut", Kind::Other, Source::Model, likely));
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
        // Answers, comments and decks tell something; only what stands around says what they belong to.
        Source::Context => {
            matches!(signal.rule, "context/thread" | "context/deck")
                || signal.rule == "shape/poll" && signal.weight >= CLASS
        }
        Source::Box => signal.rule.starts_with("plain/") && !ORDER.contains(&signal.rule),
        Source::Class => kind == Kind::Support && signal.weight >= CLASS,
        Source::Cue | Source::Line if matches!(kind, Kind::Contact | Kind::Related) => {
            signal.weight >= PHRASE
        }
        // "Follow us" begins an invitation; amid a sentence it may be a call to the reader.
        Source::Cue if kind == Kind::Social => signal.weight >= START,
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

/// Whether a plain line is a few words alone between sentences that stay, or known from other articles
/// of the site but not as boilerplate. It may be a sub-head: its words do not tell, and labels that go
/// stand in company.
fn is_head(layout: &Layout<'_>, verdicts: &[Verdict<'_>], index: usize) -> bool {
    let Some(line) = layout.lines.get(index) else { return false };
    let stays = |at: Option<usize>| {
        let at = at.filter(|at| *at < layout.lines.len())?;
        let (line, verdict) = (layout.lines.get(at)?, verdicts.get(at)?);
        Some(line.stopped && !verdict.removed)
    };
    let (above, below) = (stays(index.checked_sub(1)), stays(index.checked_add(1)));
    let alone = above.or(below).is_some() && above.unwrap_or(true) && below.unwrap_or(true);
    let signals = verdicts.get(index).map_or(&[][..], |verdict| verdict.signals.as_slice());
    let recurs = signals.iter().any(|signal| signal.source == Source::Repeat);
    layout.plain && HEAD_WORDS.contains(&line.words) && !line.stopped && (alone || recurs)
}

/// Whether a line is mostly digits.
fn is_figures(line: &Line<'_>) -> bool {
    let digits = line.block.text.chars().filter(|c| c.is_numeric()).count();
    line.words == 0 || digits as f32 > DIGITS_MAX * line.chars as f32
}

#[cfg(test)]
mod tests {
    use super::{super::Document, *};
    use crate::extract::Block;

    const LINES: [&str; 6] = [
        "The ferry to the islands sails again from March, said the company that runs it.",
        "Day tickets at the desk or by telephone on weekdays",
        "The crossing takes three hours and stops at the lighthouse on the way back.",
        "By rail: the station is a short walk from the quay",
        "The last boat leaves before dark, and the harbour is closed until the morning.",
        "Groups of more than ten write to the harbour office first",
    ];

    fn cut_of(opinions: [Opinion; 6]) -> Vec<usize> {
        let blocks = LINES.iter().map(|text| Block { text: (*text).to_owned(), ..Block::default() });
        let document = Document { blocks: blocks.collect(), ..Document::default() };
        let layout = Layout::of(&document);
        let mut verdicts: Vec<Verdict<'_>> = LINES.iter().map(|_| Verdict::default()).collect();
        hear(&opinions, &layout, false, &mut verdicts);
        (0..LINES.len()).filter(|index| verdicts[*index].removed).collect()
    }

    #[test]
    fn a_line_goes_on_the_word_of_the_model() {
        let (cut, no) = (Opinion::Cut(0.97), Opinion::Unsure);
        assert_eq!(cut_of([no, cut, no, no, no, cut]), [1, 5]);
    }

    #[test]
    fn an_article_of_which_a_third_would_go_is_left_alone() {
        let (cut, no) = (Opinion::Cut(0.97), Opinion::Unsure);
        assert_eq!(cut_of([no, cut, no, cut, no, cut]), [0; 0]);
        assert_eq!(cut_of([cut; 6]), [0; 0]);
    }
}
