//! Which city, town or region of the atlas a name stands for: what stands beside it decides, then
//! the countries and regions of the article and its feed, then its size.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Scene, Whereabouts, beside, evidence, likeliest::Likeliest};
use crate::tag::{
    Coordinates, Tag,
    atlas::{Place, PlaceKind, Posting},
    gazetteer::Mention,
    words::{Gap, Span},
};

/// Fewest inhabitants of a metropolis, a city and a town; anything smaller is a village.
const METROPOLIS: u32 = 500_000;
const CITY: u32 = 100_000;
const TOWN: u32 = 15_000;

/// Places of the atlas that one article gets, at most.
const TOWNS_MAX: usize = 25;

/// Signs needed that a mention is a place, by the size of what it would be. What a neighbour names
/// needs none. Chosen on news with labelled places.
const SIGNS_MIN: [f32; 4] = [1.0, 1.0, 2.0, 2.5];

/// What has to be known about the whereabouts, by size: 1 the country, 2 the region.
const KNOWN_MIN: [u8; 4] = [0, 0, 1, 2];

/// A mention of a name of the atlas.
struct Sight<'a> {
    mention: &'a Mention,
    name: u32,
    /// The place, and what stands beside the mention to say so.
    beside: Option<(u32, String)>,
    signs: f32,
    /// Whether a word like `province` stands beside it.
    region: bool,
    /// Whether the tagger takes it for a body.
    metonym: bool,
    title: bool,
}

/// All mentions of one name.
#[derive(Default)]
struct Group {
    spellings: BTreeMap<String, usize>,
    spans: Vec<Span>,
    signs: f32,
    region: bool,
    metonym: bool,
    title: bool,
    body: bool,
}

/// A place that was chosen, and why.
struct Choice {
    place: u32,
    reason: String,
    score: f32,
}

/// What the atlas says about the mentions of a text.
pub(super) struct Towns<'a> {
    scene: &'a Scene<'a>,
    sights: Vec<Sight<'a>>,
    /// Names of places that the atlas lacks: `Paris, Idaho`.
    elsewhere: HashSet<u32>,
    /// Mentions that say where another one lies, with the code of what they stand for.
    pub(super) containers: HashMap<usize, String>,
}

impl<'a> Towns<'a> {
    /// Looks at every mention that the atlas has, and at what stands beside it.
    pub(super) fn new(scene: &'a Scene<'a>, mentions: &'a [Mention], stated: &[Mention]) -> Self {
        let around = beside::Containers::new(scene, mentions, stated);
        let mut containers = HashMap::new();
        let mut sights = Vec::new();
        let mut elsewhere = HashSet::new();
        for mention in mentions {
            if mention.senses.len() > 1 && around.among_states(mention) {
                let state = scene.gazetteer.state(&scene.spelt(mention, |word| word.text.clone()));
                containers.extend(state.map(|code| (mention.at, code.to_owned())));
                continue;
            }
            let (Some(name), Some(word)) = (mention.town, scene.words.get(mention.at)) else { continue };
            let mut beside = None;
            if let Some((at, codes)) = around.of(mention) {
                beside = codes.iter().find_map(|code| Some((scene.within(name, code)?, code.clone())));
                containers.extend(beside.iter().map(|(_, code)| (at, code.clone())));
                if beside.is_none() && around.state(at) {
                    elsewhere.insert(name);
                }
            }
            let region = beside::region_word(scene, mention);
            let metonym = scene.metonym(mention);
            sights.push(Sight { mention, name, beside, signs: 0.0, region, metonym, title: word.title });
        }
        sights.retain(|sight| sight.beside.is_some() || !containers.contains_key(&sight.mention.at));
        Self { scene, sights, elsewhere, containers }
    }

    /// Mentions that a neighbour makes a town, whatever else the name means: `Lebanon, Pa.`
    pub(super) fn settled(&self) -> impl Iterator<Item = usize> {
        self.sights.iter().filter(|sight| sight.beside.is_some()).map(|sight| sight.mention.at)
    }

    /// The tags, once the whereabouts of the article are known.
    pub(super) fn tags(mut self, whereabouts: &mut Whereabouts, swapped: &HashSet<usize>) -> Vec<Tag> {
        let is_town = |mention: &Mention| mention.senses.is_empty() || swapped.contains(&mention.at);
        let scene = self.scene;
        for sight in &mut self.sights {
            sight.signs = scene.signs(sight.mention);
            if let Some((place, _)) = &sight.beside {
                whereabouts.add(&scene.atlas.place(*place), 1.0);
            }
        }
        let mut settled: BTreeMap<u32, (Group, String)> = BTreeMap::new();
        let mut places: HashMap<u32, u32> = HashMap::new();
        let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
        for sight in self.sights.iter().filter(|sight| sight.beside.is_some()) {
            let Some((place, code)) = &sight.beside else { continue };
            let (group, beside) = settled.entry(*place).or_default();
            group.add(scene, sight);
            *beside = format!("beside: place/{code}");
            places.entry(sight.name).or_insert(*place);
        }
        let elsewhere = self.elsewhere;
        let open = |sight: &&Sight<'_>| sight.beside.is_none() && !elsewhere.contains(&sight.name);
        for sight in self.sights.iter().filter(open) {
            // One article seldom means two places by one name.
            match places.get(&sight.name).and_then(|place| settled.get_mut(place)) {
                Some((group, _)) if sight.signs > 0.0 && is_town(sight.mention) => {
                    group.add(scene, sight);
                }
                Some(_) => {}
                None if is_town(sight.mention) => {
                    groups.entry(sight.name).or_default().add(scene, sight);
                }
                None => {}
            }
        }
        let mut chosen: BTreeMap<u32, (Group, Choice)> = BTreeMap::new();
        for (place, (group, reason)) in settled {
            let choice = Choice { place, reason, score: 0.88 };
            chosen.insert(place, (group, choice));
        }
        // Twice: what was chosen first shows which of two namesakes is near.
        let mut neighbours: Vec<(u32, u32)> = places.into_iter().collect();
        neighbours.extend(
            scene.choices(&groups, &mut whereabouts.clone()).iter().map(|(name, c)| (*name, c.place)),
        );
        whereabouts.surround(neighbours.into_iter().map(|(name, place)| (name, scene.atlas.place(place))));
        for (name, choice) in scene.choices(&groups, whereabouts) {
            if let Some(group) = groups.remove(&name) {
                keep(&mut chosen, group, choice);
            }
        }
        let mut tags: Vec<Tag> =
            chosen.into_values().map(|(group, choice)| scene.tag(group, &choice)).collect();
        tags.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        tags.truncate(TOWNS_MAX);
        tags
    }
}

fn keep(chosen: &mut BTreeMap<u32, (Group, Choice)>, group: Group, choice: Choice) {
    match chosen.get_mut(&choice.place) {
        Some((known, _)) => {
            known.spans.extend(group.spans);
            known.title |= group.title;
            group
                .spellings
                .into_iter()
                .for_each(|(name, count)| *known.spellings.entry(name).or_default() += count);
        }
        None => {
            chosen.insert(choice.place, (group, choice));
        }
    }
}

impl Group {
    fn add(&mut self, scene: &Scene<'_>, sight: &Sight<'_>) {
        let mention = sight.mention;
        *self.spellings.entry(scene.spelt(mention, |word| word.text.clone())).or_default() += 1;
        self.spans.extend(scene.words.span(mention.at, mention.length));
        self.signs = if self.body || self.title { self.signs.max(sight.signs) } else { sight.signs };
        self.region |= sight.region;
        self.metonym |= sight.metonym;
        self.title |= sight.title;
        self.body |= !sight.title;
    }
}

impl Scene<'_> {
    /// The most populous city of a name in a country or region, else a region of it.
    fn within(&self, name: u32, code: &str) -> Option<u32> {
        let city = |posting: &Posting| self.atlas.place(posting.place).kind == PlaceKind::City;
        let cities = self.atlas.postings(name).filter(city);
        let mut postings = cities.chain(self.atlas.postings(name));
        let fits = |posting: &Posting| {
            let place = self.atlas.place(posting.place);
            place.code != code && (place.country == code || place.region == code)
        };
        postings.find(fits).map(|posting| posting.place)
    }

    /// The place of each name that means one.
    fn choices(&self, groups: &BTreeMap<u32, Group>, whereabouts: &mut Whereabouts) -> Vec<(u32, Choice)> {
        // Large cities first: they show where the small ones are.
        let mut choices = Vec::new();
        let mut small = Vec::new();
        for (name, group) in groups {
            match self.choose(*name, group, whereabouts, true) {
                Some(choice) => {
                    whereabouts.add(&self.atlas.place(choice.place), 0.5);
                    choices.push((*name, choice));
                }
                None => small.push((name, group)),
            }
        }
        let small = small.into_iter();
        choices.extend(
            small.filter_map(|(name, group)| Some((*name, self.choose(*name, group, whereabouts, false)?))),
        );
        choices
    }

    /// How much speaks for a mention being a place; below 0, against it.
    fn signs(&self, mention: &Mention) -> f32 {
        let (start, end) = (mention.at, mention.at + mention.length);
        let mut signs = self.told(mention);
        let before = self.words.before(start).filter(|_| self.gap(start) == Gap::Space);
        let given = before
            .is_some_and(|word| self.cues.given(&word.text) || self.cues.role(&word.lower) && word.capital);
        let surname = self.words.get(end - 1).is_some_and(|word| self.surnames.contains(&word.text));
        signs += if self.located(mention) { 1.0 } else { 0.0 };
        signs += if beside::dateline(self, mention) { 2.0 } else { 0.0 };
        signs += if beside::town_word(self, mention) { 1.5 } else { 0.0 };
        signs += beside::owned(self, mention);
        signs -= if given { 3.0 } else { 0.0 };
        signs -= if surname && mention.length == 1 { 2.0 } else { 0.0 };
        signs -= if !self.located(mention) && self.half_of_person(mention) { 2.5 } else { 0.0 };
        signs += if self.own_body(mention) { 1.0 } else { 0.0 };
        signs -= if self.institution(start) || self.landmark(mention) { 3.0 } else { 0.0 };
        let cased = self.words.get(start).is_some_and(|word| word.capital);
        signs += if cased { 0.0 } else { 1.0 };
        if self.words.get(start).is_some_and(|word| word.title) && self.words.title_case {
            return signs.min(0.5);
        }
        let none = HashSet::new();
        let free = self.free(self.words.before(start), start, &none, true)
            && self.free(self.words.get(end), end, &none, false);
        if free { signs } else { signs - 2.0 }
    }

    fn choose(&self, name: u32, group: &Group, whereabouts: &Whereabouts, great: bool) -> Option<Choice> {
        let Likeliest { posting, place, weight, second, shunned } =
            self.likeliest(name, group.region, whereabouts)?;
        let (known, country) = whereabouts.knows(&place);
        let size = match place.population {
            _ if place.capital => 0,
            METROPOLIS.. => 0,
            CITY.. => 1,
            TOWN.. => 2,
            _ => 3,
        };
        // The great namesake is abroad; which of those at home it is has to be known.
        if (great && size > 1) || (shunned > weight && known < 2) {
            return None;
        }
        let clear = known > 0 && size == 0 && !posting.doubtful();
        let signs = group.signs
            + if clear {
                1.0
            } else if known > 0 {
                0.5
            } else {
                0.0
            }
            + if group.metonym && place.capital { 1.0 } else { 0.0 }
            - if posting.doubtful() && known < 2 { 1.0 } else { 0.0 };
        let known_min = KNOWN_MIN.get(size).copied()? + u8::from(posting.spelling());
        // If nothing says where it is, only a place that clearly stands out from its namesakes.
        let doubt = if known > 0 || whereabouts.is_empty() { 0.0 } else { 0.5 };
        let doubt = if weight - second < 0.5 && known == 0 { doubt + 0.5 } else { doubt };
        let doubt = if known == 0 && size == 1 { doubt + 1.0 } else { doubt };
        if signs < SIGNS_MIN.get(size)? + doubt || known < known_min.min(2) {
            return None;
        }
        let reason = match known {
            _ if known > 0 && whereabouts.only_home(country) => format!("the feed: place/{country}"),
            0 if second == f32::MIN => "the only place of that name".to_owned(),
            0 => "the largest place of that name".to_owned(),
            _ => format!("in the article: place/{country}"),
        };
        let score =
            0.62 + 0.05 * signs.min(3.0) + 0.04 * f32::from(known) + if place.capital { 0.05 } else { 0.0 };
        Some(Choice { place: posting.place, reason, score })
    }

    fn tag(&self, group: Group, choice: &Choice) -> Tag {
        let place = self.atlas.place(choice.place);
        let within = if place.region.is_empty() { place.country } else { place.region };
        let count: usize = group.spellings.values().sum();
        let mut lines = evidence(&group.spellings, "name");
        lines.extend(group.title.then(|| "title".to_owned()));
        lines.push(format!("within: place/{within}"));
        lines.push(choice.reason.clone());
        let score = choice.score
            + 0.02 * (count.min(5) as f32 - 1.0)
            + if group.title && group.body { 0.08 } else { 0.0 };
        Tag {
            id: place.id(),
            label: place.label.to_owned(),
            kind: "place".to_owned(),
            score: score.min(0.97),
            evidence: lines,
            ids: super::numbers(&place),
            coordinates: coordinates(&place),
            mentions: group.spans,
            ..Tag::default()
        }
    }
}

/// Where a city is; a region is not a point.
pub(super) fn coordinates(place: &Place) -> Option<Coordinates> {
    (place.kind == PlaceKind::City)
        .then_some(Coordinates { latitude: place.latitude, longitude: place.longitude })
}
