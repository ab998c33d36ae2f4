//! Dates that readers see on the page.

use chrono::{DateTime, FixedOffset};

use super::{
    Context,
    stamp::{self, PROMISES},
};
use crate::extract::{
    element::Tag,
    hints::Hint,
    walk::{Piece, Shown},
};

/// A date in short visible text around the headline, or where class names or a phrase promise one.
/// `certain`: only where there is no doubt.
pub(super) fn text_date(context: &Context<'_>, certain: bool) -> Option<DateTime<FixedOffset>> {
    let pieces = &context.pieces.all;
    let (headline, first) = (context.headline, context.first);
    let mut best: Option<(i64, DateTime<FixedOffset>)> = None;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.shown != Shown::Yes {
            continue;
        }
        let from = |anchor: Option<usize>| anchor.map(|anchor| index as i64 - anchor as i64);
        // If the headline stands elsewhere, a stamp is next to the text.
        let beside_text = from(first).filter(|distance| (-2..=2).contains(distance));
        let distance = match (from(headline), beside_text) {
            (Some(one), Some(other)) if cost(other) < cost(one) => other,
            (Some(one), _) => one,
            (None, other) => other.unwrap_or(index as i64),
        };
        let promised = piece.above[Hint::Meta as usize] <= 1;
        let near = (-8..=14).contains(&distance) && (headline.is_some() || beside_text.is_some());
        let beside = piece.above[Hint::Comment as usize] < 6
            || piece.above[Hint::Related as usize] < 3
            || piece.above[Hint::Nav as usize] < 3
            || piece.above[Hint::Footer as usize] < 4
            || piece.above[Hint::Side as usize] < 4;
        if !(near || promised && !beside)
            || !context.pieces.text_of(piece).contains(|char: char| char.is_numeric())
        {
            continue;
        }
        let text = context.pieces.text_of(piece);
        if is_caption(piece, text) || stamp::is_of_house(text) {
            continue;
        }
        let Some(found) = stamp::of_text(text, context.custom) else { continue };
        let head = text;
        let length = i64::from(piece.chars.min(300) / 20);
        let mut cost = cost(distance) + length * 2;
        // A date at the beginning of the first paragraph is the article's.
        cost -= if piece.chars > 120 && first == Some(index) { 40 } else { 0 };
        cost -= if promised { 12 } else { 0 };
        let lower = head.chars().take(40).flat_map(char::to_lowercase).collect::<String>();
        let said = PROMISES.iter().any(|word| lower.contains(word));
        cost -= if said { 12 } else { 0 };
        if certain && !(promised || said || near && piece.chars < 60 && !beside) {
            continue;
        }
        cost += if beside { 30 } else { 0 };
        cost += if piece.tag.is_heading() || piece.chars > 120 { 10 } else { 0 };
        if best.is_none_or(|(other, _)| cost < other) {
            best = Some((cost, found));
        }
    }
    best.map(|(_, found)| found)
}

/// A little after the headline is best, then before it.
fn cost(distance: i64) -> i64 {
    if distance >= 0 { distance * 2 } else { -distance * 3 }
}

/// Whether a text is a caption: its date is the picture's, unless it is all there is.
pub(super) fn is_caption(piece: &Piece, text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.chars().any(char::is_alphabetic)).count();
    (piece.tag == Tag::Figcaption || piece.above[Hint::InFigure as usize] < 4) && words > 2
}
