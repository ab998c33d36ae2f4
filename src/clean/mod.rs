//! Removing what does not belong in an article, with a record of every cut.
//!
//! How a block is judged: rules (phrases of whole lines, at the start, at the end, inside; class names;
//! elements), the share and the targets of links, the look of the line, and what repeats across the site's
//! recent articles each give evidence. Within a source the strongest counts, sources combine as if
//! independent (noisy-or), and counter-evidence (quotations, words of reporting, sentences that tell
//! something, prose) is subtracted. Then the neighbours have their say: sections that a head opens, boxes,
//! runs, the matter after the last paragraph. If most of the long paragraphs would go, only whole lines and
//! site rules count, and [`Cleaned::fallback`] says so.
//!
//! Captions, credits, bylines and bios leave the text as well; corrections and the like become
//! [`Cleaned::notes`]; everything that was cut is in [`Cleaned::removed`]. A paragraph that merely
//! ends in boilerplate loses only that end.
//!
//! Cleaning is repeated on what stays until nothing more goes (at most 12 rounds), so that
//! cleaning a cleaned article with the same metadata and no memory changes nothing.
//!
//! Rules are written in `config/rules/*.yaml`: see [`RuleSet`].
//!
//! No I/O, no clock, no panic.

mod alike;
mod anchors;
mod byline;
#[cfg(test)]
mod cases;
mod cells;
mod classes;
mod cleaner;
mod compiled;
mod context;
mod counter;
mod evidence;
mod inline;
pub mod judge;
pub mod kind;
mod layout;
mod line;
mod linked;
mod lists;
mod literals;
mod loss;
mod made_of;
mod matcher;
mod memory;
mod normal;
mod plain;
mod poll;
mod prose;
mod rules;
mod second;
mod sentences;
mod series;
mod shape;
mod steps;
mod state;
mod structure;
mod suggest;
mod summary;
mod thread;
mod weights;

use serde::{Deserialize, Serialize};

use crate::extract::Block;

pub use alike::Alike;
pub use cleaner::Cleaner;
pub use kind::Kind;
pub use loss::{Jump, RemovedShare};
pub use memory::SiteMemory;
pub use rules::{PACKS, Rule, RuleSet};
pub use suggest::{Suggestion, Suggestions};

/// One reason for or against removing a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Rule id.
    pub rule: String,
    /// Weight in favour of removal; negative for counter-evidence.
    pub weight: f32,
}

/// What was decided about one block.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    /// Whether it is removed from the text.
    pub removed: bool,
    /// Kind of boilerplate, see [`Kind`]; empty if none.
    pub kind: String,
    /// Combined score, 0 to 1.
    pub score: f32,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// A block, or a part of one, that was cut out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removed {
    /// Kind of boilerplate.
    pub kind: String,
    /// The rule with the most weight.
    pub rule: String,
    /// Combined score, 0 to 1.
    pub score: f32,
    /// The text that was cut.
    pub text: String,
    /// Index of the block in the uncleaned article.
    pub position: usize,
    /// Byte range within the block if only a part of it was cut.
    pub span: Option<(usize, usize)>,
}

/// A correction, update or disclaimer: kept beside the text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Name of a [`Kind`] of the tier [`Note`](kind::Tier::Note).
    pub kind: String,
    /// The note itself.
    pub text: String,
}

/// The input of cleaning.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Id of the article, so that it does not count as its own history.
    pub id: Option<String>,
    /// Registrable domain, by which site rules and the memory are chosen.
    pub site: String,
    /// Language code, if known.
    pub language: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Address of the article.
    pub url: Option<String>,
    /// The blocks in order.
    pub blocks: Vec<Block>,
}

/// The result of cleaning.
#[derive(Clone, Debug, Default)]
pub struct Cleaned {
    /// The blocks that stay, shortened if a part was cut.
    pub blocks: Vec<Block>,
    /// One per block that went in.
    pub decisions: Vec<Decision>,
    /// Everything that was cut.
    pub removed: Vec<Removed>,
    /// Corrections, updates and the like.
    pub notes: Vec<Note>,
    /// Names found in bylines that were cut.
    pub bylines: Vec<String>,
    /// Set if so much would have gone that only line and site rules were applied.
    pub fallback: bool,
}
