//! The integration tests: the daemon as a process, a real Apache Kafka, an origin on a loopback
//! port, and a reader that is not ours.
//!
//! `tests/run` starts what they need; run alone, they start a broker of their own.

#[cfg(test)]
mod it;
