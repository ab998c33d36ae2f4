//! Numbers about each piece that the model decides on: its text, its links, where it stands, and what stands
//! around it.

use memchr::memmem;

use super::element::{Attr, Tag};
use super::hints::Hint;
use super::tree::{NONE, Tree};
use super::walk::{FAR, Pieces};

mod groups;
mod hash;
mod lists;
mod rows;
mod second;
mod spans;
mod survey;
mod text;

pub(super) use groups::{class_of, groups};
pub(super) use lists::{Lists, hashed, words};
pub(super) use rows::Rows;
pub(super) use second::{COUNT as SECOND_COUNT, second};
pub(super) use survey::{Survey, survey};

use groups::{Gaps, KindSums, Twins, kind, parent_kind, share};
use hash::Map;
use second::SECOND;
use spans::Spans;
use survey::ancestors;
use text::furniture;

/// Names of the features, in order.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> = LOCAL.iter().map(|name| (*name).to_owned()).collect();
    names.extend(Hint::NAMES.iter().map(|name| format!("above.{name}")));
    for place in ["previous", "next", "previous2", "next2"] {
        names.extend(AROUND.iter().map(|name| format!("{place}.{name}")));
    }
    names.extend(PLACE.iter().map(|name| (*name).to_owned()));
    names
}

/// Names of all that the second look decides on, in order.
pub(super) fn second_names() -> Vec<String> {
    let mut names = names();
    names.extend(SECOND.iter().map(|name| (*name).to_owned()));
    names
}

/// Place of `likeness`, how much of a title a text is, among the features.
pub(super) const LIKENESS: usize = 19;

/// Place of `headline_article` among the features: the last one.
pub(super) fn headline_article() -> usize {
    LOCAL.len() + Hint::COUNT + 4 * AROUND.len() + PLACE.len() - 1
}

const LOCAL: [&str; 31] = [
    "size",
    "words",
    "link_share",
    "bold_share",
    "italic_share",
    "links",
    "sentences",
    "commas",
    "digit_share",
    "upper_share",
    "bars",
    "begins",
    "ends",
    "phrase",
    "copyright",
    "clock",
    "tag",
    "depth",
    "images",
    "likeness",
    "repeats",
    "good",
    "link_outside",
    "longest_link",
    "at_sign",
    "in_ld",
    "shown",
    "summary_likeness",
    "furniture",
    "furniture_share",
    "lead_link",
];
const AROUND: [&str; 7] = ["size", "link_share", "tag", "ends", "same_kind", "good", "same_parent"];
const PLACE: [&str; 55] = [
    "index",
    "index_share",
    "good_before",
    "since_headline",
    "has_headline",
    "pieces",
    "total_good",
    "gap_before",
    "gap_after",
    "good_near",
    "good_around",
    "parent1.good",
    "parent2.good",
    "parent3.good",
    "parent1.links",
    "parent2.links",
    "parent3.links",
    "parent1.pieces",
    "parent2.pieces",
    "levels_best",
    "levels_half",
    "levels_most",
    "best_share",
    "kind_count",
    "kind_size",
    "kind_links",
    "body_share",
    "article_share",
    "main_share",
    "best_from_start",
    "best_from_end",
    "kind_good",
    "since.related",
    "since.letter",
    "since.share",
    "since.legal",
    "since.meta",
    "since.comment",
    "since.heading",
    "twins",
    "twins_level",
    "twin_index",
    "twins_good",
    "parent_kind_good",
    "parent_kind_links",
    "since.about",
    "heading_phrase",
    "section_pieces",
    "section_links",
    "section_good",
    "run_pieces",
    "run_links",
    "run_lead",
    "run_place",
    "headline_article",
];

fn tag_number(tag: Tag) -> f32 {
    match tag {
        Tag::P => 0.0,
        Tag::Blockquote => 1.0,
        Tag::Pre => 2.0,
        Tag::Div | Tag::Section | Tag::Article => 3.0,
        Tag::Li => 4.0,
        Tag::Dd => 5.0,
        Tag::Dt => 6.0,
        Tag::Td => 7.0,
        Tag::Th => 8.0,
        Tag::H1 => 9.0,
        Tag::H2 => 10.0,
        Tag::H3 => 11.0,
        Tag::H4 | Tag::H5 | Tag::H6 => 12.0,
        Tag::Figcaption | Tag::Caption => 13.0,
        _ => 14.0,
    }
}

/// What is known about the page from its metadata.
pub(super) struct Known {
    /// Its titles.
    pub(super) titles: Lists,
    /// Its description.
    pub(super) summary: Lists,
}

/// Features of all pieces, [`names`] long each. `kinds` are those of [`kinds`]; `known` tells whether a text is
/// in what the publisher gave as the article's text in JSON-LD.
pub(super) fn features(
    tree: &Tree,
    pieces: &Pieces,
    survey: &Survey,
    kinds: &[u64],
    known: &dyn Fn(&str) -> f32,
) -> Rows {
    let all = &pieces.all;
    let parent_kinds: Vec<u64> = all.iter().map(|piece| parent_kind(tree, piece)).collect();
    let mut kind_sums: Map<u64, KindSums> = Map::default();
    let mut repeats: Map<u64, u32> = Map::default();
    for (index, piece) in all.iter().enumerate() {
        let shape = &survey.shapes[index];
        for key in [kinds[index], parent_kinds[index]] {
            let sums = kind_sums.entry(key).or_default();
            sums.count += 1;
            sums.size += shape.size;
            sums.chars += piece.chars;
            sums.links += piece.link_chars;
            sums.good += if survey.good[index] { shape.size } else { 0 };
        }
        *repeats.entry(shape.hash).or_default() += 1;
    }
    let under = |hint: Hint| -> f32 {
        let mut good = 0;
        for (index, piece) in all.iter().enumerate() {
            if survey.good[index] && piece.above[hint as usize] < FAR {
                good += survey.shapes[index].size;
            }
        }
        share(good, survey.total.good)
    };
    let (body, article, main) = (under(Hint::Body), under(Hint::InArticle), under(Hint::InMain));
    let gaps = Gaps::of(&survey.good);
    // Which elements are the three containers or above them.
    let mut over = vec![0_u8; tree.len()];
    for (bit, container) in [(1, survey.best), (2, survey.half), (4, survey.most)] {
        for node in ancestors(tree, container).filter(|_| container != NONE) {
            over[node as usize] |= bit;
        }
    }
    let mut good_sum = Vec::with_capacity(all.len() + 1);
    good_sum.push(0_u32);
    for (index, good) in survey.good.iter().enumerate() {
        let last = good_sum[index];
        good_sum.push(last + if *good { survey.shapes[index].size } else { 0 });
    }
    let in_best: Vec<bool> =
        all.iter().map(|piece| ancestors(tree, piece.node).any(|node| node == survey.best)).collect();
    let best_first = in_best.iter().position(|within| *within).unwrap_or(0) as f32;
    let best_last = in_best.iter().rposition(|within| *within).unwrap_or(0) as f32;
    let best_good = survey.sums.get(survey.best as usize).map_or(0, |sums| sums.good);

    let mut since = [200.0_f32; 8];
    let mut since_heading = 200.0_f32;
    let twins = Twins::of_page(tree, survey);
    let over_headline: Vec<u32> = survey
        .headline
        .and_then(|headline| all.get(headline))
        .map(|piece| ancestors(tree, piece.node).collect())
        .unwrap_or_default();
    let sections = Spans::sections(all, survey);
    let runs = Spans::runs(all, kinds);
    let width = headline_article() + 1;
    let mut values = Vec::with_capacity(all.len() * width);
    for index in 0..all.len() {
        let (piece, shape) = (&all[index], &survey.shapes[index]);
        let text = pieces.text_of(piece);
        let links = pieces.links_of(piece);
        let furniture = furniture(text);
        let outside = links
            .iter()
            .filter(|link| {
                tree.attr(**link, Attr::Href)
                    .is_some_and(|href| memmem::find(href.as_bytes(), b"://").is_some())
            })
            .count();
        values.extend([
            shape.size as f32,
            shape.words as f32,
            share(piece.link_chars, piece.chars),
            share(piece.bold_chars, piece.chars),
            share(piece.italic_chars, piece.chars),
            links.len() as f32,
            shape.sentences as f32,
            shape.commas as f32,
            share(shape.digits, piece.chars),
            share(shape.upper, shape.letters),
            shape.bars as f32,
            f32::from(shape.begins),
            f32::from(shape.ends),
            f32::from(shape.phrase),
            f32::from(u8::from(shape.has_copyright)),
            f32::from(u8::from(shape.has_clock)),
            tag_number(piece.tag),
            f32::from(piece.depth),
            f32::from(piece.images),
            survey.alike[index][0],
            repeats.get(&shape.hash).copied().unwrap_or(1) as f32,
            f32::from(u8::from(survey.good[index])),
            outside as f32,
            piece.link_chars as f32 / links.len().max(1) as f32,
            f32::from(u8::from(text.contains('@'))),
            known(text),
            f32::from(piece.shown as u8),
            survey.alike[index][1],
            furniture,
            furniture * 100.0 / (piece.chars + 20) as f32,
            share(piece.lead_link_chars, piece.chars),
        ]);
        values.extend(piece.above.iter().map(|levels| f32::from(*levels)));
        for offset in [-1_isize, 1, -2, 2] {
            let other = index.checked_add_signed(offset).filter(|other| *other < all.len());
            values.extend(other.map_or([-1.0; 7], |other| {
                let (near, near_shape) = (&all[other], &survey.shapes[other]);
                [
                    near_shape.size as f32,
                    share(near.link_chars, near.chars),
                    tag_number(near.tag),
                    f32::from(near_shape.ends),
                    f32::from(u8::from(kinds[other] == kinds[index])),
                    f32::from(u8::from(survey.good[other])),
                    f32::from(u8::from(tree.parent(near.node) == tree.parent(piece.node))),
                ]
            }));
        }
        let near = |reach: usize| {
            let (from, to) = (index.saturating_sub(reach), (index + reach + 1).min(all.len()));
            good_sum[to] - good_sum[from]
        };
        let mut above = ancestors(tree, piece.node).skip(1);
        let parents = [above.next(), above.next(), above.next()]
            .map(|node| node.and_then(|node| survey.sums.get(node as usize)).copied().unwrap_or_default());
        // The level at which the piece meets a container.
        let levels = |bit: u8| {
            ancestors(tree, piece.node)
                .position(|node| over.get(node as usize).is_some_and(|over| over & bit != 0))
                .map_or(60.0, |levels| levels as f32)
        };
        let own_kind = kind_sums.get(&kinds[index]).copied().unwrap_or_default();
        let since_headline = survey.headline.map_or(9999.0, |headline| index as f32 - headline as f32);
        values.extend([
            index as f32,
            index as f32 / all.len() as f32,
            share(good_sum[index], survey.total.good),
            since_headline,
            f32::from(u8::from(survey.headline.is_some())),
            all.len() as f32,
            survey.total.good as f32,
            gaps.before[index],
            gaps.after[index],
            near(2) as f32,
            near(6) as f32,
            share(parents[0].good, survey.total.good),
            share(parents[1].good, survey.total.good),
            share(parents[2].good, survey.total.good),
            share(parents[0].links, parents[0].chars),
            share(parents[1].links, parents[1].chars),
            share(parents[2].links, parents[2].chars),
            parents[0].pieces as f32,
            parents[1].pieces as f32,
            levels(1),
            levels(2),
            levels(4),
            share(best_good, survey.total.good),
            own_kind.count as f32,
            own_kind.size as f32 / own_kind.count.max(1) as f32,
            share(own_kind.links, own_kind.chars),
            body,
            article,
            main,
            index as f32 - best_first,
            best_last - index as f32,
            share(own_kind.good, survey.total.good),
        ]);
        values.extend(&since[..6]);
        values.push(since_heading);
        let since_about = since[6];
        for (last, kind) in since.iter_mut().zip(1_u8..) {
            *last = if shape.phrase == kind && !survey.good[index] { 0.0 } else { (*last + 1.0).min(200.0) };
        }
        since_heading = if piece.tag.is_heading() { 0.0 } else { (since_heading + 1.0).min(200.0) };
        values.extend(twins.of(tree, survey, piece.node));
        let parent_kind = kind_sums.get(&parent_kinds[index]).copied().unwrap_or_default();
        values.push(share(parent_kind.good, survey.total.good));
        values.push(share(parent_kind.links, parent_kind.chars));
        values.push(since_about);
        values.extend(sections.of(index));
        values.extend(runs.of(index));
        values.push(match ancestors(tree, piece.node).find(|node| tree.tag(*node) == Tag::Article) {
            Some(article) if over_headline.contains(&article) => 2.0,
            Some(_) => 1.0,
            None => 0.0,
        });
    }
    Rows { width, values }
}

/// The kind of each piece: those of one kind have the same number.
pub(super) fn kinds(tree: &Tree, pieces: &Pieces) -> Vec<u64> {
    pieces.all.iter().map(|piece| kind(tree, piece)).collect()
}
