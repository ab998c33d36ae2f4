//! Why no connection to the brokers comes about, in words that say what to do.
//!
//! The client reports a failed connection only as an event, and asked for anything it says no more
//! than "broker transport failure". This listens to the events, and looks at a certificate that
//! could not be verified itself, since the client does not say what is wrong with it.

mod certificate;
mod trouble;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rdkafka::{
    ClientContext,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    error::{KafkaError, KafkaResult},
    metadata::Metadata,
    producer::{BaseProducer, Producer, ProducerContext},
    types::RDKafkaErrorCode as Code,
};
use tokio::time::Instant;

pub use trouble::Trouble;

use super::{Login, NoToken};
use crate::config::Kafka;

/// How long one request for metadata may take; in between the client's events are served.
const STEP: Duration = Duration::from_secs(1);

/// After this time a reason other than "nobody there" is taken for the answer: time for each of
/// several brokers to be asked.
const ENOUGH: Duration = Duration::from_secs(3);

/// How the client begins what it says when it was given no token.
const NO_TOKEN: &str = "Failed to acquire SASL OAUTHBEARER token";

/// Events served at once, at most; the client makes about 20 a second.
const EVENTS_MAX: usize = 2_000;

/// Keeps what the client says about connections that did not come about. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    heard: Arc<Mutex<Option<Heard>>>,
    /// Why there is no token to show to the brokers: whatever else is heard follows from it.
    no_token: Arc<Mutex<Option<NoToken>>>,
    login: Login,
}

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
    /// For clients of these settings.
    pub fn of(kafka: &Kafka) -> Self {
        Self { login: Login::of(kafka), ..Self::default() }
    }

    /// A token for a client; why there is none is kept.
    ///
    /// # Errors
    /// [`NoToken`].
    pub fn token(&self) -> Result<OAuthToken, NoToken> {
        let token = self.login.token();
        *held(&self.no_token) = token.as_ref().err().cloned();
        token
    }

    /// Keeps an error if it says as much as the one before.
    pub fn hear(&self, error: &KafkaError, said: &str) {
        // Repeats what was kept when there was no token.
        if !said.starts_with(NO_TOKEN) {
            self.keep(Heard { code: error.rdkafka_error_code(), said: said.to_owned() });
        }
    }

    fn keep(&self, heard: Heard) {
        let mut slot = held(&self.heard);
        if slot.as_ref().is_none_or(|known| heard.weight() >= known.weight()) {
            *slot = Some(heard);
        }
    }

    /// A connection has come about.
    pub fn forget(&self) {
        *held(&self.heard) = None;
    }

    /// What is wrong, if anything was heard. Connects to the broker if its certificate has to be
    /// looked at; blocks meanwhile, for some seconds where it answers slowly.
    pub fn trouble(&self, kafka: &Kafka) -> Option<Trouble> {
        if let Some(no_token) = &*held(&self.no_token) {
            return Some(no_token.into());
        }
        let heard = held(&self.heard).clone();
        heard.map(|heard| trouble::of(&heard, kafka))
    }

    fn is_conclusive(&self, asked: Instant) -> bool {
        if let Some(no_token) = &*held(&self.no_token) {
            return no_token.is_refusal() || asked.elapsed() >= ENOUGH;
        }
        match held(&self.heard).as_ref().map(Heard::weight) {
            Some(3) => true,
            Some(2) => asked.elapsed() >= ENOUGH,
            _ => false,
        }
    }
}

fn held<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClientContext for Edge {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        Ok(self.token()?)
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
        self.hear(&error, reason);
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(severity = ?level, facility, said = message, "kafka client");
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
        let edge = Edge::of(kafka);
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
        // A token is asked for here; what blocks serves no event.
        self.serve();
        loop {
            let step = limit.saturating_sub(asked.elapsed()).clamp(Duration::from_millis(100), STEP);
            let error = match self.client.client().fetch_metadata(None, step) {
                Ok(metadata) => return Ok(metadata),
                Err(error) => error,
            };
            self.serve();
            if asked.elapsed() >= limit || self.edge.is_conclusive(asked) {
                return Err(Unanswered { error: error.to_string(), trouble: self.edge.trouble(&self.kafka) });
            }
        }
    }
}

impl Probe {
    fn serve(&self) {
        for _ in 0..EVENTS_MAX {
            self.client.poll(Duration::ZERO);
        }
    }
}

/// Why no broker answers, as far as that can be found out within `limit`. Blocking.
pub fn diagnose(kafka: &Kafka, limit: Duration) -> Option<Trouble> {
    Probe::new(kafka).ok()?.metadata(limit).err()?.trouble
}
