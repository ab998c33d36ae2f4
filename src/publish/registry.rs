//! The schema registry (the API of Confluent's, which Apicurio and Karapace speak, too): under which
//! id the schema of a topic's articles is known there.
//!
//! A handful of requests at the start; a client library would bring an HTTP client of its own.
//! Subjects are named by the topic (TopicNameStrategy). A schema that is not there is registered if
//! readers of it can read all that the subject's latest one describes (BACKWARD).

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::encode::{Encoding, Encodings, Schemas, registered_schema};
use crate::{
    config::{Config, Format, Kafka, RouteFormat, SchemaFormat, SchemaRegistry},
    exit::{Exit, Failure},
    fetch::{Service, ServiceAnswer},
};

/// Media type of the API.
const API: &str = "application/vnd.schemaregistry.v1+json";

/// Versions of a subject that are read, the latest ones.
const VERSIONS_MAX: usize = 50;

/// So long whoever reads waits for the schemas: most records are by today's, which is at hand.
const READ_WAIT: Duration = Duration::from_secs(3);

/// So much of what a registry says is told, in characters.
const REASON_MAX: usize = 600;

/// Levels at which a registry refuses a schema that cannot read older records.
const BACKWARD: [&str; 4] = ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];

/// Why there is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// It did not answer, or does not work at the moment: to be tried again.
    #[error("the schema registry at {url} {why}")]
    Unreachable {
        /// Its address.
        url: String,
        /// What was the matter.
        why: String,
    },
    /// It refused; an operator has to act.
    #[error("{0}")]
    Refused(String),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let exit = match error {
            RegistryError::Unreachable { .. } => Exit::Unavailable,
            RegistryError::Refused(_) => Exit::Config,
        };
        Self::new(exit, error.to_string())
    }
}

/// The encodings of all topics of articles; registers what is not registered.
///
/// # Errors
/// [`RegistryError`].
pub async fn encodings(config: &Config) -> Result<Encodings, RegistryError> {
    let of_ninjs = config.routes.iter().filter(|route| route.format == RouteFormat::Ninjs);
    let mut found: Vec<(String, Encoding)> =
        of_ninjs.map(|route| (route.topic.clone(), Encoding::Ninjs)).collect();
    let (Some(registry), Format::Registered(format)) = (&config.kafka.schema_registry, config.kafka.format)
    else {
        return Ok(Encodings::new(found));
    };
    let client = Client::new(registry)?;
    let routes = config.routes.iter().map(|route| &route.topic);
    for topic in [&config.topics.articles].into_iter().chain(routes) {
        if found.iter().all(|(known, _)| known != topic) {
            let id = client.id(topic, format).await?;
            tracing::info!(topic, format = format.as_str(), id, "schema registered");
            found.push((topic.clone(), Encoding::registered(format, id)));
        }
    }
    Ok(Encodings::new(found))
}

/// The schemas by which the records of a topic may have been written. None if there is no registry,
/// or if it does not give them: then what cannot be read says so.
pub async fn schemas(kafka: &Kafka, topic: &str) -> Schemas {
    let Some(registry) = &kafka.schema_registry else { return Schemas::default() };
    let mut found = Vec::new();
    let read = async { Client::new(registry)?.versions(topic, &mut found).await };
    let why = match tokio::time::timeout(READ_WAIT, read).await {
        Ok(Ok(())) => return Schemas::of(found),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("the schema registry took longer than {} s", READ_WAIT.as_secs()),
    };
    let known = found.len();
    tracing::warn!(why, topic, known, "records in Avro by other schemas than these cannot be read");
    Schemas::of(found)
}

/// As [`schemas()`], for threads that may wait.
pub fn schemas_blocking(kafka: &Kafka, topic: &str) -> Schemas {
    if kafka.schema_registry.is_none() {
        return Schemas::default();
    }
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(schemas(kafka, topic)),
        Err(_) => Schemas::default(),
    }
}

struct Client {
    service: Service,
    register: bool,
}

impl Client {
    fn new(registry: &SchemaRegistry) -> Result<Self, RegistryError> {
        let service = Service::new(&registry.url, registry.auth.as_ref(), registry.ca.as_ref())
            .map_err(|error| RegistryError::Refused(format!("kafka.schema_registry: {error:#}")))?;
        Ok(Self { service, register: registry.register })
    }

    fn url(&self) -> String {
        self.service.base().as_str().trim_end_matches('/').to_owned()
    }

    /// The id of this program's schema for a topic.
    async fn id(&self, topic: &str, format: SchemaFormat) -> Result<u32, RegistryError> {
        let subject = format!("{topic}-value");
        let schema = schema_of(format);
        let known = self.ask(Method::POST, &format!("subjects/{subject}"), Some(&schema)).await?;
        if let (StatusCode::OK, Some(id)) = (known.status, id(&known)) {
            return Ok(id);
        }
        if !self.register {
            let (url, format) = (self.url(), format.as_str());
            return Err(RegistryError::Refused(format!(
                "kafka.schema_registry: subject {subject} at {url} does not have this program's schema; register what \
                 `copydesk schema --format {format}` prints, or set `register: true`"
            )));
        }
        self.set_backward(&subject).await?;
        self.check(&subject, format, &schema).await?;
        let path = format!("subjects/{subject}/versions");
        let answer = self.ask(Method::POST, &path, Some(&schema)).await?;
        match (answer.status, id(&answer)) {
            (StatusCode::OK | StatusCode::CREATED, Some(id)) => Ok(id),
            (StatusCode::CONFLICT, _) => Err(self.incompatible(&subject, format, &reason(&answer))),
            _ => Err(self.refused(&format!("to register the schema of {subject}"), &answer)),
        }
    }

    /// Sees to it that the registry compares versions of the subject so that new readers can read
    /// old records. A registry that does not let it be set goes its own way.
    async fn set_backward(&self, subject: &str) -> Result<(), RegistryError> {
        let own = format!("config/{subject}");
        let mut answer = self.ask(Method::GET, &format!("{own}?defaultToGlobal=true"), None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            answer = self.ask(Method::GET, "config", None).await?;
        }
        let level = body(&answer).get("compatibilityLevel").and_then(Value::as_str).map(str::to_owned);
        if level.as_deref().is_some_and(|level| BACKWARD.contains(&level)) {
            return Ok(());
        }
        let set = self.ask(Method::PUT, &own, Some(&json!({"compatibility": "BACKWARD"}))).await?;
        if !set.status.is_success() {
            let (status, level) = (set.status.as_u16(), level.unwrap_or_default());
            tracing::warn!(
                subject,
                status,
                compatibility = level,
                "the registry does not let BACKWARD be set"
            );
        }
        Ok(())
    }

    /// Whether the schema can follow the subject's latest.
    async fn check(&self, subject: &str, format: SchemaFormat, schema: &Value) -> Result<(), RegistryError> {
        let path = format!("compatibility/subjects/{subject}/versions/latest?verbose=true");
        let answer = self.ask(Method::POST, &path, Some(schema)).await?;
        if body(&answer).get("is_compatible") == Some(&false.into()) {
            return Err(self.incompatible(subject, format, &reason(&answer)));
        }
        // No version yet; or a registry that compares only what is registered.
        Ok(())
    }

    fn incompatible(&self, subject: &str, format: SchemaFormat, reason: &str) -> RegistryError {
        let reason = with_names(reason, &registered_schema(format));
        let (url, format) = (self.url(), format.as_str());
        RegistryError::Refused(format!(
            "kafka.schema_registry: the {format} schema of articles cannot follow what subject {subject} has at {url} \
             (BACKWARD): {reason}; write the articles to a topic of another name, or delete the subject if nobody \
             needs its older records"
        ))
    }

    fn refused(&self, what: &str, answer: &ServiceAnswer) -> RegistryError {
        let (url, status, reason) = (self.url(), answer.status.as_u16(), reason(answer));
        let remedy = match status {
            401 | 403 => "; check `kafka.schema_registry.auth`",
            404 => "; check `kafka.schema_registry.url`: of Apicurio it ends with `/apis/ccompat/v7`",
            _ => "",
        };
        RegistryError::Refused(format!(
            "the schema registry at {url} refused {what}: {status} {reason}{remedy}"
        ))
    }

    /// Adds the subject's schemas of Avro with their ids, the latest first.
    async fn versions(&self, topic: &str, found: &mut Vec<(u32, String)>) -> Result<(), RegistryError> {
        let path = format!("subjects/{topic}-value/versions");
        let answer = self.ask(Method::GET, &path, None).await?;
        let versions: Vec<u64> = serde_json::from_slice(&answer.body).unwrap_or_default();
        for version in versions.iter().rev().take(VERSIONS_MAX) {
            let answer = self.ask(Method::GET, &format!("{path}/{version}"), None).await?;
            let version = body(&answer);
            let kind = version.get("schemaType").and_then(Value::as_str).unwrap_or("AVRO");
            if let (Some(id), Some(schema), "AVRO") =
                (id(&answer), version.get("schema").and_then(Value::as_str), kind)
            {
                found.push((id, schema.to_owned()));
            }
        }
        Ok(())
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<ServiceAnswer, RegistryError> {
        let body = body.map(|body| (API, body.to_string().into_bytes()));
        let unreachable = |why: String| RegistryError::Unreachable { url: self.url(), why };
        let answer = self.service.send(method, path, API, body).await;
        let answer = answer.map_err(|why| unreachable(format!("does not answer: {why}")))?;
        match answer.status.as_u16() {
            // The level of compatibility may be others' business.
            403 if path.starts_with("config") => Ok(answer),
            401 | 403 => Err(self.refused(&format!("the request for {path}"), &answer)),
            408 | 429 | 500..=599 => {
                Err(unreachable(format!("answers {}: {}", answer.status.as_u16(), reason(&answer))))
            }
            300..=399 => Err(self.refused("it: it leads elsewhere", &answer)),
            _ => Ok(answer),
        }
    }
}

/// A schema as the API takes it.
fn schema_of(format: SchemaFormat) -> Value {
    let kind = match format {
        SchemaFormat::JsonSchema => "JSON",
        SchemaFormat::Avro => "AVRO",
        SchemaFormat::Protobuf => "PROTOBUF",
    };
    json!({"schemaType": kind, "schema": registered_schema(format)})
}

fn body(answer: &ServiceAnswer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn id(answer: &ServiceAnswer) -> Option<u32> {
    u32::try_from(body(answer).get("id")?.as_u64()?).ok()
}

/// What a registry says of Avro, with the names of the fields that it counts: `/fields/7/type` is
/// `/fields/7/type (title)`.
fn with_names(reason: &str, schema: &str) -> String {
    let Ok(schema) = serde_json::from_str::<Value>(schema) else { return reason.to_owned() };
    let named = |word: &str| {
        let path = word.get(word.find("/fields/")?..)?;
        let path = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '/').next()?;
        let (before, last) = path.rsplit_once("/fields/")?;
        let index = last.split('/').next()?;
        let field = schema.pointer(&format!("{before}/fields/{index}"))?.get("name")?.as_str()?;
        Some(format!("{word} ({field})"))
    };
    let words = reason.split(' ').map(|word| named(word).unwrap_or_else(|| word.to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

/// What a registry says, in one line.
fn reason(answer: &ServiceAnswer) -> String {
    let body = body(answer);
    let messages = body.get("messages").and_then(Value::as_array).into_iter().flatten();
    let mut said: Vec<&str> = messages.filter_map(Value::as_str).collect();
    if said.is_empty() {
        said = ["reason", "message"]
            .iter()
            .find_map(|key| Some(vec![body.get(*key)?.as_str()?]))
            .unwrap_or_default();
    }
    let text = said.join("; ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let told: String = words.join(" ").chars().filter(|c| !c.is_control()).take(REASON_MAX).collect();
    if told.is_empty() { "it does not say why".to_owned() } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_a_registry_counts_are_named() {
        let schema = registered_schema(SchemaFormat::Avro);
        let id = "reader type: STRING at /fields/1/type] Causes: none";
        assert_eq!(with_names(id, &schema), "reader type: STRING at /fields/1/type] (id) Causes: none");
        let inner = "{errorType:'TYPE_MISMATCH', path:'/fields/5/type/fields/0/type'}";
        assert!(with_names(inner, &schema).ends_with("(name)"), "{}", with_names(inner, &schema));
        assert_eq!(with_names("at /fields/999", &schema), "at /fields/999");
        assert_eq!(with_names("at /fields/1", "syntax = \"proto3\";"), "at /fields/1");
    }

    #[test]
    fn what_registries_say_is_one_line() {
        let answer = |body: &str| ServiceAnswer { status: StatusCode::OK, body: body.as_bytes().to_vec() };
        for (body, told) in [
            (r#"{"is_compatible":false,"messages":["a:\n 1","b"]}"#, "a: 1; b"),
            (r#"{"is_compatible":false,"reason":"c"}"#, "c"),
            (r#"{"error_code":409,"message":"d"}"#, "d"),
            ("<html>", "it does not say why"),
        ] {
            assert_eq!(reason(&answer(body)), told);
        }
    }
}
