//! Cities and towns from 5,000 inhabitants (1,000 in the United States), first-level regions and countries,
//! read in place from a table: nothing is copied, so only the memory pages that are looked at are loaded.
//!
//! `atlas.bin` is written by `config/gazetteer/atlas.py`, all numbers little-endian: the word
//! `ATLAS1\0\0`; the numbers of places, names (including the one that ends the list), postings,
//! slots and bytes of text; places of 30 bytes, see [`Atlas::place`]; for each name where its text
//! and its postings begin; postings, the most populous place first, of a place (24 bits) and how
//! the name stands for it (8 bits); slots of a hash table of names, probed linearly; texts, each
//! after a byte with its length. The first words of a longer name are names without postings.

mod counties;

use std::collections::HashMap;

pub(super) use counties::{Counties, County, key};

use super::{
    Tag, forms,
    words::{Gap, Word, Words},
};

const TABLE: &[u8] = include_bytes!("atlas.bin");

const HEADER: usize = 28;
const PLACE: usize = 30;
const NAME: usize = 8;

/// No region.
const NO_REGION: u16 = u16::MAX;

/// Words of a name, at most.
const WORDS_MAX: usize = 6;

/// What a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlaceKind {
    City,
    Region,
    Country,
}

/// A place of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) kind: PlaceKind,
    /// Its number in GeoNames, 0 if none is known.
    pub(super) geonames: u32,
    /// In degrees; for cities only.
    pub(super) latitude: f32,
    pub(super) longitude: f32,
    /// Inhabitants; for a region, those of its cities.
    pub(super) population: u32,
    pub(super) label: &'static str,
    /// ISO 3166-1 or -2 of a country or region.
    pub(super) code: &'static str,
    /// ISO 3166-1 of the country it lies in.
    pub(super) country: &'static str,
    /// ISO 3166-2 of the region it lies in, empty if that is not known.
    pub(super) region: &'static str,
    pub(super) capital: bool,
}

impl Place {
    /// The tag's id: countries and regions by their code, cities by their number.
    pub(super) fn id(&self) -> String {
        if self.code.is_empty() { format!("place/{}", self.geonames) } else { format!("place/{}", self.code) }
    }
}

/// A place that a name can stand for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting {
    pub(super) place: u32,
    flags: u8,
}

impl Posting {
    /// Whether the spelling is listed without a language.
    pub(super) fn spelling(self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the name more often means something else.
    pub(super) fn doubtful(self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether it is the name without its accents.
    pub(super) fn plain(self) -> bool {
        self.flags & 8 != 0
    }

    /// Whether this city was among the vocabularies with which the names tagger was trained.
    pub(super) fn noted(self) -> bool {
        self.flags & 4 != 0
    }
}

/// A name from the table, found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of its words.
    pub(super) length: usize,
    /// Index of the name.
    pub(super) name: u32,
}

/// The table.
#[derive(Debug)]
pub(super) struct Atlas {
    names: usize,
    postings: usize,
    slots: usize,
    texts: usize,
    mask: u32,
    /// Countries and regions by their code.
    codes: HashMap<&'static str, u32>,
}

fn number(at: usize) -> u32 {
    let bytes = TABLE.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    u32::from_le_bytes(bytes.unwrap_or_default())
}

fn byte(at: usize) -> u8 {
    TABLE.get(at).copied().unwrap_or_default()
}

impl Atlas {
    pub(super) fn builtin() -> Self {
        let count = |at: usize| number(8 + 4 * at) as usize;
        let names = HEADER + count(0) * PLACE;
        let postings = names + count(1) * NAME;
        let slots = postings + count(2) * 4;
        let texts = slots + count(3) * 4;
        let mut atlas =
            Self { names, postings, slots, texts, mask: number(20).wrapping_sub(1), codes: HashMap::new() };
        for index in 0..number(8) {
            // Regions and countries come before the cities.
            let place = atlas.place(index);
            if place.code.is_empty() {
                break;
            }
            atlas.codes.insert(place.code, index);
        }
        atlas
    }

    fn text(&self, offset: u32) -> &'static str {
        let at = self.texts + offset as usize;
        let bytes = TABLE.get(at + 1..at + 1 + usize::from(byte(at))).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// A place: number in GeoNames, latitude and longitude in 1/100,000 degrees, inhabitants, label
    /// and code as offsets of texts, country (two bytes), region (two bytes), kind, capital or not.
    pub(super) fn place(&self, index: u32) -> Place {
        let at = HEADER + index as usize * PLACE;
        let degrees = |at: usize| (f64::from(number(at).cast_signed()) / 1e5) as f32;
        let region = u16::from_le_bytes([byte(at + 26), byte(at + 27)]);
        let region = if region == NO_REGION {
            ""
        } else {
            self.text(number(HEADER + usize::from(region) * PLACE + 20))
        };
        Place {
            kind: match byte(at + 28) {
                0 => PlaceKind::City,
                1 => PlaceKind::Region,
                _ => PlaceKind::Country,
            },
            geonames: number(at),
            latitude: degrees(at + 4),
            longitude: degrees(at + 8),
            population: number(at + 12),
            label: self.text(number(at + 16)),
            code: self.text(number(at + 20)),
            country: TABLE
                .get(at + 24..at + 26)
                .and_then(|country| std::str::from_utf8(country).ok())
                .unwrap_or_default(),
            region,
            capital: byte(at + 29) & 1 != 0,
        }
    }

    /// The country or region with an ISO 3166 code.
    pub(super) fn of_code(&self, code: &str) -> Option<Place> {
        self.codes.get(code).map(|index| self.place(*index))
    }

    /// The tag for a category that is the name of a capital or metropolis and of nothing else.
    pub(super) fn great(&self, category: &str) -> Option<Tag> {
        let words = Words::new("", category);
        let found = self.longest(&words, 0, false).filter(|found| found.length == words.list.len())?;
        let posting = self.postings(found.name).next()?;
        let place = self.place(posting.place);
        let great = place.kind == PlaceKind::City && (place.capital || place.population >= 500_000);
        (great && !posting.doubtful() && !posting.spelling()).then(|| Tag {
            id: place.id(),
            label: place.label.to_owned(),
            kind: "place".to_owned(),
            score: 0.9,
            evidence: vec![format!("category: {category}")],
            ids: [("geonames".to_owned(), place.geonames.to_string())].into(),
            ..Tag::default()
        })
    }

    /// The place with a number in GeoNames, looked up by one of its names.
    pub(super) fn of_number(&self, geonames: u32, name: &str) -> Option<Place> {
        let found = self.longest(&Words::new("", name), 0, false)?;
        self.postings(found.name)
            .map(|posting| self.place(posting.place))
            .find(|place| place.geonames == geonames)
    }

    /// What a name can stand for, the most populous place first.
    pub(super) fn postings(&self, name: u32) -> impl Iterator<Item = Posting> + use<> {
        let start = |name: usize| number(self.names + name * NAME + 4) as usize;
        let postings = self.postings;
        (start(name as usize)..start(name as usize + 1)).map(move |at| {
            let posting = number(postings + at * 4);
            Posting { place: posting & 0xff_ffff, flags: (posting >> 24) as u8 }
        })
    }

    fn find(&self, hash: u32, is: impl Fn(&str) -> bool) -> Option<u32> {
        let mut slot = finished(hash) & self.mask;
        // The table is at most two thirds full: a run this long means that it is damaged.
        for _ in 0..1000 {
            let name = number(self.slots + slot as usize * 4);
            if name == u32::MAX {
                return None;
            }
            if is(self.text(number(self.names + name as usize * NAME))) {
                return Some(name);
            }
            slot = (slot + 1) & self.mask;
        }
        None
    }

    /// The longest name that starts at a word. Words in capitals stand for names too
    /// (`LOS ANGELES`), and so do German genitives if `genitive` is set.
    pub(super) fn longest(&self, words: &Words, at: usize, genitive: bool) -> Option<Found> {
        let word = words.get(at)?;
        let arabic = word.text.chars().next().is_some_and(|c| ('\u{620}'..='\u{64a}').contains(&c));
        if !word.capital && !arabic {
            return None;
        }
        let next = words.get(at + 1).is_some_and(|next| next.upper && next.gap.joins());
        let long = word.upper && (next || word.text.chars().nth(3).is_some());
        let mut best = forms::arabic(&word.text).find_map(|first| self.from(words, at, first, false));
        if long && best.is_none() {
            best = self.from(words, at, &titlecase(&word.lower), true);
        }
        if genitive && best.is_none() {
            best = word.text.strip_suffix('s').and_then(|stem| self.from(words, at, stem, false));
        }
        best
    }

    fn from(&self, words: &Words, at: usize, first: &str, loud: bool) -> Option<Found> {
        let mut key = String::with_capacity(32);
        key.push_str(first);
        let mut hash = fnv(START, first);
        let mut best = None;
        for length in 1..=WORDS_MAX {
            let Some(name) = self.find(hash, |text| text == key) else { break };
            if self.postings(name).next().is_some() {
                best = Some(Found { length, name });
            }
            let Some(next) = words.get(at + length).filter(|word| word.gap.joins()) else { break };
            let next = spelt(next, loud);
            hash = fnv(fnv(hash, " "), &next);
            key.push(' ');
            key.push_str(&next);
        }
        best
    }
}

fn spelt(word: &Word, loud: bool) -> std::borrow::Cow<'_, str> {
    let lower = loud && word.upper && word.gap != Gap::Apostrophe;
    if lower { titlecase(&word.lower).into() } else { word.text.as_str().into() }
}

pub(super) fn titlecase(lower: &str) -> String {
    let mut letters = lower.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

const START: u32 = 0x811C_9DC5;

/// FNV-1a.
fn fnv(hash: u32, text: &str) -> u32 {
    text.bytes().fold(hash, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn finished(hash: u32) -> u32 {
    (hash ^ (hash >> 15)).wrapping_mul(0x9E37_79B1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Place> {
        let atlas = Atlas::builtin();
        let words = Words::new("", text);
        let found = atlas.longest(&words, 0, false);
        found.into_iter().flat_map(|found| atlas.postings(found.name)).map(|p| atlas.place(p.place)).collect()
    }

    #[test]
    fn names_of_one_and_more_words_in_any_case() {
        for text in ["Los Angeles is", "LOS ANGELES (AP)", "Los Ángeles"] {
            assert!(found(text).iter().any(|place| place.label == "Los Angeles"), "{text}");
        }
        for text in ["Saint Paul", "St. Paul"] {
            assert!(found(text).iter().any(|place| place.region == "US-MN"), "{text}");
        }
        assert!(found("Nowhere at all").is_empty());
    }

    #[test]
    fn namesakes_come_with_the_most_populous_first() {
        let places = found("Paris");
        assert_eq!((places[0].country, places[0].capital, places[0].geonames), ("FR", true, 2_988_507));
        assert!(places.iter().any(|place| place.region == "US-TX" && place.population < 100_000));
        assert!((places[0].latitude - 48.85).abs() < 0.1 && (places[0].longitude - 2.35).abs() < 0.1);
    }

    #[test]
    fn codes_have_their_place() {
        let atlas = Atlas::builtin();
        let region = atlas.of_code("FR-IDF").unwrap();
        assert_eq!((region.kind, region.country, region.geonames), (PlaceKind::Region, "FR", 3_012_874));
        assert_eq!(atlas.of_code("DE").map(|place| place.geonames), Some(2_921_044));
        assert!(atlas.of_code("XX-1").is_none());
    }

    #[test]
    fn every_country_has_its_capital() {
        let atlas = Atlas::builtin();
        let mut without: Vec<&str> = atlas.codes.keys().copied().filter(|code| code.len() == 2).collect();
        for index in 0..number(8) {
            let place = atlas.place(index);
            if place.capital {
                without.retain(|code| *code != place.country);
            }
        }
        without.sort_unstable();
        // Islands without a town, city states, and countries for which GeoNames names no capital.
        assert!(without.len() < 25, "{without:?}");
    }
}
