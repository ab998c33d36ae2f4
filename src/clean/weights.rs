//! Weights and cut-offs of the evidence.
//!
//! All were chosen by hand on `dev.jsonl`, 160 labelled articles and 145 fragments from 176 sites, and are
//! accurate to about a tenth; `train/judge/README.md` says which other sites they were measured on. A weight
//! is the probability that a block is boilerplate if nothing else is known.

use super::layout::CHAIN_MAX;

/// Share of the counter-evidence that is left if markup or a whole known line speaks for removal:
/// captions and teasers are written in sentences too.
pub(super) const COUNTER_LEFT: f32 = 0.25;

/// Score from which a block goes.
pub(super) const THRESHOLD: f32 = 0.75;
/// Score from which a block speaks for its neighbours.
pub(super) const SURE: f32 = 0.75;

/// Weight from which a rule of the user is not overruled.
pub(super) const OWN_RULE: f32 = 0.9;

/// Weights of class names by their distance from the block.
pub(super) const DEPTH: [f32; CHAIN_MAX] = [1.0, 0.97, 0.88, 0.7];

/// What is left of the weight of a class name that is also given to parts of the article.
pub(super) const DOUBTFUL: f32 = 0.55;

/// What is left of the weight of rules for another language than the article's.
pub(super) const OTHER_LANGUAGE: f32 = 0.7;
/// The same for a single word.
pub(super) const OTHER_LANGUAGE_WORD: f32 = 0.5;
/// The same for labels of advertisements, which come with the advertisement in its language.
pub(super) const OTHER_LANGUAGE_LABEL: f32 = 0.86;

/// Default weights by anchor.
pub(super) const LINE: f32 = 0.98;
pub(super) const START: f32 = 0.86;
pub(super) const END: f32 = 0.82;
pub(super) const ANY: f32 = 0.8;
pub(super) const MADE_OF: f32 = 0.9;
pub(super) const CLASS: f32 = 0.86;
pub(super) const TAG: f32 = 0.85;
/// Weight of a rule by link share, for a block that is all link.
pub(super) const LINK: f32 = 0.8;
/// What is left of the weight of a class name that most of the article carries.
pub(super) const CONTAINER: f32 = 0.1;
/// Length in characters from which a paragraph is less likely to be boilerplate, whatever its
/// class, and what is left of the weight.
pub(super) const LONG_PROSE: usize = 300;
pub(super) const LONG_PROSE_LEFT: f32 = 0.8;
/// What is left, for a paragraph, of the weight of class names of elements further out than its
/// parent.
pub(super) const OUTER_LEFT: f32 = 0.75;
/// What is left of the weight of a paragraph's own class name amid the article's paragraphs.
pub(super) const LEAD_LEFT: f32 = 0.6;
/// What is left of the weight of the class names of a heading above a paragraph.
pub(super) const HEADING_LEFT: f32 = 0.6;
