//! Many phrases looked up in a text at once, ignoring case, as whole words or stems.

use std::collections::HashMap;

use super::words::{Words, parts};

/// A phrase to find. Each word is exact, or a stem if it is written with a trailing `*`.
#[derive(Debug)]
struct Phrase {
    words: Vec<(String, bool)>,
    /// The caller's number for it.
    id: u32,
}

/// Phrases by the first letters of their first word.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    index: HashMap<[char; 3], Vec<Phrase>>,
}

impl Phrases {
    /// Adds a phrase; one without a word is left out.
    pub(super) fn add(&mut self, phrase: &str, id: u32) {
        let mut words = Vec::new();
        for part in phrase.split_whitespace() {
            let stem = part.ends_with('*');
            let first = words.len();
            words.extend(parts(part).into_iter().map(|word| (word.to_lowercase(), false)));
            if let Some(last) = words.get_mut(first..).and_then(<[_]>::last_mut) {
                // A stem of one or two letters would be looked up under another key.
                last.1 = stem && last.0.chars().nth(2).is_some();
            }
        }
        if let Some((first, _)) = words.first() {
            self.index.entry(key(first)).or_default().push(Phrase { words, id });
        }
    }

    /// Calls `found` with the id and the index of the first word of every phrase in the text.
    pub(super) fn find(&self, words: &Words, mut found: impl FnMut(u32, usize)) {
        for (at, word) in words.list.iter().enumerate() {
            for phrase in self.index.get(&key(&word.lower)).into_iter().flatten() {
                if phrase.fits(words, at) {
                    found(phrase.id, at);
                }
            }
        }
    }
}

impl Phrase {
    fn fits(&self, words: &Words, at: usize) -> bool {
        self.words.iter().enumerate().all(|(i, (part, stem))| {
            words.get(at + i).is_some_and(|word| {
                (i == 0 || word.gap.joins())
                    && if *stem { word.lower.starts_with(part.as_str()) } else { word.lower == *part }
            })
        })
    }
}

fn key(word: &str) -> [char; 3] {
    let mut letters = word.chars();
    [(); 3].map(|()| letters.next().unwrap_or('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_phrases_and_short_words() {
        let mut phrases = Phrases::default();
        for (id, phrase) in
            ["soldier*", "civil war", "AI", "cease-fire*", "лесн* пожар*", "*", ""].iter().enumerate()
        {
            phrases.add(phrase, u32::try_from(id).unwrap());
        }
        let words =
            Words::new("", "Soldiers: AI in the civil war. Cease-fires, лесные пожары. Civil. War. Aid");
        let mut found = Vec::new();
        phrases.find(&words, |id, at| found.push((id, at)));
        assert_eq!(found, [(0, 0), (2, 1), (1, 4), (3, 6), (4, 8)]);
    }
}
