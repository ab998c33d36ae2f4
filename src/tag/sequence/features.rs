//! What the sequence tagger sees of a word: the word, its neighbours, shapes, cues, vocabularies,
//! and how the same word is written elsewhere in the article.

use std::collections::HashMap;

use super::lexicon::{self, Lexicon};
use crate::tag::{
    cues::Cues,
    forms::INFLECTED,
    gazetteer::{Gazetteer, Kind, Mention, Via},
    words::{Gap, Word, Words},
};

/// Bits of a slot's number: the table has 2^19 slots.
pub(super) const SLOT_BITS: u32 = 19;

/// Words of a run that are decoded together, at most.
const RUN_MAX: usize = 40;

/// What a capitalised word is elsewhere in the article.
mod elsewhere {
    pub(super) const AFTER_ROLE: u16 = 1;
    pub(super) const AFTER_GIVEN: u16 = 2;
    pub(super) const BEFORE_ORGANISATION: u16 = 4;
    pub(super) const BY_SPEECH: u16 = 8;
    pub(super) const LOWER: u16 = 16;
    pub(super) const INSIDE: u16 = 32;
    pub(super) const BRACKETS: u16 = 64;
    pub(super) const AFTER_PLACE: u16 = 128;
    /// In a run of two to four words that begins with a frequent given name.
    pub(super) const IN_PERSON: u16 = 256;
}

/// The words of an article with what is known about each.
pub(super) struct Scene<'a> {
    words: &'a Words,
    language: &'a str,
    /// Sets of small words that a word is in, a bit each.
    cues: Vec<u16>,
    /// What the vocabularies know a word as, a bit each.
    known: Vec<u8>,
    /// What the lexicon says of a word, and whether of it without its ending.
    lexicon: Vec<(u8, bool)>,
    elsewhere: HashMap<&'a str, u16>,
}

/// Consecutive words that may be names.
pub(super) type Run = std::ops::Range<usize>;

impl<'a> Scene<'a> {
    pub(super) fn new(
        words: &'a Words,
        language: &'a str,
        cues: &Cues,
        gazetteer: &Gazetteer,
        mentions: &[Mention],
    ) -> Self {
        let sets = words.list.iter().map(|word| sets(word, cues)).collect();
        let lexicon = Lexicon::builtin();
        let inflected = INFLECTED.contains(&language);
        let lookup = |word: &Word| match word.capital {
            false => (0, false),
            true if inflected => lexicon.inflected(&word.lower),
            true => (lexicon.signs(&word.lower), false),
        };
        let mut scene = Self {
            words,
            language,
            cues: sets,
            known: known(words, gazetteer, mentions),
            lexicon: words.list.iter().map(lookup).collect(),
            elsewhere: HashMap::new(),
        };
        scene.look_around();
        scene
    }

    fn look_around(&mut self) {
        let mut elsewhere: HashMap<&'a str, u16> = HashMap::new();
        for (at, word) in self.words.list.iter().enumerate() {
            if word.title && self.words.title_case {
                continue;
            }
            if !word.capital {
                continue;
            }
            let before = at.checked_sub(1).filter(|_| word.gap == Gap::Space);
            let (set, known) = before.map_or((0, 0), |at| (self.set(at), self.known_as(at)));
            let next = at + 1;
            let after = self.words.get(next).filter(|word| matches!(word.gap, Gap::Space | Gap::Comma));
            let after = after.map_or(0, |_| self.set(next));
            let mut bits = 0;
            bits |= if set & ROLE != 0 { elsewhere::AFTER_ROLE } else { 0 };
            bits |= if set & GIVEN != 0 { elsewhere::AFTER_GIVEN } else { 0 };
            bits |= if known & PLACE != 0 { elsewhere::AFTER_PLACE } else { 0 };
            bits |= if after & ORGANISATION != 0 { elsewhere::BEFORE_ORGANISATION } else { 0 };
            bits |= if (after | set) & SPEECH != 0 { elsewhere::BY_SPEECH } else { 0 };
            bits |= if word.starts_sentence() { 0 } else { elsewhere::INSIDE };
            bits |= if word.gap == Gap::Open { elsewhere::BRACKETS } else { 0 };
            *elsewhere.entry(word.lower.as_str()).or_default() |= bits;
        }
        for word in self.words.list.iter().filter(|word| !word.capital) {
            if let Some(bits) = elsewhere.get_mut(word.lower.as_str()) {
                *bits |= elsewhere::LOWER;
            }
        }
        for run in self.runs() {
            let often = self.lexicon(run.start).0 & lexicon::GIVEN_OFTEN != 0;
            if often && (2..=4).contains(&run.len()) {
                for word in run.filter_map(|at| self.words.get(at)) {
                    *elsewhere.entry(word.lower.as_str()).or_default() |= elsewhere::IN_PERSON;
                }
            }
        }
        self.elsewhere = elsewhere;
    }

    /// Runs of words that may be names: capitalised ones, with small words between two of them.
    pub(super) fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut at = if self.words.title_case { self.words.title } else { 0 };
        while at < self.words.list.len() {
            if !self.words.get(at).is_some_and(|word| word.capital) {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            while end - at < RUN_MAX {
                match (0..=2).find(|small| self.continues(end, *small)) {
                    Some(small) if end + small + 1 - at <= RUN_MAX => end += small + 1,
                    _ => break,
                }
            }
            runs.push(at..end);
            at = end;
        }
        runs
    }

    /// Whether a capitalised word continues the run after `small` joining words from `end`.
    fn continues(&self, end: usize, small: usize) -> bool {
        let joins = |at: usize| self.words.get(at).is_some_and(|word| word.gap.joins());
        let joiner = |at: usize| {
            self.words.get(at).is_some_and(|word| {
                word.gap == Gap::Space
                    && !word.capital
                    && (self.set(at) & PARTICLE != 0 || JOINERS.contains(&word.lower.as_str()))
            })
        };
        (end..end + small).all(joiner)
            && joins(end + small)
            && self.words.get(end + small).is_some_and(|word| word.capital)
    }

    fn set(&self, at: usize) -> u16 {
        self.cues.get(at).copied().unwrap_or_default()
    }

    fn lexicon(&self, at: usize) -> (u8, bool) {
        self.lexicon.get(at).copied().unwrap_or_default()
    }

    fn known_as(&self, at: usize) -> u8 {
        self.known.get(at).copied().unwrap_or_default()
    }

    /// The word at `at`; `None` beyond the sentence that contains the word `from`.
    fn neighbour(&self, from: usize, at: Option<usize>) -> Option<(usize, &'a Word)> {
        let at = at?;
        let (low, high) = (from.min(at), from.max(at));
        let word = self.words.list.get(at)?;
        let within = (low + 1..=high)
            .all(|at| self.words.get(at).is_some_and(|word| !matches!(word.gap, Gap::Stop | Gap::Paragraph)));
        within.then_some((at, word))
    }

    /// The slots of the features of the word at `at` in its run.
    pub(super) fn features(&self, at: usize, run: &Run, slots: &mut Vec<u32>) {
        slots.clear();
        let Some(word) = self.words.get(at) else { return };
        let mut add = |template: u8, parts: &[&[u8]]| slots.push(slot(template, parts));
        let near = |offset: isize| self.neighbour(at, at.checked_add_signed(offset));
        let lower = |offset: isize| near(offset).map_or("<s>", |(_, word)| word.lower.as_str()).as_bytes();
        let gap = |offset: isize| [near(offset).map_or(9, |(_, word)| word.gap as u8)];
        let set = |offset: isize| near(offset).map_or(0, |(at, _)| self.set(at)).to_le_bytes();
        let known = |offset: isize| [near(offset).map_or(0, |(at, _)| self.known_as(at))];
        let form = |offset: isize| near(offset).map_or(u32::MAX, |(_, word)| shape(word)).to_le_bytes();
        let here = word.lower.as_bytes();
        let language = self.language.as_bytes();
        add(0, &[]);
        add(1, &[here]);
        for (template, offset) in [(2, -1), (3, 1), (4, -2), (5, 2)] {
            add(template, &[lower(offset), if offset < 0 { &[] } else { language }]);
        }
        add(6, &[lower(-1), b" ", here]);
        add(7, &[here, b" ", lower(1)]);
        for (template, length) in [(8, 2), (9, 3), (10, 4)] {
            add(template, &[start(&word.lower, length).as_bytes()]);
            add(template + 3, &[end(&word.lower, length).as_bytes()]);
        }
        add(14, &[&form(0)]);
        add(15, &[&form(-1), &form(0), &form(1)]);
        add(16, &[&form(0), language]);
        add(17, &[&gap(0), &gap(1), &form(1)]);
        add(18, &[&set(0)]);
        add(19, &[&set(-1), &gap(0)]);
        add(20, &[&set(1), &gap(1)]);
        add(21, &[&set(-1), &set(0), &set(1)]);
        add(22, &[&set(2)]);
        add(23, &[&set(-2), &set(-1)]);
        add(24, &[&known(0)]);
        add(25, &[&known(-1), &known(0), &known(1)]);
        let around = self.elsewhere.get(word.lower.as_str()).copied().unwrap_or_default();
        let elsewhere = around.to_le_bytes();
        add(26, &[&elsewhere]);
        add(27, &[&elsewhere, &form(0), &set(0)]);
        for bit in 0..9_u8 {
            if around & (1 << bit) != 0 {
                add(28, &[&[bit]]);
            }
        }
        let first = [u8::from(word.starts_sentence()), u8::from(word.title)];
        add(29, &[&first, &elsewhere, language]);
        let length = u8::try_from(run.len().min(6)).unwrap_or(6);
        let place = u8::try_from((at - run.start).min(5)).unwrap_or(5);
        add(30, &[&[length, place]]);
        add(31, &[&[length, place], &set(0), &known(0)]);
        add(32, &[end(&word.lower, 3).as_bytes(), language]);
        add(33, &[lower(-1), &form(0)]);
        add(34, &[lower(1), &form(0)]);
        let edges = [run.start.checked_sub(1), Some(run.end)];
        for (template, edge) in [(35, edges[0]), (36, edges[1])] {
            let beyond = self.neighbour(at, edge);
            add(template, &[beyond.map_or("<s>", |(_, word)| word.lower.as_str()).as_bytes()]);
            let set = beyond.map_or(0, |(at, _)| self.set(at)).to_le_bytes();
            add(template + 2, &[&set, &[length, place]]);
        }
        self.lexicon_features(at, run, [length, place], slots);
    }

    /// Slots of what the lexicon says of the word, its neighbours and the ends of its run.
    fn lexicon_features(&self, at: usize, run: &Run, place: [u8; 2], slots: &mut Vec<u32>) {
        let Some(word) = self.words.get(at) else { return };
        let mut add = |template: u8, parts: &[&[u8]]| slots.push(slot(template, parts));
        let lexicon = |offset: isize| {
            let (signs, stem) = self
                .neighbour(at, at.checked_add_signed(offset))
                .map_or((0, false), |(at, _)| self.lexicon(at));
            [signs | if stem { 128 } else { 0 }]
        };
        let elsewhere = self.elsewhere.get(word.lower.as_str()).copied().unwrap_or_default().to_le_bytes();
        let (form, set) = (shape(word).to_le_bytes(), self.set(at).to_le_bytes());
        let first = [u8::from(word.starts_sentence()), u8::from(word.title)];
        add(39, &[&lexicon(0)]);
        add(40, &[&lexicon(-1), &lexicon(0), &lexicon(1)]);
        add(41, &[&lexicon(0), &form, &set, &first]);
        add(42, &[&lexicon(0), &place]);
        let (head, tail) = (self.lexicon(run.start).0, self.lexicon(run.end.saturating_sub(1)).0);
        add(43, &[&[head & (lexicon::GIVEN | lexicon::GIVEN_OFTEN), tail], &place]);
        add(44, &[&lexicon(0), &[self.known_as(at)], &elsewhere]);
    }
}

const ROLE: u16 = 1;
const SPEECH: u16 = 2;
const PREPOSITION: u16 = 4;
const PARTICLE: u16 = 8;
const CALENDAR: u16 = 16;
const ORGANISATION: u16 = 32;
const THING: u16 = 64;
const GIVEN: u16 = 128;
const FUNCTION: u16 = 256;

/// Small words inside names of organisations.
const JOINERS: [&str; 26] = [
    "of", "for", "on", "and", "the", "in", "de", "del", "la", "las", "los", "du", "des", "di", "da", "do",
    "dos", "der", "für", "und", "og", "i", "och", "e", "y", "ds.",
];

fn sets(word: &Word, cues: &Cues) -> u16 {
    let lower = word.lower.as_str();
    let bit = |is: bool, bit: u16| if is { bit } else { 0 };
    bit(cues.role(lower), ROLE)
        | bit(cues.speech(lower), SPEECH)
        | bit(cues.preposition(lower), PREPOSITION)
        | bit(cues.particle(lower), PARTICLE)
        | bit(cues.calendar(lower), CALENDAR)
        | bit(cues.organisation(lower), ORGANISATION)
        | bit(cues.thing(lower), THING)
        | bit(cues.function(lower), FUNCTION)
        | bit(cues.given(&word.text), GIVEN)
}

const PLACE: u8 = 1;

fn known(words: &Words, gazetteer: &Gazetteer, mentions: &[Mention]) -> Vec<u8> {
    let mut known = vec![0_u8; words.list.len()];
    for mention in mentions.iter().filter(|mention| mention.is_known()) {
        let mut bits = if mention.noted { PLACE | 16 } else { 0 };
        for sense in &mention.senses {
            let Some(thing) = gazetteer.things.get(sense.thing as usize) else { continue };
            bits |= match (sense.via, thing.kind) {
                (Via::Nothing, _) => 0,
                (Via::Demonym, _) => 2,
                (_, Kind::Country) => PLACE | 4,
                (_, Kind::State | Kind::Region) => PLACE | 8,
                (_, Kind::City) => PLACE | 16,
                (_, Kind::Person) => 32,
                (_, Kind::Organisation) => 64,
            };
        }
        bits |= if mention.length > 1 { 128 } else { 0 };
        known.iter_mut().skip(mention.at).take(mention.length).for_each(|word| *word = bits);
    }
    known
}

/// Kinds of letters in order, repeated ones once, at most six.
fn shape(word: &Word) -> u32 {
    let mut shape = 1;
    let (mut last, mut length) = (0, 0);
    for letter in word.text.chars() {
        let kind = match letter {
            c if c.is_uppercase() => 1,
            c if c.is_lowercase() => 2,
            c if c.is_numeric() => 3,
            _ => 4,
        };
        length += 1;
        if kind != last && shape < 5_u32.pow(6) {
            shape = shape * 5 + kind;
            last = kind;
        }
    }
    shape * 4 + if length > 3 { 3 } else { length }
}

fn start(word: &str, letters: usize) -> &str {
    let end = word.char_indices().nth(letters).map_or(word.len(), |(at, _)| at);
    word.get(..end).unwrap_or_default()
}

fn end(word: &str, letters: usize) -> &str {
    let start = word.char_indices().rev().nth(letters - 1).map_or(0, |(at, _)| at);
    word.get(start..).unwrap_or_default()
}

/// FNV-1a of the template and its parts, folded to a slot.
fn slot(template: u8, parts: &[&[u8]]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    let mut hash = step(0x811C_9DC5, &template);
    for part in parts {
        hash = part.iter().fold(step(hash, &0xFF), step);
    }
    (hash ^ (hash >> 15)).wrapping_mul(0x9E37_79B1) >> (32 - SLOT_BITS)
}
