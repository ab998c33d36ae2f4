//! What the scheduler is asked from outside, and what it answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{super::feeds::Feeds, Reload};
use crate::{
    config::Feed,
    ledger::{FeedState, Standing},
};

/// A question or an order. One whose answer nobody waits for any more is passed over.
pub enum Request {
    /// Another list of feeds.
    Reload(Reload),
    /// The list of all configured feeds.
    Roll(oneshot::Sender<Roll>),
    /// The feeds that are called so, as far as they are configured.
    Feeds(Vec<String>, oneshot::Sender<Vec<Shown>>),
    /// One feed; none where it is not configured.
    Feed(String, oneshot::Sender<Option<Shown>>),
    /// The shards that are held.
    Shards(oneshot::Sender<Vec<ShownShard>>),
    /// A poll of a feed as soon as politeness allows.
    Poll(String, oneshot::Sender<Result<Asked, NotNow>>),
    /// No polls of a feed any more, or polls again.
    Pause(Pause),
}

/// No polls of a feed any more, or polls again: part of the feed's state, so that it outlives a
/// restart and goes with the feed to another instance.
pub struct Pause {
    /// Name of the feed.
    pub feed: String,
    /// Or resumed.
    pub paused: bool,
    /// Takes the answer: true once it is committed, false where a poll is under way, with the end of
    /// which it will be; [`NotNow::Lost`] where it could not be committed.
    pub done: oneshot::Sender<Result<bool, NotNow>>,
}

/// All configured feeds, and how each stood after its last poll. Copies none of them: a list of
/// 100,000 takes the scheduler a few milliseconds.
#[derive(Clone, Debug)]
pub struct Roll {
    /// The feeds, by name.
    pub feeds: Feeds,
    /// How each stands, in the same order.
    pub standings: Vec<Standing>,
}

/// A configured feed as the scheduler has it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The feed.
    pub feed: Arc<Feed>,
    /// What it is doing.
    pub activity: Activity,
    /// What is known about it; none where another instance knows it.
    pub state: Option<Arc<FeedState>>,
}

/// What a feed is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Waits for its due time.
    Waiting,
    /// Is due and has no worker yet.
    Due,
    /// Is being polled.
    Polling,
    /// Is left alone because an operator wants it so.
    Paused,
    /// Is left alone: where its record cannot be read, and what is wrong with it.
    Quarantined(String),
    /// Is another instance's, or nobody's at the moment.
    Elsewhere,
}

/// A shard that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownShard {
    /// Partition of the ledger.
    pub shard: i32,
    /// Its feeds.
    pub feeds: usize,
    /// Polls under way.
    pub polls: usize,
    /// Feeds whose record could not be read.
    pub quarantined: usize,
    /// Kafka takes none of its records at the moment.
    pub blocked: bool,
    /// It goes to another instance.
    pub leaving: bool,
}

/// A poll was asked for, and will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is due from now on.
    Due(DateTime<Utc>),
    /// It was due already and waits for a worker.
    Waits,
    /// It is under way.
    UnderWay,
}

/// Why what was asked for is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// No feed is called so.
    #[error("no feed of this name is configured")]
    Unknown,
    /// Another instance has the feed's shard, or none has at the moment.
    #[error("shard {0} of the feed is not held here: ask the instance that holds it")]
    Elsewhere(i32),
    /// The feed's record cannot be read.
    #[error("the feed's ledger record cannot be read; `copydesk feeds reset` drops it: {0}")]
    Quarantined(String),
    /// An operator wants no polls.
    #[error("the feed is paused: resume it first")]
    Paused,
    /// Politeness: not before this time.
    #[error("{why}")]
    TooSoon {
        /// When it is allowed.
        until: DateTime<Utc>,
        /// Who says so.
        why: &'static str,
    },
    /// The shard went away, so that the order may not be in the ledger.
    #[error("the shard was lost before the order was committed: ask again")]
    Lost,
}
