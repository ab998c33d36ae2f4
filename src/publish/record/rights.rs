//! What a publisher says about the use of an article, on the wire.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rights::Use;

/// What a publisher says about the use of an article: statements with where they were read, and
/// what they say together. Not a legal verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rights {
    /// When it was read.
    pub observed_at: DateTime<Utc>,
    /// What `robots.txt` says about the page. Absent if no page was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots: Option<RobotsAnswer>,
    /// The statements combined by the rule of IETF AIPREF: one that disallows decides, else one that
    /// allows.
    pub usage: UsagePreferences,
    /// Statements as they were written.
    pub statements: Vec<RightsStatement>,
    /// Directives of robots meta and `X-Robots-Tag`, lower case: `noai`, `noarchive`, `noindex`.
    pub directives: Vec<String>,
    /// Copyright notice of the page, else of the entry.
    pub copyright: Option<String>,
    /// Address or name of the licence that page or entry state.
    pub license: Option<String>,
    /// `free`, `metered`, `paid` or `unknown`, according to the publisher.
    pub access: String,
}

/// What `robots.txt` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RobotsAnswer {
    /// `allowed`, `disallowed` or `unreadable`.
    pub page: String,
    /// The product token that was looked for.
    pub agent: String,
    /// Product tokens of agents for language models that are turned away by groups of their own.
    pub ai_agents_disallowed: Vec<String>,
}

/// `allowed`, `disallowed` or `unknown` for each use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UsagePreferences {
    /// Training of models; text and data mining counts as this.
    #[serde(rename = "train-ai")]
    pub train_ai: String,
    /// Input of models at the time of a question.
    #[serde(rename = "ai-input")]
    pub ai_input: String,
    /// Search.
    pub search: String,
}

impl UsagePreferences {
    /// What is preferred for one use.
    pub fn of(&self, wanted: Use) -> &str {
        match wanted {
            Use::TrainAi => &self.train_ai,
            Use::AiInput => &self.ai_input,
            Use::Search => &self.search,
        }
    }
}

/// One statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RightsStatement {
    /// `content-signal`, `content-usage`, `tdmrep` or `rsl`.
    pub by: String,
    /// Where it was read: `robots.txt`, `tdmrep.json`, `header`, `page` or `feed`.
    #[serde(rename = "where")]
    pub place: String,
    /// Its value as written; for `rsl` the address of the licence.
    pub value: String,
    /// Address of the policy it points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}
