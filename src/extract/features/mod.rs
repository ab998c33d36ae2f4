//! Numbers about each piece on which the model decides: its text, its links, where it stands, and what stands
//! around it. [`table`] names them all.

use super::{element::Tag, tree::Tree, walk::Pieces};

mod genre;
mod groups;
mod hash;
mod lists;
mod local;
mod page;
mod place;
mod rows;
mod second;
mod spans;
mod survey;
mod table;
mod text;

pub(super) use genre::Genre;
pub(super) use groups::{class_of, groups};
pub(super) use lists::{Lists, hashed, words};
pub(super) use rows::Rows;
pub(super) use second::{COUNT as SECOND_COUNT, NEAR as SECOND_NEAR, second};
pub(super) use survey::{Survey, survey};
pub(super) use table::{Feature, names};

use groups::kind;
use page::Page;
use second::SECOND;

/// Names of everything that the second look decides on, in order.
pub(super) fn second_names() -> Vec<String> {
    let mut names = names();
    names.extend(SECOND.iter().map(|name| (*name).to_owned()));
    names
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

/// What is known about the page from its metadata.
pub(super) struct PageTitles {
    /// Its titles.
    pub(super) titles: Lists,
    /// Its description.
    pub(super) summary: Lists,
    /// What kind of page it says it is.
    pub(super) genre: Genre,
}

/// Features of all pieces. `kinds` are those of [`kinds`]; `stated` says whether a text is in what the
/// publisher gave as the article's text in JSON-LD.
pub(super) fn features(
    tree: &Tree,
    pieces: &Pieces,
    survey: &Survey,
    kinds: &[u64],
    genre: &Genre,
    stated: &dyn Fn(&str) -> f32,
) -> Rows {
    let page = Page::of(tree, pieces, survey, kinds, genre);
    let mut rows = Rows::new(pieces.all.len());
    let mut since = place::Since::default();
    for index in 0..pieces.all.len() {
        let mut row = rows.row(index);
        local::fill(&mut row, &page, index, stated);
        local::around(&mut row, &page, index);
        place::fill(&mut row, &page, index);
        place::containers(&mut row, &page, index);
        place::groups(&mut row, &page, index);
        since.fill(&mut row, &page, index);
        page.fill(&mut row, index);
    }
    rows
}

/// The kind of each piece: those of one kind have the same number.
pub(super) fn kinds(tree: &Tree, pieces: &Pieces) -> Vec<u64> {
    pieces.all.iter().map(|piece| kind(tree, piece)).collect()
}
