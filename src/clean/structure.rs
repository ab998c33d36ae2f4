//! What holds an article together and recurs in others: sub-heads, sources of quotations, the turns
//! of a conversation, lines that introduce what follows.

use super::{
    evidence::{Signal, Source},
    kind::Kind,
    layout::{Layout, Line},
    memory::Repeats,
};

/// Longest sub-head or source, in words.
const SHORT_WORDS_MAX: usize = 8;
/// Smallest weight of a sentence that a line heads or introduces.
const SENTENCE_WEIGHT_MIN: usize = 60;
/// Shortest introduction, in words: "More:" is a label.
const INTRODUCTION_WORDS_MIN: usize = 3;
/// Weight of other evidence that leaves no doubt about such a line.
const KNOWN: f32 = 0.5;
/// Lines around one that are searched for similar ones.
const NEAR: usize = 80;
/// Fewest turns of a conversation, and their share of the lines.
const TURNS_MIN: usize = 4;
const TURNS_SHARE: usize = 3;
/// Longest name of a speaker, in words and bytes.
const NAME_WORDS_MAX: usize = 5;
const NAME_BYTES_MAX: usize = 60;

/// Whether a line that also stands in other articles of the site is part of how the site structures
/// its articles: each time something different follows it, precedes it or is said in it.
pub(super) fn recurs(layout: &Layout<'_>, index: usize, line: &Line<'_>, repeats: &Repeats) -> bool {
    is_turn(layout, line)
        || is_source(layout, index, line)
        || is_sub_head(layout, index, line, repeats)
            && (index > 0 || line.text.ends_with(':') || has_like(layout, index, line, repeats))
}

fn is_open(line: &Line<'_>) -> bool {
    (1..=SHORT_WORDS_MAX).contains(&line.words)
        && line.link < 0.5
        && (!line.stopped || line.text.ends_with('?'))
}

fn is_sentence(line: &Line<'_>) -> bool {
    line.stopped && line.weight >= SENTENCE_WEIGHT_MIN && line.link < 0.5
}

/// Whether it is a short line above a sentence that no other article has.
fn is_sub_head(layout: &Layout<'_>, index: usize, line: &Line<'_>, repeats: &Repeats) -> bool {
    let fresh = |below: &Line<'_>| is_sentence(below) && repeats.count(below.key()) == 0;
    is_open(line) && layout.lines.get(index + 1).is_some_and(fresh)
}

/// Whether another sub-head of as many words recurs on the site too.
fn has_like(layout: &Layout<'_>, index: usize, line: &Line<'_>, repeats: &Repeats) -> bool {
    near(layout, index).any(|(at, other)| {
        at > 0
            && other.words == line.words
            && other.text != line.text
            && repeats.count(other.key()) > 0
            && is_open(other)
            && layout.lines.get(at + 1).is_some_and(|below| below.stopped)
    })
}

fn near<'l, 'd>(layout: &'l Layout<'d>, index: usize) -> impl Iterator<Item = (usize, &'l Line<'d>)> {
    let lines = layout.lines.iter().enumerate();
    lines.skip(index.saturating_sub(NEAR)).take(2 * NEAR + 1).filter(move |(at, _)| *at != index)
}

/// Whether it is "Name, Newspaper" below what was quoted, in an article that names its sources in
/// this way.
pub(super) fn is_source(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> bool {
    let closes = |at: usize, line: &Line<'_>| {
        let above = at.checked_sub(1).and_then(|above| layout.lines.get(above));
        is_open(line)
            && !line.quoted
            && above.is_some_and(|above| {
                above.weight >= SENTENCE_WEIGHT_MIN
                    && above.block.text.trim_end().ends_with(['"', '”', '“', '»', '«', '›', '’', '」', '』'])
            })
    };
    closes(index, line) && near(layout, index).any(|(at, other)| closes(at, other))
}

/// Whether it is what a speaker says, in an article that is a conversation.
pub(super) fn is_turn(layout: &Layout<'_>, line: &Line<'_>) -> bool {
    speaker(&line.block.text).is_some()
        && *layout.talk.get_or_init(|| {
            let speakers: Vec<&str> =
                layout.lines.iter().filter_map(|line| speaker(&line.block.text)).collect();
            let mut known: Vec<&str> = speakers.clone();
            known.sort_unstable();
            known.dedup();
            speakers.len() >= TURNS_MIN
                && speakers.len() * TURNS_SHARE >= layout.lines.len()
                && known.len() >= 2
                && known.len() < speakers.len()
        })
}

/// `NAME: ...`, `Q. ...`, `記者：...`.
fn speaker(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let initial = text.split_once(' ').filter(|(first, _)| {
        let mut chars = first.chars();
        chars.next().is_some_and(char::is_uppercase) && matches!(chars.as_str(), "." | ":")
    });
    if let Some((first, _)) = initial {
        return Some(first);
    }
    let at = text
        .char_indices()
        .take_while(|(at, _)| *at <= NAME_BYTES_MAX)
        .find(|(_, c)| matches!(c, ':' | '：'))?;
    let (name, rest) = text.split_at(at.0);
    let spaced = at.1 == '：' || rest.get(1..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let named = name.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
        && !name.contains(char::is_numeric)
        && name.split_whitespace().count() <= NAME_WORDS_MAX;
    (spaced && named && rest.chars().count() > 2).then_some(name)
}

/// Takes back what phrases say about a line that introduces what follows: "More from the letter:"
/// above a quotation from the letter.
pub(super) fn introductions(
    layout: &Layout<'_>,
    index: usize,
    line: &Line<'_>,
    signals: &mut Vec<Signal<'_>>,
) {
    let told = |signal: &Signal<'_>| {
        matches!(signal.kind, Some(Kind::Related | Kind::Update)) && signal.source == Source::Cue
    };
    if line.link < 0.5
        && (line.words >= INTRODUCTION_WORDS_MIN || line.words == 1 && line.weight > line.chars)
        && line.block.text.trim_end().ends_with([':', '：'])
        && signals.iter().any(told)
        && !signals.iter().any(|signal| signal.weight >= KNOWN && !told(signal))
        && layout.lines.get(index + 1).is_some_and(|below| {
            let said = below.prose() || below.quoted && is_sentence(below);
            said && below.link < 0.1 && below.block.tag != "li" && !below.heading
        })
    {
        signals.retain(|signal| !told(signal));
    }
}
