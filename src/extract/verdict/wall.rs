//! The box in place of the rest of an article that is for those who pay or log in.

use super::{
    PREVIEW_MAX, size,
    words::{Idea, Ideas},
};
use crate::extract::{
    element::Attr,
    hints::Hint,
    selection::Selection,
    tree::{NONE, Tree},
    walk::{Piece, Pieces, Shown},
};

/// Pieces after the text among which the box is looked for.
const BEHIND: usize = 14;
/// A piece of the box is shorter, in characters; a sentence of the article that could be one, even more so.
const PIECE_MAX: u32 = 400;
const SENTENCE_MAX: u32 = 160;
/// Fewest characters of a paragraph of the article.
const PARAGRAPH: u32 = 120;
/// Levels up within which an element has to hold both the end of the text and the box.
const NEAR: usize = 2;
/// Ideas that say for whom the rest is, and on which terms.
const TERMS: [Idea; 5] = [Idea::Subscriber, Idea::Reading, Idea::Only, Idea::Price, Idea::Login];

/// The pieces of a paywall's box: the first, and the one after the last.
pub(crate) fn wall(tree: &Tree, pieces: &Pieces, selection: &Selection) -> Option<(usize, usize)> {
    let all = &pieces.all;
    let taken = |index: usize| selection.taken.get(index) == Some(&true);
    let text: u32 =
        (0..all.len()).filter(|index| taken(*index)).map(|index| size(pieces.text_of(&all[index]))).sum();
    if text >= PREVIEW_MAX {
        return None;
    }
    // The last paragraph that cannot be the box itself.
    let own = |index: &usize| {
        let piece = &all[*index];
        let can_be = piece.chars < SENTENCE_MAX && is_offer(ideas(pieces, piece));
        taken(*index) && piece.chars >= PARAGRAPH && !can_be
    };
    let last = (0..all.len()).rev().find(own)?;
    let end = all.iter().enumerate().skip(last + 1).take(BEHIND);
    let boxed = end.filter(|(_, piece)| piece.shown != Shown::NoScript && piece.chars < PIECE_MAX);
    let mut groups: Vec<(u32, usize, usize, Ideas)> = Vec::new();
    for (index, piece) in boxed {
        let holder = holder(tree, piece, &all[last]);
        let ideas = ideas(pieces, piece);
        match groups.last_mut() {
            Some(group) if group.0 == holder && holder != NONE => {
                (group.2, group.3) = (index + 1, group.3.and(ideas));
            }
            _ => groups.push((holder, index, index + 1, ideas)),
        }
    }
    let paragraph = &all[last];
    let is_like = |piece: &Piece| is_like(tree, piece, paragraph);
    groups.into_iter().find_map(|(_, from, to, ideas)| {
        let piece = all.get(from)?;
        // Among the paragraphs of the article it has to be the last one.
        let goes_on = is_like(piece) && (to..all.len()).any(|after| taken(after) && is_like(&all[after]));
        (!goes_on && is_wall(tree, piece, paragraph, ideas)).then_some((from, to))
    })
}

fn ideas(pieces: &Pieces, piece: &Piece) -> Ideas {
    Ideas::of(pieces.text_of(piece))
}

/// Whether it offers subscribers the rest to read.
fn is_offer(ideas: Ideas) -> bool {
    let has = |idea| ideas.has(idea);
    has(Idea::Reading) && (has(Idea::Subscriber) || has(Idea::Login) || has(Idea::Only) && has(Idea::Price))
}

fn is_wall(tree: &Tree, piece: &Piece, paragraph: &Piece, ideas: Ideas) -> bool {
    if !is_offer(ideas) || ideas.has(Idea::Letter) && ideas.count(&TERMS) < 4 || ideas.has(Idea::Comment) {
        return false;
    }
    let level = |hint: Hint| piece.above[hint as usize];
    let is_beside = [Hint::Footer, Hint::Nav, Hint::Comment].into_iter().any(|hint| level(hint) < 5);
    let terms = ideas.count(&TERMS);
    if is_like(tree, piece, paragraph) {
        return (terms >= 3 || level(Hint::Letter) == 0) && piece.chars < SENTENCE_MAX;
    }
    if is_near(tree, piece.node, paragraph.node) {
        return !is_beside;
    }
    (terms >= 3 || level(Hint::Letter) < 4) && !is_beside
}

/// Whether it stands like a paragraph of the article: side by side, and of the same class.
fn is_like(tree: &Tree, piece: &Piece, paragraph: &Piece) -> bool {
    piece.tag == paragraph.tag
        && tree.parent(piece.node) == tree.parent(paragraph.node)
        && tree.attr(piece.node, Attr::Class) == tree.attr(paragraph.node, Attr::Class)
}

/// The topmost element around a piece that does not hold the paragraph as well: the box.
fn holder(tree: &Tree, piece: &Piece, paragraph: &Piece) -> u32 {
    let above: Vec<u32> = up(tree, paragraph.node).collect();
    up(tree, piece.node).take_while(|node| !above.contains(node)).last().unwrap_or(NONE)
}

fn is_near(tree: &Tree, node: u32, paragraph: u32) -> bool {
    let near: Vec<u32> = up(tree, paragraph).skip(1).take(NEAR).collect();
    up(tree, node).any(|node| near.contains(&node))
}

/// An element and those around it.
fn up(tree: &Tree, node: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(Some(node), |at| Some(tree.parent(*at)).filter(|at| *at != NONE))
}
