//! The seam between a worker and Kafka: a batch is published whole, or the shard is lost.

use futures_util::future::BoxFuture;

use super::batch::{Batch, LedgerEntry};

/// The shard is no longer ours, or the fate of the last batch is unknown: everything known about
/// its feeds has to be dropped and read again from the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shard was lost")]
pub struct Lost;

/// Commits batches of one shard.
///
/// Whatever passes with time is waited for: a commit ends when the batch is published, or with
/// [`Lost`]. Batches are published in the order of the calls.
pub trait Commit: Send + Sync + 'static {
    /// Publishes everything in `batch` and makes its ledger records the state of the shard.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), Lost>>;

    /// Keeps a state that changes nothing but a due time; it goes out with the next commit.
    fn stage(&self, entry: LedgerEntry);

    /// Commits what was staged.
    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>>;

    /// Whether Kafka does not take records at the moment: no new work should be begun.
    fn is_blocked(&self) -> bool;

    /// Refuses everything from now on.
    fn close(&self);
}
