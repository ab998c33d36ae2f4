//! What stands beside the name of a place: the country or state it lies in, a word like `province`,
//! a dateline.

use super::Scene;
use crate::tag::{
    atlas::PlaceKind,
    gazetteer::{Kind, Mention},
    words::{Gap, Word},
};

/// Countries and states that stand beside a name, with their place in the text.
pub(super) struct Containers<'a> {
    scene: &'a Scene<'a>,
    /// Where one begins and ends, its codes, and whether it is an abbreviation.
    list: Vec<(usize, usize, Vec<String>, bool)>,
}

/// Words of regions, before (`province of`) and after the name.
const REGIONS: &[&str] = &[
    "province",
    "region",
    "state",
    "oblast",
    "district",
    "governorate",
    "prefecture",
    "krai",
    "voivodeship",
    "canton",
    "emirate",
    "provinz",
    "bundesland",
    "kanton",
    "provincia",
    "región",
    "regione",
    "estado",
    "région",
    "département",
    "departamento",
    "województwo",
    "область",
    "області",
    "области",
    "provincie",
];

/// Words of towns, before `of` and the name.
const TOWNS: &[&str] = &[
    "city",
    "town",
    "village",
    "capital",
    "port",
    "suburb",
    "municipality",
    "hamlet",
    "borough",
    "stadt",
    "ville",
    "ciudad",
    "città",
    "cidade",
    "stad",
    "miasto",
    "outskirts",
    "streets",
    "mayor",
    "centre",
    "center",
];

/// Months and agencies after the town of a dateline.
const AGENCIES: &[&str] =
    &["reuters", "ap", "afp", "dpa", "cnn", "upi", "xinhua", "efe", "tass", "ansa", "pa", "aap", "bloomberg"];

impl<'a> Containers<'a> {
    /// Collects them from the vocabularies' mentions and the abbreviated states.
    pub(super) fn new(scene: &'a Scene<'a>, mentions: &[Mention], stated: &[Mention]) -> Self {
        let listed = mentions.iter().map(|mention| (mention, false));
        let stated = stated.iter().map(|mention| (mention, true));
        let mut list = Vec::new();
        for (mention, short) in listed.chain(stated) {
            let codes = codes(scene, mention);
            if !codes.is_empty() {
                list.push((mention.at, mention.at + mention.length, codes, short));
            }
        }
        Self { scene, list }
    }

    /// What stands beside a mention as the place that it lies in: where, and the codes it can have.
    /// `Paris, Texas`, `Paris (Texas)`, `the Texas town of Paris`.
    pub(super) fn of(&self, mention: &Mention) -> Option<(usize, &[String])> {
        let words = self.scene.words;
        let end = mention.at + mention.length;
        let after = self.list.iter().find(|(start, ..)| *start == end);
        if let Some((start, stop, codes, short)) =
            after.filter(|_| matches!(self.gap(end), Gap::Comma | Gap::Open))
        {
            let place = !mention.senses.is_empty();
            // `Georgia, Alabama and Florida` are three states.
            let listed = !short && place && (self.goes_on(*stop) || self.follows(mention.at));
            // `California, United States`, `China, Japan`
            let country = place && codes.iter().all(|code| code.len() == 2);
            // `Senator David Marsh, U.S. Rep. Ann Lee`
            let post = words.get(*stop).is_some_and(|word| {
                word.gap == Gap::Space && word.capital && self.scene.cues.role(&word.lower)
            });
            return (!listed && !country && !post).then_some((*start, codes.as_slice()));
        }
        let of = words.before(mention.at).filter(|word| matches!(word.lower.as_str(), "of" | "de" | "von"));
        let town = mention.at.checked_sub(2).and_then(|at| words.get(at)).filter(|_| of.is_some());
        let town = town.is_some_and(|word| TOWNS.contains(&word.lower.as_str()));
        let before = self.list.iter().find(|(_, stop, ..)| town && *stop + 2 == mention.at);
        before.map(|(start, _, codes, _)| (*start, codes.as_slice()))
    }

    /// Whether what begins at a word is a state and nothing else, and ends what it is said of:
    /// `Paris, Idaho`, but not `Berlin, New York and Tokyo`.
    pub(super) fn state(&self, at: usize) -> bool {
        self.list.iter().filter(|(start, ..)| *start == at).any(|(start, stop, codes, short)| {
            let name =
                Mention { at: *start, length: stop - start, senses: Vec::new(), town: None, noted: false };
            let name = self.scene.spelt(&name, |word| word.text.clone());
            let plain = *short || self.scene.gazetteer.meanings_of(&name).is_none();
            plain && codes.iter().all(|code| code.len() > 2) && !self.goes_on(*stop)
        })
    }

    fn gap(&self, at: usize) -> Gap {
        self.scene.gap(at)
    }

    /// Whether a further country or state follows, with a comma or a small word.
    fn goes_on(&self, end: usize) -> bool {
        let next = self.scene.words.get(end);
        let and = next.is_some_and(|word| matches!(word.lower.as_str(), "and" | "or" | "und" | "et" | "y"));
        let comma = self.gap(end) == Gap::Comma;
        self.list.iter().any(|(start, ..)| (comma && *start == end) || (and && *start == end + 1))
    }

    /// Whether states stand beside it in a list, so that this is one too.
    pub(super) fn among_states(&self, mention: &Mention) -> bool {
        let end = mention.at + mention.length;
        let state = |code: &String| code.starts_with("US-");
        let states = |codes: &[String]| codes.len() == 1 && codes.iter().all(state);
        let and = |at: usize| self.scene.words.get(at).is_some_and(|word| word.lower == "and");
        self.list.iter().any(|(start, stop, codes, short)| {
            let after = (*start == end && self.gap(end) == Gap::Comma) || (*start == end + 1 && and(end));
            let before = (*stop == mention.at && self.gap(mention.at) == Gap::Comma)
                || (*stop + 1 == mention.at && and(*stop));
            !short && states(codes) && (before || (after && self.goes_on(*stop)))
        })
    }

    /// Whether a country or state stands before it, with a comma.
    fn follows(&self, at: usize) -> bool {
        self.gap(at) == Gap::Comma && self.list.iter().any(|(_, stop, ..)| *stop == at)
    }
}

/// What a mention can stand for among countries, states and regions.
fn codes(scene: &Scene<'_>, mention: &Mention) -> Vec<String> {
    let things = mention.senses.iter().filter_map(|sense| scene.gazetteer.things.get(sense.thing as usize));
    let things = things.filter(|thing| matches!(thing.kind, Kind::Country | Kind::State | Kind::Region));
    let codes = things.filter_map(|thing| thing.id.strip_prefix("place/"));
    let mut codes: Vec<String> =
        codes.filter(|code| scene.atlas.of_code(code).is_some()).map(str::to_owned).collect();
    let Some(name) = mention.town.filter(|_| codes.is_empty()) else { return codes };
    let label = scene.spelt(mention, |word| word.text.clone());
    let places = scene.atlas.postings(name).map(|posting| scene.atlas.place(posting.place));
    // `Buffalo, New York`: the state has no name of its own in the vocabularies.
    codes.extend(scene.gazetteer.state(&label).map(str::to_owned));
    codes.extend(places.filter(|place| place.kind == PlaceKind::Region).map(|place| place.code.to_owned()));
    codes
}

/// Whether a word beside it makes the name that of a region.
pub(super) fn region_word(scene: &Scene<'_>, mention: &Mention) -> bool {
    let is = |word: Option<&Word>| word.is_some_and(|word| REGIONS.contains(&word.lower.as_str()));
    let end = mention.at + mention.length;
    let after = scene.words.get(end).filter(|_| scene.gap(end).joins());
    let of = scene.words.before(mention.at).is_some_and(|word| super::OF.contains(&word.lower.as_str()));
    let before = mention.at.checked_sub(if of { 2 } else { 1 }).and_then(|at| scene.words.get(at));
    is(after) || (is(before) && scene.gap(mention.at) == Gap::Space && (of || scene.language != "en"))
}

/// Whether a word beside it makes the name that of a town.
pub(super) fn town_word(scene: &Scene<'_>, mention: &Mention) -> bool {
    let before = scene.words.before(mention.at);
    let of = before.is_some_and(|word| super::OF.contains(&word.lower.as_str()));
    let before = if of { mention.at.checked_sub(2).and_then(|at| scene.words.get(at)) } else { before };
    before.is_some_and(|word| !word.capital && TOWNS.contains(&word.lower.as_str()))
        && scene.gap(mention.at) == Gap::Space
}

/// How much says that something belongs to the place, or that somebody sits or holds office there:
/// `Cairo's bid`, `a Tbilisi-based channel`, `D-Columbus`, `Stamford Mayor Dan Malloy`.
pub(super) fn owned(scene: &Scene<'_>, mention: &Mention) -> f32 {
    let words = scene.words;
    let next = words.get(mention.at + mention.length);
    let is =
        |gap: Gap, of: &[&str]| next.is_some_and(|word| word.gap == gap && of.contains(&word.lower.as_str()));
    let before = words.before(mention.at).filter(|_| scene.gap(mention.at) == Gap::Hyphen);
    let party = before.is_some_and(|word| PARTIES.contains(&word.text.as_str()));
    let office = next.is_some_and(|word| word.gap == Gap::Space && OFFICES.contains(&word.lower.as_str()));
    if party {
        2.0
    } else if office || is(Gap::Hyphen, &["based", "born", "area"]) {
        1.0
    } else if is(Gap::Apostrophe, &["s"]) {
        0.5
    } else {
        0.0
    }
}

/// Parties before the town of a politician.
pub(super) const PARTIES: &[&str] = &["D", "R", "DFL", "I"];

/// Officers and groups of people in a town.
const OFFICES: &[&str] = &[
    "mayor",
    "police",
    "council",
    "councillor",
    "councilman",
    "alderman",
    "residents",
    "officials",
    "area",
    "suburb",
    "resident",
    "native",
    "man",
    "woman",
    "businessman",
    "archbishop",
    "bishop",
    "prosecutor",
    "prosecutors",
    "judge",
    "firefighters",
    "schools",
    "neighborhood",
    "neighbourhood",
    "hospital",
    "court",
    "airport",
];

/// Whether a country's adjective says where something is done, and not what is eaten or spoken.
pub(super) fn civic(scene: &Scene<'_>, mention: &Mention) -> bool {
    let next = scene.words.get(mention.at + mention.length).filter(|word| word.gap == Gap::Space);
    if scene.language != "en" {
        return true;
    }
    match next {
        // `American Legion`, `German Shepherd`
        Some(next) if next.capital => scene.cues.role(&next.lower),
        Some(next) => !MANNERS.contains(&next.lower.as_str()),
        None => true,
    }
}

/// Whether a noun follows: `the French government`, `an Iranian ship`.
pub(super) fn whose(scene: &Scene<'_>, mention: &Mention) -> bool {
    let next = scene.words.get(mention.at + mention.length);
    scene.language == "en"
        && next
            .is_some_and(|word| word.gap == Gap::Space && !word.capital && !scene.cues.function(&word.lower))
}

/// What is eaten, spoken and played in the manner of a country, wherever that is.
const MANNERS: &[&str] = &[
    "restaurant",
    "restaurants",
    "food",
    "cuisine",
    "cooking",
    "oven",
    "salad",
    "bakery",
    "bread",
    "wine",
    "wines",
    "beer",
    "cheese",
    "omelette",
    "toast",
    "fries",
    "dressing",
    "dish",
    "dishes",
    "recipe",
    "coffee",
    "tea",
    "pub",
    "bar",
    "roulette",
    "class",
    "classes",
    "teacher",
    "lesson",
    "lessons",
    "language",
    "literature",
    "accent",
    "word",
    "words",
    "speaking",
    "style",
    "music",
    "dance",
    "fiddle",
    "opera",
    "heritage",
    "ancestry",
    "ancestors",
    "descent",
    "pride",
    "tradition",
    "traditions",
    "shepherd",
    "pottery",
    "sausage",
    "sausages",
    "grocery",
    "deli",
    "immersion",
    "garden",
    "horn",
    "door",
    "doors",
    "bulldog",
    "rivals",
];

/// Whether it is a dateline, the place that a report comes from: `PARIS (Reuters)`, `CAIRO, May 3`,
/// `LAGOS -`.
pub(super) fn dateline(scene: &Scene<'_>, mention: &Mention) -> bool {
    let words = scene.words;
    let loud =
        (mention.at..mention.at + mention.length).all(|at| words.get(at).is_some_and(|word| word.upper));
    let end = mention.at + mention.length;
    let gap = words.get(mention.at).filter(|word| !word.title).map(|word| word.gap);
    let Some(next) = words.get(end) else { return false };
    let agency = AGENCIES.contains(&next.lower.as_str()) && matches!(next.gap, Gap::Open | Gap::Space);
    match gap {
        Some(Gap::Paragraph) => agency || (loud && !next.upper),
        // Texts that lost their paragraphs: `... rebuff. HARTFORD - The governor`
        Some(Gap::Stop) => {
            loud && (agency || (!next.upper && matches!(next.gap, Gap::Other | Gap::Stop | Gap::Comma)))
        }
        _ => false,
    }
}
