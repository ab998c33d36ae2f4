//! Cards: elements of one kind side by side, each a headline linked to another page, with a line or two
//! below.

use super::{
    element::{Attr, Tag},
    features::{Survey, class_of},
    selection::Selection,
    tree::{NONE, Tree},
    walk::{Piece, Pieces},
};

/// Levels above a piece among which its card is looked for.
const LEVELS: usize = 8;
/// Characters of a card, at most; one with more is an article's section that begins with a link.
const CARD_MAX: u32 = 600;
/// Fewest cards of one kind side by side.
const CARDS_MIN: u32 = 3;
/// Siblings that are compared, at most.
const SIBLINGS_MAX: u32 = 200;
/// Fewest characters of a headline.
const HEADLINE_MIN: u32 = 12;
/// Fewest characters of a paragraph; with this many headlines beside it they are a row of cards and not its
/// own.
const PARAGRAPH: u32 = 80;
const ROW_MIN: usize = 3;
/// Fewest cards of a listing, and the share of the text they hold: on a page that calls itself an article,
/// and on others.
const LISTING_CARDS: usize = 4;
const LISTING_SHARE: f32 = 0.8;
const UNSIGNED_SHARE: f32 = 0.6;

/// The cards that the chosen text is in.
pub(super) struct Cards {
    /// By piece: its card, or [`NONE`].
    of: Vec<u32>,
}

impl Cards {
    /// Finds the cards of the pieces that `taken` names.
    pub(super) fn of(tree: &Tree, pieces: &Pieces, survey: &Survey, taken: &[bool]) -> Self {
        let mut of = vec![NONE; pieces.all.len()];
        let mut known: Vec<(u32, bool, bool)> = Vec::new();
        for (index, piece) in pieces.all.iter().enumerate() {
            if taken.get(index) != Some(&true) {
                continue;
            }
            let is_text = is_paragraph(piece);
            let mut node = piece.node;
            for _ in 0..LEVELS {
                if node == NONE || matches!(tree.tag(node), Tag::Body | Tag::Main | Tag::Html) {
                    break;
                }
                let small = survey.sums.get(node as usize).is_some_and(|sums| sums.chars <= CARD_MAX);
                if !small {
                    break;
                }
                let is_card = match known
                    .iter()
                    .rev()
                    .take(8)
                    .find(|(known, text, _)| (*known, *text) == (node, is_text))
                {
                    Some((_, _, is_card)) => *is_card,
                    None => {
                        let is_card = can_be_card(tree.tag(node))
                            && twins(tree, node) >= CARDS_MIN
                            && leads_elsewhere(tree, pieces, index, node);
                        known.push((node, is_text, is_card));
                        is_card
                    }
                };
                if is_card && let Some(of) = of.get_mut(index) {
                    *of = node;
                }
                node = tree.parent(node);
            }
        }
        Self { of }
    }

    /// Whether a piece is in a card.
    pub(super) fn has(&self, index: usize) -> bool {
        self.of.get(index).is_some_and(|card| *card != NONE)
    }

    /// The element that holds a piece's card and those beside it.
    pub(super) fn row(&self, tree: &Tree, index: usize) -> u32 {
        self.of.get(index).map_or(NONE, |card| tree.parent(*card))
    }

    /// Whether the page is a list of other pages: most of its text is in cards.
    pub(super) fn is_listing(&self, selection: &Selection, is_signed: bool) -> bool {
        let (mut inside, mut all) = (0, 0);
        let mut cards: Vec<u32> = Vec::new();
        for (index, shape) in selection.survey.shapes.iter().enumerate() {
            if selection.taken.get(index) != Some(&true) {
                continue;
            }
            all += shape.size;
            if self.has(index) {
                inside += shape.size;
                cards.extend(self.of.get(index));
            }
        }
        cards.dedup();
        let share = if is_signed { LISTING_SHARE } else { UNSIGNED_SHARE };
        cards.len() >= LISTING_CARDS && inside as f32 >= all as f32 * share
    }
}

fn can_be_card(tag: Tag) -> bool {
    matches!(tag, Tag::Article | Tag::Li | Tag::Div | Tag::Section | Tag::A | Tag::Td | Tag::Tr | Tag::Other)
}

/// Elements of the same name and classes beside one, itself included.
fn twins(tree: &Tree, node: u32) -> u32 {
    let own = (tree.tag(node), class_of(tree, node));
    let (mut count, mut at) = (0, tree.first(tree.parent(node)));
    for _ in 0..SIBLINGS_MAX {
        if at == NONE {
            break;
        }
        count += u32::from((tree.tag(at), class_of(tree, at)) == own);
        at = tree.next(at);
    }
    count
}

/// Whether a headline within `node`, which holds the piece, leads to another page: it stands above the piece
/// if that is a paragraph, and is not one of several that lead to different pages.
pub(super) fn leads_elsewhere(tree: &Tree, pieces: &Pieces, index: usize, node: u32) -> bool {
    let within = |piece: &&Piece| up(tree, piece.node).any(|at| at == node);
    let before = pieces.all.get(..index).unwrap_or(&[]).iter().rev().take_while(within).count();
    let own = pieces.all.get(index - before..).unwrap_or(&[]).iter().take_while(within);
    let own: Vec<&Piece> = own.collect();
    let is_paragraph = pieces.all.get(index).is_some_and(is_paragraph);
    let leads = |piece: &&Piece| {
        let is_headline = piece.link_chars * 10 >= piece.chars * 8 && piece.chars >= HEADLINE_MIN;
        is_headline && pieces.links_of(piece).iter().any(|link| is_elsewhere(tree, *link))
    };
    if is_paragraph && own.iter().filter(|piece| leads(piece)).count() >= ROW_MIN {
        return false;
    }
    let ahead = if is_paragraph { before } else { own.len() };
    own.iter().take(ahead).enumerate().any(|(at, piece)| (piece.tag.is_heading() || at == 0) && leads(piece))
}

fn is_paragraph(piece: &Piece) -> bool {
    piece.chars >= PARAGRAPH && piece.link_chars * 2 < piece.chars && !piece.tag.is_heading()
}

/// Whether a link leads to another page, and not to a place on this one.
fn is_elsewhere(tree: &Tree, link: u32) -> bool {
    tree.attr(link, Attr::Href).is_some_and(|href| {
        let href = href.trim();
        !href.is_empty()
            && !href.starts_with('#')
            && !href.starts_with("javascript:")
            && !href.starts_with("mailto:")
    })
}

/// An element and those around it, as far up as a card reaches.
fn up(tree: &Tree, node: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(Some(node), |at| Some(tree.parent(*at)).filter(|at| *at != NONE)).take(LEVELS + 4)
}
