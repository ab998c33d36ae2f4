//! The table of weights, read in place, and the best sequence of labels of a run.
//!
//! Layout of `model.bin`: a header of text that ends with a zero byte; 81 `i16` for the step from
//! one label to the next, little-endian; then for each slot eight `i8`, one for each label but
//! [`OUTSIDE`], whose weight is 0. `examples/train_names.rs` writes it.

use std::sync::LazyLock;

use super::features::{Run, SLOT_BITS, Scene};

static TABLE: &[u8] = include_bytes!("model.bin");

/// First line of a table that this program reads.
const MAGIC: &str = "copydesk sequence tagger 1";

/// Number of labels: outside, and begin and inside for each of four kinds.
pub(super) const LABELS: usize = 9;

/// Not part of a name.
pub(super) const OUTSIDE: usize = 0;

/// Scores of the labels of a word.
pub(super) type Row = [i32; LABELS];

/// Whether a label may follow another: the inside of a name only its begin or inside.
pub(super) fn follows(before: usize, label: usize) -> bool {
    label == OUTSIDE || label % 2 == 1 || before == label || before + 1 == label
}

/// The table's parts.
#[derive(Debug)]
pub(super) struct Model {
    steps: &'static [u8],
    slots: &'static [u8],
}

impl Model {
    /// The built-in table.
    pub(super) fn builtin() -> &'static Self {
        // The table is built in, and a test reads it.
        #[expect(clippy::expect_used, reason = "a constant table, read in the tests")]
        static MODEL: LazyLock<Model> =
            LazyLock::new(|| Model::read(TABLE).expect("model.bin is a table of weights"));
        &MODEL
    }

    /// Reads a table; an error says what is wrong with it.
    fn read(table: &'static [u8]) -> Result<Self, String> {
        let end = table.iter().position(|byte| *byte == 0).ok_or("the header has no end")?;
        let (header, rest) = table.split_at_checked(end + 1).unwrap_or_default();
        if !header.starts_with(MAGIC.as_bytes()) || header.get(MAGIC.len()) != Some(&b'\n') {
            return Err(format!("does not begin with `{MAGIC}`"));
        }
        let tables = rest.split_at_checked(LABELS * LABELS * 2);
        let (steps, slots) = tables.ok_or("the table ends early")?;
        if slots.len() != (LABELS - 1) << SLOT_BITS {
            return Err(format!("2^{SLOT_BITS} slots of {} labels have {} bytes", LABELS - 1, slots.len()));
        }
        Ok(Self { steps, slots })
    }

    /// The number that the header gives for the features of the sample when the table was learnt.
    #[cfg(test)]
    pub(super) fn features() -> Option<&'static str> {
        let end = TABLE.iter().position(|byte| *byte == 0)?;
        let header = std::str::from_utf8(TABLE.get(..end)?).ok()?;
        header.lines().find_map(|line| line.strip_prefix("features "))
    }

    /// What a step from one label to the next is worth.
    pub(super) fn step(&self, before: usize, label: usize) -> i32 {
        let at = (before * LABELS + label) * 2;
        let two = self.steps.get(at..at + 2).and_then(|two| two.try_into().ok());
        i32::from(i16::from_le_bytes(two.unwrap_or_default()))
    }

    /// Scores of the labels of a word, by the slots of its features.
    pub(super) fn row(&self, slots: &[u32]) -> Row {
        let mut row = [0; LABELS];
        for slot in slots {
            let at = (*slot as usize & ((1 << SLOT_BITS) - 1)) * (LABELS - 1);
            let weights = self.slots.get(at..at + LABELS - 1).unwrap_or_default();
            for (sum, weight) in row.iter_mut().skip(1).zip(weights) {
                *sum += i32::from(i8::from_le_bytes([*weight]));
            }
        }
        row
    }

    /// The labels of a run, and the scores of each word.
    pub(super) fn labels(
        &self,
        scene: &Scene<'_>,
        run: &Run,
        slots: &mut Vec<u32>,
    ) -> (Vec<usize>, Vec<Row>) {
        let rows: Vec<Row> = run
            .clone()
            .map(|at| {
                scene.features(at, run, slots);
                self.row(slots)
            })
            .collect();
        (best(&rows, |before, label| self.step(before, label)), rows)
    }
}

/// The best sequence of labels (Viterbi), from outside to outside.
pub(super) fn best(rows: &[Row], step: impl Fn(usize, usize) -> i32) -> Vec<usize> {
    const NEVER: i32 = i32::MIN / 4;
    let mut scores = [NEVER; LABELS];
    scores[OUTSIDE] = 0;
    let mut back: Vec<[usize; LABELS]> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut next = [NEVER; LABELS];
        let mut from = [OUTSIDE; LABELS];
        for (label, own) in row.iter().enumerate() {
            for (before, score) in scores.iter().enumerate().filter(|(before, _)| follows(*before, label)) {
                let sum = score + own + step(before, label);
                if let (Some(next), Some(from)) = (next.get_mut(label), from.get_mut(label))
                    && sum > *next
                {
                    (*next, *from) = (sum, before);
                }
            }
        }
        scores = next;
        back.push(from);
    }
    let last = (0..LABELS).max_by_key(|label| scores.get(*label).map(|score| score + step(*label, OUTSIDE)));
    let mut label = last.unwrap_or(OUTSIDE);
    let mut labels = vec![OUTSIDE; rows.len()];
    for (at, from) in back.iter().enumerate().rev() {
        if let Some(slot) = labels.get_mut(at) {
            *slot = label;
        }
        label = from.get(label).copied().unwrap_or(OUTSIDE);
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_another_form_is_refused() {
        assert!(Model::read(b"copydesk sequence tagger 2\n\0").unwrap_err().contains("does not begin"));
        assert_eq!(Model::read(b"copydesk sequence tagger 1\n\0").unwrap_err(), "the table ends early");
        let short = Model::read(TABLE.split_last().unwrap().1).unwrap_err();
        assert!(short.contains("2^19 slots"), "{short}");
    }
}
