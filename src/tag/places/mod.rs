//! Which of the names found in a text stand for places, people and organisations of the
//! vocabularies.

mod beside;
mod inside;
mod likeliest;
mod local;
mod states;
mod swapped;
mod towns;
mod whereabouts;

use std::collections::{BTreeMap, HashSet};

use super::{
    Tag, Tagging,
    atlas::{Atlas, Place, titlecase},
    cues::Cues,
    gazetteer::{Gazetteer, Kind, Mention, Sense, Thing, Via},
    sequence::Name,
    words::{Gap, Span, Word, Words},
};
use local::Local;
use towns::Towns;
use whereabouts::Whereabouts;

/// How often, and how, a thing is named.
#[derive(Debug, Default)]
struct Sightings {
    names: BTreeMap<String, usize>,
    demonyms: BTreeMap<String, usize>,
    title: bool,
    full: bool,
    spans: Vec<Span>,
    /// Whether an adjective says whose something is: `the French government`.
    civic: bool,
    /// Whether a city stands after a preposition or before its country.
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
    pub(super) atlas: &'a Atlas,
    pub(super) cues: &'a Cues,
    pub(super) words: &'a Words,
    /// Language of the text, `und` if unknown.
    pub(super) language: &'a str,
    /// Surnames of the people found, in their original case.
    pub(super) surnames: &'a HashSet<String>,
    /// Names that the tagger found.
    pub(super) learnt: &'a [Name],
}

impl Scene<'_> {
    /// The tags of all mentions that really stand for what they name.
    pub(super) fn tags(&self, mentions: &[Mention], input: &Tagging<'_>) -> Vec<Tag> {
        let present: HashSet<&str> = self.words.list.iter().map(|word| word.text.as_str()).collect();
        let starts: HashSet<usize> = mentions.iter().map(|mention| mention.at).collect();
        let stated = states::abbreviated(self);
        let towns = Towns::new(self, mentions, &stated);
        let settled: HashSet<usize> = towns.settled().collect();
        let mut seen: BTreeMap<u32, Sightings> = BTreeMap::new();
        for mention in mentions.iter().filter(|mention| !settled.contains(&mention.at)) {
            for sense in self.senses(mention, &present, &towns) {
                let Some(thing) = self.gazetteer.things.get(sense.thing as usize) else { continue };
                let beside = towns.containers.contains_key(&mention.at);
                if beside || self.stands(mention, sense, thing, &starts) {
                    self.see(&mut seen, mention, sense);
                }
            }
        }
        let home = whereabouts::home(self.atlas, input);
        let local = Local::new(self, &home);
        let swapped = self.swap_towns(&mut seen, mentions, &stated, &local);
        for mention in &stated {
            mention.senses.iter().for_each(|sense| self.see(&mut seen, mention, *sense));
        }
        let mut tags = self.decide(seen);
        let mut whereabouts = Whereabouts::new(&tags, home, local);
        tags.extend(towns.tags(&mut whereabouts, &swapped));
        tags
    }

    fn see(&self, seen: &mut BTreeMap<u32, Sightings>, mention: &Mention, sense: Sense) {
        let sightings = seen.entry(sense.thing).or_default();
        sightings.title |= self.words.get(mention.at).is_some_and(|word| word.title);
        sightings.spans.extend(self.words.span(mention.at, mention.length));
        sightings.civic |= beside::whose(self, mention);
        sightings.full |= sense.via == Via::Name;
        sightings.located |= self.located(mention);
        let names = if sense.via == Via::Demonym { &mut sightings.demonyms } else { &mut sightings.names };
        *names.entry(self.spelt(mention, Word::written)).or_default() += 1;
    }

    /// What a mention may stand for in this text: what a name beside it says, else an ambiguous
    /// name has the meaning with the most cues.
    fn senses(&self, mention: &Mention, present: &HashSet<&str>, towns: &Towns<'_>) -> Vec<Sense> {
        let beside = towns.containers.get(&mention.at).map(|code| format!("place/{code}"));
        if let Some(sense) = beside.and_then(|id| self.gazetteer.sense_of(&id)) {
            return vec![sense];
        }
        let english = matches!(self.language, "en" | "und");
        let name = self.name(mention);
        let name = if name == name.to_uppercase() { titlecase(&name.to_lowercase()) } else { name };
        let meanings = self.gazetteer.meanings_of(&name).filter(|_| english);
        let Some(meanings) = meanings else { return mention.senses.clone() };
        if let Some(state) = states::of_body(self, mention) {
            return vec![state];
        }
        let score = |cues: &[String]| cues.iter().filter(|cue| present.contains(cue.as_str())).count();
        let best =
            meanings.iter().map(|meaning| (score(&meaning.cues), meaning)).rev().max_by_key(|(n, _)| *n);
        let city = |sense: &&Sense| {
            self.gazetteer.things.get(sense.thing as usize).is_some_and(|thing| thing.kind == Kind::City)
        };
        let dateline = mention.senses.iter().find(city).filter(|_| beside::dateline(self, mention));
        if let Some(sense) = dateline {
            return vec![*sense];
        }
        // If nothing speaks for any of them, the first, if it is a city: it is known by its name.
        let told = best.filter(|(cues, _)| *cues > 0).map(|(_, meaning)| meaning);
        let first = meanings.first().filter(|first| {
            first.thing.is_some_and(|thing| {
                self.gazetteer.things.get(thing as usize).is_some_and(|thing| thing.kind == Kind::City)
            })
        });
        let thing = told.or(first).and_then(|meaning| meaning.thing);
        mention.senses.iter().filter(|sense| Some(sense.thing) == thing).copied().collect()
    }

    fn gap(&self, at: usize) -> Gap {
        self.words.get(at).map_or(Gap::Paragraph, |word| word.gap)
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

    /// Whether the mention stands for the thing, and is not part of another name.
    fn stands(&self, mention: &Mention, sense: Sense, thing: &Thing, starts: &HashSet<usize>) -> bool {
        if sense.via == Via::Demonym {
            return beside::civic(self, mention) && !self.surname(mention);
        }
        if thing.kind == Kind::Organisation {
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
        let address = thing.kind != Kind::Country
            && adjacent
                .is_some_and(|word| word.text.chars().all(|c| c.is_ascii_digit()) && word.text.len() < 6);
        // `Holland-Moritz`
        let double = after.is_some_and(|word| word.gap == Gap::Hyphen && self.surnames.contains(&word.text));
        let street = self.landmark(mention);
        if double
            || street
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
        let ambiguous = self.gazetteer.meanings_of(&self.name(mention)).is_some()
            && states::of_body(self, mention).is_none();
        if title || (thing.kind != Kind::City && !ambiguous) {
            return true;
        }
        self.free(before, mention.at, starts, true)
            && self.free(after, mention.at + mention.length, starts, false)
    }

    /// Whether the neighbour is not part of a longer name. `at` is the word whose gap separates the
    /// two.
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
            let party = gap == Gap::Hyphen && beside::PARTIES.contains(&neighbour.text.as_str());
            return (neighbour.starts_sentence() && self.cues.function(lower))
                || (gap == Gap::Space && (german || self.cues.preposition(lower)))
                || DIRECTIONS.contains(&lower)
                || self.cues.calendar(lower)
                || party;
        }
        // German nouns have capitals, too.
        self.language == "de"
            || self.cues.role(lower)
            || self.cues.calendar(lower)
            || AFTER_CITY.contains(&lower)
            || inside::BODIES.contains(&lower)
            || (gap == Gap::Space && starts.contains(&at) && neighbour.upper)
    }

    /// Whether the place is part of an institution's name: `Universität Hamburg`,
    /// `University of Wisconsin`.
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

    /// The place of the atlas that a thing of the vocabularies is.
    fn place_of(&self, thing: &Thing) -> Option<Place> {
        let id = thing.id.strip_prefix("place/")?;
        match thing.kind {
            Kind::City => self.atlas.of_number(id.parse().ok()?, &thing.label),
            _ => self.atlas.of_code(id),
        }
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
            let place = self.place_of(thing);
            tags.push(Tag {
                id: thing.id.clone(),
                label: thing.label.clone(),
                kind: thing.id.split('/').next().unwrap_or_default().to_owned(),
                score,
                evidence: lines(thing, sightings),
                ids: place.as_ref().map(numbers).unwrap_or_default(),
                coordinates: place.as_ref().and_then(towns::coordinates),
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
    "greater", "inner", "outer", "metro", "from", "in",
];

/// Words that join an institution and its place.
const OF: &[&str] = &["of", "de", "di", "du", "do", "da", "van"];

/// Words after a place that leave it a place.
const AFTER_CITY: &[&str] = &["province", "region", "oblast"];

/// Words of a text that is so short that a single adjective says which place it is about.
const SHORT: usize = 150;

/// Codes and numbers of a place.
fn numbers(place: &Place) -> BTreeMap<String, String> {
    let geonames = (place.geonames > 0).then(|| ("geonames".to_owned(), place.geonames.to_string()));
    let code = (!place.code.is_empty()).then(|| ("iso3166".to_owned(), place.code.to_owned()));
    geonames.into_iter().chain(code).collect()
}

fn score(kind: Kind, sightings: &Sightings, short: bool) -> f32 {
    let names = Sightings::count(&sightings.names).min(5);
    let demonyms = Sightings::count(&sightings.demonyms).min(5);
    let mut score = match (kind, names, demonyms) {
        (Kind::Person, ..) if sightings.full => 0.85,
        (Kind::Person | Kind::Organisation, ..) => 0.7,
        (_, 0, 1) if !sightings.title && !short && !sightings.civic => 0.5,
        (_, 0, _) => 0.6,
        _ => 0.65,
    };
    score += 0.03 * names.saturating_sub(1) as f32 + 0.02 * demonyms as f32;
    if sightings.title {
        score += 0.1;
    }
    score.min(0.98)
}

fn evidence(names: &BTreeMap<String, usize>, what: &str) -> Vec<String> {
    let mut names: Vec<(&String, &usize)> = names.iter().collect();
    names.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    let shown: Vec<String> = names.iter().take(4).map(|(name, count)| format!("{name} x{count}")).collect();
    (!shown.is_empty()).then(|| format!("{what}: {}", shown.join(", "))).into_iter().collect()
}

fn lines(thing: &Thing, sightings: &Sightings) -> Vec<String> {
    let mut lines = evidence(&sightings.names, "name");
    lines.extend(evidence(&sightings.demonyms, "demonym"));
    if sightings.title {
        lines.push("title".to_owned());
    }
    if !thing.within.is_empty() {
        lines.push(format!("within: {}", thing.within));
    }
    lines
}
