//! The configuration: strict YAML to typed values, every error of every file in one run.
//!
//! [`load()`] reads the file and what it includes, replaces `${env:NAME}` and `${file:PATH}`, decodes
//! strictly, applies `defaults`, and checks what only fits together. Precedence: defaults, then
//! YAML, then the environment by reference. All paths are relative to the directory of the
//! configuration file. The keys are listed once, in [`reference()`].

mod model;
mod load;
mod reader;
mod refer;
mod scalar;
mod decode;
mod feed;
mod credentials;
mod feeds;
mod hidden;
mod properties;
mod lint;
mod reference;
mod routes;

#[cfg(test)]
mod tests;

pub use feed::{ContentSource, Feed, Interval};
pub use feeds::feed_address;
pub use load::{Loaded, inspect, load};
pub use model::*;
pub use reference::{KeyDoc, reference, reference_markdown};
pub use scalar::spell_duration;

/// A variable of the process's environment: what [`load()`] is given outside tests.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
