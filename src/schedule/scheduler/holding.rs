//! Shards come and go, and their feeds with them.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{
        cadence::{START, least, longest, turn},
        lease::Claims,
        level::FULL,
        slots::{Phase, Shard, Slot},
        told::set_as_untold,
    },
    Scheduler,
};
use crate::{
    config::{Feed, Interval},
    ledger::{
        BegunPolls, FeedState, Restored, ShardEvent, Standing,
        partition::{murmur2, shard_of},
    },
    publish::{Commit, Lost},
    site::site,
};

/// If new feeds are few, they are polled within this time ...
const SPREAD_MIN: Duration = Duration::from_secs(10);

/// ... and otherwise this far apart, up to `daemon.start_spread`.
const START_APART: Duration = Duration::from_millis(100);

/// Feeds of a shard started per second when many are new or overdue; this sets the length of their
/// windows.
const STARTS_PER_SECOND: u32 = 50;

/// Feeds that are added together.
#[derive(Clone, Copy)]
pub(super) struct Crowd {
    /// How many there are.
    pub(super) size: u32,
    /// Which part of them comes before this one, 0 to 1.
    pub(super) part: f64,
}

impl Scheduler {
    pub(super) fn shard(&mut self, event: ShardEvent) {
        match event {
            ShardEvent::Ready { shard, writer, restored } => self.ready(shard, writer, restored),
            ShardEvent::Revoked { shard, done } => match self.shards.get_mut(&shard) {
                Some(held) => {
                    held.leaving.get_or_insert_default().push(done);
                    self.drop_feeds(shard);
                    self.release_if_idle(shard);
                }
                None => self.options.health.revoked(shard),
            },
            ShardEvent::Fatal(_) => {}
        }
    }

    pub(super) fn ready(&mut self, shard: i32, writer: Arc<dyn Commit>, restored: Restored) {
        self.drop_feeds(shard);
        self.epochs += 1;
        let claims = Claims::of(restored.states.values());
        for (feed, what) in &restored.corrupt {
            tracing::error!(
                feed.name = feed,
                what,
                "ledger record unreadable, the feed is not polled; `copydesk feeds reset` drops the record"
            );
        }
        let begun = BegunPolls::of(restored.begun, &restored.states);
        begun.retain(|feed| self.configured.get(feed).is_some());
        self.shards.insert(
            shard,
            Shard {
                writer,
                claims,
                begun,
                leases: 0,
                epoch: self.epochs,
                spare: restored.states,
                quarantined: restored.corrupt,
                leaving: None,
            },
        );
        let feeds = self.configured.all().iter();
        let feeds = feeds.filter(|feed| shard_of(&feed.url, self.options.shards) == shard).cloned();
        self.add_all(feeds.map(|feed| (feed, shard)).collect());
        self.options.health.held(shard);
        self.options.metrics.shards_held.set(i64::try_from(self.shards.len()).unwrap_or(i64::MAX));
    }

    /// Adds feeds to their shards, in an order that depends on their names and the time: evenly spread, and
    /// different after each restart, so that no feed is always the last.
    pub(super) fn add_all(&mut self, feeds: Vec<(Arc<Feed>, i32)>) {
        let now = self.options.clock.now().timestamp_millis();
        let mut feeds: Vec<(u32, Arc<Feed>, i32)> = feeds
            .into_iter()
            .map(|(feed, shard)| (murmur2(format!("{}/{now}", feed.name).as_bytes()), feed, shard))
            .collect();
        feeds.sort_by_key(|(place, ..)| *place);
        let size = u32::try_from(feeds.len()).unwrap_or(u32::MAX);
        for (at, (place, feed, shard)) in (0u32..).zip(feeds) {
            let within = f64::from(place % 1000) / 1000.0;
            let part = (f64::from(at) + within) / f64::from(size.max(1));
            self.add(feed, shard, Crowd { size, part });
        }
    }

    /// Over how long the first polls of `crowd` feeds are spread.
    fn spread(&self, crowd: Duration) -> Duration {
        let all = u32::try_from(self.configured.all().len()).unwrap_or(u32::MAX);
        SPREAD_MIN.max(START_APART.saturating_mul(all)).min(self.options.spread).max(crowd)
    }

    /// Adds a feed of a held shard.
    pub(super) fn add(&mut self, feed: Arc<Feed>, shard: i32, crowd: Crowd) {
        let Some(held) = self.shards.get_mut(&shard) else { return };
        if held.quarantined.contains_key(&feed.name) {
            return;
        }
        let now = self.options.clock.now();
        let crowd_window = Duration::from_secs(1) * crowd.size / STARTS_PER_SECOND;
        let (known, window) = (held.spare.remove(&feed.name), self.spread(crowd_window));
        let window = match feed.interval {
            Interval::Every(every) => window.min(every),
            Interval::Adaptive => window.min(START),
        };
        let Some(held) = self.shards.get_mut(&shard) else { return };
        let mut state = known.unwrap_or_else(|| {
            let wait = TimeDelta::from_std(window.mul_f64(crowd.part / FULL)).unwrap_or_default();
            FeedState::new(&feed.name, &feed.url, now + wait)
        });
        state.adopt(&feed);
        set_right(&mut state, now);
        if let (Interval::Every(every), 0, Some(polled)) = (feed.interval, state.failures, state.polled_at)
            && state.due_at > polled + TimeDelta::from_std(longest(every)).unwrap_or_default()
        {
            // The interval has been shortened since.
            state.due_at = polled + TimeDelta::from_std(every).unwrap_or_default();
        }
        if let Some(begun) = held.begun.of_feed(&feed.name) {
            // Whoever polled it did not finish, but may have sent the request.
            state.due_at = state.due_at.max(begun.again_at(least(feed.interval), now));
        }
        // A hub that was asked to end it is asked anew; and it may have delivered what nobody took.
        state.subscription = state.subscription.filter(|known| !known.ends);
        set_as_untold(&mut state, &feed);
        if state.due_at < now {
            // Overdue: spread out, not in a burst.
            state.due_at = turn(&feed.name, now, window.min(crowd_window));
        }
        if let Some(until) = state.site_paused_until.filter(|until| *until > now) {
            self.sites.pause(&site(&feed.url), until);
        }
        let site = site(&feed.url);
        self.slots.insert(Slot {
            feed,
            shard,
            site,
            phase: Phase::Waiting,
            standing: Standing::reported(&state),
            place: None,
            state: Arc::new(state),
            removed: false,
            pausing: false,
            told: None,
        });
    }

    pub(super) fn drop_feeds(&mut self, shard: i32) {
        self.slots.drop_shard(shard);
        let slots = &self.slots;
        self.sites.retain(|feed| slots.by_name.contains_key(feed));
    }

    /// An error cost us the shard: forget it, and request it again.
    pub(super) fn lose(&mut self, shard: i32) {
        if let Some(held) = self.shards.remove(&shard) {
            held.writer.close();
            self.drop_feeds(shard);
            self.options.health.dropped(shard);
            self.options.metrics.shards_held.set(i64::try_from(self.shards.len()).unwrap_or(i64::MAX));
            match held.leaving {
                Some(done) => {
                    self.options.health.revoked(shard);
                    drop(done);
                }
                None => {
                    if self.options.again.try_send(shard).is_err() {
                        tracing::error!(shard, "the shard could not be requested again");
                    }
                }
            }
        }
    }

    /// Lets go of a shard that is leaving once nothing of it is under way.
    pub(super) fn release_if_idle(&mut self, shard: i32) {
        let idle = self.shards.get(&shard).is_some_and(|held| held.leaving.is_some() && held.leases == 0);
        if !idle {
            return;
        }
        let Some(held) = self.shards.remove(&shard) else { return };
        self.options.health.revoked(shard);
        self.options.metrics.shards_held.set(i64::try_from(self.shards.len()).unwrap_or(i64::MAX));
        tokio::spawn(async move {
            // All that is lost here is a due time: the next owner polls a little early.
            held.writer.flush().await.ok();
            held.writer.close();
            drop(held.leaving);
        });
    }

    pub(super) fn flush(&mut self) {
        for (site, feed) in std::mem::take(&mut self.parked) {
            if self.slots.by_name.get(&feed).is_some_and(|slot| slot.phase == Phase::Due) {
                let lane = self.slots.lane(&feed);
                self.sites.push(&site, feed, lane);
            }
        }
        for (shard, held) in &self.shards {
            if self.flushing.insert(*shard) {
                let (shard, writer, epoch) = (*shard, held.writer.clone(), held.epoch);
                self.flushes.spawn(async move { (shard, epoch, writer.flush().await) });
            }
        }
    }

    pub(super) fn flushed(&mut self, (shard, epoch, result): (i32, u64, Result<(), Lost>)) {
        self.flushing.remove(&shard);
        if result.is_err() && self.shards.get(&shard).is_some_and(|held| held.epoch == epoch) {
            self.lose(shard);
        }
    }
}

/// A poll in the future was noted by a clock that has been set back since: it counts as a poll now.
pub(super) fn set_right(state: &mut FeedState, now: DateTime<Utc>) {
    if let Some(at) = state.polled_at.filter(|at| *at > now) {
        state.polled_at = Some(now);
        state.due_at -= at - now;
        state.site_paused_until = state.site_paused_until.map(|until| until - (at - now));
    }
}
