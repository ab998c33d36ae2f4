//! The features of all pieces as one table.

use super::table::{Feature, WIDTH};

/// A row for each piece.
pub(crate) struct Rows {
    values: Vec<f32>,
}

impl Rows {
    /// So many rows of zeros.
    pub(super) fn new(count: usize) -> Self {
        Self { values: vec![0.0; count * WIDTH] }
    }

    /// Features of a piece.
    pub(crate) fn get(&self, index: usize) -> &[f32] {
        self.values.get(index * WIDTH..(index + 1) * WIDTH).unwrap_or(&[])
    }

    /// One feature of a piece.
    pub(crate) fn value(&self, index: usize, feature: Feature) -> f32 {
        self.get(index).get(feature as usize).copied().unwrap_or(0.0)
    }

    /// The row of a piece, to be filled in.
    pub(super) fn row(&mut self, index: usize) -> Row<'_> {
        Row(self.values.get_mut(index * WIDTH..(index + 1) * WIDTH).unwrap_or(&mut []))
    }
}

/// A row that is filled in.
pub(super) struct Row<'a>(&'a mut [f32]);

impl Row<'_> {
    /// Sets a feature.
    pub(super) fn set(&mut self, feature: Feature, value: f32) {
        self.fill(feature as usize, &[value]);
    }

    /// Sets a feature that is or is not.
    pub(super) fn flag(&mut self, feature: Feature, value: bool) {
        self.set(feature, f32::from(u8::from(value)));
    }

    /// Sets several in a row.
    pub(super) fn fill(&mut self, from: usize, values: &[f32]) {
        if let Some(places) = self.0.get_mut(from..from + values.len()) {
            places.copy_from_slice(values);
        }
    }
}
