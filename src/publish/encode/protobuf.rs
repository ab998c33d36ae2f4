//! Protocol Buffers: the definition (proto3), and the wire form.
//!
//! The wire form is written here and not by a library because the definition is made at run time
//! from the record's shape: libraries for that (`prost-reflect`) work on trees of their own.

use std::{collections::BTreeMap, fmt::Write};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    read_varint,
    shape::{ARTICLE, Record, Shape, object},
    shown, take, time, write_varint,
};

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// The definition of an article.
pub(super) fn definition() -> String {
    let mut out = format!(
        "syntax = \"proto3\";\n\npackage {};\n\nimport \"google/protobuf/timestamp.proto\";\n",
        super::avro::NAMESPACE
    );
    for record in ARTICLE.all() {
        out.push('\n');
        comment(&record.what, "", &mut out);
        out.push_str(&format!("message {} {{\n", record.name));
        for field in &record.fields {
            comment(&field.what, "  ", &mut out);
            let (label, kind) = match &field.shape {
                Shape::Optional(inner) if inner.record().is_none() && **inner != Shape::Time => {
                    ("optional ", kind(inner))
                }
                Shape::List(inner) => ("repeated ", kind(inner)),
                shape => ("", kind(shape)),
            };
            // Without it the JSON form of Protocol Buffers would be in camel case.
            let json = if field.json.contains(['_', '-']) {
                format!(" [json_name = \"{}\"]", field.json)
            } else {
                String::new()
            };
            writeln!(out, "  {label}{kind} {} = {}{json};", field.name, field.number).ok();
        }
        out.push_str("}\n");
    }
    out
}

fn kind(shape: &Shape) -> &str {
    match shape {
        Shape::Text => "string",
        Shape::Integer(32) => "uint32",
        Shape::Integer(_) => "uint64",
        Shape::Float => "float",
        Shape::Boolean => "bool",
        Shape::Time => "google.protobuf.Timestamp",
        Shape::Optional(inner) | Shape::List(inner) => kind(inner),
        Shape::Map => "map<string, string>",
        Shape::Record(record) => &record.name,
    }
}

fn comment(text: &str, indent: &str, out: &mut String) {
    for line in text.lines() {
        out.push_str(format!("{indent}// {line}").trim_end());
        out.push('\n');
    }
}

/// Writes an article's JSON.
pub(super) fn write(article: &Value, out: &mut Vec<u8>) {
    write_record(&ARTICLE, article, out);
}

fn write_record(record: &Record, value: &Value, out: &mut Vec<u8>) {
    for field in &record.fields {
        let number = field.number;
        let Some(value) = value.get(&field.json).filter(|value| !value.is_null()) else { continue };
        match &field.shape {
            Shape::List(inner) if matches!(**inner, Shape::Integer(_)) => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let mut packed = Vec::new();
                items.iter().for_each(|item| write_varint(item.as_u64().unwrap_or_default(), &mut packed));
                if !packed.is_empty() {
                    write_bytes(number, &packed, out);
                }
            }
            Shape::List(inner) => {
                for item in value.as_array().into_iter().flatten() {
                    write_value(number, inner, item, out);
                }
            }
            Shape::Map => {
                for (name, entry) in value.as_object().into_iter().flatten() {
                    let mut pair = Vec::new();
                    write_bytes(1, name.as_bytes(), &mut pair);
                    write_bytes(2, entry.as_str().unwrap_or_default().as_bytes(), &mut pair);
                    write_bytes(number, &pair, out);
                }
            }
            Shape::Optional(inner) => write_value(number, inner, value, out),
            shape => {
                let zero = match value {
                    Value::String(text) => text.is_empty(),
                    Value::Number(number) => number.as_f64() == Some(0.0),
                    value => *value == Value::Bool(false),
                };
                if !zero {
                    write_value(number, shape, value, out);
                }
            }
        }
    }
}

fn write_value(number: u64, shape: &Shape, value: &Value, out: &mut Vec<u8>) {
    match shape {
        Shape::Integer(_) => {
            write_varint((number << 3) | VARINT, out);
            write_varint(value.as_u64().unwrap_or_default(), out);
        }
        Shape::Boolean => {
            write_varint((number << 3) | VARINT, out);
            out.push(u8::from(value.as_bool().unwrap_or_default()));
        }
        Shape::Float => {
            write_varint((number << 3) | FIXED32, out);
            out.extend((value.as_f64().unwrap_or_default() as f32).to_le_bytes());
        }
        Shape::Time => {
            let time = time(value);
            let mut stamp = Vec::new();
            for (part, field) in [(time.timestamp(), 1), (time.timestamp_subsec_nanos().into(), 2)] {
                if part != 0 {
                    write_varint((field << 3) | VARINT, &mut stamp);
                    write_varint(part.cast_unsigned(), &mut stamp);
                }
            }
            write_bytes(number, &stamp, out);
        }
        Shape::Record(record) => {
            let mut inner = Vec::new();
            write_record(record, value, &mut inner);
            write_bytes(number, &inner, out);
        }
        Shape::Text | Shape::Optional(_) | Shape::List(_) | Shape::Map => {
            write_bytes(number, value.as_str().unwrap_or_default().as_bytes(), out);
        }
    }
}

fn write_bytes(number: u64, bytes: &[u8], out: &mut Vec<u8>) {
    write_varint((number << 3) | LENGTH, out);
    write_varint(bytes.len() as u64, out);
    out.extend(bytes);
}

/// A field as it lies in a message.
enum Wire<'b> {
    Number(u64),
    Float(f32),
    Bytes(&'b [u8]),
    Unknown,
}

/// Reads an article as JSON; fields with numbers that this program does not know are left out.
///
/// # Errors
/// The bytes are not such a message.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    read_record(&ARTICLE, bytes).ok_or_else(|| "it breaks off, or is not of its definition".to_owned())
}

fn read_record(record: &Record, mut rest: &[u8]) -> Option<Value> {
    let mut fields: BTreeMap<usize, Value> = BTreeMap::new();
    while !rest.is_empty() {
        let (number, wire) = read_field(&mut rest)?;
        let found = record.fields.iter().position(|field| field.number == number);
        let Some((index, field)) = found.and_then(|index| Some((index, record.fields.get(index)?))) else {
            continue;
        };
        match &field.shape {
            Shape::List(inner) => {
                let Value::Array(items) = fields.entry(index).or_insert_with(|| Value::Array(Vec::new()))
                else {
                    return None;
                };
                match (&**inner, wire) {
                    (Shape::Integer(_), Wire::Bytes(mut packed)) => {
                        while !packed.is_empty() {
                            items.push(read_varint(&mut packed)?.into());
                        }
                    }
                    (inner, wire) => items.push(read_value(inner, wire)?),
                }
            }
            Shape::Map => {
                let Value::Object(entries) =
                    fields.entry(index).or_insert_with(|| Value::Object(serde_json::Map::new()))
                else {
                    return None;
                };
                let (name, entry) = read_entry(wire)?;
                entries.insert(name, entry.into());
            }
            shape => {
                fields.insert(index, read_value(shape, wire)?);
            }
        }
    }
    Some(object(record, fields))
}

fn read_value(shape: &Shape, wire: Wire<'_>) -> Option<Value> {
    Some(match (shape, wire) {
        (Shape::Optional(inner), wire) => read_value(inner, wire)?,
        (Shape::Text, Wire::Bytes(text)) => std::str::from_utf8(text).ok()?.into(),
        (Shape::Integer(_), Wire::Number(number)) => number.into(),
        (Shape::Boolean, Wire::Number(number)) => (number != 0).into(),
        (Shape::Float, Wire::Float(float)) => float.into(),
        (Shape::Time, Wire::Bytes(mut stamp)) => {
            let (mut seconds, mut nanos) = (0, 0);
            while !stamp.is_empty() {
                match read_field(&mut stamp)? {
                    (1, Wire::Number(number)) => seconds = number.cast_signed(),
                    (2, Wire::Number(number)) => nanos = u32::try_from(number).ok()?,
                    _ => {}
                }
            }
            shown(DateTime::<Utc>::from_timestamp(seconds, nanos)?)
        }
        (Shape::Record(record), Wire::Bytes(message)) => read_record(record, message)?,
        _ => return None,
    })
}

fn read_entry(wire: Wire<'_>) -> Option<(String, String)> {
    let Wire::Bytes(mut pair) = wire else { return None };
    let (mut name, mut entry) = (String::new(), String::new());
    while !pair.is_empty() {
        match read_field(&mut pair)? {
            (1, Wire::Bytes(text)) => std::str::from_utf8(text).ok()?.clone_into(&mut name),
            (2, Wire::Bytes(text)) => std::str::from_utf8(text).ok()?.clone_into(&mut entry),
            _ => {}
        }
    }
    Some((name, entry))
}

fn read_field<'b>(rest: &mut &'b [u8]) -> Option<(u64, Wire<'b>)> {
    let tag = read_varint(rest)?;
    let wire = match tag & 7 {
        VARINT => Wire::Number(read_varint(rest)?),
        FIXED32 => Wire::Float(f32::from_le_bytes(take(rest, 4)?.try_into().ok()?)),
        FIXED64 => take(rest, 8).map(|_| Wire::Unknown)?,
        LENGTH => {
            let length = usize::try_from(read_varint(rest)?).ok()?;
            Wire::Bytes(take(rest, length)?)
        }
        _ => return None,
    };
    Some((tag >> 3, wire))
}
