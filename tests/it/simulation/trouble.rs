//! What befalls a fleet: instances die and stop, shards move, the broker and the clock misbehave.

use std::{
    sync::{Arc, mpsc as blocking},
    time::Duration,
};

use chrono::TimeDelta;
use copydesk::ledger::GroupEvent;
use tokio::time::{Instant, sleep};

use super::{fleet::Fleet, kafka::SHARDS, publisher::Publisher, world::lock};

/// How long the group waits for a revocation.
const REVOCATION_MAX: Duration = Duration::from_secs(15);

impl Fleet {
    /// Moves a shard to another instance: told and waited for, or only found out later.
    async fn hand_over(self: &Arc<Self>, wait: bool) {
        let shard = i32::try_from(self.world.below(usize::try_from(SHARDS).expect("some"))).expect("a shard");
        self.move_shard(shard, wait).await;
    }

    /// Who is stopped sends no heartbeats: the group gives its shards to others meanwhile.
    pub(super) async fn move_from_frozen(self: Arc<Self>, publisher: Arc<Publisher>) {
        loop {
            publisher.frozen.notified().await;
            self.world.pause(100..6_000).await;
            for shard in 0..SHARDS {
                if lock(&self.assigned).get(&shard) == Some(&publisher.instance) {
                    self.move_shard(shard, false).await;
                }
            }
        }
    }

    async fn move_shard(self: &Arc<Self>, shard: i32, wait: bool) {
        let Some(from) = lock(&self.assigned).get(&shard).copied() else { return };
        let others: Vec<usize> = self.alive().into_iter().filter(|id| *id != from).collect();
        if others.is_empty() {
            return;
        }
        let to = others[self.world.below(others.len())];
        self.world.note(format_args!("shard {shard} moves from i{from} to i{to}, waiting: {wait}"));
        if wait {
            let (done, finished) = blocking::channel();
            self.tell(from, GroupEvent::Revoked(vec![shard], done)).await;
            let limit = Instant::now() + REVOCATION_MAX;
            while finished.try_recv() != Err(blocking::TryRecvError::Disconnected) && Instant::now() < limit {
                sleep(Duration::from_millis(50)).await;
            }
        }
        lock(&self.assigned).insert(shard, to);
        self.tell(to, GroupEvent::Assigned(vec![shard])).await;
        if !wait {
            let fleet = self.clone();
            tokio::spawn(async move {
                fleet.world.pause(100..40_000).await;
                if lock(&fleet.assigned).get(&shard) != Some(&from) {
                    let (done, _) = blocking::channel();
                    fleet.tell(from, GroupEvent::Revoked(vec![shard], done)).await;
                }
            });
        }
    }

    /// Everything that can go wrong does, for a while.
    pub async fn suffer(self: &Arc<Self>, duration: Duration) {
        let end = Instant::now() + duration;
        for _ in 0..1 + self.world.below(3) {
            self.start();
        }
        self.balance().await;
        while Instant::now() < end {
            self.world.pause(1_000..45_000).await;
            let alive = self.alive();
            let one = alive.get(self.world.below(alive.len())).copied().unwrap_or_default();
            match self.world.below(100) {
                0..25 => self.kill(one),
                25..35 => self.stop(one).await,
                35..55 => self.hand_over(true).await,
                55..75 => self.hand_over(false).await,
                75..85 => {
                    let shard = i32::try_from(self.world.below(usize::try_from(SHARDS).expect("some")));
                    let seconds = self.world.dice(|rng| rng.u64(5..60));
                    self.kafka.block(shard.expect("a shard"), Duration::from_secs(seconds));
                }
                85..92 => {
                    self.world.step_clock(TimeDelta::seconds(self.world.dice(|rng| rng.i64(-300..7_200))))
                }
                _ => {}
            }
            // The group notices after a while, and somebody starts what has stopped.
            if self.world.chance(70) {
                self.world.pause(100..9_000).await;
            }
            if self.alive().is_empty() || (self.alive().len() < 3 && self.world.chance(40)) {
                self.start();
            }
            self.balance().await;
        }
        if self.world.chance(50) {
            // The last blow: in the middle of much news everybody is killed.
            for site in 0..self.web.len() {
                self.web.add(site, 30);
            }
            self.world.pause(10_000..60_000).await;
            for id in self.alive() {
                self.kill(id);
            }
            self.start();
            self.balance().await;
        }
    }
}
