//! Places inside longer names: `Bank of America` is not about America, but `Oxford City Council` is
//! about Oxford.

use super::Scene;
use crate::tag::{
    gazetteer::Mention,
    sequence::NameKind,
    words::{Gap, Word},
};

/// Words after a town that begin the name of a body of its own.
pub(super) const BODIES: &[&str] = &[
    "city",
    "town",
    "municipal",
    "metropolitan",
    "borough",
    "council",
    "mayor",
    "police",
    "fire",
    "crown",
    "magistrates",
    "public",
    "schools",
    "time",
];

/// Words that make a name that of something around the town, or within it.
const LANDMARKS: &[&str] = &[
    "county",
    "counties",
    "parish",
    "township",
    "avenue",
    "ave",
    "street",
    "st",
    "road",
    "rd",
    "boulevard",
    "blvd",
    "lane",
    "drive",
    "square",
    "creek",
    "lake",
    "river",
    "hall",
    "park",
    "bridge",
    "high",
    "elementary",
    "college",
    "hospital",
    "church",
    "station",
];

/// Words between an institution and its place that keep the place out of the name.
const AT: &[&str] = &["in", "at", "near", "outside", "en", "em", "w", "we", "в", "у"];

impl Scene<'_> {
    /// How much the names found by the tagger speak for a mention being a place; below 0, against
    /// it.
    pub(super) fn told(&self, mention: &Mention) -> f32 {
        let (start, end) = (mention.at, mention.at + mention.length);
        let over = self.learnt.iter().filter(|name| name.at < end && start < name.at + name.length);
        let told = over.map(|name| {
            let covers = name.at <= start && end <= name.at + name.length;
            let longer = name.length > mention.length;
            let owner = name.at == start && (self.own_body(mention) || self.possessive(mention));
            match name.kind {
                NameKind::Place if covers && !longer => 1.5,
                NameKind::Place => 0.5,
                _ if longer && (owner || self.at_place(mention)) => 0.0,
                _ if longer => -2.5,
                _ => -1.0,
            }
        });
        told.sum()
    }

    /// Whether it is a capital that the tagger takes for a body: its government.
    pub(super) fn metonym(&self, mention: &Mention) -> bool {
        self.learnt.iter().any(|name| {
            (name.at, name.length) == (mention.at, mention.length) && name.kind == NameKind::Organisation
        })
    }

    /// Whether it is in the name of its own body: `Oxford City Council`.
    pub(super) fn own_body(&self, mention: &Mention) -> bool {
        self.beyond(mention).is_some_and(|word| {
            word.gap == Gap::Space && word.capital && BODIES.contains(&word.lower.as_str())
        })
    }

    /// Whether it is in the name of a landmark: `Lebanon County`, `Jordan Avenue`,
    /// `Henderson and Ellis counties`.
    pub(super) fn landmark(&self, mention: &Mention) -> bool {
        let end = mention.at + mention.length;
        let is = |word: &Word| LANDMARKS.contains(&word.lower.as_str());
        let next = self.words.get(end).filter(|word| word.gap == Gap::Space);
        let and = next.is_some_and(|word| word.lower == "and");
        // `St. Paul's Hospital`
        let owned = self.possessive(mention)
            && self.words.get(end + 1).is_some_and(|word| word.gap == Gap::Space && word.capital && is(word));
        let both = and && self.words.get(end + 2).is_some_and(|word| word.lower == "counties");
        both || owned
            || next.is_some_and(|word| is(word) && (word.capital || word.lower.starts_with("count")))
    }

    /// Whether a demonym is a person's surname: `Monica French`, `French said`.
    pub(super) fn surname(&self, mention: &Mention) -> bool {
        let person = self.learnt.iter().any(|name| {
            name.kind == NameKind::Person
                && (name.at..name.at + name.length).contains(&mention.at)
                && name.length > mention.length
        });
        let before = self.words.before(mention.at);
        let the = before.is_some_and(|word| word.lower == "the");
        let speaks = self.beyond(mention).is_some_and(|word| {
            word.gap == Gap::Space && self.cues.speech(&word.lower) && self.language == "en"
        });
        let named =
            mention.length == 1 && self.surnames.contains(&self.spelt(mention, |word| word.text.clone()));
        person || named || (speaks && !the)
    }

    /// Whether it is the given name or the surname of a person whom the article names in full: `Jerry
    /// West`, and `West said`.
    pub(super) fn half_of_person(&self, mention: &Mention) -> bool {
        let half = |at: usize| {
            let (word, own) = (self.words.get(at), self.words.get(mention.at));
            word.zip(own).is_some_and(|(word, own)| word.text == own.text)
        };
        mention.length == 1
            && self.learnt.iter().any(|name| {
                name.kind == NameKind::Person
                    && name.length > 1
                    && (half(name.at) || half(name.at + name.length - 1))
            })
    }

    fn beyond(&self, mention: &Mention) -> Option<&Word> {
        self.words.get(mention.at + mention.length)
    }

    /// Whether it is a possessive: `Ottawa's International Airport`.
    fn possessive(&self, mention: &Mention) -> bool {
        self.beyond(mention).is_some_and(|word| word.gap == Gap::Apostrophe && word.lower == "s")
    }

    /// Whether it follows an institution as its place: `King Juan Carlos University in Madrid`.
    fn at_place(&self, mention: &Mention) -> bool {
        self.gap(mention.at) == Gap::Space
            && self.words.before(mention.at).is_some_and(|word| AT.contains(&word.lower.as_str()))
    }
}
