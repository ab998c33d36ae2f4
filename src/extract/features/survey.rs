//! A page surveyed as a whole: which pieces are running text, and which elements hold them.

use super::{
    PageTitles,
    lists::short_hashes,
    text::{Shape, shape},
};
use crate::extract::{
    element::Tag,
    hints::{FAR, Hint},
    tree::{NONE, Tree},
    walk::{Piece, Pieces, Shown},
};

/// Sums over everything below an element.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    /// Size of the good pieces.
    pub(crate) good: u32,
    /// Size of all running text, that of comments and boxes as well.
    pub(crate) running: u32,
    pub(crate) chars: u32,
    pub(crate) links: u32,
    pub(crate) pieces: u32,
    /// Readability's score: a good piece counts in full for its parent, half for the next.
    score: f32,
}

/// What is known about a page as a whole.
pub(crate) struct Survey {
    pub(crate) shapes: Vec<Shape>,
    /// How alike each piece is to the page's titles and to its description.
    pub(super) alike: Vec<[f32; 2]>,
    pub(crate) good: Vec<bool>,
    pub(crate) running: Vec<bool>,
    pub(crate) sums: Vec<Sums>,
    pub(crate) total: Sums,
    /// The element with the best score, and the lowest ones with half and nine tenths of the good text.
    pub(crate) best: u32,
    pub(crate) half: u32,
    pub(crate) most: u32,
    pub(crate) headline: Option<usize>,
}

/// Whether a piece looks like running text.
fn is_good(piece: &Piece, shape: &Shape) -> bool {
    piece.shown == Shown::Yes
        && piece.link_chars * 5 < piece.chars * 2
        && (shape.size >= 80 || shape.size >= 45 && shape.sentences > 0)
        && shape.letters * 2 > piece.chars
}

/// Which pieces count as running text of the article when containers are compared: not what stands in comments,
/// teasers and the like, unless that is all there is.
fn good(pieces: &Pieces, shapes: &[Shape], running: &[bool]) -> Vec<bool> {
    let own: Vec<bool> =
        pieces.all.iter().zip(running).map(|(piece, running)| *running && !is_beside(piece)).collect();
    let size = |flags: &[bool]| {
        flags.iter().zip(shapes).filter(|(flag, _)| **flag).map(|(_, shape)| shape.size).sum::<u32>()
    };
    let (all, kept) = (size(running), size(&own));
    if kept >= 400 || kept * 4 >= all { own } else { running.to_vec() }
}

/// Whether class names say that a piece is not part of the article, and no nearer ones say that it
/// is.
fn is_beside(piece: &Piece) -> bool {
    let level = |hint: Hint| piece.above[hint as usize];
    let beside = [
        Hint::Comment,
        Hint::Related,
        Hint::Nav,
        Hint::Footer,
        Hint::Side,
        Hint::Letter,
        Hint::Consent,
        Hint::Bio,
        Hint::InAside,
        Hint::InForm,
    ];
    let nearest = beside.into_iter().map(level).min().unwrap_or(FAR);
    nearest < 8 && nearest < level(Hint::Body).min(level(Hint::InArticle).saturating_add(1))
}

/// The parents of a piece's element, nearest first, itself included.
pub(super) fn ancestors(tree: &Tree, node: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(Some(node), |at| Some(tree.parent(*at)).filter(|at| *at != NONE))
}

/// Looks over all pieces.
pub(crate) fn survey(tree: &Tree, pieces: &Pieces, page: &PageTitles) -> Survey {
    let shapes: Vec<Shape> = pieces.all.iter().map(|piece| shape(pieces.text_of(piece))).collect();
    let running: Vec<bool> =
        pieces.all.iter().zip(&shapes).map(|(piece, shape)| is_good(piece, shape)).collect();
    let good = good(pieces, &shapes, &running);
    let mut sums = vec![Sums::default(); tree.len()];
    let mut total = Sums::default();
    for (((piece, shape), good), running) in pieces.all.iter().zip(&shapes).zip(&good).zip(&running) {
        if piece.shown != Shown::Yes {
            continue;
        }
        let size = if *good { shape.size } else { 0 };
        let running = if *running { shape.size } else { 0 };
        total.good += size;
        total.running += running;
        total.chars += piece.chars;
        total.links += piece.link_chars;
        total.pieces += 1;
        let score = if *good {
            1.0 + shape.commas.min(10) as f32 * 0.3 + shape.size.min(600) as f32 / 100.0
        } else {
            0.0
        };
        // A piece of a container's own text counts for the container; a paragraph counts for its parent.
        let own = usize::from(!matches!(piece.tag, Tag::Div));
        for (level, node) in ancestors(tree, piece.node).enumerate() {
            let Some(sums) = sums.get_mut(node as usize) else { break };
            sums.good += size;
            sums.running += running;
            sums.chars += piece.chars;
            sums.links += piece.link_chars;
            sums.pieces += 1;
            if level >= own && level < own + 5 {
                sums.score += score / [1.0, 2.0, 4.0, 8.0, 16.0][level - own];
            }
        }
    }
    let (mut best, mut best_score) = (NONE, 0.0);
    let (mut half, mut most) = (NONE, NONE);
    let (mut half_good, mut most_good) = (u32::MAX, u32::MAX);
    for (node, sums) in sums.iter().enumerate() {
        let share = if sums.chars == 0 { 0.0 } else { sums.links as f32 / sums.chars as f32 };
        let score = sums.score * (1.0 - share);
        if score > best_score {
            (best, best_score) = (node as u32, score);
        }
        // Later and smaller: deeper.
        if total.good > 0 && sums.good * 2 >= total.good && sums.good <= half_good {
            (half, half_good) = (node as u32, sums.good);
        }
        if total.good > 0 && u64::from(sums.good) * 10 >= u64::from(total.good) * 9 && sums.good <= most_good
        {
            (most, most_good) = (node as u32, sums.good);
        }
    }
    let mut own = Vec::new();
    let mut alike = |piece: &Piece| {
        short_hashes(pieces.text_of(piece), &mut own);
        [page.titles.likeness_of(&own), page.summary.likeness_of(&own)]
    };
    let alike: Vec<[f32; 2]> = pieces.all.iter().map(&mut alike).collect();
    let headline = headline(pieces, &shapes, &alike);
    Survey { shapes, alike, good, running, sums, total, best, half, most, headline }
}

/// The piece that shows the title: a heading that has it, else the first piece that does.
fn headline(pieces: &Pieces, shapes: &[Shape], alike: &[[f32; 2]]) -> Option<usize> {
    let mut found = None;
    let mut best = 0.6;
    for (index, ((piece, shape), alike)) in pieces.all.iter().zip(shapes).zip(alike).enumerate() {
        if piece.shown != Shown::Yes
            || shape.size > 400
            || !(piece.tag.is_heading() || shape.words >= 4 || shape.size >= 20)
        {
            continue;
        }
        let mut score = alike[0];
        if piece.tag == Tag::H1 {
            score += 0.5;
        } else if piece.tag.is_heading() {
            score += 0.2;
        }
        if score > best {
            (found, best) = (Some(index), score);
        }
    }
    found
}
