//! `copydesk run`.

mod reload;
mod watcher;

use std::{path::Path, sync::Arc};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot, watch},
};

use self::watcher::Watcher;
use super::{Exit, Failure, Outcome};
use crate::{
    app::{App, Exporter, Operator, Reloader},
    clock::Clock,
    config::{Config, Delivery, Loaded, Watched},
    observe::{LogFormat, Logs, Metrics},
    publish::Embedded,
};

/// Run the daemon.
///
/// Polls the configured feeds and publishes their articles until SIGTERM or SIGINT. Polls under way
/// may then finish within `daemon.shutdown_grace`; a second signal ends the daemon at once. SIGHUP
/// reloads the feeds and the rules of the configuration: all of them, or none if there is a mistake;
/// with `daemon.watch`, so does a change of its files.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Format of the log lines on standard error.
    #[arg(long, value_enum, default_value_t)]
    log_format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, or per module as in `copydesk=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log: String,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    let logs = Logs::new(args.log_format, &args.log)?;
    let runtime = super::runtime()?;
    let outcome = runtime.block_on(async move {
        // Before anything else, so that a stop is graceful from the start.
        let stop = stop_signal()?;
        let hangups = signal(SignalKind::hangup())?;
        let loaded = super::check::load(config)?;
        let (metrics, registry) = Metrics::new();
        let exporter = match &loaded.config.observe.otlp {
            Some(otlp) => Some(Exporter::start(otlp, &loaded.config.daemon, &metrics, logs)?),
            None => {
                logs.start();
                None
            }
        };
        tell_left_out(&loaded);
        let (scheduler, requests) = mpsc::channel(1);
        let (reloads, asked) = mpsc::channel(1);
        let rules = reload::RulesInForce::of(&loaded.config);
        let (edits, editor) = watch::channel(Arc::new(super::editor(&loaded.config)?));
        let mut running = loaded.config.clone();
        // Lives as long as the daemon.
        let _embedded = if running.kafka.embedded { Some(embed(&mut running)?) } else { None };
        let app = App {
            config: running,
            editor,
            clock: Clock::system(),
            requests,
            operator: Operator { scheduler: scheduler.clone(), reloads: Some(reloads) },
            on_admin: None,
            metrics: (metrics.clone(), registry),
        };
        let reloader = Reloader { scheduler, editor: edits };
        let reloads = reload::Reloads {
            path: config.to_owned(),
            watcher: loaded.config.daemon.watch.then(|| Watcher::of(Watched::of(&loaded))),
            files: Watched::of(&loaded),
            rules,
            running: loaded.config,
            reloader,
            metrics,
        };
        tokio::spawn(reloads.follow(hangups, asked));
        let outcome = app
            .run(async move {
                stop.await.ok();
            })
            .await;
        if let Some(exporter) = exporter {
            exporter.stop().await;
        }
        outcome
    });
    // Calls to a broker that does not answer would hold up the exit.
    runtime.shutdown_background();
    outcome
}

/// Ends with the first SIGTERM or SIGINT; a second one ends the process.
fn stop_signal() -> Result<oneshot::Receiver<()>, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (told, stop) = oneshot::channel();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping; a second signal ends the process at once");
        told.send(()).ok();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("second signal: ending at once; what was not committed will be polled again");
        std::process::exit(i32::from(Exit::Failed as u8));
    });
    Ok(stop)
}

/// Starts the broker inside the process and points the daemon to it. Its transactions are only a facade, so
/// articles and ledger are written one after the other.
fn embed(config: &mut Config) -> Result<Embedded, Failure> {
    let routed: Vec<&str> = config.routes.iter().map(|route| route.topic.as_str()).collect();
    let embedded = Embedded::start(&config.topics, &routed).map_err(|error| {
        Failure::new(Exit::Unavailable, format!("the embedded broker did not start: {error}"))
    })?;
    config.kafka.brokers = embedded.bootstrap().split(',').map(str::to_owned).collect();
    config.delivery = Delivery::AtLeastOnce;
    tracing::warn!(
        brokers = embedded.bootstrap(),
        articles = config.topics.articles,
        "embedded kafka: in memory and without transactions, for trying out only; consumers can read from it"
    );
    Ok(embedded)
}

/// Reports the feeds of included lists that cannot be polled.
fn tell_left_out(loaded: &Loaded) {
    for problem in &loaded.left_out {
        tracing::warn!(%problem, "a feed of an included list is not polled");
    }
}
