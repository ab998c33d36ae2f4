//! The images of an article, with caption and credit.

use url::Url;

use super::{
    Image,
    element::{Attr, Tag},
    tree::{NONE, Tree},
    walk::Pieces,
};

/// Images of an article, at most.
const IMAGES_MAX: usize = 60;
/// Narrower ones are icons and portraits, in CSS pixels.
const WIDTH_MIN: u32 = 120;

/// The images from the first to the last block of the article, the lead image first.
pub(super) fn images(
    tree: &Tree,
    pieces: &Pieces,
    taken: &[bool],
    lead: Option<&str>,
    base: Option<&Url>,
) -> Vec<Image> {
    let mut out: Vec<Image> = Vec::new();
    let first = taken.iter().position(|taken| *taken).unwrap_or(usize::MAX);
    let last = taken.iter().rposition(|taken| *taken).unwrap_or(0);
    for (node, at) in &pieces.images {
        let at = *at as usize;
        // A lead image stands up to a few blocks (headline, byline, its caption) before the text.
        if first == usize::MAX || at + 6 < first || at > last + 1 || out.len() >= IMAGES_MAX {
            continue;
        }
        let near =
            |index: usize| pieces.all.get(index).is_some_and(|piece| piece.link_chars * 2 < piece.chars);
        if at < first && figure(tree, *node) == NONE && !near(at) {
            continue;
        }
        let width =
            tree.attr(*node, Attr::Width).and_then(|width| width.trim_end_matches("px").parse::<u32>().ok());
        if width.is_some_and(|width| width < WIDTH_MIN) {
            continue;
        }
        let Some(source) = source(tree, *node) else { continue };
        let url = absolute(source, base);
        if out.iter().any(|image| image.url == url) {
            continue;
        }
        let (caption, credit) = caption(tree, *node);
        out.push(Image { url, caption, credit });
    }
    if let Some(lead) = lead {
        let url = absolute(lead, base);
        match out.iter().position(|image| same_file(&image.url, &url)) {
            Some(0) => {}
            Some(index) => {
                let image = out.remove(index);
                out.insert(0, image);
            }
            None => out.insert(0, Image { url, caption: None, credit: None }),
        }
    }
    out
}

/// An address, absolute if a base is known.
pub(super) fn absolute(href: &str, base: Option<&Url>) -> String {
    let href = href.trim();
    base.and_then(|base| base.join(href).ok()).map_or_else(|| href.to_owned(), String::from)
}

/// Whether both are one picture in two sizes or formats: the same file name.
fn same_file(one: &str, other: &str) -> bool {
    let name = |url: &str| {
        let path = url.split(['?', '#']).next().unwrap_or("").to_owned();
        let file = path.rsplit('/').next().unwrap_or("").to_owned();
        file.split('.').next().unwrap_or("").to_owned()
    };
    let name_of_one = name(one);
    one == other || name_of_one.len() >= 8 && name_of_one == name(other)
}

/// The address: a lazy one first, since `src` then holds a placeholder; the widest of a set.
fn source(tree: &Tree, node: u32) -> Option<&str> {
    let widest = |set: &'_ str| -> Option<(usize, usize)> {
        let mut best: Option<(f32, usize, usize)> = None;
        let mut from = 0;
        for candidate in set.split(", ") {
            let trimmed = candidate.trim();
            let start = from + candidate.find(trimmed).unwrap_or(0);
            from += candidate.len() + 2;
            let mut words = trimmed.split_ascii_whitespace();
            let Some(url) = words.next() else { continue };
            let size = words
                .next()
                .and_then(|size| size.trim_end_matches(['w', 'x', ',']).parse::<f32>().ok())
                .unwrap_or(1.0);
            if best.is_none_or(|(other, ..)| size > other) {
                best = Some((size, start, start + url.trim_end_matches(',').len()));
            }
        }
        best.map(|(_, from, to)| (from, to))
    };
    let usable = |url: &&str| !url.trim().is_empty() && !url.trim_start().starts_with("data:");
    let set = tree.attr(node, Attr::Srcset);
    tree.attr(node, Attr::DataSrc)
        .filter(usable)
        .or_else(|| tree.attr(node, Attr::Src).filter(usable))
        .or_else(|| set.and_then(|set| widest(set).and_then(|(from, to)| set.get(from..to))).filter(usable))
}

/// The figure around an image.
fn figure(tree: &Tree, node: u32) -> u32 {
    let mut at = node;
    for _ in 0..6 {
        at = tree.parent(at);
        if at == NONE || tree.tag(at) == Tag::Figure || is_captioned(tree, at) {
            return at;
        }
    }
    NONE
}

/// Whether it is a `div` whose class mentions a caption, as in WordPress.
fn is_captioned(tree: &Tree, node: u32) -> bool {
    tree.tag(node) == Tag::Div
        && tree.attr(node, Attr::Class).is_some_and(|class| class.contains("wp-caption"))
}

fn caption(tree: &Tree, node: u32) -> (Option<String>, Option<String>) {
    let figure = figure(tree, node);
    if figure == NONE {
        return (None, None);
    }
    let (mut caption, mut credit) = (String::new(), String::new());
    let mut at = tree.first(figure);
    let mut steps = 0;
    let mut in_caption = NONE;
    while at != NONE && steps < 200 {
        steps += 1;
        let class = tree.attr(at, Attr::Class).unwrap_or("").to_ascii_lowercase();
        let is_credit =
            ["credit", "copyright", "source", "photographer"].iter().any(|word| class.contains(word));
        if is_credit {
            credit.push_str(&tree.all_text_within(at, 300));
            at = tree.skip(at, figure);
            continue;
        }
        if tree.tag(at) == Tag::Figcaption || class.contains("caption") {
            in_caption = at;
        }
        if let Some(text) = tree.text(at)
            && in_caption != NONE
            && !matches!(tree.tag(tree.parent(at)), Tag::Script | Tag::Style)
            && caption.len() < 2000
        {
            caption.push_str(text);
            caption.push(' ');
        }
        at = tree.following(at, figure);
    }
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut caption, mut credit) = (fold(&caption), fold(&credit));
    for mark in
        ["Credit:", "Photo:", "Foto:", "Photograph:", "Image:", "Bild:", "Crédit :", "(Photo by ", "(Foto: "]
    {
        if credit.is_empty()
            && let Some((head, tail)) = caption.split_once(mark)
        {
            let (head, tail) = (head.trim().to_owned(), tail.trim().trim_end_matches(')').to_owned());
            (caption, credit) = (head, tail);
        }
    }
    for mark in ["Credit:", "Photo:", "Foto:", "Photograph:", "Image:", "Bild:", "Crédit :"] {
        if let Some(name) = credit.strip_prefix(mark) {
            credit = name.trim().to_owned();
        }
    }
    (Some(caption).filter(|text| !text.is_empty()), Some(credit).filter(|text| !text.is_empty()))
}
