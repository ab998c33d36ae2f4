//! Which of several places of one name is likeliest: by size, by the countries and regions of the
//! article, by what is near.

use super::{Scene, Whereabouts};
use crate::tag::atlas::{Place, PlaceKind, Posting};

/// The place that a name most likely means.
pub(super) struct Likeliest {
    pub(super) posting: Posting,
    pub(super) place: Place,
    pub(super) weight: f32,
    /// The weight of the next one, and of the likeliest in a country that the article is not in.
    pub(super) second: f32,
    pub(super) shunned: f32,
}

impl Scene<'_> {
    /// The place that a name most likely means. A neighbour decides between places of one country, or
    /// where the article names none of the countries.
    pub(super) fn likeliest(&self, name: u32, region: bool, whereabouts: &Whereabouts) -> Option<Likeliest> {
        let near = self.ranked(
            name,
            |place, posting| weight(place, posting, region, whereabouts) + whereabouts.near(name, place),
            whereabouts,
        )?;
        let alone =
            self.ranked(name, |place, posting| weight(place, posting, region, whereabouts), whereabouts)?;
        let abroad = alone.place.country != near.place.country;
        Some(if abroad && whereabouts.knows(&alone.place).0 > 0 { alone } else { near })
    }

    fn ranked(
        &self,
        name: u32,
        weight: impl Fn(&Place, Posting) -> f32,
        whereabouts: &Whereabouts,
    ) -> Option<Likeliest> {
        let mut best: Option<Likeliest> = None;
        let (mut second, mut shunned) = (f32::MIN, f32::MIN);
        for posting in self.atlas.postings(name) {
            let place = self.atlas.place(posting.place);
            let weight = weight(&place, posting);
            if whereabouts.abroad(&place) {
                shunned = shunned.max(weight);
                continue;
            }
            match &best {
                Some(most) if weight <= most.weight => second = second.max(weight),
                most => {
                    second = most.as_ref().map_or(second, |most| most.weight);
                    best = Some(Likeliest { posting, place, weight, second: 0.0, shunned: 0.0 });
                }
            }
        }
        best.map(|best| Likeliest { second, shunned, ..best })
    }
}

/// How likely it is that the name means this place.
fn weight(place: &Place, posting: Posting, region: bool, whereabouts: &Whereabouts) -> f32 {
    let (known, _) = whereabouts.knows(place);
    let mut weight = (place.population as f32 + 1000.0).log10() + whereabouts.weight(place);
    weight += if place.capital { 0.7 } else { 0.0 };
    weight += [0.0, 0.6, 1.2].get(usize::from(known)).copied().unwrap_or_default();
    weight -= if posting.spelling() { 1.0 } else { 0.0 };
    weight -= if posting.plain() { 0.5 } else { 0.0 };
    // The word beside it distinguishes a region from its chief town.
    weight
        + match (place.kind, region) {
            (PlaceKind::Region, true) => 4.0,
            (PlaceKind::Region, false) => -1.2,
            _ => 0.0,
        }
}
