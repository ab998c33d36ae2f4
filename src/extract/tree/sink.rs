//! The tree as html5ever's tree builder fills it.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::{Attribute, LocalName, Namespace, QualName, local_name, ns};

use super::{Cost, Kind, NONE, Node, ROOT, Tree};
use crate::extract::element::{Attr, Tag};

/// Builds a [`Tree`] for html5ever's tree builder, and counts what it costs.
pub(crate) struct Sink {
    tree: RefCell<Tree>,
    /// Depth of the element appended last.
    pub(crate) depth: Cell<usize>,
    /// Steps beyond one per token: moved children, joined texts.
    pub(crate) steps: Cell<usize>,
}

impl Sink {
    pub(crate) fn new(bytes: usize) -> Self {
        let mut tree = Tree {
            nodes: Vec::with_capacity(bytes / 48),
            attrs: Vec::with_capacity(bytes / 96),
            texts: String::with_capacity(bytes / 3),
            cut: false,
            cost: Cost::default(),
        };
        tree.nodes.push(blank(Kind::Root));
        Self { tree: RefCell::new(tree), depth: Cell::new(0), steps: Cell::new(0) }
    }

    /// Memory so far, without the text.
    pub(crate) fn bytes(&self) -> usize {
        let tree = self.tree.borrow();
        tree.nodes.len() * size_of::<Node>() + tree.attrs.len() * size_of::<(Attr, StrTendril)>()
    }

    /// Notes that a limit was reached.
    pub(crate) fn mark_cut(&self) {
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

    /// Adds `text` to the text node `previous`; false if that is not a text node.
    fn join(&self, tree: &mut Tree, previous: u32, text: &str) -> bool {
        let Kind::Text { start, len } = at(tree, previous).kind else { return false };
        let (from, end) = (start as usize, (start + len) as usize);
        let start = if end == tree.texts.len() {
            start
        } else {
            // Foster-parented text does not grow at the end: it is copied, and counted.
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
pub(crate) struct Name<'a>(Ref<'a, QualName>);

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
            // The contents come right after the element, linked to nothing, so they are never
            // shown.
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
