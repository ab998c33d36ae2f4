//! The text of a byline's elements, as readers see it.

use super::{
    Context,
    names::{APART, Place, fold, names, strip_by},
};
use crate::extract::{
    element::{Attr, Tag},
    tree::{NONE, Tree},
    walk::sight,
};

/// The text of an element, or of what is marked as names within it.
pub(super) fn name_below(context: &Context<'_>, node: u32) -> String {
    let tree = context.tree;
    let mut marked: Vec<String> = Vec::new();
    let (mut at, mut steps) = (tree.first(node), 0);
    while at != NONE && steps < 60 {
        steps += 1;
        let is_name = tree.attr(at, Attr::Itemprop).is_some_and(|name| name.eq_ignore_ascii_case("name"))
            || tree.attr(at, Attr::Rel).is_some_and(|rel| rel.eq_ignore_ascii_case("author"))
            || tree.attr(at, Attr::Class).is_some_and(|class| {
                class
                    .split_ascii_whitespace()
                    .any(|class| matches!(class, "fn" | "author-name" | "author__name" | "name"))
            });
        let text = match tree.tag(at) {
            _ if !is_name => String::new(),
            Tag::Meta => tree.attr(at, Attr::Content).unwrap_or("").to_owned(),
            _ => byline_text(tree, at),
        };
        at = if text.trim().is_empty() {
            tree.following(at, node)
        } else {
            if !marked.contains(&text) {
                marked.push(text);
            }
            tree.skip(at, node)
        };
    }
    let marked = marked.join(", ");
    if names(&marked, Place::of(context)).is_empty() { byline_text(tree, node) } else { marked }
}

/// Bytes of a byline that are read, at most.
const BYLINE_MAX: usize = 400;

/// The text of an element as readers see it; texts of neighbouring elements are kept apart, those of similar
/// elements form an enumeration.
fn byline_text(tree: &Tree, node: u32) -> String {
    let mut out = String::new();
    let mut before: Option<(u32, String)> = None;
    let mut at = node;
    while at != NONE && out.len() < BYLINE_MAX {
        if tree.text(at).is_none()
            && (tree.tag(at).is_silent() || at != node && sight::is_unseen(tree, at, sight::of_class))
        {
            at = tree.skip(at, node);
            continue;
        }
        if let Some(text) = tree.text(at) {
            let words = fold(text);
            if !words.is_empty() {
                let around = tree.parent(at);
                let glue = match &before {
                    None => "",
                    Some((other, _))
                        if is_within(tree, *other, around) || is_within(tree, around, *other) =>
                    {
                        let apart = text.starts_with(char::is_whitespace) || out.ends_with(' ');
                        if apart { " " } else { "" }
                    }
                    Some((other, words_before)) => between(tree, (*other, words_before), (around, &words)),
                };
                out.push_str(glue);
                out.push_str(&words);
                if text.ends_with(char::is_whitespace) {
                    out.push(' ');
                }
                before = Some((around, words));
            } else if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
        at = tree.following(at, node);
    }
    fold(&out)
}

fn is_within(tree: &Tree, outer: u32, inner: u32) -> bool {
    std::iter::successors(Some(inner), |at| Some(tree.parent(*at)))
        .take(8)
        .take_while(|at| *at != NONE)
        .any(|at| at == outer)
}

/// What stands between the texts of two elements.
fn between(tree: &Tree, one: (u32, &str), other: (u32, &str)) -> &'static str {
    let is_label = |text: &str| strip_by(&format!("{text} x")) == "x";
    let is_word = |text: &str| !text.contains(' ') && text.chars().all(char::is_alphabetic);
    let alike = tree.tag(one.0) == tree.tag(other.0)
        && tree.attr(one.0, Attr::Class) == tree.attr(other.0, Attr::Class);
    if is_label(one.1)
        || one.1.ends_with([',', '&', ':'])
        || other.1.starts_with([',', ';', '&'])
        || is_word(one.1) && is_word(other.1)
    {
        " "
    } else if alike {
        ", "
    } else {
        APART
    }
}
