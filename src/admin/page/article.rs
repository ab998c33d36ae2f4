//! An article with what was removed struck through, and what its tags go by marked.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::text::{Text, text};
use crate::{
    preview::{Row, words},
    publish::record::{ArticleRecord, Tag},
};

/// The article; `number` tells it from others on the page.
pub(super) fn article(record: &ArticleRecord, rows: &[Row], number: usize) -> Markup {
    let removed = rows.iter().filter(|row| matches!(row, Row::Removed { .. })).count();
    let title = format!("title-{number}");
    let mut at = Place::start(&record.text);
    html! {
        article aria-labelledby=(title) {
            h2 id=(title) dir="auto" { (text(&record.title)) }
            p.facts { (text(&words::facts(record))) }
            @if let Some(address) = record.canonical_url.as_deref().or(record.url.as_deref()) {
                // As text: what others wrote is nothing to click on here.
                p.facts dir="ltr" { (text(address)) }
            }
            p.legend {
                (removed) " of " (rows.len()) @if rows.len() == 1 { " passage is " } @else { " passages are " }
                del { "removed" } ", each with its rule below it; " mark { "marked" } " is what tags go by."
            }
            div.passages lang=(text(&record.language.code)) dir="auto" {
                @for row in rows { (passage(row, record, &mut at)) }
                @for note in &record.notes { p.note { b { (text(&note.kind)) } ": " (text(&note.text)) } }
            }
            (tags(record, number))
        }
    }
}

fn passage(row: &Row, record: &ArticleRecord, at: &mut Place<'_>) -> Markup {
    match row {
        Row::Kept { tag, text } => {
            let marked = marked(text, at.of(text), &record.tags);
            let is_heading = tag.len() == 2 && tag.starts_with('h') && tag != "hr";
            html! { @if is_heading { h3 { (marked) } } @else { p { (marked) } } }
        }
        Row::Suspect { text, reason } => {
            let (marked, why) = (marked(text, at.of(text), &record.tags), words::explain(reason));
            html! { p.suspect { (marked) span.why lang="en" dir="ltr" { "kept: " (Text(&why)) } } }
        }
        Row::Removed { text, reason } => {
            let why = words::explain(reason);
            html! {
                p.removed title=(Text(&why)) {
                    del { (Text(text)) }
                    span.why lang="en" dir="ltr" { "removed: " (Text(&why)) }
                }
            }
        }
    }
}

/// How far the article's text has been shown.
struct Place<'a> {
    rest: &'a str,
    /// Characters before the rest.
    chars: u64,
}

impl<'a> Place<'a> {
    fn start(text: &'a str) -> Self {
        Self { rest: text, chars: 0 }
    }

    /// Where `passage` begins in the article's text, in characters; none where it is not in it as it
    /// stands. The next one is looked for behind it.
    fn of(&mut self, passage: &str) -> Option<u64> {
        let (before, behind) = self.rest.split_at_checked(self.rest.find(passage)?)?;
        let start = self.chars + before.chars().count() as u64;
        self.chars = start + passage.chars().count() as u64;
        self.rest = behind.get(passage.len()..)?;
        Some(start)
    }
}

/// A passage that begins at `start` of the article's text, with the mentions of tags marked.
fn marked(passage: &str, start: Option<u64>, tags: &[Tag]) -> Markup {
    let Some(start) = start else { return html! { (text(passage)) } };
    html! {
        @for (part, tags) in parts(passage, start, tags) {
            @if tags.is_empty() {
                (text(part))
            } @else {
                @let ids = tags.iter().map(|tag| tag.id.as_str()).collect::<Vec<_>>().join(", ");
                mark title=(Text(&ids)) { (text(part)) }
            }
        }
    }
}

/// The passage in parts, each with the tags that mention it.
fn parts<'a>(passage: &'a str, start: u64, tags: &'a [Tag]) -> Vec<(&'a str, Vec<&'a Tag>)> {
    let bytes: Vec<usize> = passage.char_indices().map(|(byte, _)| byte).chain([passage.len()]).collect();
    let length = bytes.len() as u64 - 1;
    let inside = |at: u64| at.saturating_sub(start).min(length);
    let mentions: Vec<(u64, u64, &Tag)> = tags
        .iter()
        .flat_map(|tag| tag.mentions.iter().map(move |mention| (mention.start, mention.end, tag)))
        .map(|(from, to, tag)| (inside(from), inside(to), tag))
        .filter(|(from, to, _)| from < to)
        .collect();
    let cuts: BTreeSet<u64> =
        mentions.iter().flat_map(|(from, to, _)| [*from, *to]).chain([0, length]).collect();
    let cuts: Vec<u64> = cuts.into_iter().collect();
    let byte =
        |at: u64| bytes.get(usize::try_from(at).unwrap_or(usize::MAX)).copied().unwrap_or(passage.len());
    let between = cuts.windows(2).filter_map(|cut| match cut {
        [from, to] => Some((*from, *to)),
        _ => None,
    });
    let part = |(from, to): (u64, u64)| {
        let mut tags: Vec<&Tag> = mentions
            .iter()
            .filter(|(start, end, _)| *start <= from && to <= *end)
            .map(|(.., tag)| *tag)
            .collect();
        tags.dedup_by_key(|tag| &tag.id);
        (passage.get(byte(from)..byte(to)).unwrap_or_default(), tags)
    };
    between.map(part).collect()
}

fn tags(record: &ArticleRecord, number: usize) -> Markup {
    let caption = format!("tags-{number}");
    html! {
        @if record.tags.is_empty() {
            p { "No tags." }
        } @else {
            div.scroll role="region" aria-labelledby=(caption) tabindex="0" {
                table {
                    caption id=(caption) { "Tags" }
                    thead {
                        tr {
                            th scope="col" { "Tag" }
                            th scope="col" { "Name" }
                            th.number scope="col" { "Score" }
                            th scope="col" { "Evidence" }
                        }
                    }
                    tbody {
                        @for tag in &record.tags {
                            tr {
                                th scope="row" { code { (text(&tag.id)) } }
                                td { bdi { (text(&tag.label)) } }
                                td.number { (format!("{:.2}", tag.score)) }
                                td { (text(&tag.evidence.join(" · "))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        extract::Block,
        preview::decided,
        publish::record::{Mention, Removed},
    };

    fn tag(id: &str, mentions: &[(u64, u64)]) -> Tag {
        let mentions = mentions.iter().map(|(start, end)| Mention { start: *start, end: *end }).collect();
        Tag { id: id.into(), mentions, ..Tag::default() }
    }

    #[test]
    fn mentions_are_marked_where_they_stand() {
        let record = ArticleRecord {
            text: "Kyiv is calm.\n\nÉté in Kyiv city.".into(),
            tags: vec![tag("place/UA", &[(0, 4), (22, 26)]), tag("place/kyiv", &[(22, 31)])],
            ..ArticleRecord::default()
        };
        let mut at = Place::start(&record.text);
        let shown = |row: &Row, at: &mut Place<'_>| passage(row, &record, at).0;
        let kept = |text: &str| Row::Kept { tag: "p".into(), text: text.into() };
        assert_eq!(
            shown(&kept("Kyiv is calm."), &mut at),
            "<p><mark title=\"place/UA\">Kyiv</mark> is calm.</p>"
        );
        assert_eq!(shown(&kept("not in the text"), &mut at), "<p>not in the text</p>");
        assert_eq!(
            shown(&kept("Été in Kyiv city."), &mut at),
            "<p>Été in <mark title=\"place/UA, place/kyiv\">Kyiv</mark><mark title=\"place/kyiv\"> city</mark>.</p>"
        );
    }

    #[test]
    fn what_is_removed_is_struck_through_with_its_rule() {
        let record = ArticleRecord {
            text: "Stays.".into(),
            removed: vec![Removed {
                rule: "en.more".into(),
                kind: "more".into(),
                text: "More: <b>".into(),
                position: 0,
                span: Some((0, 9)),
                ..Removed::default()
            }],
            ..ArticleRecord::default()
        };
        let block = Block { tag: "p".into(), text: "More: <b> Stays.".into(), ..Block::default() };
        let shown = article(&record, &decided(&[block], &[], &record.removed), 0).0;
        assert!(shown.contains("1 of 2 passages are <del>removed</del>"), "{shown}");
        assert!(
            shown.contains("<del>More: &lt;b&gt;</del>") && shown.contains("removed: more · en.more"),
            "{shown}"
        );
    }

    proptest! {
        /// Whatever tags say: the passage is all there, in order, and no part is empty.
        #[test]
        fn parts_are_the_passage(
            passage in "\\PC{0,30}", start in 0_u64..50,
            mentions in proptest::collection::vec((0_u64..100, 0_u64..100), 0..12),
        ) {
            let tags: Vec<Tag> = mentions.iter().map(|mention| tag("a/b", &[*mention])).collect();
            let parts = parts(&passage, start, &tags);
            prop_assert_eq!(parts.iter().map(|(part, _)| *part).collect::<String>(), passage.as_str());
            prop_assert!(parts.iter().all(|(part, _)| !part.is_empty()));
        }
    }
}
