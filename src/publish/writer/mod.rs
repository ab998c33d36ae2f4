//! Batches of all shards to Kafka, by one producer: as one transaction at a time, or articles
//! first and ledger after.
//!
//! Whatever is due when a transaction begins goes out in it: a transaction costs the broker and
//! the client the same whether it carries one poll or hundreds.

mod deliver;
mod part;
mod publisher;
mod seat;
mod shared;
mod transaction;

pub use publisher::{Publisher, ShardWriter};
pub use shared::PublisherOptions;

#[cfg(test)]
mod tests;
