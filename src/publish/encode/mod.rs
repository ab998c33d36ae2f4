//! The form of an article's value in Kafka.
//!
//! Everything that writes or reads a value goes through here: fitting, headers, `tail`, replays, and
//! the same record becomes all of the forms. Dead letters are JSON whatever the articles are, so
//! that people can read them.

mod avro;
mod connect;
mod json_schema;
mod numbers;
mod protobuf;
mod schemas;
mod shape;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::{
    ninjs::{NINJS_SCHEMA, ninjs},
    record::{ARTICLE_SCHEMA, ArticleRecord, JSON},
};
use crate::config::SchemaFormat;

pub use connect::schema as connect_schema;
pub use schemas::Schemas;

/// Media types of the binary forms; both begin with the frame of [`framed`].
const AVRO: &str = "application/avro";
const PROTOBUF: &str = "application/protobuf";

/// How an article is written; with a schema registry, under which id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// JSON (RFC 8259), UTF-8, on one line.
    #[default]
    Json,
    /// The same JSON behind the frame.
    JsonSchema(u32),
    /// Apache Avro behind the frame.
    Avro(u32),
    /// Protocol Buffers behind the frame and the index of the message.
    Protobuf(u32),
    /// JSON of IPTC ninjs 3.1: a view that is not read back.
    Ninjs,
}

/// The encodings of topics; JSON where nothing else is said.
#[derive(Clone, Debug, Default)]
pub struct Encodings(Arc<BTreeMap<String, Encoding>>);

impl Encodings {
    /// The encoding of each of these topics.
    pub fn new(topics: impl IntoIterator<Item = (String, Encoding)>) -> Self {
        Self(Arc::new(topics.into_iter().collect()))
    }

    /// The encoding of a topic.
    pub fn of(&self, topic: &str) -> Encoding {
        self.0.get(topic).copied().unwrap_or_default()
    }
}

impl Encoding {
    /// The encoding of a format, whose schema has this id in the registry.
    pub fn registered(format: SchemaFormat, id: u32) -> Self {
        match format {
            SchemaFormat::JsonSchema => Self::JsonSchema(id),
            SchemaFormat::Avro => Self::Avro(id),
            SchemaFormat::Protobuf => Self::Protobuf(id),
        }
    }

    /// The header `content-type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::JsonSchema(_) | Self::Ninjs => JSON,
            Self::Avro(_) => AVRO,
            Self::Protobuf(_) => PROTOBUF,
        }
    }

    /// The header `ce_dataschema`.
    pub fn schema_uri(self) -> &'static str {
        match self {
            Self::Ninjs => NINJS_SCHEMA,
            _ => ARTICLE_SCHEMA,
        }
    }

    /// The value of an article.
    pub fn encode(self, record: &ArticleRecord) -> Vec<u8> {
        match self {
            Self::Json => record.to_json(),
            Self::Ninjs => json(&ninjs(record)),
            Self::JsonSchema(id) => {
                let mut out = framed(id);
                out.extend(record.to_json());
                out
            }
            Self::Avro(id) => {
                let mut out = framed(id);
                avro::write(&tree(record), &mut out);
                out
            }
            Self::Protobuf(id) => {
                let mut out = framed(id);
                // The index of the first message of its definition: `[0]`, which is written as 0.
                out.push(0);
                protobuf::write(&tree(record), &mut out);
                out
            }
        }
    }
}

/// The schema of a format, as it is registered.
pub fn registered_schema(format: SchemaFormat) -> String {
    match format {
        SchemaFormat::JsonSchema => json_schema::closed().to_string(),
        SchemaFormat::Avro => avro::schema().to_string(),
        SchemaFormat::Protobuf => protobuf::definition(),
    }
}

/// The schema of a format as people read it, with a line break at its end.
pub fn printed_schema(format: SchemaFormat) -> String {
    match format {
        SchemaFormat::JsonSchema => format!("{:#}\n", json_schema::closed()),
        SchemaFormat::Avro => format!("{:#}\n", avro::schema()),
        SchemaFormat::Protobuf => protobuf::definition(),
    }
}

/// Reads the value of an article; `content_type` is its header.
///
/// # Errors
/// What is wrong with it, in words.
pub fn decode(value: &[u8], content_type: Option<&[u8]>, schemas: &Schemas) -> Result<ArticleRecord, String> {
    let content_type = content_type.unwrap_or(JSON.as_bytes());
    let json = match (content_type, unframed(value)) {
        (known, None) if known == JSON.as_bytes() => return read_json(value),
        (known, Some((_, json))) if known == JSON.as_bytes() => return read_json(json),
        (known, Some((id, avro))) if known == AVRO.as_bytes() => schemas.read(id, avro)?,
        (known, Some((_, [0, message @ ..]))) if known == PROTOBUF.as_bytes() => protobuf::read(message)?,
        (known, _) => {
            let named = String::from_utf8_lossy(known);
            return Err(format!("its content-type `{named}` is not one that this program reads"));
        }
    };
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn read_json(json: &[u8]) -> Result<ArticleRecord, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

/// Our wire types have string keys, and their floats are finite or null: they always serialise.
pub(super) fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

fn tree(record: &ArticleRecord) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// The frame of Confluent's serialisers: a zero byte, and the schema's id in four bytes.
fn framed(id: u32) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend(id.to_be_bytes());
    frame
}

/// The id and what follows the frame. No JSON begins with a zero byte.
fn unframed(value: &[u8]) -> Option<(u32, &[u8])> {
    let (frame, rest) = value.split_first_chunk::<5>()?;
    let [0, a, b, c, d] = *frame else { return None };
    Some((u32::from_be_bytes([a, b, c, d]), rest))
}

/// A time of the record's JSON.
fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// A time as the record's JSON has it.
fn shown(time: DateTime<Utc>) -> Value {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
}

/// Seven bits a byte, the lowest first; the highest bit says that more follow.
fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = *take(rest, 1)? else { return None };
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The next bytes; none if there are not so many.
fn take<'b>(rest: &mut &'b [u8], count: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests;
