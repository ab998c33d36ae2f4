//! Articles to Kafka, and back again for those who look.
//!
//! [`record`] defines the wire and nothing else does. Only this module and the ledger name rdkafka.

pub mod client;
pub mod embedded;
pub mod fit;
pub mod headers;
pub mod reader;
pub mod record;

pub use client::{client_config, client_config_with};
pub use embedded::Embedded;
pub use fit::{Cut, TooLarge, fit, fit_dead_letter};
pub use headers::{EventType, dead_letter_headers, headers};
pub use reader::{ReadError, Reader, Start};
pub use record::{ArticleRecord, DeadLetter};

#[cfg(test)]
pub(crate) mod tests;
