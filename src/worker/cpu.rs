//! Where computing is done.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::Semaphore;

use super::traced::computed;

/// The pool for parsing, extraction, cleaning and tagging: as many jobs as cores.
#[derive(Clone, Debug)]
pub struct Cpu(Option<Arc<Semaphore>>);

/// A job panicked; the process lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

impl Cpu {
    /// A pool of `cores` jobs at once.
    pub fn new(cores: usize) -> Self {
        Self(Some(Arc::new(Semaphore::new(cores.max(1)))))
    }

    /// Runs every job on the spot, on the caller's thread: for one-shot commands, and for
    /// simulations, where the order of everything has to be the same each time.
    pub fn inline() -> Self {
        Self(None)
    }

    /// Runs a job outside the async threads. `step` names it in logs.
    ///
    /// # Errors
    /// [`Panicked`].
    pub async fn run<T: Send + 'static>(
        &self,
        step: &'static str,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let Some(cores) = &self.0 else {
            return catch_unwind(AssertUnwindSafe(|| computed(step).in_scope(job))).map_err(|_| {
                tracing::error!(step, "a step panicked");
                Panicked
            });
        };
        // Never closed.
        let Ok(permit) = cores.clone().acquire_owned().await else { return Err(Panicked) };
        // The threads of the pool know nothing of the caller's span.
        let span = tracing::Span::current();
        let result = tokio::task::spawn_blocking(move || {
            let result = span.in_scope(|| computed(step).in_scope(job));
            drop(permit);
            result
        });
        result.await.map_err(|error| {
            tracing::error!(step, %error, "a step panicked");
            Panicked
        })
    }
}
