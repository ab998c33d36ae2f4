//! Names in a text by a sequence tagger: an averaged structured perceptron over what
//! [`features`] sees of each word, decoded for each run of capitalised words.
//!
//! README.md beside this file has the training data, its licences and the figures.

mod features;
mod learn;
mod lexicon;
mod model;

use features::Scene;
pub use learn::{Example, best, examples, fingerprint, slots, table};
use model::{LABELS, Model, OUTSIDE};

use super::{
    cues::Cues,
    gazetteer::{Gazetteer, Mention},
    words::Words,
};

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NameKind {
    Person,
    Organisation,
    Place,
    Other,
}

/// A name in a text.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// Index of its first word.
    pub(super) at: usize,
    /// Number of its words.
    pub(super) length: usize,
    pub(super) kind: NameKind,
    /// How far ahead of the next kind it is, in the table's units per word.
    pub(super) lead: i32,
}

/// The names in a text whose vocabulary `mentions` are known.
pub(super) fn names(
    words: &Words,
    language: &str,
    cues: &Cues,
    gazetteer: &Gazetteer,
    mentions: &[Mention],
) -> Vec<Name> {
    let scene = Scene::new(words, language, cues, gazetteer, mentions);
    let model = Model::builtin();
    let mut slots = Vec::with_capacity(64);
    let mut names: Vec<Name> = Vec::new();
    for run in scene.runs() {
        let (labels, rows) = model.labels(&scene, &run, &mut slots);
        let mut at = 0;
        while let Some(label) = labels.get(at).copied() {
            let Some(kind) = kind_of(label) else {
                at += 1;
                continue;
            };
            let length = 1 + labels.iter().skip(at + 1).take_while(|next| **next == label + 1).count();
            let mut lead = 0;
            for row in rows.iter().skip(at).take(length) {
                lead += lead_of(row, kind);
            }
            let count = i32::try_from(length).unwrap_or(1);
            names.push(Name { at: run.start + at, length, kind, lead: lead / count });
            at += length;
        }
    }
    names
}

fn kind_of(label: usize) -> Option<NameKind> {
    const KINDS: [NameKind; 4] = [NameKind::Person, NameKind::Organisation, NameKind::Place, NameKind::Other];
    label.checked_sub(1).and_then(|label| KINDS.get(label / 2)).copied()
}

/// How far a word's best label of that kind is ahead of the best one of another.
fn lead_of(row: &[i32; LABELS], kind: NameKind) -> i32 {
    let best = |own: bool| {
        let of_kind = row.iter().enumerate().filter(|(label, _)| (kind_of(*label) == Some(kind)) == own);
        of_kind.map(|(_, score)| *score).max().unwrap_or(OUTSIDE as i32)
    };
    best(true) - best(false)
}
