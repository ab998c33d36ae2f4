//! Keywords: lower-case phrases that an article keeps coming back to.

use std::collections::{BTreeMap, HashSet};

use super::{
    Kind, Tag,
    cues::Cues,
    forms::{LANGUAGES, slug},
    words::{Gap, Span, Words},
};

/// Words of a phrase, at most.
const WORDS_MAX: usize = 3;

/// Fewest letters of each of its words.
const LETTERS_MIN: usize = 4;

/// How often a phrase has to occur in an article; twice is enough if the title has it.
const TIMES_MIN: usize = 3;

/// Keywords of an article, at most.
const KEYWORDS_MAX: usize = 5;

/// A phrase and where it occurs.
#[derive(Default)]
struct Phrase {
    spans: Vec<Span>,
    title: bool,
    words: usize,
}

/// The phrases that the text repeats, the most frequent first. Only for languages whose function
/// words are known.
pub(super) fn keywords(words: &Words, cues: &Cues, language: &str) -> Vec<Tag> {
    if !LANGUAGES.contains(&language) {
        return Vec::new();
    }
    let mut found: BTreeMap<String, Phrase> = BTreeMap::new();
    let counting: Vec<bool> = words.list.iter().map(|word| counts(&word.lower, cues)).collect();
    for at in 0..words.list.len() {
        let mut phrase = String::new();
        for length in 1..=WORDS_MAX {
            let last = at + length - 1;
            if !counting.get(last).copied().unwrap_or_default() {
                break;
            }
            let Some(word) = words.get(last) else { break };
            if word.capital && !word.title || (length > 1 && word.gap != Gap::Space) {
                break;
            }
            if length > 1 {
                phrase.push(' ');
            }
            phrase.push_str(&word.lower);
            if length > 1 {
                let known = found.entry(phrase.clone()).or_default();
                known.words = length;
                known.title |= word.title;
                known.spans.extend(words.span(at, length));
            }
        }
    }
    found.retain(|_, phrase| phrase.spans.len() + usize::from(phrase.title) >= TIMES_MIN);
    // `gas pipeline` inside `natural gas pipeline` is the same keyword.
    let longer: HashSet<String> =
        found.keys().filter(|phrase| phrase.matches(' ').count() == 2).cloned().collect();
    found.retain(|phrase, _| !longer.iter().any(|long| long != phrase && long.contains(phrase.as_str())));
    let mut phrases: Vec<(String, Phrase)> = found.into_iter().collect();
    phrases.sort_by(|a, b| b.1.weight().cmp(&a.1.weight()).then_with(|| a.0.cmp(&b.0)));
    phrases.truncate(KEYWORDS_MAX);
    phrases.into_iter().map(|(label, phrase)| phrase.tag(label)).collect()
}

fn counts(lower: &str, cues: &Cues) -> bool {
    lower.chars().count() >= LETTERS_MIN && lower.chars().all(char::is_alphabetic) && !cues.common(lower)
}

impl Phrase {
    fn weight(&self) -> usize {
        (self.spans.len() + 2 * usize::from(self.title)) * self.words
    }

    fn tag(self, label: String) -> Tag {
        let times = self.spans.len();
        let title = if self.title { 0.1 } else { 0.0 };
        let mut evidence = vec![format!("phrase: {label} x{times}")];
        if self.title {
            evidence.push("title".to_owned());
        }
        Tag {
            id: format!("keyword/{}", slug(&label)),
            label,
            kind: Kind::Keyword.name().to_owned(),
            score: (0.55 + 0.05 * times.min(6) as f32 + title).clamp(0.6, 0.95),
            evidence,
            mentions: self.spans,
            ..Tag::default()
        }
    }
}
