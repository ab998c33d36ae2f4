//! How a poll failed.

use std::time::Duration;

use crate::fetch::{FetchError, FetchFailure, Wall};

/// Why a poll failed, and what that means for the next one.
pub(super) struct Failure {
    /// The reason in words, without secrets.
    pub(super) message: String,
    /// A bounded label for metrics.
    pub(super) reason: &'static str,
    /// Status of the answer, if that is why it failed.
    pub(super) status: Option<u16>,
    /// When the server wants to be asked again.
    pub(super) retry_after: Option<Duration>,
    /// The wall before the feed, if the answer shows it.
    pub(super) wall: Option<Wall>,
}

impl Failure {
    /// A failure because what came cannot be used.
    pub(super) fn new(message: impl Into<String>, reason: &'static str) -> Self {
        Self { message: message.into(), reason, status: None, retry_after: None, wall: None }
    }

    /// A failure because nothing usable came.
    pub(super) fn of(error: &FetchError) -> Self {
        let status = match error.kind {
            FetchFailure::Status(status) => Some(status),
            _ => None,
        };
        Self {
            status,
            retry_after: error.retry_after,
            wall: error.wall.clone(),
            ..Self::new(error.to_string(), error.reason())
        }
    }

    /// A failure because what came is not a feed: a redirect may have led to a wall before it.
    pub(super) fn no_feed(message: &str, wall: Option<Wall>) -> Self {
        let message = match &wall {
            Some(wall) => format!("{message} ({wall})"),
            None => message.to_owned(),
        };
        Self { wall, ..Self::new(message, "not_a_feed") }
    }
}
