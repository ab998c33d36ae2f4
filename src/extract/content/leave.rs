//! What is left out in spite of its score, where the reason is known.

use std::collections::{HashMap, HashSet};

use crate::extract::{
    cards::{Cards, leads_elsewhere},
    element::Tag,
    features::{Feature, Rows},
    hints::Hint,
    selection::Selection,
    tree::{NONE, Tree},
    walk::{Piece, Pieces},
};

/// A page without this much text has no article beside its comments, or beside its cards.
const LEFT: u32 = 250;
/// A heading with nothing of the article in this many pieces after it heads something else.
const HEADED: usize = 8;
/// Characters from which a piece is a paragraph; a dateline has fewer than the second, a time of day fewer
/// than the third.
const PARAGRAPH: u32 = 120;
const DATELINE: u32 = 100;
const CLOCK: u32 = 40;
/// Shorter texts ("Yes.") may well occur twice, in characters.
const COPIED: u32 = 50;
/// From this many headings of one kind with nothing but pictures between them, they are the content of the
/// page.
const SERIES: usize = 3;
/// Cards that hold a larger share of the text than this are the content of the page.
const CARDS_SHARE: f32 = 0.35;
/// So are cards with this mean score.
const CARD_SCORE: f32 = 0.75;
/// A box of a link or two between paragraphs has at most this many characters.
const BOX_MAX: u32 = 250;
/// How alike a heading and the title are for it to be the headline.
const HEADLINE: f32 = 0.9;

/// Leaves out what is not part of the article.
pub(super) fn leave(tree: &Tree, pieces: &Pieces, selection: &mut Selection, is_thread: bool) {
    // The headline has a field of its own.
    if let Some(headline) = selection.survey.headline
        && pieces.all.get(headline).is_some_and(|piece| piece.tag.is_heading())
        && selection.rows.value(headline, Feature::Likeness) >= HEADLINE
        && !selection.taken.iter().take(headline).any(|taken| *taken)
    {
        selection.leave(headline..headline + 1, "headline");
    }
    if !is_thread && has_article_beside_comments(pieces, selection) {
        leave_all(selection, "comment", &mut |_, index| pieces.all.get(index).is_some_and(is_comment));
    }
    copies(tree, pieces, selection);
    cards(tree, pieces, selection);
    if size_of(selection, &|index| headline_article(&selection.rows, index) == 2.0) >= LEFT {
        other_articles(tree, pieces, selection);
    }
    boxes(tree, pieces, selection);
    let datelines = datelines(pieces, selection);
    leave_all(selection, "dateline", &mut |_, index| datelines.contains(&index));
    let headings = heads_nothing(pieces, selection);
    leave_all(selection, "heading", &mut |_, index| headings.contains(&index));
}

fn leave_all(
    selection: &mut Selection,
    rule: &'static str,
    which: &mut dyn FnMut(&Selection, usize) -> bool,
) {
    for index in 0..selection.taken.len() {
        if selection.taken[index] && which(selection, index) {
            selection.leave(index..index + 1, rule);
        }
    }
}

/// How much of the text taken is of some kind.
fn size_of(selection: &Selection, which: &dyn Fn(usize) -> bool) -> u32 {
    let all = selection.taken.iter().zip(&selection.survey.shapes).enumerate();
    all.filter(|(index, (taken, _))| **taken && which(*index)).map(|(_, (_, shape))| shape.size).sum()
}

/// 2 in the `article` element around the headline, 1 in another one.
fn headline_article(rows: &Rows, index: usize) -> f32 {
    rows.value(index, Feature::HeadlineArticle)
}

/// Leaves out cards that lead to other articles, if they are only a part of the text and none of them is
/// certain to belong to it.
fn cards(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    let cards = Cards::of(tree, pieces, &selection.survey, &selection.taken);
    let in_cards = size_of(selection, &|index| cards.has(index)) as f32;
    let all = size_of(selection, &|_| true) as f32;
    if in_cards >= all * CARDS_SHARE || all - in_cards < LEFT as f32 {
        return;
    }
    let mut rows: HashMap<u32, (f32, f32)> = HashMap::new();
    for (index, shape) in selection.survey.shapes.iter().enumerate() {
        if selection.taken[index] && cards.has(index) {
            let row = rows.entry(cards.row(tree, index)).or_default();
            row.0 += selection.scores[index] * shape.size as f32;
            row.1 += shape.size as f32;
        }
    }
    leave_all(selection, "card", &mut |_, index| {
        let row = rows.get(&cards.row(tree, index)).filter(|_| cards.has(index));
        row.is_some_and(|(scores, size)| *scores < size * CARD_SCORE)
    });
}

/// Leaves out the second copy of a text (slide, widget, print version); a refrain recurs between other texts
/// and stays.
fn copies(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    // By text: where it first stood, and whether it always stood in the same way.
    let mut places: HashMap<u64, ((u32, u64), bool)> = HashMap::new();
    let long: Vec<usize> = (0..selection.taken.len())
        .filter(|index| selection.taken[*index] && pieces.all[*index].chars >= COPIED)
        .collect();
    let mut is_copy = Vec::with_capacity(long.len());
    for index in &long {
        let place = (tree.parent(pieces.all[*index].node), selection.kinds[*index]);
        let hash = selection.survey.shapes[*index].hash;
        is_copy.push(places.contains_key(&hash));
        let (first, is_same) = places.entry(hash).or_insert((place, true));
        *is_same &= *first == place;
    }
    for (at, index) in long.iter().enumerate() {
        let mut beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        let is_alone = beside.all(|beside| is_copy.get(beside) != Some(&true));
        let is_same = places.get(&selection.survey.shapes[*index].hash).is_some_and(|(_, is_same)| *is_same);
        if is_copy[at] && !(is_alone && is_same) {
            selection.leave(*index..*index + 1, "copy");
        }
    }
}

/// Leaves out cards of other articles inside this one. One that says something and leads nowhere else is a
/// part of this article: a chapter, or a post of a live blog.
fn other_articles(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    let mut known: HashMap<u32, bool> = HashMap::new();
    for index in 0..selection.taken.len() {
        if !selection.taken[index] || headline_article(&selection.rows, index) != 1.0 {
            continue;
        }
        let mut at = pieces.all[index].node;
        while at != NONE && tree.tag(at) != Tag::Article {
            at = tree.parent(at);
        }
        let is_chapter = *known.entry(at).or_insert_with(|| {
            let sums = selection.survey.sums.get(at as usize).copied().unwrap_or_default();
            sums.good > 0 && sums.links * 3 < sums.chars && !leads_elsewhere(tree, pieces, index, at)
        });
        if !is_chapter {
            selection.leave(index..index + 1, "other");
        }
    }
}

/// Leaves out a box between paragraphs that holds only a link to another article and perhaps a
/// label.
fn boxes(tree: &Tree, pieces: &Pieces, selection: &mut Selection) {
    let mut found = HashSet::new();
    for (index, piece) in pieces.all.iter().enumerate() {
        let is_link = piece.link_chars * 10 >= piece.chars * 9 && piece.chars >= 12;
        if !selection.taken[index]
            || !is_link
            || matches!(piece.tag, Tag::Li | Tag::Td | Tag::Th | Tag::Dd | Tag::Dt)
        {
            continue;
        }
        let holder = tree.parent(piece.node);
        let Some(sums) = selection.survey.sums.get(holder as usize) else { continue };
        if sums.good == 0
            && sums.pieces <= 4
            && sums.chars <= BOX_MAX
            && !matches!(tree.tag(holder), Tag::Figure | Tag::Blockquote)
        {
            found.insert(holder);
        }
    }
    leave_all(selection, "box", &mut |_, index| found.contains(&tree.parent(pieces.all[index].node)));
}

/// Lines with a date and perhaps a name, before the first paragraph: they have fields of their own. Times of
/// day stand over the posts of a live blog.
fn datelines(pieces: &Pieces, selection: &Selection) -> HashSet<usize> {
    let Selection { taken, survey, .. } = selection;
    let all = taken.iter().zip(&pieces.all).zip(&survey.shapes).enumerate();
    let ahead = all
        .clone()
        .filter(|(_, ((taken, _), _))| **taken)
        .take_while(|(_, ((_, piece), _))| piece.chars < PARAGRAPH)
        .filter(|(_, ((_, piece), shape))| {
            piece.chars < DATELINE
                && !piece.tag.is_heading()
                && shape.ends != 2
                && has_year(pieces.text_of(piece))
        });
    let clocks = all.filter(|(_, ((taken, piece), shape))| {
        **taken
            && piece.chars < CLOCK
            && matches!(piece.tag, Tag::Div | Tag::Li | Tag::P | Tag::Header | Tag::Address)
            && shape.ends == 0
            && is_clock(pieces.text_of(piece))
    });
    ahead.map(|(index, _)| index).chain(clocks.map(|(index, _)| index)).collect()
}

/// Whether a text begins with a time of day and goes on with at most a name.
fn is_clock(text: &str) -> bool {
    let end = text
        .find(|char: char| !char.is_ascii_digit() && !matches!(char, ':' | '.' | 'h'))
        .unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let parts: Vec<&str> = clock.split([':', '.', 'h']).collect();
    let is_number =
        |part: &&str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    (2..=3).contains(&parts.len()) && parts.iter().all(is_number) && rest.split_whitespace().count() <= 4
}

/// Whether a text has a year between 1900 and 2099 as a number of its own.
fn has_year(text: &str) -> bool {
    text.split(|char: char| !char.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")))
}

/// The headings that are taken although nothing below them is.
fn heads_nothing(pieces: &Pieces, selection: &Selection) -> HashSet<usize> {
    let mut out = HashSet::new();
    let mut next = usize::MAX;
    let series = series(pieces, selection);
    let is_series = |index: usize| series.get(&selection.kinds[index]).is_some_and(|count| *count >= SERIES);
    for (index, piece) in pieces.all.iter().enumerate().rev() {
        if !selection.taken[index] {
            continue;
        }
        if piece.tag.is_heading() && next > index + HEADED && !is_series(index) {
            out.insert(index);
        } else {
            next = index;
        }
    }
    out
}

/// Headings of one kind that are numbered, whole sentences, or have only pictures between them: they are the
/// text. Counted by kind.
fn series(pieces: &Pieces, selection: &Selection) -> HashMap<u64, usize> {
    let mut series = HashMap::new();
    for (index, piece) in pieces.all.iter().enumerate() {
        let shape = &selection.survey.shapes[index];
        if selection.taken[index]
            && piece.tag.is_heading()
            && piece.link_chars * 2 < piece.chars
            && (piece.images > 0 || shape.begins == 3 || shape.ends == 2)
        {
            *series.entry(selection.kinds[index]).or_default() += 1;
        }
    }
    series
}

/// A forum's thread is all comments: they are left out only if there is something else.
fn has_article_beside_comments(pieces: &Pieces, selection: &Selection) -> bool {
    size_of(selection, &|index| !is_comment(&pieces.all[index])) >= LEFT
}

/// Whether a piece is in an element that says it is a comment, and in none within that which says
/// it is the text.
pub(super) fn is_comment(piece: &Piece) -> bool {
    let level = |hint: Hint| piece.above[hint as usize];
    level(Hint::Comment) <= 5 && level(Hint::Comment) < level(Hint::Body)
}
