//! `stories`: what new articles are compared with, and for how long.

use std::time::Duration;

use super::{
    key::{KeyDoc, key, known},
    scalar::{HOUR, SECOND, count, set},
};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key("stories.articles", "1 to 1000000", "20000", "Most articles that a new one is compared with."),
    key(
        "stories.window",
        "duration, 1m to 8760h",
        "7d",
        "How long an article is compared with; then it starts a new story.",
    ),
];

/// `stories`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stories {
    /// `stories.articles`.
    pub articles: usize,
    /// `stories.window`.
    pub window: Duration,
}

impl Default for Stories {
    fn default() -> Self {
        Self { articles: 20_000, window: Duration::from_secs(7 * 24 * 3600) }
    }
}

pub(super) fn stories(decoder: &mut Decoder, section: &Node) -> Stories {
    let mut out = Stories::default();
    let Some(fields) = decoder.fields(section, &known(KEYS, "stories")) else { return out };
    if let Some(node) = fields.get("articles") {
        set(&mut out.articles, count(decoder, node, 1_000_000));
    }
    if let Some(node) = fields.get("window") {
        set(&mut out.window, decoder.duration(node, 60 * SECOND..=24 * 365 * HOUR));
    }
    out
}
