//! Articles to Kafka, and back again for those who look.
//!
//! [`record`] defines the wire and nothing else does. Only this module and the ledger name rdkafka.

pub mod fit;
pub mod headers;
pub mod record;

pub use fit::{Cut, TooLarge, fit, fit_dead_letter};
pub use headers::{EventType, dead_letter_headers, headers};
pub use record::{ArticleRecord, DeadLetter};

#[cfg(test)]
mod tests;
