//! Stretches of pieces: from one heading to the next, and of one kind in a row.

use super::{groups::share, survey::Survey};
use crate::extract::walk::Piece;

/// A heading that is not a heading element is shorter than this, in characters.
const SHORT: u32 = 80;

#[derive(Clone, Copy, Default)]
struct Span {
    /// First piece.
    start: usize,
    pieces: u32,
    chars: u32,
    links: u32,
    lead: u32,
    good: u32,
    /// Kind of boilerplate that the first piece announces.
    phrase: u8,
}

/// The stretches of a page, and which of them each piece is in.
pub(super) struct Spans {
    spans: Vec<Span>,
    of: Vec<u32>,
    /// Text of the page.
    total: u32,
}

impl Spans {
    fn of_pieces(all: &[Piece], begins: &dyn Fn(usize) -> bool, fill: &dyn Fn(usize, &mut Span)) -> Self {
        let mut out = Self { spans: Vec::new(), of: Vec::with_capacity(all.len()), total: 0 };
        for (index, piece) in all.iter().enumerate() {
            if index == 0 || begins(index) {
                out.spans.push(Span { start: index, ..Span::default() });
            }
            if let Some(span) = out.spans.last_mut() {
                span.pieces += 1;
                span.chars += piece.chars;
                span.links += piece.link_chars;
                span.lead += piece.lead_link_chars;
                fill(index, span);
            }
            out.of.push(out.spans.len() as u32 - 1);
        }
        out
    }

    /// From one heading to the next; a short bold line is one as well.
    pub(super) fn sections(all: &[Piece], survey: &Survey) -> SectionSpans {
        let is_heading = |index: usize| {
            all.get(index).is_some_and(|piece| {
                piece.tag.is_heading() || piece.chars < SHORT && piece.bold_chars == piece.chars
            })
        };
        let fill = |index: usize, span: &mut Span| {
            let Some(shape) = survey.shapes.get(index) else { return };
            if index == span.start {
                span.phrase = shape.phrase;
            } else if survey.good.get(index) == Some(&true) {
                span.good += shape.size;
            }
        };
        let mut spans = Self::of_pieces(all, &is_heading, &fill);
        spans.total = survey.total.good;
        SectionSpans(spans)
    }

    /// Pieces of one kind in a row.
    pub(super) fn runs(all: &[Piece], kinds: &[u64]) -> Self {
        let differs =
            |index: usize| index.checked_sub(1).and_then(|last| kinds.get(last)) != kinds.get(index);
        Self::of_pieces(all, &differs, &|_, _| {})
    }

    fn span(&self, index: usize) -> Span {
        self.of.get(index).and_then(|span| self.spans.get(*span as usize)).copied().unwrap_or_default()
    }

    /// For a piece's run: pieces, share of links, share of links at their beginnings, and the piece's place.
    pub(super) fn of(&self, index: usize) -> [f32; 4] {
        let span = self.span(index);
        [
            span.pieces as f32,
            share(span.links, span.chars),
            share(span.lead, span.chars),
            (index - span.start.min(index)) as f32,
        ]
    }
}

/// [`Spans`] from heading to heading.
pub(super) struct SectionSpans(Spans);

impl SectionSpans {
    /// For a piece's section: what its heading announces, pieces, share of links, share of the page's text.
    pub(super) fn of(&self, index: usize) -> [f32; 4] {
        let span = self.0.span(index);
        [
            f32::from(span.phrase),
            span.pieces as f32,
            share(span.links, span.chars),
            share(span.good, self.0.total),
        ]
    }
}
