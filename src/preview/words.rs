//! What is said about an article, and about its cuts, on one line.

use std::fmt::Write;

use super::{rows::Reason, text::clean};
use crate::publish::record::ArticleRecord;

/// Feed, site, language, time, authors and how much of the article is there, on one line.
pub fn facts(record: &ArticleRecord) -> String {
    let mut facts = vec![record.feed.name.clone()];
    facts.extend(record.source.domain.clone());
    if !record.authors.is_empty() {
        facts.push(record.authors.join(", "));
    }
    facts.push(format!("{} {:.0} %", record.language.code, record.language.confidence * 100.0));
    facts.push(record.published_at.format("%Y-%m-%d %H:%M UTC").to_string());
    facts.push(format!("{} from {}", record.content.verdict.as_str(), record.content.origin.as_str()));
    if let Some(wall) = &record.content.wall {
        let detail = wall.detail.as_deref().map(|detail| format!(" ({})", clean(detail)));
        facts.push(format!("before the page: {}{}", wall.kind, detail.unwrap_or_default()));
    }
    facts.push(format!("{} words", record.word_count));
    if record.revision > 1 {
        facts.push(format!("revision {}", record.revision));
    }
    if !record.story.first && !record.story.id.is_empty() {
        let id: String = record.story.id.chars().take(12).collect();
        facts.push(format!("same story as {id} ({:.2})", record.story.similarity));
    }
    facts.join(" · ")
}

/// Kind, rule, score and evidence of a reason, on one line.
pub fn explain(reason: &Reason) -> String {
    let mut line = format!("{} · {} · {:.2}", reason.kind, reason.rule, reason.score);
    if !reason.evidence.is_empty() {
        line.push_str(" ·");
        for evidence in &reason.evidence {
            write!(line, " {} {:+.2}", evidence.rule, evidence.weight).ok();
        }
    }
    line
}
