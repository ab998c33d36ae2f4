//! `copydesk schema`.

mod asyncapi;

use std::io::Write;

use super::{Exit, Failure, Outcome};
use crate::{
    config::SchemaFormat,
    ledger::{FeedHealth, health},
    observe::LOG_SCHEMA,
    publish::{
        encode::{connect_schema, printed_schema},
        record,
    },
    tag::RULES_SCHEMA,
};

/// Print the schema of the record.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the schema of dead letters instead of articles.
    #[arg(long, conflicts_with = "feed")]
    dead_letter: bool,
    /// Print the schema of feed health records instead of articles.
    #[arg(long)]
    feed: bool,
    /// Print the schema of tagging rule files (`tags.files`) instead of articles.
    #[arg(long, conflicts_with_all = ["feed", "dead_letter"])]
    tag_rules: bool,
    /// Print the schema of log lines in JSON (`run --log-format json`) instead of articles.
    #[arg(long, conflicts_with_all = ["feed", "dead_letter", "tag_rules"])]
    log: bool,
    /// In which language to write the schema of articles.
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["feed", "dead_letter", "tag_rules", "log"])]
    format: Language,
}

/// A language that schemas are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Language {
    /// JSON Schema 2020-12
    #[default]
    Json,
    /// JSON Schema (draft 7) as `kafka.format: json_schema` registers it
    #[value(name = "json_schema")]
    JsonSchema,
    /// Apache Avro, as `kafka.format: avro` registers it
    Avro,
    /// Protocol Buffers (proto3), as `kafka.format: protobuf` registers it
    Protobuf,
    /// Kafka Connect: what `schema.content` of its JsonConverter takes (Kafka 4.2 and later)
    Connect,
    /// AsyncAPI 3.0: all topics with their records and headers
    #[value(name = "asyncapi")]
    AsyncApi,
}

pub(super) fn execute(args: &Args) -> Outcome {
    write!(std::io::stdout(), "{}", text(args)?)?;
    Ok(Exit::Done)
}

/// The schema, with a line break at its end.
fn text(args: &Args) -> Result<String, Failure> {
    if args.tag_rules {
        return Ok(RULES_SCHEMA.to_owned());
    }
    if args.log {
        return Ok(LOG_SCHEMA.to_owned());
    }
    let schema = match (args.dead_letter, args.feed, args.format) {
        (true, _, _) => record::dead_letter_schema(),
        (_, true, _) => record::schema::<FeedHealth>(health::HEALTH_SCHEMA),
        (_, _, Language::Json) => record::article_schema(),
        (_, _, Language::JsonSchema) => return Ok(printed_schema(SchemaFormat::JsonSchema)),
        (_, _, Language::Avro) => return Ok(printed_schema(SchemaFormat::Avro)),
        (_, _, Language::Protobuf) => return Ok(printed_schema(SchemaFormat::Protobuf)),
        (_, _, Language::AsyncApi) => return Ok(format!("{:#}\n", asyncapi::document())),
        (_, _, Language::Connect) => return Ok(format!("{:#}\n", connect_schema())),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    Ok(text + "\n")
}
