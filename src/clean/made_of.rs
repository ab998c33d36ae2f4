//! Lines made of nothing but certain words: share bars, dates, credits.

use std::collections::HashMap;

use super::{normal::is_word, rules::Rule};

/// Longest phrase of such a line, in words.
const PHRASE_MAX: usize = 4;
/// Longest such line, in words.
const WORDS_MAX: usize = 60;

/// The rules for such lines, compiled.
#[derive(Debug, Default)]
pub(super) struct WordLists {
    /// By first word: the lines to try.
    first: HashMap<String, Vec<u32>>,
    lines: Vec<MadeOfLine>,
}

#[derive(Debug)]
struct MadeOfLine {
    rule: u32,
    /// Each phrase, and whether it is a key.
    words: HashMap<String, bool>,
    at_most: usize,
    at_least: usize,
}

impl WordLists {
    pub(super) fn add(&mut self, rule: u32, source: &Rule) {
        let Some(made_of) = &source.made_of else { return };
        let mut words: HashMap<String, bool> = HashMap::new();
        for literal in &made_of.words {
            words.insert(literal.text.clone(), false);
        }
        for literal in &made_of.key {
            words.insert(literal.text.clone(), true);
        }
        let index = self.lines.len() as u32;
        for phrase in words.keys() {
            if let Some(first) = phrase.split(' ').find(|token| is_word(token) || *token == "©") {
                let list = self.first.entry(first.to_owned()).or_default();
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
        }
        // Marks inside a phrase are skipped in the line as well.
        let words = words
            .into_iter()
            .map(|(phrase, key)| {
                let kept: Vec<&str> =
                    phrase.split(' ').filter(|token| is_word(token) || *token == "©").collect();
                (kept.join(" "), key)
            })
            .collect();
        self.lines.push(MadeOfLine { rule, words, at_most: made_of.at_most, at_least: made_of.at_least });
    }

    /// The rules that match a normalised line, by index.
    pub(super) fn matches(&self, line: &str) -> Vec<u32> {
        let Some(first) = tokens(line).find(|token| *token != "0") else { return Vec::new() };
        let Some(candidates) = self.first.get(first) else { return Vec::new() };
        let tokens: Vec<&str> = tokens(line).collect();
        if tokens.len() > WORDS_MAX {
            return Vec::new();
        }
        let made_of = candidates.iter().filter_map(|candidate| self.lines.get(*candidate as usize));
        let holds = |made_of: &&MadeOfLine| tokens.len() <= made_of.at_most && made_of.consists(&tokens);
        made_of.filter(holds).map(|made_of| made_of.rule).collect()
    }
}

impl MadeOfLine {
    fn consists(&self, tokens: &[&str]) -> bool {
        let mut keys = 0;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let longest = (1..=PHRASE_MAX).rev().find_map(|length| {
                let phrase = tokens.get(at..at + length)?.join(" ");
                self.words.get(&phrase).map(|key| (length, *key))
            });
            match longest {
                Some((length, key)) => {
                    keys += usize::from(key);
                    at += length;
                }
                None if *token == "0" => at += 1,
                None => return false,
            }
        }
        keys >= self.at_least
    }
}

/// The tokens that such a line is made of.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    line.split(' ').filter(|token| is_word(token) || *token == "©")
}
