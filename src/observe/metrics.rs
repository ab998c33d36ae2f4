//! The metrics, declared in one place. Series do not grow with the number of feeds.

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

/// Every metric of the daemon. A cheap clone: the values are shared.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Polls by result: document, unchanged, not_modified, failed.
    pub polls: Family<ResultLabel, Counter>,
    /// Failed polls by reason.
    pub poll_failures: Family<ReasonLabel, Counter>,
    /// Seconds between the due time and the start of a poll.
    pub poll_lag: Histogram,
    /// Seconds from start to end of a poll, commits included.
    pub poll_duration: Histogram,
    /// Entries found in accepted documents.
    pub entries: Counter,
    /// Entries by outcome; sums to `entries`.
    pub outcomes: Family<ResultLabel, Counter>,
    /// Blocks cut out of articles, by kind of furniture.
    pub removed_blocks: Counter,
    /// Pages fetched by result: page, failed.
    pub pages: Family<ResultLabel, Counter>,
    /// Entries that left their feed while older ones stayed.
    pub deleted_entries: Counter,
    /// Panics caught, by step.
    pub panics: Family<ReasonLabel, Counter>,
    /// Records delivered: articles and their routed copies.
    pub published: Counter,
    /// Batches committed.
    pub commits: Counter,
    /// Seconds per commit.
    pub commit_duration: Histogram,
    /// Seconds from the fetch of an article to its acknowledgement.
    pub publish_freshness: Histogram,
    /// Errors from Kafka by reason; each was answered, see `publish::errors`.
    pub publish_errors: Family<ReasonLabel, Counter>,
    /// Records cut to the topic's limit.
    pub cut_records: Counter,
    /// Feeds waiting for their due time.
    pub feeds_waiting: Gauge,
    /// Feeds that are due but have no worker yet.
    pub feeds_ready: Gauge,
    /// Feeds being polled.
    pub feeds_leased: Gauge,
    /// Shards whose state this instance holds.
    pub shards_held: Gauge,
    /// Seconds to restore a shard.
    pub restore_duration: Histogram,
    /// Ledger records read in restores.
    pub restored_records: Counter,
    /// Ledger records that could not be read.
    pub corrupt_records: Counter,
    /// 1 where the last reload was applied.
    pub reload_successful: Gauge,
}

impl Metrics {
    /// All at zero, and the registry they are read through.
    pub fn new() -> (Self, Registry) {
        let seconds =
            || Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]);
        let metrics = Self {
            polls: Family::default(),
            poll_failures: Family::default(),
            poll_lag: seconds(),
            poll_duration: seconds(),
            entries: Counter::default(),
            outcomes: Family::default(),
            removed_blocks: Counter::default(),
            pages: Family::default(),
            deleted_entries: Counter::default(),
            panics: Family::default(),
            published: Counter::default(),
            commits: Counter::default(),
            commit_duration: seconds(),
            publish_freshness: seconds(),
            publish_errors: Family::default(),
            cut_records: Counter::default(),
            feeds_waiting: Gauge::default(),
            feeds_ready: Gauge::default(),
            feeds_leased: Gauge::default(),
            shards_held: Gauge::default(),
            restore_duration: seconds(),
            restored_records: Counter::default(),
            corrupt_records: Counter::default(),
            reload_successful: Gauge::default(),
        };
        metrics.reload_successful.set(1);
        let registry = metrics.register();
        (metrics, registry)
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

    /// A panic was caught.
    pub fn panicked(&self, step: &'static str) {
        self.panics.get_or_create(&ReasonLabel { reason: step }).inc();
    }

    fn register(&self) -> Registry {
        let mut registry = Registry::with_prefix("copydesk");
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The running program", build);
        let r = &mut registry;
        r.register("polls", "Polls by result", self.polls.clone());
        r.register("poll_failures", "Failed polls by reason", self.poll_failures.clone());
        let s = Unit::Seconds;
        r.register_with_unit("poll_lag", "Due time to start of a poll", s.clone(), self.poll_lag.clone());
        r.register_with_unit("poll_duration", "Length of a poll", s.clone(), self.poll_duration.clone());
        r.register("entries", "Entries found in accepted documents", self.entries.clone());
        r.register("outcomes", "Entries by outcome", self.outcomes.clone());
        r.register("removed_blocks", "Blocks cut out of articles", self.removed_blocks.clone());
        r.register("pages", "Pages fetched by result", self.pages.clone());
        r.register("deleted_entries", "Entries deleted at the source", self.deleted_entries.clone());
        r.register("panics", "Panics caught by step", self.panics.clone());
        r.register("published_records", "Article records delivered", self.published.clone());
        r.register("commits", "Batches committed", self.commits.clone());
        r.register_with_unit(
            "commit_duration",
            "Length of a commit",
            s.clone(),
            self.commit_duration.clone(),
        );
        let freshness = self.publish_freshness.clone();
        r.register_with_unit("publish_freshness", "Fetch to acknowledgement", s.clone(), freshness);
        r.register("publish_errors", "Errors from Kafka by reason", self.publish_errors.clone());
        r.register("cut_records", "Records cut to the limit", self.cut_records.clone());
        r.register("feeds_waiting", "Feeds waiting for their due time", self.feeds_waiting.clone());
        r.register("feeds_ready", "Feeds due without a worker", self.feeds_ready.clone());
        r.register("feeds_leased", "Feeds being polled", self.feeds_leased.clone());
        r.register("shards_held", "Shards held", self.shards_held.clone());
        r.register_with_unit("restore_duration", "Length of a restore", s, self.restore_duration.clone());
        r.register("restored_records", "Ledger records read", self.restored_records.clone());
        r.register("corrupt_records", "Ledger records unreadable", self.corrupt_records.clone());
        r.register("reload_successful", "Last reload was applied", self.reload_successful.clone());
        registry
    }
}

/// The registry in the `OpenMetrics` text format.
pub fn render(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    encode(&mut text, registry).ok();
    text
}
