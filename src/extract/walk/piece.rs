//! A page as a row of pieces.

use crate::extract::{
    element::Tag,
    hints::{Hint, Levels},
};

/// Whether readers see an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    /// Yes.
    Yes,
    /// Not at first: `hidden`, `display:none`.
    Later,
    /// Only without scripts.
    NoScript,
}

/// A piece of text between two block boundaries.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// The nearest block element around it.
    pub(crate) node: u32,
    pub(crate) tag: Tag,
    /// Span of [`Pieces::text`].
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) chars: u32,
    pub(crate) link_chars: u32,
    /// How many of these it begins with.
    pub(crate) lead_link_chars: u32,
    pub(crate) bold_chars: u32,
    pub(crate) italic_chars: u32,
    /// Links inside: a span of [`Pieces::links`].
    pub(crate) links: (u32, u32),
    /// Levels up to the nearest element with a hint, by [`Hint`].
    pub(crate) above: [Levels; Hint::COUNT],
    pub(crate) depth: u16,
    /// Whether readers see it.
    pub(crate) shown: Shown,
    /// Images since the piece before.
    pub(crate) images: u16,
}

/// All pieces of a page in order.
#[derive(Default)]
pub(crate) struct Pieces {
    pub(crate) all: Vec<Piece>,
    pub(crate) text: String,
    /// The `a` elements with text in them.
    pub(crate) links: Vec<u32>,
    /// The images in order, each with the index of the piece after it.
    pub(crate) images: Vec<(u32, u32)>,
}

impl Pieces {
    /// Text of a piece.
    pub(crate) fn text_of(&self, piece: &Piece) -> &str {
        self.text.get(piece.start as usize..piece.end as usize).unwrap_or("")
    }

    /// Links of a piece.
    pub(crate) fn links_of(&self, piece: &Piece) -> &[u32] {
        self.links.get(piece.links.0 as usize..piece.links.1 as usize).unwrap_or(&[])
    }
}
