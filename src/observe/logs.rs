//! Logs: one line per event on standard error, constant messages, facts in fields.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::Traces;
use crate::exit::{Exit, Failure};

/// The JSON Schema of log lines in JSON.
pub const LOG_SCHEMA: &str = include_str!("../../config/schema/log.schema.json");

/// Format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object per line.
    Json,
    /// For people.
    Text,
}

/// The log as it will be, before it starts.
pub struct Logs {
    format: LogFormat,
    filter: EnvFilter,
}

impl Logs {
    /// A log whose `filter` is in the syntax of `tracing`'s env filter, for example `info` or
    /// `copydesk=debug`.
    ///
    /// # Errors
    /// A filter that cannot be parsed, with the exit code for a wrong command line.
    pub fn new(format: LogFormat, filter: &str) -> Result<Self, Failure> {
        // The client's own messages repeat what its errors say, in its own words and at levels of its
        // own ("error" for the end of a partition).
        let quiet =
            if filter.contains("rdkafka") { String::new() } else { ",rdkafka=off,librdkafka=off".to_owned() };
        let filter = EnvFilter::try_new(format!("{filter}{quiet}")).map_err(|error| {
            let message =
                format!("--log: `{filter}` is not a filter: {error}; write `info` or `copydesk=debug`");
            Failure::new(Exit::Usage, message)
        })?;
        Ok(Self { format, filter })
    }

    /// Starts logging to standard error.
    pub fn start(self) {
        let terminal = std::io::stderr().is_terminal();
        let builder = tracing_subscriber::fmt().with_env_filter(self.filter).with_writer(std::io::stderr);
        let started = match self.format.or_json(terminal) {
            LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
            _ => builder.with_ansi(terminal).try_init(),
        };
        // A second start within one process keeps the first: the demo and tests may both ask.
        drop(started);
    }

    /// The same with traces, which the filter does not concern.
    pub fn start_with(self, traces: Traces) {
        let terminal = std::io::stderr().is_terminal();
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match self.format.or_json(terminal) {
            LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
            _ => lines.with_ansi(terminal).boxed(),
        };
        let traces = traces.with_filter(filter_fn(Traces::wants));
        drop(tracing_subscriber::registry().with(lines.with_filter(self.filter)).with(traces).try_init());
    }
}

impl LogFormat {
    fn or_json(self, terminal: bool) -> Self {
        match self {
            Self::Auto if terminal => Self::Text,
            Self::Auto => Self::Json,
            chosen => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused() {
        for filter in ["copydesk=loud", "a=b=c", "copydesk=debug,[["] {
            let Err(failure) = Logs::new(LogFormat::Json, filter) else { panic!("{filter} is taken") };
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.message.contains(filter), "{failure}");
        }
    }
}
