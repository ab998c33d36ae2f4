//! The form of the articles, agreed with the schema registry before anything is published.

use std::time::Duration;

use super::{BACKOFF, Signs};
use crate::{
    config::Config,
    exit::Failure,
    publish::{
        Encodings,
        registry::{self, RegistryError},
    },
};

/// How long all topics may take together: well below the minute after which a daemon without a sign of
/// life is restarted. What is registered by then is found by the next attempt.
const ATTEMPT: Duration = Duration::from_secs(30);

/// Finds or registers the schemas; waits for the registry as long as it takes.
pub(super) async fn encodings(config: &Config, signs: &Signs) -> Result<Encodings, Failure> {
    let mut pause = BACKOFF.0;
    loop {
        signs.heartbeat.beat();
        let why = match tokio::time::timeout(ATTEMPT, registry::encodings(config)).await {
            Ok(Ok(encodings)) => {
                signs.health.broker(None);
                return Ok(encodings);
            }
            Ok(Err(error @ RegistryError::Refused(_))) => return Err(error.into()),
            Ok(Err(error @ RegistryError::Unreachable { .. })) => error.to_string(),
            Err(_) => format!("no answer to all questions within {} s", ATTEMPT.as_secs()),
        };
        tracing::error!(error = why, "the schema registry cannot be reached, trying again");
        signs.health.broker(Some(why));
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(BACKOFF.1);
    }
}
