//! `kafka`: where it is and how to talk to it.

use super::{
    key::{KeyDoc, key, known},
    properties::properties,
    reader::Reader,
    scalar::set,
    schema_registry::{self, Format, SchemaRegistry},
    secret::Secret,
};
use crate::yaml::{Fields, Node};

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
        "kafka.security.protocol",
        "`plaintext`, `tls`, `sasl_plaintext`, `sasl_tls`",
        "plaintext",
        "How to connect to the brokers.",
    ),
    key("kafka.security.ca", "path", "", "CA certificates (PEM); those of the system if not set."),
    key("kafka.security.certificate", "path", "", "Client certificate (PEM), with `key`."),
    key("kafka.security.key", "path", "", "Client key (PEM), with `certificate`."),
    key(
        "kafka.security.mechanism",
        "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI`",
        "",
        "SASL mechanism.",
    ),
    key("kafka.security.username", "text", "", "SASL user."),
    key("kafka.security.password", "secret", "", "SASL password: `${env:NAME}` or `${file:/path}`."),
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

/// Transport security to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// `kafka.security.protocol`.
    pub protocol: Protocol,
    /// `kafka.security.ca`.
    pub ca: Option<String>,
    /// `kafka.security.certificate`.
    pub certificate: Option<String>,
    /// `kafka.security.key`.
    pub key: Option<String>,
    /// `kafka.security.mechanism`.
    pub mechanism: Option<String>,
    /// `kafka.security.username`.
    pub username: Option<Secret>,
    /// `kafka.security.password`.
    pub password: Option<Secret>,
}

/// `kafka.security.protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// `plaintext`
    #[default]
    Plaintext,
    /// `tls`
    Tls,
    /// `sasl_plaintext`
    SaslPlaintext,
    /// `sasl_tls`
    SaslTls,
}

pub(super) fn kafka(reader: &mut Reader<'_>, top: &Fields<'_>) -> Kafka {
    let mut out = Kafka::default();
    let Some(section) = top.get("kafka") else {
        let message = "`kafka` is missing; write `kafka: {brokers: [host:9092]}`";
        reader.decoder.tell(top.node, message);
        return out;
    };
    let names = [known(KEYS, "kafka"), known(schema_registry::KEYS, "kafka")].concat();
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
        out.security = security(reader, node);
    }
    if let Some(node) = fields.get("properties") {
        out.properties = properties(reader, node);
    }
    out
}

fn security(reader: &mut Reader<'_>, section: &Node) -> Security {
    let mut out = Security::default();
    let Some(fields) = reader.decoder.fields(section, &known(KEYS, "kafka.security")) else { return out };
    let decoder = &mut reader.decoder;
    if let Some(node) = fields.get("protocol") {
        let choices = [
            ("plaintext", Protocol::Plaintext),
            ("tls", Protocol::Tls),
            ("sasl_plaintext", Protocol::SaslPlaintext),
            ("sasl_tls", Protocol::SaslTls),
        ];
        set(&mut out.protocol, decoder.choice(node, &choices));
    }
    let sasl = matches!(out.protocol, Protocol::SaslPlaintext | Protocol::SaslTls);
    let tls = matches!(out.protocol, Protocol::Tls | Protocol::SaslTls);
    for (name, slot) in [("ca", &mut out.ca), ("certificate", &mut out.certificate), ("key", &mut out.key)] {
        let Some(node) = fields.get(name) else { continue };
        if !tls {
            decoder.tell(
                node,
                "has no effect without TLS; write `protocol: tls` or `sasl_tls`, or leave it out",
            );
        }
        let Some(text) = decoder.text(node) else { continue };
        let path = reader.directory.join(text);
        match std::fs::File::open(&path) {
            Ok(_) => *slot = Some(path.display().to_string()),
            Err(error) => {
                decoder.tell(node, format!("{} cannot be read: {error}", node.shown(path.display())))
            }
        }
    }
    for (given, missing) in [("certificate", "key"), ("key", "certificate")] {
        if let Some(node) = fields.get(given)
            && !fields.given(missing)
        {
            decoder.tell(node, format!("needs `{missing}` as well"));
        }
    }
    if let Some(node) = fields.get("mechanism") {
        let names = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"].map(|name| (name, name.to_owned()));
        out.mechanism = decoder.choice(node, &names);
    }
    if let Some(node) = fields.get("username") {
        out.username = decoder.text(node).map(|text| Secret(text.to_owned()));
    }
    if let Some(node) = fields.get("password") {
        out.password = decoder.text(node).map(|text| Secret(text.to_owned()));
    }
    let kerberos = out.mechanism.as_deref() == Some("GSSAPI");
    for name in ["mechanism", "username", "password"] {
        match fields.get(name) {
            Some(node) if !sasl => {
                let message = "has no effect without SASL; write `protocol: sasl_tls`, or leave it out";
                decoder.tell(node, message);
            }
            None if sasl && !fields.given(name) && (name == "mechanism" || !kerberos) => {
                decoder.tell(section, format!("`{name}` is missing: SASL needs it; write `{name}: ...`"));
            }
            _ => {}
        }
    }
    out
}
