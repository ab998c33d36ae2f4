//! What readers wrote below an article: comments, each with a line that says who wrote it and when.

use super::{
    evidence::{Signal, Source, kind, score},
    kind::Kind,
    layout::{Layout, Line},
    weights::SURE,
};

/// Longest head of the comments, in characters (see [`Line`]'s `weight`).
const HEAD_WEIGHT_MAX: usize = 60;
/// Smallest weight of the article above them.
const ARTICLE_WEIGHT_MIN: usize = 600;
/// Longest signature, in words and as a weight.
const SIGNATURE_WORDS_MAX: usize = 12;
const SIGNATURE_WEIGHT_MAX: usize = 90;
/// Fewest signatures, and the lines of one comment, at most.
const SIGNATURES_MIN: usize = 2;
const COMMENT_MAX: usize = 15;
/// How sure it is that what stands between them is a comment.
const WEIGHT: f32 = 0.85;

/// Adds to all lines from below a head of comments to the last signature, or below it where
/// signatures stand above what they sign, that they are comments.
pub(super) fn apply(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let heads = |(line, mine): (&Line<'_>, &Vec<Signal<'_>>)| {
        line.weight <= HEAD_WEIGHT_MAX && score(mine) >= SURE && kind(mine) == Some(Kind::Comments)
    };
    let Some(head) = layout.lines.iter().zip(signals.iter()).position(heads) else { return };
    let (above, below) = layout.lines.split_at(head);
    let weight_of = |lines: &[Line<'_>]| lines.iter().map(|line| line.weight).sum::<usize>();
    let article = above.iter().filter(|line| line.prose()).map(|line| line.weight).sum::<usize>();
    let Some(end) = end_of(below).filter(|_| article >= ARTICLE_WEIGHT_MIN && !layout.live) else { return };
    // Where it outweighs what stands above, it may well be the article: entries with times of one day.
    let thread = below.get(1..=end).unwrap_or_default();
    let dated = thread.iter().filter(|line| is_signature(line)).all(|line| has_year(&line.block.text));
    if weight_of(thread) > article && !dated {
        return;
    }
    for mine in signals.iter_mut().skip(head + 1).take(end) {
        // What looks like an article's sentence is a reader's.
        mine.retain(|signal| signal.weight >= 0.0 || signal.source == Source::Site);
        mine.push(Signal::new("context/thread", Kind::Comments, Source::Context, WEIGHT));
    }
}

/// The last line of the comments below their head, which is line 0.
fn end_of(lines: &[Line<'_>]) -> Option<usize> {
    let mut signatures = Vec::new();
    for (index, line) in lines.iter().enumerate().skip(1) {
        let last = signatures.last().copied().unwrap_or_default();
        if index - last > COMMENT_MAX {
            break;
        }
        if is_signature(line) {
            signatures.push(index);
        }
    }
    let (first, last) = (signatures.first()?, signatures.last()?);
    // Where nothing stands above the first, what it signs stands below it.
    let signs_below = lines.get(1..*first).unwrap_or_default().iter().all(|line| !line.stopped);
    let own = lines.get(last + 1..).unwrap_or_default().iter().take_while(|line| line.stopped).count();
    (signatures.len() >= SIGNATURES_MIN).then_some(last + if signs_below { own.min(1) } else { 0 })
}

/// Whether it is a short line with a date or a time of day: `Posted by: Ann, 3 May 2024 | 15:22`.
fn is_signature(line: &Line<'_>) -> bool {
    if line.words > SIGNATURE_WORDS_MAX || line.weight > SIGNATURE_WEIGHT_MAX || line.words < 2 {
        return false;
    }
    let clock = |number: &str| {
        number.split_once(':').is_some_and(|(hour, minute)| {
            (1..=2).contains(&hour.len()) && minute.get(..2).is_some_and(|minute| !minute.contains(':'))
        })
    };
    numbers(&line.block.text).any(clock) || has_year(&line.block.text)
}

fn has_year(text: &str) -> bool {
    numbers(text).any(|number| number.len() == 4 && number.starts_with(['1', '2']))
}

/// Figures with what a time of day has between them.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit() && c != ':')
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{super::line::Facts, *};
    use crate::extract::Block;

    #[test]
    fn signatures_have_a_name_and_a_time() {
        let signs = |text: &str| {
            let block = Block { text: text.to_owned(), ..Block::default() };
            is_signature(&Line::new(&block, Rc::new(Facts::new(text))))
        };
        for text in [
            "Posted by: Marsh Reader, 27 Sep 2011 | 15:22",
            "Anna K. schrieb am 12.03.2024 um 10:15 Uhr",
            "Lector 7 dice: 4 de mayo de 2023, 9:07",
            "ferryman · May 3, 2024",
            "Jo 14:05",
        ] {
            assert!(signs(text), "{text}");
        }
        for text in ["Calm down", "Number 7 said so", "Kommentare (12)", "Odds of 3:1", "14:05"] {
            assert!(!signs(text), "{text}");
        }
    }
}
