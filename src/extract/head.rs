//! What a page says about itself in markup: `meta`, `link`, `title`, JSON scripts, `html lang`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem;

use super::{
    element::{Attr, Tag},
    hints::Names,
    tree::{NONE, ROOT, Tree},
};

/// Words in classes and ids that point to the author.
static AUTHORS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant table, built in the tests")]
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(["author", "byline", "autor", "writer", "auteur"])
        .expect("five words make an automaton")
});

/// `meta` elements and JSON scripts that are read, at most.
const METAS_MAX: usize = 500;
const SCRIPTS_MAX: usize = 50;
/// Fragments of streams that are read, at most: a stream comes in many scripts.
const FRAGMENTS_MAX: usize = 400;

/// The markup that holds metadata, collected in one pass.
#[derive(Default)]
pub(super) struct Head<'a> {
    /// `name`, `property`, `itemprop` or `http-equiv` in lower case, and `content`.
    pub(super) metas: Vec<(String, &'a str)>,
    /// `link` elements: `rel` in lower case and the node.
    pub(super) links: Vec<(String, u32)>,
    /// Bodies of `application/ld+json`.
    pub(super) ld: Vec<&'a str>,
    /// Bodies of other JSON scripts, with the element.
    pub(super) json: Vec<(u32, &'a str)>,
    /// Bodies of scripts that are not JSON but may carry some.
    pub(super) scripts: Vec<(u32, &'a str)>,
    /// `title` of the document.
    pub(super) title: Option<&'a str>,
    pub(super) language: Option<&'a str>,
    pub(super) base: Option<&'a str>,
    /// Headings of the first level.
    pub(super) h1: Vec<u32>,
    /// `time` elements and elements with `itemprop` or `rel=author`.
    pub(super) times: Vec<u32>,
    pub(super) items: Vec<u32>,
    /// Elements whose class or id mentions an author.
    pub(super) bylines: Vec<u32>,
}

impl<'a> Head<'a> {
    /// Collects the markup from a whole tree.
    pub(super) fn of(tree: &'a Tree) -> Self {
        let mut head = Self::default();
        let mut authors = Names::new(|name| AUTHORS.is_match(name));
        let mut at = tree.first(ROOT);
        while at != NONE {
            head.element(tree, at, &mut authors);
            at = tree.following(at, ROOT);
        }
        head
    }

    fn element(&mut self, tree: &'a Tree, node: u32, authors: &mut Names<'a, bool>) {
        match tree.tag(node) {
            Tag::Meta if self.metas.len() < METAS_MAX => {
                let name = [Attr::Property, Attr::Name, Attr::Itemprop, Attr::HttpEquiv]
                    .into_iter()
                    .find_map(|attr| tree.attr(node, attr));
                if let (Some(name), Some(content)) = (name, tree.attr(node, Attr::Content)) {
                    let content = content.trim();
                    if !content.is_empty() && name.len() <= 64 {
                        self.metas.push((name.trim().to_ascii_lowercase(), content));
                    }
                }
            }
            Tag::Link if self.links.len() < METAS_MAX => {
                if let Some(rel) = tree.attr(node, Attr::Rel) {
                    self.links.push((rel.to_ascii_lowercase(), node));
                }
            }
            Tag::Script => {
                let Some(body) = tree.text(tree.first(node)) else { return };
                let kind = tree.attr(node, Attr::Type).unwrap_or("").to_ascii_lowercase();
                if kind.contains("ld+json") {
                    if self.ld.len() < SCRIPTS_MAX {
                        self.ld.push(body);
                    }
                } else {
                    let is_json = kind.contains("json")
                        || memmem::find(body.as_bytes(), b"Fusion.globalContent").is_some();
                    let scripts = if is_json { &mut self.json } else { &mut self.scripts };
                    if scripts.len() < if is_json { SCRIPTS_MAX } else { FRAGMENTS_MAX } {
                        scripts.push((node, body));
                    }
                }
            }
            Tag::Title if self.title.is_none() => self.title = tree.text(tree.first(node)),
            Tag::Html if self.language.is_none() => self.language = tree.attr(node, Attr::Lang),
            Tag::H1 if self.h1.len() < 20 => self.h1.push(node),
            Tag::Time if self.times.len() < 100 => self.times.push(node),
            Tag::Other if self.base.is_none() && tree.name(node) == "base" => {
                self.base = tree.attr(node, Attr::Href);
            }
            _ => {}
        }
        let (mut is_item, mut speaks) = (false, false);
        for (attr, value) in tree.attrs(node) {
            match attr {
                Attr::Itemprop => is_item = true,
                Attr::Rel => is_item |= value.eq_ignore_ascii_case("author"),
                Attr::Class | Attr::Id => speaks |= authors.of(value),
                _ => {}
            }
        }
        if is_item && self.items.len() < 200 {
            self.items.push(node);
        }
        if speaks
            && self.bylines.len() < 80
            && !matches!(tree.tag(node), Tag::Body | Tag::Html | Tag::Script | Tag::Meta | Tag::Link)
        {
            self.bylines.push(node);
        }
    }

    /// Content of the first `meta` with one of the names, in the order of the names.
    pub(super) fn meta(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|wanted| {
            self.metas.iter().find(|(name, _)| name == wanted).map(|(_, content)| *content)
        })
    }

    /// Contents of all `meta` elements with a name.
    pub(super) fn all<'b>(&'b self, wanted: &'b str) -> impl Iterator<Item = &'a str> + 'b {
        self.metas.iter().filter(move |(name, _)| name == wanted).map(|(_, content)| *content)
    }
}
