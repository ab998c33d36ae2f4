//! Whether the daemon is alive, and whether it can do its work.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

/// What readiness depends on. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    joined: bool,
    draining: bool,
    assigned: BTreeSet<i32>,
    held: BTreeSet<i32>,
    blocked: BTreeMap<i32, String>,
    broker: Option<String>,
}

impl Health {
    fn with<T>(&self, read: impl FnOnce(&mut State) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The group has given this instance its shards (perhaps none).
    pub fn joined(&self) {
        self.with(|state| state.joined = true);
    }

    /// A shard was assigned and is being restored.
    pub fn assigned(&self, shard: i32) {
        self.with(|state| state.assigned.insert(shard));
    }

    /// A shard has been restored and is held.
    pub fn held(&self, shard: i32) {
        self.with(|state| state.held.insert(shard));
    }

    /// A shard's state was dropped, to be taken again.
    pub fn dropped(&self, shard: i32) {
        self.with(|state| {
            state.held.remove(&shard);
            state.blocked.remove(&shard);
        });
    }

    /// A shard went to another instance.
    pub fn revoked(&self, shard: i32) {
        self.dropped(shard);
        self.with(|state| state.assigned.remove(&shard));
    }

    /// Kafka does not accept the shard's records (`why`), or accepts them again (`None`).
    pub fn blocked(&self, shard: i32, why: Option<String>) {
        self.with(|state| match why {
            Some(why) => drop(state.blocked.insert(shard, why)),
            None => drop(state.blocked.remove(&shard)),
        });
    }

    /// No broker answers, or one does again (`None`).
    pub fn broker(&self, trouble: Option<String>) {
        self.with(|state| state.broker = trouble);
    }

    /// The daemon is stopping.
    pub fn draining(&self) {
        self.with(|state| state.draining = true);
    }

    /// Why the daemon is not ready; empty if it is.
    pub fn reasons(&self) -> Vec<String> {
        self.with(|state| {
            let mut reasons = Vec::new();
            if state.draining {
                reasons.push("stopping".to_owned());
            }
            if let Some(trouble) = &state.broker {
                reasons.push(format!("kafka: {trouble}"));
            }
            if !state.joined {
                reasons.push("waiting for the consumer group to assign shards".to_owned());
            }
            for shard in state.assigned.difference(&state.held) {
                reasons.push(format!("shard {shard} is being restored"));
            }
            for (shard, why) in &state.blocked {
                reasons.push(format!("shard {shard}: kafka does not take records: {why}"));
            }
            reasons
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_once_every_assigned_shard_is_held_and_kafka_takes_records() {
        let health = Health::default();
        assert_eq!(health.reasons().len(), 1);
        health.assigned(3);
        health.joined();
        assert_eq!(health.reasons(), ["shard 3 is being restored"]);
        health.held(3);
        assert!(health.reasons().is_empty());
        health.blocked(3, Some("no_broker".into()));
        assert_eq!(health.reasons().len(), 1);
        health.dropped(3);
        assert_eq!(health.reasons(), ["shard 3 is being restored"]);
        health.revoked(3);
        assert!(health.reasons().is_empty());
    }
}
