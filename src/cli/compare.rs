//! What rules that are not live yet would change: by article, by rule, and in all.

use std::{collections::BTreeMap, io::Write};

use serde::Serialize;

use super::Failure;
use crate::{
    clean::{Cleaned, Document, Removed},
    preview::text,
};

/// Characters of a block shown to people, at most.
const SHOWN_CHARS: usize = 200;

/// One block that the compared rules decide differently.
#[derive(Serialize)]
struct Change<'a> {
    position: usize,
    /// `cut` or `restored`.
    change: &'static str,
    rule: &'a str,
    kind: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Comparison<'a> {
    id: &'a serde_json::Value,
    changes: Vec<Change<'a>>,
}

/// What a rule newly cuts and no longer cuts.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct ByRule {
    cut: usize,
    restored: usize,
}

/// How differences are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// One object a line for each article that changes, and nothing else.
    Lines,
    /// The same, and an object with the counts at the end.
    Json,
    /// For people.
    Text,
}

/// Counts over all articles.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    articles: usize,
    pub changed: usize,
    cut: usize,
    restored: usize,
    rules: BTreeMap<String, ByRule>,
}

impl Tally {
    /// Compares one article; reports and counts what differs.
    pub(super) fn take(
        &mut self,
        id: &serde_json::Value,
        document: &Document,
        live: &Cleaned,
        other: &Cleaned,
        style: Style,
        out: &mut impl Write,
    ) -> Result<(), Failure> {
        self.articles += 1;
        let changes = changes(document, live, other);
        if changes.is_empty() {
            return Ok(());
        }
        self.changed += 1;
        for change in &changes {
            let counts = self.rules.entry(change.rule.to_owned()).or_default();
            let (all, own) = match change.change {
                "cut" => (&mut self.cut, &mut counts.cut),
                _ => (&mut self.restored, &mut counts.restored),
            };
            *all += 1;
            *own += 1;
        }
        if style != Style::Text {
            serde_json::to_writer(&mut *out, &Comparison { id, changes }).map_err(anyhow::Error::from)?;
            return Ok(out.write_all(b"\n")?);
        }
        let name = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let title = document.title.as_deref().map(|title| format!(" · {}", shown(title)));
        writeln!(out, "{}{}", shown(&name), title.unwrap_or_default())?;
        for Change { change, rule, text, .. } in changes {
            let (sign, how) = if change == "cut" { ('-', "cut") } else { ('+', "was cut") };
            writeln!(out, "  {sign} {}\n    {how} by {rule}", shown(text))?;
        }
        Ok(())
    }

    /// Reports the counts: as the last object, or on standard error.
    pub(super) fn finish(&self, style: Style, out: &mut impl Write) -> Result<(), Failure> {
        match style {
            Style::Lines => {}
            Style::Json => {
                serde_json::to_writer(&mut *out, self).map_err(anyhow::Error::from)?;
                out.write_all(b"\n")?;
            }
            Style::Text => {
                for (rule, ByRule { cut, restored }) in &self.rules {
                    writeln!(out, "{rule}: {cut} newly cut, {restored} restored")?;
                }
                out.flush()?;
                eprintln!(
                    "{} articles: {} would change, {} blocks newly cut, {} restored",
                    self.articles, self.changed, self.cut, self.restored
                );
            }
        }
        Ok(())
    }
}

/// A text from elsewhere, safe to show and not too long.
fn shown(line: &str) -> String {
    let mut shown: String = text::clean(line).chars().take(SHOWN_CHARS).collect();
    if line.chars().count() > SHOWN_CHARS {
        shown.push('…');
    }
    shown
}

/// What `other` cuts that `live` keeps, and the other way round.
fn changes<'a>(document: &Document, live: &'a Cleaned, other: &'a Cleaned) -> Vec<Change<'a>> {
    fn of(cleaned: &Cleaned, block: usize) -> impl Iterator<Item = &Removed> {
        cleaned.removed.iter().filter(move |removed| removed.position == block)
    }
    let mut changes = Vec::new();
    for block in 0..document.blocks.len() {
        for (from, against, change) in [(other, live, "cut"), (live, other, "restored")] {
            for removed in of(from, block) {
                if !of(against, block).any(|known| known.span == removed.span && known.text == removed.text) {
                    let Removed { rule, kind, text, position, .. } = removed;
                    changes.push(Change { position: *position, change, rule, kind, text });
                }
            }
        }
    }
    changes
}
