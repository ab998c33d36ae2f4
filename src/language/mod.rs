//! The language of a text, from its script, the letter groups of its words, and what feed and page
//! claim.
//!
//! No I/O, no clock, no panic. One detection serves cleaning and tagging. The script decides alone
//! if only one known language is written in it; among the others a naive Bayes model over groups of
//! one to four letters decides ([`model`]), with the claim as a prior: a short text keeps the
//! language claimed, a text that clearly says otherwise overrules it. If the best languages are too
//! close, or the text fits none, the answer is `und`.
//!
//! README.md beside this file has the training data, its licences and the figures.

mod codes;
mod model;
mod script;

use serde::{Deserialize, Serialize};

use self::{model::Model, script::Script};

/// Characters of the text that are looked at, at most: more add nothing.
const SAMPLE_CHARS: usize = 800;

/// Characters of the title that are looked at, at most.
const TITLE_CHARS: usize = 200;

/// What a claim weighs against the text, in nats of the model's score. Measured on sentences of
/// Common Voice claimed to be in another language: see README.md.
const CLAIM: f32 = 60.0;

/// The same if the language claimed is written nearly like the one that the text looks like.
const CLAIM_OF_KIN: f32 = 150.0;

/// Fewest letter groups with which a text overrules a claim: four or five words.
const OVERRULING_MIN: usize = 60;

/// Smallest lead over the second language, in nats, if nothing is claimed.
const LEAD_MIN: f32 = 5.0;

/// Lowest score per letter group, in nats: a text far below it is in no known language.
const FIT_MIN: f32 = -0.6;

/// Smallest share of the letter groups that some known language has.
const KNOWN_MIN: f32 = 0.5;

/// Score per letter group, in nats, from which a text is taken to be in that very language although
/// the one claimed is unknown to the model.
const FIT_OF_OWN: f32 = 0.4;

/// A detected language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Language {
    /// ISO 639-1 code, ISO 639-3 if there is none, `und` if unknown.
    pub code: String,
    /// 0 to 1.
    pub confidence: f32,
}

impl Language {
    fn new(code: &str, confidence: f32) -> Self {
        Self { code: code.to_owned(), confidence: confidence.clamp(0.0, 1.0) }
    }

    fn unknown() -> Self {
        Self::new("und", 0.0)
    }

    /// The code, unless the language is unknown.
    pub fn known(&self) -> Option<&str> {
        (self.code != "und").then_some(self.code.as_str())
    }
}

/// Detects the language of a title and the paragraphs of its text. `claimed` is the BCP 47 tag that
/// feed or page declares.
pub fn detect<'t>(
    title: &str,
    paragraphs: impl IntoIterator<Item = &'t str>,
    claimed: Option<&str>,
) -> Language {
    let mut sample: String = title.chars().take(TITLE_CHARS).collect();
    let mut left = SAMPLE_CHARS;
    for paragraph in paragraphs {
        sample.push('\n');
        sample.extend(paragraph.chars().take(left));
        left = left.saturating_sub(paragraph.chars().take(left).count());
        if left == 0 {
            break;
        }
    }
    let sample = || sample.chars();
    let claimed = claimed.and_then(codes::primary);
    let claimed = claimed.as_deref();
    let Some(script) = script::dominant(sample()) else {
        return claimed.map_or_else(Language::unknown, |code| Language::new(code, 0.5));
    };
    let model = Model::builtin();
    let claimed = claimed.filter(|code| fits(model, code, script));
    if let Some(only) = script.only_language() {
        // A claim of a language unknown to the model can be right in any script.
        return match claimed.filter(|code| *code != only) {
            Some(code) => Language::new(code, 0.7),
            None => Language::new(only, 0.99),
        };
    }
    let scores = model.scores(sample(), script);
    decide(&scores, claimed)
}

/// Whether the claimed language can be written in that script.
fn fits(model: &Model, code: &str, script: Script) -> bool {
    if script.only_language() == Some(code) {
        return true;
    }
    match model.scripts_of(codes::as_trained(code)) {
        Some(scripts) => scripts & script.bit() != 0,
        // Not a known language: refused if the script alone identifies the language.
        None => script.own_languages().is_empty() || script.own_languages().contains(&code),
    }
}

fn decide(scores: &model::Scores, claimed: Option<&str>) -> Language {
    let Some((best, lead)) = scores.best() else {
        return claimed.map_or_else(Language::unknown, |code| Language::new(code, 0.5));
    };
    let fit = scores.of(best) / scores.groups.max(1) as f32;
    let sure = confidence(lead);
    let Some(claimed) = claimed else {
        let known = scores.groups as f32 >= KNOWN_MIN * scores.all as f32;
        let enough = lead >= LEAD_MIN && fit >= FIT_MIN && known;
        return if enough { Language::new(best, sure) } else { Language::unknown() };
    };
    let trained = codes::as_trained(claimed);
    if trained == best {
        return Language::new(claimed, sure.max(0.9));
    }
    // How much the text speaks against the claim, in nats. A language that the model does not know
    // looks like its nearest relative, but fits worse than a text of that language.
    let against = match scores.known(trained) {
        Some(score) => scores.of(best) - score,
        None => (fit - FIT_OF_OWN) * scores.groups as f32,
    };
    let claim = if codes::kin(claimed, best) { CLAIM_OF_KIN } else { CLAIM };
    if against > claim && lead >= LEAD_MIN && scores.groups >= OVERRULING_MIN {
        Language::new(best, confidence(lead.min(against - claim)) * 0.95)
    } else {
        Language::new(claimed, 0.7)
    }
}

/// A lead in nats as a confidence, 0 to 1. Neighbouring groups share letters, so the plain
/// posterior would be certain after a dozen letters.
fn confidence(lead: f32) -> f32 {
    let lead = lead / 6.0;
    0.5 + 0.5 * (1.0 - (-lead).exp())
}

#[cfg(test)]
mod tests;
