//! Towns that are named like a country.

use std::collections::{BTreeMap, HashSet};

use super::{Local, Scene, Sightings};
use crate::tag::gazetteer::Mention;

impl Scene<'_> {
    /// If a country is only named by what is also a town in a state that the article names or shows, and
    /// nothing else of that country is named, the town is meant, and the atlas decides about it.
    pub(super) fn swap_towns(
        &self,
        seen: &mut BTreeMap<u32, Sightings>,
        mentions: &[Mention],
        stated: &[Mention],
        local: &Local,
    ) -> HashSet<usize> {
        let mut swapped = HashSet::new();
        let mut towns = HashSet::new();
        let id = |thing: u32| self.gazetteer.things.get(thing as usize).map_or("", |thing| thing.id.as_str());
        let abbreviated = stated.iter().flat_map(|mention| &mention.senses).map(|sense| sense.thing);
        let codes =
            seen.keys().copied().chain(abbreviated).filter_map(|thing| id(thing).strip_prefix("place/"));
        let codes = codes.chain(local.regions.iter().copied());
        let states: Vec<String> = codes.filter(|code| code.starts_with("US-")).map(str::to_owned).collect();
        for mention in mentions {
            let Some(name) = mention.town else { continue };
            for sense in &mention.senses {
                let bare = seen.get(&sense.thing).is_some_and(|seen| seen.demonyms.is_empty());
                let country = id(sense.thing).len() == "place/XX".len();
                let namesake = self.atlas.postings(name).any(|posting| {
                    let place = self.atlas.place(posting.place);
                    place.code.is_empty()
                        && (states.iter().any(|state| state == place.region) || local.holds(&place))
                });
                if bare && country && namesake {
                    seen.remove(&sense.thing);
                    towns.insert(sense.thing);
                }
                if towns.contains(&sense.thing) {
                    swapped.insert(mention.at);
                }
            }
        }
        swapped
    }
}
