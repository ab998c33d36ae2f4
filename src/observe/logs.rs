//! Logs: one line per event on standard error, constant messages, facts in fields.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, Failure};

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

/// Starts logging to standard error. `filter` is in the syntax of `tracing`'s env filter, for
/// example `info` or `copydesk=debug`.
///
/// # Errors
/// A filter that cannot be parsed, with the exit code for a wrong command line.
pub fn init_logs(format: LogFormat, filter: &str) -> Result<(), Failure> {
    // The client's own messages repeat what its errors say, in its own words and at levels of its
    // own ("error" for the end of a partition).
    let quiet =
        if filter.contains("rdkafka") { String::new() } else { ",rdkafka=off,librdkafka=off".to_owned() };
    let filter = EnvFilter::try_new(format!("{filter}{quiet}")).map_err(|error| {
        let message = format!("--log: `{filter}` is not a filter: {error}; write `info` or `copydesk=debug`");
        Failure::new(Exit::Usage, message)
    })?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Auto if terminal => builder.with_ansi(true).try_init(),
        LogFormat::Text => builder.with_ansi(terminal).try_init(),
        LogFormat::Auto | LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
    };
    // A second start within one process keeps the first: the demo and tests may both ask.
    drop(started);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused() {
        for filter in ["copydesk=loud", "a=b=c", "copydesk=debug,[["] {
            let failure = init_logs(LogFormat::Json, filter).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.message.contains(filter), "{failure}");
        }
    }
}
