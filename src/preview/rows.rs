//! The lines of an article, with what was cut shown where it stood.

use std::fmt::Write;

use crate::{
    clean::{Decision, Evidence},
    extract,
    publish::record::{ArticleRecord, Removed},
};

/// Score from which a block that stays is shown as suspect.
const SUSPECT: f32 = 0.3;

/// One line of the preview: a block, or something that was cut, in its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A block that stays.
    Kept {
        /// HTML element.
        tag: String,
        /// Text.
        text: String,
    },
    /// A block that stays although something speaks against it.
    Suspect {
        /// Text.
        text: String,
        /// Why it was looked at.
        reason: Reason,
    },
    /// A block, or a part of one, that was cut.
    Removed {
        /// Text.
        text: String,
        /// Why.
        reason: Reason,
    },
}

/// Why a block was cut or looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reason {
    /// Kind of boilerplate.
    pub kind: String,
    /// Rule with the most weight.
    pub rule: String,
    /// Combined score, 0 to 1.
    pub score: f32,
    /// All the evidence, if known.
    pub evidence: Vec<Evidence>,
}

impl Reason {
    fn of(removed: &Removed) -> Self {
        Self {
            kind: removed.kind.clone(),
            rule: removed.rule.clone(),
            score: removed.score,
            evidence: Vec::new(),
        }
    }

    fn decided(decision: &Decision) -> Self {
        let strongest = decision.evidence.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
        Self {
            kind: decision.kind.clone(),
            rule: strongest.map(|evidence| evidence.rule.clone()).unwrap_or_default(),
            score: decision.score,
            evidence: decision.evidence.clone(),
        }
    }
}

/// Why a block of a page was taken into the article or left out, on one line.
pub fn why(block: &extract::Explained) -> String {
    let mut line = format!("{} · {:.2}", block.tag, block.score);
    if block.hidden {
        line.push_str(" · shown only without scripts");
    } else if block.leading.is_empty() {
        line.push_str(" · nothing around it looks like an article");
    }
    if let Some(rule) = block.rule {
        write!(line, " · left: {rule}").ok();
    }
    for leading in &block.leading {
        let value = (leading.value * 100.0).round() / 100.0;
        write!(line, " · {} = {value} {:+.2}", leading.name, leading.weight).ok();
    }
    line
}

/// The rows of a record: its blocks, and what was removed where it stood.
pub fn rows(record: &ArticleRecord) -> Vec<Row> {
    let mut removed: Vec<&Removed> = record.removed.iter().collect();
    removed.sort_by_key(|removed| (removed.position, removed.span));
    let mut removed = removed.into_iter().peekable();
    let mut kept = kept(record).into_iter();
    let mut rows = Vec::new();
    let mut position = 0;
    loop {
        let mut before = Vec::new();
        let mut after = Vec::new();
        let mut whole = false;
        while let Some(cut) = removed.next_if(|cut| cut.position <= position) {
            whole |= cut.span.is_none();
            let row = Row::Removed { text: cut.text.clone(), reason: Reason::of(cut) };
            if cut.span.is_some_and(|(from, _)| from == 0) { before.push(row) } else { after.push(row) }
        }
        let block = if whole { None } else { kept.next() };
        let exhausted = block.is_none() && !whole;
        rows.append(&mut before);
        rows.extend(block);
        rows.append(&mut after);
        if exhausted {
            // Cuts after the last block, or of blocks that are not in the record.
            let Some(next) = removed.peek() else { break };
            position = next.position;
        } else {
            position = position.saturating_add(1);
        }
    }
    rows
}

/// The blocks that stay; taken from the text if they were left out for size.
fn kept(record: &ArticleRecord) -> Vec<Row> {
    if record.blocks.is_empty() {
        let paragraphs = record.text.split("\n\n").filter(|text| !text.is_empty());
        return paragraphs.map(|text| Row::Kept { tag: "p".into(), text: text.into() }).collect();
    }
    record.blocks.iter().map(|block| Row::Kept { tag: block.tag.clone(), text: block.text.clone() }).collect()
}

/// The rows of an article with the decision about each of its blocks, as `preview` has them.
pub fn decided(blocks: &[extract::Block], decisions: &[Decision], removed: &[Removed]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let decision = decisions.get(index);
        let parts = removed.iter().filter(|cut| cut.position == index as u64);
        let parts: Vec<(&Removed, (usize, usize))> =
            parts.filter_map(|cut| Some((cut, span(cut)?))).collect();
        let mut spans: Vec<(usize, usize)> = parts.iter().map(|(_, span)| *span).collect();
        spans.sort_unstable();
        let reason = decision.map(Reason::decided).unwrap_or_default();
        let text = block.text.clone();
        match decision {
            Some(decision) if decision.removed => rows.push(Row::Removed { text, reason }),
            _ if !spans.is_empty() => {
                let (before, after): (Vec<_>, Vec<_>) =
                    parts.into_iter().partition(|(_, (from, _))| *from == 0);
                let cut = |(cut, _): (&Removed, _)| Row::Removed {
                    text: cut.text.clone(),
                    reason: Reason::of(cut),
                };
                rows.extend(before.into_iter().map(cut));
                rows.push(Row::Kept { tag: block.tag.clone(), text: without(&block.text, &spans) });
                rows.extend(after.into_iter().map(cut));
            }
            Some(decision) if decision.score >= SUSPECT => rows.push(Row::Suspect { text, reason }),
            _ => rows.push(Row::Kept { tag: block.tag.clone(), text }),
        }
    }
    rows
}

fn span(cut: &Removed) -> Option<(usize, usize)> {
    let (from, to) = cut.span?;
    Some((usize::try_from(from).ok()?, usize::try_from(to).ok()?))
}

/// `text` without the byte ranges `spans`, which are in order.
fn without(text: &str, spans: &[(usize, usize)]) -> String {
    let mut left = String::new();
    let mut at = 0;
    for &(from, to) in spans {
        left.push_str(text.get(at..from).unwrap_or_default());
        at = at.max(to);
    }
    left.push_str(text.get(at..).unwrap_or_default());
    left.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::record::Block;

    type Cuts<'a> = &'a [(&'a str, u64, Option<(u64, u64)>)];

    fn record(blocks: &[&str], removed: Cuts<'_>) -> ArticleRecord {
        ArticleRecord {
            blocks: blocks.iter().map(|text| Block { tag: "p".into(), text: (*text).into() }).collect(),
            removed: removed
                .iter()
                .map(|(text, position, span)| Removed {
                    text: (*text).into(),
                    position: *position,
                    span: *span,
                    ..Removed::default()
                })
                .collect(),
            ..ArticleRecord::default()
        }
    }

    fn picture(rows: &[Row]) -> String {
        let word = |row: &Row| match row {
            Row::Kept { text, .. } => text.clone(),
            Row::Suspect { text, .. } => format!("?{text}"),
            Row::Removed { text, .. } => format!("-{text}"),
        };
        rows.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_was_removed_stands_at_its_place() {
        for (blocks, removed, expected) in [
            (vec!["a", "b"], vec![], "a b"),
            (vec!["a", "b"], vec![("x", 1, None)], "a -x b"),
            (vec!["a"], vec![("x", 0, None), ("y", 2, None)], "-x a -y"),
            (vec!["a", "b"], vec![("x", 1, Some((0, 3)))], "a -x b"),
            (vec!["a", "b"], vec![("x", 0, Some((4, 7)))], "a -x b"),
            (vec!["a"], vec![("x", 9, None), ("y", 9, Some((5, 6)))], "a -x -y"),
            (vec![], vec![("x", 0, None), ("y", 1, None)], "-x -y"),
        ] {
            let record = record(&blocks, &removed);
            assert_eq!(picture(&rows(&record)), expected, "{blocks:?} {removed:?}");
        }
    }

    #[test]
    fn a_block_is_explained() {
        let leading = extract::Leading { name: "size".into(), value: 120.0, weight: 1.5 };
        let block = extract::Explained {
            tag: "p",
            score: 0.97,
            rule: Some("copy"),
            leading: vec![leading],
            ..extract::Explained::default()
        };
        assert_eq!(why(&block), "p · 0.97 · left: copy · size = 120 +1.50");
        let far = extract::Explained { leading: Vec::new(), rule: None, score: 0.0, ..block };
        assert_eq!(why(&far), "p · 0.00 · nothing around it looks like an article");
    }

    #[test]
    fn decisions_make_rows() {
        let block = |text: &str| extract::Block { text: text.into(), ..extract::Block::default() };
        let decision = |removed, score| Decision { removed, kind: "k".into(), score, evidence: Vec::new() };
        let blocks = [block("a"), block("share"), block("maybe"), block("By A. The text. More: b")];
        let decisions =
            [decision(false, 0.0), decision(true, 0.9), decision(false, 0.4), decision(false, 0.0)];
        let cut = |text: &str, span| Removed {
            kind: "k".into(),
            rule: "r".into(),
            score: 1.0,
            text: text.into(),
            position: 3,
            span: Some(span),
        };
        let removed = [cut("By A. ", (0, 6)), cut(" More: b", (15, 23))];
        let rows = decided(&blocks, &decisions, &removed);
        assert_eq!(picture(&rows), "a -share ?maybe -By A.  The text. - More: b");
    }
}
