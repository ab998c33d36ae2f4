//! The model file: a text header, then tables and trees.
//!
//! `train/judge` writes it. The header says what it was made from, names the features in the order
//! it was trained with, and has the cut-offs; a model that names a feature this program does not
//! know is refused.

use std::collections::HashMap;

use super::grams::{MARKUP_BITS, TEXT_BITS};

/// First line of the file.
const MAGIC: &str = "copydesk judge 1";
/// Bytes of a node in the file: feature, place of the right child, value.
const NODE_BYTES: usize = 6;
/// Feature of a leaf.
const LEAF: u8 = u8::MAX;

/// A sum over buckets.
#[derive(Debug)]
pub(super) struct Table {
    weights: Vec<i8>,
    scale: f32,
}

impl Table {
    pub(super) fn weight(&self, bucket: u32) -> f32 {
        self.weights.get(bucket as usize).map_or(0.0, |weight| f32::from(*weight))
    }

    pub(super) fn scale(&self) -> f32 {
        self.scale
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Index in the row, or `u16::MAX` for a leaf.
    feature: u16,
    /// Right child, from the tree's first node; the left one is the next node.
    right: u16,
    /// Threshold: a value goes left if it is not above it. In a leaf, its log-odds.
    value: f32,
}

/// Boosted trees, and the log-odds beyond which their opinion counts.
#[derive(Debug)]
pub(super) struct Forest {
    nodes: Vec<Node>,
    trees: Vec<usize>,
    base: f32,
    /// Below this the block belongs to the article.
    pub keep: f32,
    /// Above this the block is boilerplate.
    pub cut: f32,
}

impl Forest {
    /// Log-odds that a row is boilerplate.
    pub(super) fn score(&self, row: &[f32]) -> f32 {
        let mut sum = self.base;
        for tree in &self.trees {
            let mut at = *tree;
            // Children come after their parents, so this ends.
            while let Some(node) = self.nodes.get(at) {
                let Some(value) = row.get(usize::from(node.feature)) else {
                    sum += node.value;
                    break;
                };
                at = if *value <= node.value { at + 1 } else { tree + usize::from(node.right) };
            }
        }
        sum
    }
}

/// All that was learnt.
#[derive(Debug)]
pub(super) struct Model {
    pub text: Table,
    pub text_bias: f32,
    pub markup: Table,
    pub markup_bias: f32,
    /// For articles with markup, and without.
    pub marked: Forest,
    pub plain: Forest,
}

impl Model {
    /// Reads a model whose features are among `known`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(super) fn read(bytes: &[u8], known: &[&str]) -> Result<Self, String> {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or("the header has no end")?;
        let head = bytes.get(..end).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or_default();
        let mut lines = head.lines();
        if lines.next() != Some(MAGIC) {
            return Err(format!("does not begin with `{MAGIC}`"));
        }
        let fields: HashMap<&str, &str> = lines.filter_map(|line| line.split_once(": ")).collect();
        let field = |name: &str| fields.get(name).copied().ok_or(format!("`{name}` is missing"));
        let number = |name: &str| -> Result<f32, String> {
            field(name)?.parse().map_err(|_| format!("`{name}` is not a number"))
        };
        let mut columns = Vec::new();
        for name in field("features")?.split(' ') {
            let column = known.iter().position(|known| *known == name);
            columns.push(column.ok_or_else(|| {
                format!("this program does not know the feature `{name}`; train the model again")
            })?);
        }
        let mut rest = bytes.get(end + 2..).unwrap_or_default();
        let mut take = |count: usize| -> Result<&[u8], String> {
            let (taken, left) = rest.split_at_checked(count).ok_or("the file ends early")?;
            rest = left;
            Ok(taken)
        };
        let signed = |bytes: &[u8]| bytes.iter().map(|byte| byte.cast_signed()).collect();
        let text = Table { weights: signed(take(1 << TEXT_BITS)?), scale: number("text_scale")? };
        let markup = Table { weights: signed(take(1 << MARKUP_BITS)?), scale: number("markup_scale")? };
        let mut forest = |name: &str| -> Result<Forest, String> {
            let nodes = number(&format!("{name}_nodes"))? as usize;
            let (nodes, trees) = nodes_of(take(nodes * NODE_BYTES)?, &columns)?;
            let value = |key: &str| number(&format!("{name}_{key}"));
            Ok(Forest { nodes, trees, base: value("base")?, keep: value("keep")?, cut: value("cut")? })
        };
        let (marked, plain) = (forest("marked")?, forest("plain")?);
        if !rest.is_empty() {
            return Err(format!("{} bytes too many", rest.len()));
        }
        let (text_bias, markup_bias) = (number("text_bias")?, number("markup_bias")?);
        Ok(Self { text, text_bias, markup, markup_bias, marked, plain })
    }
}

/// Nodes in preorder, tree after tree, and where the trees begin.
fn nodes_of(bytes: &[u8], columns: &[usize]) -> Result<(Vec<Node>, Vec<usize>), String> {
    let (mut nodes, mut trees) = (Vec::new(), Vec::new());
    // Subtrees of the current tree that are still to come.
    let mut open = 0usize;
    for node in bytes.chunks_exact(NODE_BYTES) {
        let [feature, right, value @ ..] = node else { break };
        let value = f32::from_le_bytes(value.try_into().map_err(|_| "a node is cut short")?);
        if open == 0 {
            trees.push(nodes.len());
            open = 1;
        }
        let feature = if *feature == LEAF {
            open -= 1;
            u16::MAX
        } else {
            open += 1;
            let column = columns.get(usize::from(*feature)).ok_or("a node asks for no feature")?;
            u16::try_from(*column).map_err(|_| "too many features")?
        };
        nodes.push(Node { feature, right: u16::from(*right), value });
    }
    if open != 0 {
        return Err("the last tree has no end".into());
    }
    Ok((nodes, trees))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(features: &str, nodes: &[(u8, u8, f32)]) -> Vec<u8> {
        let count = nodes.len();
        let head = format!(
            "{MAGIC}\nfeatures: {features}\ntext_scale: 1\ntext_bias: 0\nmarkup_scale: 1\nmarkup_bias: 0\n\
             marked_nodes: {count}\nmarked_base: 0.5\nmarked_keep: -1\nmarked_cut: 1\n\
             plain_nodes: 0\nplain_base: 0\nplain_keep: -1\nplain_cut: 1\n\n"
        );
        let mut bytes = head.into_bytes();
        bytes.resize(bytes.len() + (1 << TEXT_BITS) + (1 << MARKUP_BITS), 0);
        for (feature, right, value) in nodes {
            bytes.extend([*feature, *right]);
            bytes.extend(value.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn features_are_found_by_name() {
        let nodes = [(1, 2, 3.0), (LEAF, 0, -1.0), (LEAF, 0, 2.0)];
        let model = Model::read(&file("length links", &nodes), &["links", "other", "length"]).unwrap();
        assert_eq!(model.marked.score(&[2.0, 0.0, 0.0]), -0.5, "links are not above 3");
        assert_eq!(model.marked.score(&[4.0, 0.0, 0.0]), 2.5);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let error = |bytes: &[u8]| Model::read(bytes, &["links", "length"]).unwrap_err();
        assert!(error(&file("length mood", &[])).contains("does not know the feature `mood`"));
        let whole = file("length", &[(LEAF, 0, 1.0)]);
        assert_eq!(error(whole.get(..whole.len() - 1).unwrap()), "the file ends early");
        assert!(error(b"copydesk judge 2\n\n").contains("copydesk judge 1"));
        assert!(error(&file("length", &[(0, 2, 1.0)])).contains("has no end"));
    }
}
