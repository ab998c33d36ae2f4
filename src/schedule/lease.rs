//! What a worker is lent, and what it returns.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;

use super::places::Place;
use crate::{
    config::Feed,
    fetch::BodyShare,
    identity::Marks,
    ledger::{FeedState, SeenEntry},
    publish::Commit,
    story::Fingerprint,
};

/// One poll of one feed.
#[derive(Clone)]
pub struct Lease {
    /// The feed as configured.
    pub feed: Arc<Feed>,
    /// What is known about it.
    pub state: Arc<FeedState>,
    /// Commits the results of the poll.
    pub writer: Arc<dyn Commit>,
    /// Who publishes which article in the shard.
    pub claims: Claims,
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// What its hub has delivered: to be read in place of an answer to a request.
    pub delivered: Option<Delivered>,
    /// Its place at work, which others may have while it waits.
    pub place: Place,
}

/// A document that a hub has delivered, in whole or in part: what is new is in it, and nothing says
/// that the rest is.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// The document.
    pub body: Bytes,
    /// What it has of `http.max_bodies`.
    pub share: Option<Arc<BodyShare>>,
    /// When it was received.
    pub at: DateTime<Utc>,
}

/// The end of a poll.
#[derive(Debug)]
pub enum PollReport {
    /// The feed's next state, committed or staged with the writer.
    Polled(Box<FeedState>),
    /// The shard was lost during the poll: nothing that was found counts.
    Lost,
}

/// Polls a feed.
pub type Poll = Arc<dyn Fn(Lease) -> BoxFuture<'static, PollReport> + Send + Sync>;

/// Which feed of the shard publishes an article that several list: the first that saw it. If two mean
/// different articles by one id (a post and a comment on it), the later one has to find another id for its
/// own.
///
/// Feeds of one site share entries ("all news", "sport"). They share a shard as well, so a map in
/// memory is enough; it is rebuilt from the ledger with the shard.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<HashMap<String, Owner>>>);

#[derive(Clone, Debug)]
struct Owner {
    claimant: Claimant,
    /// Whether the article is published: until then its owner may still lose it.
    published: bool,
}

/// A feed with an article.
#[derive(Clone, Debug, Default)]
pub struct Claimant {
    /// Name of the feed.
    pub feed: String,
    /// What the article is recognised by there.
    pub marks: Marks,
    /// Its date as the feed gives it.
    pub published_at: Option<DateTime<Utc>>,
    /// Fingerprint of its text; `None` for short texts.
    pub fingerprint: Option<Fingerprint>,
}

impl Claimant {
    /// Whether both mean the same article: they share a guid, a title, words or a date, or have
    /// similar texts; also if neither guids nor dates say otherwise, since an edited article may
    /// have a different title and text in each.
    fn means(&self, other: &Self) -> bool {
        let alike = self.fingerprint.zip(other.fingerprint);
        let dates = self.published_at.zip(other.published_at);
        let guids = !self.marks.guid.is_empty() && !other.marks.guid.is_empty();
        self.marks.agree(&other.marks)
            || alike.is_some_and(|(a, b)| a.similarity(&b) >= ONE_TEXT)
            || dates.map_or(!guids, |(a, b)| a == b)
    }
}

/// Likeness from which two texts are one.
const ONE_TEXT: f32 = 0.4;

/// Whose an article is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The feed's that asked.
    Ours,
    /// Another feed's, which has published it.
    Theirs,
    /// Another feed's, which is about to publish it and may fail to.
    Pending,
    /// Another feed's, and another article.
    Another,
}

impl Claims {
    /// The claims that the shard's states imply. Of two feeds that both have an article, the one
    /// that saw it first owns it; the name breaks ties.
    pub fn of<'a>(states: impl IntoIterator<Item = &'a FeedState>) -> Self {
        let mut first: HashMap<&str, (DateTime<Utc>, &str, &SeenEntry)> = HashMap::new();
        for state in states {
            for entry in state.entries.values().filter(|entry| entry.revision > 0) {
                let known = first.entry(&entry.article).or_insert((entry.first_seen_at, &state.name, entry));
                if (entry.first_seen_at, state.name.as_str()) < (known.0, known.1) {
                    *known = (entry.first_seen_at, &state.name, entry);
                }
            }
        }
        let owners = first.into_iter().map(|(article, (_, feed, entry))| {
            let claimant = Claimant {
                feed: feed.to_owned(),
                marks: entry.marks.clone(),
                published_at: entry.published_at,
                fingerprint: entry.fingerprint,
            };
            (article.to_owned(), Owner { claimant, published: true })
        });
        Self(Arc::new(Mutex::new(owners.collect())))
    }

    /// Takes the article for the feed unless another one has it.
    pub fn take(&self, article: &str, claimant: &Claimant) -> Claim {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = owners
            .entry(article.to_owned())
            .or_insert_with(|| Owner { claimant: claimant.clone(), published: false });
        match owner {
            owner if owner.claimant.feed == claimant.feed => {
                owner.claimant = claimant.clone();
                Claim::Ours
            }
            owner if !owner.claimant.means(claimant) => Claim::Another,
            Owner { published: true, .. } => Claim::Theirs,
            Owner { .. } => Claim::Pending,
        }
    }

    /// Whether another feed has published the article under this id.
    pub fn is_taken(&self, article: &str, claimant: &Claimant) -> bool {
        let owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        owners.get(article).is_some_and(|owner| {
            owner.published && owner.claimant.feed != claimant.feed && owner.claimant.means(claimant)
        })
    }

    /// The article, taken before, has been published.
    pub fn published(&self, article: &str) {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = owners.get_mut(article) {
            owner.published = true;
        }
    }

    /// Gives back an article that was taken but not published, or that left the feed.
    pub fn release(&self, article: &str, feed: &str) {
        let mut owners = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if owners.get(article).is_some_and(|owner| owner.claimant.feed == feed) {
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
        let [a, b] = ["a", "b"].map(|feed| claimant(feed, "post", ""));
        assert_eq!(claims.take("x", &a), Claim::Ours);
        assert_eq!(claims.take("x", &a), Claim::Ours);
        assert_eq!(claims.take("x", &b), Claim::Pending);
        claims.release("x", "b");
        assert_eq!(claims.take("x", &b), Claim::Pending);
        claims.release("x", "a");
        assert_eq!(claims.take("x", &b), Claim::Ours);
        claims.published("x");
        assert_eq!(claims.take("x", &a), Claim::Theirs);
        assert_eq!(claims.take("x", &b), Claim::Ours);
    }

    fn claimant(feed: &str, title: &str, text: &str) -> Claimant {
        let guid = format!("guid of {title}");
        let marks = Marks { guid, title: title.into(), words: format!("{title} {text}"), ..Marks::default() };
        let fingerprint = Fingerprint::of(title, text);
        Claimant { feed: feed.into(), marks, published_at: None, fingerprint }
    }

    #[test]
    fn a_comment_does_not_take_the_post_away() {
        let claims = Claims::default();
        let words = |from: u32| (from..from + 60).map(|n| format!("word{n} ")).collect::<String>();
        let post = claimant("posts", "The pier", &words(0));
        assert_eq!(claims.take("x", &claimant("comments", "On: The pier", &words(1_000))), Claim::Ours);
        assert_eq!(claims.take("x", &post), Claim::Another);
        // The same day, or nothing that tells them apart: edited in between.
        let at = Some(DateTime::UNIX_EPOCH);
        let edited = |title| Claimant { published_at: at, ..claimant(title, title, "") };
        assert_eq!(claims.take("z", &edited("Ferry late")), Claim::Ours);
        assert_eq!(claims.take("z", &edited("Ferry back")), Claim::Pending);
        let mut bare = claimant("town", "Ferry gone", "");
        bare.marks.guid.clear();
        assert_eq!(claims.take("z", &bare), Claim::Pending);
        // Another headline over the same text.
        assert_eq!(claims.take("y", &post), Claim::Ours);
        assert_eq!(claims.take("y", &claimant("town", "A pier shuts", &words(0))), Claim::Pending);
    }
}
