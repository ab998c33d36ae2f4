//! The page as a flat tree: nodes in one `Vec`, addressed by `u32`, behind a small view
//! ([`Tree::first`], [`Tree::next`], [`Tree::parent`], [`Tree::tag`], [`Tree::attr`], [`Tree::text`]),
//! so that another parser is a change of `tree` and `tokenizer` only.

use html5ever::QualName;
use html5ever::tendril::StrTendril;

use super::element::{Attr, Tag};

mod sink;

pub(super) use sink::Sink;

/// No node.
pub(super) const NONE: u32 = u32::MAX;
/// The document itself.
pub(super) const ROOT: u32 = 0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Document or template contents.
    Root,
    Element,
    /// A span of [`Tree::texts`].
    Text {
        start: u32,
        len: u32,
    },
}

struct Node {
    parent: u32,
    first: u32,
    last: u32,
    previous: u32,
    next: u32,
    attrs: u32,
    attrs_len: u16,
    depth: u16,
    kind: Kind,
    tag: Tag,
    name: Option<QualName>,
}

/// A parsed page.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    attrs: Vec<(Attr, StrTendril)>,
    texts: String,
    /// Whether the limit of work or of nodes was reached: the end of the page is missing or flat.
    pub(super) cut: bool,
    /// What it took to build.
    pub(super) cost: Cost,
}

/// What a parse took, counted.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(test), expect(dead_code, reason = "read by the tests that bound it"))]
pub(super) struct Cost {
    /// Steps of the tree builder.
    pub(super) work: usize,
    /// Memory of the tree without its texts, in bytes.
    pub(super) bytes: usize,
}

impl Tree {
    /// First child.
    pub(super) fn first(&self, node: u32) -> u32 {
        self.node(node).map_or(NONE, |node| node.first)
    }

    /// Next sibling.
    pub(super) fn next(&self, node: u32) -> u32 {
        self.node(node).map_or(NONE, |node| node.next)
    }

    /// Parent.
    pub(super) fn parent(&self, node: u32) -> u32 {
        self.node(node).map_or(NONE, |node| node.parent)
    }

    /// Element, or [`Tag::None`] for texts and the document.
    pub(super) fn tag(&self, node: u32) -> Tag {
        self.node(node).map_or(Tag::None, |node| node.tag)
    }

    /// Local name of an element; empty for anything else.
    pub(super) fn name(&self, node: u32) -> &str {
        self.node(node).and_then(|node| node.name.as_ref()).map_or("", |name| &name.local)
    }

    /// Text of a text node.
    pub(super) fn text(&self, node: u32) -> Option<&str> {
        match self.node(node)?.kind {
            Kind::Text { start, len } => self.texts.get(start as usize..(start + len) as usize),
            Kind::Root | Kind::Element => None,
        }
    }

    /// All texts of the page, one after the other.
    pub(super) fn texts(&self) -> &str {
        &self.texts
    }

    /// Value of an attribute.
    pub(super) fn attr(&self, node: u32, attr: Attr) -> Option<&str> {
        self.attrs(node).iter().find(|(name, _)| *name == attr).map(|(_, value)| &**value)
    }

    /// All attributes that are kept.
    pub(super) fn attrs(&self, node: u32) -> &[(Attr, StrTendril)] {
        let Some(node) = self.node(node) else { return &[] };
        let start = node.attrs as usize;
        self.attrs.get(start..start + usize::from(node.attrs_len)).unwrap_or(&[])
    }

    /// Number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node after `node` in document order that is not below it, up to the end of `top`.
    pub(super) fn skip(&self, node: u32, top: u32) -> u32 {
        let mut at = node;
        while at != NONE && at != top {
            let next = self.next(at);
            if next != NONE {
                return next;
            }
            at = self.parent(at);
        }
        NONE
    }

    /// The node after `node` in document order, within `top`.
    pub(super) fn following(&self, node: u32, top: u32) -> u32 {
        let first = self.first(node);
        if first == NONE { self.skip(node, top) } else { first }
    }

    /// All text below `node`, as it is; at most some 64 KB.
    pub(super) fn all_text(&self, node: u32) -> String {
        self.all_text_within(node, 64 << 10)
    }

    /// The text below `node`, up to `bytes` of it; texts of different elements have a space between them.
    pub(super) fn all_text_within(&self, node: u32, bytes: usize) -> String {
        let mut out = String::new();
        let mut at = node;
        while at != NONE && out.len() < bytes {
            if let Some(text) = self.text(at) {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(text);
            }
            at = if matches!(self.tag(at), Tag::Script | Tag::Style) {
                self.skip(at, node)
            } else {
                self.following(at, node)
            };
        }
        out
    }

    fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }
}
