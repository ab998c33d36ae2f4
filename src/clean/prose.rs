//! Telling sentences of the article from boilerplate that is worded similarly.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use super::{line::Line, normal::normalise};

/// Words of reporting, for counter-evidence.
const REPORTING: &str = include_str!("../../config/rules/reporting.txt");
/// Words of sentences that tell something, and of sentences that address the reader.
const STATEMENT: &str = include_str!("../../config/rules/statement.txt");
/// Shortest statement, in words.
const STATEMENT_WORDS: usize = 5;

/// Finds words and phrases in comparable lines.
#[derive(Debug, Default)]
struct Words(Option<AhoCorasick>);

impl Words {
    fn new<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let words: Vec<String> = words.map(|word| format!(" {} ", normalise(word))).collect();
        Self(AhoCorasick::new(&words).ok())
    }

    fn any(&self, padded: &str) -> bool {
        self.0.as_ref().is_some_and(|automaton| automaton.is_match(padded))
    }
}

/// Tells sentences of the article from boilerplate that is worded similarly.
#[derive(Debug)]
pub(super) struct Prose {
    /// "said", "sagte", "a déclaré".
    reporting: Words,
    /// By language: words that tell something, and words that address the reader.
    statement: HashMap<&'static str, (Words, Words)>,
}

impl Prose {
    pub(super) fn new() -> Self {
        let lines = |text: &'static str| {
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
        };
        let mut statement: HashMap<&'static str, (Words, Words)> = HashMap::new();
        for line in lines(STATEMENT) {
            let Some((head, words)) = line.split_once(':') else { continue };
            let Some((language, what)) = head.split_once(' ') else { continue };
            let words = Words::new(words.split(','));
            let slot = statement.entry(language).or_default();
            match what {
                "tells" => slot.0 = words,
                _ => slot.1 = words,
            }
        }
        Self { reporting: Words::new(lines(REPORTING)), statement }
    }

    /// Whether a line reports; its comparable form is enough if it has one.
    pub(super) fn reports(&self, line: &Line<'_>) -> bool {
        let text = if line.text.is_empty() { &line.block.text } else { &line.text };
        self.reporting.any(&format!(" {text} "))
    }

    /// Whether a line is a sentence that tells something and does not address the reader.
    pub(super) fn states(&self, line: &Line<'_>, language: &str) -> bool {
        if !line.stopped || line.text.ends_with('?') || line.words < STATEMENT_WORDS {
            return false;
        }
        let language = if language.is_empty() { "en" } else { language };
        let Some((tells, asks)) = self.statement.get(language) else { return false };
        let padded = format!(" {} ", line.text);
        // The German polite form is recognised only by its capital.
        let polite = language == "de" && line.block.text.contains(" Sie ");
        !line.text.contains(['@', '©']) && !polite && tells.any(&padded) && !asks.any(&padded)
    }
}
