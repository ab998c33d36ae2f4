//! A watch on how much of a feed's text cleaning removes.
//!
//! Cleaning cannot know that it is wrong, but a site that changes its markup shows it: what was a
//! tenth of the text becomes half of it from one day to the next. That is reported, and a person
//! can look.

use serde::{Deserialize, Serialize};

/// Articles before anything is reported: until then the usual share is not known.
const ARTICLES_MIN: u32 = 20;
/// How much an article counts for the usual share, and for the recent one: some 50 and 5 articles.
const USUAL: f32 = 0.02;
const LATELY: f32 = 0.2;
/// How far the recent share has to be above the usual one, chosen by hand: a quarter of the text.
const JUMP: f32 = 0.25;

/// Share of a feed's text that is removed, usually and recently.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RemovedShare {
    #[serde(default)]
    usual: f32,
    #[serde(default)]
    lately: f32,
    #[serde(default)]
    articles: u32,
    /// Whether a jump was reported and is not over yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    told: bool,
}

/// The recent share is far above the usual one. Both 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jump {
    /// Share over some 50 articles.
    pub usual: f32,
    /// Share over some 5 articles.
    pub lately: f32,
}

impl RemovedShare {
    /// Takes an article into account: characters that were removed, and those that stayed. A jump
    /// is reported once, until it is over or has become usual.
    pub fn observe(&mut self, removed: usize, kept: usize) -> Option<Jump> {
        let all = removed + kept;
        if all == 0 {
            return None;
        }
        let share = removed as f32 / all as f32;
        self.articles = self.articles.saturating_add(1);
        // A plain mean, until there are enough articles for older ones to count less.
        let first = 1.0 / self.articles as f32;
        self.usual += (share - self.usual) * USUAL.max(first);
        self.lately += (share - self.lately) * LATELY.max(first);
        let jumped = self.articles > ARTICLES_MIN && self.lately - self.usual > JUMP;
        let news = jumped && !self.told;
        self.told = jumped;
        news.then_some(Jump { usual: self.usual, lately: self.lately })
    }

    /// The recent share, 0 to 1, over some 5 articles; `None` before the first.
    pub fn lately(&self) -> Option<f32> {
        (!self.is_fresh()).then_some(self.lately)
    }

    /// Whether no article was seen yet.
    pub fn is_fresh(&self) -> bool {
        self.articles == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these articles, given by the percentage removed, reported a jump.
    fn told(percents: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut share = RemovedShare::default();
        let percents = percents.into_iter().enumerate();
        percents.filter_map(|(n, percent)| share.observe(percent, 100 - percent).map(|_| n)).collect()
    }

    #[test]
    fn a_jump_is_told_once() {
        let articles = [vec![8; 40], vec![60; 30]].concat();
        let jumps = told(articles);
        assert_eq!(jumps.len(), 1, "{jumps:?}");
        assert!((40..46).contains(&jumps[0]), "{jumps:?}");
    }

    #[test]
    fn one_odd_article_is_no_jump() {
        assert_eq!(told([vec![8; 40], vec![95], vec![8; 40]].concat()), Vec::<usize>::new());
        assert_eq!(told((0..90).map(|n| n * 37 % 50)), Vec::<usize>::new(), "nor is what always varies");
        assert_eq!(told([5, 90, 90, 90, 90]), Vec::<usize>::new(), "nor is a new feed");
        assert_eq!(RemovedShare::default().observe(0, 0), None);
    }
}
