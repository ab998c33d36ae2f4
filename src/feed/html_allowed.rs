//! The elements, attributes and schemes of HTML that may stay: `html.tsv`.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

/// What may stay in HTML. Names are in lower case.
pub(super) struct Allowed {
    pub(super) elements: HashSet<&'static str>,
    pub(super) attributes: HashSet<&'static str>,
    pub(super) addresses: HashSet<&'static str>,
    pub(super) schemes: HashSet<&'static str>,
    pub(super) with_content: HashSet<&'static str>,
}

/// The list in `html.tsv`.
pub(super) static ALLOWED: LazyLock<Allowed> = LazyLock::new(|| {
    let list = |kind: &str| -> HashSet<&'static str> {
        include_str!("html.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .filter(|(name, _)| *name == kind)
            .flat_map(|(_, words)| words.split_ascii_whitespace())
            .collect()
    };
    Allowed {
        elements: list("element"),
        attributes: list("attribute"),
        addresses: list("address"),
        schemes: list("scheme"),
        with_content: list("drop"),
    }
});

/// A name in lower case.
pub(super) fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        // SVG and MathML are the only places where case matters, and only in attributes.
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
