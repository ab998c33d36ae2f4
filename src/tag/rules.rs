//! The user's tag rules.

use std::collections::{BTreeMap, HashMap};

use regex::{Regex, RegexBuilder};

use super::{
    Tag, Tagging, kind,
    phrases::Phrases,
    words::{Words, parts, prefix},
};
use crate::config::yaml::{self, Decoder, Node, Problem, Value};

/// Longest pattern in bytes and largest compiled automaton in bytes.
const PATTERN_MAX: usize = 500;
const AUTOMATON_MAX: usize = 1 << 20;

/// Most rules of one file, and most terms of one rule.
const RULES_MAX: usize = 2000;
const TERMS_MAX: usize = 2000;

/// Bytes of the text that patterns are tried on.
const PATTERN_TEXT_MAX: usize = 100_000;

/// Words on either side within which `require_near` has to be met.
const NEAR: usize = 60;

/// One word, phrase or pattern.
#[derive(Clone, Debug)]
pub struct Term {
    /// As written.
    pub text: String,
    /// The compiled pattern, none for plain words.
    pub pattern: Option<Regex>,
    /// Points it gives, 0 to 100; default 1.
    pub weight: f32,
}

/// One rule: a tag and what has to be in the text for it.
#[derive(Clone, Debug)]
pub struct TagRule {
    /// `kind/name`.
    pub id: String,
    /// Label for people; the name part of the id where none is given.
    pub label: String,
    /// Terms that speak for the tag.
    pub any: Vec<Term>,
    /// Terms that rule it out.
    pub none: Vec<Term>,
    /// Names in their exact case, given by `from: gazetteer` and `aliases`.
    pub aliases: Vec<String>,
    /// The title is searched.
    pub title: bool,
    /// The text is searched.
    pub body: bool,
    /// Points needed; a term counts 3 times in the title. Default 1.
    pub min_score: f32,
    /// Languages it holds for; empty is all.
    pub lang: Vec<String>,
    /// Feeds it holds for, `*` for any ending; empty is all.
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
/// ```
#[derive(Clone, Debug, Default)]
pub struct TagRules {
    /// In the order of the files; ids are unique.
    pub rules: Vec<TagRule>,
}

impl TagRules {
    /// Reads one file.
    ///
    /// # Errors
    /// Every mistake of the file with its place.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let root = yaml::parse(file, text)?;
        let mut decoder = Decoder::default();
        let mut rules = Self::default();
        let fields = decoder.fields(&root, &["tags"]);
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

    /// Adds the rules of `later`; a rule of the same id takes the place of the earlier one.
    pub fn merge(&mut self, later: Self) {
        for rule in later.rules {
            match self.rules.iter_mut().find(|known| known.id == rule.id) {
                Some(known) => *known = rule,
                None => self.rules.push(rule),
            }
        }
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
                format!("`{place}` is no place; write `title` or `body`"),
            );
        }
    }
    for code in &lang {
        if !(2..=3).contains(&code.len()) {
            decoder.tell(
                fields.get("lang").unwrap_or(node),
                format!("`{code}` is no language code; write `en`"),
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
        decoder.tell(node, "write one of `re` and `text`");
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

/// The rules, ready to be applied.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    rules: Vec<TagRule>,
    /// All plain terms, case aside.
    phrases: Phrases,
    /// Aliases and names nearby in their exact case: first word to further words and part.
    names: HashMap<String, Vec<(Vec<String>, u32)>>,
    parts: Vec<Part>,
}

/// One plain term of a rule.
#[derive(Debug)]
struct Part {
    rule: usize,
    role: Role,
    text: String,
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Any(f32),
    None,
    Near,
}

/// Places of one term that are kept: enough to tell what is near.
const PLACES_MAX: usize = 50;

/// What was found for one rule.
#[derive(Clone, Debug, Default)]
struct Tally {
    points: f32,
    ruled_out: bool,
    near: Vec<usize>,
    hits: Vec<usize>,
    evidence: Vec<String>,
}

impl Tally {
    /// Points of a term: 3 times in the title.
    fn add(&mut self, text: &str, weight: f32, title: bool, body: bool) {
        self.points += weight * (f32::from(u8::from(title)) * 3.0 + f32::from(u8::from(body)));
        if (title || body) && self.evidence.len() < 8 {
            self.evidence.push(text.to_owned());
        }
    }
}

impl Compiled {
    pub(super) fn new(rules: &TagRules) -> Self {
        let mut compiled = Self { rules: rules.rules.clone(), ..Self::default() };
        for (index, rule) in rules.rules.iter().enumerate() {
            let any = rule.any.iter().map(|term| (term, Role::Any(term.weight)));
            let none = rule.none.iter().map(|term| (term, Role::None));
            for (term, role) in any.chain(none).filter(|(term, _)| term.pattern.is_none()) {
                let id = compiled.part(index, role, &term.text);
                compiled.phrases.add(&term.text, id);
            }
            let aliases = rule.aliases.iter().map(|name| (name, Role::Any(1.0)));
            let near = rule.require_near.iter().map(|name| (name, Role::Near));
            for (name, role) in aliases.chain(near) {
                let id = compiled.part(index, role, name);
                let mut words = parts(name).into_iter();
                if let Some(first) = words.next() {
                    compiled.names.entry(first).or_default().push((words.collect(), id));
                }
            }
        }
        compiled
    }

    fn part(&mut self, rule: usize, role: Role, text: &str) -> u32 {
        self.parts.push(Part { rule, role, text: text.to_owned() });
        u32::try_from(self.parts.len() - 1).unwrap_or(u32::MAX)
    }

    /// The tags of the rules that hold.
    pub(super) fn apply(&self, words: &Words, input: &Tagging<'_>, language: &str) -> Vec<Tag> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut note = |id: u32, at: usize| {
            let places = places.entry(id).or_default();
            if places.len() < PLACES_MAX {
                places.push(at);
            }
        };
        self.phrases.find(words, &mut note);
        self.find_names(words, &mut note);
        let mut tallies = vec![Tally::default(); self.rules.len()];
        for (id, places) in places {
            let Some(part) = self.parts.get(id as usize) else { continue };
            let (Some(rule), Some(tally)) = (self.rules.get(part.rule), tallies.get_mut(part.rule)) else {
                continue;
            };
            let title = rule.title && places.iter().any(|at| *at < words.title);
            let body = rule.body && places.iter().any(|at| *at >= words.title);
            match part.role {
                Role::Any(weight) => {
                    tally.add(&part.text, weight, title, body);
                    tally.hits.extend(places);
                }
                Role::None => tally.ruled_out |= title || body,
                Role::Near => tally.near.extend(places),
            }
        }
        let (title, body) = (prefix(input.title, PATTERN_TEXT_MAX), prefix(input.text, PATTERN_TEXT_MAX));
        let rules = self.rules.iter().zip(tallies);
        rules
            .filter(|(rule, _)| rule.applies(language, input.feed))
            .filter_map(|(rule, mut tally)| {
                rule.patterns(title, body, &mut tally);
                rule.tag(tally)
            })
            .collect()
    }

    fn find_names(&self, words: &Words, mut found: impl FnMut(u32, usize)) {
        if self.names.is_empty() {
            return;
        }
        for (at, word) in words.list.iter().enumerate() {
            for (rest, id) in self.names.get(&word.text).into_iter().flatten() {
                let fits = rest.iter().enumerate().all(|(i, part)| {
                    words.get(at + 1 + i).is_some_and(|word| word.gap.joins() && word.text == *part)
                });
                if fits {
                    found(*id, at);
                }
            }
        }
    }
}

impl TagRule {
    fn applies(&self, language: &str, feed: &str) -> bool {
        let feeds = self.feeds.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => feed.starts_with(start),
            None => feed == pattern,
        });
        (self.lang.is_empty() || self.lang.iter().any(|code| code == language))
            && (self.feeds.is_empty() || feeds)
    }

    fn patterns(&self, title: &str, body: &str, tally: &mut Tally) {
        let hit = |regex: &Regex| (self.title && regex.is_match(title), self.body && regex.is_match(body));
        for term in &self.any {
            if let Some(regex) = &term.pattern {
                let (title, body) = hit(regex);
                tally.add(&term.text, term.weight, title, body);
            }
        }
        let out = self.none.iter().filter_map(|term| term.pattern.as_ref()).map(hit);
        tally.ruled_out |= out.into_iter().any(|(title, body)| title || body);
    }

    fn tag(&self, tally: Tally) -> Option<Tag> {
        // A pattern has no place among the words: for it, near is anywhere.
        let near = self.require_near.is_empty()
            || (tally.hits.is_empty() && !tally.near.is_empty())
            || tally.hits.iter().any(|hit| tally.near.iter().any(|near| near.abs_diff(*hit) <= NEAR));
        if tally.ruled_out || tally.points < self.min_score || tally.evidence.is_empty() || !near {
            return None;
        }
        let score = (0.7 + 0.05 * (tally.points - self.min_score)).min(0.95);
        let evidence = vec![format!("rule: {}", tally.evidence.join(", "))];
        Some(Tag { id: self.id.clone(), label: self.label.clone(), kind: kind(&self.id), score, evidence })
    }
}
