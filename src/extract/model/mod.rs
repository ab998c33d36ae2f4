//! The model: boosted decision trees over the features of a piece, as a table.
//!
//! `make train` writes `model.tsv`; `README.md` beside it names the material and the figures. After comments
//! it begins with the names of the features, to which its lines refer by their place among them. Every other
//! line is a node: feature, left and right child (relative to the tree's first node), threshold, or a leaf
//! with its value. A value goes left if it is not above the threshold. A model is the mean, in log-odds, of
//! several forests that differ only in their seed; that costs little, since most pieces are clear after the
//! first trees.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::features;

/// After this many trees, log-odds below [`CLEAR`] mean no, and the other trees would not change that. With
/// -4 instead, and 3 for [`CERTAIN`], the scores of the 2,377 pages that the table was learnt from are the
/// same to 0.0003, at 1.4 times the cost.
const CLEAR_AFTER: usize = 48;
const CLEAR: f32 = -3.0;
/// Log-odds after one forest at which the others are not asked any more: in some 88 % of cases.
const CERTAIN: f32 = 2.0;
/// Rows that go through a tree together.
const LANES: usize = 8;

#[derive(Clone, Copy)]
struct Node {
    /// Feature, or `u16::MAX` for a leaf.
    feature: u16,
    left: u16,
    right: u16,
    /// Threshold, or the value of the leaf.
    value: f32,
}

/// A split as it is evaluated: what goes right cannot reach the leaves on the left.
#[derive(Clone, Copy)]
struct Split {
    threshold: f32,
    feature: u32,
    /// A bit for each leaf that can still be reached from the right; the first leaf is the lowest
    /// bit.
    right: u32,
}

/// A forest of boosted trees.
#[derive(Default)]
pub(super) struct Model {
    nodes: Vec<Node>,
    /// The splits and the leaves of all trees, and where those of each tree end.
    splits: Vec<Split>,
    leaves: Vec<f32>,
    ends: Vec<(usize, usize)>,
    /// Number of features that the splits ask about.
    width: usize,
    /// First nodes of the trees.
    trees: Vec<usize>,
    /// Number of forests merged into one, each from a different seed: each tree counts that much less.
    seeds: f32,
}

/// The first look at a piece, on its own.
pub(super) static FIRST: LazyLock<Model> = LazyLock::new(|| own("first"));
/// The second one, which knows how the pieces around were judged.
pub(super) static SECOND: LazyLock<Model> = LazyLock::new(|| own("second"));

/// One of the models of this program.
fn own(name: &str) -> Model {
    // The table is part of the program, and a test reads it.
    #[expect(clippy::expect_used, reason = "a constant table, read in the tests")]
    Model::read(include_str!("model.tsv"), name, &features::second_names()).expect("model.tsv is a model")
}

impl Model {
    /// Reads one of the models in a table; `names` are the features in the order of a row. An error names the
    /// line.
    fn read(table: &str, name: &str, names: &[String]) -> Result<Self, String> {
        let mut model = Self::default();
        // For each feature of the table, its place in a row.
        let mut places = Vec::new();
        let mut is_own = false;
        for (number, line) in (1..).zip(table.lines()).filter(|(_, line)| !line.starts_with('#')) {
            let (kind, cells) = line.split_once('\t').unwrap_or((line, ""));
            match kind {
                "features" => {
                    places = places_of(cells, names).map_err(|error| format!("line {number}: {error}"))?
                }
                "model" => {
                    let (own, seeds) = cells.split_once('\t').unwrap_or((cells, "1"));
                    is_own = own == name;
                    if is_own {
                        model.seeds =
                            seeds.parse().map_err(|_| format!("line {number}: seeds: {seeds:?}"))?;
                    }
                }
                _ if is_own => {
                    model
                        .node(kind, cells, &places)
                        .ok_or_else(|| format!("line {number}: no node: {line:?}"))?;
                }
                _ => {}
            }
        }
        if model.trees.is_empty() {
            return Err(format!("no model {name:?}"));
        }
        model.flatten();
        Ok(model)
    }

    /// Adds a line of a tree.
    fn node(&mut self, kind: &str, cells: &str, places: &[u16]) -> Option<()> {
        let mut cells = cells.split('\t');
        let node = match kind {
            "tree" => {
                self.trees.push(self.nodes.len());
                return Some(());
            }
            "leaf" => Node { feature: u16::MAX, left: 0, right: 0, value: cells.next()?.parse().ok()? },
            "split" => {
                let feature = *places.get(cells.next()?.parse::<usize>().ok()?)?;
                let (left, right) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
                Node { feature, left, right, value: cells.next()?.parse().ok()? }
            }
            _ => return None,
        };
        self.nodes.push(node);
        Some(())
    }

    /// The trees as rows of splits, for [`Self::scores`]. In `nodes` a tree stands in preorder, so that the leaves
    /// left of a split are those between its children.
    fn flatten(&mut self) {
        for (index, tree) in self.trees.iter().enumerate() {
            let end = self.trees.get(index + 1).copied().unwrap_or(self.nodes.len());
            let nodes = self.nodes.get(*tree..end).unwrap_or(&[]);
            let mut leaves = 0;
            let before: Vec<u32> = nodes
                .iter()
                .map(|node| {
                    let here = leaves;
                    leaves += u32::from(node.feature == u16::MAX);
                    here
                })
                .collect();
            let bits = |child: u16| {
                let leaves = before.get(usize::from(child)).copied().unwrap_or(0);
                1_u32.checked_shl(leaves).unwrap_or(0).wrapping_sub(1)
            };
            for node in nodes {
                if node.feature == u16::MAX {
                    self.leaves.push(node.value);
                } else {
                    let right = !(bits(node.right) & !bits(node.left));
                    let feature = u32::from(node.feature);
                    self.width = self.width.max(feature as usize + 1);
                    self.splits.push(Split { threshold: node.value, feature, right });
                }
            }
            self.ends.push((self.splits.len(), self.leaves.len()));
        }
    }

    /// What each feature adds to the log-odds of a row, heaviest first: on the way down a tree every split
    /// moves the mean of the leaves that can still be reached, and that difference counts for its feature.
    /// Together with the mean of all leaves the parts add up to the score (Saabas, "Interpreting random
    /// forests", 2014).
    pub(super) fn parts(&self, row: &[f32]) -> Vec<(usize, f32)> {
        let mut parts: BTreeMap<usize, f32> = BTreeMap::new();
        for (index, tree) in self.trees.iter().enumerate() {
            let end = self.trees.get(index + 1).copied().unwrap_or(self.nodes.len());
            let nodes = self.nodes.get(*tree..end).unwrap_or(&[]);
            // Children come after their parent: going from the end, every child is known before its parent.
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

    /// Probability that a piece is content, for the rows `which`; a row comes in two halves.
    ///
    /// Rows go through the trees in groups, and all splits of a tree are asked at once: the leaf is the first one
    /// that no split rules out (Lucchese et al., "QuickScorer", SIGIR 2015). No branch depends on a row, where
    /// walking down the trees mispredicts every other one.
    pub(super) fn scores<'a>(
        &self,
        which: &[usize],
        row: &dyn Fn(usize) -> (&'a [f32], &'a [f32]),
    ) -> Vec<f32> {
        let forest = (self.trees.len() / (self.seeds as usize).max(1)).max(1);
        let mut sums = vec![0.0_f32; which.len()];
        let mut open: Vec<usize> = (0..which.len()).collect();
        let mut columns = vec![[0.0_f32; LANES]; self.width];
        let mut from = 0;
        let looks = (1..).map(|count| count * forest).take_while(|end| *end < self.trees.len());
        for end in std::iter::once(CLEAR_AFTER.min(forest)).chain(looks).chain([self.trees.len()]) {
            for group in open.chunks(LANES) {
                for (lane, index) in group.iter().filter_map(|place| which.get(*place)).enumerate() {
                    // One loop for each half: chained they cost as much as the trees.
                    let (own, more) = row(*index);
                    let (first, second) = columns.split_at_mut(own.len().min(self.width));
                    fill(first, lane, own);
                    fill(second, lane, more);
                }
                let added = self.add(from, end, &columns, group, &sums);
                for (place, sum) in group.iter().zip(added) {
                    sums[*place] = sum;
                }
            }
            from = end;
            open.retain(|place| {
                let mean = sums[*place] * self.seeds / (end as f32 / forest as f32).max(1.0);
                let decided = mean < CLEAR || end >= forest && mean.abs() > CERTAIN;
                if decided {
                    sums[*place] = mean;
                }
                !decided
            });
        }
        sums.into_iter().map(|sum| 1.0 / (1.0 + (-sum).exp())).collect()
    }

    /// The sums of a group of rows with the trees from `from` to `end` added.
    fn add(
        &self,
        from: usize,
        end: usize,
        columns: &[[f32; LANES]],
        group: &[usize],
        sums: &[f32],
    ) -> [f32; LANES] {
        let mut out = [0.0_f32; LANES];
        for (out, place) in out.iter_mut().zip(group) {
            *out = sums.get(*place).copied().unwrap_or(0.0);
        }
        let mut begin = from.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or((0, 0));
        for (splits_end, leaves_end) in self.ends.get(from..end).unwrap_or(&[]).iter().copied() {
            let mut reached = [u32::MAX; LANES];
            for split in self.splits.get(begin.0..splits_end).unwrap_or(&[]) {
                let Some(column) = columns.get(split.feature as usize) else { continue };
                // Without a branch, so that the lanes are one vector.
                for (reached, value) in reached.iter_mut().zip(*column) {
                    *reached &= split.right | u32::from(value > split.threshold).wrapping_sub(1);
                }
            }
            let leaves = self.leaves.get(begin.1..leaves_end).unwrap_or(&[]);
            for (out, reached) in out.iter_mut().zip(reached) {
                *out += leaves.get(reached.trailing_zeros() as usize).copied().unwrap_or(0.0);
            }
            begin = (splits_end, leaves_end);
        }
        out
    }
}

/// Writes the values of a row into its lane.
fn fill(columns: &mut [[f32; LANES]], lane: usize, values: &[f32]) {
    for (column, value) in columns.iter_mut().zip(values) {
        column[lane % LANES] = *value;
    }
}

/// Where the features that a table names stand in a row.
fn places_of(cells: &str, names: &[String]) -> Result<Vec<u16>, String> {
    let place = |name: &str| {
        let found = names.iter().position(|known| known == name).map(|place| place as u16);
        found.ok_or_else(|| {
            format!("this program does not know the feature {name:?}: train with `make train`")
        })
    };
    cells.split_whitespace().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_it_was_made_from() {
        let table = include_str!("model.tsv");
        let comments: Vec<&str> = table.lines().take_while(|line| line.starts_with('#')).collect();
        for word in ["Made ", "20", "LightGBM", "data: ", "F1 "] {
            let found = comments.iter().any(|line| line.to_lowercase().contains(&word.to_lowercase()));
            assert!(found, "nothing of {word:?} in {comments:#?}");
        }
        let features = table.lines().find_map(|line| line.strip_prefix("features\t")).unwrap();
        assert!(features.split(' ').count() > 100, "{features}");
    }

    #[test]
    fn a_model_with_unknown_features_or_broken_lines_is_refused() {
        let names = ["size".to_owned(), "links".to_owned()];
        let read = |table: &str| Model::read(table, "first", &names).map(|model| model.nodes[0].feature);
        let tree = "model\tfirst\t1\ntree\nsplit\t0\t1\t2\t0.5\nleaf\t-1\nleaf\t1\n";
        // By name, not by place.
        assert_eq!(read(&format!("# made by hand\nfeatures\tlinks size\n{tree}")), Ok(1));
        for (table, error) in [
            (
                format!("features\tlinks sice\n{tree}"),
                "line 1: this program does not know the feature \"sice\"",
            ),
            (format!("features\tsize\n{tree}leaf\tx\n"), "line 7: no node"),
            (tree.to_owned(), "line 3: no node"),
            ("features\tsize\nmodel\tsecond\t1\ntree\n".to_owned(), "no model \"first\""),
        ] {
            assert!(read(&table).is_err_and(|found| found.contains(error)), "{table}");
        }
    }

    /// The sum of all trees, one split after the other.
    fn walked(model: &Model, row: &[f32]) -> f32 {
        let walk = |tree: usize| {
            let mut at = tree;
            while model.nodes[at].feature != u16::MAX {
                let node = model.nodes[at];
                at = tree
                    + usize::from(if row[usize::from(node.feature)] <= node.value {
                        node.left
                    } else {
                        node.right
                    });
            }
            model.nodes[at].value
        };
        model.trees.iter().map(|tree| walk(*tree)).sum()
    }

    #[test]
    fn rows_in_groups_end_in_the_same_leaves_as_one_by_one() {
        let mut random = fastrand::Rng::with_seed(7);
        for model in [&*FIRST, &*SECOND] {
            assert_eq!(model.splits.len() + model.leaves.len(), model.nodes.len());
            let rows: Vec<Vec<f32>> = (0..LANES * 2 + 3)
                .map(|_| {
                    (0..model.width)
                        .map(|_| [0.0, random.f32(), random.f32() * 400.0][random.usize(..3)])
                        .collect()
                })
                .collect();
            for group in rows.chunks(LANES) {
                let mut columns = vec![[0.0; LANES]; model.width];
                for (lane, row) in group.iter().enumerate() {
                    columns.iter_mut().zip(row).for_each(|(column, value)| column[lane] = *value);
                }
                let places: Vec<usize> = (0..group.len()).collect();
                let sums = model.add(0, model.trees.len(), &columns, &places, &[0.0; LANES]);
                for (row, sum) in group.iter().zip(sums) {
                    assert!((walked(model, row) - sum).abs() < 1e-4);
                }
            }
        }
    }
}
