//! Instances of the daemon and the group that gives out shards, with everything that befalls them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use copydesk::{
    edit::Editor,
    ledger::{GroupEvent, OWNER_KEY, ShardEvent},
    observe::{Health, Heartbeat, Metrics},
    publish::{Batch, Commit, LedgerEntry, Position},
    schedule::{self, Claims, Lease, Place, PollReport, SchedulerOptions, Stopped},
    worker::{self, Cpu, Environment, SharedStories, WorkerOptions},
};
use tokio::{
    sync::{Notify, mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::{
    bugs::Bug,
    judge::Judge,
    kafka::{Kafka, SHARDS},
    publisher::{Publisher, Writer},
    web::{Sight, Web},
    world::{World, lock},
};

pub struct Fleet {
    pub world: Arc<World>,
    pub kafka: Arc<Kafka>,
    pub web: Arc<Web>,
    pub judge: Arc<Judge>,
    pub metrics: Metrics,
    pub editor: Arc<Editor>,
    pub stories: Arc<SharedStories>,
    /// Who is to hold which shard.
    pub assigned: Mutex<BTreeMap<i32, usize>>,
    pub instances: Mutex<BTreeMap<usize, Instance>>,
    pub started: Mutex<usize>,
}

/// A running instance.
pub struct Instance {
    group: mpsc::Sender<GroupEvent>,
    shutdown: oneshot::Sender<()>,
    scheduler: JoinHandle<Stopped>,
    holder: JoinHandle<()>,
    publisher: JoinHandle<()>,
    group_watch: JoinHandle<()>,
    alive: Arc<AtomicBool>,
}

impl Fleet {
    pub fn start(self: &Arc<Self>) {
        let id = {
            let mut started = lock(&self.started);
            *started += 1;
            *started
        };
        self.world.note(format_args!("i{id} starts"));
        let alive = Arc::new(AtomicBool::new(true));
        let (group, told) = mpsc::channel(64);
        let (shards, events) = mpsc::channel(64);
        let (again, asked) = mpsc::channel(64);
        let (shutdown, stop) = oneshot::channel::<()>();
        // Nothing is reloaded here; the sender's end is of no use.
        let (_, reloads) = mpsc::channel(1);
        let options = SchedulerOptions {
            workers: 1 + self.world.below(6),
            waiting: 8,
            per_site: 1 + self.world.below(2),
            spread: Duration::from_secs(60),
            shards: SHARDS,
            grace: Duration::from_secs(10),
            clock: self.world.clock(),
            metrics: self.metrics.clone(),
            health: Health::default(),
            heartbeat: Heartbeat::default(),
            poll: self.poll(id, &alive),
            again,
        };
        let feeds = self.web.configured();
        let scheduler = tokio::spawn(schedule::run(options, feeds, events, reloads, async {
            stop.await.ok();
        }));
        let publisher = Arc::new(Publisher {
            world: self.world.clone(),
            kafka: self.kafka.clone(),
            web: self.web.clone(),
            instance: id,
            alive: alive.clone(),
            seats: Mutex::default(),
            wake: Notify::new(),
            frozen: Notify::new(),
        });
        let group_watch = tokio::spawn(self.clone().move_from_frozen(publisher.clone()));
        let holder = tokio::spawn(self.clone().hold(publisher.clone(), told, asked, shards));
        let publisher = tokio::spawn(publisher.run());
        lock(&self.instances)
            .insert(id, Instance { group, shutdown, scheduler, holder, publisher, group_watch, alive });
    }

    fn poll(self: &Arc<Self>, id: usize, alive: &Arc<AtomicBool>) -> schedule::Poll {
        let environment = Arc::new(Environment {
            origin: Arc::new(Sight { web: self.web.clone(), instance: id }),
            editor: watch::channel(self.editor.clone()).1,
            stories: self.stories.clone(),
            destinations: worker::Destinations::default(),
            cpu: Cpu::inline(),
            clock: self.world.clock(),
            metrics: self.metrics.clone(),
            fired: copydesk::observe::Fired::default(),
            options: WorkerOptions {
                articles: "articles".into(),
                tombstones: self.world.tombstones,
                ..WorkerOptions::default()
            },
        });
        let (fleet, alive) = (self.clone(), alive.clone());
        let forgetful = Claims::default();
        Arc::new(move |mut lease: Lease| {
            let (fleet, environment, alive, forgetful) =
                (fleet.clone(), environment.clone(), alive.clone(), forgetful.clone());
            Box::pin(async move {
                let world = &fleet.world;
                if world.has(Bug::ClaimsForgotten) {
                    lease.claims = forgetful;
                }
                if world.bug.is_some() {
                    // Polls that queue behind slow ones find more at once, which some bugs need to show.
                    lease.place = Place::default();
                }
                let polled = fleet.judge.begin(id, &alive, &lease);
                if world.has(Bug::LeaseKept) && world.chance(4) {
                    std::future::pending::<()>().await;
                }
                let report = if world.has(Bug::LeaseTwice) && world.chance(20) {
                    let polls = (
                        worker::poll(environment.clone(), lease.clone()),
                        worker::poll(environment, lease.clone()),
                    );
                    tokio::join!(polls.0, polls.1).0
                } else {
                    Box::pin(worker::poll(environment, lease.clone())).await
                };
                fleet.judge.end(&polled, id, &lease, &report);
                match report {
                    PollReport::Polled(mut state) => {
                        if world.has(Bug::ForgetListed) {
                            let old = world.now() - TimeDelta::minutes(5);
                            state.entries.retain(|_, entry| entry.first_seen_at > old);
                        }
                        if world.has(Bug::DueAtOnce) && world.chance(10) {
                            state.due_at = world.now();
                        }
                        PollReport::Polled(state)
                    }
                    PollReport::Lost => PollReport::Lost,
                }
            })
        })
    }

    /// As `ledger::hold`: acquires what the group assigns, and again what was lost.
    async fn hold(
        self: Arc<Self>,
        publisher: Arc<Publisher>,
        mut group: mpsc::Receiver<GroupEvent>,
        mut again: mpsc::Receiver<i32>,
        scheduler: mpsc::Sender<ShardEvent>,
    ) {
        let mut acquiring = JoinSet::new();
        let mut assigned: BTreeMap<i32, Arc<AtomicBool>> = BTreeMap::new();
        loop {
            let shards = tokio::select! {
                biased;
                event = group.recv() => match event {
                    None => return,
                    Some(GroupEvent::Assigned(shards)) => shards,
                    Some(GroupEvent::Revoked(shards, done)) => {
                        for shard in shards {
                            if let Some(cancelled) = assigned.remove(&shard) {
                                cancelled.store(true, Ordering::Relaxed);
                            }
                            scheduler.send(ShardEvent::Revoked { shard, done: done.clone() }).await.ok();
                        }
                        continue;
                    }
                },
                Some(shard) = again.recv() => match assigned.contains_key(&shard)
                    && !self.world.has(Bug::LostIgnored)
                {
                    true => vec![shard],
                    false => continue,
                },
                Some(_) = acquiring.join_next() => continue,
            };
            for shard in shards {
                let cancelled = Arc::new(AtomicBool::new(false));
                assigned.insert(shard, cancelled.clone());
                let (fleet, publisher, scheduler) = (self.clone(), publisher.clone(), scheduler.clone());
                acquiring.spawn(async move {
                    if let Some(ready) = fleet.acquire(&publisher, shard).await
                        && !cancelled.load(Ordering::Relaxed)
                    {
                        scheduler.send(ready).await.ok();
                    }
                });
            }
        }
    }

    /// Writes that the shard is taken, until it is known to be written.
    async fn claim(&self, publisher: &Arc<Publisher>, shard: i32) -> Arc<Writer> {
        loop {
            let writer = publisher.open(shard);
            if !self.world.exactly_once {
                self.kafka.claim(shard);
                return writer;
            }
            let ledger = vec![LedgerEntry::new(OWNER_KEY, Some(b"{}".to_vec()))];
            if writer.commit(Batch { ledger, ..Batch::default() }).await.is_ok() {
                return writer;
            }
            self.world.pause(200..1_000).await;
        }
    }

    async fn acquire(&self, publisher: &Arc<Publisher>, shard: i32) -> Option<ShardEvent> {
        let (world, kafka, id) = (&self.world, &self.kafka, publisher.instance);
        world.pause(50..1_500).await;
        let early = match world.has(Bug::RestoreBeforeFence) {
            true => Some(kafka.restore(shard).await),
            false => None,
        };
        if early.is_some() {
            world.pause(100..20_000).await;
        }
        let writer = self.claim(publisher, shard).await;
        let epoch = kafka.epoch(shard);
        world.pause(10..500).await;
        let restored = match early {
            Some(mut restored) => {
                restored.end = kafka.settled(shard).await;
                restored
            }
            None => kafka.restore(shard).await,
        };
        if world.exactly_once {
            *lock(&writer.position) = Position::At(restored.end);
        }
        world.pause(10..500).await;
        world.note(format_args!("i{id} has shard {shard}, epoch {epoch}, {} states", restored.states.len()));
        let writer: Arc<dyn Commit> = writer;
        self.judge.knows(&writer, shard, epoch);
        Some(ShardEvent::Ready { shard, writer, restored })
    }

    pub(super) fn alive(&self) -> Vec<usize> {
        lock(&self.instances).keys().copied().collect()
    }

    pub(super) async fn tell(&self, id: usize, event: GroupEvent) {
        let group = lock(&self.instances).get(&id).map(|instance| instance.group.clone());
        if let Some(group) = group {
            group.send(event).await.ok();
        }
    }

    /// Gives every shard that nobody is to hold to somebody.
    pub(super) async fn balance(&self) {
        for shard in 0..SHARDS {
            let alive = self.alive();
            let owner = lock(&self.assigned).get(&shard).copied();
            if alive.is_empty() || owner.is_some_and(|owner| alive.contains(&owner)) {
                continue;
            }
            let id = alive[self.world.below(alive.len())];
            lock(&self.assigned).insert(shard, id);
            self.world.note(format_args!("shard {shard} assigned to i{id}"));
            self.tell(id, GroupEvent::Assigned(vec![shard])).await;
        }
    }

    pub(super) fn kill(&self, id: usize) {
        let Some(instance) = lock(&self.instances).remove(&id) else { return };
        self.world.note(format_args!("i{id} killed"));
        instance.alive.store(false, Ordering::Relaxed);
        instance.scheduler.abort();
        instance.holder.abort();
        instance.publisher.abort();
        instance.group_watch.abort();
    }

    pub(super) async fn stop(&self, id: usize) {
        let Some(instance) = lock(&self.instances).remove(&id) else { return };
        self.world.note(format_args!("i{id} stops"));
        instance.shutdown.send(()).ok();
        let stopped = instance.scheduler.await;
        self.world.note(format_args!("i{id} stopped: {stopped:?}"));
        instance.holder.abort();
        instance.publisher.abort();
        instance.group_watch.abort();
    }
}
