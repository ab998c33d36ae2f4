//! Which pieces are the article.

use memchr::memmem;

use super::{
    features::{self, PageTitles},
    ld::Ld,
    model,
    selection::Selection,
    tree::Tree,
    walk::{Pieces, Shown},
};

mod leave;
mod take;

/// Score from which a piece is taken.
const TAKEN: f32 = 0.55;
/// First scores below this count as none.
const CLEAR: f32 = 0.05;

/// Scores to try in place of the model's, a number for each piece: for training a model.
#[derive(Clone, Debug, Default)]
pub(super) struct Trial<'a> {
    pub(super) first: Option<&'a [f32]>,
    pub(super) second: Option<&'a [f32]>,
}

/// Decides about all pieces.
pub(super) fn select(
    tree: &Tree,
    pieces: &Pieces,
    page: &PageTitles,
    ld: &Ld,
    trial: &Trial<'_>,
) -> Selection {
    let mut selection = judge(tree, pieces, page, ld, trial);
    take::take(tree, pieces, &mut selection, page.genre.is_thread());
    leave::leave(tree, pieces, &mut selection, page.genre.is_thread());
    selection
}

/// What the model says about all pieces.
fn judge(tree: &Tree, pieces: &Pieces, page: &PageTitles, ld: &Ld, trial: &Trial<'_>) -> Selection {
    let survey = features::survey(tree, pieces, page);
    let body = stated(ld);
    let known = |text: &str| match &body {
        None => -1.0,
        Some(body) => {
            let is_in = |text: &str| memmem::find(body.as_bytes(), squeeze(text).as_bytes()).is_some();
            f32::from(u8::from(text.len() >= 20 && is_in(text)))
        }
    };
    let kinds = features::kinds(tree, pieces);
    let rows = features::features(tree, pieces, &survey, &kinds, &page.genre, &known);
    let seen: Vec<usize> =
        (0..pieces.all.len()).filter(|index| pieces.all[*index].shown != Shown::NoScript).collect();
    let row = |index: usize| (rows.get(index), &[][..]);
    let mut first = scores(pieces, trial.first, &seen, &|which| model::FIRST.scores(which, &row));
    first.iter_mut().filter(|score| **score < CLEAR).for_each(|score| *score = 0.0);
    let sizes: Vec<f32> = survey.shapes.iter().map(|shape| shape.size as f32).collect();
    let groups = features::groups(tree, pieces, &kinds);
    let more = features::second(&first, &sizes, &groups);
    // If nothing here or around was taken for content, there is none.
    let near: Vec<usize> =
        seen.into_iter().filter(|index| more[*index][features::SECOND_NEAR] != 0.0).collect();
    let row = |index: usize| (rows.get(index), more[index].as_slice());
    let scores = scores(pieces, trial.second, &near, &|which| model::SECOND.scores(which, &row));
    let taken: Vec<bool> = scores.iter().map(|score| *score >= TAKEN).collect();
    let rules = vec![None; taken.len()];
    Selection { rows, more, kinds, scores, taken, rules, survey }
}

/// A score for each piece: those to try, or the model's; 0 for pieces not in `which`.
fn scores(
    pieces: &Pieces,
    trial: Option<&[f32]>,
    which: &[usize],
    ask: &dyn Fn(&[usize]) -> Vec<f32>,
) -> Vec<f32> {
    let mut out = vec![0.0_f32; pieces.all.len()];
    match trial {
        Some(trial) => which.iter().for_each(|index| out[*index] = trial.get(*index).copied().unwrap_or(0.0)),
        None => which.iter().zip(ask(which)).for_each(|(index, score)| out[*index] = score),
    }
    out
}

/// What the publisher gives as the article's text in JSON-LD.
fn stated(ld: &Ld) -> Option<String> {
    ld.articles()
        .iter()
        .filter_map(|article| article.get("articleBody")?.as_str())
        .max_by_key(|body| body.len())
        .map(squeeze)
        .filter(|body| body.len() >= 200)
}

/// Letters and digits only, for comparison.
fn squeeze(text: &str) -> String {
    text.chars().filter(|char| char.is_alphanumeric()).collect()
}
