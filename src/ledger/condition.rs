//! The conditions a feed can be in, and what is kept of them in its state.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What state a feed is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It answers, with documents that can be read.
    #[default]
    Healthy,
    /// The last poll failed, or its documents end in the middle.
    Failing,
    /// It answers, and its last document shares no entry with the one before: some may have come and gone
    /// between two polls.
    Gap,
    /// It answers, but has had nothing new for far longer than usual.
    Stale,
    /// It is gone (410), or has not answered for 14 days. It is still polled, but rarely.
    Dead,
    /// It has permanently moved to another address; the configuration has the old one.
    Moved,
    /// The server wants a login, a payment or something else that the configuration does not have.
    Walled,
}

impl Condition {
    /// As in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failing => "failing",
            Self::Gap => "gap",
            Self::Stale => "stale",
            Self::Dead => "dead",
            Self::Moved => "moved",
            Self::Walled => "walled",
        }
    }
}

/// What was reported of a feed last; part of its state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Its condition.
    pub condition: Condition,
    /// Since when it is in it.
    pub since: DateTime<Utc>,
    /// When a record was last written; `None` if no topic is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}
