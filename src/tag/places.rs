//! Which of the names found in a text are places, people and organisations of the vocabularies.

use std::collections::{BTreeMap, HashSet};

use super::{
    Tag,
    cues::Cues,
    gazetteer::{Gazetteer, Kind, Mention, Sense, Thing, Via},
    words::{Gap, Span, Word, Words},
};

/// How often and how a thing is named.
#[derive(Debug, Default)]
struct Sightings {
    names: BTreeMap<String, usize>,
    demonyms: BTreeMap<String, usize>,
    title: bool,
    full: bool,
    spans: Vec<Span>,
    /// A city stands after a preposition or before its country.
    located: bool,
}

impl Sightings {
    fn count(names: &BTreeMap<String, usize>) -> usize {
        names.values().sum()
    }
}

/// What the decisions need to know.
pub(super) struct Scene<'a> {
    pub(super) gazetteer: &'a Gazetteer,
    pub(super) cues: &'a Cues,
    pub(super) words: &'a Words,
    /// Language of the text, `und` where unknown.
    pub(super) language: &'a str,
    /// Surnames of people found, in the case they are written.
    pub(super) surnames: &'a HashSet<String>,
}

impl Scene<'_> {
    /// The tags of all mentions that stand for what they say.
    pub(super) fn tags(&self, mentions: &[Mention]) -> Vec<Tag> {
        let present: HashSet<&str> = self.words.list.iter().map(|word| word.text.as_str()).collect();
        let starts: HashSet<usize> = mentions.iter().map(|mention| mention.at).collect();
        let mut seen: BTreeMap<u32, Sightings> = BTreeMap::new();
        for mention in mentions {
            for sense in self.senses(mention, &present) {
                let Some(thing) = self.gazetteer.things.get(sense.thing as usize) else { continue };
                if !self.stands(mention, sense, thing, &starts) {
                    continue;
                }
                let name = self.spelt(mention, Word::written);
                let title = self.words.get(mention.at).is_some_and(|word| word.title);
                let sightings = seen.entry(sense.thing).or_default();
                sightings.title |= title;
                sightings.spans.extend(self.words.span(mention.at, mention.length));
                sightings.full |= sense.via == Via::Name;
                sightings.located |= self.located(mention);
                let names =
                    if sense.via == Via::Demonym { &mut sightings.demonyms } else { &mut sightings.names };
                *names.entry(name).or_default() += 1;
            }
        }
        self.decide(seen)
    }

    /// What a mention may stand for in this text: ambiguous names go to the meaning with most cues.
    fn senses(&self, mention: &Mention, present: &HashSet<&str>) -> Vec<Sense> {
        let english = matches!(self.language, "en" | "und");
        let meanings = self.gazetteer.meanings_of(&self.name(mention)).filter(|_| english);
        let Some(meanings) = meanings else { return mention.senses.clone() };
        let score = |cues: &[String]| cues.iter().filter(|cue| present.contains(cue.as_str())).count();
        let best =
            meanings.iter().map(|meaning| (score(&meaning.cues), meaning)).rev().max_by_key(|(n, _)| *n);
        let thing = best.filter(|(cues, _)| *cues > 0).and_then(|(_, meaning)| meaning.thing);
        mention.senses.iter().filter(|sense| Some(sense.thing) == thing).copied().collect()
    }

    fn name(&self, mention: &Mention) -> String {
        self.spelt(mention, |word| word.text.clone())
    }

    fn spelt(&self, mention: &Mention, of: impl Fn(&Word) -> String) -> String {
        let words = self.words.list.iter().skip(mention.at).take(mention.length);
        let mut name = String::new();
        for (i, word) in words.enumerate() {
            if i > 0 {
                name.push(match word.gap {
                    Gap::Hyphen => '-',
                    Gap::Apostrophe => '\'',
                    _ => ' ',
                });
            }
            name.push_str(&of(word));
        }
        name
    }

    /// The mention stands for the thing, and is no part of another name.
    fn stands(&self, mention: &Mention, sense: Sense, thing: &Thing, starts: &HashSet<usize>) -> bool {
        if sense.via == Via::Demonym || thing.kind == Kind::Organisation {
            return true;
        }
        let (before, after) = (self.words.before(mention.at), self.words.get(mention.at + mention.length));
        let adjacent =
            before.filter(|_| self.words.get(mention.at).is_some_and(|word| word.gap == Gap::Space));
        let given = adjacent.is_some_and(|word| self.cues.given(&word.text));
        if sense.via == Via::Surname {
            // `Melania Trump` is another person.
            return !given;
        }
        if thing.kind == Kind::Person {
            return true;
        }
        let single = mention.length == 1;
        let surname = single && self.surnames.contains(&self.name(mention));
        // `1600 Pennsylvania`
        let address =
            adjacent.is_some_and(|word| word.text.chars().all(|c| c.is_ascii_digit()) && word.text.len() < 6);
        // `Holland-Moritz`
        let double = after.is_some_and(|word| word.gap == Gap::Hyphen && self.surnames.contains(&word.text));
        if double
            || (given && single)
            || (surname && !self.located(mention))
            || (address && self.language == "en")
        {
            return false;
        }
        if matches!(thing.kind, Kind::City | Kind::State) && self.institution(mention.at) {
            return false;
        }
        let title = self.words.get(mention.at).is_some_and(|word| word.title) && self.words.title_case;
        let ambiguous = self.gazetteer.meanings_of(&self.name(mention)).is_some();
        if title || (thing.kind != Kind::City && !ambiguous) {
            return true;
        }
        self.free(before, mention.at, starts, true)
            && self.free(after, mention.at + mention.length, starts, false)
    }

    /// The neighbour is no part of a longer name. `at` is the word whose gap separates the two.
    fn free(&self, neighbour: Option<&Word>, at: usize, starts: &HashSet<usize>, before: bool) -> bool {
        let Some(neighbour) = neighbour else { return true };
        let gap = self.words.get(at).map_or(Gap::Paragraph, |word| word.gap);
        if !matches!(gap, Gap::Space | Gap::Hyphen) || !neighbour.capital {
            return true;
        }
        let lower = neighbour.lower.as_str();
        if before {
            // `MSV Duisburg` is a club.
            let german = self.language == "de" && !neighbour.upper;
            return (neighbour.starts_sentence() && self.cues.function(lower))
                || (gap == Gap::Space && (german || self.cues.preposition(lower)))
                || DIRECTIONS.contains(&lower)
                || self.cues.calendar(lower);
        }
        // German nouns have capitals, too.
        self.language == "de"
            || self.cues.role(lower)
            || self.cues.calendar(lower)
            || AFTER_CITY.contains(&lower)
            || (gap == Gap::Space && starts.contains(&at) && neighbour.upper)
    }

    /// `Universität Hamburg`, `University of Wisconsin`: the place is part of the name.
    fn institution(&self, at: usize) -> bool {
        let is = |at: Option<usize>| {
            at.and_then(|at| self.words.get(at))
                .is_some_and(|word| word.capital && self.cues.organisation(&word.lower))
        };
        let spaced = |at: usize| self.words.get(at).is_some_and(|word| word.gap == Gap::Space);
        let of = self.words.before(at).is_some_and(|word| OF.contains(&word.lower.as_str()));
        spaced(at) && (is(at.checked_sub(1)) || (of && spaced(at - 1) && is(at.checked_sub(2))))
    }

    fn located(&self, mention: &Mention) -> bool {
        let before = self
            .words
            .before(mention.at)
            .filter(|_| self.words.get(mention.at).is_some_and(|word| word.gap == Gap::Space));
        let after = self.words.get(mention.at + mention.length);
        before.is_some_and(|word| self.cues.preposition(&word.lower))
            || after.is_some_and(|word| word.gap == Gap::Comma && word.capital)
    }

    fn decide(&self, seen: BTreeMap<u32, Sightings>) -> Vec<Tag> {
        let ids: HashSet<&str> = seen
            .keys()
            .filter_map(|thing| self.gazetteer.things.get(*thing as usize))
            .filter(|thing| thing.near.is_empty())
            .map(|thing| thing.id.as_str())
            .collect();
        let mut tags = Vec::new();
        for (index, sightings) in &seen {
            let Some(thing) = self.gazetteer.things.get(*index as usize) else { continue };
            if !thing.near.is_empty() && !thing.near.iter().any(|id| ids.contains(id.as_str())) {
                continue;
            }
            if thing.kind == Kind::City && !thing.near.is_empty() && !sightings.located {
                continue;
            }
            let score = score(thing.kind, sightings, self.words.body() < SHORT);
            if score < super::SCORE_MIN {
                continue;
            }
            tags.push(Tag {
                id: thing.id.clone(),
                label: thing.label.clone(),
                kind: thing.id.split('/').next().unwrap_or_default().to_owned(),
                score,
                evidence: evidence(thing, sightings),
                ids: codes(thing),
                mentions: sightings.spans.clone(),
                ..Tag::default()
            });
        }
        tags
    }
}

/// Words before a city that say which part of it.
const DIRECTIONS: &[&str] = &[
    "north", "south", "east", "west", "northern", "southern", "eastern", "western", "central", "downtown",
    "greater", "inner", "outer", "from", "in",
];

/// Words that join an institution and its place.
const OF: &[&str] = &["of", "de", "di", "du", "do", "da", "van"];

/// Words after a city that leave it a city.
const AFTER_CITY: &[&str] = &["city", "county", "province", "region", "oblast", "district", "police", "time"];

/// Words of a text in which a single adjective says where it is about.
const SHORT: usize = 150;

/// Codes of countries and states.
fn codes(thing: &Thing) -> BTreeMap<String, String> {
    let code = thing.id.strip_prefix("place/").filter(|_| matches!(thing.kind, Kind::Country | Kind::State));
    code.map(|code| ("iso3166".to_owned(), code.to_owned())).into_iter().collect()
}

fn score(kind: Kind, sightings: &Sightings, short: bool) -> f32 {
    let names = Sightings::count(&sightings.names).min(5);
    let demonyms = Sightings::count(&sightings.demonyms).min(5);
    let mut score = match (kind, names, demonyms) {
        (Kind::Person, ..) if sightings.full => 0.85,
        (Kind::Person | Kind::Organisation, ..) => 0.7,
        (_, 0, 1) if !sightings.title && !short => 0.5,
        (_, 0, _) => 0.6,
        _ => 0.65,
    };
    score += 0.03 * names.saturating_sub(1) as f32 + 0.02 * demonyms as f32;
    if sightings.title {
        score += 0.1;
    }
    score.min(0.98)
}

fn evidence(thing: &Thing, sightings: &Sightings) -> Vec<String> {
    let list = |names: &BTreeMap<String, usize>| {
        let mut names: Vec<(&String, &usize)> = names.iter().collect();
        names.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
        let shown: Vec<String> =
            names.iter().take(4).map(|(name, count)| format!("{name} x{count}")).collect();
        shown.join(", ")
    };
    let mut evidence = Vec::new();
    if !sightings.names.is_empty() {
        evidence.push(format!("name: {}", list(&sightings.names)));
    }
    if !sightings.demonyms.is_empty() {
        evidence.push(format!("demonym: {}", list(&sightings.demonyms)));
    }
    if sightings.title {
        evidence.push("title".to_owned());
    }
    if !thing.within.is_empty() {
        evidence.push(format!("within: {}", thing.within));
    }
    evidence
}
