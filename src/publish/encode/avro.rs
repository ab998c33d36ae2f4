//! Apache Avro 1.11: the schema, and the binary form.
//!
//! What may be absent is a union with null first and null as its default; lists and maps are empty
//! by default; times are `timestamp-millis`, which Kafka Connect, ClickHouse, Flink and DuckDB all
//! know. The two dozen lines of the binary form are here because they follow the record's shape
//! directly: `apache-avro` would bring twenty crates and a second tree of values for each record.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    read_varint,
    shape::{ARTICLE, Field, Record, Shape, object},
    shown, take, time, write_varint,
};

/// Namespace of the records.
pub(super) const NAMESPACE: &str = "copydesk";

/// Nesting of a schema that is read, at most.
const DEPTH_MAX: usize = 32;
/// Fields of a schema, those of a named record counted wherever its name stands: a name costs a line and can
/// stand for all before it. An article has some 150.
const FIELDS_MAX: usize = 2_000;

/// The schema of an article.
pub(super) fn schema() -> Value {
    let mut schema = record_schema(&ARTICLE, &mut Vec::new());
    if let Some(object) = schema.as_object_mut() {
        object.insert("namespace".to_owned(), NAMESPACE.into());
    }
    schema
}

fn record_schema(record: &Record, known: &mut Vec<String>) -> Value {
    if known.contains(&record.name) {
        return record.name.clone().into();
    }
    known.push(record.name.clone());
    let fields: Vec<Value> = record.fields.iter().map(|field| field_schema(field, known)).collect();
    json!({"type": "record", "name": record.name, "doc": record.what, "fields": fields})
}

fn field_schema(field: &Field, known: &mut Vec<String>) -> Value {
    let mut schema =
        json!({"name": field.name, "doc": field.what, "type": value_schema(&field.shape, known)});
    if field.name != field.json {
        schema["jsonName"] = field.json.clone().into();
    }
    match field.shape {
        Shape::Optional(_) => schema["default"] = Value::Null,
        Shape::List(_) => schema["default"] = json!([]),
        Shape::Map => schema["default"] = json!({}),
        _ => {}
    }
    schema
}

fn value_schema(shape: &Shape, known: &mut Vec<String>) -> Value {
    match shape {
        Shape::Text => "string".into(),
        Shape::Integer(_) => "long".into(),
        Shape::Float => "float".into(),
        Shape::Boolean => "boolean".into(),
        Shape::Time => json!({"type": "long", "logicalType": "timestamp-millis"}),
        Shape::Optional(inner) => json!(["null", value_schema(inner, known)]),
        Shape::List(inner) => json!({"type": "array", "items": value_schema(inner, known)}),
        Shape::Map => json!({"type": "map", "values": "string"}),
        Shape::Record(record) => record_schema(record, known),
    }
}

/// Writes an article's JSON.
pub(super) fn write(article: &Value, out: &mut Vec<u8>) {
    write_record(&ARTICLE, article, out);
}

fn write_record(record: &Record, value: &Value, out: &mut Vec<u8>) {
    for field in &record.fields {
        write_value(&field.shape, value.get(&field.json).unwrap_or(&Value::Null), out);
    }
}

fn write_value(shape: &Shape, value: &Value, out: &mut Vec<u8>) {
    match shape {
        Shape::Text => write_text(value.as_str().unwrap_or_default(), out),
        Shape::Integer(_) => write_long(value.as_i64().unwrap_or_default(), out),
        Shape::Float => out.extend((value.as_f64().unwrap_or_default() as f32).to_le_bytes()),
        Shape::Boolean => out.push(u8::from(value.as_bool().unwrap_or_default())),
        Shape::Time => write_long(time(value).timestamp_millis(), out),
        Shape::Optional(_) if value.is_null() => write_long(0, out),
        Shape::Optional(inner) => {
            write_long(1, out);
            write_value(inner, value, out);
        }
        Shape::List(inner) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            if !items.is_empty() {
                write_long(items.len() as i64, out);
                items.iter().for_each(|item| write_value(inner, item, out));
            }
            write_long(0, out);
        }
        Shape::Map => {
            if let Some(entries) = value.as_object().filter(|entries| !entries.is_empty()) {
                write_long(entries.len() as i64, out);
                for (name, entry) in entries {
                    write_text(name, out);
                    write_text(entry.as_str().unwrap_or_default(), out);
                }
            }
            write_long(0, out);
        }
        Shape::Record(record) => write_record(record, value, out),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    write_long(text.len() as i64, out);
    out.extend(text.as_bytes());
}

/// Zigzag, then seven bits a byte, the lowest first.
fn write_long(number: i64, out: &mut Vec<u8>) {
    write_varint(((number << 1) ^ (number >> 63)).cast_unsigned(), out);
}

/// The shape that the schema of whoever wrote a record has.
///
/// # Errors
/// It is not a schema of articles.
pub(super) fn read_schema(text: &str) -> Result<Record, String> {
    let schema = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match read_shape(&schema, &mut BTreeMap::new(), 0)? {
        Shape::Record(record) => Ok(record),
        _ => Err("not a record".to_owned()),
    }
}

fn read_shape(schema: &Value, known: &mut BTreeMap<String, Record>, depth: usize) -> Result<Shape, String> {
    let strange = || format!("a type that articles do not have: {schema}");
    if depth > DEPTH_MAX {
        return Err("nested too deeply".to_owned());
    }
    let inner = |key: &str, known: &mut BTreeMap<String, Record>| {
        read_shape(schema.get(key).unwrap_or(&Value::Null), known, depth + 1)
    };
    match schema {
        Value::String(name) => Ok(match name.as_str() {
            "string" => Shape::Text,
            "long" | "int" => Shape::Integer(64),
            "float" => Shape::Float,
            "boolean" => Shape::Boolean,
            name => {
                let name = name.rsplit('.').next().unwrap_or_default();
                Shape::Record(known.get(name).cloned().ok_or_else(strange)?)
            }
        }),
        Value::Array(union) => match union.as_slice() {
            [null, inner] if *null == "null" => {
                Ok(Shape::Optional(Box::new(read_shape(inner, known, depth + 1)?)))
            }
            _ => Err(strange()),
        },
        Value::Object(object) => match object.get("type").and_then(Value::as_str).unwrap_or_default() {
            "long" if object.get("logicalType") == Some(&"timestamp-millis".into()) => Ok(Shape::Time),
            "array" => Ok(Shape::List(Box::new(inner("items", known)?))),
            "map" if inner("values", known)? == Shape::Text => Ok(Shape::Map),
            "record" => {
                let record = read_record(schema, known, depth)?;
                known.insert(record.name.clone(), record.clone());
                Ok(Shape::Record(record))
            }
            name @ ("string" | "long" | "int" | "float" | "boolean") => {
                read_shape(&name.into(), known, depth + 1)
            }
            _ => Err(strange()),
        },
        _ => Err(strange()),
    }
}

/// Number of fields within a type.
fn size(shape: &Shape) -> usize {
    match shape {
        Shape::Record(record) => record.fields.iter().map(|field| 1 + size(&field.shape)).sum(),
        Shape::Optional(inner) | Shape::List(inner) => size(inner),
        _ => 0,
    }
}

fn read_record(schema: &Value, known: &mut BTreeMap<String, Record>, depth: usize) -> Result<Record, String> {
    let text =
        |schema: &Value, key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut record = Record { name: text(schema, "name"), ..Record::default() };
    let mut all = 0;
    for field in schema.get("fields").and_then(Value::as_array).into_iter().flatten() {
        let shape = read_shape(field.get("type").unwrap_or(&Value::Null), known, depth + 1)?;
        all += 1 + size(&shape);
        if all > FIELDS_MAX {
            return Err("too many fields".to_owned());
        }
        let name = text(field, "name");
        let json = field.get("jsonName").and_then(Value::as_str).unwrap_or(&name).to_owned();
        // Only one that a list or map may leave out is left out when it is empty.
        let always = !matches!(shape, Shape::List(_) | Shape::Map | Shape::Optional(_))
            || is_always(&record.name, &json);
        record.fields.push(Field { json, name, what: String::new(), shape, always, number: 0 });
    }
    if record.fields.is_empty() { Err("a record without fields".to_owned()) } else { Ok(record) }
}

/// Whether this program's own record always has the field in JSON.
fn is_always(record: &str, json: &str) -> bool {
    let own = ARTICLE.all().into_iter().find(|known| known.name == record);
    own.is_some_and(|own| own.fields.iter().any(|field| field.json == json && field.always))
}

/// Reads an article as JSON; `writer` is the shape by which it was written.
///
/// # Errors
/// The bytes are not of that shape, or more than it.
pub(super) fn read(writer: &Record, bytes: &[u8]) -> Result<Value, String> {
    let mut rest = bytes;
    let value = read_fields(writer, &mut rest).ok_or("it breaks off, or is not of its schema")?;
    if rest.is_empty() { Ok(value) } else { Err(format!("{} bytes follow its end", rest.len())) }
}

fn read_fields(record: &Record, rest: &mut &[u8]) -> Option<Value> {
    let mut fields = BTreeMap::new();
    for (index, field) in record.fields.iter().enumerate() {
        fields.insert(index, read_value(&field.shape, rest)?);
    }
    Some(object(record, fields))
}

fn read_value(shape: &Shape, rest: &mut &[u8]) -> Option<Value> {
    Some(match shape {
        Shape::Text => read_text(rest)?.into(),
        Shape::Integer(_) => read_long(rest)?.into(),
        Shape::Float => f32::from_le_bytes(take(rest, 4)?.try_into().ok()?).into(),
        Shape::Boolean => (take(rest, 1)? == [1]).into(),
        Shape::Time => shown(DateTime::<Utc>::from_timestamp_millis(read_long(rest)?)?),
        Shape::Optional(inner) => match read_long(rest)? {
            0 => Value::Null,
            1 => read_value(inner, rest)?,
            _ => return None,
        },
        Shape::List(inner) => {
            let mut items = Vec::new();
            blocks(rest, |rest| {
                items.push(read_value(inner, rest)?);
                Some(())
            })?;
            Value::Array(items)
        }
        Shape::Map => {
            let mut entries = serde_json::Map::new();
            blocks(rest, |rest| {
                let name = read_text(rest)?;
                entries.insert(name, read_text(rest)?.into());
                Some(())
            })?;
            Value::Object(entries)
        }
        Shape::Record(record) => read_fields(record, rest)?,
    })
}

/// Blocks of items: a count (if negative, the size in bytes follows), the items, and 0 at the end.
/// An item takes a byte at least, so that no count makes more of them than there are bytes.
fn blocks(rest: &mut &[u8], mut item: impl FnMut(&mut &[u8]) -> Option<()>) -> Option<()> {
    loop {
        let count = read_long(rest)?;
        if count == 0 {
            return Some(());
        }
        if count < 0 {
            read_long(rest)?;
        }
        for _ in 0..count.unsigned_abs() {
            let before = rest.len();
            item(rest)?;
            if rest.len() == before {
                return None;
            }
        }
    }
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(read_long(rest)?).ok()?;
    String::from_utf8(take(rest, length)?.to_vec()).ok()
}

fn read_long(rest: &mut &[u8]) -> Option<i64> {
    let raw = read_varint(rest)?;
    Some((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
}
