//! Logs, metrics, health: what an operator sees.

mod fired;
mod health;
mod heartbeat;
mod logs;
mod metrics;
mod requests;
pub mod trace;

pub use fired::{Cut, Fired, LastCut, RuleFired};
pub use health::Health;
pub use heartbeat::Heartbeat;
pub use logs::{LOG_SCHEMA, LogFormat, Logs};
pub use metrics::{Metrics, ReasonLabel, ResultLabel, render};
pub use requests::Requests;
pub use trace::{Traces, traceparent};
