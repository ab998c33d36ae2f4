//! A feed's summary without the boilerplate that feeds append to it.

use super::{Cleaner, Document, SiteMemory, kind::Kind, sentences::sentence_starts};
use crate::extract::Block;

/// Longest line, in characters, that may go although it is the whole summary: "Continue reading".
const WHOLE_CHARS_MAX: usize = 40;
/// How feeds show that the text goes on elsewhere.
const CUT_OFF: &[&str] = &["[…]", "[...]", "[&#8230;]", "(…)", "(...)", "… →", "→"];

impl Cleaner {
    /// A summary, one paragraph or several, without "The post ... appeared first on ...",
    /// "Continue reading" and the like. Its paragraphs come back as one line.
    ///
    /// Never empties a summary of more than a few words.
    pub fn summary<'t>(
        &self,
        paragraphs: impl IntoIterator<Item = &'t str>,
        site: &str,
        language: Option<&str>,
    ) -> String {
        let paragraphs: Vec<&str> =
            paragraphs.into_iter().map(str::trim).filter(|text| !text.is_empty()).collect();
        let whole = paragraphs.join(" ");
        let line = self.without_appended(&paragraphs, site, language);
        if !line.is_empty() || whole.chars().count() <= WHOLE_CHARS_MAX {
            return trimmed(&line);
        }
        // A card that ends in "Read more" goes entirely; in a summary that is only the last
        // sentence.
        let starts = sentence_starts(&whole);
        let ends = starts.iter().skip(1).copied().chain([whole.len()]);
        let sentences: Vec<&str> =
            starts.iter().zip(ends).filter_map(|(from, to)| whole.get(*from..to)).map(str::trim).collect();
        let line = self.without_appended(&sentences, site, language);
        trimmed(if line.is_empty() { &whole } else { &line })
    }

    fn without_appended(&self, paragraphs: &[&str], site: &str, language: Option<&str>) -> String {
        let block = |text: &&str| Block { tag: "p".into(), text: (*text).to_owned(), ..Block::default() };
        let document = Document {
            site: site.to_owned(),
            language: language.map(str::to_owned),
            blocks: paragraphs.iter().map(block).collect(),
            ..Document::default()
        };
        let cleaned = self.clean(&document, &SiteMemory::default());
        let mut kept = Vec::new();
        for (position, &paragraph) in paragraphs.iter().enumerate() {
            let mut text = paragraph;
            for removed in cleaned.removed.iter().filter(|removed| removed.position == position) {
                if Kind::named(&removed.kind).is_some_and(Kind::is_appended) {
                    text = match removed.span {
                        None => "",
                        // What was cut at the end; a beginning stays.
                        Some((from, _)) if from > 0 => text.get(..from).unwrap_or(text),
                        Some(_) => text,
                    };
                }
            }
            kept.push(text.trim());
        }
        kept.retain(|text| !text.is_empty());
        kept.join(" ")
    }
}

/// A line without the mark that the text goes on elsewhere.
fn trimmed(line: &str) -> String {
    let mut rest = line.trim();
    let mut open = false;
    while let Some(shorter) = CUT_OFF.iter().find_map(|sign| rest.strip_suffix(sign)) {
        (rest, open) = (shorter.trim_end(), true);
    }
    if open && !rest.is_empty() && !rest.ends_with(['.', '!', '?', '…']) {
        return format!("{rest}…");
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_feeds_append_goes_and_the_summary_stays() {
        let cleaner = Cleaner::builtin();
        let of = |text: &str| cleaner.summary(text.split('\n'), "bay.example", Some("en"));
        for (given, wanted) in [
            (
                "The wall held for eleven days before the gates gave way. [&#8230;]\nThe post The wall held appeared first on Bay Herald.",
                "The wall held for eleven days before the gates gave way.",
            ),
            (
                "The wall held for eleven days before the gates [...] Continue reading The wall held",
                "The wall held for eleven days before the gates…",
            ),
            ("The council votes on the wall tonight. Read more", "The council votes on the wall tonight."),
            ("Continue reading", ""),
            ("[…]", ""),
            ("", ""),
            (
                "Video: Crane falls onto the old harbour wall in the night",
                "Video: Crane falls onto the old harbour wall in the night",
            ),
            ("Read more than one map before you walk.", "Read more than one map before you walk."),
            ("Photo: Mara Lindqvist", "Photo: Mara Lindqvist"),
        ] {
            assert_eq!(of(given), wanted, "{given}");
        }
    }
}
