//! The rules applied to an article.

use std::collections::{BTreeMap, HashMap};

use regex::Regex;

use super::{TagRule, TagRules};
use crate::tag::{
    Kind, Tag, Tagging,
    phrases::Phrases,
    words::{Words, parts, prefix},
};

/// Words on either side within which `require_near` has to be met.
const NEAR: usize = 60;

/// Bytes of the text that patterns are tried on, at most.
const PATTERN_TEXT_MAX: usize = 100_000;

/// The rules, ready to be applied.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    rules: Vec<TagRule>,
    /// All plain terms, ignoring case.
    phrases: Phrases,
    /// Aliases and `require_near` names in their exact case: from the first word to the further
    /// words and the part.
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

/// Places of one term that are kept, at most: enough to know what is near.
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
    /// Adds the points of a term, which count 3 times in the title.
    fn add(&mut self, text: &str, weight: f32, title: bool, body: bool) {
        self.points += weight * (f32::from(u8::from(title)) * 3.0 + f32::from(u8::from(body)));
        if (title || body) && self.evidence.len() < 8 {
            self.evidence.push(text.to_owned());
        }
    }
}

impl Compiled {
    pub(crate) fn new(rules: &TagRules) -> Self {
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

    /// The tags of the rules that match.
    pub(crate) fn apply(&self, words: &Words, input: &Tagging<'_>, language: &str) -> Vec<Tag> {
        self.verdicts(words, input, language).into_iter().filter_map(|(_, verdict)| verdict.ok()).collect()
    }

    /// For each rule the tag that it gives, or why it gives none.
    pub(crate) fn verdicts(
        &self,
        words: &Words,
        input: &Tagging<'_>,
        language: &str,
    ) -> Vec<(&TagRule, Result<Tag, String>)> {
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
        let verdicts = rules.map(|(rule, mut tally)| {
            let verdict = rule.applies(language, input.feed).and_then(|()| {
                rule.patterns(title, body, &mut tally);
                rule.tag(tally)
            });
            (rule, verdict)
        });
        verdicts.collect()
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
    fn applies(&self, language: &str, feed: &str) -> Result<(), String> {
        let feeds = self.feeds.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => feed.starts_with(start),
            None => feed == pattern,
        });
        if !self.lang.is_empty() && !self.lang.iter().any(|code| code == language) {
            return Err(format!("for {} only, the language is {language}", self.lang.join(", ")));
        }
        if !self.feeds.is_empty() && !feeds {
            return Err(format!("for the feeds {} only", self.feeds.join(", ")));
        }
        Ok(())
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

    fn tag(&self, tally: Tally) -> Result<Tag, String> {
        // A pattern has no place among the words: for it, anywhere is near.
        let near = self.require_near.is_empty()
            || (tally.hits.is_empty() && !tally.near.is_empty())
            || tally.hits.iter().any(|hit| tally.near.iter().any(|near| near.abs_diff(*hit) <= NEAR));
        if tally.evidence.is_empty() {
            return Err("none of its terms is in the article".to_owned());
        }
        let found = tally.evidence.join(", ");
        if tally.ruled_out {
            return Err(format!("found {found}, and something under `none`"));
        }
        if tally.points < self.min_score {
            return Err(format!("found {found}: {} points of {}", tally.points, self.min_score));
        }
        if !near {
            return Err(format!("found {found}, without {} near", self.require_near.join(" or ")));
        }
        let score = (0.7 + 0.05 * (tally.points - self.min_score)).min(0.95);
        let evidence = vec![format!("rule: {found}")];
        Ok(Tag {
            id: self.id.clone(),
            label: self.label.clone(),
            kind: Kind::of(&self.id).name().to_owned(),
            score,
            evidence,
            ..Tag::default()
        })
    }
}
