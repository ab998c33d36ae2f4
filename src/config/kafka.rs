//! `kafka`: where it is and how to talk to it.

use super::{
    key::{KeyDoc, key, known},
    properties::properties,
    reader::Reader,
    scalar::set,
    schema_registry::{self, Format, SchemaRegistry},
    security::{self, Security},
};
use crate::yaml::Fields;

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key("kafka.brokers", "list of `host:port`", "", "Bootstrap servers. Required unless `kafka.embedded`."),
    key(
        "kafka.embedded",
        "boolean",
        "false",
        "Use an in-memory broker inside the process instead: for trying out only.",
    ),
    key(
        "kafka.properties",
        "mapping",
        "{}",
        "Raw librdkafka settings; one that contradicts another key is refused.",
    ),
    key("kafka.compression", "`zstd`, `lz4`, `snappy`, `gzip`, `none`", "zstd", "Compression of batches."),
    key("kafka.max_record", "size", "1MB", "Largest record; a longer article is cut and says so."),
];

/// Largest value of an article's record if the configuration does not say, bytes: Kafka's own
/// limit.
const RECORD_MAX: usize = 1_000_000;

/// Where Kafka is and how to talk to it.
#[derive(Clone, Default, PartialEq)]
pub struct Kafka {
    /// `kafka.brokers`.
    pub brokers: Vec<String>,
    /// `kafka.embedded`.
    pub embedded: bool,
    /// `plaintext`, `tls`, `sasl_plaintext` or `sasl_tls` with its credentials.
    pub security: Security,
    /// `kafka.properties`.
    pub properties: Vec<(String, String)>,
    /// `kafka.compression`.
    pub compression: Option<String>,
    /// `kafka.max_record`.
    pub max_record: Option<usize>,
    /// `kafka.format`.
    pub format: Format,
    /// Where the schemas are.
    pub schema_registry: Option<SchemaRegistry>,
}

impl Kafka {
    /// Largest value of an article's record, bytes.
    pub fn max_record(&self) -> usize {
        self.max_record.unwrap_or(RECORD_MAX)
    }
}

/// Leaves out the values of the raw settings, since some of them are secrets.
impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let properties: Vec<&str> = self.properties.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Kafka")
            .field("brokers", &self.brokers)
            .field("embedded", &self.embedded)
            .field("security", &self.security)
            .field("properties", &properties)
            .field("compression", &self.compression)
            .field("max_record", &self.max_record)
            .field("format", &self.format)
            .field("schema_registry", &self.schema_registry)
            .finish()
    }
}

pub(super) fn kafka(reader: &mut Reader<'_>, top: &Fields<'_>) -> Kafka {
    let mut out = Kafka::default();
    let Some(section) = top.get("kafka") else {
        let message = "`kafka` is missing; write `kafka: {brokers: [host:9092]}`";
        reader.decoder.tell(top.node, message);
        return out;
    };
    let names = [KEYS, security::KEYS, schema_registry::KEYS].map(|keys| known(keys, "kafka")).concat();
    let Some(fields) = reader.decoder.fields(section, &names) else { return out };
    let decoder = &mut reader.decoder;
    if let Some(node) = fields.get("embedded") {
        set(&mut out.embedded, decoder.boolean(node));
    }
    match fields.get("brokers") {
        Some(node) if out.embedded => {
            decoder.tell(node, "contradicts `kafka.embedded: true`; keep one of the two");
        }
        Some(node) => {
            let told = decoder.problems.len();
            set(&mut out.brokers, decoder.brokers(node));
            if out.brokers.is_empty() && decoder.problems.len() == told {
                decoder.tell(node, "names no broker; write `[host:9092]`");
            }
        }
        None if out.embedded || fields.given("brokers") => {}
        None => decoder.tell(
            section,
            "`brokers` is missing; write `brokers: [host:9092]`, or `embedded: true` to try it out",
        ),
    }
    if let Some(node) = fields.get("compression") {
        let names = ["zstd", "lz4", "snappy", "gzip", "none"].map(|name| (name, name.to_owned()));
        out.compression = decoder.choice(node, &names);
    }
    if let Some(node) = fields.get("max_record") {
        out.max_record = decoder.size(node, 10_000..=100_000_000);
    }
    (out.format, out.schema_registry) = schema_registry::format(reader, &fields);
    if let Some(node) = fields.get("security") {
        out.security = security::security(reader, node);
    }
    if let Some(node) = fields.get("properties") {
        out.properties = properties(reader, node);
    }
    out
}
