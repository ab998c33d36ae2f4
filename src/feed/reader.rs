//! The reader: tokens to elements to fields, with a stack of open elements that no document can
//! grow past its limit. What an element means is in `fields`.

use std::{borrow::Cow, rc::Rc};

use memchr::memchr_iter;

use super::{
    address,
    entities::{Declared, decode, escape_into, unescape},
    model::ParsedFeed,
    names::{El, element, interrupts},
    namespaces::{Ns, namespace, usual_prefix},
    node::Node,
    tags::Attributes,
    tokens::{Token, Tokens, cut},
    warnings::{Kind, Warnings},
};

/// Open elements at once. Deeper ones are flattened: their text stays, their structure goes.
const DEPTH_MAX: usize = 128;
/// Namespace declarations in force at once.
const BINDINGS_MAX: usize = 128;
/// Entries read of one document.
pub(super) const ENTRIES_MAX: usize = 20_000;
/// Longest language tag kept, bytes: it is inherited, so it must not multiply.
const LANGUAGE_MAX: usize = 35;

/// An open element.
pub(super) struct Frame<'t> {
    pub(super) name: &'t str,
    pub(super) el: El,
    /// Part of the markup of a value: its end tag is written to the value.
    inline: bool,
    bindings: usize,
    base: Option<Option<Rc<str>>>,
    language: Option<Option<Rc<str>>>,
}

/// How the text of an element is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Text only; tags in it are dropped.
    Text,
    /// Tags in it are part of it; its text is decoded once, as RSS has it.
    Markup,
    /// The same, and text is escaped again: inline XHTML.
    Inline,
    /// A person: children are fields.
    Person,
}

/// An element whose text is being collected.
pub(super) struct Capture<'t> {
    pub(super) el: El,
    pub(super) ns: Ns,
    pub(super) attributes: &'t str,
    pub(super) mode: Mode,
    pub(super) text: Cow<'t, str>,
    /// Tags were met in it.
    pub(super) markup: bool,
    /// Index of its frame.
    frame: usize,
    pub(super) base: Option<Rc<str>>,
    pub(super) language: Option<Rc<str>>,
    pub(super) offset: usize,
}

struct Binding<'t> {
    prefix: &'t str,
    ns: Ns,
}

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
    pub(super) language: Option<Rc<str>>,
    pub(super) root: Root,
    pub(super) feed: Node,
    pub(super) entry: Option<Box<Node>>,
    pub(super) entries: Vec<super::model::Entry>,
    /// Fields of the person being read.
    pub(super) fields: Option<super::model::Person>,
    full: bool,
}

impl Frame<'_> {
    /// Whether the element itself names a language.
    pub(super) fn has_language(&self) -> bool {
        self.language.is_some()
    }
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
                Token::Start { name, attributes, empty } => self.start(name, attributes, empty, offset),
                Token::Broken { name, raw } => {
                    // Inside a value it is rather text: `a<b`, `if x <y and z`.
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
        if !self.frames.is_empty() && !self.full && self.root.is_feed {
            self.warnings.tell(Kind::Truncated, self.tokens.position());
        }
        self.close_to(0);
        let feed = std::mem::take(&mut self.feed);
        let parsed = ParsedFeed {
            format: self.root.format.clone(),
            warnings: Vec::new(),
            feed: feed.into_feed(),
            entries: self.entries,
        };
        (self.root, parsed, self.warnings)
    }

    /// The node that fields go to: the entry, where one is open, else the feed.
    pub(super) fn node(&mut self) -> &mut Node {
        match &mut self.entry {
            Some(entry) => entry,
            None => &mut self.feed,
        }
    }

    /// The node and the warnings, for what needs both.
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
                        // A namespace of its own on what is by its name the root of a feed.
                        Ns::Other if !self.root.is_feed && root_prefix(frame.name) == Some(prefix) => {
                            if uri.to_ascii_lowercase().contains("atom") { Ns::Atom } else { Ns::Rss }
                        }
                        // A misspelt address of a known vocabulary: its prefix says which.
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

    fn start(&mut self, name: &'t str, attributes: &'t str, empty: bool, offset: usize) {
        let mut frame = Frame {
            name,
            el: El::Unknown,
            inline: false,
            bindings: self.bindings.len(),
            base: None,
            language: None,
        };
        self.environment(&mut frame, attributes);
        let (ns, el) = self.resolve(name, offset);
        frame.el = el;
        if self.root.first.is_empty() {
            self.root.first = name.chars().take(40).collect();
            self.root.start = offset;
        }
        while let Some(capture) = self.captures.last() {
            let direct = capture.frame + 1 == self.frames.len();
            let child =
                capture.mode == Mode::Person && matches!(el, El::Name | El::Email | El::Uri | El::Url);
            let never_closed = el == El::Entry
                || direct
                    && match capture.mode {
                        Mode::Text => el != El::Unknown,
                        Mode::Person => el != El::Unknown && !child,
                        Mode::Markup => interrupts(capture.el, el),
                        Mode::Inline => false,
                    };
            if child {
                break;
            } else if never_closed {
                self.warnings.tell(Kind::UnclosedElement, offset);
                let at = capture.frame;
                self.close_keeping(at, &mut frame);
            } else {
                self.inline(frame, ns, attributes, empty, offset);
                return;
            }
        }
        if self.frames.len() >= DEPTH_MAX {
            self.warnings.tell(Kind::TooDeep, offset);
            self.flattened += usize::from(!empty);
            self.restore(&mut frame);
            return;
        }
        if el == El::Entry && self.entry.is_some() {
            self.warnings.tell(Kind::UnclosedElement, offset);
            if let Some(at) = self.frames.iter().position(|frame| frame.el == El::Entry) {
                self.close_keeping(at, &mut frame);
            }
        }
        self.frames.push(frame);
        self.root.depth = self.root.depth.max(self.frames.len());
        self.open(el, ns, attributes, offset);
        if empty {
            self.close_to(self.frames.len() - 1);
        }
    }

    /// Closes down to `at`, while the environment of `frame`, which is not pushed yet, stays.
    fn close_keeping(&mut self, at: usize, frame: &mut Frame<'t>) {
        // Its declarations lie on top of those that go; set them aside.
        let own = self.bindings.split_off(frame.bindings.min(self.bindings.len()));
        let base = frame.base.take().map(|outer| std::mem::replace(&mut self.base, outer));
        let language = frame.language.take().map(|outer| std::mem::replace(&mut self.language, outer));
        self.close_to(at);
        frame.bindings = self.bindings.len();
        self.bindings.extend(own);
        frame.base = base.map(|own| std::mem::replace(&mut self.base, own));
        frame.language = language.map(|own| std::mem::replace(&mut self.language, own));
    }

    /// A tag inside a value.
    fn inline(&mut self, mut frame: Frame<'t>, ns: Ns, attributes: &'t str, empty: bool, offset: usize) {
        let local = frame.name.split_once(':').map_or(frame.name, |(_, local)| local);
        let name = if matches!(ns, Ns::Xhtml | Ns::Vector) { local } else { frame.name };
        let void = is_void(local);
        let Some(capture) = self.captures.last_mut() else { return };
        if !matches!(capture.mode, Mode::Text | Mode::Person) {
            if capture.mode == Mode::Markup && !capture.markup {
                self.warnings.tell(Kind::NakedMarkup, offset);
            }
            capture.markup = true;
            let out = capture.text.to_mut();
            out.push('<');
            out.push_str(name);
            out.push_str(attributes);
            match (empty, void) {
                (true, true) => out.push_str(" />"),
                (true, false) => {
                    out.push_str("></");
                    out.push_str(name);
                    out.push('>');
                }
                (false, _) => out.push('>'),
            }
            frame.inline = true;
        }
        frame.el = El::Unknown;
        if empty || void {
            self.restore(&mut frame);
        } else if self.frames.len() >= DEPTH_MAX {
            self.warnings.tell(Kind::TooDeep, offset);
            self.flattened += 1;
            self.restore(&mut frame);
        } else {
            self.frames.push(frame);
            self.root.depth = self.root.depth.max(self.frames.len());
        }
    }

    fn restore(&mut self, frame: &mut Frame<'t>) {
        self.bindings.truncate(frame.bindings);
        if let Some(base) = frame.base.take() {
            self.base = base;
        }
        if let Some(language) = frame.language.take() {
            self.language = language;
        }
    }

    fn end(&mut self, name: &str, offset: usize) {
        let found = self.frames.iter().rposition(|frame| frame.name.eq_ignore_ascii_case(name));
        match found {
            _ if self.flattened > 0 && found.is_none_or(|at| at + 1 == self.frames.len()) => {
                self.flattened -= 1
            }
            Some(at) => {
                if at + 1 < self.frames.len() {
                    self.warnings.tell(Kind::UnclosedElement, offset);
                }
                self.flattened = 0;
                self.close_to(at);
            }
            None if self.misspelt(name) => {
                self.warnings.tell(Kind::UnclosedElement, offset);
                self.close_to(self.frames.len() - 1);
            }
            None => {
                self.warnings.tell_with(Kind::StrayEndTag, offset, || Some(name.chars().take(40).collect()))
            }
        }
    }

    /// Whether `name` is nearly that of the innermost element, whose text is being collected:
    /// `</descriptoin>`.
    fn misspelt(&self, name: &str) -> bool {
        let (Some(capture), Some(frame)) = (self.captures.last(), self.frames.last()) else { return false };
        let alike =
            frame.name.bytes().zip(name.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        capture.frame + 1 == self.frames.len() && alike >= 3 && frame.name.len().abs_diff(name.len()) <= 2
    }

    /// Closes open elements until `at` are left.
    fn close_to(&mut self, at: usize) {
        while self.frames.len() > at {
            let Some(mut frame) = self.frames.pop() else { return };
            if self.captures.last().is_some_and(|capture| capture.frame == self.frames.len()) {
                if let Some(capture) = self.captures.pop() {
                    self.finish(capture);
                }
            } else if frame.inline
                && let Some(capture) = self.captures.last_mut()
            {
                let (prefix, local) = frame.name.split_once(':').unwrap_or(("", frame.name));
                let known = prefix.is_empty()
                    || self
                        .bindings
                        .iter()
                        .rev()
                        .find(|b| b.prefix == prefix)
                        .map(|b| b.ns)
                        .or(usual_prefix(prefix))
                        .is_some_and(|ns| matches!(ns, Ns::Xhtml | Ns::Vector));
                let out = capture.text.to_mut();
                out.push_str("</");
                out.push_str(if known { local } else { frame.name });
                out.push('>');
            }
            if frame.el == El::Entry
                && let Some(entry) = self.entry.take()
            {
                self.entries.push(entry.into_entry());
                self.full |= self.entries.len() >= ENTRIES_MAX;
            }
            self.restore(&mut frame);
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

/// The prefix of a name that only the root of a feed has.
fn root_prefix(name: &str) -> Option<&str> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    matches!(local.to_ascii_lowercase().as_str(), "rss" | "feed" | "channel").then_some(prefix)
}

fn hierarchical(scheme: &str) -> bool {
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ftp" | "gopher" | "feed")
}

fn is_void(local: &str) -> bool {
    ["br", "img", "hr", "input", "meta", "area", "base", "col", "embed", "param", "wbr"]
        .iter()
        .any(|void| void.eq_ignore_ascii_case(local))
}

/// The value of the attribute `name`, any case, references replaced; none where it is empty.
pub(super) fn attribute(attributes: &str, name: &str) -> Option<String> {
    given(attributes, name).filter(|value| !value.is_empty())
}

/// The same, also where it is empty.
pub(super) fn given(attributes: &str, name: &str) -> Option<String> {
    let found = Attributes::new(attributes).find(|(found, _)| {
        found.eq_ignore_ascii_case(name)
            || found
                .split_once(':')
                .is_some_and(|(prefix, local)| prefix == "rdf" && local.eq_ignore_ascii_case(name))
    })?;
    Some(unescape(found.1).trim().to_owned())
}
