//! Finding the names in a text.

use super::{ALL, Entry, Gazetteer, Kind, Mention, Sense, Via};
use crate::tag::{
    atlas::{Atlas, Found, titlecase},
    forms::{self, Mask},
    words::Words,
};

/// Bodies that a state has and a university does not: `Kentucky State Police`.
const STATE_BODIES: &[&str] = &[
    "Police",
    "Patrol",
    "Troopers",
    "Highway",
    "Board",
    "Department",
    "Senate",
    "House",
    "Assembly",
    "Legislature",
    "Capitol",
    "Treasurer",
    "Auditor",
    "Attorney",
    "Sen",
    "Rep",
    "Senator",
    "Representative",
    "Supreme",
    "Court",
    "Prison",
    "Penitentiary",
    "Park",
    "Parks",
    "Fair",
    "Fire",
    "Guard",
    "Route",
    "Bar",
    "Lottery",
];

impl Gazetteer {
    /// The state in `Kentucky State Police`, although `Kentucky State` alone is a university.
    pub(super) fn state_of_body(&self, words: &Words, mention: &Mention) -> Option<Mention> {
        let nothing = mention.senses.first().is_some_and(|sense| sense.via == Via::Nothing);
        let length = mention.length.checked_sub(1).filter(|length| nothing && *length > 0)?;
        let last = words.get(mention.at + length).filter(|word| word.text == "State")?;
        let body = words.get(mention.at + mention.length).filter(|word| word.gap.joins() && last.capital)?;
        let name: Vec<&str> =
            words.list.iter().skip(mention.at).take(length).map(|word| word.text.as_str()).collect();
        let name = name.join(" ");
        let thing = self.things.iter().position(|thing| thing.kind == Kind::State && thing.label == name)?;
        let sense = Sense { thing: u32::try_from(thing).ok()?, via: Via::Name, mask: ALL };
        STATE_BODIES.contains(&body.text.as_str()).then(|| Mention {
            at: mention.at,
            length,
            senses: vec![sense],
            town: None,
            noted: false,
        })
    }

    /// The longest name that starts at a word.
    pub(super) fn at(&self, words: &Words, at: usize, mask: Mask) -> Option<Mention> {
        let word = words.get(at)?;
        let mut best = Mention { at, length: 0, senses: Vec::new(), town: None, noted: false };
        let titled = (word.upper && word.text.chars().nth(3).is_some()).then(|| titlecase(&word.lower));
        let exact = forms::arabic(&word.text).chain(titled.as_deref());
        for entries in exact.filter_map(|key| self.names.get(key)) {
            best.take(words, entries, mask, false);
        }
        for entries in forms::arabic(&word.lower).filter_map(|key| self.demonyms.get(key)) {
            // English, Dutch and Turkish write these with a capital; `polish` is not a Pole.
            let capital = forms::mask("en") | forms::mask("nl") | forms::mask("tr");
            let mask = if word.capital { mask } else { mask & !capital };
            best.take(words, entries, mask, true);
        }
        let short = word.upper && best.length == 1 && word.text.chars().nth(3).is_none();
        (best.length > 0 && !(short && shouted(words, at))).then_some(best)
    }
}

impl Mention {
    fn take(&mut self, words: &Words, entries: &[Entry], mask: Mask, lower: bool) {
        for entry in entries {
            let length = entry.rest.len() + 1;
            if entry.sense.mask & mask == 0 || length < self.length || !entry.fits(words, self.at, lower) {
                continue;
            }
            if length > self.length {
                self.senses.clear();
                self.length = length;
            }
            if !self.senses.iter().any(|sense| sense.thing == entry.sense.thing) {
                self.senses.push(entry.sense);
            }
        }
    }
}

impl Entry {
    fn fits(&self, words: &Words, at: usize, lower: bool) -> bool {
        self.rest.iter().enumerate().all(|(i, part)| {
            words.get(at + 1 + i).is_some_and(|word| {
                word.gap.joins()
                    && (*word.text == **part
                        || (lower && *word.lower == **part)
                        || (word.upper && part.to_lowercase() == word.lower))
            })
        })
    }
}

/// Whether it is a short word in capitals among words in capitals: `TELL US NOW` names no country.
fn shouted(words: &Words, at: usize) -> bool {
    let loud = |index: Option<usize>| {
        index
            .and_then(|index| words.get(index))
            .is_some_and(|word| word.upper && word.text.chars().nth(3).is_some())
    };
    loud(at.checked_sub(1)) || loud(Some(at + 1))
}

/// The longer of a name from the vocabularies and one from the atlas; both if they are equally
/// long.
pub(super) fn longer(atlas: &Atlas, at: usize, own: Option<Mention>, town: Option<Found>) -> Option<Mention> {
    let Some(town) = town else { return own };
    let noted = atlas.postings(town.name).any(|posting| posting.noted());
    match own {
        Some(own) if own.length > town.length => Some(own),
        Some(own) if own.length == town.length => Some(Mention { town: Some(town.name), noted, ..own }),
        _ => Some(Mention { at, length: town.length, senses: Vec::new(), town: Some(town.name), noted }),
    }
}
