//! Which pieces are the article.

use std::collections::HashSet;

use super::features::{self, Survey};
use super::ld::Ld;
use super::model::MODEL;
use super::tree::Tree;
use super::walk::{Pieces, Shown};

/// Score from which a piece is taken.
const TAKEN: f32 = 0.5;

/// A page's pieces with what was decided about each.
pub(super) struct Selection {
    pub(super) rows: Vec<Vec<f32>>,
    pub(super) scores: Vec<f32>,
    pub(super) taken: Vec<bool>,
    pub(super) survey: Survey,
}

/// Decides about all pieces.
pub(super) fn select(tree: &Tree, pieces: &Pieces, titles: &[Vec<String>], ld: &Ld) -> Selection {
    let survey = features::survey(tree, pieces, titles);
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
    let rows = features::features(tree, pieces, &survey, titles, &known);
    let scores: Vec<f32> = rows
        .iter()
        .zip(&pieces.all)
        .map(|(row, piece)| if piece.shown == Shown::NoScript { 0.0 } else { MODEL.score(row) })
        .collect();
    let mut taken: Vec<bool> = scores.iter().map(|score| *score >= TAKEN).collect();
    // The second copy of a text (slide, widget, print version) is one too many.
    let mut seen = HashSet::new();
    for ((taken, shape), piece) in taken.iter_mut().zip(&survey.shapes).zip(&pieces.all) {
        if *taken && piece.chars >= 50 && !seen.insert(shape.hash) {
            *taken = false;
        }
    }
    Selection { rows, scores, taken, survey }
}

/// Letters and digits only, for comparison.
fn squeeze(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).collect()
}
