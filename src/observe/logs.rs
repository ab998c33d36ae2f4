//! Logs: one line an event on standard error, constant messages, facts in fields.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Starts logging to standard error. `filter` is in the syntax of `tracing`'s env filter, for
/// example `info` or `copydesk=debug`.
pub fn init_logs(format: LogFormat, filter: &str) {
    // The client's own messages repeat what its errors tell us, in its own words and at levels of
    // its own ("error" for the end of a partition).
    let quiet =
        if filter.contains("rdkafka") { String::new() } else { ",rdkafka=off,librdkafka=off".to_owned() };
    let filter = EnvFilter::try_new(format!("{filter}{quiet}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Auto if terminal => builder.with_ansi(true).try_init(),
        LogFormat::Text => builder.with_ansi(terminal).try_init(),
        LogFormat::Auto | LogFormat::Json => builder.json().flatten_event(true).with_ansi(false).try_init(),
    };
    // A second start within one process keeps the first: the demo and tests may both ask.
    drop(started);
}
