//! The ledger: a compacted topic that holds the state of every feed, and nothing else does.
//!
//! Key: the feed's name. Value: [`FeedState`] as JSON. Partition: a *shard*, by the feed's site.
//! One more record for each shard names the polls that were begun, see [`BegunPolls`].
//! A consumer group over the topic decides who tries to hold which shard; the transactional id
//! of the shard's producer decides who does. Taking a shard goes in this order: fence whoever
//! held it, read it to its end, then poll.

mod begun;
mod group;
pub mod partition;
mod restore;
mod shards;
mod state;

pub use begun::{BEGUN_KEY, Begun, BegunPoll, BegunPolls};
pub use group::{Group, GroupEvent};
pub use restore::{RestoreError, Restored, restore};
pub use shards::{OnRestored, ShardEvent, ShardOptions, hold, take_shard};
pub use state::{BadState, Cadence, FeedState, Moved, STATE_VERSION, SeenEntry};
