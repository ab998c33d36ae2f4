//! Changed articles by shard: committed a bucket at a time, so that a shard is held only for a
//! moment.

use std::collections::HashMap;

use tokio::runtime::{Builder, Runtime};

use super::{Changed, outgoing};
use crate::{
    config::{Config, Delivery},
    exit::Failure,
    ledger::{ShardOptions, partition::shard_of, take_shard},
    publish::{Batch, LedgerEntry, registry::encodings},
    worker::WorkerOptions,
};

/// Articles per bucket.
const BUCKET: usize = 200;

/// How often a shard is taken again if a daemon takes it back in between.
const TRIES: usize = 5;

/// Changed articles that wait for their commit.
pub(super) struct Buckets<'a> {
    config: &'a Config,
    options: WorkerOptions,
    shard_options: ShardOptions,
    runtime: Runtime,
    waiting: HashMap<i32, Vec<Changed>>,
    overtaken: u64,
}

impl<'a> Buckets<'a> {
    pub(super) fn new(config: &'a Config) -> anyhow::Result<Self> {
        if config.delivery == Delivery::AtLeastOnce {
            tracing::warn!("at_least_once has no locks: stop every daemon before a replay");
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let encodings = runtime.block_on(encodings(config)).map_err(Failure::from)?;
        Ok(Self {
            config,
            options: WorkerOptions::of(config),
            shard_options: ShardOptions::of(config).with(encodings),
            runtime,
            waiting: HashMap::new(),
            overtaken: 0,
        })
    }

    pub(super) fn add(&mut self, changed: Changed) -> anyhow::Result<()> {
        let url = url::Url::parse(&changed.record.feed.url)?;
        let shard = shard_of(&url, self.config.topics.ledger_partitions);
        let bucket = self.waiting.entry(shard).or_default();
        bucket.push(changed);
        if bucket.len() >= BUCKET {
            let bucket = std::mem::take(bucket);
            self.commit(shard, &bucket)?;
        }
        Ok(())
    }

    /// Commits the rest; returns the number of articles that the daemon revised meanwhile.
    pub(super) fn finish(mut self) -> anyhow::Result<u64> {
        for (shard, bucket) in std::mem::take(&mut self.waiting) {
            if !bucket.is_empty() {
                self.commit(shard, &bucket)?;
            }
        }
        Ok(self.overtaken)
    }

    fn commit(&mut self, shard: i32, bucket: &[Changed]) -> anyhow::Result<()> {
        for _ in 0..TRIES {
            let (writer, mut restored) = self.runtime.block_on(take_shard(&self.shard_options, shard))?;
            let mut batch = Batch::default();
            let mut overtaken = 0;
            for changed in bucket {
                let state = restored.states.get_mut(&changed.feed);
                let article = &changed.record.id;
                let known = state.and_then(|state| {
                    state
                        .entries
                        .values_mut()
                        .find(|known| known.article == *article && known.revision == changed.revision)
                });
                let Some(known) = known else {
                    overtaken += 1;
                    continue;
                };
                known.revision += 1;
                known.text_hash.clone_from(&changed.text_hash);
                batch.articles.push(outgoing(changed.record.clone(), &self.options));
            }
            let feeds: std::collections::BTreeSet<&String> =
                bucket.iter().map(|changed| &changed.feed).collect();
            for feed in feeds {
                if let Some(state) = restored.states.get(feed) {
                    batch.ledger.push(LedgerEntry::new(feed.clone(), Some(state.to_json())));
                }
            }
            if self.runtime.block_on(writer.commit(batch)).is_ok() {
                self.overtaken += overtaken;
                return Ok(());
            }
            tracing::info!(shard, "the shard was taken back by a daemon, taking it again");
        }
        anyhow::bail!("shard {shard} was taken back {TRIES} times; stop the daemons or try again later")
    }
}
