//! Which pieces are the article.

use std::collections::HashSet;

use memchr::memmem;

use super::Leading;
use super::features::{self, Known, Rows, Survey};
use super::hints::Hint;
use super::ld::Ld;
use super::model;
use super::tree::Tree;
use super::walk::{Piece, Pieces, Shown};

/// Score from which a piece is taken.
const TAKEN: f32 = 0.55;
/// A page without this much text has no article beside its comments.
const LEFT: u32 = 250;
/// A heading with nothing of the article in so many pieces after it heads something else.
const HEADED: usize = 8;
/// A piece with so many characters is a paragraph; a dateline has fewer than the second.
const PARAGRAPH: u32 = 120;
const DATELINE: u32 = 100;
/// Features named as the reasons of a decision.
const LEADING: usize = 5;
/// First scores below this count as none.
const CLEAR: f32 = 0.05;

/// A page's pieces with what was decided about each.
pub(super) struct Selection {
    pub(super) rows: Rows,
    /// What the second look knows beside the features.
    pub(super) more: Vec<[f32; features::SECOND_COUNT]>,
    pub(super) groups: Vec<[u32; 3]>,
    pub(super) scores: Vec<f32>,
    pub(super) taken: Vec<bool>,
    /// The rules that left out what the score would have taken.
    pub(super) rules: Vec<Option<&'static str>>,
    pub(super) survey: Survey,
}

impl Selection {
    /// What weighed most in the decision about a piece; nothing where it was not looked at twice.
    pub(super) fn leading(&self, index: usize, names: &[String]) -> Vec<Leading> {
        let (row, Some(more)) = (self.rows.get(index), self.more.get(index)) else { return Vec::new() };
        if self.scores.get(index).is_none_or(|score| *score == 0.0) {
            return Vec::new();
        }
        let row: Vec<f32> = row.iter().chain(more).copied().collect();
        let parts = model::SECOND.parts(&row).into_iter().take(LEADING);
        parts
            .filter_map(|(feature, weight)| {
                Some(Leading { name: names.get(feature)?.clone(), value: *row.get(feature)?, weight })
            })
            .collect()
    }
}

/// Decides about all pieces.
pub(super) fn select(tree: &Tree, pieces: &Pieces, page: &Known, ld: &Ld) -> Selection {
    let survey = features::survey(tree, pieces, page);
    let body = ld
        .articles()
        .iter()
        .filter_map(|article| article.get("articleBody")?.as_str())
        .max_by_key(|body| body.len())
        .map(squeeze)
        .filter(|body| body.len() >= 200);
    let known = |text: &str| match &body {
        None => -1.0,
        Some(body) => {
            let is_in = |text: &str| memmem::find(body.as_bytes(), squeeze(text).as_bytes()).is_some();
            f32::from(u8::from(text.len() >= 20 && is_in(text)))
        }
    };
    let kinds = features::kinds(tree, pieces);
    let rows = features::features(tree, pieces, &survey, &kinds, &known);
    let mut first = vec![0.0_f32; pieces.all.len()];
    let seen: Vec<usize> =
        (0..pieces.all.len()).filter(|index| pieces.all[*index].shown != Shown::NoScript).collect();
    let scores = model::FIRST.scores(&seen, &|index| (rows.get(index), &[]));
    for (index, score) in seen.iter().zip(scores) {
        first[*index] = if score < CLEAR { 0.0 } else { score };
    }
    let sizes: Vec<f32> = survey.shapes.iter().map(|shape| shape.size as f32).collect();
    let groups = features::groups(tree, pieces, &kinds);
    let more = features::second(&first, &sizes, &groups);
    let mut scores = vec![0.0_f32; pieces.all.len()];
    // Where nothing here or around was taken for content, there is none.
    let near: Vec<usize> = seen.into_iter().filter(|index| more[*index][12] != 0.0).collect();
    for (index, score) in
        near.iter().zip(model::SECOND.scores(&near, &|index| (rows.get(index), &more[index])))
    {
        scores[*index] = score;
    }
    let mut taken: Vec<bool> = scores.iter().map(|score| *score >= TAKEN).collect();
    let mut rules = vec![None; taken.len()];
    let mut leave = |taken: &mut [bool], rule: &'static str, which: &mut dyn FnMut(usize) -> bool| {
        for (index, (taken, named)) in taken.iter_mut().zip(&mut rules).enumerate() {
            if *taken && which(index) {
                (*taken, *named) = (false, Some(rule));
            }
        }
    };
    // The headline has a field of its own.
    if let Some(headline) = survey.headline
        && pieces.all.get(headline).is_some_and(|piece| piece.tag.is_heading())
        && rows.value(headline, features::LIKENESS).is_some_and(|likeness| likeness >= 0.9)
        && !taken.iter().take(headline).any(|taken| *taken)
    {
        leave(&mut taken, "headline", &mut |index| index == headline);
    }
    if has_article_beside_comments(&taken, pieces, &survey) {
        leave(&mut taken, "comment", &mut |index| pieces.all.get(index).is_some_and(is_comment));
    }
    // The second copy of a text (slide, widget, print version) is one too many.
    let mut seen = HashSet::new();
    leave(&mut taken, "copy", &mut |index| {
        let (piece, shape) = (&pieces.all[index], &survey.shapes[index]);
        piece.chars >= 50 && !seen.insert(shape.hash)
    });
    if in_own_article(&taken, &rows, &survey) >= LEFT {
        // Cards of other articles inside this one.
        leave(&mut taken, "other", &mut |index| headline_article(&rows, index) == 1.0);
    }
    let datelines = datelines(&taken, pieces, &survey);
    leave(&mut taken, "dateline", &mut |index| datelines.contains(&index));
    let headings = heads_nothing(&taken, pieces);
    leave(&mut taken, "heading", &mut |index| headings.contains(&index));
    Selection { rows, more, groups, scores, taken, rules, survey }
}

/// 2 in the `article` element around the headline, 1 in another one.
fn headline_article(rows: &Rows, index: usize) -> f32 {
    rows.value(index, features::headline_article()).unwrap_or(0.0)
}

/// How much text was taken in the headline's own `article` element.
fn in_own_article(taken: &[bool], rows: &Rows, survey: &Survey) -> u32 {
    let all = taken.iter().zip(&survey.shapes).enumerate();
    all.filter(|(index, (taken, _))| **taken && headline_article(rows, *index) == 2.0)
        .map(|(_, (_, shape))| shape.size)
        .sum()
}

/// Lines with a date and maybe a name, ahead of the first paragraph: they have fields of their own.
fn datelines(taken: &[bool], pieces: &Pieces, survey: &Survey) -> HashSet<usize> {
    let all = taken.iter().zip(&pieces.all).zip(&survey.shapes).enumerate();
    all.filter(|(_, ((taken, _), _))| **taken)
        .take_while(|(_, ((_, piece), _))| piece.chars < PARAGRAPH)
        .filter(|(_, ((_, piece), shape))| {
            piece.chars < DATELINE
                && !piece.tag.is_heading()
                && shape.ends != 2
                && has_year(pieces.text_of(piece))
        })
        .map(|(index, _)| index)
        .collect()
}

/// A year between 1900 and 2099, as a number of its own.
fn has_year(text: &str) -> bool {
    text.split(|char: char| !char.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")))
}

/// The headings that are taken and head nothing that is.
fn heads_nothing(taken: &[bool], pieces: &Pieces) -> HashSet<usize> {
    let mut out = HashSet::new();
    let mut next = usize::MAX;
    for (index, piece) in pieces.all.iter().enumerate().rev() {
        if !taken.get(index).is_some_and(|taken| *taken) {
            continue;
        }
        if piece.tag.is_heading() && next > index + HEADED {
            out.insert(index);
        } else {
            next = index;
        }
    }
    out
}

/// A forum's thread is all comments: they are left out only where something else is there.
fn has_article_beside_comments(taken: &[bool], pieces: &Pieces, survey: &Survey) -> bool {
    let rest = taken.iter().zip(&pieces.all).zip(&survey.shapes);
    let left: u32 =
        rest.filter(|((taken, piece), _)| **taken && !is_comment(piece)).map(|(_, shape)| shape.size).sum();
    left >= LEFT
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
