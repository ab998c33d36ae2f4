//! Those whom a server keeps waiting: they do no work, so they hold no place that others work in.
//!
//! Waiting costs a socket and some memory, so they have a limit of their own: beyond it whoever has
//! waited longest is given up.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use super::FetchFailure;

/// Whoever is kept waiting for this long makes way for others. Nearly every server that answers at
/// all does so sooner; chosen so that 384 polls at once of hosts that are dead begin 384 others a second.
pub(crate) const MAKES_WAY_AFTER: Duration = Duration::from_secs(1);

/// All that wait.
#[derive(Debug)]
pub(crate) struct Waiting {
    max: usize,
    waits: Mutex<Waits>,
}

#[derive(Debug, Default)]
struct Waits {
    next: u64,
    oldest_first: BTreeMap<u64, Arc<Notify>>,
}

/// One that waits; no longer when dropped.
#[derive(Debug)]
pub(crate) struct Wait {
    waiting: Arc<Waiting>,
    number: u64,
    given_up: Arc<Notify>,
}

impl Waiting {
    /// Of at most `max`.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max: max.max(1), waits: Mutex::default() })
    }

    /// Begins to wait.
    pub(crate) fn enter(self: &Arc<Self>) -> Wait {
        let given_up = Arc::new(Notify::new());
        let mut waits = self.lock();
        let number = waits.next;
        waits.next += 1;
        waits.oldest_first.insert(number, given_up.clone());
        if waits.oldest_first.len() > self.max
            && let Some((_, longest)) = waits.oldest_first.pop_first()
        {
            longest.notify_one();
        }
        drop(waits);
        Wait { waiting: self.clone(), number, given_up }
    }

    /// Reads a body; one that comes slowly takes one of these places: many, each kept as far as it came, would
    /// fill the memory.
    ///
    /// # Errors
    /// [`FetchFailure::GivenUp`], or what `read` says.
    pub(super) async fn while_it_comes<T>(
        self: &Arc<Self>,
        read: impl Future<Output = Result<T, FetchFailure>>,
    ) -> Result<T, FetchFailure> {
        let begun = Instant::now();
        let mut read = pin!(read);
        if let Ok(done) = timeout(MAKES_WAY_AFTER, &mut read).await {
            return done;
        }
        let wait = self.enter();
        tokio::select! {
            biased;
            done = read => done,
            () = wait.given_up() => Err(FetchFailure::GivenUp(begun.elapsed())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    /// Ends if others need the place.
    pub(crate) async fn given_up(&self) {
        self.given_up.notified().await;
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.waiting.lock().oldest_first.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn whoever_waits_longest_is_given_up() {
        let waiting = Waiting::new(2);
        let mut waits: Vec<Wait> = (0..2).map(|_| waiting.enter()).collect();
        let is_given_up = |wait: &Wait| wait.given_up().now_or_never().is_some();
        assert!(!waits.iter().any(is_given_up));
        waits.push(waiting.enter());
        assert_eq!(waits.iter().map(is_given_up).collect::<Vec<_>>(), [true, false, false]);
        drop(waits.remove(1));
        waits.push(waiting.enter());
        assert_eq!(waits.iter().map(is_given_up).collect::<Vec<_>>(), [false; 3], "there was room");
        waits.push(waiting.enter());
        assert_eq!(waits.iter().map(is_given_up).collect::<Vec<_>>(), [false, true, false, false]);
    }
}
