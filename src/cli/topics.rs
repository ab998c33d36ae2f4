//! `copydesk topics`.

use std::{collections::BTreeMap, path::Path};

use super::{
    Exit, Failure, Outcome,
    status::{read, real},
};
use crate::{
    config::Config,
    ledger::{ShardOptions, partition::shard_of},
    publish::{
        Batch, LedgerEntry,
        topics::{TopicAdmin, TopicError, wanted},
    },
};

/// Records committed at once in a migration.
const MIGRATED_AT_ONCE: usize = 200;

/// Show the topics, create what is missing, or move the ledger to another number of partitions.
///
/// Without an option, shows which topics the configuration needs and which exist.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Create what is missing.
    #[arg(long)]
    create: bool,
    /// Copy the ledger into this new topic, with as many partitions as `topics.ledger_partitions`
    /// says. Stop every daemon first; then write the new name as `topics.ledger`.
    #[arg(long, value_name = "TOPIC", conflicts_with = "create")]
    migrate_ledger: Option<String>,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    let config = real(config)?;
    let admin = TopicAdmin::new(&config).map_err(failure)?;
    match args.migrate_ledger {
        Some(topic) => migrate(&config, &admin, &topic),
        None => super::runtime()?.block_on(async {
            if args.create {
                admin.prepare(&config).await.map_err(failure)?;
            }
            let there = admin.partitions().map_err(failure)?;
            for topic in wanted(&config) {
                let state = match there.get(&topic.name) {
                    Some(partitions) => format!("{partitions} partitions"),
                    None => "missing".to_owned(),
                };
                println!("{:<14} {:<32} {state}", topic.purpose, topic.name);
            }
            Ok(Exit::Done)
        }),
    }
}

fn failure(error: TopicError) -> Failure {
    let exit = match error {
        TopicError::Unreachable { .. } => Exit::Unavailable,
        TopicError::Wrong(_) => Exit::Config,
    };
    Failure::new(exit, error.to_string())
}

/// Copies every state to the partition that its site falls into with the new number of partitions.
fn migrate(config: &Config, admin: &TopicAdmin, topic: &str) -> Outcome {
    if topic == config.topics.ledger {
        return Err(Failure::new(
            Exit::Usage,
            "the new topic needs a name other than that of the ledger in use",
        ));
    }
    let old = read(config)?;
    if let Some((feed, what)) = old.corrupt.iter().next() {
        let message = format!("{feed}: {what}; reset it with `copydesk feeds reset {feed}` first");
        return Err(Failure::new(Exit::Failed, message));
    }
    let mut new = config.clone();
    topic.clone_into(&mut new.topics.ledger);
    let mut shards: BTreeMap<i32, Vec<LedgerEntry>> = BTreeMap::new();
    for (feed, state) in &old.states {
        let shard = shard_of(&state.url, new.topics.ledger_partitions);
        shards.entry(shard).or_default().push(LedgerEntry::new(feed.clone(), Some(state.to_json())));
    }
    let options = ShardOptions::of(&new);
    super::runtime()?.block_on(async {
        let there = admin.partitions().map_err(failure)?;
        if there.contains_key(topic) {
            let message = format!("topic {topic} already exists; name another, or delete it");
            return Err(Failure::new(Exit::Usage, message));
        }
        admin.prepare(&new).await.map_err(failure)?;
        for (shard, entries) in shards {
            let (writer, _) = crate::ledger::take_shard(&options, shard).await?;
            for ledger in entries.chunks(MIGRATED_AT_ONCE) {
                let batch = Batch { ledger: ledger.to_vec(), ..Batch::default() };
                writer.commit(batch).await.map_err(anyhow::Error::from)?;
            }
        }
        println!(
            "{} feeds copied from {} to {topic} ({} partitions); now write `topics: {{ledger: {topic}}}` and start",
            old.states.len(),
            config.topics.ledger,
            new.topics.ledger_partitions
        );
        Ok(Exit::Done)
    })
}
