//! Counties of the United States with their places, and the area codes of North America: where a
//! local article is without saying so. Made by `config/gazetteer/counties.py`.

use std::{collections::HashMap, sync::LazyLock};

const COUNTIES: &str = include_str!("../../../config/gazetteer/counties.tsv");
const AREA_CODES: &str = include_str!("../../../config/gazetteer/area-codes.tsv");

static TABLE: LazyLock<Counties> = LazyLock::new(Counties::builtin);

/// A county, by its line in the table.
pub(crate) type County = u16;

/// The tables.
#[derive(Debug, Default)]
pub(crate) struct Counties {
    /// By name, as [`key`] makes it.
    named: HashMap<String, Vec<County>>,
    states: Vec<&'static str>,
    /// The counties of places, by GeoNames id.
    of: HashMap<u32, County>,
    /// States and provinces (ISO 3166-2) by area code.
    areas: HashMap<&'static str, &'static str>,
}

/// A name by its words alone.
pub(crate) fn key<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Counties {
    pub(crate) fn get() -> &'static Self {
        &TABLE
    }

    fn builtin() -> Self {
        let mut table = Self::default();
        for (index, line) in rows(COUNTIES).enumerate() {
            let mut fields = line.split('\t');
            let (Some(state), Some(name), Ok(county)) =
                (fields.next(), fields.next(), County::try_from(index))
            else {
                continue;
            };
            let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            table.named.entry(key(words)).or_default().push(county);
            table.states.push(state);
            let places = fields.flat_map(str::split_whitespace).filter_map(|id| id.parse().ok());
            table.of.extend(places.map(|id| (id, county)));
        }
        table.areas.extend(rows(AREA_CODES).filter_map(|line| line.split_once('\t')));
        table
    }

    /// The counties of a name (`henry county`).
    pub(crate) fn named(&self, name: &str) -> &[County] {
        self.named.get(name).map_or(&[], Vec::as_slice)
    }

    /// The state that a county lies in (`US-TN`).
    pub(crate) fn state(&self, county: County) -> &'static str {
        self.states.get(usize::from(county)).copied().unwrap_or_default()
    }

    /// The county of a place, by its GeoNames id.
    pub(crate) fn of(&self, geonames: u32) -> Option<County> {
        self.of.get(&geonames).copied()
    }

    /// The state or province of an area code.
    pub(crate) fn area(&self, code: &str) -> Option<&'static str> {
        self.areas.get(code).copied()
    }
}

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#'))
}
