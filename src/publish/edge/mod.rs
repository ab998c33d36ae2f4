//! Why no connection to the brokers comes about, in words that say what to do.
//!
//! The client reports a failed connection only as an event, and asked for anything it says no more
//! than "broker transport failure". This listens to the events, and looks at a certificate that
//! could not be verified itself, since the client does not say what is wrong with it.

mod certificate;
mod trouble;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult},
    metadata::Metadata,
    producer::{BaseProducer, Producer, ProducerContext},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::Instant;

pub use trouble::Trouble;

use crate::config::Kafka;

/// How long one request for metadata may take; in between the client's events are served.
const STEP: Duration = Duration::from_secs(1);

/// After this time a reason other than "nobody there" is taken for the answer: time for each of
/// several brokers to be asked.
const ENOUGH: Duration = Duration::from_secs(3);

/// Events served at once, at most; the client makes about 20 a second.
const EVENTS_MAX: usize = 2_000;

/// Keeps what the client says about connections that did not come about. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct Edge(Arc<Mutex<Option<Heard>>>);

/// What the client said.
#[derive(Clone, Debug)]
struct Heard {
    code: Option<Code>,
    said: String,
}

impl Heard {
    /// Whether the broker refused the user. The client reports a handshake that broke off in the same way.
    fn is_refusal(&self) -> bool {
        let broke_off = ["handshake failed: Local:", "Disconnected", "hung up"]
            .iter()
            .any(|words| self.said.contains(words));
        matches!(self.code, Some(Code::Authentication | Code::SaslAuthenticationFailed)) && !broke_off
    }

    /// How much it says: a refused password more than a port that nobody listens at.
    fn weight(&self) -> u8 {
        match self.code {
            _ if self.is_refusal() => 3,
            Some(Code::SSL) => 2,
            _ if self.said.contains(" alert ") => 2,
            Some(Code::AllBrokersDown) => 0,
            _ => 1,
        }
    }
}

impl Edge {
    /// Keeps an error if it says as much as the one before.
    pub fn hear(&self, error: &KafkaError, said: &str) {
        self.keep(Heard { code: error.rdkafka_error_code(), said: said.to_owned() });
    }

    fn keep(&self, heard: Heard) {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_none_or(|known| heard.weight() >= known.weight()) {
            *slot = Some(heard);
        }
    }

    /// A connection has come about.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What is wrong, if anything was heard. Connects to the broker if its certificate has to be
    /// looked at; blocks meanwhile, for some seconds where it answers slowly.
    pub fn trouble(&self, kafka: &Kafka) -> Option<Trouble> {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        heard.map(|heard| trouble::of(&heard, kafka))
    }

    fn is_conclusive(&self, asked: Instant) -> bool {
        let heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match heard.as_ref().map(Heard::weight) {
            Some(3) => true,
            Some(2) => asked.elapsed() >= ENOUGH,
            _ => false,
        }
    }
}

impl ClientContext for Edge {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
        self.hear(&error, reason);
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(?level, facility, message, "kafka client");
        // Some failures are only logged, such as a connection that is closed at once.
        if facility == "FAIL" {
            let said = message.split_once("]: ").map_or(message, |(_, said)| said).to_owned();
            self.keep(Heard { code: Some(Code::BrokerTransportFailure), said });
        }
    }
}

impl ProducerContext for Edge {
    type DeliveryOpaque = ();

    fn delivery(&self, _: &rdkafka::producer::DeliveryResult<'_>, (): ()) {}
}

/// A client that asks for metadata and can say why it got none.
pub struct Probe {
    client: BaseProducer<Edge>,
    edge: Edge,
    kafka: Kafka,
}

/// No answer, and why.
#[derive(Debug)]
pub struct Unanswered {
    /// What the client says to who asked.
    pub error: String,
    /// The reason, if it is known.
    pub trouble: Option<Trouble>,
}

impl Probe {
    /// Connects lazily.
    ///
    /// # Errors
    /// Settings that librdkafka refuses.
    pub fn new(kafka: &Kafka) -> KafkaResult<Self> {
        let edge = Edge::default();
        let client = super::client_config(kafka).create_with_context(edge.clone())?;
        Ok(Self { client, edge, kafka: kafka.clone() })
    }

    /// Asks for the metadata of all topics. Blocks for up to `limit`, and some seconds more if a
    /// certificate has to be looked at.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub fn metadata(&self, limit: Duration) -> Result<Metadata, Unanswered> {
        let asked = Instant::now();
        loop {
            let step = limit.saturating_sub(asked.elapsed()).clamp(Duration::from_millis(100), STEP);
            let error = match self.client.client().fetch_metadata(None, step) {
                Ok(metadata) => return Ok(metadata),
                Err(error) => error,
            };
            for _ in 0..EVENTS_MAX {
                self.client.poll(Duration::ZERO);
            }
            if asked.elapsed() >= limit || self.edge.is_conclusive(asked) {
                return Err(Unanswered { error: error.to_string(), trouble: self.edge.trouble(&self.kafka) });
            }
        }
    }
}

/// Why no broker answers, as far as that can be found out within `limit`. Blocking.
pub fn diagnose(kafka: &Kafka, limit: Duration) -> Option<Trouble> {
    Probe::new(kafka).ok()?.metadata(limit).err()?.trouble
}
