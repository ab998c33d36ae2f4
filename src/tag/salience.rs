//! Where the text names what a tag is about, and how much the article is about it.

use super::{
    Tag,
    words::{Span, Words, parts},
};

/// Mentions of a tag, at most.
const MENTIONS_MAX: usize = 50;

/// What the title, each mention (up to [`COUNTED_MAX`]) and a mention at the beginning add. Chosen by hand,
/// so that what the title and the first paragraph name is above 0.5.
const TITLE: f32 = 0.8;
const EACH: f32 = 0.15;
const BEGINNING: f32 = 0.5;

/// Mentions beyond these add nothing.
const COUNTED_MAX: usize = 8;

/// Completes the tags of names: turns their mentions from bytes into characters of the text, and
/// sets their salience.
pub(super) fn finish(tags: &mut [Tag], words: &Words, text: &str) {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let characters = |byte: usize| starts.partition_point(|start| *start < byte);
    let surnames: Vec<String> =
        tags.iter().filter(|tag| tag.kind == "person").filter_map(|tag| parts(&tag.label).pop()).collect();
    for tag in tags.iter_mut() {
        if !matches!(tag.kind.as_str(), "place" | "person" | "organisation" | "keyword") {
            tag.mentions.clear();
            continue;
        }
        if tag.mentions.is_empty() {
            tag.mentions = occurrences(words, &tag.label);
        }
        let surname = parts(&tag.label).pop().filter(|_| tag.kind == "person");
        // If two people share a surname, it stands for neither.
        if let Some(surname) =
            surname.filter(|name| surnames.iter().filter(|other| *other == name).count() == 1)
        {
            tag.mentions.extend(occurrences(words, &surname));
        }
        tag.mentions.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        tag.mentions.dedup_by(|later, earlier| later.start < earlier.end);
        let first = tag.mentions.first().map(|span| span.start as f32 / text.len().max(1) as f32);
        let counted = tag.mentions.len().min(COUNTED_MAX) as f32;
        let title = tag.evidence.iter().any(|line| line == "title");
        let weight = EACH * counted
            + if title { TITLE } else { 0.0 }
            + first.map_or(0.0, |first| BEGINNING * (1.0 - first).powi(3));
        if title || first.is_some() {
            tag.salience = Some(1.0 - (-weight).exp());
        }
        tag.mentions.truncate(MENTIONS_MAX);
        for span in &mut tag.mentions {
            *span = Span { start: characters(span.start), end: characters(span.end) };
        }
    }
}

/// Where the words of a label occur in the text exactly.
fn occurrences(words: &Words, label: &str) -> Vec<Span> {
    let parts = parts(label);
    let mut found = Vec::new();
    for at in words.title..words.list.len() {
        let fits = !parts.is_empty()
            && parts.iter().enumerate().all(|(i, part)| {
                words.get(at + i).is_some_and(|word| word.text == *part && (i == 0 || word.gap.joins()))
            });
        if let (true, Some(span)) = (fits, words.span(at, parts.len())) {
            found.push(span);
        }
    }
    found
}
