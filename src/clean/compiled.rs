//! Rules in the form that blocks are matched against.

use std::collections::HashMap;

use super::{
    classes::Classes,
    matcher::Matcher,
    prose::Prose,
    rules::{Rule, RuleSet},
};

/// Rules in the form that blocks are matched against.
#[derive(Debug)]
pub(super) struct Compiled {
    /// Without phrases and examples.
    pub rules: Vec<Rule>,
    pub matcher: Matcher,
    pub classes: Classes,
    pub tags: HashMap<String, Vec<u32>>,
    /// Rules that require a share of links and nothing else.
    pub links: Vec<u32>,
    pub prose: Prose,
}

impl Compiled {
    pub(super) fn new(set: &RuleSet) -> Self {
        let mut classes = Classes::default();
        let mut tags: HashMap<String, Vec<u32>> = HashMap::new();
        let mut links = Vec::new();
        for (index, rule) in set.rules.iter().enumerate() {
            let index = index as u32;
            for name in &rule.class {
                classes.add(name, index);
            }
            for tag in &rule.tag {
                tags.entry(tag.clone()).or_default().push(index);
            }
            let only_links = rule.phrases.is_empty()
                && rule.made_of.is_none()
                && rule.class.is_empty()
                && rule.tag.is_empty();
            if only_links && rule.link_share > 0.0 {
                links.push(index);
            }
        }
        let matcher = Matcher::new(&set.rules);
        let rules = set.rules.iter().map(without_texts).collect();
        Self { rules, matcher, classes, tags, links, prose: Prose::new() }
    }
}

/// A rule without its phrases, which are in the matcher and would take ten times the memory of the
/// rest, and without its examples, which are for [`RuleSet::check`].
fn without_texts(rule: &Rule) -> Rule {
    Rule {
        id: rule.id.clone(),
        kind: rule.kind,
        language: rule.language.clone(),
        sites: rule.sites.clone(),
        user: rule.user,
        weight: rule.weight,
        max_chars: rule.max_chars,
        open: rule.open,
        position: rule.position,
        phrases: Vec::new(),
        unless: Vec::new(),
        made_of: None,
        class: Vec::new(),
        tag: Vec::new(),
        link_share: rule.link_share,
        removes: Vec::new(),
        keeps: Vec::new(),
        origin: rule.origin.clone(),
    }
}
