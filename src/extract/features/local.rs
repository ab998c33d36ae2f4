//! Features of a piece by itself, and of the pieces next to it.

use memchr::memmem;

use super::{
    groups::share,
    page::Page,
    rows::Row,
    table::{ABOVE_FROM, AROUND, AROUND_FROM, Feature, NEIGHBOURS},
    tag_number,
    text::boilerplate,
};
use crate::extract::element::Attr;

/// Fills in those of its text, its links and its markup.
pub(super) fn fill(row: &mut Row<'_>, page: &Page<'_>, index: usize, stated: &dyn Fn(&str) -> f32) {
    let (piece, shape) = (&page.all[index], &page.survey.shapes[index]);
    let text = page.pieces.text_of(piece);
    let links = page.pieces.links_of(piece);
    let is_outside = |link: &&u32| {
        let href = page.tree.attr(**link, Attr::Href);
        href.is_some_and(|href| memmem::find(href.as_bytes(), b"://").is_some())
    };
    let words = boilerplate(text);
    row.set(Feature::Size, shape.size as f32);
    row.set(Feature::Words, shape.words as f32);
    row.set(Feature::LinkShare, share(piece.link_chars, piece.chars));
    row.set(Feature::BoldShare, share(piece.bold_chars, piece.chars));
    row.set(Feature::ItalicShare, share(piece.italic_chars, piece.chars));
    row.set(Feature::Links, links.len() as f32);
    row.set(Feature::Sentences, shape.sentences as f32);
    row.set(Feature::Commas, shape.commas as f32);
    row.set(Feature::DigitShare, share(shape.digits, piece.chars));
    row.set(Feature::UpperShare, share(shape.upper, shape.letters));
    row.set(Feature::Bars, shape.bars as f32);
    row.set(Feature::Begins, f32::from(shape.begins));
    row.set(Feature::Ends, f32::from(shape.ends));
    row.set(Feature::Phrase, f32::from(shape.phrase));
    row.flag(Feature::Copyright, shape.has_copyright);
    row.flag(Feature::Clock, shape.has_clock);
    row.set(Feature::Tag, tag_number(piece.tag));
    row.set(Feature::Depth, f32::from(piece.depth));
    row.set(Feature::Images, f32::from(piece.images));
    row.set(Feature::Likeness, page.survey.alike[index][0]);
    row.set(Feature::SummaryLikeness, page.survey.alike[index][1]);
    row.set(Feature::Repeats, page.repeats(index) as f32);
    row.flag(Feature::Good, page.survey.good[index]);
    row.flag(Feature::Running, page.survey.running[index]);
    row.set(Feature::LinkOutside, links.iter().filter(is_outside).count() as f32);
    row.set(Feature::LongestLink, piece.link_chars as f32 / links.len().max(1) as f32);
    row.flag(Feature::AtSign, text.contains('@'));
    row.set(Feature::InLd, stated(text));
    row.set(Feature::Shown, f32::from(piece.shown as u8));
    row.set(Feature::Boilerplate, words);
    row.set(Feature::BoilerplateShare, words * 100.0 / (piece.chars + 20) as f32);
    row.set(Feature::LeadLink, share(piece.lead_link_chars, piece.chars));
    row.fill(ABOVE_FROM, &piece.above.map(f32::from));
}

/// Fills in those of the pieces next to it.
pub(super) fn around(row: &mut Row<'_>, page: &Page<'_>, index: usize) {
    let piece = &page.all[index];
    for (place, (_, offset)) in NEIGHBOURS.iter().enumerate() {
        let other = index.checked_add_signed(*offset).filter(|other| *other < page.all.len());
        let values = other.map_or([-1.0; AROUND.len()], |other| {
            let (near, shape) = (&page.all[other], &page.survey.shapes[other]);
            [
                shape.size as f32,
                share(near.link_chars, near.chars),
                tag_number(near.tag),
                f32::from(shape.ends),
                f32::from(u8::from(page.kinds[other] == page.kinds[index])),
                f32::from(u8::from(page.survey.good[other])),
                f32::from(u8::from(page.tree.parent(near.node) == page.tree.parent(piece.node))),
            ]
        });
        row.fill(AROUND_FROM + place * AROUND.len(), &values);
    }
}
