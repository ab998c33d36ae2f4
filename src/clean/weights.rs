//! Weights and cut-offs of the evidence.
//!
//! All were chosen by hand on `dev.jsonl`, 160 labelled articles and 145 fragments of 176 sites, and
//! are right to about a tenth; what the sites were that they were not chosen on is said in
//! `train/judge/README.md`. A weight is how likely a block is boilerplate if nothing else is known.

use super::layout::CHAIN_MAX;

/// Share of the counter-evidence that is left where markup or a whole known line speaks: captions
/// and teasers are written in sentences too.
pub(super) const COUNTER_LEFT: f32 = 0.25;

/// Score from which a block goes.
pub(super) const THRESHOLD: f32 = 0.75;
/// Score from which a block speaks for its neighbours.
pub(super) const SURE: f32 = 0.75;

/// Weight from which a rule of the user's own is not argued with.
pub(super) const OWN_RULE: f32 = 0.9;

/// Weights of class names by their distance from the block.
pub(super) const DEPTH: [f32; CHAIN_MAX] = [1.0, 0.97, 0.88, 0.7];

/// What is left of a class name that is given to parts of the article as well.
pub(super) const DOUBTFUL: f32 = 0.55;

/// Rules of another language than the article's hold this much.
pub(super) const OTHER_LANGUAGE: f32 = 0.7;
/// The same of a single word.
pub(super) const OTHER_LANGUAGE_WORD: f32 = 0.5;
/// The labels of advertisements, which come with the advertisement.
pub(super) const OTHER_LANGUAGE_LABEL: f32 = 0.86;

/// Default weights by anchor.
pub(super) const LINE: f32 = 0.98;
pub(super) const START: f32 = 0.86;
pub(super) const END: f32 = 0.82;
pub(super) const ANY: f32 = 0.8;
pub(super) const MADE_OF: f32 = 0.9;
pub(super) const CLASS: f32 = 0.86;
pub(super) const TAG: f32 = 0.85;
/// A block that is all link, by a rule.
pub(super) const LINK: f32 = 0.8;
/// What is left of a class name that most of the article carries.
pub(super) const CONTAINER: f32 = 0.1;
/// Length from which a paragraph is less likely boilerplate whatever its class, and what is left.
pub(super) const LONG_PROSE: usize = 300;
pub(super) const LONG_PROSE_LEFT: f32 = 0.8;
/// What is left for a paragraph of the class names of elements further out than its parent.
pub(super) const OUTER_LEFT: f32 = 0.75;
/// What is left of a paragraph's own class name amid the article's paragraphs.
pub(super) const LEAD_LEFT: f32 = 0.6;
/// What is left of the class names of a heading above a paragraph.
pub(super) const HEADING_LEFT: f32 = 0.6;
