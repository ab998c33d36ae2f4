//! What the reader keeps about open elements, and small questions about names and attributes.

use std::{borrow::Cow, rc::Rc};

use super::{entities::unescape, names::El, namespaces::Ns, tags::Attributes};

/// An open element.
pub(super) struct Frame<'t> {
    pub(super) name: &'t str,
    pub(super) el: El,
    /// Part of the markup of a value: its end tag is written to the value.
    pub(super) inline: bool,
    pub(super) bindings: usize,
    pub(super) base: Option<Option<Rc<str>>>,
    pub(super) language: Option<Option<Rc<str>>>,
}

/// How the text of an element is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Text only; tags in it are dropped.
    Text,
    /// Tags in it are part of it; its text is decoded once, as in RSS.
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
    pub(super) frame: usize,
    pub(super) base: Option<Rc<str>>,
    pub(super) language: Option<Rc<str>>,
    pub(super) offset: usize,
}

/// A namespace declaration in force.
pub(super) struct Binding<'t> {
    pub(super) prefix: &'t str,
    pub(super) ns: Ns,
}

impl Frame<'_> {
    /// Whether the element itself names a language.
    pub(super) fn has_language(&self) -> bool {
        self.language.is_some()
    }
}

/// The prefix of a name that only the root of a feed has.
pub(super) fn root_prefix(name: &str) -> Option<&str> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    matches!(local.to_ascii_lowercase().as_str(), "rss" | "feed" | "channel").then_some(prefix)
}

pub(super) fn hierarchical(scheme: &str) -> bool {
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https" | "ftp" | "gopher" | "feed")
}

pub(super) fn is_void(local: &str) -> bool {
    ["br", "img", "hr", "input", "meta", "area", "base", "col", "embed", "param", "wbr"]
        .iter()
        .any(|void| void.eq_ignore_ascii_case(local))
}

/// The value of the attribute `name` in any case, references replaced; `None` if it is empty.
pub(super) fn attribute(attributes: &str, name: &str) -> Option<String> {
    given(attributes, name).filter(|value| !value.is_empty())
}

/// The same, even if it is empty.
pub(super) fn given(attributes: &str, name: &str) -> Option<String> {
    let found = Attributes::new(attributes).find(|(found, _)| {
        found.eq_ignore_ascii_case(name)
            || found
                .split_once(':')
                .is_some_and(|(prefix, local)| prefix == "rdf" && local.eq_ignore_ascii_case(name))
    })?;
    Some(unescape(found.1).trim().to_owned())
}
