//! `copydesk demo`.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};

use super::{
    Exit, Failure, Outcome,
    tail::{Shown, draw, show},
    view::terminal::Style,
};
use crate::{
    app::{App, Operator},
    clock::Clock,
    config::Config,
    demo::{self, origin::Origin, progress::Progress},
    observe::{LogFormat, Logs, Metrics},
    publish::{
        Embedded, Reader, Schemas, Start,
        reader::{Received, Value},
    },
};

/// Time between two polls of a feed, and the shorter time with `--once`, where somebody is waiting
/// for the second poll.
const INTERVAL: Duration = Duration::from_secs(5);
const INTERVAL_ONCE: Duration = Duration::from_secs(2);

/// How long the embedded broker may take to show the topic.
const WAIT: Duration = Duration::from_secs(20);

/// How long the daemon may take to stop.
const DRAIN: Duration = Duration::from_secs(6);

/// See it work: an embedded Kafka, sample feeds, the whole path, live in the terminal.
///
/// Needs nothing and leaves nothing behind. What is shown was read back from Kafka by a consumer;
/// the address that is printed is open to consumers of your own.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// End when every sample article has come out: exit code 0, or 1 at the deadline.
    #[arg(long)]
    once: bool,
    /// Print one JSON object per line, as it stands in Kafka.
    #[arg(long)]
    json: bool,
    /// What the daemon logs, as for `run`.
    #[arg(long, value_name = "FILTER", default_value = "warn,rdkafka=off")]
    log: String,
    /// Seconds after which `--once` gives up.
    #[arg(long, value_name = "SECONDS", default_value_t = 90, requires = "once")]
    deadline: u64,
}

pub(super) fn execute(args: Args) -> Outcome {
    Logs::new(LogFormat::Text, &args.log)?.start();
    let runtime = super::runtime()?;
    let outcome = runtime.block_on(run(&args));
    // What still runs has nothing to lose: everything was in memory.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

async fn run(args: &Args) -> Outcome {
    let topics = demo::topics();
    let embedded = Embedded::start(&topics, &[demo::ROUTED]).map_err(|error| {
        Failure::new(Exit::Unavailable, format!("the embedded broker did not start: {error}"))
    })?;
    let origin = Origin::start(&Clock::system()).await?;
    let interval = if args.once { INTERVAL_ONCE } else { INTERVAL };
    let config = demo::config(origin.base(), embedded.bootstrap(), interval).map_err(anyhow::Error::from)?;
    let mut progress = Progress::new(origin.base());
    introduce(&config, &origin, &embedded, progress.expected());

    let reader = Reader::open(&config.kafka, &topics.articles, Start::Beginning, WAIT)
        .await
        .map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let mut daemon = tokio::spawn(daemon(config, stopped));
    let shown = watch(args, &reader, &mut progress, &mut daemon).await;
    drop(stop);
    if !daemon.is_finished() {
        // It drains as it would on SIGTERM; nothing is lost if that takes too long.
        tokio::time::timeout(DRAIN, daemon).await.ok();
    }
    shown
}

/// The daemon, until the other end of `stopped` is gone.
async fn daemon(config: Config, stopped: oneshot::Receiver<()>) -> Outcome {
    let (_editor, editor) = watch::channel(Arc::new(super::editor(&config)?));
    let (scheduler, requests) = mpsc::channel(1);
    let app = App {
        config,
        editor,
        clock: Clock::system(),
        requests,
        operator: Operator { scheduler, reloads: None },
        on_admin: None,
        metrics: Metrics::new(),
    };
    app.run(async move {
        stopped.await.ok();
    })
    .await
}

/// Shows what comes in until the user stops it, the deadline passes or everything has come.
async fn watch(
    args: &Args,
    reader: &Reader,
    progress: &mut Progress,
    daemon: &mut tokio::task::JoinHandle<Outcome>,
) -> Outcome {
    let style = Style::of_stdout();
    let deadline = Instant::now() + Duration::from_secs(args.deadline);
    while !(args.once && progress.done()) {
        let received = tokio::select! {
            received = reader.next() => {
                received.map_err(|error| Failure::new(Exit::Unavailable, error.to_string()))?
            }
            ended = &mut *daemon => {
                ended.map_err(anyhow::Error::from)??;
                return Err(Failure::new(Exit::Failed, "the daemon ended unexpectedly"));
            }
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
            () = tokio::time::sleep_until(deadline), if args.once => {
                let missing: Vec<String> = progress.missing().collect();
                let message = format!("not all came out within {} s; missing:\n{}", args.deadline, missing.join("\n"));
                return Err(Failure::new(Exit::Failed, message));
            }
        };
        let value = received.decode(&Schemas::default());
        if let Value::Article(article) = &value {
            progress.seen(article);
        }
        if print(args, &received, &value, style)? == Shown::NobodyReads {
            return Ok(Exit::Done);
        }
    }
    eprintln!("all {} articles came out", progress.expected());
    Ok(Exit::Done)
}

fn print(args: &Args, received: &Received, value: &Value, style: Style) -> Result<Shown, Failure> {
    if !args.json {
        return show(draw(received, value, style).as_bytes());
    }
    let mut line = received.line();
    line.push(b'\n');
    show(&line)
}

/// Says what is running and how to look at it from outside; on standard error, so that `--json`
/// prints nothing but JSON.
fn introduce(config: &Config, origin: &Origin, embedded: &Embedded, articles: usize) {
    let bootstrap = embedded.bootstrap();
    eprintln!(
        "embedded Kafka (in memory, for trying out only)  {bootstrap}\n\
         sample feeds                                     {} with {articles} articles at {}/feeds/\n\
         \n\
         read along:\n  \
           kcat -b {bootstrap} -t {} -C -o beginning\n  \
           kcat -b {bootstrap} -t {} -C -o beginning    # only articles tagged {}\n  \
           copydesk tail --brokers {bootstrap} --from-beginning --tag 'topic/*'\n\
         Ctrl-C ends it.\n",
        config.feeds.len(),
        origin.base(),
        config.topics.articles,
        demo::ROUTED,
        demo::ROUTED_TAG,
    );
}
