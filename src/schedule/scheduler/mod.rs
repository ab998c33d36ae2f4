//! The scheduler's loop.

mod begin;
mod holding;
mod operate;
mod reload;
mod request;
mod stop;
mod told;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use self::{begin::Begin, holding::set_right};
pub use self::{
    reload::Reload,
    request::{
        Activity, Asked, Delivery, HubSaid, HubToAsk, HubTold, HubsToAsk, NotNow, Pause, Request, Roll,
        Shown, ShownShard, Taken,
    },
    stop::Stopped,
};
use super::{
    feeds::Feeds,
    lease::{Lease, Poll, PollReport},
    places::Places,
    sites::{Lane, SiteQueues},
    slots::{Phase, Shard, Slots},
    told::set_as_untold,
};
use crate::{
    clock::Clock,
    config::Feed,
    ledger::{FeedState, ShardEvent, Subscription},
    observe::{Health, Heartbeat, Metrics, ReasonLabel},
    publish::{LedgerEntry, Lost},
};

/// States that only say a new due time are written within this time.
const FLUSH: Duration = Duration::from_millis(500);

/// Wall time may be stepped: no wait for a due time is longer than this.
const NAP_MAX: Duration = Duration::from_secs(5);

/// What the scheduler needs.
pub struct SchedulerOptions {
    /// Polls at work at once.
    pub workers: usize,
    /// Polls that their servers keep waiting, besides those at work.
    pub waiting: usize,
    /// Polls of one site under way at once.
    pub per_site: usize,
    /// The first polls of many new feeds are spread over this time, or over their interval if that
    /// is shorter.
    pub spread: Duration,
    /// Partitions of the ledger.
    pub shards: i32,
    /// How long a stop may take in all. Polls that wait for their site get 7 s of it.
    pub grace: Duration,
    /// Wall time.
    pub clock: Clock,
    /// Metrics.
    pub metrics: Metrics,
    /// Health.
    pub health: Health,
    /// Notified on every turn.
    pub heartbeat: Heartbeat,
    /// Polls a feed.
    pub poll: Poll,
    /// Shards to be taken again.
    pub again: mpsc::Sender<i32>,
}

struct Scheduler {
    options: SchedulerOptions,
    configured: Feeds,
    shards: BTreeMap<i32, Shard>,
    slots: Slots,
    sites: SiteQueues,
    running: JoinSet<PollReport>,
    leases: HashMap<Id, Leased>,
    /// Leases of doubtful feeds, and the lane of the last lease.
    doubtful: usize,
    last_lane: Lane,
    places: Places,
    /// Writes of staged states: shard, its epoch, and whether it is still ours.
    flushes: JoinSet<(i32, u64, Result<(), Lost>)>,
    flushing: HashSet<i32>,
    /// Due feeds of shards whose records Kafka does not accept at the moment.
    parked: Vec<(String, String)>,
    epochs: u64,
    /// Wall time of the last turn.
    turned_at: DateTime<Utc>,
}

/// A lease that is out.
struct Leased {
    feed: String,
    shard: i32,
    epoch: u64,
    site: String,
    lane: Lane,
}

/// Runs until `shutdown` ends, then drains.
pub async fn run(
    options: SchedulerOptions,
    feeds: Vec<Feed>,
    mut shards: mpsc::Receiver<ShardEvent>,
    mut requests: mpsc::Receiver<Request>,
    shutdown: impl Future<Output = ()>,
) -> Stopped {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut flush = interval(FLUSH);
    flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut scheduler = Scheduler {
        configured: Feeds::new(feeds),
        shards: BTreeMap::new(),
        slots: Slots::default(),
        sites: SiteQueues::new(options.per_site),
        running: JoinSet::new(),
        leases: HashMap::new(),
        doubtful: 0,
        last_lane: Lane::Doubtful,
        places: Places::new(options.waiting),
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
            Some(request) = requests.recv() => scheduler.asked(request),
            Some(ended) = scheduler.running.join_next_with_id() => scheduler.ended(ended),
            Some(Ok(flushed)) = scheduler.flushes.join_next() => scheduler.flushed(flushed),
            () = scheduler.places.changed() => {}
            _ = flush.tick() => scheduler.flush(),
            () = sleep_until(nap) => {}
        }
    }
    scheduler.drain(&mut shards).await
}

impl Scheduler {
    /// Moves due feeds to their sites and leases as many as there are workers.
    fn turn(&mut self) {
        self.options.heartbeat.beat();
        let now = self.options.clock.now();
        if now < self.turned_at {
            // The clock was set back: what was due in a minute still is.
            let by = self.turned_at - now;
            self.slots.set_back(by);
            self.sites.set_back(by);
        }
        self.turned_at = now;
        self.slots.measure(now);
        for (site, feed) in self.slots.pop_due(now) {
            let lane = self.slots.lane(&feed);
            self.sites.push(&site, feed, lane);
        }
        self.sites.resume(now);
        while let Some((site, feed, lane)) = self.next_due() {
            if self.is_blocked(&feed) {
                // Back-pressure: a poll whose result cannot be committed is not begun.
                self.sites.finished(&site);
                self.parked.push((site, feed));
            } else if self.lease(&feed, &site, lane, now) {
                self.last_lane = lane;
                self.doubtful += usize::from(lane == Lane::Doubtful);
            } else {
                self.sites.finished(&site);
            }
        }
        let metrics = &self.options.metrics;
        metrics.feeds_ready.set(i64::try_from(self.sites.due()).unwrap_or(i64::MAX));
        metrics.feeds_leased.set(i64::try_from(self.running.len()).unwrap_or(i64::MAX));
        let kept_waiting = [Lane::Sound, Lane::Doubtful].map(|lane| self.places.waiting(lane));
        let kept_waiting = kept_waiting.iter().sum::<usize>();
        metrics.feeds_kept_waiting.set(i64::try_from(kept_waiting).unwrap_or(i64::MAX));
        let busy = self.sites.due() + self.parked.len() + self.running.len();
        let waiting = self.slots.by_name.len().saturating_sub(busy);
        metrics.feeds_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }

    /// The next feed for a free worker, the lanes in turn. A quarter of the workers is kept away from feeds
    /// that may hang, and an eighth from those that do not, so that neither group starves the other.
    fn next_due(&mut self) -> Option<(String, String, Lane)> {
        let workers = self.options.workers.max(1);
        let waiting = self.places.waiting(Lane::Doubtful);
        let doubtful = self.doubtful.saturating_sub(waiting);
        let sound = (self.running.len() - self.doubtful).saturating_sub(self.places.waiting(Lane::Sound));
        let at_work = sound + doubtful;
        let lanes = match self.last_lane {
            Lane::Sound => [Lane::Doubtful, Lane::Sound],
            Lane::Doubtful => [Lane::Sound, Lane::Doubtful],
        };
        lanes.into_iter().filter(|_| at_work < workers).find_map(|lane| {
            let (taken, kept) = match lane {
                Lane::Sound => (sound, workers / 8),
                Lane::Doubtful => (doubtful, workers / 4),
            };
            if taken + kept >= workers {
                return None;
            }
            self.sites.pop(lane).map(|(site, feed)| (site, feed, lane))
        })
    }

    fn is_blocked(&self, feed: &str) -> bool {
        let shard = self.slots.by_name.get(feed).and_then(|slot| self.shards.get(&slot.shard));
        shard.is_some_and(|shard| shard.writer.is_blocked())
    }

    fn lease(&mut self, name: &str, site: &str, lane: Lane, now: DateTime<Utc>) -> bool {
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
            delivered: slot.told.as_mut().and_then(|told| told.next()),
            place: self.places.of(lane),
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
        let (feed, site) = (name.to_owned(), site.to_owned());
        let leased = Leased { feed, shard: slot.shard, epoch: shard.epoch, site, lane };
        self.leases.insert(handle.id(), leased);
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
        let Some(leased) = self.leases.remove(&id) else { return };
        let Leased { feed: name, shard, epoch, site, lane } = leased;
        self.doubtful -= usize::from(lane == Lane::Doubtful);
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
        let mut state = state;
        let changed = state.subscription != slot.state.subscription;
        if changed {
            // Changed while the poll was under way, which knows nothing of it.
            let state = Arc::make_mut(&mut state);
            state.subscription.clone_from(&slot.state.subscription);
            if state.told_until(self.options.clock.now()).is_none() {
                set_as_untold(state, &slot.feed);
            }
        }
        let over = |of: &Subscription| !of.is_live(self.options.clock.now());
        if state.hub.is_none() && state.subscription.as_deref().is_some_and(over) {
            Arc::make_mut(&mut state).subscription = None;
        }
        if slot.removed {
            let shard = slot.shard;
            self.slots.by_name.remove(name);
            if let Some(shard) = self.shards.get_mut(&shard) {
                shard.spare.insert(name.to_owned(), Arc::unwrap_or_clone(state));
            }
            return;
        }
        // The feed may have been changed meanwhile.
        if state.fingerprint != Some(slot.feed.fingerprint()) {
            Arc::make_mut(&mut state).adopt(&slot.feed);
        }
        let pausing = std::mem::take(&mut slot.pausing);
        self.slots.wait(name, state);
        if changed {
            self.stage(name);
        }
        if pausing {
            self.set_paused(name, true);
        }
        self.told_meanwhile(name);
    }

    /// The worker itself panicked (a step's panic is caught further in): back off, keep the state.
    fn panicked(&mut self, name: &str) {
        self.options.metrics.panics.get_or_create(&ReasonLabel { reason: "worker" }).inc();
        tracing::error!(feed.name = name, "a poll panicked; the feed will be polled again");
        let Some(slot) = self.slots.by_name.get(name) else { return };
        let mut state = FeedState::clone(&slot.state);
        state.failures += 1;
        state.last_error = Some("panic".to_owned());
        state.failed_status = None;
        state.due_at =
            self.options.clock.now() + chrono::TimeDelta::minutes(i64::from(state.failures.min(60)));
        if let Some(shard) = self.shards.get(&slot.shard) {
            let (feed, state) = (LedgerEntry::due_key(name), Some(state.to_due_json()));
            shard.writer.stage(LedgerEntry::new(feed, state));
        }
        self.returned(name, Arc::new(state));
    }
    /// Has a waiting feed's state written, with nothing new of its entries.
    fn stage(&self, name: &str) {
        let Some(slot) = self.slots.by_name.get(name) else { return };
        if let Some(held) = self.shards.get(&slot.shard) {
            let (key, record) = (LedgerEntry::due_key(name), slot.state.to_due_json());
            held.writer.stage(LedgerEntry::new(key, Some(record)));
        }
    }
}
