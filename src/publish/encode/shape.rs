//! The shape of the record: what its JSON Schema says, as far as other forms need it.
//!
//! The schemas of Avro, Protocol Buffers and Kafka Connect are made from this one shape, and both
//! binary forms are written and read by it. It is made from the same types as the JSON Schema, so
//! that none of them can say something else than the record.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

use super::{super::record::article_schema, numbers::numbers};

/// The form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    /// Not negative, of so many bits.
    Integer(u8),
    Float,
    Boolean,
    /// RFC 3339 in JSON.
    Time,
    /// May be null or left out.
    Optional(Box<Shape>),
    /// Absent is empty.
    List(Box<Shape>),
    /// Texts by name; absent is empty.
    Map,
    Record(Record),
}

/// An object with fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) fields: Vec<Field>,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Name in JSON.
    pub(super) json: String,
    /// Name where letters, digits and `_` only are allowed.
    pub(super) name: String,
    pub(super) what: String,
    pub(super) shape: Shape,
    /// Whether JSON has it even if it is null or empty.
    pub(super) always: bool,
    /// Number in Protocol Buffers.
    pub(super) number: u64,
}

/// The shape of an article.
pub(super) static ARTICLE: LazyLock<Record> = LazyLock::new(|| {
    let schema = article_schema().to_value();
    let types = schema.get("$defs").cloned().unwrap_or_default();
    record(text(&schema, "title"), &schema, &types)
});

impl Record {
    /// The records below this one and itself, each once, itself first.
    pub(super) fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        let mut next = 0;
        while let Some(record) = all.get(next).copied() {
            for inner in record.fields.iter().filter_map(|field| field.shape.record()) {
                if all.iter().all(|known| known.name != inner.name) {
                    all.push(inner);
                }
            }
            next += 1;
        }
        all
    }
}

impl Shape {
    /// The record that values of this shape are or hold.
    pub(super) fn record(&self) -> Option<&Record> {
        match self {
            Self::Record(record) => Some(record),
            Self::Optional(inner) | Self::List(inner) => inner.record(),
            _ => None,
        }
    }

    /// What a part of a JSON Schema (2020-12, as schemars writes it) says; what it does not know is
    /// text.
    fn of(schema: &Value, types: &Value) -> Self {
        if let Some(name) =
            schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
        {
            let target = types.get(name).cloned().unwrap_or_default();
            return match target.get("properties") {
                Some(_) => Self::Record(record(name.to_owned(), &target, types)),
                None => Self::of(&target, types),
            };
        }
        if let Some(choice) = schema.get("anyOf").and_then(Value::as_array)
            && let Some(inner) = choice.iter().find(|one| one.get("type") != Some(&"null".into()))
        {
            return Self::Optional(Box::new(Self::of(inner, types)));
        }
        let (kind, nullable) = match schema.get("type") {
            Some(Value::Array(kinds)) => (
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
                kinds.contains(&"null".into()),
            ),
            kind => (kind.and_then(Value::as_str).unwrap_or_default(), false),
        };
        let shape = match (kind, text(schema, "format").as_str()) {
            ("string", "date-time") => Self::Time,
            ("integer", format) => Self::Integer(if format.ends_with("32") { 32 } else { 64 }),
            ("number", _) => Self::Float,
            ("boolean", _) => Self::Boolean,
            ("array", _) => {
                let first = schema.get("prefixItems").and_then(|items| items.get(0));
                let items = schema.get("items").filter(|items| items.is_object()).or(first);
                return Self::List(Box::new(Self::of(items.unwrap_or(&Value::Null), types)));
            }
            ("object", _) => return Self::Map,
            _ => Self::Text,
        };
        if nullable { Self::Optional(Box::new(shape)) } else { shape }
    }
}

fn record(name: String, schema: &Value, types: &Value) -> Record {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let fields = properties.into_iter().flatten().map(|(json, property)| {
        let shape = Shape::of(property, types);
        let always = required.contains(&json.as_str());
        let shape = match shape {
            Shape::Optional(_) | Shape::List(_) | Shape::Map => shape,
            other if always => other,
            other => Shape::Optional(Box::new(other)),
        };
        let name = json.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        Field { json: json.clone(), name, what: text(property, "description"), shape, always, number: 0 }
    });
    let mut fields: Vec<Field> = fields.collect();
    let known = numbers(&name);
    let mut next = known.values().max().map_or(1, |last| last + 1);
    for field in &mut fields {
        field.number = known.get(&field.name).copied().unwrap_or_else(|| {
            next += 1;
            next - 1
        });
    }
    fields.sort_by_key(|field| field.number);
    Record { name, what: text(schema, "description"), fields }
}

fn text(schema: &Value, key: &str) -> String {
    schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The fields of an object that were read, without those that JSON leaves out.
pub(super) fn object(record: &Record, mut read: BTreeMap<usize, Value>) -> Value {
    let fields = record.fields.iter().enumerate().filter_map(|(index, field)| {
        let value = read.remove(&index).unwrap_or_else(|| field.shape.absent());
        let empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => matches!(field.shape, Shape::Map) && entries.is_empty(),
            _ => false,
        };
        (field.always || !empty).then(|| (field.json.clone(), value))
    });
    Value::Object(fields.collect())
}

impl Shape {
    /// What a value that was not written is.
    fn absent(&self) -> Value {
        match self {
            Self::Text => "".into(),
            Self::Integer(_) => 0.into(),
            Self::Float => 0.0.into(),
            Self::Boolean => false.into(),
            Self::Time | Self::Optional(_) => Value::Null,
            Self::List(_) => Value::Array(Vec::new()),
            Self::Map | Self::Record(_) => Value::Object(serde_json::Map::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_record_has_its_shape() {
        let all = ARTICLE.all();
        let shape = |record: &str, field: &str| {
            let record = all.iter().find(|known| known.name == record).unwrap_or_else(|| panic!("{record}"));
            let found = record.fields.iter().find(|known| known.json == field);
            found.unwrap_or_else(|| panic!("{}.{field}", record.name)).shape.clone()
        };
        let optional = |shape: Shape| Shape::Optional(Box::new(shape));
        for (record, field, expected) in [
            ("ArticleRecord", "title", Shape::Text),
            ("ArticleRecord", "revision", Shape::Integer(32)),
            ("ArticleRecord", "word_count", Shape::Integer(64)),
            ("ArticleRecord", "published_at", Shape::Time),
            ("ArticleRecord", "updated_at", optional(Shape::Time)),
            ("ArticleRecord", "published_at_source", Shape::Text),
            ("ArticleRecord", "summary", optional(Shape::Text)),
            ("ArticleRecord", "authors", Shape::List(Box::new(Shape::Text))),
            ("Content", "fallback", Shape::Boolean),
            ("Tag", "ids", Shape::Map),
            ("Tag", "salience", optional(Shape::Float)),
            ("Removed", "span", Shape::List(Box::new(Shape::Integer(64)))),
            ("UsagePreferences", "train-ai", Shape::Text),
        ] {
            assert_eq!(shape(record, field), expected, "{record}.{field}");
        }
        assert!(matches!(shape("ArticleRecord", "rights"), Shape::Optional(_)));
        let names: Vec<&str> = all.iter().map(|record| record.name.as_str()).collect();
        assert_eq!(names.first(), Some(&"ArticleRecord"));
        let fields = all.iter().flat_map(|record| &record.fields);
        assert!(fields.clone().all(|field| !field.what.is_empty()), "every field says what it is");
        assert!(fields.clone().all(|field| field.name.starts_with(|c: char| c.is_ascii_lowercase())));
    }
}
