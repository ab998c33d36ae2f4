//! Sends the spans of traces to a receiver of OTLP.

use std::time::Duration;

use anyhow::Context;
use http::{HeaderName, Method};
use tokio::{
    sync::{mpsc::Receiver, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{
    clock::Clock,
    config::{Daemon, Otlp},
    exit::{Exit, Failure},
    fetch::Service,
    observe::{
        Logs, Metrics, ResultLabel, Traces,
        trace::{Ended, Fact, MEDIA_TYPE, encode},
    },
};

/// What has ended is sent this often.
const PERIOD: Duration = Duration::from_secs(1);

/// Spans in a request, at most: some 100 KB.
const REQUEST_MAX: usize = 512;

/// A request is made so often if the receiver may take it the next time.
const ATTEMPTS_MAX: usize = 3;

/// At the end the receiver has this long.
const LAST: Duration = Duration::from_secs(2);

/// The task that sends.
pub struct Exporter {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Exporter {
    /// Starts the log with traces, and sending them.
    ///
    /// # Errors
    /// Headers or authorities that cannot be used.
    pub fn start(otlp: &Otlp, daemon: &Daemon, metrics: &Metrics, logs: Logs) -> Result<Self, Failure> {
        let service =
            service(otlp).map_err(|error| Failure::new(Exit::Config, format!("observe.otlp: {error:#}")))?;
        let (traces, ended) = Traces::new(otlp.ratio, metrics.clone(), Clock::system());
        logs.start_with(traces);
        let name = |text: &str| Fact::Text(text.to_owned());
        let mut resource =
            vec![("service.name", name("copydesk")), ("service.version", name(env!("CARGO_PKG_VERSION")))];
        resource.extend(daemon.instance.as_deref().map(|instance| ("service.instance.id", name(instance))));
        let sending =
            Sending { service, resource, metrics: metrics.clone(), under_way: Vec::new(), is_told: false };
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(sending.run(ended, stopped)) })
    }

    /// Sends what is left.
    pub async fn stop(self) {
        self.stop.send(()).ok();
        self.task.await.ok();
    }
}

fn service(otlp: &Otlp) -> anyhow::Result<Service> {
    let mut service = Service::new(&otlp.endpoint, None, otlp.ca.as_ref())?;
    for (name, value) in &otlp.headers {
        let header = HeaderName::from_bytes(name.as_bytes()).context("the name of a header")?;
        service = service.with(header, value).with_context(|| format!("the header {name}"))?;
    }
    Ok(service)
}

struct Sending {
    service: Service,
    resource: Vec<(&'static str, Fact)>,
    metrics: Metrics,
    under_way: Vec<Ended>,
    /// Whether it has been said that nothing is taken.
    is_told: bool,
}

impl Sending {
    async fn run(mut self, mut ended: Receiver<Ended>, mut stopped: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                () = sleep(PERIOD) => {}
                _ = &mut stopped => break,
            }
            tokio::select! {
                () = self.send_all(&mut ended, ATTEMPTS_MAX) => {}
                _ = &mut stopped => break,
            }
        }
        // What was being sent may be sent twice: receivers know spans by their ids.
        if timeout(LAST, self.send_all(&mut ended, 1)).await.is_err() {
            tracing::warn!("the receiver of traces is too slow, the last spans are lost");
        }
    }

    /// Sends everything that has ended. What is under way when it is cut off is sent by the next call.
    async fn send_all(&mut self, ended: &mut Receiver<Ended>, attempts: usize) {
        loop {
            while self.under_way.len() < REQUEST_MAX
                && let Ok(span) = ended.try_recv()
            {
                self.under_way.push(span);
            }
            if self.under_way.is_empty() {
                return;
            }
            self.send(attempts).await;
            self.under_way.clear();
        }
    }

    async fn send(&mut self, attempts: usize) {
        let body = encode(&self.under_way, &self.resource);
        let mut why = String::new();
        for attempt in 1..=attempts {
            let body = Some((MEDIA_TYPE, body.clone()));
            match self.service.send(Method::POST, "v1/traces", MEDIA_TYPE, body).await {
                Ok(answer) if answer.status.is_success() => {
                    if std::mem::take(&mut self.is_told) {
                        tracing::info!("the receiver of traces takes them again");
                    }
                    return self.count("exported");
                }
                Ok(answer) => {
                    why = format!("it answers {}", answer.status.as_u16());
                    // By the specification these may pass.
                    if !matches!(answer.status.as_u16(), 429 | 502 | 503 | 504) {
                        break;
                    }
                }
                Err(error) => why = error,
            }
            if attempt < attempts {
                sleep(PERIOD).await;
            }
        }
        self.count("dropped");
        if !std::mem::replace(&mut self.is_told, true) {
            let endpoint = self.service.base().as_str();
            tracing::warn!(
                endpoint,
                error = why,
                "the receiver of traces takes none, their spans are dropped"
            );
        }
    }

    fn count(&self, result: &'static str) {
        let count = self.under_way.len() as u64;
        self.metrics.trace_spans.get_or_create(&ResultLabel { result }).inc_by(count);
    }
}
