//! `kafka.format` and `kafka.schema_registry`: the form of the articles.

use url::Url;

use super::{
    Authorities, Secret,
    credentials::auth,
    feed_http::authorities,
    key::{KeyDoc, key, known},
    reader::Reader,
    scalar::set,
};
use crate::yaml::{Fields, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "kafka.format",
        "`json`, `json_schema`, `avro`, `protobuf`",
        "json",
        "Form of the articles and their routed copies; all but `json` need `schema_registry`.",
    ),
    key(
        "kafka.schema_registry.url",
        "address",
        "",
        "Schema registry with the API of Confluent's; may be at a private address.",
    ),
    key("kafka.schema_registry.auth.basic.username", "text", "", "User at the registry, with `password`."),
    key("kafka.schema_registry.auth.basic.password", "secret", "", "Password at the registry."),
    key("kafka.schema_registry.auth.bearer", "secret", "", "Token for the registry, instead of `basic`."),
    key(
        "kafka.schema_registry.ca",
        "path",
        "",
        "CA certificates (PEM) that are trusted there besides those of the system.",
    ),
    key(
        "kafka.schema_registry.register",
        "boolean",
        "true",
        "Register a schema that is not there, and set BACKWARD for its subject; `false`: only look it up.",
    ),
];

/// `kafka.format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON without a registry.
    #[default]
    Json,
    /// A form whose schema is in the registry.
    Registered(SchemaFormat),
}

/// A form whose schema is in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaFormat {
    /// JSON with a JSON Schema.
    JsonSchema,
    /// Apache Avro.
    Avro,
    /// Protocol Buffers.
    Protobuf,
}

impl SchemaFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::JsonSchema, Self::Avro, Self::Protobuf];

    /// As it is written in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json_schema",
            Self::Avro => "avro",
            Self::Protobuf => "protobuf",
        }
    }
}

/// `kafka.schema_registry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaRegistry {
    /// `kafka.schema_registry.url`.
    pub url: Url,
    /// `kafka.schema_registry.auth`: the value of the header `authorization`.
    pub auth: Option<Secret>,
    /// `kafka.schema_registry.ca`.
    pub ca: Option<Authorities>,
    /// `kafka.schema_registry.register`.
    pub register: bool,
}

/// Format and registry, from the section `kafka`.
pub(super) fn format(reader: &mut Reader<'_>, fields: &Fields<'_>) -> (Format, Option<SchemaRegistry>) {
    let mut format = Format::default();
    if let Some(node) = fields.get("format") {
        let registered = SchemaFormat::ALL.map(|format| (format.as_str(), Format::Registered(format)));
        let choices = [&[("json", Format::Json)], &registered[..]].concat();
        set(&mut format, reader.decoder.choice(node, &choices));
    }
    let registry = fields.get("schema_registry").and_then(|node| registry(reader, node));
    if let Some(node) = fields.get("format").filter(|_| format != Format::Json)
        && !fields.given("schema_registry")
    {
        reader.decoder.tell(
            node,
            "needs a registry for its schema; write `schema_registry: {url: https://registry.example:8081}` beside it",
        );
    }
    (format, registry)
}

fn registry(reader: &mut Reader<'_>, section: &Node) -> Option<SchemaRegistry> {
    let fields = reader.decoder.fields(section, &known(KEYS, "kafka.schema_registry"))?;
    let url = fields.required(&mut reader.decoder, "url").and_then(|node| address(reader, node));
    let auth = fields.get("auth").and_then(|node| auth(reader, node)).map(Secret);
    let ca = fields.get("ca").and_then(|node| authorities(reader, node));
    let mut register = true;
    if let Some(node) = fields.get("register") {
        set(&mut register, reader.decoder.boolean(node));
    }
    Some(SchemaRegistry { url: url?, auth, ca, register })
}

/// The message does not repeat the address: it may hold a secret.
fn address(reader: &mut Reader<'_>, node: &Node) -> Option<Url> {
    let text = reader.decoder.text(node)?;
    let url = Url::parse(text.trim()).ok().filter(Url::has_host);
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        let example =
            "`https://registry.example:8081`, or `http://127.0.0.1:8080/apis/ccompat/v7` for Apicurio";
        reader.decoder.tell(node, format!("has to be the address of a schema registry, as in {example}"));
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader
            .decoder
            .tell(node, "cannot hold a user name; write `auth: {basic: {username: .., password: ..}}`");
        return None;
    }
    if url.query().is_some() || url.fragment().is_some() {
        reader.decoder.tell(node, "cannot have a `?` or `#`: paths are put behind it");
        return None;
    }
    Some(url)
}
