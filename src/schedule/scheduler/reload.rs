//! A new list of feeds.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{
    super::{feeds::Feeds, slots::Phase},
    Scheduler,
};
use crate::{config::Feed, ledger::partition::shard_of, site::site};

/// A new list of feeds; the answer says what changed.
pub struct Reload {
    /// All feeds.
    pub feeds: Vec<Feed>,
    /// Numbers of feeds added, changed and removed, as far as their shards are held.
    pub done: oneshot::Sender<(usize, usize, usize)>,
}

impl Scheduler {
    pub(super) fn reload(&mut self, reload: Reload) {
        let new = Feeds::new(reload.feeds);
        let (mut added, mut changed, mut removed) = (0, 0, 0);
        let old = self.configured.clone();
        for feed in old.all().iter().filter(|feed| new.get(&feed.name).is_none()) {
            removed += usize::from(self.remove(&feed.name));
        }
        let mut fresh = Vec::new();
        for feed in new.all() {
            match old.get(&feed.name) {
                Some(old) if old == feed => {}
                Some(old) => {
                    let shard = |feed: &Feed| shard_of(&feed.url, self.options.shards);
                    if shard(old) == shard(feed) {
                        changed += usize::from(self.change(feed));
                    } else {
                        self.remove(&feed.name);
                        fresh.push(feed.clone());
                        changed += 1;
                    }
                }
                None => fresh.push(feed.clone()),
            }
        }
        let fresh = fresh.into_iter().map(|feed| {
            let shard = shard_of(&feed.url, self.options.shards);
            (feed, shard)
        });
        let ours = |shard: &i32| self.shards.get(shard).is_some_and(|held| held.leaving.is_none());
        let fresh: Vec<(Arc<Feed>, i32)> = fresh.filter(|(_, shard)| ours(shard)).collect();
        added += fresh.len();
        self.configured = new;
        self.slots.forget_places();
        self.add_all(fresh);
        reload.done.send((added, changed, removed)).ok();
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        let Some(slot) = self.slots.by_name.get_mut(name) else { return false };
        if slot.phase == Phase::Leased {
            slot.removed = true;
            return true;
        }
        if let Some(slot) = self.slots.by_name.remove(name)
            && let Some(held) = self.shards.get_mut(&slot.shard)
        {
            held.spare.insert(name.to_owned(), Arc::unwrap_or_clone(slot.state));
        }
        let slots = &self.slots;
        self.sites.retain(|feed| slots.by_name.contains_key(feed));
        true
    }

    pub(super) fn change(&mut self, feed: &Arc<Feed>) -> bool {
        let Some(slot) = self.slots.by_name.get_mut(&feed.name) else { return false };
        let shard = slot.shard;
        if slot.phase == Phase::Leased {
            slot.removed = false;
            slot.site = site(&feed.url);
            slot.feed = feed.clone();
        } else {
            self.remove(&feed.name);
            self.add_all(vec![(feed.clone(), shard)]);
        }
        true
    }
}
