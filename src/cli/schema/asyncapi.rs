//! The AsyncAPI 3.0 document of the topics, made from the types of their records.

use serde_json::{Map, Value, json};

use crate::{
    config::Topics,
    ledger::{FeedHealth, health},
    publish::record::{self, SCHEMA_VERSION},
};

/// Headers of an article, with what they hold: the first of them is the one that tells a tombstone.
const HEADERS: [(&str, &str); 12] = [
    (
        "ce_type",
        "`news.article.published`, `news.article.revised`, `news.article.replayed`, or `news.article.deleted` of a tombstone.",
    ),
    ("ce_specversion", "Version of CloudEvents: `1.0`."),
    ("ce_id", "Id and revision of the article."),
    ("ce_source", "Address of the feed."),
    ("ce_subject", "Address of the article."),
    ("ce_time", "Time of publication, RFC 3339."),
    ("ce_dataschema", "URI of the schema of the value."),
    ("content-type", "Media type of the value."),
    ("language", "ISO 639-1 code, `und` if unknown."),
    ("tags", "Ids of tags, separated by commas."),
    ("usage", "What the publisher says about uses, as in `train-ai=n, search=y`."),
    ("traceparent", "W3C Trace Context."),
];

/// Headers of a dead letter.
const LETTER_HEADERS: [(&str, &str); 10] = [
    ("ce_type", "`news.article.dead-lettered`."),
    ("ce_specversion", "Version of CloudEvents: `1.0`."),
    ("ce_id", "Key, entry and number of attempts."),
    ("ce_source", "Address of the feed."),
    ("ce_time", "Time of the last failure, RFC 3339."),
    ("ce_dataschema", "URI of the schema of the value."),
    ("content-type", "Media type of the value."),
    ("error.reason", "Why, in a word."),
    ("error.stage", "The step that failed."),
    ("traceparent", "W3C Trace Context."),
];

/// The document, with topics as they are named by default.
pub(super) fn document() -> Value {
    let topics = Topics::default();
    let mut schemas = Map::new();
    for schema in [
        record::article_schema(),
        record::dead_letter_schema(),
        record::schema::<FeedHealth>(health::HEALTH_SCHEMA),
    ] {
        collect(schema.to_value(), &mut schemas);
    }
    let articles = channel(
        &topics.articles,
        "Articles, one record for each revision; a null value says that the publisher has removed the article. Topics of `routes` hold copies, of format `ninjs` as items of IPTC ninjs 3.1, and no tombstones.",
        &["article", "tombstone"],
    );
    let letters = channel(&topics.dead_letters, "What could not be published, and why.", &["deadLetter"]);
    let feeds = channel(
        "news.feeds",
        "The health of each feed, compacted by the feed's name; on if `topics.feeds` names it.",
        &["feedHealth"],
    );
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "copydesk",
            "version": SCHEMA_VERSION.to_string(),
            "description": "Whole, clean and tagged articles from feeds, in Kafka. Committed records are each revision once: read with `isolation.level=read_committed`.",
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        },
        "defaultContentType": "application/json",
        "channels": {"articles": articles, "deadLetters": letters, "feeds": feeds},
        "operations": {
            "publishArticles": operation("articles"),
            "publishDeadLetters": operation("deadLetters"),
            "publishFeeds": operation("feeds"),
        },
        "components": {
            "messages": {
                "article": message("ArticleRecord", "An article at one revision.", "The article's id.", &HEADERS),
                "tombstone": tombstone(),
                "deadLetter": message("DeadLetter", "What could not be published.", "The article's id, or the feed's name.",
                    &LETTER_HEADERS),
                "feedHealth": message("FeedHealth", "The health of a feed.", "The feed's name.",
                    &[("content-type", "Media type of the value.")]),
            },
            "schemas": schemas,
        },
    })
}

fn channel(topic: &str, description: &str, messages: &[&str]) -> Value {
    let messages = messages
        .iter()
        .map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/messages/{name}")})));
    json!({"address": topic, "description": description, "messages": messages.collect::<Map<_, _>>()})
}

fn operation(channel: &str) -> Value {
    json!({"action": "send", "channel": {"$ref": format!("#/channels/{channel}")}})
}

fn message(schema: &str, title: &str, key: &str, headers: &[(&str, &str)]) -> Value {
    json!({
        "name": schema,
        "title": title,
        "contentType": "application/json",
        "headers": texts(headers),
        "payload": {"$ref": format!("#/components/schemas/{schema}")},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}},
    })
}

fn tombstone() -> Value {
    let kind = HEADERS.first().copied().unwrap_or_default();
    json!({
        "name": "Tombstone",
        "title": "The publisher has removed the article.",
        "headers": texts(&[kind]),
        "payload": {"type": "null"},
        "bindings": {"kafka": {"key": {"type": "string", "description": "The article's id."}, "bindingVersion": "0.5.0"}},
    })
}

fn texts(headers: &[(&str, &str)]) -> Value {
    let properties = headers
        .iter()
        .map(|(name, what)| ((*name).to_owned(), json!({"type": "string", "description": what})));
    json!({"type": "object", "properties": properties.collect::<Map<_, _>>()})
}

/// Puts a schema and those that it refers to among the document's, in the draft of AsyncAPI (7).
fn collect(mut schema: Value, schemas: &mut Map<String, Value>) {
    let Some(object) = schema.as_object_mut() else { return };
    let types = object.remove("$defs").and_then(|types| types.as_object().cloned()).unwrap_or_default();
    object.retain(|key, _| !matches!(key.as_str(), "$id" | "$schema"));
    let name = object.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, schema) in types.into_iter().chain([(name, schema)]) {
        schemas.insert(name, within_document(schema));
    }
}

fn within_document(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| match (name.as_str(), value) {
                    ("$ref", Value::String(path)) => {
                        (name, path.replace("#/$defs/", "#/components/schemas/").into())
                    }
                    ("prefixItems", value) => ("items".to_owned(), within_document(value)),
                    (_, value) => (name, within_document(value)),
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(within_document).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn the_checked_in_document_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/schema/asyncapi.json");
        let text = format!("{:#}\n", document());
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap();
        assert!(
            written == text,
            "write it anew: copydesk schema --format asyncapi > config/schema/asyncapi.json"
        );
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 30, "{found:?}");
        for path in found {
            let pointer =
                path.strip_prefix('#').unwrap_or_else(|| panic!("{path} leads out of the document"));
            assert!(document.pointer(pointer).is_some(), "{path}");
        }
        for key in ["ArticleRecord", "DeadLetter", "FeedHealth"] {
            assert!(document["components"]["schemas"][key]["properties"].is_object(), "{key}");
        }
    }

    /// The headers that the golden record is written with are those of the document.
    #[test]
    fn headers_are_those_that_are_written() {
        let golden = include_str!("../../../tests/cases/record/golden.headers");
        let known = document()["components"]["messages"]["article"]["headers"]["properties"].clone();
        let written: Vec<&str> = golden.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert!(written.len() > 8, "{written:?}");
        for name in written {
            assert!(known.get(name).is_some(), "{name}");
        }
        let letter = crate::publish::tests::letter(record::Original::Absent);
        let written = crate::publish::dead_letter_headers(&letter, Some("00-0-0-00"));
        let mut written: Vec<&str> = written.iter().map(|(name, _)| *name).collect();
        let mut known: Vec<&str> = LETTER_HEADERS.iter().map(|(name, _)| *name).collect();
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(written, known);
    }
}
