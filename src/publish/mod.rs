//! Articles to Kafka, and back again for readers.
//!
//! [`record`] defines the wire and nothing else does. Only this module and the ledger name rdkafka.

pub mod batch;
pub mod client;
mod commit;
mod edge;
pub mod embedded;
pub mod encode;
pub mod errors;
pub mod fit;
pub mod headers;
mod follow;
mod letterbox;
mod login;
mod ninjs;
mod position;
mod producer;
mod queue;
pub mod registry;
pub mod reader;
pub mod record;
mod scan;
mod settle;
mod tokens;
pub mod topics;
mod writer;

pub use batch::{Archived, Batch, LedgerEntry, Outgoing, Refused, TopicNames};
pub use client::{client_config, client_config_with, refused_properties, said};
pub use commit::{Commit, Lost};
pub use edge::{Edge, Probe, Trouble, diagnose};
pub use embedded::Embedded;
pub use encode::{Encoding, Encodings, Schemas};
pub use fit::{Cut, TooLarge, fit, fit_dead_letter};
pub use follow::follow;
pub use headers::{EventType, dead_letter_headers, headers};
pub use letterbox::{LetterBox, Lying};
pub use login::Login;
pub use ninjs::ninjs;
pub use position::Position;
pub use producer::{LEDGER_RECORD_MAX, try_settings};
pub use queue::{Done, Queue};
pub use reader::{ReadError, Reader, Start};
pub use record::{ArticleRecord, DeadLetter};
pub use scan::{record_at, scan, scan_end};
pub use settle::{Ends, reader as partition_reader};
pub use tokens::NoToken;
pub use writer::{Publisher, PublisherOptions, ShardWriter};

#[cfg(test)]
pub(crate) mod tests;
