//! Pieces and elements that belong together: of one kind, side by side, close to running text.

use std::hash::{Hash, Hasher};

use super::{
    hash::{Map, hasher},
    survey::{Survey, ancestors},
};
use crate::extract::{
    element::{Attr, Tag},
    tree::Tree,
    walk::{Piece, Pieces},
};

/// Levels above a piece among which its post is looked for.
const POST_LEVELS: usize = 16;

/// A part of a whole as a share, 0 if the whole is 0.
pub(super) fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// The classes of an element without those that number it (`post-1806`), as a hash; 0 for none.
pub(crate) fn class_of(tree: &Tree, node: u32) -> u64 {
    let Some(class) = tree.attr(node, Attr::Class) else { return 0 };
    let mut hasher = hasher();
    if class.bytes().any(|byte| byte.is_ascii_digit()) {
        let is_number = |class: &str| {
            class.rsplit(['-', '_']).next().is_some_and(|end| end.bytes().all(|byte| byte.is_ascii_digit()))
        };
        class
            .split_ascii_whitespace()
            .filter(|class| !is_number(class))
            .for_each(|class| class.hash(&mut hasher));
    } else {
        class.hash(&mut hasher);
    }
    hasher.finish()
}

/// Pieces of one kind: same element and classes, same parent's element and classes.
pub(super) fn kind(tree: &Tree, piece: &Piece) -> u64 {
    let mut hasher = hasher();
    let parent = tree.parent(piece.node);
    (tree.tag(piece.node) as u8, class_of(tree, piece.node)).hash(&mut hasher);
    (tree.tag(parent) as u8, class_of(tree, parent)).hash(&mut hasher);
    hasher.finish()
}

/// Pieces below elements of one kind: same element and classes of the two above.
pub(super) fn parent_kind(tree: &Tree, piece: &Piece) -> u64 {
    let mut hasher = hasher();
    let parent = tree.parent(piece.node);
    let above = tree.parent(parent);
    (tree.tag(parent) as u8, class_of(tree, parent), "parent").hash(&mut hasher);
    (tree.tag(above) as u8, class_of(tree, above)).hash(&mut hasher);
    hasher.finish()
}

#[derive(Clone, Copy, Default)]
pub(super) struct KindSums {
    pub(super) count: u32,
    pub(super) size: u32,
    pub(super) chars: u32,
    pub(super) links: u32,
    pub(super) good: u32,
}

/// Elements that stand beside others of the same name and class: comments, teasers, entries.
pub(super) struct Twins {
    /// By element: its group, and its place within it.
    places: Map<u32, (u32, u32)>,
    groups: Vec<Group>,
    /// The group that holds the most running text, spread over more than one element.
    posts: u32,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Group {
    pub(super) count: u32,
    pub(super) good: u32,
    /// Size of the running text, whether of the article or beside it.
    pub(super) running: u32,
}

impl Twins {
    pub(super) fn of_page(tree: &Tree, survey: &Survey) -> Self {
        let mut twins = Self { places: Map::default(), groups: Vec::new(), posts: u32::MAX };
        let mut keys: Map<(u32, u8, u64), u32> = Map::default();
        for (node, sums) in survey.sums.iter().enumerate() {
            let node = node as u32;
            let tag = tree.tag(node);
            if sums.running == 0 || matches!(tag, Tag::P | Tag::None | Tag::Body | Tag::Html) {
                continue;
            }
            let next = twins.groups.len() as u32;
            let group = *keys.entry((tree.parent(node), tag as u8, class_of(tree, node))).or_insert(next);
            if group == next {
                twins.groups.push(Group::default());
            }
            if let Some(sums_of) = twins.groups.get_mut(group as usize) {
                twins.places.insert(node, (group, sums_of.count));
                sums_of.count += 1;
                sums_of.good += sums.good;
                sums_of.running += sums.running;
            }
        }
        let weight = |group: &Group| group.running as f32 * (1.0 - 1.0 / group.count as f32);
        let several = twins.groups.iter().enumerate().filter(|(_, group)| group.count > 1);
        let most = several.max_by(|(_, one), (_, other)| weight(one).total_cmp(&weight(other)));
        twins.posts = most.map_or(u32::MAX, |(index, _)| index as u32);
        twins
    }

    /// The elements side by side that hold the most running text.
    pub(super) fn posts(&self) -> Group {
        self.groups.get(self.posts as usize).copied().unwrap_or_default()
    }

    /// Place of a piece among [`Self::posts`], -1 outside.
    pub(super) fn post_place(&self, tree: &Tree, node: u32) -> f32 {
        ancestors(tree, node)
            .take(POST_LEVELS)
            .find_map(|node| self.places.get(&node).filter(|(group, _)| *group == self.posts))
            .map_or(-1.0, |(_, place)| *place as f32)
    }

    /// For the element around a piece that has the most twins: their number, its level, its place, their
    /// text.
    pub(super) fn of(&self, tree: &Tree, survey: &Survey, node: u32) -> [f32; 4] {
        let mut found = [1.0, 60.0, 0.0, 0.0];
        for (level, node) in ancestors(tree, node).enumerate().take(10) {
            let Some((group, place)) = self.places.get(&node) else { continue };
            let group = self.groups.get(*group as usize).copied().unwrap_or_default();
            if group.count as f32 > found[0] {
                found =
                    [group.count as f32, level as f32, *place as f32, share(group.good, survey.total.good)];
            }
        }
        found
    }
}

/// Numbers of the groups a piece is in: its kind, its parent, the parent's parent.
pub(crate) fn groups(tree: &Tree, pieces: &Pieces, kinds: &[u64]) -> Vec<[u32; 3]> {
    let mut numbers: Map<u64, u32> = Map::default();
    pieces
        .all
        .iter()
        .zip(kinds)
        .map(|(piece, kind)| {
            let next = numbers.len() as u32;
            let kind = *numbers.entry(*kind).or_insert(next);
            let parent = tree.parent(piece.node);
            [kind, parent, tree.parent(parent)]
        })
        .collect()
}

/// Distances, in pieces, to the nearest good piece on either side.
pub(super) struct Gaps {
    pub(super) before: Vec<f32>,
    pub(super) after: Vec<f32>,
}

impl Gaps {
    pub(super) fn of(good: &[bool]) -> Self {
        let run = |flags: &mut dyn Iterator<Item = bool>| {
            let mut gap = 999.0_f32;
            flags
                .map(|good| {
                    let here = gap;
                    gap = if good { 0.0 } else { (gap + 1.0).min(999.0) };
                    here
                })
                .collect::<Vec<f32>>()
        };
        let before = run(&mut good.iter().copied());
        let mut after = run(&mut good.iter().rev().copied());
        after.reverse();
        Self { before, after }
    }
}
