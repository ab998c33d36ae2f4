//! States of the US by their abbreviations, and in the names of their bodies.

use super::Scene;
use crate::tag::{
    gazetteer::{Kind, Mention, Sense},
    words::{Gap, Word},
};

/// Abbreviations that are no words of their own: `a Fla. economist`.
const CLEAR: &[&str] = &[
    "Ala", "Ariz", "Calif", "Colo", "Conn", "Fla", "Ga", "Ky", "Mich", "Minn", "Mont", "Nev", "Okla", "Tenn",
    "Va", "Vt", "Wis", "Wisc", "WVa", "Wyo",
];

/// Words that begin the name of a body of a state: `Georgia Department of Education`.
const BODIES: &[&str] = &[
    "department",
    "bureau",
    "division",
    "board",
    "commission",
    "commissioner",
    "legislature",
    "senate",
    "house",
    "assembly",
    "general",
    "supreme",
    "attorney",
    "governor",
    "gov",
    "lottery",
    "highway",
    "secretary",
    "lawmakers",
    "police",
    "patrol",
    "troopers",
    "trooper",
    "capitol",
    "parks",
    "freedom",
];

/// States that are abbreviated after a town or a party (`Columbus, Ga.`, `(R-Ky.)`) or before a noun
/// (`the S.C. Highway Patrol`, `a Fla. economist`).
pub(super) fn abbreviated(scene: &Scene<'_>) -> Vec<Mention> {
    let mut found = Vec::new();
    for (at, word) in scene.words.list.iter().enumerate() {
        if !word.capital || word.text.len() > 6 {
            continue;
        }
        let next = scene.words.get(at + 1);
        let west = next.is_some_and(|next| word.text == "W" && next.text == "Va" && next.gap.joins());
        let short = if west { "WVa" } else { word.text.as_str() };
        let Some(sense) = scene.gazetteer.abbreviation(short) else { continue };
        let length = if west { 2 } else { 1 };
        let last = if west { next } else { Some(word) };
        let noun = last.is_some_and(|last| before_noun(scene, at, short, last, sense));
        if after_town(scene, at, word) || noun {
            found.push(Mention { at, length, senses: vec![sense], town: None, noted: false });
        }
    }
    found
}

fn after_town(scene: &Scene<'_>, at: usize, word: &Word) -> bool {
    let Some(before) = scene.words.before(at) else { return false };
    let party = word.gap == Gap::Hyphen && matches!(before.text.as_str(), "R" | "D");
    party || (matches!(word.gap, Gap::Comma | Gap::Open) && before.capital)
}

/// Whether an abbreviation of English news stands before what it belongs to. A full stop that a small
/// letter follows ends no sentence; `S.C.` has its stops, and `the S.C.` is no person's.
fn before_noun(scene: &Scene<'_>, at: usize, short: &str, last: &Word, sense: Sense) -> bool {
    if !matches!(scene.language, "en" | "und") {
        return false;
    }
    let end = at + if last.text == short { 1 } else { 2 };
    let Some(next) = scene.words.get(end) else { return false };
    let title = last.title && next.title && scene.words.title_case;
    if CLEAR.contains(&short) {
        return next.gap == Gap::Stop && (!next.capital || title);
    }
    let dotted = last.written() != last.text;
    let two_words =
        scene.gazetteer.things.get(sense.thing as usize).is_some_and(|thing| thing.label.contains(' '));
    let before = scene.words.before(at).filter(|_| scene.gap(at) == Gap::Space);
    // `for S.C. Johnson` is a name, `on S.C. 6` a road.
    let led = before.is_some_and(|word| {
        word.lower == "the" || !next.capital && !word.capital && scene.cues.function(&word.lower)
    });
    dotted && two_words && led && next.gap == Gap::Space
}

/// The state in the name of a body of its own, where the name alone could be somebody's or another
/// place's: `Virginia Department of Education`, `Georgia State Police`.
pub(super) fn of_body(scene: &Scene<'_>, mention: &Mention) -> Option<Sense> {
    let end = mention.at + mention.length;
    let body = |at: usize| {
        scene.words.get(at).is_some_and(|word| {
            word.gap == Gap::Space && word.capital && BODIES.contains(&word.lower.as_str())
        })
    };
    let state = scene.words.get(end).is_some_and(|word| word.gap == Gap::Space && word.text == "State");
    if !(body(end) || state && body(end + 1)) {
        return None;
    }
    let is = |sense: &&Sense| {
        scene.gazetteer.things.get(sense.thing as usize).is_some_and(|thing| thing.kind == Kind::State)
    };
    mention.senses.iter().find(is).copied()
}
