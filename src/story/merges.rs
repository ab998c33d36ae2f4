//! Stories that were taken for two and turned out to be one.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// Merges that are remembered, at most: the oldest makes room for a new one.
const MERGES_MAX: usize = 10_000;

/// Earlier ids that a story reports, at most.
const TOLD_MAX: usize = 20;

/// A story that became part of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The story that was given up.
    pub from: Arc<str>,
    /// The one that it belongs to.
    pub into: Arc<str>,
}

/// Which story became part of which.
#[derive(Debug, Default)]
pub(super) struct Merges {
    into: HashMap<Arc<str>, Arc<str>>,
    order: VecDeque<Arc<str>>,
}

impl Merges {
    /// What has become of a story.
    pub(super) fn of<'a>(&'a self, story: &'a str) -> &'a str {
        let mut story = story;
        // Every step leads to an earlier story, so there is no cycle; forgetting makes chains
        // shorter.
        for _ in 0..MERGES_MAX {
            match self.into.get(story) {
                Some(next) => story = next,
                None => break,
            }
        }
        story
    }

    pub(super) fn add(&mut self, from: Arc<str>, into: Arc<str>) -> Merge {
        if self.order.len() >= MERGES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.into.remove(&oldest);
        }
        self.order.push_back(from.clone());
        self.into.insert(from.clone(), into.clone());
        Merge { from, into }
    }

    /// The stories that became part of one, the latest last.
    pub(super) fn told(&self, story: &str) -> Vec<String> {
        let merged = self.order.iter().filter(|from| self.of(from) == story);
        merged.take(TOLD_MAX).map(|from| from.to_string()).collect()
    }
}
