//! Stopping.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::Scheduler;
use crate::ledger::ShardEvent;

/// After SIGTERM polls have this long to finish, as long as Kafka accepts records.
const POLLS: Duration = Duration::from_secs(7);

/// How much of the grace is kept for the last commits and for leaving, at most.
const LAST: Duration = Duration::from_secs(5);

/// How the scheduler ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Asked to; every poll under way was finished.
    Drained,
    /// Asked to; polls were cut off at the deadline. Nothing is lost: they were not committed.
    CutOff(usize),
    /// The daemon must not go on.
    Fatal(String),
}

impl Scheduler {
    /// Lets the polls under way end, commits what is staged, and lets go of the shards; the whole
    /// of it within the grace.
    pub(super) async fn drain(mut self, shards: &mut mpsc::Receiver<ShardEvent>) -> Stopped {
        self.options.health.draining();
        let grace = self.options.grace;
        let stop = Stop::begun(Instant::now(), grace);
        while !self.running.is_empty() {
            tokio::select! {
                biased;
                ended = self.running.join_next_with_id() => {
                    if let Some(ended) = ended {
                        self.ended(ended);
                    }
                }
                Some(event) = shards.recv() => {
                    // Nothing new is started, but a revocation must not wait for the end of the
                    // drain.
                    if matches!(event, ShardEvent::Revoked { .. }) {
                        self.shard(event);
                    }
                }
                () = sleep_until(stop.polls), if Instant::now() < stop.polls => {}
                () = sleep_until(stop.commits) => break,
            }
            // A slow site can be asked another time; Kafka is waited for.
            let blocked = self.shards.values().any(|held| held.writer.is_blocked());
            if Instant::now() >= stop.polls && !blocked {
                break;
            }
        }
        let cut_off = self.running.len();
        self.running.shutdown().await;
        let flushes = self.shards.values().map(|held| held.writer.flush());
        tokio::time::timeout_at(stop.flushes, futures_util::future::join_all(flushes)).await.ok();
        for held in self.shards.values() {
            held.writer.close();
        }
        // Producers take their time to end if no broker answers.
        let closed = tokio::task::spawn_blocking(move || drop(self));
        tokio::time::timeout_at(stop.end, closed).await.ok();
        match cut_off {
            0 => Stopped::Drained,
            cut_off => Stopped::CutOff(cut_off),
        }
    }
}

/// When each part of a stop has to be over.
struct Stop {
    /// Polls, as long as Kafka takes their records.
    polls: Instant,
    /// Polls that wait for Kafka.
    commits: Instant,
    /// The last commits.
    flushes: Instant,
    /// Everything.
    end: Instant,
}

impl Stop {
    fn begun(now: Instant, grace: Duration) -> Self {
        let last = LAST.min(grace / 2);
        let commits = now + grace - last;
        Self { polls: commits.min(now + POLLS), commits, flushes: commits + last / 2, end: now + grace }
    }
}
