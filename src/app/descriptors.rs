//! Descriptors: every request holds one, and what has none left can neither poll nor be looked at.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// Raised no further than this: far more than is ever needed, and a table that costs little.
const RAISED_TO: u64 = 1 << 17;

/// Kept for Kafka, the admin pages, hubs and files.
const OTHERS: usize = 512;

/// Requests that may wait at least, whatever the limit is: with fewer, slow servers would never be heard.
const ROOM_MIN: usize = 256;

/// How many requests may wait for their servers: `daemon.waiting`, or as many as there are
/// descriptors for. The limit is raised as far as the system lets us.
pub(super) fn room_to_wait(config: &Config) -> usize {
    let limit = raise();
    let at_work = config.daemon.workers.max(config.http.concurrency);
    let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(at_work + OTHERS).max(ROOM_MIN);
    if room < config.daemon.waiting {
        tracing::warn!(
            limit,
            waiting = room,
            wanted = config.daemon.waiting,
            "few descriptors (ulimit -n, LimitNOFILE): no more than so many requests wait for slow servers"
        );
    }
    config.daemon.waiting.min(room)
}

/// The limit of descriptors after raising it.
fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current.unwrap_or(u64::MAX);
    let wanted = maximum.unwrap_or(u64::MAX).min(RAISED_TO);
    let raised =
        wanted > current && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok();
    if raised { wanted } else { current }
}
