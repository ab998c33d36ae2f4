//! Traces (OpenTelemetry), from the tick to the acknowledgement: a layer of `tracing` that keeps the spans of
//! polls, and their form on the wire (OTLP, protocol buffers). Sent by `app`.
//!
//! Of own make: the SDK with its exporter and bridge is 18 crates, three versions of `getrandom` among them,
//! its processor does not say how many spans it drops, and its exporter brings its own way to the network.
//! What is needed of it is seven kinds of spans and five messages.
//!
//! A trace begins with the span `poll`. The spans of this program below it are kept
//! with their fields; `entry` is none of its own, its fields are those of the spans within it. Without
//! `observe.otlp.endpoint` there is no layer, and a span that nobody wants costs one comparison.

mod encode;
mod layer;

pub use encode::{MEDIA_TYPE, encode};
pub use layer::{Traces, traceparent};

/// Spans that wait to be sent, at most; further ones are dropped and counted.
pub const WAITING_MAX: usize = 8_192;

/// Longest text of an attribute, in characters.
const TEXT_MAX: usize = 256;

/// Attributes of a span, at most.
const FACTS_MAX: usize = 16;

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
}

/// A span that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Id of the trace.
    pub trace: [u8; 16],
    /// Its own id.
    pub id: [u8; 8],
    /// The span that it is within.
    pub parent: Option<[u8; 8]>,
    /// What was done.
    pub name: &'static str,
    /// Nanoseconds since 1970.
    pub start: u64,
    /// Nanoseconds since 1970.
    pub end: u64,
    /// Attributes.
    pub facts: Vec<(&'static str, Fact)>,
}
