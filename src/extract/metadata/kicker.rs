//! Headings that hold more than the headline: a kicker before it, a deck after it.

use super::trim::{fold, trim_separators};
use crate::extract::{
    element::Attr,
    features::hashed,
    tree::{NONE, Tree},
    walk::sight,
};

/// Class names of the line over a headline, inside the heading.
const KICKERS: [&str; 15] = [
    "kicker",
    "topline",
    "overline",
    "dachzeile",
    "roofline",
    "spitzmarke",
    "eyebrow",
    "pretitle",
    "pre-title",
    "surtitle",
    "antetitulo",
    "occhiello",
    "volanta",
    "prehead",
    "rubric",
];
/// Texts of a heading that are looked at, at most.
const PARTS_MAX: usize = 8;

/// A text of a heading.
struct Part {
    text: String,
    /// Whether a class around it says that it is a kicker.
    is_kicker: bool,
    /// Whether an invisible separator stands before it.
    is_apart: bool,
}

/// A heading without a kicker before it or a line below it, each in an element of its own within the heading:
/// if the rest is what the markup gives as the title, if a separator for screen readers stands between them,
/// or if the class name says so.
pub(super) fn without_kicker(tree: &Tree, heading: u32, titles: &[Vec<u64>]) -> Option<String> {
    let parts = parts(tree, heading)?;
    if parts.len() < 2 {
        return None;
    }
    let join = |parts: &[Part]| {
        trim_separators(&parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join(" ")).to_owned()
    };
    for cut in 1..parts.len() {
        let (head, tail) = parts.split_at(cut);
        for side in [tail, head] {
            let own = hashed(&join(side));
            if own.len() >= 3 && titles.contains(&own) {
                return Some(join(side));
            }
        }
    }
    if let Some(cut) = parts.iter().position(|part| part.is_apart) {
        let (head, tail) = parts.split_at(cut);
        let (head, tail) = (join(head), join(tail));
        return Some(if head.chars().count() > tail.chars().count() { head } else { tail });
    }
    let kickers = parts.iter().take_while(|part| part.is_kicker).count();
    let rest = parts.get(kickers..)?;
    (kickers > 0 && hashed(&join(rest)).len() >= 2).then(|| join(rest))
}

/// The visible texts of a heading; `None` if there are many.
fn parts(tree: &Tree, heading: u32) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_apart = false;
    let mut at = tree.first(heading);
    while at != NONE {
        if tree.text(at).is_none()
            && (tree.tag(at).is_silent() || sight::is_unseen(tree, at, sight::of_class))
        {
            let unseen = tree.all_text_within(at, 20);
            is_apart |= !parts.is_empty() && !unseen.trim().is_empty() && sight::is_separator(tree, at);
            at = tree.skip(at, heading);
            continue;
        }
        if let Some(text) = tree.text(at).map(fold).filter(|text| !text.is_empty()) {
            if parts.len() >= PARTS_MAX {
                return None;
            }
            let mut around = std::iter::successors(Some(tree.parent(at)), |node| Some(tree.parent(*node)));
            let is_kicker =
                around.by_ref().take(4).take_while(|node| *node != heading && *node != NONE).any(|node| {
                    tree.attr(node, Attr::Class).is_some_and(|class| {
                        let class = class.to_ascii_lowercase();
                        KICKERS.iter().any(|kicker| class.contains(kicker))
                    })
                });
            parts.push(Part { text, is_kicker, is_apart });
            is_apart = false;
        }
        at = tree.following(at, heading);
    }
    Some(parts)
}
