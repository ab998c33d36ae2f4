//! What is taken in spite of its score: it stands among similar pieces, most of which are taken.

use std::collections::HashMap;

use super::leave::is_comment;
use crate::extract::{
    element::Tag,
    features::Feature,
    selection::Selection,
    tree::{NONE, Tree},
    walk::{Pieces, Shown},
};

/// A kind of paragraph belongs to the article from this mean score, and with this share of it
/// taken.
const KIND_SCORE: f32 = 0.4;
const KIND_SHARE: f32 = 0.2;
/// A paragraph of such a kind has at least this score.
const MEMBER_SCORE: f32 = 0.06;
/// After everything that is taken, it has at least this one.
const TAIL_SCORE: f32 = 0.2;
/// Share of the running text that the posts of a thread hold, and the lowest score of a paragraph in one.
const POSTS_SHARE: f32 = 0.4;
const POST_SCORE: f32 = 0.0;
/// The same share on a page that does not call itself a thread, and the size below which the text taken so
/// far counts as nothing.
const ENTRIES_SHARE: f32 = 0.75;
const LITTLE: u32 = 250;
/// Share of the items of a list that have to be taken for the others to come with them.
const LIST_SHARE: f32 = 0.5;
/// A table inside the text whose rows have this mean score comes whole.
const TABLE_SCORE: f32 = 0.35;
/// Levels above a cell among which its table is looked for.
const TABLE_LEVELS: usize = 4;
/// Headings of a kind that have to be taken for the others to come with them.
const HEADINGS_MIN: u32 = 3;
/// A standfirst below the headline has at least this score, and this many characters.
const STANDFIRST_SCORE: f32 = 0.1;
const STANDFIRST: u32 = 60;

#[derive(Clone, Copy, Default)]
struct Sums {
    size: f32,
    score: f32,
    taken: f32,
}

/// Takes what belongs with what is taken.
pub(super) fn take(tree: &Tree, pieces: &Pieces, selection: &mut Selection, is_thread: bool) {
    // If next to nothing else was taken, entries side by side are what the page has.
    if is_thread || size_taken(selection) < LITTLE {
        posts(pieces, selection, is_thread);
    }
    paragraphs(pieces, selection, is_thread);
    items(tree, pieces, selection);
    tables(tree, pieces, selection);
    headings(pieces, selection);
    standfirst(tree, pieces, selection);
}

/// Takes the posts of a thread: elements of one kind side by side that hold most of its running
/// text.
fn posts(pieces: &Pieces, selection: &mut Selection, is_thread: bool) {
    let least = if is_thread { POSTS_SHARE } else { ENTRIES_SHARE };
    for index in 0..pieces.all.len() {
        let value = |feature| selection.rows.value(index, feature);
        let is_post = value(Feature::PostPlace) >= 0.0 && value(Feature::PostShare) >= least;
        if is_post && selection.survey.running[index] && selection.scores[index] >= POST_SCORE {
            selection.taken[index] = true;
        }
    }
}

fn size_taken(selection: &Selection) -> u32 {
    let all = selection.taken.iter().zip(&selection.survey.shapes);
    all.filter(|(taken, _)| **taken).map(|(_, shape)| shape.size).sum()
}

/// Running text of one kind belongs to the article as a whole or not at all, even between rows of teasers.
fn paragraphs(pieces: &Pieces, selection: &mut Selection, is_thread: bool) {
    let is_text = |selection: &Selection, index: usize| {
        let piece = &pieces.all[index];
        let is_post = is_thread && selection.survey.running[index];
        piece.shown == Shown::Yes && (is_post || selection.survey.good[index] && !is_comment(piece))
    };
    let mut kinds: HashMap<u64, Sums> = HashMap::new();
    for index in 0..pieces.all.len() {
        if is_text(selection, index) {
            let size = selection.survey.shapes[index].size.min(400) as f32;
            let sums = kinds.entry(selection.kinds[index]).or_default();
            sums.size += size;
            sums.score += size * selection.scores[index];
            sums.taken += if selection.taken[index] { size } else { 0.0 };
        }
    }
    let last = selection.taken.iter().rposition(|taken| *taken).unwrap_or(0);
    for index in 0..pieces.all.len() {
        let least = if index < last { MEMBER_SCORE } else { TAIL_SCORE };
        if selection.taken[index] || selection.scores[index] < least || !is_text(selection, index) {
            continue;
        }
        let sums = kinds.get(&selection.kinds[index]).copied().unwrap_or_default();
        selection.taken[index] = sums.score >= sums.size * KIND_SCORE && sums.taken >= sums.size * KIND_SHARE;
    }
}

/// A list comes whole: if most of its items are taken, so are the others.
fn items(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    let mut lists: HashMap<u32, (u32, u32)> = HashMap::new();
    let list_of = |index: usize| {
        let piece = &pieces.all[index];
        (piece.tag == Tag::Li && tree.tag(piece.node) == Tag::Li && piece.shown == Shown::Yes)
            .then(|| tree.parent(piece.node))
    };
    for index in 0..pieces.all.len() {
        if let Some(list) = list_of(index) {
            let counts = lists.entry(list).or_default();
            counts.0 += 1;
            counts.1 += u32::from(selection.taken[index]);
        }
    }
    for index in 0..pieces.all.len() {
        if !selection.taken[index]
            && let Some((all, taken)) = list_of(index).and_then(|list| lists.get(&list))
        {
            selection.taken[index] = *taken as f32 >= *all as f32 * LIST_SHARE;
        }
    }
}

/// A table comes whole, its head included, if it stands within the text: half a table says nothing.
fn tables(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    let Some(first) = selection.taken.iter().position(|taken| *taken) else { return };
    let last = selection.taken.iter().rposition(|taken| *taken).unwrap_or(first);
    let mut rows: HashMap<u32, Vec<usize>> = HashMap::new();
    for index in first..=last {
        let piece = &pieces.all[index];
        if piece.shown == Shown::Yes
            && matches!(piece.tag, Tag::Td | Tag::Th)
            && let Some(table) = table_of(tree, piece.node)
        {
            rows.entry(table).or_default().push(index);
        }
    }
    for rows in rows.into_values() {
        let score: f32 = rows.iter().map(|index| selection.scores[*index]).sum();
        let taken = rows.iter().filter(|index| selection.taken[**index]).count();
        if score >= rows.len() as f32 * TABLE_SCORE || taken * 2 >= rows.len() {
            rows.into_iter().for_each(|index| selection.taken[index] = true);
        }
    }
}

fn table_of(tree: &Tree, cell: u32) -> Option<u32> {
    let mut node = cell;
    for _ in 0..TABLE_LEVELS {
        if tree.tag(node) == Tag::Table {
            return Some(node);
        }
        node = tree.parent(node);
        if node == NONE {
            break;
        }
    }
    None
}

/// Takes the headings of a kind of which several are taken already.
fn headings(pieces: &Pieces, selection: &mut Selection) {
    let mut kinds: HashMap<u64, (u32, u32)> = HashMap::new();
    let headings: Vec<usize> =
        (0..pieces.all.len()).filter(|index| pieces.all[*index].tag.is_heading()).collect();
    for index in &headings {
        let counts = kinds.entry(selection.kinds[*index]).or_default();
        counts.0 += 1;
        counts.1 += u32::from(selection.taken[*index]);
    }
    for index in headings {
        let (all, taken) = kinds.get(&selection.kinds[index]).copied().unwrap_or_default();
        let is_like = taken >= HEADINGS_MIN && taken * 4 >= all * 3;
        selection.taken[index] |= is_like && selection.scores[index] >= TAIL_SCORE;
    }
}

/// Takes a paragraph between the headline and the text, or a heading as long as a sentence right below the
/// headline, side by side with it.
fn standfirst(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    let Some(headline) = selection.survey.headline else { return };
    let Some(first) = selection.taken.iter().position(|taken| *taken) else { return };
    let parent = tree.parent(pieces.all[headline].node);
    for index in headline + 1..first.max(headline + 1) {
        let (piece, shape) = (&pieces.all[index], &selection.survey.shapes[index]);
        if piece.shown == Shown::Yes
            && tree.parent(piece.node) == parent
            && (piece.tag == Tag::P && shape.ends == 2 || piece.tag.is_heading() && index == headline + 1)
            && piece.link_chars * 4 < piece.chars
            && shape.size >= STANDFIRST
            && selection.scores[index] >= STANDFIRST_SCORE
        {
            selection.taken[index] = true;
        }
    }
}
