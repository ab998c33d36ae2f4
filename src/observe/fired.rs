//! How often each cleaning rule has fired, and what it last cut.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// Rules that are counted, at most; further ones are not.
const RULES_MAX: usize = 20_000;

/// Bytes of a passage shown, at most.
const PASSAGE_MAX: usize = 400;

/// Counts by rule since the start of the daemon. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct Fired(Arc<Mutex<BTreeMap<String, RuleFired>>>);

/// A rule that fired.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct RuleFired {
    /// Id of the rule.
    pub rule: String,
    /// Passages it has cut since the daemon started.
    pub cuts: u64,
    /// The last of them.
    pub last: LastCut,
}

/// A passage that was cut.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct LastCut {
    /// When.
    pub at: DateTime<Utc>,
    /// Name of the feed.
    pub feed: String,
    /// Id of the article.
    pub article: String,
    /// Kind of boilerplate.
    pub kind: String,
    /// Its text, 400 bytes at most.
    pub text: String,
}

/// Where a passage was cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// Name of the feed.
    pub feed: &'a str,
    /// Id of the article.
    pub article: &'a str,
    /// Kind of boilerplate.
    pub kind: &'a str,
    /// What was cut.
    pub text: &'a str,
}

impl Fired {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, RuleFired>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a passage.
    pub fn count(&self, rule: &str, cut: Cut<'_>, at: DateTime<Utc>) {
        self.with(|rules| {
            if !rules.contains_key(rule) && rules.len() < RULES_MAX {
                rules.insert(rule.to_owned(), RuleFired { rule: rule.to_owned(), ..RuleFired::default() });
            }
            let Some(fired) = rules.get_mut(rule) else { return };
            fired.cuts += 1;
            let last = &mut fired.last;
            last.at = at;
            // The buffers of the previous passage are reused.
            for (kept, new) in [
                (&mut last.feed, cut.feed),
                (&mut last.article, cut.article),
                (&mut last.kind, cut.kind),
                (
                    &mut last.text,
                    cut.text.get(..cut.text.floor_char_boundary(PASSAGE_MAX)).unwrap_or_default(),
                ),
            ] {
                kept.clear();
                kept.push_str(new);
            }
        });
    }

    /// All rules that fired, the most frequent first.
    pub fn told(&self) -> Vec<RuleFired> {
        let mut told: Vec<RuleFired> = self.with(|rules| rules.values().cloned().collect());
        told.sort_by(|one, other| other.cuts.cmp(&one.cuts).then_with(|| one.rule.cmp(&other.rule)));
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_counted_and_the_last_passage_is_kept_short() {
        let fired = Fired::default();
        let cut = |text| Cut { feed: "desk", article: "a1", kind: "ad", text };
        fired.count("en.more", cut("first"), DateTime::UNIX_EPOCH);
        fired.count("en.ad", cut("second"), DateTime::UNIX_EPOCH);
        fired.count("en.ad", cut(&"\u{e9}".repeat(399)), DateTime::UNIX_EPOCH);
        let told = fired.told();
        assert_eq!(
            told.iter().map(|rule| (rule.rule.as_str(), rule.cuts)).collect::<Vec<_>>(),
            [("en.ad", 2), ("en.more", 1)]
        );
        assert_eq!(told[0].last.text.chars().count(), 200);
        assert_eq!(told[1].last.text, "first");
    }

    #[test]
    fn there_is_a_limit_to_the_rules() {
        let fired = Fired::default();
        let cut = Cut { feed: "", article: "", kind: "", text: "" };
        for number in 0..RULES_MAX + 5 {
            fired.count(&number.to_string(), cut, DateTime::UNIX_EPOCH);
        }
        assert_eq!(fired.told().len(), RULES_MAX);
    }
}
