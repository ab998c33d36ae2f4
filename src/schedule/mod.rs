//! When each feed is polled, and by whom: a single task owns every feed's state.
//!
//! A feed is waiting for its due time, due, or on lease to a worker. A lease lends the state and
//! takes the next one back, so two polls of a feed cannot overlap, here without a lock and across
//! instances by the shard's fence.

pub mod cadence;
mod feeds;
mod lease;
mod scheduler;
mod level;
mod places;
mod sites;
mod slots;
mod told;

pub use feeds::Feeds;
pub use lease::{Claim, Claimant, Claims, Delivered, Lease, Poll, PollReport};
pub use places::{GivenUp, Place};
pub use scheduler::{
    Activity, Asked, Delivery, HubSaid, HubToAsk, HubTold, HubsToAsk, NotNow, Pause, Reload, Request, Roll,
    SchedulerOptions, Shown, ShownShard, Stopped, Taken, run,
};

#[cfg(test)]
mod tests;
