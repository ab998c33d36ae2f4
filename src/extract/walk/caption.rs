//! Captions that stand inside a paragraph, beside the image they belong to.

use crate::extract::{
    element::{Attr, Tag},
    tree::{NONE, Tree},
    walk::sight,
};

/// Parts of names of captions and credits, without separators.
const NAMES: [&str; 16] = [
    "caption",
    "cutline",
    "photocredit",
    "imagecredit",
    "imgcredit",
    "mediacredit",
    "piccredit",
    "picturecredit",
    "fotocredit",
    "bildunterschrift",
    "bildtext",
    "bildnachweis",
    "piedefoto",
    "didascalia",
    "fotoonderschrift",
    "bijschrift",
];
/// Whole names.
const WHOLE: [&str; 9] =
    ["credit", "credits", "legend", "legende", "leyenda", "legenda", "photographer", "fotograf", "copyright"];
/// What credits have, in lower case.
const CREDITS: [&str; 12] = [
    "photo", "foto", "©", "credit", "bild:", "image:", "imagen:", "getty", "reuters", "crédit", "фото",
    "写真",
];
/// Longest caption, in bytes.
const CAPTION_MAX: usize = 600;
/// Neighbours that are looked at, at most.
const NEIGHBOURS_MAX: usize = 6;

/// Whether an inline element is a caption: it has the name of one, or stands apart after an image and has a
/// credit; and an image stands beside it in the same block.
pub(super) fn is_caption(tree: &Tree, node: u32) -> bool {
    let parent = tree.parent(node);
    if matches!(tree.tag(node), Tag::A | Tag::Font | Tag::Label | Tag::Sup | Tag::Noscript)
        || tree.tag(parent).is_heading()
        || tree.tag(parent) == Tag::A
    {
        return false;
    }
    let apart = matches!(tree.tag(node), Tag::Em | Tag::I | Tag::Small | Tag::Span);
    let has_image = has_image(tree, node);
    // Checking where it stands is cheaper than checking its name.
    if !has_image && !is_alone(tree, node) {
        return false;
    }
    let named = tree.attr(node, Attr::Class).is_some_and(is_name);
    if !(named || apart && has_image) {
        return false;
    }
    let text = sight::seen_text(tree, node, CAPTION_MAX + 1, false);
    if text.len() > CAPTION_MAX || text.trim().is_empty() {
        return false;
    }
    let lower = text.to_lowercase();
    named || CREDITS.iter().any(|credit| lower.contains(credit)) && tree.tag(node) != Tag::Span
}

/// Whether an image stands beside it, with nothing but line breaks and other captions between.
fn has_image(tree: &Tree, node: u32) -> bool {
    let parent = tree.parent(node);
    let mut at = tree.first(parent);
    let mut image = false;
    for _ in 0..NEIGHBOURS_MAX {
        if at == NONE || at == node {
            break;
        }
        let is_named = || tree.attr(at, Attr::Class).is_some_and(is_name);
        match tree.tag(at) {
            _ if holds_image(tree, at) => image = true,
            Tag::Br => {}
            _ if tree.text(at).is_some_and(|text| text.trim().is_empty()) || is_named() => {}
            _ => image = false,
        }
        at = tree.next(at);
    }
    image && at == node
        || (0..2).any(|steps| holds_image(tree, (0..=steps).fold(node, |at, _| tree.next(at))))
}

/// Whether its paragraph holds nothing else.
fn is_alone(tree: &Tree, node: u32) -> bool {
    let parent = tree.parent(node);
    let others =
        std::iter::successors(Some(tree.first(parent)), |at| Some(tree.next(*at))).take(NEIGHBOURS_MAX);
    tree.tag(parent) == Tag::P
        && others
            .take_while(|at| *at != NONE)
            .all(|at| at == node || tree.text(at).is_some_and(|text| text.trim().is_empty()))
}

/// Whether it is an image, or a link or frame around one.
fn holds_image(tree: &Tree, node: u32) -> bool {
    std::iter::successors(Some(node), |at| Some(tree.first(*at)))
        .take(4)
        .take_while(|at| *at != NONE)
        .any(|at| matches!(tree.tag(at), Tag::Img | Tag::AmpImg | Tag::Picture))
}

fn is_name(class: &str) -> bool {
    class.get(..256).unwrap_or(class).split_ascii_whitespace().any(|token| {
        let name: String =
            token.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
        NAMES.iter().any(|part| name.contains(part)) || WHOLE.contains(&name.as_str())
    })
}
