//! The model: boosted decision trees over the features of a piece, as a table.
//!
//! `tests/train/extract.py` trains it and writes `model.tsv`; see there for the material. Every line is a node:
//! feature, threshold, left and right child (relative to the tree's first node), or a leaf with its value. A
//! value goes left where it is not above the threshold. A model is the mean of several forests, which differ in
//! the seed only: in the log-odds; it costs little, since most pieces are clear after the first trees.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// After this many trees a sum below [`CLEAR`] is a no.
const CLEAR_AFTER: usize = 48;
const CLEAR: f32 = -4.0;
/// Log-odds at which the other forests are not asked any more after one: some 95 %.
const CERTAIN: f32 = 3.0;

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
    /// Forests that were made one, each from a seed of its own: their trees count so many times less.
    seeds: f32,
}

/// The first look at a piece, on its own.
pub(super) static FIRST: LazyLock<Model> = LazyLock::new(|| Model::read(include_str!("model.tsv"), "first"));
/// The second one, which knows how the pieces around were judged.
pub(super) static SECOND: LazyLock<Model> =
    LazyLock::new(|| Model::read(include_str!("model.tsv"), "second"));

impl Model {
    fn read(table: &str, name: &str) -> Self {
        let mut model = Self { nodes: Vec::new(), trees: Vec::new(), seeds: 1.0 };
        let mut is_own = false;
        for line in table.lines() {
            let mut cells = line.split('\t');
            let kind = cells.next().unwrap_or("");
            if kind == "model" {
                is_own = cells.next() == Some(name);
                if is_own {
                    model.seeds = cells.next().and_then(|cell| cell.parse().ok()).unwrap_or(1.0);
                }
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

    /// What each feature adds to the log-odds of a row, heaviest first: on the way down a tree every split moves
    /// the mean of the leaves that can still be reached, which is counted for its feature. With the mean of all
    /// leaves the parts sum to the score (Saabas, "Interpreting random forests", 2014).
    pub(super) fn parts(&self, row: &[f32]) -> Vec<(usize, f32)> {
        let mut parts: BTreeMap<usize, f32> = BTreeMap::new();
        for (index, tree) in self.trees.iter().enumerate() {
            let end = self.trees.get(index + 1).copied().unwrap_or(self.nodes.len());
            let nodes = self.nodes.get(*tree..end).unwrap_or(&[]);
            // Children stand behind their parent: from the end, every child is known before its parent.
            let mut means = vec![0.0_f32; nodes.len()];
            for (at, node) in nodes.iter().enumerate().rev() {
                let mean = |child: u16| means.get(usize::from(child)).copied().unwrap_or(0.0);
                let own = if node.feature == u16::MAX {
                    node.value
                } else {
                    (mean(node.left) + mean(node.right)) / 2.0
                };
                if let Some(mean) = means.get_mut(at) {
                    *mean = own;
                }
            }
            let mut at = 0;
            while let Some(node) = nodes.get(at).filter(|node| node.feature != u16::MAX) {
                let value = row.get(usize::from(node.feature)).copied().unwrap_or(0.0);
                let next = usize::from(if value <= node.value { node.left } else { node.right });
                let mean = |at: usize| means.get(at).copied().unwrap_or(0.0);
                *parts.entry(usize::from(node.feature)).or_default() += mean(next) - mean(at);
                if next <= at {
                    break;
                }
                at = next;
            }
        }
        let mut parts: Vec<(usize, f32)> = parts.into_iter().collect();
        parts.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
        parts
    }

    /// Probability that a piece is content.
    pub(super) fn score(&self, row: &[f32]) -> f32 {
        let mut sum = 0.0;
        let forest = self.trees.len() / self.seeds.max(1.0) as usize;
        for (index, tree) in self.trees.iter().enumerate() {
            if index > 0 && index % forest.max(1) == 0 {
                let so_far = sum * self.seeds / (index / forest.max(1)) as f32;
                if so_far.abs() > CERTAIN {
                    sum = so_far;
                    break;
                }
            }
            // What is clear after the first trees, the others do not turn: no block of 921 pages.
            if index == CLEAR_AFTER && sum * self.seeds < CLEAR {
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
