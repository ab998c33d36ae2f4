//! The blocks of a piece of HTML, and what cleaning wants to know about each.

use url::Url;

use super::{
    Block, Image,
    element::{Attr, Tag},
    images::{self, absolute},
    tokenizer,
    tree::{NONE, ROOT, Tree},
    walk::{self, Piece, Pieces, Shown},
};

/// Ancestors named with a block, at most, the element itself included.
const CHAIN_MAX: usize = 4;
/// Addresses of a block, at most, and the longest one (bytes).
const HREFS_MAX: usize = 64;
const HREF_MAX: usize = 2048;

/// The blocks of an HTML fragment (a feed's own content), all of them, nothing left out but
/// what is never shown (scripts, styles, controls of forms, hidden elements).
pub fn fragment(html: &str, base: Option<&Url>) -> Vec<Block> {
    illustrated(html, base).0
}

/// The same, and its images.
pub fn illustrated(html: &str, base: Option<&Url>) -> (Vec<Block>, Vec<Image>) {
    let tree = tokenizer::parse(&super::decode::plain(html), true);
    let pieces = walk::pieces(&tree);
    let blocks = pieces
        .all
        .iter()
        .filter(|piece| piece.shown == Shown::Yes)
        .map(|piece| block(&tree, &pieces, piece, base))
        .collect();
    // All of it is the article, even if it is only a picture.
    let taken = vec![true; pieces.all.len().max(1)];
    (blocks, images::images(&tree, &pieces, &taken, None, base))
}

/// A piece as a block.
pub(super) fn block(tree: &Tree, pieces: &Pieces, piece: &Piece, base: Option<&Url>) -> Block {
    let share = |part: u32| if piece.chars == 0 { 0.0 } else { part as f32 / piece.chars as f32 };
    let links = pieces.links_of(piece);
    let mut hrefs = Vec::new();
    for link in links.iter().take(HREFS_MAX) {
        if let Some(href) = tree.attr(*link, Attr::Href)
            && href.len() <= HREF_MAX
        {
            hrefs.push(absolute(href, base));
        }
    }
    Block {
        tag: piece.tag.as_str().to_owned(),
        text: pieces.text_of(piece).to_owned(),
        link_share: share(piece.link_chars),
        bold_share: share(piece.bold_chars),
        hrefs,
        classes: chain(tree, piece.node),
    }
}

fn chain(tree: &Tree, node: u32) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = node;
    while at != NONE && at != ROOT && out.len() < CHAIN_MAX && tree.tag(at) != Tag::Html {
        let mut name = tree.name(at).to_owned();
        for class in tree.attr(at, Attr::Class).unwrap_or("").split_ascii_whitespace().take(8) {
            name.push('.');
            name.push_str(class);
        }
        out.push(name);
        at = tree.parent(at);
    }
    out
}
