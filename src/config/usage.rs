//! Conditions on what publishers say about uses.

use crate::{
    rights::Use,
    yaml::{Decoder, Node},
};

/// A condition on what the publisher says about one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageCondition {
    /// The use.
    pub of: Use,
    /// What the condition requires.
    pub wanted: UsageWanted,
}

/// What a condition asks of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageWanted {
    /// `allowed`: the publisher allows it expressly.
    Allowed,
    /// `not_disallowed`: the publisher allows it or says nothing.
    NotDisallowed,
}

impl UsageWanted {
    /// The words of the configuration.
    pub const CHOICES: [(&str, Self); 2] =
        [("allowed", Self::Allowed), ("not_disallowed", Self::NotDisallowed)];
}

impl UsageCondition {
    /// Whether a preference of a record (`allowed`, `disallowed`, `unknown`) is as wanted.
    pub fn holds_for(&self, preference: &str) -> bool {
        match self.wanted {
            UsageWanted::Allowed => preference == "allowed",
            UsageWanted::NotDisallowed => preference != "disallowed",
        }
    }
}

/// The conditions of `{train-ai: not_disallowed}`.
pub(super) fn usage(decoder: &mut Decoder, section: &Node) -> Vec<UsageCondition> {
    let Some(fields) = decoder.fields(section, &Use::ALL.map(Use::as_str)) else { return Vec::new() };
    let conditions = Use::ALL.into_iter().filter_map(|of| {
        let wanted = decoder.choice(fields.get(of.as_str())?, &UsageWanted::CHOICES)?;
        Some(UsageCondition { of, wanted })
    });
    conditions.collect()
}
