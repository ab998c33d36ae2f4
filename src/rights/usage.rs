//! Statements combined into what is allowed, for each use.

use serde::{Deserialize, Serialize};

use super::{Place, Source, Statement};

/// What a publisher prefers for one use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// A statement allows it, and none disallows it.
    Allowed,
    /// A statement disallows it.
    Disallowed,
    /// Nothing is said.
    #[default]
    Unknown,
}

impl Preference {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Disallowed => "disallowed",
            Self::Unknown => "unknown",
        }
    }

    fn combine(&mut self, allows: bool) {
        *self = match (*self, allows) {
            (Self::Disallowed, _) | (_, false) => Self::Disallowed,
            _ => Self::Allowed,
        };
    }
}

/// A use that statements know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Training of models.
    TrainAi,
    /// Input of models.
    AiInput,
    /// Search.
    Search,
}

impl Use {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TrainAi, Self::AiInput, Self::Search];

    /// As AIPREF and the record write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrainAi => "train-ai",
            Self::AiInput => "ai-input",
            Self::Search => "search",
        }
    }
}

/// The uses that statements know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Training of models; text and data mining counts as this.
    pub train_ai: Preference,
    /// Input of models at the time of a question.
    pub ai_input: Preference,
    /// Search.
    pub search: Preference,
}

impl Usage {
    /// What is preferred for one use.
    pub fn of_use(&self, wanted: Use) -> Preference {
        match wanted {
            Use::TrainAi => self.train_ai,
            Use::AiInput => self.ai_input,
            Use::Search => self.search,
        }
    }

    /// The first of `uses` that is disallowed.
    pub fn reserved(&self, uses: &[Use]) -> Option<Use> {
        uses.iter().copied().find(|wanted| self.of_use(*wanted) == Preference::Disallowed)
    }

    /// Combined as AIPREF asks: one statement that disallows decides, else one that allows. Of
    /// TDMRep statements only the nearest counts: the page's, else the header's, else the file's
    /// (TDMRep section 4).
    pub(super) fn of(statements: &[Statement], directives: &[String]) -> Self {
        let mut usage = Self::default();
        let of_tdmrep = |place| {
            statements.iter().rfind(|statement| statement.by == Source::Tdmrep && statement.place == place)
        };
        let nearest = [Place::Page, Place::Header, Place::WellKnown].into_iter().find_map(of_tdmrep);
        for statement in statements.iter().filter(|statement| statement.by != Source::Tdmrep).chain(nearest) {
            usage.add(statement);
        }
        for directive in directives {
            match directive.as_str() {
                "noai" => {
                    usage.train_ai.combine(false);
                    usage.ai_input.combine(false);
                }
                "noindex" | "none" => usage.search.combine(false),
                _ => {}
            }
        }
        usage
    }

    fn add(&mut self, statement: &Statement) {
        match statement.by {
            Source::ContentSignal | Source::ContentUsage => {
                for (key, allows) in pairs(&statement.value) {
                    match key {
                        "ai-train" | "train-ai" => self.train_ai.combine(allows),
                        "ai-input" => self.ai_input.combine(allows),
                        "search" => self.search.combine(allows),
                        _ => {}
                    }
                }
            }
            Source::Tdmrep => match statement.value.as_str() {
                "1" => self.train_ai.combine(false),
                "0" => self.train_ai.combine(true),
                _ => {}
            },
            // A licence is linked to, not interpreted.
            Source::Rsl => {}
        }
    }
}

/// `key=yes` or `key=n`, separated by commas: other values say nothing. Of a key that is given
/// twice the last value counts, as in Structured Fields (RFC 9651 section 3.2).
fn pairs(value: &str) -> Vec<(&str, bool)> {
    let mut out: Vec<(&str, bool)> = Vec::new();
    for pair in value.split([',', ';']) {
        let Some((key, value)) = pair.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        let allows = match value {
            _ if value.eq_ignore_ascii_case("y") || value.eq_ignore_ascii_case("yes") => true,
            _ if value.eq_ignore_ascii_case("n") || value.eq_ignore_ascii_case("no") => false,
            _ => continue,
        };
        out.retain(|(known, _)| *known != key);
        out.push((key, allows));
    }
    out
}
