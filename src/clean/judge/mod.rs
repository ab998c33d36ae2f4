//! A second opinion beside the rules: how alike a block is to boilerplate, learnt from labelled
//! articles.
//!
//! Two sums over hashed words, letters and markup ([`grams`]) say how much a block by itself
//! resembles boilerplate; boosted trees over these, the block's look, its place and its neighbours
//! ([`features`]) say how likely it is to be boilerplate where it stands. The model may veto a
//! rule's cut and, if very sure, add one (`clean::second`). `train/judge` makes the model and says
//! from what, and why it stands beside the rules and not in place of them.

mod features;
mod grams;
mod model;

use std::sync::LazyLock;

use features::Article;
use model::{Forest, Model};

use super::{
    Document,
    alike::Alike,
    layout::{Layout, Line},
};
use crate::extract::Block;

/// The names of all features, in the order of a row.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let document = Document { blocks: vec![Block::default()], ..Document::default() };
    let layout = Layout::of(&document);
    let alike = [Alike::default()];
    let article = Article::new(&layout, &alike);
    let mut names = Vec::new();
    for (index, line) in layout.lines.iter().enumerate() {
        article.features(index, line, &mut |name, _| names.push(name));
    }
    names
});

/// The built-in model. A mistake in it fails a test and never reaches a user.
static MODEL: LazyLock<Result<Model, String>> =
    LazyLock::new(|| Model::read(include_bytes!("model.bin"), &NAMES));

/// What the model says about a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Opinion {
    /// It belongs to the article.
    Keep,
    /// Nothing certain enough.
    Unsure,
    /// It is boilerplate, with this probability, 0 to 1.
    Cut(f32),
}

/// What the model says about each block.
pub(super) fn opinions(layout: &Layout<'_>) -> Vec<Opinion> {
    let Ok(model) = MODEL.as_ref() else { return vec![Opinion::Unsure; layout.lines.len()] };
    let alike: Vec<Alike> = layout.lines.iter().map(|line| alike(model, line)).collect();
    let article = Article::new(layout, &alike);
    let forest = if layout.plain { &model.plain } else { &model.marked };
    let mut row = Vec::with_capacity(NAMES.len());
    let opinion = |(index, line)| {
        row.clear();
        article.features(index, line, &mut |_, value| row.push(value));
        forest.opinion(&row)
    };
    layout.lines.iter().enumerate().map(opinion).collect()
}

impl Forest {
    fn opinion(&self, row: &[f32]) -> Opinion {
        let score = self.score(row);
        if score < self.keep {
            Opinion::Keep
        } else if score > self.cut {
            Opinion::Cut(1.0 / (1.0 + (-score).exp()))
        } else {
            Opinion::Unsure
        }
    }
}

/// How much a block by itself resembles boilerplate. Computed once, although every round asks.
fn alike(model: &Model, line: &Line<'_>) -> Alike {
    *line.alike.get_or_init(|| {
        let (mut words, mut chars) = (Sum::default(), Sum::default());
        grams::words(&line.block.text, |bucket| words.add(model.text.weight(bucket)));
        grams::chars(&line.block.text, |bucket| chars.add(model.text.weight(bucket)));
        let text = model.text_bias + model.text.scale() * (words.unit() + chars.unit());
        if line.block.classes.is_empty() && line.block.hrefs.is_empty() {
            return Alike { text, markup: 0.0 };
        }
        let mut names = Sum::default();
        grams::markup(line.block, |bucket| names.add(model.markup.weight(bucket)));
        Alike { text, markup: model.markup_bias + model.markup.scale() * names.unit() }
    })
}

/// A sum of weights in which a group counts once, however many weights it has.
#[derive(Default)]
struct Sum {
    total: f32,
    count: f32,
}

impl Sum {
    fn add(&mut self, weight: f32) {
        self.total += weight;
        self.count += 1.0;
    }

    fn unit(&self) -> f32 {
        self.total / self.count.max(1.0).sqrt()
    }
}

/// What the trainer needs of a block.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Explained {
    /// Buckets of words, of letters, of markup.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<u32>,
    /// See `words`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chars: Vec<u32>,
    /// See `words`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub markup: Vec<u32>,
    /// The features, in the order of [`feature_names`].
    pub features: Vec<f32>,
    /// Whether the whole article has no markup.
    pub plain: bool,
}

impl Explained {
    /// Keeps the features only.
    pub fn forget_buckets(&mut self) {
        self.words.clear();
        self.chars.clear();
        self.markup.clear();
    }
}

/// The names of all features, in the order of a row.
pub fn feature_names() -> &'static [&'static str] {
    &NAMES
}

/// What the trainer needs of each block of an article; `alike` holds its own sums, by block, if it
/// already has any.
pub fn explain(document: &Document, alike: &[Alike]) -> Vec<Explained> {
    let layout = Layout::of(document);
    let mut all = alike.to_vec();
    all.resize(layout.lines.len(), Alike::default());
    let article = Article::new(&layout, &all);
    let explain = |(index, line): (usize, &Line<'_>)| {
        let block = line.block;
        let mut explained =
            Explained { words: vec![], chars: vec![], markup: vec![], features: vec![], plain: layout.plain };
        grams::words(&block.text, |bucket| explained.words.push(bucket));
        grams::chars(&block.text, |bucket| explained.chars.push(bucket));
        grams::markup(block, |bucket| explained.markup.push(bucket));
        article.features(index, line, &mut |_, value| explained.features.push(value));
        explained
    };
    layout.lines.iter().enumerate().map(explain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_one_of_this_program() {
        assert_eq!(MODEL.as_ref().err(), None);
        let mut names = NAMES.clone();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), NAMES.len(), "no two features have the same name");
        assert!(NAMES.len() < 255);
    }
}
