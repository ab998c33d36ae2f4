//! What speaks for a sequence of words being the name of a person or an organisation.

use crate::tag::{Tag, forms::slug};

/// What speaks for a name being that of a person.
#[derive(Debug, Default)]
pub(super) struct Candidate {
    pub(super) label: String,
    pub(super) surname: String,
    pub(super) count: usize,
    pub(super) given: bool,
    pub(super) role: Option<String>,
    pub(super) speech: bool,
    pub(super) age: bool,
    pub(super) post: bool,
    pub(super) title: bool,
}

/// Words of phrases that have an acronym but are not organisations.
pub(super) const NO_ORGANISATION: &[&str] = &[
    "time",
    "index",
    "rate",
    "disease",
    "syndrome",
    "virus",
    "disorder",
    "intelligence",
    "intelligenz",
    "product",
    "tax",
    "day",
    "game",
    "vehicle",
    "vehicles",
    "dollar",
    "dollars",
    "euro",
    "yuan",
    "act",
    "treaty",
    "agreement",
    "system",
    "square",
    "station",
    "street",
    "avenue",
    "park",
    "programme",
    "program",
    "airport",
    "plan",
    "rights",
    "inteligencia",
    "intelligence",
    "bruto",
    "brut",
];

impl Candidate {
    /// A name alone scores 0.2, and the cues add up. Below 0.6 it gives no tag.
    pub(super) fn tag(&self, alone: usize, german: bool) -> Option<Tag> {
        let mut score: f32 = 0.2;
        let mut evidence = vec![format!("name: {} x{}", self.label, self.count)];
        if self.given {
            score += 0.3;
            evidence.push("given name".to_owned());
        }
        if let Some(role) = self.role.as_ref() {
            score += 0.3;
            evidence.push(format!("role: {role}"));
        }
        if self.age {
            score += 0.4;
            evidence.push("age".to_owned());
        }
        if self.post {
            score += 0.4;
            evidence.push("post".to_owned());
        }
        if self.speech {
            score += 0.2;
            evidence.push("speech".to_owned());
        }
        let cue = score > 0.25;
        if alone > 0 {
            // German nouns have capitals too: a second sighting says less.
            score += if german && !self.given && self.role.is_none() { 0.05 } else { 0.2 };
            evidence.push(format!("surname: {} x{alone}", self.surname));
        }
        if self.count > 1 {
            score += 0.1;
        }
        if self.title {
            score += 0.1;
            evidence.push("title".to_owned());
        }
        (cue && score >= crate::tag::SCORE_MIN).then(|| Tag {
            id: format!("person/{}", slug(&self.label)),
            label: self.label.clone(),
            kind: "person".into(),
            score: score.min(0.95),
            evidence,
            ..Tag::default()
        })
    }
}
