//! The user's tag rules.

mod compiled;
mod examples;
mod schema;

use regex::{Regex, RegexBuilder};

use super::words::parts;
use crate::yaml::{self, Decoder, Node, Problem, Value};
pub(super) use compiled::Compiled;
pub use examples::Example;
pub use schema::SCHEMA;

/// Longest pattern, and largest compiled automaton, in bytes.
const PATTERN_MAX: usize = 500;
const AUTOMATON_MAX: usize = 1 << 20;

/// Rules in one file, and terms in one rule, at most.
const RULES_MAX: usize = 2000;
const TERMS_MAX: usize = 2000;

/// One word, phrase or pattern.
#[derive(Clone, Debug)]
pub struct Term {
    /// As written.
    pub text: String,
    /// The compiled pattern; `None` for plain words.
    pub pattern: Option<Regex>,
    /// Points it gives, 0 to 100; default 1.
    pub weight: f32,
}

/// One rule: a tag and what has to be in the text for it.
#[derive(Clone, Debug)]
pub struct TagRule {
    /// `kind/name`.
    pub id: String,
    /// Label for people; the name part of the id if none is given.
    pub label: String,
    /// Terms that speak for the tag.
    pub any: Vec<Term>,
    /// Terms that rule it out.
    pub none: Vec<Term>,
    /// Names in their exact case, given by `from: gazetteer` and `aliases`.
    pub aliases: Vec<String>,
    /// Whether the title is searched.
    pub title: bool,
    /// Whether the text is searched.
    pub body: bool,
    /// Points needed; a term counts 3 times in the title. Default 1.
    pub min_score: f32,
    /// Languages it applies to; empty means all.
    pub lang: Vec<String>,
    /// Feeds it applies to, `*` for any ending; empty means all.
    pub feeds: Vec<String>,
    /// At least one of these names has to stand within 60 words of an alias or term.
    pub require_near: Vec<String>,
}

/// Rules of one or more files.
///
/// ```yaml
/// tags:
///   - id: topic/energy
///     any: ["solar farm", "heat pump*", {re: "\\bOPEC\\+?\\b", weight: 2}]
///     none: ["solar plexus"]
///     in: [title, body]
///     min_score: 2
///     lang: [en]
///     feeds: ["*"]
///   - id: place/kursk
///     from: gazetteer
///     aliases: [Kursk, Курск]
///     require_near: [Russia, Ukraine]
/// tests:
///   - {text: "A solar farm is planned beside the other solar farm.", tags: [topic/energy]}
/// ```
#[derive(Clone, Debug, Default)]
pub struct TagRules {
    /// In the order of the files; ids are unique.
    pub rules: Vec<TagRule>,
    /// Texts and what is expected of them.
    pub examples: Vec<Example>,
}

impl TagRules {
    /// Reads one file.
    ///
    /// # Errors
    /// Every mistake in the file, with its place.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let root = yaml::parse(file, text)?;
        let mut decoder = Decoder::default();
        let mut rules = Self::default();
        let fields = decoder.fields(&root, &["tags", "tests"]);
        if let Some(list) = fields.as_ref().and_then(|fields| fields.get("tests")) {
            rules.examples = examples::read(&mut decoder, list);
        }
        let list = fields.and_then(|fields| fields.get("tags"));
        let list = list.and_then(|list| decoder.sequence(list)).unwrap_or_default();
        if let Some(node) = list.get(RULES_MAX) {
            decoder.tell(node, format!("more than {RULES_MAX} rules; use several files"));
        }
        for node in list.iter().take(RULES_MAX) {
            let Some(rule) = rule(&mut decoder, node) else { continue };
            if rules.rules.iter().any(|known| known.id == rule.id) {
                decoder.tell(node, format!("`{}` has a rule already; put the terms into one", rule.id));
            }
            rules.rules.push(rule);
        }
        if decoder.problems.is_empty() { Ok(rules) } else { Err(decoder.problems) }
    }

    /// Adds the rules of `later`; a rule with the same id replaces the earlier one.
    pub fn merge(&mut self, later: Self) {
        for rule in later.rules {
            match self.rules.iter_mut().find(|known| known.id == rule.id) {
                Some(known) => *known = rule,
                None => self.rules.push(rule),
            }
        }
        self.examples.extend(later.examples);
    }
}

const KEYS: [&str; 11] =
    ["id", "label", "any", "none", "in", "min_score", "lang", "feeds", "from", "aliases", "require_near"];

fn rule(decoder: &mut Decoder, node: &Node) -> Option<TagRule> {
    let told = decoder.problems.len();
    let fields = decoder.fields(node, &KEYS)?;
    let id_node = fields.required(decoder, "id")?;
    let id = decoder.text(id_node)?.to_owned();
    let name = match id.split_once('/') {
        Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !id.contains(char::is_whitespace) => {
            name
        }
        _ => {
            decoder.tell(id_node, "has to be `kind/name` without spaces, like `topic/energy`");
            return None;
        }
    };
    let mut texts = |key: &str| fields.get(key).and_then(|node| decoder.texts(node)).unwrap_or_default();
    let (aliases, lang, feeds, require_near, places) =
        (texts("aliases"), texts("lang"), texts("feeds"), texts("require_near"), texts("in"));
    for place in &places {
        if !matches!(place.as_str(), "title" | "body") {
            decoder.tell(
                fields.get("in").unwrap_or(node),
                format!("`{place}` is not a place; write `title` or `body`"),
            );
        }
    }
    for code in &lang {
        if !(2..=3).contains(&code.len()) {
            decoder.tell(
                fields.get("lang").unwrap_or(node),
                format!("`{code}` is not a language code; write `en`"),
            );
        }
    }
    let from = fields.get("from");
    if let Some(from) = from.filter(|from| !is_text(from, "gazetteer")) {
        decoder.tell(from, "has to be `gazetteer`");
    }
    if from.is_some() && aliases.is_empty() {
        decoder.tell(node, "`from: gazetteer` needs names; write `aliases: [...]`");
    }
    if from.is_none() && !aliases.is_empty() {
        decoder.tell(node, "`aliases` are names in their exact case; write `from: gazetteer` beside them");
    }
    let label = fields.get("label").and_then(|node| decoder.text(node));
    let label = label.map_or_else(|| name.replace('-', " "), str::to_owned);
    let any = terms(decoder, fields.get("any"));
    let none = terms(decoder, fields.get("none"));
    if any.is_empty() && aliases.is_empty() && told == decoder.problems.len() {
        decoder.tell(node, "nothing to look for; write `any: [...]`");
    }
    let min_score = fields.get("min_score").and_then(|node| decoder.number(node, 0.1..=1000.0));
    let min_score = min_score.unwrap_or(1.0) as f32;
    let everywhere = places.is_empty();
    let title = everywhere || places.iter().any(|place| place == "title");
    let body = everywhere || places.iter().any(|place| place == "body");
    (told == decoder.problems.len()).then_some(TagRule {
        id,
        label,
        any,
        none,
        aliases,
        title,
        body,
        min_score,
        lang,
        feeds,
        require_near,
    })
}

fn is_text(node: &Node, wanted: &str) -> bool {
    matches!(&node.value, Value::Scalar { text, .. } if text == wanted)
}

fn terms(decoder: &mut Decoder, node: Option<&Node>) -> Vec<Term> {
    let Some(node) = node else { return Vec::new() };
    if matches!(node.value, Value::Scalar { .. }) {
        return term(decoder, node).into_iter().collect();
    }
    let items = decoder.sequence(node).unwrap_or_default();
    if let Some(item) = items.get(TERMS_MAX) {
        decoder.tell(item, format!("more than {TERMS_MAX} terms"));
    }
    items.iter().take(TERMS_MAX).filter_map(|item| term(decoder, item)).collect()
}

fn term(decoder: &mut Decoder, node: &Node) -> Option<Term> {
    if let Value::Scalar { text, .. } = &node.value {
        if parts(text).is_empty() {
            decoder.tell(node, "has no word to look for");
            return None;
        }
        return Some(Term { text: text.clone(), pattern: None, weight: 1.0 });
    }
    let fields = decoder.fields(node, &["re", "text", "weight"])?;
    let weight = fields.get("weight").and_then(|node| decoder.number(node, 0.0..=100.0)).unwrap_or(1.0);
    let (re, text) = (fields.get("re"), fields.get("text"));
    let ((Some(inner), None) | (None, Some(inner))) = (re, text) else {
        decoder.tell(node, "write either `re` or `text`");
        return None;
    };
    let written = decoder.text(inner)?.to_owned();
    let pattern = if re.is_some() { Some(compile(decoder, inner, &written)?) } else { None };
    if pattern.is_none() && parts(&written).is_empty() {
        decoder.tell(inner, "has no word to look for");
        return None;
    }
    Some(Term { text: written, pattern, weight: weight as f32 })
}

fn compile(decoder: &mut Decoder, node: &Node, pattern: &str) -> Option<Regex> {
    if pattern.len() > PATTERN_MAX {
        decoder.tell(node, format!("longer than {PATTERN_MAX} bytes; split it into several terms"));
        return None;
    }
    match RegexBuilder::new(pattern).size_limit(AUTOMATON_MAX).build() {
        Ok(regex) if regex.is_match("") => {
            decoder.tell(node, "matches the empty text, so everything; ask for at least one character");
            None
        }
        Ok(regex) => Some(regex),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            decoder.tell(node, format!("not a pattern: {reason}"));
            None
        }
    }
}
