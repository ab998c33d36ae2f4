//! Testing rules on their own examples.

use std::collections::HashSet;

use super::{Example, Position, Rule, RuleSet};
use crate::{
    clean::{Cleaner, Document, SiteMemory},
    extract::Block,
    yaml::Problem,
};

/// Prose around an example, so that it has a place in an article.
const PROSE: &str = "The river rose again during the night, and by the morning the lower town stood under \
    a metre of brown water, so that boats carried the bread from door to door until late in the evening.";
/// Blocks of prose before and after an example.
const AROUND: usize = 8;

impl RuleSet {
    /// Tests every rule on its examples: what it `removes` has to go, with the rule as part of the
    /// evidence, and what it `keeps` has to stay.
    pub fn check(&self) -> Vec<Problem> {
        let cleaner = Cleaner::new(self);
        let mut problems = Vec::new();
        for rule in &self.rules {
            for example in &rule.removes {
                let (removed, rules) = try_out(&cleaner, rule, example);
                if !removed || !rules.contains(&rule.id) {
                    let why = if removed { "goes, but not by this rule" } else { "stays" };
                    problems.push(problem(rule, format!("`{}` has to be removed; it {why}", example.text)));
                }
            }
            for example in &rule.keeps {
                let (removed, rules) = try_out(&cleaner, rule, example);
                if removed {
                    let mut rules: Vec<String> = rules.into_iter().collect();
                    rules.sort();
                    let rules = rules.join(", ");
                    problems
                        .push(problem(rule, format!("`{}` has to stay; removed by {rules}", example.text)));
                }
            }
        }
        problems
    }
}

fn problem(rule: &Rule, message: String) -> Problem {
    Problem { place: rule.origin.clone(), path: rule.id.clone(), message }
}

/// Puts the example into an article and cleans it.
fn try_out(cleaner: &Cleaner, rule: &Rule, example: &Example) -> (bool, HashSet<String>) {
    let marked = !example.classes.is_empty() || !example.tag.is_empty();
    let prose = |index: usize| Block {
        tag: "p".into(),
        text: format!("{PROSE} {index}."),
        classes: if marked { vec!["p".into(), "div.article-body".into()] } else { Vec::new() },
        ..Block::default()
    };
    let mut blocks: Vec<Block> = (0..2 * AROUND).map(prose).collect();
    let at = match rule.position {
        Position::Head => 1,
        Position::Anywhere => AROUND,
        Position::Tail | Position::Edge | Position::Last => 2 * AROUND - 1,
    };
    let tag = if example.tag.is_empty() { "p".to_owned() } else { example.tag.clone() };
    blocks.insert(
        at,
        Block {
            tag,
            text: example.text.clone(),
            link_share: example.link_share,
            classes: example.classes.clone(),
            ..Block::default()
        },
    );
    let document = Document {
        site: rule.sites.first().cloned().unwrap_or_default(),
        language: rule.language.clone(),
        blocks,
        ..Document::default()
    };
    let cleaned = cleaner.clean(&document, &SiteMemory::default());
    cleaned.decisions.get(at).map_or((false, HashSet::new()), |decision| {
        (decision.removed, decision.evidence.iter().map(|evidence| evidence.rule.clone()).collect())
    })
}
