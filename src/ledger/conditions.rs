//! How a server handles conditional requests, as far as is known.

use serde::{Deserialize, Serialize};

/// What a server makes of conditional requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// Answered with 304 at least once.
    pub confirmed: bool,
    /// Answered with 304 while nothing changed, and with a new document when something had.
    pub proven: bool,
    /// Refused, and answered without conditions.
    pub refused: u32,
    /// 304 with another tag than the one asked about.
    pub other_tags: u32,
    /// Unchanged documents in a row in spite of their `ETag`.
    pub misses: u32,
}

impl Conditions {
    pub(super) fn is_new(&self) -> bool {
        *self == Self::default()
    }
}
