//! The form of the articles, agreed with the schema registry before anything is published.

use super::{BACKOFF, Signs};
use crate::{
    config::Config,
    exit::Failure,
    publish::{
        Encodings,
        registry::{self, RegistryError},
    },
};

/// Finds or registers the schemas; waits for the registry as long as it takes.
pub(super) async fn encodings(config: &Config, signs: &Signs) -> Result<Encodings, Failure> {
    let mut pause = BACKOFF.0;
    loop {
        signs.heartbeat.beat();
        match registry::encodings(config).await {
            Ok(encodings) => {
                signs.health.broker(None);
                return Ok(encodings);
            }
            Err(error @ RegistryError::Refused(_)) => return Err(error.into()),
            Err(error @ RegistryError::Unreachable { .. }) => {
                tracing::error!(%error, "the schema registry cannot be reached, trying again");
                signs.health.broker(Some(error.to_string()));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACKOFF.1);
            }
        }
    }
}
