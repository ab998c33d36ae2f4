//! Notifications to systemd: ready, stopping, and the watchdog while the scheduler still turns.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::observe::Heartbeat;

/// Ready: the admin pages are served and work begins.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Stopping: the daemon drains.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be notified");
    }
}

/// Feeds the watchdog while the scheduler turns; a wedged one is restarted by systemd.
pub(super) async fn watch(heartbeat: Heartbeat) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut tick = tokio::time::interval((period / 2).max(Duration::from_millis(100)));
    loop {
        tick.tick().await;
        if heartbeat.age() < period {
            notify(&[NotifyState::Watchdog]);
        }
    }
}
