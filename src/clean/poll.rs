//! Polls: a question to the reader and the answers to choose from, in a box of their own.

use super::{
    evidence::{Signal, Source},
    kind::Kind,
    layout::{Layout, Line},
};

/// Longest question and longest answer.
const QUESTION_MAX: usize = 200;
const ANSWER_MAX: usize = 90;
/// Answers to choose from.
const ANSWERS: std::ops::RangeInclusive<usize> = 2..=12;
/// Lines below the answers that belong to them: the count of votes, a button.
const BELOW_MAX: usize = 3;
/// Weight if the box is named a poll, and if it is not.
const NAMED: f32 = 0.85;
const UNNAMED: f32 = 0.4;
/// Beginnings of words in class names that call a box a poll.
const NAMES: &[&str] = &[
    "poll",
    "vote",
    "voting",
    "survey",
    "umfrage",
    "abstimm",
    "encuesta",
    "votacion",
    "sondage",
    "sondagg",
    "enquete",
    "enquet",
    "anket",
    "ankiet",
    "stemming",
    "omrost",
    "afstemning",
    "avstemning",
    "opros",
    "kysely",
    "golos",
    "opinary",
];

/// Adds the evidence of lines shaped like a poll.
pub(super) fn apply(layout: &Layout<'_>, signals: &mut [Vec<Signal<'_>>]) {
    let mut index = 0;
    while let Some(line) = layout.lines.get(index) {
        let Some((size, named)) = poll(layout, index, line) else {
            index += 1;
            continue;
        };
        let weight = if named { NAMED } else { UNNAMED };
        for mine in signals.iter_mut().skip(index).take(size) {
            mine.push(Signal::new("shape/poll", Kind::Ui, Source::Context, weight));
        }
        index += size;
    }
}

/// How many lines belong to the poll whose question this is, and whether a class name says that it
/// is one.
fn poll(layout: &Layout<'_>, index: usize, line: &Line<'_>) -> Option<(usize, bool)> {
    let asks = line.block.text.trim_end().ends_with(['?', '？', '؟', ';']);
    if !asks || line.weight > QUESTION_MAX || line.link > 0.5 {
        return None;
    }
    let own = line.block.classes.iter().skip(1).take(2);
    let frame = own.into_iter().find(|entry| entry.contains(['.', '#']) && !layout.is_container(entry))?;
    let below = layout.lines.get(index + 1..).unwrap_or_default();
    let inside = |other: &&Line<'_>| other.block.classes.iter().take(4).any(|entry| entry == frame);
    let size = below.iter().take_while(inside).count();
    let first = below.first().filter(|first| inside(first))?;
    let is_answer = |other: &&Line<'_>| {
        other.weight <= ANSWER_MAX
            && !other.heading
            && other.block.classes.first() == first.block.classes.first()
    };
    let answers = below.iter().take(size).take_while(is_answer).count();
    let framed = size <= answers + BELOW_MAX;
    (ANSWERS.contains(&answers) && framed).then(|| (size + 1, is_named(frame)))
}

/// Whether a word in the class names begins like one for a poll.
fn is_named(entry: &str) -> bool {
    let lower = entry.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphabetic());
    words.any(|word| NAMES.iter().any(|name| word.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::super::{Cleaner, Document, SiteMemory};
    use crate::extract::Block;

    fn block(tag: &str, text: &str, chain: &[&str]) -> Block {
        let classes = [tag].iter().chain(chain).map(|entry| (*entry).to_owned()).collect();
        let tag = tag.split('.').next().unwrap_or_default().to_owned();
        Block { tag, text: text.to_owned(), classes, ..Block::default() }
    }

    fn cleaned(frame: &str, lines: &[&str]) -> String {
        let prose = [
            "The council of Nordhaven voted on Tuesday to rebuild the harbour wall, after the storm of last winter damaged two of its three gates and the quay behind them.",
            "The money comes from the region and from a fund of the fishermen, which was set up after the flood of 1954 and holds enough for one of the three gates.",
            "Work begins in the spring and takes two years, in which the boats have to lie elsewhere, for which nobody has a place yet, as the clerk of the port admits.",
        ];
        let paragraph = |text: &&str| block("p", text, &["div.article-body", "article"]);
        let mut blocks: Vec<Block> = prose.iter().take(2).map(paragraph).collect();
        let (first, rest) = lines.split_first().unwrap();
        blocks.push(block("p", first, &[frame, "div.article-body", "article"]));
        blocks.extend(
            rest.iter().map(|text| block("div.option", text, &[frame, "div.article-body", "article"])),
        );
        blocks.extend(prose.iter().skip(2).map(paragraph));
        let document = Document {
            site: "bay.example".into(),
            language: Some("en".into()),
            blocks,
            ..Document::default()
        };
        let cleaned = Cleaner::builtin().clean(&document, &SiteMemory::default());
        cleaned.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_answers_of_a_poll_go_with_its_question() {
        let cases: [(&str, &[&str]); 5] = [
            (
                "div.Poll_box__a1",
                &["Should boats pay for the wall?", "Yes, all of them.", "Only the large ones.", "No."],
            ),
            (
                "section.voting-widget",
                &["What would you build?", "A wall", "A gate", "Nothing at all", "812 votes"],
            ),
            ("div.umfrage", &["Wer soll zahlen?", "Die Boote zahlen.", "Das Land zahlt.", "Keine Meinung."]),
            ("div.encuesta-frame", &["¿Quién debe pagar el muro?", "Los barcos.", "La región.", "No lo sé."]),
            (
                "div.js-sondage",
                &["Qui doit payer le mur ?", "Les bateaux paient.", "La région paie.", "Sans avis."],
            ),
        ];
        for (frame, lines) in cases {
            let text = cleaned(frame, lines);
            for line in lines {
                assert!(!text.contains(line), "{frame}: {line:?} is still there");
            }
        }
    }

    #[test]
    fn questions_of_the_article_stay_with_their_answers() {
        let cases: [(&str, &[&str]); 3] = [
            (
                "div.article-body",
                &["Who pays for the wall?", "The boats pay a third.", "The region pays the rest."],
            ),
            ("div.faq", &["Who pays for the wall?", "The boats pay a third.", "The region pays the rest."]),
            ("div.interview", &["Who asked for it?", "The fishermen did.", "Nobody else came."]),
        ];
        for (frame, lines) in cases {
            let text = cleaned(frame, lines);
            for line in lines {
                assert!(text.contains(line), "{frame}: {line:?} is gone from {text}");
            }
        }
    }
}
