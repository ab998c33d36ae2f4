//! Which pieces are the article.

use std::collections::HashSet;

use super::features::{self, Known, Survey};
use super::hints::Hint;
use super::ld::Ld;
use super::model;
use super::tree::Tree;
use super::walk::{Piece, Pieces, Shown};

/// Score from which a piece is taken.
const TAKEN: f32 = 0.5;
/// A page without this much text has no article beside its comments.
const LEFT: u32 = 250;
/// First scores below this count as none.
const CLEAR: f32 = 0.05;

/// A page's pieces with what was decided about each.
pub(super) struct Selection {
    pub(super) rows: Vec<Vec<f32>>,
    pub(super) groups: Vec<[u32; 3]>,
    pub(super) scores: Vec<f32>,
    pub(super) taken: Vec<bool>,
    pub(super) survey: Survey,
}

/// Decides about all pieces.
pub(super) fn select(tree: &Tree, pieces: &Pieces, page: &Known, ld: &Ld) -> Selection {
    let survey = features::survey(tree, pieces, &page.titles);
    let body = ld
        .articles()
        .iter()
        .filter_map(|article| article.get("articleBody")?.as_str())
        .max_by_key(|body| body.len())
        .map(squeeze)
        .filter(|body| body.len() >= 200);
    let known = |text: &str| match &body {
        None => -1.0,
        Some(body) => f32::from(u8::from(text.len() >= 20 && body.contains(&squeeze(text)))),
    };
    let rows = features::features(tree, pieces, &survey, page, &known);
    let first: Vec<f32> = rows
        .iter()
        .zip(&pieces.all)
        .map(|(row, piece)| if piece.shown == Shown::NoScript { 0.0 } else { model::FIRST.score(row) })
        .map(|score| if score < CLEAR { 0.0 } else { score })
        .collect();
    let sizes: Vec<f32> = survey.shapes.iter().map(|shape| shape.size as f32).collect();
    let groups = features::groups(tree, pieces);
    let more = features::second(&rows, &first, &sizes, &groups);
    let mut row = Vec::new();
    let scores: Vec<f32> = (0..rows.len())
        .map(|index| {
            // Nothing here or around it was taken for content.
            if pieces.all[index].shown == Shown::NoScript || more[index][12] == 0.0 {
                return 0.0;
            }
            row.clear();
            row.extend(&rows[index]);
            row.extend(more[index]);
            model::SECOND.score(&row)
        })
        .collect();
    let mut taken: Vec<bool> = scores.iter().map(|score| *score >= TAKEN).collect();
    // The headline has a field of its own.
    if let Some(headline) = survey.headline
        && pieces.all.get(headline).is_some_and(|piece| piece.tag.is_heading())
        && rows
            .get(headline)
            .is_some_and(|row| row.get(features::LIKENESS).is_some_and(|likeness| *likeness >= 0.9))
        && !taken.iter().take(headline).any(|taken| *taken)
        && let Some(taken) = taken.get_mut(headline)
    {
        *taken = false;
    }
    leave_out_comments(&mut taken, pieces, &survey);
    // The second copy of a text (slide, widget, print version) is one too many.
    let mut seen = HashSet::new();
    for ((taken, shape), piece) in taken.iter_mut().zip(&survey.shapes).zip(&pieces.all) {
        if *taken && piece.chars >= 50 && !seen.insert(shape.hash) {
            *taken = false;
        }
    }
    Selection { rows, groups, scores, taken, survey }
}

/// Leaves out comments, unless hardly anything would be left: a forum's thread is all comments.
fn leave_out_comments(taken: &mut [bool], pieces: &Pieces, survey: &Survey) {
    let rest = taken.iter().zip(&pieces.all).zip(&survey.shapes);
    let left: u32 =
        rest.filter(|((taken, piece), _)| **taken && !is_comment(piece)).map(|(_, shape)| shape.size).sum();
    if left >= LEFT {
        for (taken, piece) in taken.iter_mut().zip(&pieces.all) {
            *taken &= !is_comment(piece);
        }
    }
}

/// In an element that says it is a comment, and in none below it that says it is the text.
fn is_comment(piece: &Piece) -> bool {
    let level = |hint: Hint| piece.above[hint as usize];
    level(Hint::Comment) <= 5 && level(Hint::Comment) < level(Hint::Body)
}

/// Letters and digits only, for comparison.
fn squeeze(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).collect()
}
