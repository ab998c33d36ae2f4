//! Numbers about each piece that the model decides on: its text, its links, where it stands, and what stands
//! around it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use super::element::{Attr, Tag};
use super::hints::Hint;
use super::tree::{NONE, Tree};
use super::walk::{FAR, Piece, Pieces, Shown};

/// Phrases furniture begins with, by their first character: phrase and kind.
static LEXICON: LazyLock<HashMap<char, Vec<(&'static str, u8)>>> = LazyLock::new(|| {
    let mut phrases: HashMap<char, Vec<(&'static str, u8)>> = HashMap::new();
    let kinds = include_str!("lexicon.tsv").lines().filter(|line| !line.starts_with('#'));
    for (kind, line) in (1_u8..).zip(kinds) {
        for phrase in line.split_once('\t').map_or("", |(_, phrases)| phrases).split('|') {
            if let Some(first) = phrase.chars().next() {
                phrases.entry(first).or_default().push((phrase, kind));
            }
        }
    }
    phrases
});

/// The kind of furniture that begins like this: 1 + line of the lexicon, 0 for none.
fn phrase(text: &str) -> u8 {
    let text = text.trim_start_matches(|char: char| !char.is_alphanumeric() && char != '©' && char != '(');
    let mut lower = text.chars().take(24).flat_map(char::to_lowercase);
    let Some(first) = lower.next() else { return 0 };
    let Some(phrases) = LEXICON.get(&first) else { return 0 };
    let head = std::iter::once(first).chain(lower).collect::<String>();
    phrases.iter().find(|(phrase, _)| head.starts_with(phrase)).map_or(0, |(_, kind)| *kind)
}

/// What a text looks like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// Characters, those of scripts without spaces counted threefold.
    pub(super) size: u32,
    pub(super) sentences: u32,
    pub(super) commas: u32,
    pub(super) digits: u32,
    pub(super) upper: u32,
    pub(super) letters: u32,
    pub(super) bars: u32,
    pub(super) words: u32,
    /// 1 small letter, 2 capital, 3 digit, 4 quote, 0 other.
    pub(super) begins: u8,
    /// 2 end of a sentence, 1 colon, 3 ellipsis, 0 other.
    pub(super) ends: u8,
    /// 1 + index in the lexicon.
    pub(super) phrase: u8,
    pub(super) has_copyright: bool,
    pub(super) has_clock: bool,
    pub(super) hash: u64,
}

fn shape(text: &str) -> Shape {
    let mut shape = Shape { words: 1, ..Shape::default() };
    let mut previous = ' ';
    for char in text.chars() {
        match char {
            ' ' => shape.words += 1,
            '.' | '!' | '?' | '。' | '！' | '？' | '।' | '؟' | '۔' | '…' => {
                shape.sentences += 1;
            }
            ',' | ';' | '、' | '，' | '،' => shape.commas += 1,
            '|' | '»' | '›' | '/' | '·' | '•' => shape.bars += 1,
            '©' => shape.has_copyright = true,
            '0'..='9' => {
                shape.has_clock |= previous == ':';
                shape.digits += 1;
            }
            'a'..='z' => shape.letters += 1,
            'A'..='Z' => {
                shape.upper += 1;
                shape.letters += 1;
            }
            '\0'..='\x7f' => {}
            '\u{0e00}'..='\u{0eff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' => {
                shape.size += 2;
                shape.letters += 1;
            }
            _ if char.is_alphabetic() => {
                shape.letters += 1;
                shape.upper += u32::from(char.is_uppercase());
            }
            _ => {}
        }
        if char != ' ' {
            shape.size += 1;
        }
        shape.hash = (shape.hash.rotate_left(5) ^ u64::from(char)).wrapping_mul(0x517c_c1b7_2722_0a95);
        previous = char;
    }
    shape.begins = match text.chars().next() {
        Some(first) if first.is_lowercase() => 1,
        Some(first) if first.is_uppercase() => 2,
        Some(first) if first.is_ascii_digit() => 3,
        Some('"' | '“' | '„' | '«' | '‘' | '\'' | '-' | '–' | '—' | '「') => 4,
        _ => 0,
    };
    let end = text.trim_end_matches(['"', '”', '“', '»', '’', '\'', ')', '」', '』', ']']);
    shape.ends = match end.chars().next_back() {
        Some('.') if end.ends_with("...") => 3,
        Some('…') => 3,
        Some('.' | '!' | '?' | '。' | '！' | '？' | '।' | '؟' | '۔') => 2,
        Some(':' | '：') => 1,
        _ => 0,
    };
    shape.phrase = phrase(text);
    shape
}

/// Sums over everything below an element.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    /// Size of the good pieces.
    pub(super) good: u32,
    pub(super) chars: u32,
    pub(super) links: u32,
    pub(super) pieces: u32,
    /// Readability's score: a good piece counts in full for its parent, half for the next.
    score: f32,
}

/// What is known about a page as a whole.
pub(super) struct Survey {
    pub(super) shapes: Vec<Shape>,
    pub(super) good: Vec<bool>,
    pub(super) sums: Vec<Sums>,
    pub(super) total: Sums,
    /// The element with the best score, and the lowest ones with half and nine tenths of the good text.
    pub(super) best: u32,
    pub(super) half: u32,
    pub(super) most: u32,
    pub(super) headline: Option<usize>,
}

/// A piece that looks like running text.
fn is_good(piece: &Piece, shape: &Shape) -> bool {
    piece.shown == Shown::Yes
        && piece.link_chars * 5 < piece.chars * 2
        && (shape.size >= 80 || shape.size >= 45 && shape.sentences > 0)
        && shape.letters * 2 > piece.chars
}

/// Which pieces count as running text of the article when containers are compared: not what stands in comments,
/// teasers and the like, unless that is all there is.
fn good(pieces: &Pieces, shapes: &[Shape]) -> Vec<bool> {
    let running: Vec<bool> = pieces.all.iter().zip(shapes).map(|(piece, shape)| is_good(piece, shape)).collect();
    let own: Vec<bool> =
        pieces.all.iter().zip(&running).map(|(piece, running)| *running && !is_beside(piece)).collect();
    let size = |flags: &[bool]| flags.iter().zip(shapes).filter(|(flag, _)| **flag).map(|(_, shape)| shape.size).sum::<u32>();
    let (all, kept) = (size(&running), size(&own));
    if kept >= 400 || kept * 4 >= all { own } else { running }
}

/// Class names say that a piece is not of the article, and no nearer ones say that it is.
fn is_beside(piece: &Piece) -> bool {
    let level = |hint: Hint| piece.above[hint as usize];
    let beside = [
        Hint::Comment,
        Hint::Related,
        Hint::Nav,
        Hint::Footer,
        Hint::Side,
        Hint::Letter,
        Hint::Consent,
        Hint::Bio,
        Hint::InAside,
        Hint::InForm,
    ];
    let nearest = beside.into_iter().map(level).min().unwrap_or(FAR);
    nearest < 8 && nearest < level(Hint::Body).min(level(Hint::InArticle).saturating_add(1))
}

/// The parents of a piece's element, nearest first, itself included.
fn ancestors(tree: &Tree, node: u32) -> impl Iterator<Item = u32> + '_ {
    std::iter::successors(Some(node), |at| Some(tree.parent(*at)).filter(|at| *at != NONE))
}

/// Looks over all pieces.
pub(super) fn survey(tree: &Tree, pieces: &Pieces, titles: &[Vec<String>]) -> Survey {
    let shapes: Vec<Shape> = pieces.all.iter().map(|piece| shape(pieces.text_of(piece))).collect();
    let good = good(pieces, &shapes);
    let mut sums = vec![Sums::default(); tree.len()];
    let mut total = Sums::default();
    for ((piece, shape), good) in pieces.all.iter().zip(&shapes).zip(&good) {
        if piece.shown != Shown::Yes {
            continue;
        }
        let size = if *good { shape.size } else { 0 };
        total.good += size;
        total.chars += piece.chars;
        total.links += piece.link_chars;
        total.pieces += 1;
        let score = if *good { 1.0 + shape.commas.min(10) as f32 * 0.3 + shape.size.min(600) as f32 / 100.0 } else { 0.0 };
        // A piece of a container's own text counts for the container, one of a paragraph for its parent.
        let own = usize::from(!matches!(piece.tag, Tag::Div));
        for (level, node) in ancestors(tree, piece.node).enumerate() {
            let Some(sums) = sums.get_mut(node as usize) else { break };
            sums.good += size;
            sums.chars += piece.chars;
            sums.links += piece.link_chars;
            sums.pieces += 1;
            if level >= own && level < own + 5 {
                sums.score += score / [1.0, 2.0, 4.0, 8.0, 16.0][level - own];
            }
        }
    }
    let (mut best, mut best_score) = (NONE, 0.0);
    let (mut half, mut most) = (NONE, NONE);
    let (mut half_good, mut most_good) = (u32::MAX, u32::MAX);
    for (node, sums) in sums.iter().enumerate() {
        let share = if sums.chars == 0 { 0.0 } else { sums.links as f32 / sums.chars as f32 };
        let score = sums.score * (1.0 - share);
        if score > best_score {
            (best, best_score) = (node as u32, score);
        }
        // Later and smaller: deeper.
        if total.good > 0 && sums.good * 2 >= total.good && sums.good <= half_good {
            (half, half_good) = (node as u32, sums.good);
        }
        if total.good > 0 && u64::from(sums.good) * 10 >= u64::from(total.good) * 9 && sums.good <= most_good {
            (most, most_good) = (node as u32, sums.good);
        }
    }
    let headline = headline(pieces, &shapes, titles);
    Survey { shapes, good, sums, total, best, half, most, headline }
}

/// The words of a title for comparison.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(60)
        .map(str::to_lowercase)
        .collect()
}

/// The piece that shows the title: a heading that has it, else the first piece that does.
fn headline(pieces: &Pieces, shapes: &[Shape], titles: &[Vec<String>]) -> Option<usize> {
    let mut found = None;
    let mut best = 0.6;
    for (index, (piece, shape)) in pieces.all.iter().zip(shapes).enumerate() {
        if piece.shown != Shown::Yes || shape.size > 400 || !(piece.tag.is_heading() || shape.words >= 4 || shape.size >= 20) {
            continue;
        }
        let mut score = likeness(pieces.text_of(piece), titles);
        if piece.tag == Tag::H1 {
            score += 0.5;
        } else if piece.tag.is_heading() {
            score += 0.2;
        }
        if score > best {
            (found, best) = (Some(index), score);
        }
    }
    found
}

/// How much of the text is in a title and how much of the title is in the text, 0 to 1.
pub(super) fn likeness(text: &str, titles: &[Vec<String>]) -> f32 {
    if text.len() > 600 || titles.is_empty() {
        return 0.0;
    }
    let own = words(text);
    if own.is_empty() {
        return 0.0;
    }
    titles
        .iter()
        .map(|title| {
            let shared = own.iter().filter(|word| title.contains(word)).count() as f32;
            (2.0 * shared / (own.len() + title.len()) as f32).min(1.0)
        })
        .fold(0.0, f32::max)
}

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

const LOCAL: [&str; 27] = [
    "size", "words", "link_share", "bold_share", "italic_share", "links", "sentences", "commas", "digit_share",
    "upper_share", "bars", "begins", "ends", "phrase", "copyright", "clock", "tag", "depth", "images", "likeness",
    "repeats", "good", "link_outside", "longest_link", "at_sign", "in_ld", "shown",
];
const AROUND: [&str; 7] = ["size", "link_share", "tag", "ends", "same_kind", "good", "same_parent"];
const PLACE: [&str; 43] = [
    "index", "index_share", "good_before", "since_headline", "has_headline", "pieces", "total_good", "gap_before",
    "gap_after", "good_near", "good_around", "parent1.good", "parent2.good", "parent3.good", "parent1.links",
    "parent2.links", "parent3.links", "parent1.pieces", "parent2.pieces", "levels_best", "levels_half",
    "levels_most", "best_share", "kind_count", "kind_size", "kind_links", "body_share", "article_share", "main_share",
    "best_from_start", "best_from_end", "kind_good", "since.related",
    "since.letter", "since.share", "since.legal", "since.meta", "since.comment", "since.heading", "twins",
    "twins_level", "twin_index", "twins_good",
];

fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

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

/// Pieces of one kind: same element and classes, same parent's element and classes.
fn kind(tree: &Tree, piece: &Piece) -> u64 {
    let mut hasher = DefaultHasher::new();
    let parent = tree.parent(piece.node);
    (tree.tag(piece.node) as u8, tree.attr(piece.node, Attr::Class)).hash(&mut hasher);
    (tree.tag(parent) as u8, tree.attr(parent, Attr::Class)).hash(&mut hasher);
    hasher.finish()
}

#[derive(Clone, Copy, Default)]
struct KindSums {
    count: u32,
    size: u32,
    chars: u32,
    links: u32,
    good: u32,
}

/// Features of all pieces, [`names`] long each. `known` tells whether a text is in what the publisher gave as
/// the article's text in JSON-LD.
pub(super) fn features(
    tree: &Tree,
    pieces: &Pieces,
    survey: &Survey,
    titles: &[Vec<String>],
    known: &dyn Fn(&str) -> f32,
) -> Vec<Vec<f32>> {
    let all = &pieces.all;
    let kinds: Vec<u64> = all.iter().map(|piece| kind(tree, piece)).collect();
    let mut kind_sums: HashMap<u64, KindSums> = HashMap::new();
    let mut repeats: HashMap<u64, u32> = HashMap::new();
    for (index, piece) in all.iter().enumerate() {
        let shape = &survey.shapes[index];
        let sums = kind_sums.entry(kinds[index]).or_default();
        sums.count += 1;
        sums.size += shape.size;
        sums.chars += piece.chars;
        sums.links += piece.link_chars;
        sums.good += if survey.good[index] { shape.size } else { 0 };
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
    (0..all.len())
        .map(|index| {
            let (piece, shape) = (&all[index], &survey.shapes[index]);
            let text = pieces.text_of(piece);
            let links = pieces.links_of(piece);
            let mut row = Vec::with_capacity(128);
            let outside = links
                .iter()
                .filter(|link| tree.attr(**link, Attr::Href).is_some_and(|href| href.contains("://")))
                .count();
            row.extend([
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
                likeness(text, titles),
                repeats.get(&shape.hash).copied().unwrap_or(1) as f32,
                f32::from(u8::from(survey.good[index])),
                outside as f32,
                piece.link_chars as f32 / links.len().max(1) as f32,
                f32::from(u8::from(text.contains('@'))),
                known(text),
                f32::from(piece.shown as u8),
            ]);
            row.extend(piece.above.iter().map(|levels| f32::from(*levels)));
            for offset in [-1_isize, 1, -2, 2] {
                let other = index.checked_add_signed(offset).filter(|other| *other < all.len());
                row.extend(other.map_or([-1.0; 7], |other| {
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
            row.extend([
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
            row.extend(&since[..6]);
            row.push(since_heading);
            for (last, kind) in since.iter_mut().zip(1_u8..) {
                *last = if shape.phrase == kind && !survey.good[index] { 0.0 } else { (*last + 1.0).min(200.0) };
            }
            since_heading = if piece.tag.is_heading() { 0.0 } else { (since_heading + 1.0).min(200.0) };
            row.extend(twins.of(tree, survey, piece.node));
            row
        })
        .collect()
}

/// Elements that stand beside others of the same name and class: comments, teasers, entries.
struct Twins {
    /// By element: its group, and its place in it.
    places: HashMap<u32, (u32, u32)>,
    groups: Vec<Group>,
}

#[derive(Clone, Copy, Default)]
struct Group {
    count: u32,
    good: u32,
}

impl Twins {
    fn of_page(tree: &Tree, survey: &Survey) -> Self {
        let mut twins = Self { places: HashMap::new(), groups: Vec::new() };
        let mut keys: HashMap<(u32, u8, Option<&str>), u32> = HashMap::new();
        for (node, sums) in survey.sums.iter().enumerate() {
            let node = node as u32;
            let tag = tree.tag(node);
            if sums.good == 0 || matches!(tag, Tag::P | Tag::None | Tag::Body | Tag::Html) {
                continue;
            }
            let next = twins.groups.len() as u32;
            let group = *keys.entry((tree.parent(node), tag as u8, tree.attr(node, Attr::Class))).or_insert(next);
            if group == next {
                twins.groups.push(Group::default());
            }
            if let Some(sums_of) = twins.groups.get_mut(group as usize) {
                twins.places.insert(node, (group, sums_of.count));
                sums_of.count += 1;
                sums_of.good += sums.good;
            }
        }
        twins
    }

    /// Of the elements around a piece the one with the most twins: their number, its level, its place, their text.
    fn of(&self, tree: &Tree, survey: &Survey, node: u32) -> [f32; 4] {
        let mut found = [1.0, 60.0, 0.0, 0.0];
        for (level, node) in ancestors(tree, node).enumerate().take(10) {
            let Some((group, place)) = self.places.get(&node) else { continue };
            let group = self.groups.get(*group as usize).copied().unwrap_or_default();
            if group.count as f32 > found[0] {
                found = [group.count as f32, level as f32, *place as f32, share(group.good, survey.total.good)];
            }
        }
        found
    }
}

/// Pieces to the nearest good one on either side.
struct Gaps {
    before: Vec<f32>,
    after: Vec<f32>,
}

impl Gaps {
    fn of(good: &[bool]) -> Self {
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
