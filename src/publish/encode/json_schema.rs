//! The JSON Schema as a registry gets it.

use serde_json::{Map, Value};

use super::super::record::article_schema;

const DRAFT_7: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of the record in draft 7, in which no object has fields that are not named.
///
/// Draft 7 is what all registries can compare: Apicurio gives up at 2020-12. To a registry, a field
/// that is added to an open schema is not backward compatible, since older records could have had a
/// field of that name; added to a closed one it is. Readers go on ignoring what they do not know.
pub(super) fn closed() -> Value {
    in_draft_7(article_schema().to_value())
}

fn in_draft_7(schema: Value) -> Value {
    match schema {
        Value::Object(object) => {
            let closed = object.get("properties").is_some_and(Value::is_object);
            let mut out: Map<String, Value> = object.into_iter().map(keyword).collect();
            if closed {
                out.insert("additionalProperties".to_owned(), false.into());
            }
            Value::Object(out)
        }
        Value::Array(items) => items.into_iter().map(in_draft_7).collect(),
        other => other,
    }
}

fn keyword((name, value): (String, Value)) -> (String, Value) {
    match (name.as_str(), value) {
        ("$defs", value) => ("definitions".to_owned(), in_draft_7(value)),
        ("prefixItems", value) => ("items".to_owned(), in_draft_7(value)),
        ("$schema", _) => (name, DRAFT_7.into()),
        ("$ref", Value::String(path)) => (name, path.replace("#/$defs/", "#/definitions/").into()),
        (_, value) => (name, in_draft_7(value)),
    }
}
