//! The countries and regions that an article is about, and those of its feed.

use std::collections::HashMap;

use super::Local;
use crate::tag::{
    Tag, Tagging,
    atlas::{Atlas, Place, PlaceKind},
};

/// Top-level domains of countries that everybody uses.
const FREE_DOMAINS: &[&str] = &[
    "ai", "am", "as", "cc", "cd", "co", "fm", "gg", "io", "is", "la", "ly", "me", "nu", "sh", "st", "tk",
    "to", "tv", "ws",
];

/// Mentions beyond these add nothing.
const COUNTED_MAX: f32 = 5.0;

/// What the name of its county adds to a place: as much as a thousand times the inhabitants.
const COUNTY: f32 = 3.0;

/// Kilometres that a neighbour is away at most, and those of a degree.
const NEAR: f32 = 80.0;
const DEGREE: f32 = 111.2;

/// What a neighbour adds to a place: as much as thirty times the inhabitants.
const NEIGHBOUR: f32 = 1.5;

/// How often the article names countries (ISO 3166-1) and regions (ISO 3166-2).
#[derive(Clone, Debug, Default)]
pub(super) struct Whereabouts {
    codes: HashMap<String, f32>,
    home: Vec<String>,
    local: Local,
    /// Cities that were found, by their names: latitude and longitude, in degrees.
    around: Vec<(u32, f32, f32)>,
}

impl Whereabouts {
    /// The whereabouts from an article's tags, its feed, and what it shows of itself.
    pub(super) fn new(tags: &[Tag], home: Vec<String>, local: Local) -> Self {
        let mut whereabouts = Self { home, local, ..Self::default() };
        for code in whereabouts.local.regions.clone() {
            whereabouts.count(code, 1.0);
        }
        for tag in tags.iter().filter(|tag| tag.kind == "place") {
            let Some(code) = tag.ids.get("iso3166") else { continue };
            let count = (tag.mentions.len() as f32).clamp(1.0, COUNTED_MAX);
            whereabouts.count(code, count);
        }
        whereabouts
    }

    fn count(&mut self, code: &str, count: f32) {
        if code.is_empty() {
            return;
        }
        *self.codes.entry(code.to_owned()).or_default() += count;
        if let Some((country, _)) = code.split_once('-') {
            *self.codes.entry(country.to_owned()).or_default() += count;
        }
    }

    /// Notes which cities the names of the article stand for.
    pub(super) fn surround(&mut self, places: impl Iterator<Item = (u32, Place)>) {
        let cities = places.filter(|(_, place)| place.kind == PlaceKind::City);
        self.around = cities.map(|(name, place)| (name, place.latitude, place.longitude)).collect();
    }

    /// What other cities of the article add to a place that is near them.
    pub(super) fn near(&self, name: u32, place: &Place) -> f32 {
        let near = |(other, latitude, longitude): &(u32, f32, f32)| {
            let north = latitude - place.latitude;
            let east = (longitude - place.longitude) * place.latitude.to_radians().cos();
            *other != name && north.hypot(east) * DEGREE < NEAR
        };
        let city = place.kind == PlaceKind::City;
        if city && self.around.iter().any(near) { NEIGHBOUR } else { 0.0 }
    }

    /// Notes that a place was found.
    pub(super) fn add(&mut self, place: &Place, count: f32) {
        let code = if place.region.is_empty() { place.country } else { place.region };
        self.count(code, count);
    }

    fn of(&self, code: &str) -> f32 {
        let home = self.home.iter().any(|home| home == code || home.split('-').next() == Some(code));
        self.codes.get(code).copied().unwrap_or_default() + if home && !code.is_empty() { 0.5 } else { 0.0 }
    }

    /// How well the article knows where a place lies: 2 its region, 1 its country, with the code.
    pub(super) fn knows(&self, place: &Place) -> (u8, &'static str) {
        if self.of(place.region) > 0.0 || self.local.holds(place) {
            (2, place.region)
        } else if self.of(place.country) > 0.0 && place.code != place.country {
            (1, place.country)
        } else {
            (0, "")
        }
    }

    /// Whether a place is in another country than the article, and that country is not named.
    pub(super) fn abroad(&self, place: &Place) -> bool {
        self.local.abroad(place) && self.of(place.country) == 0.0
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.home.is_empty()
    }

    /// Whether the code is the feed's only, and the article does not name it.
    pub(super) fn only_home(&self, code: &str) -> bool {
        self.codes.get(code).is_none_or(|count| *count == 0.0)
    }

    /// What they add to how likely a place is.
    pub(super) fn weight(&self, place: &Place) -> f32 {
        let share = |count: f32| count / (count + 1.0);
        let local = if self.local.holds(place) { COUNTY } else { 0.0 };
        1.6 * share(self.of(place.country)) + 2.4 * share(self.of(place.region)) + local
    }
}

/// Codes of what a feed says about itself: its tags (`place/FR`, `region/us-fl`) and a country's top-level
/// domain.
pub(super) fn home(atlas: &Atlas, input: &Tagging<'_>) -> Vec<String> {
    let tags = input.feed_tags.iter().filter_map(|tag| tag.split_once('/'));
    let mut home: Vec<String> =
        tags.map(|(_, code)| code.to_uppercase()).filter(|code| atlas.of_code(code).is_some()).collect();
    let host = input
        .url
        .and_then(|url| url.split("//").nth(1))
        .and_then(|rest| rest.split(['/', ':', '?', '#']).next());
    let domain =
        host.and_then(|host| host.rsplit('.').next()).filter(|domain| !FREE_DOMAINS.contains(domain));
    let code = domain.map(|domain| if domain == "uk" { "GB".to_owned() } else { domain.to_uppercase() });
    home.extend(code.filter(|code| code.len() == 2 && atlas.of_code(code).is_some()));
    home
}
