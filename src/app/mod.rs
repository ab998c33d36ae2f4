//! The daemon: builds every long-lived part, runs it, and drains it within a deadline.

mod descriptors;
mod export;
mod forms;
mod reload;
mod systemd;

use std::{
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prometheus_client::registry::Registry;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

pub use export::Exporter;
pub use reload::{ReloadError, Reloader};

use crate::{
    admin::{self, ReloadRequest},
    clock::Clock,
    config::Config,
    edit::Editor,
    exit::{Exit, Failure},
    fetch::Fetcher,
    ledger::{Group, Member, OnRestored, ShardEvent, ShardOptions, hold},
    observe::{Fired, Health, Heartbeat, Metrics, Requests},
    publish::{
        Encodings, follow,
        topics::{TopicAdmin, TopicError},
    },
    schedule::{self, Lease, Request, SchedulerOptions, Stopped},
    websub,
    worker::{self, Cpu, Environment, SharedStories, WorkerOptions},
};

/// First and longest pause between attempts to reach Kafka at start.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Leaving the group takes no longer than this.
const LEAVE_MAX: Duration = Duration::from_secs(5);

/// Events of the group and of shards that may wait for their reader.
const EVENTS_MAX: usize = 256;

/// What the daemon runs with.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Rules and vocabularies; a reload replaces them.
    pub editor: watch::Receiver<Arc<Editor>>,
    /// Wall time.
    pub clock: Clock,
    /// Requests to the scheduler.
    pub requests: mpsc::Receiver<Request>,
    /// The sending ends of those requests.
    pub operator: Operator,
    /// Called with the address of the admin pages once they are served.
    pub on_admin: Option<Box<dyn FnOnce(SocketAddr) + Send>>,
    /// Metrics and their registry: shared with whoever reloads.
    pub metrics: (Metrics, Registry),
}

/// The ends of the channels that the admin pages hold.
#[derive(Clone)]
pub struct Operator {
    /// To the scheduler.
    pub scheduler: mpsc::Sender<Request>,
    /// To the task that reloads the configuration; `None` if there is no file.
    pub reloads: Option<mpsc::Sender<ReloadRequest>>,
}

/// What the outside sees of the daemon.
#[derive(Clone)]
struct Signs {
    metrics: Metrics,
    health: Health,
    heartbeat: Heartbeat,
    fired: Fired,
}

/// The parts that poll, ready to start.
struct Built {
    group: Group,
    /// Takes the shards that the group assigns.
    holding: JoinHandle<()>,
    scheduler: SchedulerOptions,
    shards: mpsc::Receiver<ShardEvent>,
}

impl App {
    /// Runs until `shutdown` ends and everything under way is finished.
    ///
    /// # Errors
    /// What an operator has to fix before the daemon can start, with its exit code.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Exit, Failure> {
        let Self { config, editor, clock, requests, operator, on_admin, metrics: (metrics, mut registry) } =
            self;
        let fetcher = Fetcher::new(&config.http, clock.clone())?;
        registry.register_collector(Box::new(Requests(fetcher.clone())));
        let (health, heartbeat, fired) = (Health::default(), Heartbeat::default(), Fired::default());
        let signs = Signs { metrics, health, heartbeat, fired };
        // Aborted when dropped.
        let mut serving = JoinSet::new();
        let parts =
            Parts { operator, editor: editor.clone(), fetcher: fetcher.clone(), clock: clock.clone() };
        serve_hubs(&config, &parts, &signs, &mut serving).await?;
        let address = serve(&config, registry, &signs, parts, &mut serving).await?;
        if let Some(on_admin) = on_admin {
            on_admin(address);
        }
        serving.spawn(systemd::watch(signs.heartbeat.clone()));
        systemd::ready();

        let mut shutdown = std::pin::pin!(shutdown);
        // A task of its own: its calls block, and a stop must not wait for them.
        let preparing = tokio::spawn({
            let (config, signs) = (config.clone(), signs.clone());
            async move { prepare(&config, &signs).await }
        });
        let encodings = tokio::select! {
            prepared = preparing => prepared.map_err(anyhow::Error::from)??,
            () = &mut shutdown => return Ok(Exit::Done),
        };
        tracing::info!(
            delivery = config.delivery.as_str(),
            feeds = config.feeds.len(),
            brokers = config.kafka.brokers.join(","),
            "started"
        );

        let stories = Arc::new(SharedStories::new(&config.stories));
        // Before the first poll: what this instance and others have published is known.
        let following = Follower::default();
        tokio::select! {
            () = know_stories(&config, &stories, &following, &signs.heartbeat) => {}
            () = &mut shutdown => return Ok(Exit::Done),
        }
        let Built { group, holding, scheduler, shards } =
            build(&config, encodings, editor, fetcher, clock, &signs, stories)?;
        let stop_at = OnceLock::new();
        let shutdown = async {
            shutdown.await;
            stop_at.set(Instant::now()).ok();
        };
        let stopped = schedule::run(scheduler, config.feeds, shards, requests, shutdown).await;
        systemd::stopping();
        let deadline = stop_at.get().map_or_else(Instant::now, |at| *at + config.daemon.shutdown_grace);
        leave(group, deadline).await;
        holding.abort();
        match stopped {
            Stopped::Drained => tracing::info!("stopped"),
            Stopped::CutOff(polls) => {
                tracing::warn!(
                    polls,
                    "stopped at the deadline; polls that were cut off are repeated after the next start"
                )
            }
            Stopped::Fatal(why) => return Err(Failure::new(Exit::Failed, why)),
        }
        Ok(Exit::Done)
    }
}

/// What the admin pages share with the rest.
struct Parts {
    operator: Operator,
    editor: watch::Receiver<Arc<Editor>>,
    fetcher: Fetcher,
    clock: Clock,
}

/// Serves the admin pages; returns their address.
async fn serve(
    config: &Config,
    registry: Registry,
    signs: &Signs,
    parts: Parts,
    serving: &mut JoinSet<()>,
) -> Result<SocketAddr, Failure> {
    let listen = config.admin.listen;
    let (listener, address) = admin::bind(listen).await.map_err(|error| {
        Failure::new(Exit::Config, format!("admin.listen: {listen} cannot be bound: {error}"))
    })?;
    tracing::info!(%address, "serving health and metrics");
    let pages = admin::Admin {
        health: signs.health.clone(),
        registry: Arc::new(registry),
        heartbeat: signs.heartbeat.clone(),
        loopback: address.ip().is_loopback(),
        token: config.admin.token.clone(),
        clock: parts.clock,
        scheduler: parts.operator.scheduler,
        reloads: parts.operator.reloads,
        editor: parts.editor,
        fetcher: parts.fetcher,
        fired: signs.fired.clone(),
        config: Arc::new(lasting(config)),
        turns: admin::Turns::default(),
    };
    serving.spawn(admin::serve(listener, pages));
    Ok(address)
}

/// Serves hubs and asks them, where that is wanted.
async fn serve_hubs(
    config: &Config,
    parts: &Parts,
    signs: &Signs,
    serving: &mut JoinSet<()>,
) -> Result<(), Failure> {
    let Some(callback) = &config.websub.callback else { return Ok(()) };
    let (scheduler, fetcher) = (parts.operator.scheduler.clone(), parts.fetcher.clone());
    let (clock, metrics) = (parts.clock.clone(), signs.metrics.clone());
    let parts = websub::Parts::of(&config.websub, callback, scheduler, fetcher, clock, metrics);
    let listen = callback.listen;
    let (listener, address) = websub::listen(listen).await.map_err(|error| {
        Failure::new(Exit::Config, format!("websub.listen: {listen} cannot be bound: {error}"))
    })?;
    tracing::info!(%address, "hubs can deliver");
    serving.spawn(websub::run(listener, parts));
    Ok(())
}

/// What no reload changes: without the feeds, which are many, and without the rules.
fn lasting(config: &Config) -> Config {
    Config {
        kafka: config.kafka.clone(),
        delivery: config.delivery,
        topics: config.topics.clone(),
        http: config.http.clone(),
        routes: config.routes.clone(),
        stories: config.stories,
        daemon: config.daemon.clone(),
        ..Config::default()
    }
}

/// Joins the group, and builds the parts that poll.
fn build(
    config: &Config,
    encodings: Encodings,
    editor: watch::Receiver<Arc<Editor>>,
    fetcher: Fetcher,
    clock: Clock,
    signs: &Signs,
    stories: Arc<SharedStories>,
) -> Result<Built, Failure> {
    let Signs { metrics, health, heartbeat, fired } = signs.clone();
    let remembering = stories.clone();
    let environment = Arc::new(Environment {
        origin: Arc::new(fetcher),
        editor,
        stories,
        destinations: worker::Destinations::default(),
        cpu: Cpu::new(std::thread::available_parallelism().map_or(1, usize::from)),
        clock: clock.clone(),
        metrics: metrics.clone(),
        fired,
        options: WorkerOptions::of(config),
    });
    let options = ShardOptions {
        metrics: metrics.clone(),
        health: health.clone(),
        on_restored: OnRestored(Arc::new(move |restored| remembering.remember(restored.states.values()))),
        instance: config.daemon.instance.clone(),
        ..ShardOptions::of(config).with(encodings)
    };
    let member = Member { instance: config.daemon.instance.clone(), session: config.daemon.session };
    let (group_sender, group_events) = mpsc::channel(EVENTS_MAX);
    let (shard_sender, shards) = mpsc::channel(EVENTS_MAX);
    let (again, again_events) = mpsc::channel(EVENTS_MAX);
    let group = Group::join(&config.kafka, &config.topics.ledger, &member, group_sender, health.clone())
        .map_err(|error| Failure::new(Exit::Config, format!("kafka settings: {error}")))?;
    let holding = tokio::spawn(hold(options, group_events, again_events, shard_sender));
    let scheduler = SchedulerOptions {
        workers: config.daemon.workers,
        waiting: descriptors::room_to_wait(config),
        per_site: config.http.per_site,
        spread: config.daemon.start_spread,
        shards: config.topics.ledger_partitions,
        grace: config.daemon.shutdown_grace,
        clock,
        metrics,
        health,
        heartbeat,
        poll: Arc::new(move |lease: Lease| Box::pin(worker::poll(environment.clone(), lease))),
        again,
    };
    Ok(Built { group, holding, scheduler, shards })
}

/// Stops the thread that follows the stories when dropped.
#[derive(Default)]
struct Follower(Arc<AtomicBool>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Reads what the topic of stories holds, and goes on reading on a thread of its own. With the
/// embedded broker there is only one instance, and nothing to follow.
async fn know_stories(
    config: &Config,
    stories: &Arc<SharedStories>,
    follower: &Follower,
    heartbeat: &Heartbeat,
) {
    let Some(topic) = config.topics.stories_topic().filter(|_| !config.kafka.embedded) else { return };
    let (known, mut all) = oneshot::channel();
    let (kafka, stories, ended) = (config.kafka.clone(), stories.clone(), follower.0.clone());
    std::thread::spawn(move || {
        let goes_on = || !ended.load(Ordering::Acquire);
        follow(&kafka, &topic, known, &goes_on, &|key, value| stories.read(key, value));
    });
    let mut beats = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = &mut all => return,
            _ = beats.tick() => heartbeat.beat(),
        }
    }
}

/// Leaves the group, so that the others take over at once instead of waiting for the session to
/// time out.
async fn leave(group: Group, deadline: Instant) {
    let left = tokio::task::spawn_blocking(move || group.leave());
    let deadline = deadline.min(Instant::now() + LEAVE_MAX).max(Instant::now() + LEAVE_MAX / 5);
    if tokio::time::timeout_at(deadline, left).await.is_err() {
        tracing::warn!("the group was not left in time; the others take over when the session times out");
    }
}

/// Creates and checks the topics, and agrees on the form of the articles; waits for Kafka and the
/// schema registry as long as it takes.
async fn prepare(config: &Config, signs: &Signs) -> Result<Encodings, Failure> {
    // The embedded broker already has its topics, and answers no admin requests.
    if !config.kafka.embedded {
        prepare_topics(config, signs).await?;
    }
    forms::encodings(config, signs).await
}

async fn prepare_topics(config: &Config, signs: &Signs) -> Result<(), Failure> {
    let mut pause = BACKOFF.0;
    loop {
        signs.heartbeat.beat();
        // Anew each time: the file of authorities may be another one now.
        let admin = TopicAdmin::new(config).map_err(|error| Failure::new(Exit::Config, error.to_string()))?;
        match admin.prepare(config).await {
            Ok(()) => {
                signs.health.broker(None);
                return Ok(());
            }
            Err(TopicError::Wrong(why)) => return Err(Failure::new(Exit::Config, why)),
            Err(error @ TopicError::Unreachable { .. }) => {
                tracing::error!(%error, "kafka cannot be reached, trying again");
                signs.health.broker(Some(error.to_string()));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACKOFF.1);
            }
        }
    }
}
