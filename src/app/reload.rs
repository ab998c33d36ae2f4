//! Reload: whole or not at all.

use tokio::sync::{mpsc, oneshot};

use crate::{config::Config, schedule::Reload};

/// Why a reload was refused; the running configuration goes on.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReloadError {
    /// These keys need a restart.
    #[error("changed keys that need a restart: {}", .0.join(", "))]
    NeedsRestart(Vec<&'static str>),
    /// The daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

/// Applies the feeds of a new configuration where nothing else has changed.
///
/// # Errors
/// [`ReloadError`].
pub async fn reload_feeds(
    running: &Config,
    new: Config,
    scheduler: &mpsc::Sender<Reload>,
) -> Result<(usize, usize, usize), ReloadError> {
    let changed = needs_restart(running, &new);
    if !changed.is_empty() {
        return Err(ReloadError::NeedsRestart(changed));
    }
    let (done, told) = oneshot::channel();
    scheduler.send(Reload { feeds: new.feeds, done }).await.map_err(|_| ReloadError::Stopping)?;
    told.await.map_err(|_| ReloadError::Stopping)
}

fn needs_restart(running: &Config, new: &Config) -> Vec<&'static str> {
    let differs = |a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| format!("{a:?}") != format!("{b:?}");
    [
        (
            "kafka",
            differs(&running.kafka, &new.kafka)
                || running.kafka.security.password != new.kafka.security.password,
        ),
        ("delivery", running.delivery != new.delivery),
        ("topics", differs(&running.topics, &new.topics)),
        ("http", differs(&running.http, &new.http)),
        ("rules", differs(&running.rules, &new.rules)),
        ("tags", differs(&running.tags, &new.tags)),
        ("urls", running.urls != new.urls),
        ("routes", running.routes != new.routes),
        ("admin", running.admin.listen != new.admin.listen),
        ("daemon", differs(&running.daemon, &new.daemon)),
    ]
    .into_iter()
    .filter_map(|(key, changed)| changed.then_some(key))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Delivery, Secret};

    #[test]
    fn keys_that_need_a_restart_are_named() {
        let running = Config::default();
        let mut new = Config::default();
        assert!(needs_restart(&running, &new).is_empty());
        new.delivery = Delivery::AtLeastOnce;
        new.kafka.security.password = Some(Secret("x".into()));
        assert_eq!(needs_restart(&running, &new), ["kafka", "delivery"]);
    }
}
