//! Logs, metrics, health: what an operator sees.

pub mod admin;
mod health;
mod heartbeat;
mod logs;
mod metrics;
mod requests;

pub use health::Health;
pub use heartbeat::Heartbeat;
pub use logs::{LogFormat, init_logs};
pub use metrics::{Metrics, ReasonLabel, ResultLabel};
pub use requests::Requests;
