use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use proptest::prelude::*;

use super::*;
use crate::extract::{
    element::{Attr, Tag as Element},
    tree::{NONE, ROOT},
};

/// The page through html5ever's own tokenizer.
fn reference(page: &str) -> Tree {
    let opts = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    parse_document(Sink::new(page.len()), opts).one(page)
}

/// Elements in order with their depth, attributes that matter, and text, without what the tokenizer leaves out.
fn outline(tree: &Tree) -> Vec<String> {
    let mut out = Vec::new();
    let (mut at, mut text) = (tree.first(ROOT), String::new());
    while at != NONE {
        if let Some(more) = tree.text(at) {
            text.push_str(more);
        } else if tree.tag(at) == Element::Foreign && tree.name(at) == "svg" {
            at = tree.skip(at, ROOT);
            continue;
        } else if !tree.name(at).is_empty() {
            if !text.is_empty() {
                out.push(std::mem::take(&mut text).replace("\r\n", "\n").replace('\r', "\n"));
            }
            let href = tree.attr(at, Attr::Href).unwrap_or("");
            let class = tree.attr(at, Attr::Class).unwrap_or("");
            out.push(format!("<{} {class} {href}>", tree.name(at)).replace("\r\n", "\n"));
            let raw = ["script", "style", "textarea", "iframe", "noembed", "noframes"];
            if raw.contains(&tree.name(at)) {
                at = tree.skip(at, ROOT);
                continue;
            }
        }
        at = tree.following(at, ROOT);
    }
    out.push(text);
    out
}

/// Pieces of markup that meet in ways that matter; svg and raw text stand in the cases.
fn markup() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        "</?(p|div|b|i|a|li|ul|table|tr|td|h2|br|font|span|form|option|select|button)>",
        "<(a|p|div) (class|href|id|data-x)=(\"x y\"|'&amp;'|z)( |/|)>",
        "[a-z <>&;\"'=/!-]{0,12}",
        "&(amp|lt;|#65;|#x41|notit;|nbsp|copy|bogus;)",
        "<!--[a-z<>!-]{0,8}-->",
        "<(script|style|title|textarea)>[a-z<!-]{0,8}</(script|style|title|textarea)>",
        "<!doctype html>|<body>|</body>|<html>|<head>|<meta charset=x>|<noscript>|</noscript>",
    ];
    prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn same_tree_as_the_standard_tokenizer(page in markup()) {
        prop_assert_eq!(outline(&reference(&page)), outline(&parse(&page, false)));
    }

    #[test]
    fn any_text_is_read(page in "\\PC{0,200}") {
        parse(&page, true);
    }
}
