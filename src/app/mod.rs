//! The daemon: every long-lived part is built here, run, and drained with a deadline.

mod reload;
mod systemd;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

pub use reload::{ReloadError, reload_feeds};

use crate::{
    clock::Clock,
    config::Config,
    edit::Editor,
    exit::{Exit, Failure},
    fetch::{Fetcher, Origin},
    ledger::{Group, OnRestored, ShardOptions, hold},
    observe::{Health, Heartbeat, Metrics, Requests, admin},
    publish::{
        TopicNames,
        topics::{TopicAdmin, TopicError},
    },
    schedule::{self, Lease, Reload, SchedulerOptions, Stopped},
    worker::{self, Cpu, Environment, SharedStories, WorkerOptions},
};

/// First and longest pause between attempts to reach Kafka at start.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// Leaving the group takes no longer than this.
const LEAVE: Duration = Duration::from_secs(5);

/// Events of the group and of shards that may wait for their reader.
const EVENTS: usize = 256;

/// What the daemon runs with.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Rules and vocabularies.
    pub editor: Editor,
    /// Wall time.
    pub clock: Clock,
    /// New lists of feeds.
    pub reloads: mpsc::Receiver<Reload>,
    /// Told the address of the admin pages once they are served.
    pub on_admin: Option<Box<dyn FnOnce(std::net::SocketAddr) + Send>>,
    /// Metrics and their registry: shared with whoever reloads.
    pub metrics: (Metrics, prometheus_client::registry::Registry),
}

impl App {
    /// Runs until `shutdown` ends and everything under way is finished.
    ///
    /// # Errors
    /// What an operator has to mend before a start can succeed, with its exit code.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Exit, Failure> {
        let (metrics, mut registry) = self.metrics;
        let fetcher = Fetcher::new(&self.config.http, self.clock.clone())?;
        registry.register_collector(Box::new(Requests(fetcher.clone())));
        let (health, heartbeat) = (Health::default(), Heartbeat::default());
        let (listener, address) = admin::bind(self.config.admin.listen).await.map_err(|error| {
            let listen = self.config.admin.listen;
            Failure::new(Exit::Config, format!("admin.listen: {listen} cannot be bound: {error}"))
        })?;
        tracing::info!(%address, "admin pages served");
        if let Some(told) = self.on_admin {
            told(address);
        }
        let pages = admin::Admin {
            health: health.clone(),
            registry: Arc::new(registry),
            heartbeat: heartbeat.clone(),
            loopback: address.ip().is_loopback(),
        };
        let serving = tokio::spawn(admin::serve(listener, pages));
        let watchdog = tokio::spawn(systemd::watch(heartbeat.clone()));
        systemd::ready();
        let parts = Parts {
            config: self.config,
            editor: self.editor,
            fetcher,
            clock: self.clock,
            metrics,
            health,
            heartbeat,
            reloads: self.reloads,
        };
        let result = parts.run(shutdown).await;
        serving.abort();
        watchdog.abort();
        result
    }
}

struct Parts {
    config: Config,
    editor: Editor,
    fetcher: Fetcher,
    clock: Clock,
    metrics: Metrics,
    health: Health,
    heartbeat: Heartbeat,
    reloads: mpsc::Receiver<Reload>,
}

impl Parts {
    async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Exit, Failure> {
        let mut shutdown = std::pin::pin!(shutdown);
        let config = &self.config;
        if config.kafka.embedded {
            tracing::warn!("embedded kafka: in memory and without transactions, for trying out only");
        } else {
            // A task of its own: its calls block, and a stop must not wait for them.
            let (config, health, beat) = (config.clone(), self.health.clone(), self.heartbeat.clone());
            let preparing = tokio::spawn(async move { prepare(&config, &health, &beat).await });
            tokio::select! {
                prepared = preparing => prepared.map_err(anyhow::Error::from)??,
                () = &mut shutdown => return Ok(Exit::Done),
            }
        }
        let delivery = match config.delivery {
            crate::config::Delivery::ExactlyOnce => "exactly_once",
            crate::config::Delivery::AtLeastOnce => "at_least_once",
        };
        tracing::info!(
            delivery,
            feeds = config.feeds.len(),
            brokers = config.kafka.brokers.join(","),
            "started"
        );

        let origin: Arc<dyn Origin> = Arc::new(self.fetcher);
        let stories = Arc::new(SharedStories::default());
        let remembering = stories.clone();
        let environment = Arc::new(Environment {
            origin,
            editor: Arc::new(self.editor),
            stories,
            cpu: Cpu::new(std::thread::available_parallelism().map_or(1, usize::from)),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            options: WorkerOptions::of(config),
        });
        let options = ShardOptions {
            kafka: config.kafka.clone(),
            names: TopicNames::of(&config.topics),
            delivery: config.delivery,
            max_record: config.kafka.max_record(),
            metrics: self.metrics.clone(),
            health: self.health.clone(),
            on_restored: OnRestored(Arc::new(move |restored| remembering.remember(restored.states.values()))),
        };
        let (group_events, group_told) = mpsc::channel(EVENTS);
        let (shard_events, shards) = mpsc::channel(EVENTS);
        let (again, again_told) = mpsc::channel(EVENTS);
        let group = Group::join(&config.kafka, &config.topics.ledger, group_events, self.health.clone())
            .map_err(|error| Failure::new(Exit::Config, format!("kafka settings: {error}")))?;
        let holding = tokio::spawn(hold(options, group_told, again_told, shard_events));
        let scheduler = SchedulerOptions {
            workers: config.daemon.workers,
            per_site: config.http.per_site,
            shards: config.topics.ledger_partitions,
            grace: config.daemon.shutdown_grace,
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            health: self.health.clone(),
            heartbeat: self.heartbeat.clone(),
            poll: Arc::new(move |lease: Lease| Box::pin(worker::poll(environment.clone(), lease))),
            again,
        };
        let stop_at = OnceLock::new();
        let shutdown = async {
            shutdown.await;
            stop_at.set(Instant::now()).ok();
        };
        let stopped = schedule::run(scheduler, config.feeds.clone(), shards, self.reloads, shutdown).await;
        systemd::stopping();
        // Leaving tells the others at once; without it they wait for the session to time out.
        let left = tokio::task::spawn_blocking(move || group.leave());
        let deadline = stop_at.get().map_or_else(Instant::now, |at| *at + config.daemon.shutdown_grace);
        let deadline = deadline.min(Instant::now() + LEAVE).max(Instant::now() + LEAVE / 5);
        if tokio::time::timeout_at(deadline, left).await.is_err() {
            tracing::warn!("the group was not left in time; the others take over when the session times out");
        }
        holding.abort();
        match stopped {
            Stopped::Drained => tracing::info!("stopped"),
            Stopped::CutOff(polls) => {
                tracing::warn!(polls, "stopped at the deadline; polls cut off are polled again")
            }
            Stopped::Fatal(why) => return Err(Failure::new(Exit::Failed, why)),
        }
        Ok(Exit::Done)
    }
}

/// Creates and checks the topics; waits for Kafka as long as it takes.
async fn prepare(config: &Config, health: &Health, heartbeat: &Heartbeat) -> Result<(), Failure> {
    let admin = TopicAdmin::new(config).map_err(|error| Failure::new(Exit::Config, error.to_string()))?;
    let mut pause = BACKOFF.0;
    loop {
        heartbeat.beat();
        match admin.prepare(config).await {
            Ok(()) => {
                health.broker(None);
                return Ok(());
            }
            Err(TopicError::Wrong(why)) => return Err(Failure::new(Exit::Config, why)),
            Err(error @ TopicError::Unreachable { .. }) => {
                tracing::error!(%error, "kafka cannot be reached, trying again");
                health.broker(Some(error.to_string()));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACKOFF.1);
            }
        }
    }
}
