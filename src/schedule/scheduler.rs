//! The scheduler's loop.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{
    sync::{mpsc, oneshot},
    task::{Id, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    cadence::{least, turn},
    heartbeat::Heartbeat,
    lease::{Claims, Lease, Poll, PollReport},
    sites::Sites,
    slots::{Phase, Shard, Slot, Slots},
};
use crate::{
    clock::Clock,
    config::{Feed, Interval},
    fetch::site,
    ledger::{BegunPolls, FeedState, Restored, ShardEvent, partition::shard_of},
    observe::{Health, Metrics, Reason},
    publish::{Commit, LedgerEntry, Lost},
};

/// States that only say a new due time are written within this time.
const FLUSH: Duration = Duration::from_millis(500);

/// Wall time may be stepped: no wait for a due time is longer than this.
const NAP_MAX: Duration = Duration::from_secs(5);

/// A new feed is polled within two of these, or within its interval where that is shorter.
const WINDOW: Duration = Duration::from_secs(30);

/// Feeds of a shard started per second when many are new or overdue: their windows are so long.
const STARTS_PER_SECOND: u32 = 50;

/// After SIGTERM polls have this long to come to their end, while Kafka takes records.
const POLLS: Duration = Duration::from_secs(7);

/// What of the grace is kept for the last commits and for leaving, at most.
const LAST: Duration = Duration::from_secs(5);

/// What the scheduler needs.
pub struct SchedulerOptions {
    /// Polls under way at once.
    pub workers: usize,
    /// Polls of one site under way at once.
    pub per_site: usize,
    /// Partitions of the ledger.
    pub shards: i32,
    /// How long a stop may take, all in all. Polls that wait for their site get 7 s of it.
    pub grace: Duration,
    /// Wall time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    /// Health.
    pub health: Health,
    /// Told on every turn.
    pub heartbeat: Heartbeat,
    /// Polls a feed.
    pub poll: Poll,
    /// Shards to be taken anew.
    pub again: mpsc::Sender<i32>,
}

/// A new list of feeds; the answer says what changed.
pub struct Reload {
    /// All feeds.
    pub feeds: Vec<Feed>,
    /// Numbers of feeds added, changed and removed, as far as their shards are held.
    pub done: oneshot::Sender<(usize, usize, usize)>,
}

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

struct Scheduler {
    options: SchedulerOptions,
    configured: BTreeMap<String, Feed>,
    shards: BTreeMap<i32, Shard>,
    slots: Slots,
    sites: Sites,
    running: JoinSet<PollReport>,
    leases: HashMap<Id, (String, i32, u64, String)>,
    /// Writes of staged states: shard, its epoch, and whether it is still ours.
    flushes: JoinSet<(i32, u64, Result<(), Lost>)>,
    flushing: HashSet<i32>,
    /// Due feeds of shards whose records Kafka does not take at the moment.
    parked: Vec<(String, String)>,
    epochs: u64,
    /// Wall time of the last turn.
    turned_at: DateTime<Utc>,
}

/// Runs until `shutdown` ends, then drains.
pub async fn run(
    options: SchedulerOptions,
    feeds: Vec<Feed>,
    mut shards: mpsc::Receiver<ShardEvent>,
    mut reloads: mpsc::Receiver<Reload>,
    shutdown: impl Future<Output = ()>,
) -> Stopped {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut flush = interval(FLUSH);
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut scheduler = Scheduler {
        configured: feeds.into_iter().map(|feed| (feed.name.clone(), feed)).collect(),
        shards: BTreeMap::new(),
        slots: Slots::default(),
        sites: Sites::new(options.per_site),
        running: JoinSet::new(),
        leases: HashMap::new(),
        flushes: JoinSet::new(),
        flushing: HashSet::new(),
        parked: Vec::new(),
        epochs: 0,
        turned_at: options.clock.now(),
        options,
    };
    loop {
        scheduler.turn();
        let nap = scheduler.nap();
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            event = shards.recv() => match event {
                Some(ShardEvent::Fatal(why)) => return Stopped::Fatal(why),
                Some(event) => scheduler.shard(event),
                None => return Stopped::Fatal("the ledger's group ended".to_owned()),
            },
            Some(reload) = reloads.recv() => scheduler.reload(reload),
            Some(ended) = scheduler.running.join_next_with_id() => scheduler.ended(ended),
            Some(Ok(flushed)) = scheduler.flushes.join_next() => scheduler.flushed(flushed),
            _ = flush.tick() => scheduler.flush(),
            () = sleep_until(nap) => {}
        }
    }
    scheduler.drain(&mut shards).await
}

/// A poll that lies ahead was noted by a clock that has been set back since: it counts as of now.
fn set_right(state: &mut FeedState, now: DateTime<Utc>) {
    if let Some(at) = state.polled_at.filter(|at| *at > now) {
        state.polled_at = Some(now);
        state.due_at -= at - now;
        state.site_paused_until = state.site_paused_until.map(|until| until - (at - now));
    }
}

/// A commit that took longer than this is told again: the poll begins only now.
const BEGUN_LATELY: Duration = Duration::from_secs(1);

/// What a lease does before its poll.
struct Begin {
    begun: BegunPolls,
    writer: Arc<dyn Commit>,
    clock: Clock,
}

impl Begin {
    async fn commit(self, feed: &str) -> Result<(), Lost> {
        let started = Instant::now();
        self.begun.begin(&*self.writer, feed, self.clock.now()).await?;
        if started.elapsed() > BEGUN_LATELY {
            self.begun.later(&*self.writer, feed, self.clock.now()).await?;
        }
        Ok(())
    }
}

impl Scheduler {
    /// Moves due feeds to their sites and leases as many as there are workers.
    fn turn(&mut self) {
        self.options.heartbeat.beat();
        let now = self.options.clock.now();
        if now < self.turned_at {
            // The clock was set back: what was to come in a minute still does.
            let by = self.turned_at - now;
            self.slots.set_back(by);
            self.sites.set_back(by);
        }
        self.turned_at = now;
        for (site, feed) in self.slots.pop_due(now) {
            self.sites.push(&site, feed);
        }
        self.sites.resume(now);
        while self.running.len() < self.options.workers.max(1) {
            let Some((site, feed)) = self.sites.pop() else { break };
            if self.is_blocked(&feed) {
                // Back-pressure: a poll whose result cannot be committed is not begun.
                self.sites.finished(&site);
                self.parked.push((site, feed));
            } else if !self.lease(&feed, &site, now) {
                self.sites.finished(&site);
            }
        }
        let metrics = &self.options.metrics;
        metrics.feeds_ready.set(i64::try_from(self.sites.due()).unwrap_or(i64::MAX));
        metrics.feeds_leased.set(i64::try_from(self.running.len()).unwrap_or(i64::MAX));
        let busy = self.sites.due() + self.parked.len() + self.running.len();
        let waiting = self.slots.by_name.len().saturating_sub(busy);
        metrics.feeds_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    fn is_blocked(&self, feed: &str) -> bool {
        let shard = self.slots.by_name.get(feed).and_then(|slot| self.shards.get(&slot.shard));
        shard.is_some_and(|shard| shard.writer.is_blocked())
    }

    fn lease(&mut self, name: &str, site: &str, now: DateTime<Utc>) -> bool {
        let Some(slot) = self.slots.by_name.get_mut(name).filter(|slot| slot.phase == Phase::Due) else {
            return false;
        };
        let Some(shard) = self.shards.get_mut(&slot.shard).filter(|shard| shard.leaving.is_none()) else {
            return false;
        };
        slot.phase = Phase::Leased;
        shard.leases += 1;
        let due_at = slot.state.due_at;
        let lag = (now - due_at).to_std().unwrap_or_default();
        self.options.metrics.poll_lag.observe(lag.as_secs_f64());
        let lease = Lease {
            feed: slot.feed.clone(),
            state: slot.state.clone(),
            writer: shard.writer.clone(),
            claims: shard.claims.clone(),
            due_at,
        };
        let begin = Begin {
            begun: shard.begun.clone(),
            writer: shard.writer.clone(),
            clock: self.options.clock.clone(),
        };
        let (poll, feed) = (self.options.poll.clone(), name.to_owned());
        let handle = self.running.spawn(async move {
            match begin.commit(&feed).await {
                Ok(()) => poll(lease).await,
                Err(Lost) => PollReport::Lost,
            }
        });
        self.leases.insert(handle.id(), (name.to_owned(), slot.shard, shard.epoch, site.to_owned()));
        true
    }

    fn nap(&self) -> Instant {
        let now = self.options.clock.now();
        let until_due = self.slots.next_due().map(|due| (due - now).to_std().unwrap_or_default());
        // A due feed without a worker wakes no timer: the end of a poll does.
        Instant::now() + until_due.unwrap_or(NAP_MAX).clamp(Duration::from_millis(1), NAP_MAX)
    }

    fn ended(&mut self, ended: Result<(Id, PollReport), tokio::task::JoinError>) {
        let (id, report) = match ended {
            Ok((id, report)) => (id, Some(report)),
            Err(error) => (error.id(), None),
        };
        let Some((name, shard, epoch, site)) = self.leases.remove(&id) else { return };
        self.sites.finished(&site);
        let Some(held) = self.shards.get_mut(&shard).filter(|held| held.epoch == epoch) else { return };
        held.leases -= 1;
        match report {
            Some(PollReport::Polled(mut state)) => {
                set_right(&mut state, self.options.clock.now());
                if let Some(until) = state.site_paused_until {
                    self.sites.pause(&site, until);
                }
                self.poll_ended(shard, &name);
                self.returned(&name, Arc::new(*state));
            }
            Some(PollReport::Lost) => self.lose(shard),
            None => {
                self.panicked(&name);
                self.poll_ended(shard, &name);
            }
        }
        self.release_if_idle(shard);
    }

    fn poll_ended(&self, shard: i32, name: &str) {
        if let Some(held) = self.shards.get(&shard) {
            held.begun.end(name);
        }
    }

    fn returned(&mut self, name: &str, state: Arc<FeedState>) {
        let Some(slot) = self.slots.by_name.get_mut(name) else { return };
        if slot.removed {
            let shard = slot.shard;
            self.slots.by_name.remove(name);
            if let Some(shard) = self.shards.get_mut(&shard) {
                shard.spare.insert(name.to_owned(), Arc::unwrap_or_clone(state));
            }
            return;
        }
        let state = if state.url == slot.feed.url {
            state
        } else {
            let mut moved = Arc::unwrap_or_clone(state);
            moved.adopt_url(&slot.feed.url);
            Arc::new(moved)
        };
        self.slots.wait(name, state);
    }

    /// The worker itself panicked (a step's panic is caught further in): back off, keep the state.
    fn panicked(&mut self, name: &str) {
        self.options.metrics.panics.get_or_create(&Reason { reason: "worker" }).inc();
        tracing::error!(feed.name = name, "a poll panicked; the feed is polled again in a while");
        let Some(slot) = self.slots.by_name.get(name) else { return };
        let mut state = FeedState::clone(&slot.state);
        state.failures += 1;
        state.last_error = Some("panic".to_owned());
        state.due_at =
            self.options.clock.now() + chrono::TimeDelta::minutes(i64::from(state.failures.min(60)));
        if let Some(shard) = self.shards.get(&slot.shard) {
            shard.writer.stage(LedgerEntry { feed: name.to_owned(), state: Some(state.to_json()) });
        }
        self.returned(name, Arc::new(state));
    }

    fn shard(&mut self, event: ShardEvent) {
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

    fn ready(&mut self, shard: i32, writer: Arc<dyn Commit>, restored: Restored) {
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
        self.shards.insert(
            shard,
            Shard {
                writer,
                claims,
                begun: BegunPolls::of(restored.begun, &restored.states),
                leases: 0,
                epoch: self.epochs,
                spare: restored.states,
                quarantined: restored.corrupt,
                leaving: None,
            },
        );
        let feeds: Vec<Feed> = self
            .configured
            .values()
            .filter(|feed| shard_of(&feed.url, self.options.shards) == shard)
            .cloned()
            .collect();
        let crowd = u32::try_from(feeds.len()).unwrap_or(u32::MAX);
        for feed in feeds {
            self.add(feed, shard, crowd);
        }
        self.options.health.held(shard);
        self.options.metrics.shards_held.set(i64::try_from(self.shards.len()).unwrap_or(i64::MAX));
    }

    /// Adds a feed of a held shard; `crowd` is how many are added at once.
    fn add(&mut self, feed: Feed, shard: i32, crowd: u32) {
        let Some(held) = self.shards.get_mut(&shard) else { return };
        if held.quarantined.contains_key(&feed.name) {
            return;
        }
        let now = self.options.clock.now();
        let crowd_window = Duration::from_secs(1) * crowd / STARTS_PER_SECOND;
        let longest = WINDOW.max(crowd_window);
        let window = match feed.interval {
            Interval::Every(every) => longest.min(every / 2),
            Interval::Adaptive => longest,
        };
        let mut state = held
            .spare
            .remove(&feed.name)
            .unwrap_or_else(|| FeedState::new(&feed.name, &feed.url, turn(&feed.name, now, window)));
        state.adopt_url(&feed.url);
        set_right(&mut state, now);
        if let (Interval::Every(every), 0, Some(polled)) = (feed.interval, state.failures, state.polled_at) {
            // The interval may have been shortened since.
            state.due_at = state.due_at.min(polled + chrono::TimeDelta::from_std(every).unwrap_or_default());
        }
        if let Some(begun) = held.begun.of_feed(&feed.name) {
            // Whoever polled it did not come to the end, yet may have asked.
            state.due_at = state.due_at.max(begun.again_at(least(feed.interval), now));
        }
        if state.due_at < now {
            // Overdue: spread, not bursted.
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
            state: Arc::new(state),
            removed: false,
        });
    }

    fn drop_feeds(&mut self, shard: i32) {
        self.slots.drop_shard(shard);
        let slots = &self.slots;
        self.sites.retain(|feed| slots.by_name.contains_key(feed));
    }

    /// An error cost us the shard: forget it, and ask for it anew.
    fn lose(&mut self, shard: i32) {
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
                        tracing::error!(shard, "the shard could not be asked for anew");
                    }
                }
            }
        }
    }

    /// Lets go of a shard that is leaving once nothing of it is under way.
    fn release_if_idle(&mut self, shard: i32) {
        let idle = self.shards.get(&shard).is_some_and(|held| held.leaving.is_some() && held.leases == 0);
        if !idle {
            return;
        }
        let Some(held) = self.shards.remove(&shard) else { return };
        self.options.health.revoked(shard);
        self.options.metrics.shards_held.set(i64::try_from(self.shards.len()).unwrap_or(i64::MAX));
        tokio::spawn(async move {
            // What is lost here is a due time, and the next owner polls a little early.
            held.writer.flush().await.ok();
            held.writer.close();
            drop(held.leaving);
        });
    }

    fn flush(&mut self) {
        for (site, feed) in std::mem::take(&mut self.parked) {
            if self.slots.by_name.get(&feed).is_some_and(|slot| slot.phase == Phase::Due) {
                self.sites.push(&site, feed);
            }
        }
        for (shard, held) in &self.shards {
            if self.flushing.insert(*shard) {
                let (shard, writer, epoch) = (*shard, held.writer.clone(), held.epoch);
                self.flushes.spawn(async move { (shard, epoch, writer.flush().await) });
            }
        }
    }

    fn flushed(&mut self, (shard, epoch, result): (i32, u64, Result<(), Lost>)) {
        self.flushing.remove(&shard);
        if result.is_err() && self.shards.get(&shard).is_some_and(|held| held.epoch == epoch) {
            self.lose(shard);
        }
    }

    fn reload(&mut self, reload: Reload) {
        let new: BTreeMap<String, Feed> =
            reload.feeds.into_iter().map(|feed| (feed.name.clone(), feed)).collect();
        let (mut added, mut changed, mut removed) = (0, 0, 0);
        let gone: Vec<String> =
            self.configured.keys().filter(|name| !new.contains_key(*name)).cloned().collect();
        for name in gone {
            removed += usize::from(self.remove(&name));
        }
        let mut fresh = Vec::new();
        for (name, feed) in &new {
            match self.configured.get(name) {
                Some(old) if old == feed => {}
                Some(old) => {
                    let shard = |feed: &Feed| shard_of(&feed.url, self.options.shards);
                    if shard(old) == shard(feed) {
                        changed += usize::from(self.change(feed));
                    } else {
                        self.remove(name);
                        fresh.push(feed.clone());
                        changed += 1;
                    }
                }
                None => fresh.push(feed.clone()),
            }
        }
        let crowd = u32::try_from(fresh.len()).unwrap_or(u32::MAX);
        for feed in fresh {
            let shard = shard_of(&feed.url, self.options.shards);
            if self.shards.get(&shard).is_some_and(|held| held.leaving.is_none()) {
                added += 1;
                self.add(feed, shard, crowd);
            }
        }
        self.configured = new;
        reload.done.send((added, changed, removed)).ok();
    }

    fn remove(&mut self, name: &str) -> bool {
        let Some(slot) = self.slots.by_name.get_mut(name) else { return false };
        if slot.phase == Phase::Leased {
            slot.removed = true;
            return true;
        }
        if let Some(slot) = self.slots.by_name.remove(name)
            && let Some(held) = self.shards.get_mut(&slot.shard)
        {
            held.spare.insert(name.to_owned(), Arc::unwrap_or_clone(slot.state));
        }
        let slots = &self.slots;
        self.sites.retain(|feed| slots.by_name.contains_key(feed));
        true
    }

    fn change(&mut self, feed: &Feed) -> bool {
        let Some(slot) = self.slots.by_name.get_mut(&feed.name) else { return false };
        let shard = slot.shard;
        if slot.phase == Phase::Leased {
            slot.removed = false;
            slot.site = site(&feed.url);
            slot.feed = feed.clone();
        } else {
            self.remove(&feed.name);
            self.add(feed.clone(), shard, 1);
        }
        true
    }

    /// Lets the polls under way end, commits what is staged, and lets go of the shards; the whole
    /// of it within the grace.
    async fn drain(mut self, shards: &mut mpsc::Receiver<ShardEvent>) -> Stopped {
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
                    // Nothing new is started; a revocation must not wait for the end of the drain.
                    if matches!(event, ShardEvent::Revoked { .. }) {
                        self.shard(event);
                    }
                }
                () = sleep_until(stop.polls), if Instant::now() < stop.polls => {}
                () = sleep_until(stop.commits) => break,
            }
            // A site that is slow is asked again another time; Kafka is waited for.
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
        // Producers end in their own time where no broker answers.
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
