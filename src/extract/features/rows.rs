//! The features of all pieces as one table.

/// Rows of one width.
pub(in crate::extract) struct Rows {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
}

impl Rows {
    /// Features of a piece.
    pub(in crate::extract) fn get(&self, index: usize) -> &[f32] {
        self.values.get(index * self.width..(index + 1) * self.width).unwrap_or(&[])
    }

    /// One feature of a piece.
    pub(in crate::extract) fn value(&self, index: usize, feature: usize) -> Option<f32> {
        self.get(index).get(feature).copied()
    }
}
