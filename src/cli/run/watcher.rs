//! Whether the files of the configuration have changed.
//!
//! They are looked at every 2 s instead of being watched by the system: that also works on network
//! file systems, and where an editor or Kubernetes puts a new file or folder in the place of the
//! old one; and it needs no list of folders to watch for files that a glob may match some day.

use std::time::Duration;

use tokio::time::sleep;

use crate::config::{Stamps, Watched};

/// The time between two looks. What has changed is taken when it is the same in two looks, so that
/// a file is not read while it is being written.
const STEP: Duration = Duration::from_secs(2);

/// Looks after which a change is taken even if there is another one each time.
const LOOKS_MAX: usize = 15;

/// Looks at the files.
pub(super) struct Watcher {
    watched: Watched,
    known: Stamps,
}

impl Watcher {
    /// The files as they are now.
    pub(super) fn of(watched: Watched) -> Self {
        let known = watched.stamps();
        Self { watched, known }
    }

    /// Ends when files have changed and are at rest again; never if there is no watcher.
    ///
    /// Cancel safe.
    pub(super) async fn changed(watcher: &mut Option<Self>) {
        let Some(watcher) = watcher else { return std::future::pending().await };
        let mut before = None;
        let mut looks = 0;
        loop {
            sleep(STEP).await;
            let now = watcher.look().await;
            if now == watcher.known {
                (before, looks) = (None, 0);
                continue;
            }
            looks += 1;
            if before.as_ref() == Some(&now) || looks >= LOOKS_MAX {
                let files = now.differences(&watcher.known);
                tracing::info!(files, "files have changed, reloading the configuration");
                return;
            }
            before = Some(now);
        }
    }

    /// To be called before a reload: what changes from now on is noticed.
    pub(super) async fn before_reload(&mut self) {
        self.known = self.look().await;
    }

    /// To be called after it, with the files that it read.
    pub(super) async fn after_reload(&mut self, read: Watched) {
        self.watched = read;
        let mut now = self.look().await;
        now.keep(&self.known);
        self.known = now;
    }

    async fn look(&self) -> Stamps {
        let watched = self.watched.clone();
        tokio::task::spawn_blocking(move || watched.stamps()).await.unwrap_or_default()
    }
}
