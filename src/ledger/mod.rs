//! The ledger: a compacted topic that holds the state of every feed; it is kept nowhere else.
//!
//! Key: the feed's name. Value: [`FeedState`] as JSON. Partition: a *shard*, by the feed's site. A
//! poll that found nothing new about the feed's entries writes a separate short record, see
//! [`FeedState::to_due_json`]. One more record per shard names the polls that were begun, see
//! [`BegunPolls`]. A consumer group over the topic decides who tries to hold which shard; the
//! partition itself decides who does, see [`crate::publish::Position`]. Taking a shard goes in this
//! order: write that it is taken, read it to its end, then poll.

mod begun;
mod condition;
mod due;
mod group;
pub mod health;
mod listed;
pub mod partition;
mod restore;
mod shards;
mod shared;
mod state;
mod status;
mod subscription;
mod told;
mod conditions;

pub use begun::{BEGUN_KEY, Begun, BegunPoll, BegunPolls};
pub use condition::Condition;
pub use conditions::Conditions;
pub use due::{Cadence, DueBecause, Rhythm};
pub use group::{Group, GroupEvent, Member};
pub use health::FeedHealth;
pub use listed::DELETED_AFTER;
pub use restore::{OWNER_KEY, RestoreError, Restored, restore, restore_settled};
pub use shards::{OnRestored, ShardEvent, ShardOptions, hold, take_shard};
pub use shared::Shared;
pub use state::{BadState, BrokenOff, FeedState, Gap, Moved, STATE_VERSION, SeenEntry};
pub use status::{FeedStatus, Standing};
pub use subscription::{HubLinks, Subscription};
