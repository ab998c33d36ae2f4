//! Names of places, people and organisations, and where a text has them.
//!
//! Matching is whole-word and case-sensitive; of several names that fit at a word the longest wins,
//! so that `North Korea` is never Korea and `Boston Globe` is not Boston.

mod scan;

use std::collections::HashMap;

use scan::longer;

use super::{
    atlas::Atlas,
    forms::{self, ALL, LANGUAGES, Mask},
    words::{Words, parts},
};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Country,
    State,
    Region,
    City,
    Person,
    Organisation,
}

/// How a name stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// By its name.
    Name,
    /// By its adjective or inhabitants: `Ukrainian`.
    Demonym,
    /// A person by the surname.
    Surname,
    /// The phrase means something else.
    Nothing,
}

/// A place, person or organisation.
#[derive(Clone, Debug)]
pub(super) struct Thing {
    /// `place/UA`.
    pub(super) id: String,
    /// Label for people.
    pub(super) label: String,
    pub(super) kind: Kind,
    /// Country it lies in; empty if there is none.
    pub(super) within: String,
    /// Ids of which at least one has to be found too, if there are any.
    pub(super) near: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sense {
    /// Index of the thing.
    pub(super) thing: u32,
    pub(super) via: Via,
    mask: Mask,
}

/// A phrase that means something else.
const NOTHING: Sense = Sense { thing: u32::MAX, via: Via::Nothing, mask: ALL };

#[derive(Debug)]
struct Entry {
    rest: Box<[Box<str>]>,
    sense: Sense,
}

/// One meaning of an ambiguous name.
#[derive(Debug)]
pub(super) struct Meaning {
    /// The thing; `None` if it is not in the vocabularies.
    pub(super) thing: Option<u32>,
    /// Words that speak for it.
    pub(super) cues: Vec<String>,
}

/// A name found in a text.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    /// Index of its first word.
    pub(super) at: usize,
    /// Number of its words.
    pub(super) length: usize,
    /// What it may stand for, in the order of the vocabularies.
    pub(super) senses: Vec<Sense>,
    /// Index of its name in the atlas.
    pub(super) town: Option<u32>,
    /// Whether the names tagger was trained with this as a city.
    pub(super) noted: bool,
}

impl Mention {
    /// Whether the vocabularies have the name; otherwise only the atlas does, which contains all
    /// kinds of words.
    pub(super) fn is_known(&self) -> bool {
        self.noted || !self.senses.is_empty()
    }
}

/// The names, indexed by first word.
#[derive(Debug, Default)]
pub(super) struct Gazetteer {
    pub(super) things: Vec<Thing>,
    ids: HashMap<String, u32>,
    names: HashMap<Box<str>, Vec<Entry>>,
    /// By the first word in lower case.
    demonyms: HashMap<Box<str>, Vec<Entry>>,
    ambiguous: HashMap<String, Vec<Meaning>>,
    /// States by their abbreviations.
    abbreviations: HashMap<&'static str, u32>,
}

const COUNTRIES: &str = include_str!("../../../config/gazetteer/countries.tsv");
const STATES: &str = include_str!("../../../config/gazetteer/us-states.tsv");
const REGIONS: &str = include_str!("../../../config/gazetteer/regions.tsv");
const CITIES: &str = include_str!("../../../config/gazetteer/cities.tsv");
const DEMONYMS: &str = include_str!("../../../config/gazetteer/demonyms.tsv");
const PEOPLE: &str = include_str!("../../../config/gazetteer/people.tsv");
const BLOCKERS: &str = include_str!("../../../config/gazetteer/blockers.tsv");
const ABBREVIATIONS: &str = include_str!("../../../config/gazetteer/abbreviations.tsv");
const AMBIGUOUS: &str = include_str!("../../../config/gazetteer/ambiguous.tsv");

/// The rows of a table, comments left out.
pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

fn items(cell: Option<&&'static str>) -> impl Iterator<Item = &'static str> {
    cell.copied().unwrap_or_default().split('|').filter(|item| !item.is_empty())
}

impl Gazetteer {
    /// The vocabularies that come with the program.
    pub(super) fn builtin() -> Self {
        let mut gazetteer = Self::default();
        gazetteer.countries();
        for (table, kind) in [(STATES, Kind::State), (REGIONS, Kind::Region), (CITIES, Kind::City)] {
            gazetteer.places(table, kind);
        }
        gazetteer.people();
        for row in rows(BLOCKERS) {
            row.iter().for_each(|phrase| gazetteer.name(phrase, NOTHING));
        }
        gazetteer.meanings();
        for row in rows(ABBREVIATIONS) {
            let thing = row.first().and_then(|id| gazetteer.ids.get(*id)).copied();
            let Some(thing) = thing else { continue };
            gazetteer.abbreviations.extend(items(row.get(1)).map(|short| (short, thing)));
        }
        gazetteer.shrink();
        gazetteer
    }

    /// Most names have one entry: lists that grew by doubling would have room for four.
    fn shrink(&mut self) {
        for index in [&mut self.names, &mut self.demonyms] {
            index.values_mut().for_each(Vec::shrink_to_fit);
            index.shrink_to_fit();
        }
        self.things.shrink_to_fit();
        self.ids.shrink_to_fit();
    }

    fn countries(&mut self) {
        for row in rows(COUNTRIES) {
            let [id, names @ ..] = row.as_slice() else { continue };
            let label = names.first().and_then(|cell| cell.split('|').next()).unwrap_or_default();
            let thing = self.thing(id, label, Kind::Country, "", "");
            for (language, cell) in LANGUAGES.iter().zip(names) {
                // English names occur in texts in every language.
                let mask = if *language == "en" { ALL } else { forms::mask(language) };
                let sense = Sense { thing, via: Via::Name, mask };
                for name in items(Some(cell)) {
                    self.name(name, sense);
                    forms::cases(language, name).iter().for_each(|case| self.name(case, sense));
                }
            }
        }
        for row in rows(DEMONYMS) {
            let [id, stems @ ..] = row.as_slice() else { continue };
            let Some(thing) = self.ids.get(*id).copied() else { continue };
            for (language, cell) in LANGUAGES.iter().zip(stems) {
                let sense = Sense { thing, via: Via::Demonym, mask: forms::mask(language) };
                for stem in cell.split(',').filter(|stem| !stem.is_empty()) {
                    for ending in forms::adjective_endings(language) {
                        // `deutsch` and the like mean the language.
                        if *language == "de" && ending.is_empty() && stem.ends_with("sch") {
                            continue;
                        }
                        self.demonym(&format!("{stem}{ending}"), sense);
                    }
                }
            }
        }
    }

    fn places(&mut self, table: &'static str, kind: Kind) {
        for row in rows(table) {
            let [id, label, within, near, ..] = row.as_slice() else { continue };
            if self.ids.contains_key(*id) {
                continue; // a region of that name is in the vocabulary already
            }
            let thing = self.thing(id, label, kind, within, near);
            let sense = Sense { thing, via: Via::Name, mask: ALL };
            if kind == Kind::State && !items(row.get(4)).any(|name| name.ends_with(" State")) {
                // `Florida State` is a university.
                self.name(&format!("{label} State"), NOTHING);
            }
            for name in items(row.get(4)) {
                self.name(name, sense);
                let cyrillic = name.chars().next().is_some_and(|c| ('\u{400}'..='\u{4ff}').contains(&c));
                if cyrillic && kind == Kind::City {
                    let languages = ["ru", "uk"].into_iter();
                    languages
                        .flat_map(|language| forms::cases(language, name))
                        .for_each(|case| self.name(&case, sense));
                }
            }
        }
    }

    fn people(&mut self) {
        for row in rows(PEOPLE) {
            let [id, label, kind, ..] = row.as_slice() else { continue };
            let kind = if *kind == "person" { Kind::Person } else { Kind::Organisation };
            let thing = self.thing(id, label, kind, "", "");
            let languages = items(row.get(5)).map(forms::mask).reduce(|a, b| a | b);
            for (cell, via) in [(3, Via::Name), (4, Via::Surname)] {
                let sense = Sense { thing, via, mask: languages.unwrap_or(ALL) };
                items(row.get(cell)).for_each(|name| self.name(name, sense));
            }
        }
    }

    fn meanings(&mut self) {
        for row in rows(AMBIGUOUS) {
            let [name, id, ..] = row.as_slice() else { continue };
            let thing = self.ids.get(*id).copied();
            if let Some(thing) = thing {
                // Makes sure that the name is looked up at all.
                self.name(name, Sense { thing, via: Via::Name, mask: forms::mask("en") });
            }
            let cues = items(row.get(2)).map(str::to_owned).collect();
            self.ambiguous.entry((*name).to_owned()).or_default().push(Meaning { thing, cues });
        }
    }

    fn thing(&mut self, id: &str, label: &str, kind: Kind, within: &str, near: &str) -> u32 {
        let index = u32::try_from(self.things.len()).unwrap_or(u32::MAX);
        self.things.push(Thing {
            id: id.to_owned(),
            label: label.to_owned(),
            kind,
            within: within.to_owned(),
            near: near.split('|').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        });
        self.ids.insert(id.to_owned(), index);
        index
    }

    fn name(&mut self, name: &str, sense: Sense) {
        insert(&mut self.names, parts(name), sense);
    }

    fn demonym(&mut self, name: &str, sense: Sense) {
        insert(&mut self.demonyms, parts(&name.to_lowercase()), sense);
    }

    /// The state with an abbreviation.
    pub(super) fn abbreviation(&self, short: &str) -> Option<Sense> {
        self.abbreviations.get(short).map(|thing| Sense { thing: *thing, via: Via::Name, mask: ALL })
    }

    /// The code of the state with a label.
    pub(super) fn state(&self, label: &str) -> Option<&str> {
        let state = self.things.iter().find(|thing| thing.kind == Kind::State && thing.label == label);
        state.and_then(|thing| thing.id.strip_prefix("place/"))
    }

    /// The thing with an id, by its name.
    pub(super) fn sense_of(&self, id: &str) -> Option<Sense> {
        self.ids.get(id).map(|thing| Sense { thing: *thing, via: Via::Name, mask: ALL })
    }

    /// The meanings of a name that has several.
    pub(super) fn meanings_of(&self, name: &str) -> Option<&[Meaning]> {
        self.ambiguous.get(name).map(Vec::as_slice)
    }

    /// What a whole phrase stands for, if it is a name of the vocabulary.
    pub(super) fn whole(&self, phrase: &Words, mask: Mask) -> Option<Sense> {
        let mention = self.at(phrase, 0, mask)?;
        let sense = mention.senses.first().copied()?;
        (mention.length == phrase.list.len() && sense.via == Via::Name).then_some(sense)
    }

    /// Every name in the text, from left to right, without overlaps.
    pub(super) fn scan(&self, atlas: &Atlas, words: &Words, mask: Mask, genitive: bool) -> Vec<Mention> {
        let mut mentions = Vec::new();
        let mut at = 0;
        while at < words.list.len() {
            let (own, town) = (self.at(words, at, mask), atlas.longest(words, at, genitive));
            let Some(mention) = longer(atlas, at, own, town) else {
                at += 1;
                continue;
            };
            let mention = self.state_of_body(words, &mention).unwrap_or(mention);
            at += mention.length;
            if mention.senses.first().is_none_or(|sense| sense.via != Via::Nothing) {
                mentions.push(mention);
            }
        }
        mentions
    }
}

fn insert(index: &mut HashMap<Box<str>, Vec<Entry>>, words: Vec<String>, sense: Sense) {
    let mut words = words.into_iter().map(String::into_boxed_str);
    let Some(first) = words.next() else { return };
    let rest: Box<[Box<str>]> = words.collect();
    let entries = index.entry(first).or_default();
    match entries.iter_mut().find(|known| known.rest == rest && known.sense.thing == sense.thing) {
        Some(known) => known.sense.mask |= sense.mask,
        None => entries.push(Entry { rest, sense }),
    }
}
