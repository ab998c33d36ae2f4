//! Logs, metrics, health: what an operator sees.

pub mod admin;
mod health;
mod logs;
mod metrics;
mod requests;

pub use health::Health;
pub use logs::{LogFormat, init_logs};
pub use metrics::{Metrics, Reason, Result};
pub use requests::Requests;
