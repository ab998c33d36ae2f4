//! Examples inside rule files: texts, the tags they have to get, and those they must not get.

use super::TagRules;
use crate::{
    tag::{Tagger, Tagging},
    yaml::{Decoder, Node, Problem},
};

/// Examples in one file, at most.
const EXAMPLES_MAX: usize = 1000;

pub(super) const KEYS: [&str; 6] = ["title", "text", "lang", "feed", "tags", "absent"];

/// A text and what is expected of it.
#[derive(Clone, Debug)]
pub struct Example {
    node: Node,
    title: String,
    text: String,
    lang: Option<String>,
    feed: String,
    tags: Vec<String>,
    absent: Vec<String>,
}

/// Reads the list under `tests`.
pub(super) fn read(decoder: &mut Decoder, list: &Node) -> Vec<Example> {
    let items = decoder.sequence(list).unwrap_or_default();
    if let Some(item) = items.get(EXAMPLES_MAX) {
        decoder.tell(item, format!("more than {EXAMPLES_MAX} tests; use several files"));
    }
    items.iter().take(EXAMPLES_MAX).filter_map(|node| example(decoder, node)).collect()
}

fn example(decoder: &mut Decoder, node: &Node) -> Option<Example> {
    let fields = decoder.fields(node, &KEYS)?;
    let mut texts = |key: &str| fields.get(key).and_then(|node| decoder.texts(node)).unwrap_or_default();
    let (tags, absent) = (texts("tags"), texts("absent"));
    let mut one = |key: &str| texts(key).pop();
    let example = Example {
        node: node.clone(),
        title: one("title").unwrap_or_default(),
        text: one("text").unwrap_or_default(),
        lang: one("lang"),
        feed: one("feed").unwrap_or_default(),
        tags,
        absent,
    };
    if example.title.is_empty() && example.text.is_empty() {
        decoder.tell(node, "has nothing to tag; write `text: ...`");
    } else if example.tags.is_empty() && example.absent.is_empty() {
        decoder.tell(node, "expects nothing; write `tags: [...]` or `absent: [...]`");
    }
    Some(example)
}

impl TagRules {
    /// Tags the examples with these rules, and reports what is not as expected.
    pub fn check(&self) -> Vec<Problem> {
        if self.examples.is_empty() {
            return Vec::new();
        }
        let tagger = Tagger::new(self);
        self.examples.iter().flat_map(|example| example.check(&tagger)).collect()
    }
}

impl Example {
    fn check(&self, tagger: &Tagger) -> Vec<Problem> {
        let input = Tagging {
            title: &self.title,
            text: &self.text,
            declared_language: self.lang.as_deref(),
            feed: &self.feed,
            ..Tagging::default()
        };
        let tagged = tagger.tag(&input);
        let has = |id: &String| tagged.tags.iter().any(|tag| tag.id == *id);
        let mut problems = Vec::new();
        let mut tell = |message: String| {
            problems.push(Problem {
                place: self.node.place.clone(),
                path: self.node.path.to_string(),
                message,
            });
        };
        for id in self.tags.iter().filter(|id| !has(id)) {
            let why = tagger.why_not(&input).into_iter().find(|(rule, _)| rule == id);
            let why = why.map_or_else(|| "no rule gives it".to_owned(), |(_, why)| why);
            tell(format!("`{id}` is missing: {why}"));
        }
        for tag in tagged.tags.iter().filter(|tag| self.absent.contains(&tag.id)) {
            tell(format!("`{}` must not be there: {}", tag.id, tag.evidence.join("; ")));
        }
        problems
    }
}
