//! Names of people and organisations that stand in no vocabulary, from sequences of capitalised
//! words and what stands around them. Precision first: every name needs a cue.

mod candidate;
mod edges;
mod entities;
mod registry;

use std::collections::{BTreeMap, HashMap, HashSet};

use candidate::{Candidate, NO_ORGANISATION};
pub(super) use entities::Grouping;

use super::{
    Tag,
    cues::Cues,
    forms::{LANGUAGES, slug},
    gazetteer::Mention,
    words::{Gap, Word, Words},
};

/// Tags of unlisted people, and of unlisted organisations, of one article, at most.
const TAGS_MAX: usize = 10;

/// Names that are weighed, at most: what comes later in a text with thousands of names is left out.
const CANDIDATES_MAX: usize = 300;

/// Words of an organisation's name, at most.
const WORDS_MAX: usize = 8;

/// Further languages in which names have no case endings (except a genitive `s`).
const PLAIN_NAMES: [&str; 8] = ["und", "da", "sv", "nb", "no", "ca", "gl", "id"];

/// Unlisted names found.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Tags of people and organisations.
    pub(super) tags: Vec<Tag>,
    /// Surnames of the people.
    pub(super) surnames: HashSet<String>,
}

/// Gives organisations that the table of names has the ids that others know them by.
pub(super) fn identify(tags: &mut [Tag]) {
    for tag in tags.iter_mut().filter(|tag| tag.kind == "organisation") {
        let spellings = tag.evidence.iter().filter_map(|line| line.strip_prefix("name: "));
        let spellings = spellings.filter_map(|line| Some(line.rsplit_once(" x")?.0));
        let names = std::iter::once(tag.label.as_str()).chain(spellings);
        let ids = names.map(registry::ids).find(|ids| !ids.is_empty());
        tag.ids.extend(ids.unwrap_or_default());
    }
}

/// Finds people and organisations outside the mentions of the vocabularies.
pub(super) struct Finder<'a> {
    cues: &'a Cues,
    words: &'a Words,
    german: bool,
    /// The language is one whose names stand as they are, or whose given names we know.
    written: bool,
    /// Words that belong to a mention of the vocabularies.
    taken: Vec<bool>,
    /// Words that belong to a mention of several words.
    long: Vec<bool>,
    /// How often each word in capitals stands in the text.
    acronyms: HashMap<&'a str, usize>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(cues: &'a Cues, words: &'a Words, language: &str, mentions: &[Mention]) -> Self {
        let mut taken = vec![false; words.list.len()];
        let mut long = taken.clone();
        for mention in mentions {
            taken.iter_mut().skip(mention.at).take(mention.length).for_each(|word| *word = true);
            if mention.length > 1 {
                long.iter_mut().skip(mention.at).take(mention.length).for_each(|word| *word = true);
            }
        }
        let mut acronyms: HashMap<&str, usize> = HashMap::new();
        for word in words.list.iter().filter(|word| word.upper) {
            *acronyms.entry(word.text.as_str()).or_default() += 1;
        }
        let written = LANGUAGES.contains(&language) || PLAIN_NAMES.contains(&language);
        Self { cues, words, german: language == "de", written, taken, long, acronyms }
    }

    pub(super) fn find(&self) -> Names {
        let mut people: BTreeMap<String, Candidate> = BTreeMap::new();
        let mut organisations: BTreeMap<String, Tag> = BTreeMap::new();
        if !self.written {
            return Names::default();
        }
        let mut at = if self.words.title_case { self.words.title } else { 0 };
        while let Some(word) = self.words.get(at) {
            if !word.capital {
                at += 1;
                continue;
            }
            let end = self.end(at);
            self.person(at, end, &mut people);
            self.organisation(at, end, &mut organisations);
            at = end.max(at + 1);
        }
        self.decide(people, organisations)
    }

    /// End of the sequence of capitalised words from `at`, particles inside included.
    fn end(&self, at: usize) -> usize {
        let mut end = at + 1;
        while let Some(word) = self.words.get(end) {
            if !word.gap.joins() || end - at >= WORDS_MAX {
                break;
            }
            let possessive = word.gap == Gap::Apostrophe && !word.capital;
            if word.capital {
                end += 1;
            } else if !possessive && self.cues.particle(&word.lower) {
                let next = (1..=2).find(|ahead| {
                    self.words.get(end + ahead).is_some_and(|word| word.gap.joins() && word.capital)
                        && (*ahead == 1
                            || self.words.get(end + 1).is_some_and(|word| self.cues.particle(&word.lower)))
                });
                match next {
                    Some(ahead) if ahead + 1 + end - at <= WORDS_MAX => end += ahead + 1,
                    _ => break,
                }
            } else {
                break;
            }
        }
        end
    }

    fn slice(&self, start: usize, end: usize) -> &[Word] {
        self.words.list.get(start..end).unwrap_or_default()
    }

    fn person(&self, at: usize, end: usize, people: &mut BTreeMap<String, Candidate>) {
        // `Ukrainian President X Y`: from the first word after demonyms, roles and small words.
        let mut start = at;
        let mut role = self.words.before(at).filter(|_| self.gap(at) == Gap::Space);
        role = role.filter(|word| self.cues.role(&word.lower));
        while start < end {
            let Some(word) = self.words.get(start) else { return };
            let skip = self.taken.get(start).copied().unwrap_or_default()
                || (word.starts_sentence() && self.cues.function(&word.lower));
            if self.cues.role(&word.lower) {
                role = Some(word);
            } else if !skip {
                break;
            }
            start += 1;
        }
        // `Metzger Kevin Holland`: any German noun can stand before the name.
        let given = |at: usize| self.words.get(at).is_some_and(|word| self.cues.given(&word.text));
        if self.german && end - start > 2 && !given(start) && given(start + 1) {
            start += 1;
        }
        if start >= end || edges::is_named_after(self.words, self.cues, end) {
            return;
        }
        let end = edges::person_end(self.words, start, end);
        let name = self.slice(start, end);
        let capitals = name.iter().filter(|word| word.capital).count();
        // `Denzel Washington`: a surname can be a name of the vocabulary.
        let own = if name.first().is_some_and(|word| self.cues.given(&word.text)) {
            &self.long
        } else {
            &self.taken
        };
        let taken = own.get(start..end).is_some_and(|taken| taken.contains(&true));
        if !(2..=4).contains(&capitals) || taken || !name.iter().all(|word| self.in_name(word)) {
            return;
        }
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return };
        if last.text.chars().nth(1).is_none() || !first.capital || last.upper || self.other(name) {
            return;
        }
        let label = self.words.name(start, end);
        let after = self.words.get(end);
        let key = label.to_lowercase();
        if people.len() >= CANDIDATES_MAX && !people.contains_key(&key) {
            return;
        }
        let candidate = people.entry(key).or_default();
        candidate.count += 1;
        candidate.given |= self.cues.given(&first.text);
        candidate.title |= first.title;
        if candidate.role.is_none() {
            candidate.role = role.map(|word| word.text.clone());
        }
        candidate.age |= edges::is_age(self.words, end);
        candidate.post |= edges::is_post(self.words, self.cues, end);
        let near = |word: Option<&Word>| word.is_some_and(|word| self.cues.speech(&word.lower));
        let next = after.filter(|word| matches!(word.gap, Gap::Space | Gap::Comma));
        let second = next.and_then(|_| self.words.get(end + 1)).filter(|word| word.gap == Gap::Space);
        candidate.speech |= near(next)
            || near(second)
            || near(self.words.before(start).filter(|_| self.gap(start) == Gap::Space));
        candidate.surname = last.text.clone();
        candidate.label = label;
    }

    fn gap(&self, at: usize) -> Gap {
        self.words.get(at).map_or(Gap::Paragraph, |word| word.gap)
    }

    /// Whether a sequence only looks like a person's name.
    fn other(&self, name: &[Word]) -> bool {
        let particle = name.iter().skip(1).position(|word| !word.capital).map(|at| at + 1);
        let rest = name.get(particle.unwrap_or(name.len())..).unwrap_or_default();
        let rest: Vec<&Word> = rest.iter().filter(|word| word.capital).collect();
        // `Roman von Barbara K.`, `Meghan M. von der Royalen Familie`
        let attribute =
            rest.iter().any(|word| self.cues.given(&word.text)) || (self.german && rest.len() > 1);
        // `Al Rawahi` is only half a name.
        let half = name.len() == 2
            && name.first().is_some_and(|word| {
                matches!(word.lower.as_str(), "al" | "el" | "abu" | "bin" | "von" | "van" | "le")
            });
        // `Alfred-Wegener-Instituts`
        let inflected = name.last().is_some_and(|word| {
            let stem = word.lower.strip_suffix('s').or_else(|| word.lower.strip_suffix("es"));
            stem.is_some_and(|stem| self.cues.organisation(stem))
        });
        // `Warren-Sanders` is two people, `SandersWarren` is a slip by the publisher.
        let joined = name.iter().skip(1).all(|word| word.gap == Gap::Hyphen);
        let glued = name.iter().any(|word| word.text.chars().skip(4).any(char::is_uppercase));
        attribute || half || inflected || joined || glued
    }

    fn in_name(&self, word: &Word) -> bool {
        let letters = word.text.chars().all(|c| c.is_alphabetic());
        letters
            && (self.cues.particle(&word.lower)
                || !(self.cues.thing(&word.lower) || self.cues.role(&word.lower)))
            && (!self.cues.function(&word.lower) || self.cues.particle(&word.lower))
    }

    fn organisation(&self, at: usize, end: usize, found: &mut BTreeMap<String, Tag>) {
        let start = self.skip(at, end, false);
        let end = self.joined(start, end);
        let cue = self.slice(start, end).iter().find(|word| self.cues.organisation(&word.lower));
        let cue = cue.filter(|_| !self.german);
        // `Ukrainian Forces (SSO)`: the demonym is not part of the name unless the acronym has it.
        let short = self.skip(at, end, true);
        let acronym = self.acronym(end);
        let start = match &acronym {
            Some(acronym) if self.initials(start, end) != *acronym => short,
            _ => start,
        };
        let name = self.slice(start, end);
        let initials = self.initials(start, end);
        let again = |acronym: &String| self.acronyms.get(acronym.as_str()).copied().unwrap_or_default();
        let acronym = acronym.filter(|acronym| {
            let first = acronym.chars().next();
            *acronym == initials || (first == initials.chars().next() && again(acronym) > 1)
        });
        // The name of a person before a bracket is not an organisation, nor is a quantity.
        let other = |word: &Word| {
            self.cues.given(&word.text)
                || self.cues.role(&word.lower)
                || NO_ORGANISATION.contains(&word.lower.as_str())
                || word.text.chars().all(char::is_numeric)
        };
        let listed = (start..end).all(|at| self.taken_at(at));
        if name.len() < 2 || listed || name.iter().any(other) || (cue.is_none() && acronym.is_none()) {
            return;
        }
        let label = self.words.name(start, end);
        let id = format!("organisation/{}", slug(&label));
        if found.len() >= CANDIDATES_MAX && !found.contains_key(&id) {
            return;
        }
        if let Some(known) = found.get_mut(&id) {
            known.score = (known.score + 0.05).min(0.95);
            return;
        }
        let mut score: f32 = 0.0;
        let mut evidence = Vec::new();
        if let Some(cue) = cue {
            score = 0.65;
            evidence.push(format!("cue: {}", cue.text));
        }
        if let Some(acronym) = acronym {
            score = score.max(0.7) + if initials == acronym { 0.15 } else { 0.0 };
            let again = again(&acronym);
            if again > 1 {
                score += 0.05;
            }
            evidence.push(format!("acronym: {acronym} x{again}"));
        }
        found.insert(
            id.clone(),
            Tag { id, label, kind: "organisation".into(), score, evidence, ..Tag::default() },
        );
    }

    /// The first word that is not a small word at the start of a sentence, nor (with `names`) a
    /// name in the vocabularies.
    fn skip(&self, at: usize, end: usize, names: bool) -> usize {
        let skipped = |at: &usize| {
            self.words.get(*at).is_some_and(|word| self.cues.function(&word.lower))
                || (names && self.taken_at(*at))
        };
        (at..end).find(|at| !skipped(at)).unwrap_or(end)
    }

    /// `University of X`, `Department of X and Y`: further capitalised runs after joining words.
    fn joined(&self, start: usize, end: usize) -> usize {
        let organised = self.slice(start, end).iter().any(|word| self.cues.organisation(&word.lower));
        let limit = start + WORDS_MAX;
        let mut end = end;
        let mut joiners: &[&str] = &["of", "for", "on"];
        while let Some(word) = self.words.get(end).filter(|_| organised && end < limit) {
            let joins = joiners.contains(&word.lower.as_str()) && word.gap == Gap::Space;
            let further = self.words.get(end + 1).is_some_and(|word| word.capital && word.gap == Gap::Space);
            if !(joins && further) {
                break;
            }
            end = self.end(end + 1).min(limit);
            joiners = &["of", "for", "on", "and"];
        }
        end
    }

    fn initials(&self, start: usize, end: usize) -> String {
        let words = self.slice(start, end).iter().filter(|word| word.capital);
        words.filter_map(|word| word.text.chars().next()).collect()
    }

    fn taken_at(&self, at: usize) -> bool {
        self.taken.get(at).copied().unwrap_or_default()
    }

    /// An acronym in brackets right after the name: `(SSO)`.
    fn acronym(&self, end: usize) -> Option<String> {
        let word = self.words.get(end)?;
        let letters = word.text.chars().count();
        let closed =
            self.words.get(end + 1).is_none_or(|next| next.gap != Gap::Space && next.gap != Gap::Hyphen);
        (word.gap == Gap::Open && word.upper && (2..=7).contains(&letters) && closed)
            .then(|| word.text.clone())
    }

    fn decide(&self, people: BTreeMap<String, Candidate>, organisations: BTreeMap<String, Tag>) -> Names {
        let mut alone: HashMap<&str, usize> = HashMap::new();
        let surnames: HashSet<&str> = people.values().map(|candidate| candidate.surname.as_str()).collect();
        for (i, word) in self.words.list.iter().enumerate() {
            let joined = |other: Option<&Word>, gap: Gap| {
                gap == Gap::Space
                    && other.is_some_and(|word| {
                        word.capital && !self.cues.role(&word.lower) && !word.starts_sentence()
                    })
            };
            let after = self.words.get(i + 1);
            let name = surnames.contains(word.text.as_str())
                && !joined(self.words.before(i), word.gap)
                && !joined(after, after.map_or(Gap::Stop, |word| word.gap));
            if name {
                *alone.entry(word.text.as_str()).or_default() += 1;
            }
        }
        let mut names = Names::default();
        let whole: Vec<&str> = people.keys().map(String::as_str).collect();
        for (key, candidate) in &people {
            // `Guido L.` is `George Guido L.` again.
            let part = |longer: &&str| {
                longer.strip_suffix(key.as_str()).is_some_and(|rest| rest.ends_with([' ', '-']))
            };
            if whole.iter().any(part) {
                continue;
            }
            let alone = alone.get(candidate.surname.as_str()).copied().unwrap_or_default();
            if let Some(tag) = candidate.tag(alone, self.german) {
                names.surnames.insert(candidate.surname.clone());
                names.tags.push(tag);
            }
        }
        let by_score = |tags: &mut Vec<Tag>| {
            tags.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
            tags.truncate(TAGS_MAX);
        };
        by_score(&mut names.tags);
        let mut organisations: Vec<Tag> =
            organisations.into_values().filter(|tag| tag.score >= super::SCORE_MIN).collect();
        by_score(&mut organisations);
        names.tags.append(&mut organisations);
        names
    }
}
