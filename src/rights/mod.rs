//! What publishers say about the use of their articles: read, kept together with where it was read,
//! and combined. Never a legal verdict: subscribers decide what to make of it.
//!
//! | statement | read from |
//! |---|---|
//! | `robots.txt` (RFC 9309) | [`Robots`] |
//! | Content-Signal (draft-romm-aipref-contentsignals) | `robots.txt` |
//! | Content-Usage (IETF AIPREF, vocabulary of April 2026) | `robots.txt`, response header |
//! | TDMRep (W3C community group, May 2024) | `tdmrep.json` of the origin, response header, `meta` |
//! | RSL 1.0 licences | `robots.txt`, `Link` header, page, links of the feed's entry |
//! | `noai`, `noarchive`, `noindex`, ... | `X-Robots-Tag`, `meta` |

mod headers;
mod robots;
mod tdmrep;
mod usage;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use headers::signals_of_headers;
pub use robots::{BYTES_MAX as ROBOTS_BYTES_MAX, Robots};
pub use tdmrep::{BYTES_MAX as TDMREP_BYTES_MAX, TDMREP_PATH, TdmRep};
pub use usage::{Preference, Usage, Use};

/// The product token by which groups of a `robots.txt` and tags of a page name this program.
pub const AGENT: &str = "copydesk";

/// Directives kept per page, at most.
const DIRECTIVES_MAX: usize = 20;

/// Who defined the form of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Content-Signal.
    ContentSignal,
    /// AIPREF's Content-Usage.
    ContentUsage,
    /// TDM Reservation Protocol.
    Tdmrep,
    /// Really Simple Licensing: the address of the licence, which is not interpreted.
    Rsl,
}

impl Source {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContentSignal => "content-signal",
            Self::ContentUsage => "content-usage",
            Self::Tdmrep => "tdmrep",
            Self::Rsl => "rsl",
        }
    }
}

/// Where a statement was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The origin's `robots.txt`.
    #[serde(rename = "robots.txt")]
    Robots,
    /// The origin's `tdmrep.json`.
    #[serde(rename = "tdmrep.json")]
    WellKnown,
    /// A header of the page's response.
    #[serde(rename = "header")]
    Header,
    /// The markup of the page.
    #[serde(rename = "page")]
    Page,
    /// The feed's entry.
    #[serde(rename = "feed")]
    Feed,
}

impl Place {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Robots => "robots.txt",
            Self::Header => "header",
            Self::Page => "page",
            Self::WellKnown => "tdmrep.json",
            Self::Feed => "feed",
        }
    }
}

/// One statement, as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who defined its form.
    pub by: Source,
    /// Where it was read.
    pub place: Place,
    /// Its value.
    pub value: String,
    /// Address of the policy it points to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl Statement {
    /// A statement without a policy.
    pub fn new(by: Source, place: Place, value: &str) -> Self {
        Self { by, place, value: value.to_owned(), policy: None }
    }
}

/// What `robots.txt` says of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// It may be fetched, or there is no file that says otherwise.
    Allowed,
    /// It may not be fetched.
    Disallowed,
    /// The file could not be read: no page may be fetched (RFC 9309 section 2.3.1.4).
    Unreadable,
}

impl Access {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Disallowed => "disallowed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What was read on the way to a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signals {
    /// What `robots.txt` says of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Agents of language models that `robots.txt` turns away from the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ai_agents_disallowed: Vec<String>,
    /// Statements, in the order they were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// Directives of robots meta and X-Robots-Tag in lower case: `noai`, `noarchive`,
    /// `max-snippet:50`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directives: Vec<String>,
}

impl Signals {
    /// Adds the directives of a comma-separated list, each only once.
    pub fn add_directives(&mut self, list: &str) {
        for directive in list.split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            if !directive.is_empty()
                && directive.len() <= 64
                && self.directives.len() < DIRECTIVES_MAX
                && !self.directives.contains(&directive)
            {
                self.directives.push(directive);
            }
        }
    }

    /// Whether the publisher asks that no copy be kept.
    pub fn forbids_archive(&self) -> bool {
        self.directives.iter().any(|directive| directive == "noarchive" || directive == "none")
    }

    /// What they say together.
    pub fn usage(&self) -> Usage {
        Usage::of(&self.statements, &self.directives)
    }
}

/// Whether an article is free to read, according to its publisher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freedom {
    /// For everybody.
    Free,
    /// A number of articles a month are free.
    Metered,
    /// For subscribers.
    Paid,
    /// Nothing is said.
    #[default]
    Unknown,
}

impl Freedom {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Metered => "metered",
            Self::Paid => "paid",
            Self::Unknown => "unknown",
        }
    }
}

/// What the markup of a page says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Statements and directives.
    pub signals: Signals,
    /// Copyright notice.
    pub copyright: Option<String>,
    /// Address or name of a licence.
    pub license: Option<String>,
    /// Whether it is free to read.
    pub freedom: Freedom,
}
