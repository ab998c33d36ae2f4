//! A page as a row of pieces.

use crate::extract::element::Tag;
use crate::extract::hints::{Hint, Levels};

/// Whether readers see an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::extract) enum Shown {
    /// Yes.
    Yes,
    /// Not at first: `hidden`, `display:none`.
    Later,
    /// Only without scripts.
    NoScript,
}

/// A piece of text between two block boundaries.
#[derive(Clone, Debug)]
pub(in crate::extract) struct Piece {
    /// The nearest block element around it.
    pub(in crate::extract) node: u32,
    pub(in crate::extract) tag: Tag,
    /// Span of [`Pieces::text`].
    pub(in crate::extract) start: u32,
    pub(in crate::extract) end: u32,
    pub(in crate::extract) chars: u32,
    pub(in crate::extract) link_chars: u32,
    /// Of these the ones it begins with.
    pub(in crate::extract) lead_link_chars: u32,
    pub(in crate::extract) bold_chars: u32,
    pub(in crate::extract) italic_chars: u32,
    /// Links inside: a span of [`Pieces::links`].
    pub(in crate::extract) links: (u32, u32),
    /// Levels up to the nearest element with a hint, by [`Hint`].
    pub(in crate::extract) above: [Levels; Hint::COUNT],
    pub(in crate::extract) depth: u16,
    /// Whether readers see it.
    pub(in crate::extract) shown: Shown,
    /// Images since the piece before.
    pub(in crate::extract) images: u16,
}

/// All pieces of a page in order.
#[derive(Default)]
pub(in crate::extract) struct Pieces {
    pub(in crate::extract) all: Vec<Piece>,
    pub(in crate::extract) text: String,
    /// The `a` elements with text in them.
    pub(in crate::extract) links: Vec<u32>,
    /// The images in order, each with the index of the piece after it.
    pub(in crate::extract) images: Vec<(u32, u32)>,
}

impl Pieces {
    /// Text of a piece.
    pub(in crate::extract) fn text_of(&self, piece: &Piece) -> &str {
        self.text.get(piece.start as usize..piece.end as usize).unwrap_or("")
    }

    /// Links of a piece.
    pub(in crate::extract) fn links_of(&self, piece: &Piece) -> &[u32] {
        self.links.get(piece.links.0 as usize..piece.links.1 as usize).unwrap_or(&[])
    }
}
