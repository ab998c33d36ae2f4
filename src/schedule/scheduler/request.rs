//! Requests to the scheduler from outside, and its answers.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;
use url::Url;

use super::{
    super::{feeds::Feeds, lease::Delivered},
    Reload,
};
use crate::{
    config::{Feed, FeedHttp},
    ledger::{FeedState, Standing, Subscription},
};

/// A question or an order. One whose answer nobody waits for any more is skipped.
pub enum Request {
    /// Another list of feeds.
    Reload(Reload),
    /// The list of all configured feeds.
    Roll(oneshot::Sender<Roll>),
    /// The feeds that are called so, as far as they are configured.
    Feeds(Vec<String>, oneshot::Sender<Vec<Shown>>),
    /// One feed; `None` if it is not configured.
    Feed(String, oneshot::Sender<Option<Shown>>),
    /// The shards that are held.
    Shards(oneshot::Sender<Vec<ShownShard>>),
    /// A poll of a feed as soon as politeness allows.
    Poll(String, oneshot::Sender<Result<Asked, NotNow>>),
    /// No more polls of a feed, or polls again.
    Pause(Pause),
    /// Which hubs are to be asked for subscriptions now.
    HubsToAsk(HubsToAsk),
    /// What a hub has said.
    HubTold(HubTold),
    /// The subscriptions of a feed that is not configured any more, while hubs are asked to end them.
    Ending(String, oneshot::Sender<Vec<Subscription>>),
    /// What a hub has delivered.
    Deliver(Delivery),
}

/// Asks for hubs to be asked. They count as asked with the answer.
pub struct HubsToAsk {
    /// Names the callback address of this instance.
    pub callback: String,
    /// No more than so many.
    pub most: usize,
    /// Takes the answer.
    pub answer: oneshot::Sender<Vec<HubToAsk>>,
}

/// A hub that is to be asked.
#[derive(Clone, Debug)]
pub struct HubToAsk {
    /// For which feed.
    pub feed: String,
    /// What of it is otherwise than usual.
    pub http: Option<Arc<FeedHttp>>,
    /// The hub.
    pub hub: Url,
    /// What it is asked about.
    pub topic: String,
    /// Whether it is to end what it delivers.
    pub ends: bool,
}

/// What a hub has said of a subscription.
pub struct HubTold {
    /// Name of the feed.
    pub feed: String,
    /// The topic as the hub names it.
    pub topic: String,
    /// What it said.
    pub said: HubSaid,
    /// Takes whether it was taken: false where no such thing was asked for.
    pub answer: oneshot::Sender<bool>,
}

/// What a hub has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubSaid {
    /// It wants to know whether it was asked, and delivers for so long.
    Confirms(Duration),
    /// It wants to know whether it was asked to end it.
    Ends,
    /// It does not, or no longer, deliver.
    Denies(String),
    /// It does not take the request.
    Refuses(String),
    /// It was not reached, or does not work.
    Fails(String),
}

/// What a hub has delivered.
pub struct Delivery {
    /// Name of the feed.
    pub feed: String,
    /// The document.
    pub document: Delivered,
    /// Takes what becomes of it.
    pub answer: oneshot::Sender<Taken>,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is read next.
    Read,
    /// Too many came: it is left, and the feed is polled as soon as politeness allows.
    Polled,
    /// An operator wants nothing of the feed.
    Paused,
    /// The feed is not polled here.
    Elsewhere,
}

/// No more polls of a feed, or polls again: part of the feed's state, so that it outlives a restart
/// and goes with the feed to another instance.
pub struct Pause {
    /// Name of the feed.
    pub feed: String,
    /// Whether to pause it or to resume it.
    pub paused: bool,
    /// Takes the answer: true once it is committed, false if a poll is under way, at the end of which it will
    /// be; [`NotNow::Lost`] if it could not be committed.
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
    /// What is known about it; `None` if another instance knows it.
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
    /// Is left alone: the place of its unreadable record, and what is wrong with it.
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
    /// Whether Kafka accepts none of its records at the moment.
    pub blocked: bool,
    /// Whether it is going to another instance.
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

/// Why a request is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// No feed has this name.
    #[error("no feed of this name is configured")]
    Unknown,
    /// Another instance has the feed's shard, or none has it at the moment.
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
    #[error("the shard was lost before the request was committed; try again")]
    Lost,
}
