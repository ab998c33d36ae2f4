//! The page as a flat tree: nodes in one `Vec`, addressed by `u32`, behind a small view
//! ([`Tree::first`], [`Tree::next`], [`Tree::parent`], [`Tree::tag`], [`Tree::attr`], [`Tree::text`]),
//! so that another parser is a change of `tree.rs` and `tokenizer.rs` only.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use super::element::{Attr, Tag};

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
pub(super) struct Tree {
    nodes: Vec<Node>,
    attrs: Vec<(Attr, StrTendril)>,
    texts: String,
    /// The limit of work or of nodes was reached: the end of the page is missing or flat.
    pub(super) cut: bool,
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

    /// All text below `node`, as it stands; at most some 64 KB.
    pub(super) fn all_text(&self, node: u32) -> String {
        self.all_text_within(node, 64 << 10)
    }

    /// The text below `node` until there are `bytes` of it; texts of different elements have a space between.
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

/// Builds a [`Tree`] for html5ever's tree builder, and counts what it costs.
pub(super) struct Sink {
    tree: RefCell<Tree>,
    /// Depth of the element appended last.
    pub(super) depth: Cell<usize>,
    /// Steps spent on what is not one per token: moved children, joined texts.
    pub(super) steps: Cell<usize>,
}

impl Sink {
    pub(super) fn new(bytes: usize) -> Self {
        let mut tree = Tree {
            nodes: Vec::with_capacity(bytes / 48),
            attrs: Vec::with_capacity(bytes / 96),
            texts: String::with_capacity(bytes / 3),
            cut: false,
        };
        tree.nodes.push(blank(Kind::Root));
        Self { tree: RefCell::new(tree), depth: Cell::new(0), steps: Cell::new(0) }
    }

    /// Memory so far, without the text.
    pub(super) fn bytes(&self) -> usize {
        let tree = self.tree.borrow();
        tree.nodes.len() * size_of::<Node>() + tree.attrs.len() * size_of::<(Attr, StrTendril)>()
    }

    /// Notes that a limit was reached.
    pub(super) fn mark_cut(&self) {
        self.tree.borrow_mut().cut = true;
    }

    fn insert(&self, parent: u32, before: u32, child: NodeOrText<u32>) {
        let mut tree = self.tree.borrow_mut();
        let previous = if before == NONE { at(&tree, parent).last } else { at(&tree, before).previous };
        let child = match child {
            NodeOrText::AppendNode(child) => {
                unlink(&mut tree, child);
                // Unlinking may have changed the neighbour.
                child
            }
            NodeOrText::AppendText(text) => {
                if previous != NONE && self.join(&mut tree, previous, &text) {
                    return;
                }
                let start = tree.texts.len() as u32;
                tree.texts.push_str(&text);
                push(&mut tree, blank(Kind::Text { start, len: text.len() as u32 }))
            }
        };
        let previous = if before == NONE { at(&tree, parent).last } else { at(&tree, before).previous };
        let depth = at(&tree, parent).depth.saturating_add(1);
        {
            let node = at_mut(&mut tree, child);
            (node.parent, node.previous, node.next, node.depth) = (parent, previous, before, depth);
            if node.kind == Kind::Element {
                self.depth.set(usize::from(depth));
            }
        }
        if previous == NONE {
            at_mut(&mut tree, parent).first = child;
        } else {
            at_mut(&mut tree, previous).next = child;
        }
        if before == NONE {
            at_mut(&mut tree, parent).last = child;
        } else {
            at_mut(&mut tree, before).previous = child;
        }
    }

    /// Adds `text` to the text node `previous`; false if that is no text node.
    fn join(&self, tree: &mut Tree, previous: u32, text: &str) -> bool {
        let Kind::Text { start, len } = at(tree, previous).kind else { return false };
        let (from, end) = (start as usize, (start + len) as usize);
        let start = if end == tree.texts.len() {
            start
        } else {
            // Foster-parented text grows away from the end: copied, and paid for.
            self.steps.set(self.steps.get() + len as usize);
            let start = tree.texts.len() as u32;
            tree.texts.extend_from_within(from..end);
            start
        };
        tree.texts.push_str(text);
        at_mut(tree, previous).kind = Kind::Text { start, len: len + text.len() as u32 };
        true
    }
}

fn blank(kind: Kind) -> Node {
    Node {
        parent: NONE,
        first: NONE,
        last: NONE,
        previous: NONE,
        next: NONE,
        attrs: 0,
        attrs_len: 0,
        depth: 0,
        kind,
        tag: Tag::None,
        name: None,
    }
}

fn push(tree: &mut Tree, node: Node) -> u32 {
    tree.nodes.push(node);
    tree.nodes.len() as u32 - 1
}

// Handles come from this sink only, so they are in range.
fn at(tree: &Tree, node: u32) -> &Node {
    &tree.nodes[node as usize]
}

fn at_mut(tree: &mut Tree, node: u32) -> &mut Node {
    &mut tree.nodes[node as usize]
}

fn unlink(tree: &mut Tree, node: u32) {
    let (parent, previous, next) = {
        let node = at_mut(tree, node);
        let links = (node.parent, node.previous, node.next);
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
        links
    };
    if parent == NONE {
        return;
    }
    if previous == NONE {
        at_mut(tree, parent).first = next;
    } else {
        at_mut(tree, previous).next = next;
    }
    if next == NONE {
        at_mut(tree, parent).last = previous;
    } else {
        at_mut(tree, next).previous = previous;
    }
}

/// The name of an element while the tree is borrowed.
#[derive(Debug)]
pub(super) struct Name<'a>(Ref<'a, QualName>);

impl ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = u32;
    type Output = Tree;
    type ElemName<'a> = Name<'a>;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        ROOT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> Name<'a> {
        const NOTHING: &QualName = &QualName { prefix: None, ns: ns!(html), local: local_name!("") };
        Name(Ref::map(self.tree.borrow(), |tree| at(tree, *target).name.as_ref().unwrap_or(NOTHING)))
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> u32 {
        let mut tree = self.tree.borrow_mut();
        let start = tree.attrs.len() as u32;
        let attrs_len = attrs.len() as u16;
        tree.attrs.extend(attrs.into_iter().map(|attr| (Attr::of(&attr.name.local), attr.value)));
        let tag = if name.ns == ns!(html) { Tag::of(&name.local) } else { Tag::Foreign };
        let node = Node { attrs: start, attrs_len, tag, name: Some(name), ..blank(Kind::Element) };
        let node = push(&mut tree, node);
        if flags.template {
            // The contents stand right after the element, linked to nothing: never shown.
            push(&mut tree, blank(Kind::Root));
        }
        node
    }

    fn create_comment(&self, _: StrTendril) -> u32 {
        push(&mut self.tree.borrow_mut(), blank(Kind::Root))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> u32 {
        push(&mut self.tree.borrow_mut(), blank(Kind::Root))
    }

    fn append(&self, parent: &u32, child: NodeOrText<u32>) {
        self.insert(*parent, NONE, child);
    }

    fn append_based_on_parent_node(&self, element: &u32, previous: &u32, child: NodeOrText<u32>) {
        let parent = at(&self.tree.borrow(), *element).parent;
        if parent == NONE {
            self.insert(*previous, NONE, child);
        } else {
            self.insert(parent, *element, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &u32) -> u32 {
        *target + 1
    }

    fn same_node(&self, x: &u32, y: &u32) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &u32, child: NodeOrText<u32>) {
        let parent = at(&self.tree.borrow(), *sibling).parent;
        if parent != NONE {
            self.insert(parent, *sibling, child);
        }
    }

    fn add_attrs_if_missing(&self, target: &u32, attrs: Vec<Attribute>) {
        let mut tree = self.tree.borrow_mut();
        let (from, len) = (at(&tree, *target).attrs as usize, usize::from(at(&tree, *target).attrs_len));
        let start = tree.attrs.len();
        self.steps.set(self.steps.get() + len);
        for index in from..from + len {
            let kept = tree.attrs[index].clone();
            tree.attrs.push(kept);
        }
        for attr in attrs {
            let name = Attr::of(&attr.name.local);
            if tree.attrs[start..].iter().all(|(kept, _)| *kept != name) {
                tree.attrs.push((name, attr.value));
            }
        }
        let len = (tree.attrs.len() - start) as u16;
        let node = at_mut(&mut tree, *target);
        (node.attrs, node.attrs_len) = (start as u32, len);
    }

    fn remove_from_parent(&self, target: &u32) {
        unlink(&mut self.tree.borrow_mut(), *target);
    }

    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        loop {
            let child = at(&self.tree.borrow(), *node).first;
            if child == NONE {
                break;
            }
            self.steps.set(self.steps.get() + 1);
            self.insert(*new_parent, NONE, NodeOrText::AppendNode(child));
        }
    }
}
