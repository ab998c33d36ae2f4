//! The headers of a record: CloudEvents 1.0 in binary mode (Kafka protocol binding) and our own.

use std::fmt::Write;

use super::{
    encode::Encoding,
    record::{ArticleRecord, DEAD_LETTER_SCHEMA, DeadLetter, JSON, UsagePreferences},
};
use crate::identity::digest;

/// Longest `tags` header, bytes; further tags are in the payload only.
const TAGS_MAX: usize = 4096;

/// What happened to the article: the header `ce_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// Seen for the first time.
    Published,
    /// Seen again and changed.
    Revised,
    /// Sent once more on request, for instance after the rules changed.
    Replayed,
}

impl EventType {
    /// The value of `ce_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "news.article.published",
            Self::Revised => "news.article.revised",
            Self::Replayed => "news.article.replayed",
        }
    }
}

/// Headers of an article. `traceparent` is W3C Trace Context, left out if there is no trace.
///
/// No value holds a control character: CR, LF, NUL and the like become spaces.
pub fn headers(
    record: &ArticleRecord,
    event: EventType,
    encoding: Encoding,
    traceparent: Option<&str>,
) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", value(&format!("{}/{}", record.id, record.revision))),
        ("ce_source", value(&record.feed.url)),
        ("ce_type", event.as_str().to_owned()),
        ("ce_time", time(record.published_at)),
        ("ce_dataschema", encoding.schema_uri().to_owned()),
        ("content-type", encoding.content_type().to_owned()),
        ("language", value(&record.language.code)),
        ("tags", tags(record)),
    ];
    if let Some(subject) = record.canonical_url.as_deref().or(record.url.as_deref()) {
        headers.push(("ce_subject", value(subject)));
    }
    if let Some(usage) = record.rights.as_ref().map(|rights| usage(&rights.usage))
        && !usage.is_empty()
    {
        headers.push(("usage", usage));
    }
    if let Some(traceparent) = traceparent {
        headers.push(("traceparent", value(traceparent)));
    }
    headers
}

/// The known preferences as a dictionary of IETF AIPREF: `train-ai=n, search=y`.
fn usage(usage: &UsagePreferences) -> String {
    let uses = [("train-ai", &usage.train_ai), ("ai-input", &usage.ai_input), ("search", &usage.search)];
    let known = uses.iter().filter_map(|(name, preference)| match preference.as_str() {
        "allowed" => Some(format!("{name}=y")),
        "disallowed" => Some(format!("{name}=n")),
        _ => None,
    });
    known.collect::<Vec<_>>().join(", ")
}

/// Headers of a dead letter.
pub fn dead_letter_headers(letter: &DeadLetter, traceparent: Option<&str>) -> Vec<(&'static str, String)> {
    let entry = letter.entry_id.as_deref().or(letter.url.as_deref()).unwrap_or_default();
    let mut headers = vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", value(&format!("{}/{entry}/{}", letter.key(), letter.attempts))),
        ("ce_source", value(&letter.feed.url)),
        ("ce_type", "news.article.dead-lettered".to_owned()),
        ("ce_time", time(letter.last_failed_at)),
        ("ce_dataschema", DEAD_LETTER_SCHEMA.to_owned()),
        ("content-type", JSON.to_owned()),
        ("error.reason", value(&letter.reason)),
        ("error.stage", letter.stage.as_str().to_owned()),
    ];
    if let Some(traceparent) = traceparent {
        headers.push(("traceparent", value(traceparent)));
    }
    headers
}

/// W3C Trace Context for an article: the same article and revision give the same trace, so that a
/// re-send is the same event to whoever traces it. The flag says that no trace was recorded here.
pub fn traceparent(record: &ArticleRecord) -> String {
    let revision = record.revision.to_string();
    let trace = digest(["trace", &record.id, &revision]);
    let span: String = digest(["span", &record.id, &revision]).chars().take(16).collect();
    format!("00-{trace}-{span}-00")
}

fn time(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// Tag ids separated by commas; a comma inside an id is written `%2C`.
fn tags(record: &ArticleRecord) -> String {
    let mut list = String::new();
    for tag in &record.tags {
        let id = value(&tag.id).replace(',', "%2C");
        if list.len() + 1 + id.len() > TAGS_MAX {
            break;
        }
        let comma = if list.is_empty() { "" } else { "," };
        write!(list, "{comma}{id}").ok();
    }
    list
}

fn value(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
