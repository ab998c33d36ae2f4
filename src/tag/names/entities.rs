//! From names in a text to people and organisations: one tag for the full name, the surname and the
//! acronym in brackets, without titles.

use std::collections::BTreeMap;

use super::{candidate::NO_ORGANISATION, edges};
use crate::tag::{
    Tag,
    cues::Cues,
    forms::{INFLECTED, slug},
    gazetteer::{Gazetteer, Kind, Mention},
    sequence::{Name, NameKind},
    words::{Gap, Span, Word, Words},
};

/// Least lead of an organisation of several words, of one word, of one word that the text has again, of
/// a surname alone, and of a person's full name, in the table's units. Chosen on labelled
/// news that took no part in the training.
const LEAD_MIN: i32 = 30;
const LEAD_MIN_SINGLE: i32 = 160;
const LEAD_MIN_AGAIN: i32 = 150;
const LEAD_MIN_SURNAME: i32 = 350;
const LEAD_MIN_PERSON: i32 = 60;

/// Lead that gives half of what a score can have above the smallest.
const LEAD_HALF: f32 = 120.0;

/// Mentions up to which a surname is rather that of the person in the text than a firm's.
const OFTEN: usize = 2;

/// People, and organisations, of an article, at most.
const ENTITIES_MAX: usize = 20;

/// A person or organisation.
#[derive(Debug, Default)]
struct Entity {
    /// How it is written and how often, as first seen.
    spellings: BTreeMap<String, usize>,
    /// The spelling that names the tag.
    label: String,
    /// Words of the label in lower case.
    parts: Vec<String>,
    count: usize,
    lead: i32,
    title: bool,
    spans: Vec<Span>,
}

/// What is needed to find them.
pub(crate) struct Grouping<'a> {
    pub(crate) words: &'a Words,
    pub(crate) cues: &'a Cues,
    pub(crate) gazetteer: &'a Gazetteer,
    pub(crate) language: &'a str,
    /// Names that the vocabularies know.
    pub(crate) mentions: &'a [Mention],
}

impl Grouping<'_> {
    /// The people and organisations among the names.
    pub(crate) fn tags(&self, names: &[Name]) -> Vec<Tag> {
        let mut tags = self.of_kind(names, NameKind::Person);
        let mut organisations = self.of_kind(names, NameKind::Organisation);
        // `Rachel Marsh and Severine Potter ... Marsh's sister`: not the firm of that name.
        let surname = |label: &str| {
            let behind =
                |person: &Tag| person.label.strip_suffix(label).is_some_and(|rest| rest.ends_with(' '));
            tags.iter().any(behind)
        };
        organisations.retain(|tag| tag.mentions.len() > OFTEN || !surname(&tag.label));
        tags.append(&mut organisations);
        tags
    }

    fn of_kind(&self, names: &[Name], kind: NameKind) -> Vec<Tag> {
        let person = kind == NameKind::Person;
        let mut found: Vec<Entity> = Vec::new();
        let mut spans: Vec<(usize, usize, i32)> = Vec::new();
        for name in names.iter().filter(|name| name.kind == kind && name.lead > 0) {
            let (start, end) = self.trimmed(name, person);
            if start >= end || self.is_none(start, end, person) {
                continue;
            }
            let end = match person {
                true => edges::person_end(self.words, start, end),
                false => edges::organisation_end(self.words, self.cues, start, end),
            };
            if !self.listed(start, end) && (person || self.organised(start, end)) {
                spans.push((start, end, name.lead));
            }
        }
        // Full names first, so that surnames and acronyms find them.
        spans.sort_by_key(|(start, end, _)| (std::cmp::Reverse(end - start), *start));
        for (start, end, lead) in spans {
            let parts: Vec<String> = self.slice(start, end).iter().map(|word| word.lower.clone()).collect();
            let label = self.words.name(start, end);
            let known = found.iter_mut().find(|entity| self.same(entity, &parts, &label, person));
            let entity = match known {
                Some(entity) => entity,
                None if end - start == 1 && self.place(start) => continue,
                None => {
                    found.push(Entity { label: label.clone(), parts, ..Entity::default() });
                    let Some(entity) = found.last_mut() else { continue };
                    entity
                }
            };
            entity.count += 1;
            entity.spans.extend(self.words.span(start, end - start));
            entity.lead = entity.lead.max(lead);
            entity.title |= self.words.get(start).is_some_and(|word| word.title);
            *entity.spellings.entry(label).or_default() += 1;
            if let [word] = self.slice(start, end)
                && word.written() != word.text
            {
                *entity.spellings.entry(word.written()).or_default() += 1;
            }
            if let Some(acronym) = self.acronym(end).filter(|_| !person) {
                entity.spellings.entry(acronym).or_default();
            }
        }
        let mut tags: Vec<Tag> =
            found.into_iter().filter_map(|entity| entity.tag(person, self.language == "de")).collect();
        tags.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        tags.truncate(ENTITIES_MAX);
        tags
    }

    /// Whether what stands around it makes it no name of this kind.
    fn is_none(&self, start: usize, end: usize, person: bool) -> bool {
        match person {
            true => edges::is_named_after(self.words, self.cues, end),
            false => edges::is_no_organisation(self.words, self.cues, start, end),
        }
    }

    /// The name without titles, articles and small words at its edges.
    fn trimmed(&self, name: &Name, person: bool) -> (usize, usize) {
        let (mut start, mut end) = (name.at, name.at + name.length);
        let loose = |at: usize| {
            self.words.get(at).is_none_or(|word| {
                !word.capital
                    || self.cues.function(&word.lower)
                    || (person && (self.cues.role(&word.lower) || self.cues.calendar(&word.lower)))
            })
        };
        while start < end && loose(start) {
            start += 1;
        }
        while start < end && self.words.get(end - 1).is_some_and(|word| !word.capital) {
            end -= 1;
        }
        (start, end)
    }

    /// Whether the vocabularies have this person or organisation.
    fn listed(&self, start: usize, end: usize) -> bool {
        self.mentions.iter().any(|mention| {
            let overlaps = mention.at < end && start < mention.at + mention.length;
            overlaps
                && mention.senses.iter().any(|sense| {
                    let thing = self.gazetteer.things.get(sense.thing as usize);
                    thing.is_some_and(|thing| matches!(thing.kind, Kind::Person | Kind::Organisation))
                })
        })
    }

    /// Whether the vocabularies know the word as a place or its people.
    fn place(&self, at: usize) -> bool {
        self.mentions.iter().any(|mention| (mention.at..mention.at + mention.length).contains(&at))
    }

    /// Whether it can be an organisation: an acronym that is introduced for an index, a disease or
    /// a law is not.
    fn organised(&self, start: usize, end: usize) -> bool {
        let name = self.slice(start, end);
        let acronym = match name {
            [word] if word.upper => word.text.as_str(),
            _ => return !name.iter().any(|word| NO_ORGANISATION.contains(&word.lower.as_str())),
        };
        let introduced = (1..self.words.list.len()).filter(|at| {
            self.words.get(*at).is_some_and(|word| word.gap == Gap::Open && word.text == acronym)
        });
        !introduced
            .filter_map(|at| self.words.before(at))
            .any(|word| NO_ORGANISATION.contains(&word.lower.as_str()))
    }

    fn slice(&self, start: usize, end: usize) -> &[Word] {
        self.words.list.get(start..end).unwrap_or_default()
    }

    /// An acronym in brackets after the name.
    fn acronym(&self, end: usize) -> Option<String> {
        let word = self.words.get(end).filter(|word| word.gap == Gap::Open && word.upper)?;
        (2..=7).contains(&word.text.chars().count()).then(|| word.text.clone())
    }

    /// Whether the name is another spelling of the entity.
    fn same(&self, entity: &Entity, parts: &[String], label: &str, person: bool) -> bool {
        if entity.spellings.contains_key(label) {
            return true;
        }
        let inflected = INFLECTED.contains(&self.language);
        let alike = |a: &str, b: &str| a == b || (inflected && stems_alike(a, b)) || possessive(a, b);
        let same =
            parts.len() == entity.parts.len() && parts.iter().zip(&entity.parts).all(|(a, b)| alike(a, b));
        if same || !person {
            return same;
        }
        // A surname, or given name and surname without what stands between.
        let last = match (parts.last(), entity.parts.last()) {
            (Some(a), Some(b)) => alike(a, b),
            _ => false,
        };
        let initial = |a: &str, b: &str| a.chars().next() == b.chars().next() && a.chars().nth(1).is_none();
        last && (parts.len() == 1
            || match (parts.first(), entity.parts.first()) {
                (Some(a), Some(b)) => alike(a, b) || initial(a, b) || initial(b, a),
                _ => false,
            })
    }
}

/// Whether words differ only in their ending.
fn stems_alike(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let stem = a.len().max(b.len()).saturating_sub(3).max(3);
    a.len().min(b.len()) > 3 && a.get(..stem) == b.get(..stem) && a.get(..stem).is_some()
}

/// Whether one is the German or Scandinavian genitive of the other.
fn possessive(a: &str, b: &str) -> bool {
    a.strip_suffix('s') == Some(b) || b.strip_suffix('s') == Some(a)
}

impl Entity {
    fn tag(self, person: bool, german: bool) -> Option<Tag> {
        let single = self.parts.len() == 1;
        let least = if !single {
            if person { LEAD_MIN_PERSON } else { LEAD_MIN }
        } else if person && self.count == 1 && !german {
            LEAD_MIN_SURNAME
        } else if self.count > 1 {
            LEAD_MIN_AGAIN
        } else {
            LEAD_MIN_SINGLE
        };
        if self.lead < least {
            return None;
        }
        let above = (self.lead - least) as f32;
        let sightings = (self.count.min(5) as f32 - 1.0) * 0.02 + if self.title { 0.05 } else { 0.0 };
        let score = (0.6 + 0.3 * above / (above + LEAD_HALF) + sightings).min(0.95);
        let kind = if person { "person" } else { "organisation" };
        let mut spellings: Vec<(&String, usize)> =
            self.spellings.iter().map(|(name, n)| (name, *n)).collect();
        spellings.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        let evidence =
            spellings.iter().take(6).map(|(name, count)| format!("name: {name} x{}", (*count).max(1)));
        let mut evidence: Vec<String> = evidence.collect();
        evidence.push(format!("sequence: {}", self.lead));
        if self.title {
            evidence.push("title".to_owned());
        }
        Some(Tag {
            id: format!("{kind}/{}", slug(&self.label)),
            label: self.label,
            kind: kind.into(),
            score,
            evidence,
            mentions: self.spans,
            ..Tag::default()
        })
    }
}
