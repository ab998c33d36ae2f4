//! From the steps' own types to the wire.

use crate::{
    clean, extract, language,
    publish::record::{Block, Coordinates, Image, Language, Mention, Note, Removed, Story, Tag, Verdict},
    story, tag,
};

/// JSON has no NaN, and the wire promises 0 to 1. Three digits are more precision than any score
/// has.
fn unit(score: f32) -> f32 {
    if score.is_finite() { (score.clamp(0.0, 1.0) * 1000.0).round() / 1000.0 } else { 0.0 }
}

impl From<extract::Verdict> for Verdict {
    fn from(verdict: extract::Verdict) -> Self {
        match verdict {
            extract::Verdict::Full => Self::Full,
            extract::Verdict::Truncated => Self::Truncated,
            extract::Verdict::Paywalled => Self::Paywalled,
            extract::Verdict::Blocked => Self::Blocked,
            extract::Verdict::SummaryOnly => Self::SummaryOnly,
        }
    }
}

impl From<extract::Block> for Block {
    fn from(block: extract::Block) -> Self {
        Self { tag: block.tag, text: block.text }
    }
}

impl From<extract::Image> for Image {
    fn from(image: extract::Image) -> Self {
        Self { url: image.url, caption: image.caption, credit: image.credit }
    }
}

impl From<language::Language> for Language {
    fn from(language: language::Language) -> Self {
        Self { code: language.code, confidence: unit(language.confidence) }
    }
}

impl From<tag::Tag> for Tag {
    fn from(tag: tag::Tag) -> Self {
        let mentions = tag.mentions.into_iter();
        Self {
            id: tag.id,
            label: tag.label,
            kind: tag.kind,
            score: unit(tag.score),
            evidence: tag.evidence,
            ids: tag.ids,
            mentions: mentions
                .map(|span| Mention { start: span.start as u64, end: span.end as u64 })
                .collect(),
            coordinates: tag
                .coordinates
                .map(|point| Coordinates { latitude: point.latitude, longitude: point.longitude }),
            salience: tag.salience.map(unit),
        }
    }
}

impl From<story::Story> for Story {
    fn from(story: story::Story) -> Self {
        Self { id: story.id, first: story.first, similarity: unit(story.similarity), merged: story.merged }
    }
}

impl From<clean::Removed> for Removed {
    fn from(removed: clean::Removed) -> Self {
        Self {
            kind: removed.kind,
            rule: removed.rule,
            score: unit(removed.score),
            text: removed.text,
            position: removed.position as u64,
            span: removed.span.map(|(from, to)| (from as u64, to as u64)),
        }
    }
}

impl From<clean::Note> for Note {
    fn from(note: clean::Note) -> Self {
        Self { kind: note.kind, text: note.text }
    }
}
