//! The reader: from tokens to elements to fields, with a bounded stack of open elements. What an
//! element means is in `fields`.

use std::{borrow::Cow, rc::Rc};

use memchr::memchr_iter;

use super::{
    address,
    entities::{Declared, decode, escape_into, unescape},
    frames::{Binding, Capture, Frame, Mode, hierarchical, root_prefix},
    model::{BrokenOff, ParsedFeed},
    names::{El, element},
    namespaces::{Ns, namespace, usual_prefix},
    node::Node,
    scan::cut,
    tags::Attributes,
    tokens::{Token, Tokens},
    warnings::{Kind, Warnings},
};

mod nesting;

/// Elements open at once, at most. Deeper ones are flattened: their text stays, their structure
/// goes.
const DEPTH_MAX: usize = 128;
/// Namespace declarations in force at once, at most.
const BINDINGS_MAX: usize = 128;
/// Entries read from one document, at most.
pub(super) const ENTRIES_MAX: usize = 20_000;
/// Longest language tag kept, bytes: it is inherited, so it must not multiply.
const LANGUAGE_MAX: usize = 35;

/// What the root said.
#[derive(Clone, Debug, Default)]
pub(super) struct Root {
    /// A feed was recognised.
    pub(super) is_feed: bool,
    /// The format, as far as it is known.
    pub(super) format: String,
    /// An HTML page, or at least its document type.
    pub(super) html: bool,
    /// The name of the first element.
    pub(super) first: String,
    /// Where it starts.
    pub(super) start: usize,
    /// Deepest nesting met.
    pub(super) depth: usize,
}

pub(super) struct Reader<'t> {
    tokens: Tokens<'t>,
    pub(super) warnings: Warnings,
    declared: Declared,
    pub(super) frames: Vec<Frame<'t>>,
    pub(super) captures: Vec<Capture<'t>>,
    bindings: Vec<Binding<'t>>,
    /// Elements open beyond the depth limit.
    flattened: usize,
    pub(super) base: Option<Rc<str>>,
    /// The link of the channel: relative addresses in RSS items are resolved against it.
    pub(super) channel: Option<Rc<str>>,
    pub(super) language: Option<Rc<str>>,
    pub(super) root: Root,
    pub(super) feed: Node,
    pub(super) entry: Option<Box<Node>>,
    pub(super) entries: Vec<super::model::Entry>,
    /// Fields of the person being read.
    pub(super) fields: Option<super::model::Person>,
    full: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, base: Option<&str>, warnings: Warnings) -> Self {
        Self {
            tokens: Tokens::new(text),
            warnings,
            declared: Declared::default(),
            frames: Vec::with_capacity(16),
            captures: Vec::with_capacity(2),
            bindings: Vec::new(),
            flattened: 0,
            base: base.map(Rc::from),
            channel: None,
            language: None,
            root: Root::default(),
            feed: Node::default(),
            entry: None,
            entries: Vec::new(),
            fields: None,
            full: false,
        }
    }

    /// Reads the document to its end.
    pub(super) fn read(mut self) -> (Root, ParsedFeed, Warnings) {
        loop {
            let offset = self.tokens.position();
            let inside = self.frames.last().map_or("", |frame| frame.name);
            let Some(token) = self.tokens.next(inside, &mut self.warnings) else { break };
            match token {
                // `link` is empty in HTML, so HTML tools write `<link/>https://...`.
                Token::Start { name, attributes, empty: true } if self.is_void_link(name, attributes) => {
                    let href = self.tokens.text_ahead().trim();
                    self.rebase(href);
                    self.plain_link("alternate", href, offset);
                }
                Token::Start { name, attributes, empty } => self.start(name, attributes, empty, offset),
                Token::Broken { name, raw } => {
                    // Inside a value it is more likely text: `a<b`, `if x <y and z`.
                    let text = self.captures.last().is_some_and(|capture| capture.mode != Mode::Person);
                    if text && self.resolve(name, offset).1 == El::Unknown {
                        self.characters(raw, true, offset);
                    } else {
                        self.start(name, cut(raw, name.len() + 1, raw.len()), false, offset);
                    }
                }
                Token::End { name } => self.end(name, offset),
                Token::Text(text) => self.characters(text, true, offset),
                Token::CData(text) => self.characters(text, false, offset),
                Token::Doctype(text) => {
                    self.root.html |=
                        text.trim_start().get(..4).is_some_and(|root| root.eq_ignore_ascii_case("html"));
                    if self.frames.is_empty() {
                        self.declared = Declared::read(text);
                    }
                }
            }
            if self.full {
                self.warnings.tell(Kind::TooManyEntries, offset);
                break;
            }
        }
        let broken_off = self.broken_off();
        self.close_to(0);
        let feed = std::mem::take(&mut self.feed);
        let parsed = ParsedFeed {
            format: self.root.format.clone(),
            warnings: Vec::new(),
            feed: feed.into_feed(),
            entries: self.entries,
            broken_off,
        };
        (self.root, parsed, self.warnings)
    }

    /// Where the text ends, if the root is still open.
    fn broken_off(&mut self) -> Option<BrokenOff> {
        if self.frames.is_empty() || self.full || !self.root.is_feed {
            return None;
        }
        let end = self.tokens.position();
        self.warnings.tell(Kind::Truncated, end);
        let within = self.frames.iter().any(|frame| frame.el == El::Entry);
        Some(BrokenOff { line: self.tokens.line(), entry: within.then_some(self.entries.len()) })
    }

    fn is_void_link(&self, name: &str, attributes: &str) -> bool {
        name.eq_ignore_ascii_case("link")
            && attributes.trim().is_empty()
            && self.captures.is_empty()
            && matches!(self.container(), El::Entry | El::Feed)
            && (is_address(self.tokens.text_ahead()) || is_path(self.tokens.text_ahead()))
    }

    /// The node that fields go to: the entry if one is open, else the feed.
    pub(super) fn node(&mut self) -> &mut Node {
        match &mut self.entry {
            Some(entry) => entry,
            None => &mut self.feed,
        }
    }

    /// The node and the warnings, for callers that need both.
    pub(super) fn node_and_warnings(&mut self) -> (&mut Node, &mut Warnings) {
        let node = match &mut self.entry {
            Some(entry) => entry,
            None => &mut self.feed,
        };
        (node, &mut self.warnings)
    }

    /// The innermost open element that decides what its children mean.
    pub(super) fn container(&self) -> El {
        let decides = |el: &El| {
            matches!(
                el,
                El::Entry
                    | El::Feed
                    | El::Image
                    | El::TextInput
                    | El::Source
                    | El::Author
                    | El::Contributor
                    | El::WeakAuthor
                    | El::SkipHours
                    | El::SkipDays
            )
        };
        self.frames.iter().rev().map(|frame| frame.el).find(decides).unwrap_or(El::Unknown)
    }

    fn resolve(&mut self, name: &str, offset: usize) -> (Ns, El) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.iter().rev().find(|binding| binding.prefix == prefix);
        let ns = match bound {
            Some(binding) => binding.ns,
            None => match usual_prefix(prefix) {
                Some(ns) => {
                    if !prefix.is_empty() && prefix != "xml" {
                        self.warnings.tell_with(Kind::UnknownPrefix, offset, || Some(prefix.to_owned()));
                    }
                    ns
                }
                None => Ns::Other,
            },
        };
        let mut lower = [0_u8; 24];
        let el = match lower.get_mut(..local.len()) {
            Some(lower) => {
                lower.copy_from_slice(local.as_bytes());
                lower.make_ascii_lowercase();
                std::str::from_utf8(lower).map_or(El::Unknown, |local| element(ns, local))
            }
            None => El::Unknown,
        };
        (ns, el)
    }

    /// Namespace declarations, `xml:base` and `xml:lang` of a start tag.
    fn environment(&mut self, frame: &mut Frame<'t>, attributes: &'t str) {
        let bytes = attributes.as_bytes();
        if !memchr_iter(b'x', bytes).any(|at| bytes.get(at..at + 3) == Some(b"xml")) {
            return;
        }
        for (name, value) in Attributes::new(attributes) {
            if let Some(prefix) = name.strip_prefix("xmlns") {
                let prefix = prefix.strip_prefix(':').unwrap_or(prefix);
                if self.bindings.len() < BINDINGS_MAX {
                    let uri = unescape(value);
                    let ns = match namespace(&uri) {
                        // An unknown namespace on what is, by its name, the root of a feed.
                        Ns::Other if !self.root.is_feed && root_prefix(frame.name) == Some(prefix) => {
                            if uri.to_ascii_lowercase().contains("atom") { Ns::Atom } else { Ns::Rss }
                        }
                        // A misspelt namespace of a known vocabulary: its prefix says which.
                        ns @ (Ns::Other | Ns::Rss) if !prefix.is_empty() => {
                            usual_prefix(prefix).unwrap_or(ns)
                        }
                        ns => ns,
                    };
                    self.bindings.push(Binding { prefix, ns });
                }
            } else if name == "xml:base" {
                let base = address::resolve(self.base.as_deref(), &unescape(value));
                let usable =
                    base.len() <= address::ADDRESS_MAX && address::scheme(&base).is_some_and(hierarchical);
                if usable {
                    frame.base = Some(self.base.replace(Rc::from(base)));
                } else {
                    self.warnings.tell(Kind::BadUrl, self.tokens.position());
                }
            } else if name == "xml:lang" {
                let value = value.trim();
                let language = (value.len() <= LANGUAGE_MAX && !value.is_empty())
                    .then(|| Rc::from(value.replace('_', "-")));
                frame.language = Some(std::mem::replace(&mut self.language, language));
            }
        }
    }

    /// Starts to collect the text of the element just opened.
    pub(super) fn capture(&mut self, el: El, ns: Ns, attributes: &'t str, mode: Mode, offset: usize) {
        let frame = self.frames.len().saturating_sub(1);
        self.captures.push(Capture {
            el,
            ns,
            attributes,
            mode,
            text: Cow::Borrowed(""),
            markup: false,
            frame,
            base: self.base.clone(),
            language: self.language.clone(),
            offset,
        });
    }

    fn characters(&mut self, text: &'t str, references: bool, offset: usize) {
        let Some(capture) = self.captures.last_mut() else {
            let junk = self.frames.is_empty() && !self.root.is_feed && !text.trim().is_empty();
            if junk {
                self.warnings.tell(Kind::JunkBefore, offset);
            }
            return;
        };
        let text = if references {
            decode(text, &mut self.declared, offset, &mut self.warnings)
        } else {
            Cow::Borrowed(text)
        };
        if capture.mode == Mode::Inline {
            escape_into(&text, capture.text.to_mut());
        } else if capture.text.trim_ascii_start().is_empty() {
            capture.text = text;
        } else {
            capture.text.to_mut().push_str(&text);
        }
    }
}

/// An address within a site and nothing else.
fn is_path(text: &str) -> bool {
    let text = text.trim();
    text.len() > 1 && text.starts_with('/') && !text.contains(char::is_whitespace)
}

/// A web address and nothing else.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    !text.contains(char::is_whitespace)
        && ["http://", "https://"]
            .iter()
            .any(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
}
