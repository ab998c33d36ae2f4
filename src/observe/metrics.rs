//! The metrics, each declared in one row. Series do not grow with the number of feeds.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

/// A label for why, what or how: values come from closed lists.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ReasonLabel {
    /// The value.
    pub reason: &'static str,
}

/// A label for results: values come from closed lists.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ResultLabel {
    /// The value.
    pub result: &'static str,
}

/// Declares the metrics: each with its name, its type, and one text that is both its documentation
/// and its help. Whatever is declared is registered.
macro_rules! metrics {
    ($(#[doc = $help:literal] $name:ident: $kind:ty,)*) => {
        /// Every metric of the daemon. A cheap clone: the values are shared.
        #[derive(Clone, Debug)]
        pub struct Metrics {
            $(#[doc = $help] pub $name: $kind,)*
        }

        impl Metrics {
            fn registered(registry: &mut Registry) -> Self {
                Self { $($name: Registered::new(registry, stringify!($name), $help),)* }
            }
        }
    };
}

metrics! {
    /// Polls by result: document, unchanged, not_modified, deferred, failed; delivered, unreadable (by a hub).
    polls: Family<ResultLabel, Counter>,
    /// Failed polls by reason.
    poll_failures: Family<ReasonLabel, Counter>,
    /// Time from the due time to the start of a poll.
    poll_lag: Histogram,
    /// Length of a poll, commits included.
    poll_duration: Histogram,
    /// Feed answers that broke off, by what came: whole (the document, for all that), part.
    broken_documents: Family<ResultLabel, Counter>,
    /// Feeds found to lead to the document of another feed.
    converging_feeds: Counter,
    /// Documents that share no entry with the one before: some may have been missed between them.
    feed_gaps: Counter,
    /// Requests for subscriptions at hubs by result: accepted, refused, failed.
    websub_requests: Family<ResultLabel, Counter>,
    /// Questions of hubs by answer: confirmed, denied (by the hub), not_asked.
    websub_verifications: Family<ResultLabel, Counter>,
    /// Deliveries by result: read, polled, paused, unsigned, bad_signature, too_large, busy, elsewhere.
    websub_deliveries: Family<ResultLabel, Counter>,
    /// Polls that found what a hub should have delivered.
    websub_undelivered: Counter,
    /// Entries found in accepted documents.
    entries: Counter,
    /// Entries by outcome; they add up to the entries.
    outcomes: Family<ResultLabel, Counter>,
    /// Entries left out, by rule: empty, usage (reserved by the publisher, `http.usage`).
    filtered_entries: Family<ReasonLabel, Counter>,
    /// What stood before feeds and pages: bot_wall, payment_required, login, consent.
    walls: Family<ReasonLabel, Counter>,
    /// Parts cut out of articles.
    removed_blocks: Counter,
    /// Characters of articles by what became of them: kept, removed.
    cleaned_characters: Family<ResultLabel, Counter>,
    /// Feeds whose share of removed text jumped.
    removed_share_jumps: Counter,
    /// Pages fetched by result: page, failed.
    pages: Family<ResultLabel, Counter>,
    /// Entries that left their feed while older ones stayed.
    deleted_entries: Counter,
    /// Panics caught, by step.
    panics: Family<ReasonLabel, Counter>,
    /// Article records delivered, routed copies included.
    published_records: Counter,
    /// Batches committed.
    commits: Counter,
    /// Length of a commit.
    commit_duration: Histogram,
    /// Time from the fetch of an article to its acknowledgement.
    publish_freshness: Histogram,
    /// Errors from Kafka by reason.
    publish_errors: Family<ReasonLabel, Counter>,
    /// Records cut to the topic's limit.
    cut_records: Counter,
    /// Feeds waiting for their due time.
    feeds_waiting: Gauge,
    /// Feeds that are due but have no worker yet.
    feeds_ready: Gauge,
    /// Feeds being polled.
    feeds_leased: Gauge,
    /// Those of new or failing feeds whose server keeps them waiting: they hold no worker.
    feeds_kept_waiting: Gauge,
    /// Shards whose state this instance holds.
    shards_held: Gauge,
    /// Time to restore a shard.
    restore_duration: Histogram,
    /// Ledger records read in restores.
    restored_records: Counter,
    /// Ledger records that could not be read.
    corrupt_records: Counter,
    /// Spans of traces by result: exported, dropped (no room, or the receiver did not take them).
    trace_spans: Family<ResultLabel, Counter>,
    /// 1 if the last reload was applied, 0 if it was refused.
    reload_successful: Gauge,
}

/// A metric that is made together with its place in the registry.
trait Registered: Clone {
    fn new(registry: &mut Registry, name: &str, help: &str) -> Self;
}

/// The help without the space of its comment; the registry ends it with a full stop.
fn sentence(help: &str) -> &str {
    help.trim().trim_end_matches('.')
}

macro_rules! registered_by_default {
    ($($kind:ty),*) => {
        $(impl Registered for $kind {
            fn new(registry: &mut Registry, name: &str, help: &str) -> Self {
                let metric = Self::default();
                registry.register(name, sentence(help), metric.clone());
                metric
            }
        })*
    };
}

registered_by_default!(Counter, Gauge, Family<ResultLabel, Counter>, Family<ReasonLabel, Counter>);

/// Times, in seconds.
impl Registered for Histogram {
    fn new(registry: &mut Registry, name: &str, help: &str) -> Self {
        let metric = Self::new([0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]);
        registry.register_with_unit(name, sentence(help), Unit::Seconds, metric.clone());
        metric
    }
}

impl Metrics {
    /// All at zero, and the registry they are read through.
    pub fn new() -> (Self, Registry) {
        let mut registry = Registry::with_prefix("copydesk");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The running program", build);
        let metrics = Self::registered(&mut registry);
        metrics.reload_successful.set(1);
        metrics.begin();
        (metrics, registry)
    }

    /// Makes the series that alerts look for: `increase` does not see a series begin, so the first panic
    /// would be missed.
    fn begin(&self) {
        for result in ["document", "unchanged", "not_modified", "deferred", "failed"] {
            drop(self.polls.get_or_create(&ResultLabel { result }));
        }
        for result in ["published", "revised", "seen", "filtered", "dead_lettered", "deferred"] {
            drop(self.outcomes.get_or_create(&ResultLabel { result }));
        }
        for result in ["whole", "part"] {
            drop(self.broken_documents.get_or_create(&ResultLabel { result }));
        }
        for reason in ["feed", "extract", "clean", "worker"] {
            drop(self.panics.get_or_create(&ReasonLabel { reason }));
        }
    }

    /// Counts the characters of an article.
    pub fn cleaned(&self, kept: usize, removed: usize) {
        for (result, characters) in [("kept", kept), ("removed", removed)] {
            self.cleaned_characters.get_or_create(&ResultLabel { result }).inc_by(characters as u64);
        }
    }

    /// A poll was answered: document, unchanged or not_modified.
    pub fn polled(&self, result: &'static str) {
        self.polls.get_or_create(&ResultLabel { result }).inc();
    }

    /// A poll failed.
    pub fn failed_poll(&self, reason: &'static str) {
        self.polls.get_or_create(&ResultLabel { result: "failed" }).inc();
        self.poll_failures.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// An entry was left out by a rule.
    pub fn filtered(&self, reason: &'static str) {
        self.filtered_entries.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Something stood before a feed or a page.
    pub fn wall(&self, reason: &'static str) {
        self.walls.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// An answer broke off; the document came whole or in part.
    pub fn broken_document(&self, result: &'static str) {
        self.broken_documents.get_or_create(&ResultLabel { result }).inc();
    }

    /// A panic was caught.
    pub fn panicked(&self, step: &'static str) {
        self.panics.get_or_create(&ReasonLabel { reason: step }).inc();
    }
}

/// The registry in the `OpenMetrics` text format.
pub fn render(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    encode(&mut text, registry).ok();
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The metrics that a file in `deploy` names.
    fn named(file: &str) -> BTreeSet<String> {
        let text = std::fs::read_to_string(file).unwrap();
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        words.filter(|word| word.starts_with("copydesk_")).map(str::to_owned).collect()
    }

    #[test]
    fn alerts_and_dashboard_name_metrics_that_there_are() {
        let (metrics, registry) = Metrics::new();
        metrics.polled("document");
        metrics.failed_poll("dns");
        metrics.broken_document("part");
        metrics.panicked("extract");
        metrics.cleaned(1, 1);
        metrics.outcomes.get_or_create(&ResultLabel { result: "published" }).inc();
        metrics.pages.get_or_create(&ResultLabel { result: "page" }).inc();
        metrics.publish_errors.get_or_create(&ReasonLabel { reason: "timeout" }).inc();
        let rendered = render(&registry);
        for file in ["deploy/prometheus/alerts.yaml", "deploy/grafana/copydesk.json"] {
            let named = named(file);
            assert!(named.len() > 10, "{file}: {named:?}");
            for name in named {
                let is_there = rendered
                    .lines()
                    .any(|line| line.strip_prefix(&name).is_some_and(|rest| rest.starts_with(['{', ' '])));
                assert!(is_there, "{file}: there is no {name}");
            }
        }
    }

    #[test]
    fn every_alert_says_what_to_do_and_is_tried() {
        let read = |name: &str| std::fs::read_to_string(format!("deploy/prometheus/{name}")).unwrap();
        let (alerts, runbook, tried) = (read("alerts.yaml"), read("README.md"), read("alerts.test.yaml"));
        let names: Vec<&str> =
            alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
        assert!(names.len() >= 12, "{names:?}");
        for name in names {
            assert!(runbook.contains(&format!("\n## {name}\n")), "{name} is not in the runbook");
            assert!(tried.contains(&format!("alertname: {name}\n")), "{name} is not tried");
            let anchor = format!("README.md#{}\n", name.to_ascii_lowercase());
            assert!(alerts.contains(&anchor), "{name} does not point to the runbook");
        }
    }
}
