//! The model: boosted decision trees over the features of a piece, as a table.
//!
//! `tests/train/extract.py` trains it and writes `model.tsv`; see there for the material. Every line is a node:
//! feature, threshold, left and right child (relative to the tree's first node), or a leaf with its value. A
//! value goes left where it is not above the threshold.

use std::sync::LazyLock;

/// After this many trees a sum below [`CLEAR`] is a no.
const CLEAR_AFTER: usize = 48;
const CLEAR: f32 = -4.0;

#[derive(Clone, Copy)]
struct Node {
    /// Feature, or `u16::MAX` for a leaf.
    feature: u16,
    left: u16,
    right: u16,
    /// Threshold, or the value of the leaf.
    value: f32,
}

/// A forest of boosted trees.
pub(super) struct Model {
    nodes: Vec<Node>,
    /// First nodes of the trees.
    trees: Vec<usize>,
}

/// The first look at a piece, on its own.
pub(super) static FIRST: LazyLock<Model> = LazyLock::new(|| Model::read(include_str!("model.tsv"), "first"));
/// The second one, which knows how the pieces around were judged.
pub(super) static SECOND: LazyLock<Model> =
    LazyLock::new(|| Model::read(include_str!("model.tsv"), "second"));

impl Model {
    fn read(table: &str, name: &str) -> Self {
        let mut model = Self { nodes: Vec::new(), trees: Vec::new() };
        let mut is_own = false;
        for line in table.lines() {
            let mut cells = line.split('\t');
            let kind = cells.next().unwrap_or("");
            if kind == "model" {
                is_own = cells.next() == Some(name);
            }
            if !is_own {
                continue;
            }
            let mut number = || cells.next().and_then(|cell| cell.parse::<f32>().ok()).unwrap_or(0.0);
            match kind {
                "tree" => model.trees.push(model.nodes.len()),
                "leaf" => {
                    model.nodes.push(Node { feature: u16::MAX, left: 0, right: 0, value: number() });
                }
                "split" => {
                    let (feature, left, right) = (number() as u16, number() as u16, number() as u16);
                    model.nodes.push(Node { feature, left, right, value: number() });
                }
                _ => {}
            }
        }
        model
    }

    /// Probability that a piece is content.
    pub(super) fn score(&self, row: &[f32]) -> f32 {
        let mut sum = 0.0;
        for (index, tree) in self.trees.iter().enumerate() {
            // What is clear after the first trees, the others do not turn: no block of 921 pages.
            if index == CLEAR_AFTER && sum < CLEAR {
                break;
            }
            let mut at = *tree;
            // Children stand behind their parent, so this ends.
            while let Some(node) = self.nodes.get(at) {
                if node.feature == u16::MAX {
                    sum += node.value;
                    break;
                }
                let value = row.get(usize::from(node.feature)).copied().unwrap_or(0.0);
                at = tree + usize::from(if value <= node.value { node.left } else { node.right });
                if at <= *tree {
                    break;
                }
            }
        }
        1.0 / (1.0 + (-sum).exp())
    }
}
