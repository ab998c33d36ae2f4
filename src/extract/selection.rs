//! What was decided about a page's pieces.

use super::{
    Leading,
    features::{self, Rows, Survey},
    model,
};

/// Features named as the reasons for a decision.
const LEADING: usize = 5;

/// A page's pieces with what was decided about each.
pub(crate) struct Selection {
    pub(crate) rows: Rows,
    /// What the second look knows besides the features.
    pub(crate) more: Vec<[f32; features::SECOND_COUNT]>,
    /// Pieces of one kind have the same number.
    pub(crate) kinds: Vec<u64>,
    pub(crate) scores: Vec<f32>,
    pub(crate) taken: Vec<bool>,
    /// The rules that left out what the score would have taken.
    pub(crate) rules: Vec<Option<&'static str>>,
    pub(crate) survey: Survey,
}

impl Selection {
    /// Leaves out a range of pieces because of a rule.
    pub(crate) fn leave(&mut self, which: std::ops::Range<usize>, rule: &'static str) {
        for index in which {
            if let (Some(taken @ true), Some(named)) = (self.taken.get_mut(index), self.rules.get_mut(index))
            {
                (*taken, *named) = (false, Some(rule));
            }
        }
    }

    /// What weighed most in the decision about a piece; nothing if it was not looked at twice.
    pub(crate) fn leading(&self, index: usize, names: &[String]) -> Vec<Leading> {
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
