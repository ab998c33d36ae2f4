//! Where a name ends, and what only looks like one.

use crate::tag::{
    cues::Cues,
    words::{Gap, Word, Words},
};

/// Second halves of given names in Korean and Chinese, as news writes them: `Song-ho`.
const HALVES: &[&str] = &[
    "a", "ae", "ah", "bae", "beom", "bin", "bok", "bong", "bum", "chan", "chang", "cheol", "chi", "ching",
    "chul", "chun", "dae", "do", "dong", "eui", "eun", "geun", "gi", "goo", "gun", "gyu", "ha", "hae", "han",
    "hee", "ho", "hong", "hoon", "hsien", "hui", "hun", "hwa", "hwan", "hye", "hyeon", "hyuk", "hyun",
    "hyung", "il", "ja", "jae", "je", "jeong", "ji", "jin", "jo", "jong", "joo", "joon", "joong", "ju",
    "jun", "jung", "kang", "keun", "ki", "koo", "kook", "kun", "kwan", "kwang", "kwon", "kyu", "kyun",
    "kyung", "lai", "lin", "mi", "min", "ming", "mo", "moo", "moon", "myung", "nam", "oh", "ok", "pil",
    "ping", "rae", "ran", "rim", "ryong", "ryul", "sang", "seo", "seok", "seon", "seong", "seop", "seung",
    "shek", "shik", "shin", "sik", "soo", "sook", "su", "suk", "sun", "sung", "tae", "taek", "tung", "uk",
    "un", "wen", "won", "woo", "wook", "woon", "yang", "yeol", "yeon", "yeong", "yi", "ying", "yong", "yoo",
    "yoon", "young", "yuan", "yul", "yun",
];

/// Words after a name that make it that of a thing.
const THINGS: &[&str] = &[
    "airport",
    "stadium",
    "arena",
    "bridge",
    "hospital",
    "prize",
    "award",
    "awards",
    "medal",
    "trophy",
    "theatre",
    "theater",
    "library",
    "museum",
    "foundation",
    "institute",
    "college",
    "aeropuerto",
    "aéroport",
];

/// Words after a name that make it that of a company, beside those of the vocabularies.
const COMPANIES: &[&str] = &[
    "international",
    "communications",
    "industries",
    "holdings",
    "holding",
    "group",
    "systems",
    "motors",
    "airlines",
    "technologies",
    "pharmaceuticals",
    "partners",
    "capital",
    "securities",
    "stores",
    "records",
    "pictures",
    "studios",
    "brothers",
    "sons",
    "co",
    "ab",
    "ag",
    "sa",
    "spa",
    "nv",
    "oy",
    "asa",
    "kg",
];

/// Words that sovereigns and popes have before their names.
const SOVEREIGNS: &[&str] =
    &["king", "queen", "pope", "emperor", "tsar", "czar", "shah", "prince", "patriarch"];

/// The end of a person's name that the tagger ended at `end`: behind the second half of a given name
/// (`Li Song-ho`), a sovereign's number (`Elizabeth II`), or what stands behind a name in brackets
/// (`James (Leo) Nichols`).
pub(super) fn person_end(words: &Words, start: usize, end: usize) -> usize {
    let Some(next) = words.get(end) else { return end };
    let half =
        next.gap == Gap::Hyphen && !next.capital && end - start > 1 && HALVES.contains(&next.lower.as_str());
    if half || is_number(words, start, next) {
        return end + 1;
    }
    let closed = |word: &Word| word.gap == Gap::Other && word.span.start == next.span.end + ") ".len();
    let behind = words.get(end + 1).filter(|word| next.gap == Gap::Open && next.capital && closed(word));
    match behind {
        Some(surname) if surname.capital && !surname.upper => end + 2,
        _ => end,
    }
}

/// `II`; a number of one letter only behind a sovereign: `King Baudouin I`.
fn is_number(words: &Words, start: usize, word: &Word) -> bool {
    let roman =
        word.gap == Gap::Space && word.text.len() <= 5 && word.text.chars().all(|c| "IVX".contains(c));
    let sovereign = words.before(start).is_some_and(|before| SOVEREIGNS.contains(&before.lower.as_str()));
    roman && (word.text.len() > 1 || sovereign)
}

/// Whether what stands at `end` makes the name before it that of a company, a building or a prize.
pub(super) fn is_named_after(words: &Words, cues: &Cues, end: usize) -> bool {
    let Some(next) = words.get(end).filter(|word| word.gap == Gap::Space) else { return false };
    let lower = next.lower.as_str();
    if next.capital {
        cues.organisation(lower) || COMPANIES.contains(&lower)
    } else {
        THINGS.contains(&lower)
    }
}

/// Words from a comma to the post of the person before it, at most.
const POST_MAX: usize = 4;

/// Whether the age of a person stands at `at`: `Ann Marsh, 19, and`.
pub(super) fn is_age(words: &Words, at: usize) -> bool {
    let closed = words.get(at + 1).is_none_or(|word| word.gap != Gap::Space || !word.capital);
    let age = |word: &Word| word.text.parse::<u8>().is_ok_and(|age| (5..=110).contains(&age));
    closed && words.get(at).is_some_and(|word| matches!(word.gap, Gap::Comma | Gap::Open) && age(word))
}

/// Whether the post of a person stands at `at`: `Ann Marsh, former leader of`.
pub(super) fn is_post(words: &Words, cues: &Cues, at: usize) -> bool {
    let comma = words.get(at).is_some_and(|word| word.gap == Gap::Comma && !word.capital);
    let near = (at..at + POST_MAX).map_while(|at| words.get(at)).enumerate();
    let near = near.take_while(|(n, word)| *n == 0 || word.gap == Gap::Space);
    // `Ann Marsh, a former leader of`, but not `Marsh Harbour, where the mayor`.
    let opens =
        |word: &Word| !cues.function(&word.lower) || matches!(word.lower.as_str(), "a" | "an" | "the");
    let mut near = near.take_while(|(_, word)| opens(word));
    comma && near.any(|(_, word)| !word.capital && cues.role(&word.lower))
}

/// Words before `of` and the name of a place.
const TOWNS: &[&str] =
    &["city", "town", "village", "port", "capital", "province", "region", "district", "island"];

/// What ministers and secretaries have in their titles.
const FIELDS: &[&str] = &[
    "agriculture",
    "commerce",
    "culture",
    "defence",
    "defense",
    "economy",
    "education",
    "energy",
    "environment",
    "finance",
    "foreign",
    "health",
    "home",
    "housing",
    "immigration",
    "industry",
    "interior",
    "justice",
    "labor",
    "labour",
    "police",
    "prime",
    "security",
    "state",
    "tourism",
    "trade",
    "transport",
    "transportation",
    "treasury",
];

/// Time zones.
const ZONES: &[&str] = &[
    "GMT", "UTC", "BST", "CET", "CEST", "EET", "EDT", "EST", "CDT", "CST", "MDT", "MST", "PDT", "PST", "MSK",
    "IST", "JST", "AEST",
];

/// Whether a word is no organisation by what stands around it: `the town of Marshend`, `1800 GMT`,
/// `Education Minister Ann Marsh`.
pub(super) fn is_no_organisation(words: &Words, cues: &Cues, start: usize, end: usize) -> bool {
    let Some(word) = words.get(start).filter(|_| end - start == 1) else { return false };
    let of = words.before(start).is_some_and(|before| before.lower == "of" && word.gap == Gap::Space);
    let town = start.checked_sub(2).and_then(|at| words.get(at)).filter(|_| of);
    let post = words.get(end).is_some_and(|next| {
        next.gap == Gap::Space
            && next.capital
            && cues.role(&next.lower)
            && FIELDS.contains(&word.lower.as_str())
    });
    town.is_some_and(|town| TOWNS.contains(&town.lower.as_str()))
        || ZONES.contains(&word.text.as_str())
        || post
}

/// The end of an organisation's name that the tagger ended at `end`: `Security Council on Friday` ends
/// before its last two words.
pub(super) fn organisation_end(words: &Words, cues: &Cues, start: usize, end: usize) -> usize {
    let day = end.checked_sub(1).and_then(|at| words.get(at)).filter(|word| cues.calendar(&word.lower));
    let small = end.checked_sub(2).and_then(|at| words.get(at)).filter(|word| !word.capital);
    if end - start > 2 && day.is_some() && small.is_some() { end - 2 } else { end }
}
