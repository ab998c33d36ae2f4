//! What a local article shows of where it is without naming its state: counties and telephone
//! numbers.

use std::collections::{BTreeSet, HashSet};

use super::Scene;
use crate::tag::{
    atlas::{Counties, County, Place, key},
    words::{Gap, Word},
};

/// Words before `County`, at most.
const COUNTY_WORDS_MAX: usize = 3;

/// Words after `County` that bodies of counties elsewhere have.
const COUNCILS: &[&str] = &[
    "council",
    "councillor",
    "councillors",
    "hall",
    "hospital",
    "cricket",
    "championship",
    "show",
    "hurling",
    "football",
];

/// Words before `counties` that may be a list of them.
const LIST_MAX: usize = 12;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Local {
    counties: HashSet<County>,
    /// States and provinces (ISO 3166-2) that are certain.
    pub(super) regions: BTreeSet<&'static str>,
    /// Countries (ISO 3166-1) in which the article was written.
    pub(super) countries: BTreeSet<&'static str>,
}

impl Local {
    /// Of a text whose feed is at home in `home`; elsewhere counties and numbers are other ones.
    pub(super) fn new(scene: &Scene<'_>, home: &[String]) -> Self {
        let mut local = Self::default();
        let american = |code: &String| code.starts_with("US") || code.starts_with("CA");
        if !matches!(scene.language, "en" | "und") || !home.is_empty() && !home.iter().any(american) {
            return local;
        }
        let words = scene.words;
        for (at, word) in words.list.iter().enumerate() {
            match word.lower.as_str() {
                "county" | "parish" | "borough" if word.gap == Gap::Space => local.county(&words.list, at),
                "counties" | "parishes" => local.counties(&words.list, at),
                lower if lower.len() == 3 => local.telephone(&words.list, at),
                _ => {}
            }
        }
        local
    }

    /// Whether a place lies in a county that is named.
    pub(super) fn holds(&self, place: &Place) -> bool {
        !self.counties.is_empty()
            && Counties::get().of(place.geonames).is_some_and(|county| self.counties.contains(&county))
    }

    /// Whether a place lies in another country than the article.
    pub(super) fn abroad(&self, place: &Place) -> bool {
        !self.countries.is_empty() && !self.countries.contains(place.country)
    }

    /// `Prince George's County`, `Henry County`.
    fn county(&mut self, words: &[Word], at: usize) {
        // `Norfolk County Council` is in England, `Clare County Hospital` in Ireland more often than not.
        let council = words.get(at + 1).filter(|word| word.gap == Gap::Space && word.capital);
        if council.is_some_and(|word| COUNCILS.contains(&word.lower.as_str())) {
            return;
        }
        let start = at.saturating_sub(COUNTY_WORDS_MAX);
        for from in start..at {
            let Some(name) = words.get(from..at).filter(|name| name.first().is_some_and(|word| word.capital))
            else {
                continue;
            };
            if words.get(at).is_some_and(|ending| self.named(name, &ending.lower)) {
                return;
            }
        }
    }

    /// `Cooke, Montague and Love counties`.
    fn counties(&mut self, words: &[Word], at: usize) {
        let start = at.saturating_sub(LIST_MAX);
        let plural = words.get(at).is_some_and(|word| word.lower == "parishes");
        let ending = if plural { "parish" } else { "county" };
        let mut end = at;
        for from in (start..at).rev() {
            let Some(word) = words.get(from) else { return };
            if !word.capital {
                if word.lower != "and" {
                    return;
                }
                end = from;
                continue;
            }
            let first =
                word.gap == Gap::Comma || words.get(from.wrapping_sub(1)).is_none_or(|word| !word.capital);
            if first && words.get(from..end).is_some_and(|name| self.named(name, ending)) {
                end = from;
            } else if first {
                return;
            }
        }
    }

    fn named(&mut self, name: &[Word], ending: &str) -> bool {
        let table = Counties::get();
        let counties = table.named(&key(name.iter().map(|word| word.lower.as_str()).chain([ending])));
        self.counties.extend(counties);
        if let [county] = counties {
            self.regions.insert(table.state(*county));
        }
        if !counties.is_empty() {
            self.countries.insert("US");
        }
        !counties.is_empty()
    }

    /// `903-675-5454`, `(903) 675-5454`
    fn telephone(&mut self, words: &[Word], at: usize) {
        // `+234 803 123 4567` is in Nigeria.
        let code = words.get(at).zip(at.checked_sub(1).and_then(|at| words.get(at)));
        let abroad = code.is_some_and(|(area, before)| {
            matches!(area.gap, Gap::Space | Gap::Hyphen | Gap::Other | Gap::Open)
                && before.text.bytes().all(|byte| byte.is_ascii_digit())
                && before.text != "1"
        });
        if abroad {
            return;
        }
        let digits = |at: usize, length: usize| {
            words.get(at).filter(|word| {
                word.text.len() == length && word.text.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let (Some(area), Some(exchange), Some(line)) = (digits(at, 3), digits(at + 1, 3), digits(at + 2, 4))
        else {
            return;
        };
        if [exchange, line].iter().any(|word| matches!(word.gap, Gap::Paragraph | Gap::Comma)) {
            return;
        }
        let Some(region) = Counties::get().area(&area.text) else { return };
        self.regions.insert(region);
        self.countries.extend(region.split('-').next());
    }
}
