//! What a worker is lent, and what it gives back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use crate::{config::Feed, ledger::FeedState, publish::Commit};

/// One poll of one feed.
#[derive(Clone)]
pub struct Lease {
    /// The feed as configured.
    pub feed: Feed,
    /// What is known about it.
    pub state: Arc<FeedState>,
    /// Commits what the poll has to say.
    pub writer: Arc<dyn Commit>,
    /// Articles of the whole shard.
    pub claims: Claims,
    /// When it was due.
    pub due_at: DateTime<Utc>,
}

/// The end of a poll.
#[derive(Debug)]
pub enum PollReport {
    /// The feed's next state, committed or staged with the writer.
    Polled(Box<FeedState>),
    /// The shard was lost on the way: nothing of what was found counts.
    Lost,
}

/// Polls a feed.
pub type Poll = Arc<dyn Fn(Lease) -> BoxFuture<'static, PollReport> + Send + Sync>;

/// Which feed of the shard publishes an article that several list: the first that saw it.
///
/// Feeds of one site share entries ("all news", "sport"). They share a shard as well, so a map in
/// memory is enough; it is rebuilt from the ledger with the shard.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<HashMap<String, Owner>>>);

#[derive(Clone, Debug)]
struct Owner {
    feed: String,
    /// The article is out: until then its owner may still lose it.
    published: bool,
}

/// Whose an article is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The feed's that asked.
    Ours,
    /// Another feed's, which has published it.
    Theirs,
    /// Another feed's that is about to publish it, and may fail to.
    Pending,
}

impl Claims {
    /// The claims that the shard's states imply. Of two feeds that both hold an article the one
    /// that saw it first has it, the name deciding a tie.
    pub fn of<'a>(states: impl IntoIterator<Item = &'a FeedState>) -> Self {
        let mut first: HashMap<&str, (DateTime<Utc>, &str)> = HashMap::new();
        for state in states {
            for entry in state.entries.values().filter(|entry| entry.revision > 0) {
                let candidate = (entry.first_seen_at, state.name.as_str());
                let known = first.entry(&entry.article).or_insert(candidate);
                *known = (*known).min(candidate);
            }
        }
        let owners = first.into_iter().map(|(article, (_, feed))| {
            (article.to_owned(), Owner { feed: feed.to_owned(), published: true })
        });
        Self(Arc::new(Mutex::new(owners.collect())))
    }

    /// Takes the article for `feed` where no other feed has it.
    pub fn take(&self, article: &str, feed: &str) -> Claim {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners
            .entry(article.to_owned())
            .or_insert_with(|| Owner { feed: feed.to_owned(), published: false });
        match owner {
            owner if owner.feed == feed => Claim::Ours,
            Owner { published: true, .. } => Claim::Theirs,
            Owner { .. } => Claim::Pending,
        }
    }

    /// The article, taken before, is out.
    pub fn published(&self, article: &str) {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = owners.get_mut(article) {
            owner.published = true;
        }
    }

    /// Gives an article back that was taken and not published, or that left the feed.
    pub fn release(&self, article: &str, feed: &str) {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.get(article).is_some_and(|owner| owner.feed == feed) {
            owners.remove(article);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_has_one_owner() {
        let claims = Claims::default();
        assert_eq!(claims.take("x", "a"), Claim::Ours);
        assert_eq!(claims.take("x", "a"), Claim::Ours);
        assert_eq!(claims.take("x", "b"), Claim::Pending);
        claims.release("x", "b");
        assert_eq!(claims.take("x", "b"), Claim::Pending);
        claims.release("x", "a");
        assert_eq!(claims.take("x", "b"), Claim::Ours);
        claims.published("x");
        assert_eq!(claims.take("x", "a"), Claim::Theirs);
        assert_eq!(claims.take("x", "b"), Claim::Ours);
    }
}
