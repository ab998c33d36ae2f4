//! The configuration: strict YAML to typed values, every error of every file in one run.
//!
//! [`load()`] reads the file and what it includes, replaces `${env:NAME}` and `${file:PATH}`, decodes
//! strictly, applies `defaults`, and checks values that depend on each other. Precedence: defaults, then
//! YAML, then the environment by reference. All paths are relative to the directory of the configuration
//! file. A section's fields, their decoding and their keys are in one file; all keys are in [`reference()`].

mod key;
mod secret;
mod model;
mod kafka;
mod security;
mod topics;
mod stories;
mod http;
mod rules;
mod routes;
mod schema_registry;
mod admin;
mod daemon;
mod observe;
mod watched;
mod web_bot_auth;
mod websub;
mod load;
mod reader;
mod refer;
mod scalar;
mod decode;
mod feed;
mod feed_http;
mod usage;
mod credentials;
mod feeds;
mod hidden;
mod properties;
mod lint;
mod reference;

#[cfg(test)]
mod tests;

pub use self::http::{Http, RobotsPolicy};
pub use admin::Admin;
pub use daemon::Daemon;
pub use feed::{Authorities, ContentSource, Feed, FeedHttp, Interval};
pub use feeds::feed_address;
pub use kafka::Kafka;
pub use key::KeyDoc;
pub use load::{Loaded, inspect, load};
pub use model::{Config, Delivery};
pub use observe::{Observe, Otlp};
pub use reference::{reference, reference_markdown};
pub use routes::{Route, RouteFormat};
pub use rules::{Rules, Tags, Urls};
pub use scalar::spell_duration;
pub use schema_registry::{Format, SchemaFormat, SchemaRegistry};
pub use secret::Secret;
pub use security::{OAuth, Protocol, Security};
pub use stories::Stories;
pub use topics::{StoriesTopic, Topics};
pub use usage::{UsageCondition, UsageWanted};
pub use watched::{Stamps, Watched};
pub use web_bot_auth::{BotKey, DIRECTORY_PATH};
pub use websub::{Callback, WebSub};

/// Looks up a variable of the process's environment: what [`load()`] is given outside tests.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
