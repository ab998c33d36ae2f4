//! What speaks against removal.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use super::{
    evidence::{Scope, Signal, Source},
    kind::Kind,
    layout::{Layout, Line},
    normal::normalise,
};

/// Words of reporting, for counter-evidence.
const REPORTING: &str = include_str!("../../config/rules/reporting.txt");
/// Words of sentences that tell, and of sentences that turn to the reader.
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

/// Tells sentences of the article from boilerplate that is worded alike.
#[derive(Debug)]
pub(super) struct Prose {
    /// "said", "sagte", "a déclaré".
    reporting: Words,
    /// By language: words that tell, and words that turn to the reader.
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

    /// Whether a line reports; its comparable form is enough where it has one.
    pub(super) fn reports(&self, line: &Line<'_>) -> bool {
        let text = if line.text.is_empty() { &line.block.text } else { &line.text };
        self.reporting.any(&format!(" {text} "))
    }

    /// Whether a line is a sentence that tells something and does not turn to the reader.
    fn states(&self, line: &Line<'_>, language: &str) -> bool {
        if !line.stopped || line.text.ends_with('?') || line.words < STATEMENT_WORDS {
            return false;
        }
        let language = if language.is_empty() { "en" } else { language };
        let Some((tells, asks)) = self.statement.get(language) else { return false };
        let padded = format!(" {} ", line.text);
        // The German polite form is told by its capital only.
        let polite = language == "de" && line.block.text.contains(" Sie ");
        !line.text.contains(['@', '©']) && !polite && tells.any(&padded) && !asks.any(&padded)
    }
}

/// What speaks against removal.
pub(super) fn counter<'a>(
    prose: &Prose,
    layout: &Layout<'_>,
    line: &Line<'_>,
    scope: &Scope<'_>,
    out: &mut Vec<Signal<'a>>,
) {
    let states = out.iter().any(|signal| signal.kind.is_some_and(Kind::addresses))
        && prose.states(line, scope.language);
    let known: Vec<Option<Kind>> = out
        .iter()
        .filter(|signal| signal.weight >= 0.7 && signal.source != Source::Inside)
        .map(|signal| signal.kind)
        .collect();
    let mut add = |rule, weight| out.push(Signal::new(rule, None, Source::Counter, weight));
    if line.quoted && line.weight > 60 && line.stopped {
        add("counter/quote", -0.4);
    }
    if line.weight > 60 && prose.reports(line) {
        add("counter/reporting", -0.35);
    }
    if states {
        add("counter/statement", -0.3);
    }
    let wordy = |kind: &Option<Kind>| {
        use Kind::{Bio, Consent, Disclaimer, Newsletter, Paywall, Support};
        matches!(kind, Some(Consent | Newsletter | Support | Disclaimer | Bio | Paywall))
    };
    if line.weight > 260 && line.stopped && !known.iter().any(wordy) {
        // A phrase inside a long paragraph is a phrase of that paragraph.
        add("counter/prose", if known.is_empty() { -0.25 } else { -0.15 });
    }
    if layout.in_main(line) && line.prose() && line.block.tag == "p" {
        add("counter/main", -0.1);
    }
    if line.heading && line.block.link_share < 0.5 && layout.in_main(line) {
        add("counter/heading", -0.2);
    }
}
