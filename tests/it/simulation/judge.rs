//! What must hold at any time, and what must hold in the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    config::{ContentSource, Interval},
    ledger::partition::shard_of,
    observe::Metrics,
    publish::Commit,
    schedule::{Lease, PollReport, cadence::FLOOR},
};

use super::{
    kafka::{Kafka, SHARDS},
    web::{Item, Web, address},
    world::{World, lock},
};

/// Longest wait for a feed that fails, and some more.
const DUE_MAX: TimeDelta = TimeDelta::hours(25);

pub struct Judge {
    pub world: Arc<World>,
    pub kafka: Arc<Kafka>,
    pub web: Arc<Web>,
    /// Every writer there was.
    writers: Mutex<Vec<Known>>,
    polling: Mutex<BTreeMap<u64, Polling>>,
    polls: Mutex<u64>,
    /// The last poll of each feed that ended well, and the epoch of who polled.
    finished: Mutex<BTreeMap<String, (DateTime<Utc>, u64)>>,
    /// Entries of documents whose polls have ended well.
    promised: Mutex<BTreeSet<Item>>,
    /// Their number, once for each document.
    entries: Mutex<u64>,
}

struct Known {
    writer: Arc<dyn Commit>,
    shard: i32,
    epoch: u64,
}

struct Polling {
    feed: String,
    shard: i32,
    epoch: u64,
    alive: Arc<AtomicBool>,
}

/// A poll under way; dropped in the middle, it is over.
pub struct Token {
    judge: Arc<Judge>,
    id: u64,
}

impl Drop for Token {
    fn drop(&mut self) {
        lock(&self.judge.polling).remove(&self.id);
    }
}

impl Judge {
    pub fn new(world: &Arc<World>, kafka: &Arc<Kafka>, web: &Arc<Web>) -> Arc<Self> {
        Arc::new(Self {
            world: world.clone(),
            kafka: kafka.clone(),
            web: web.clone(),
            writers: Mutex::default(),
            polling: Mutex::default(),
            polls: Mutex::default(),
            finished: Mutex::default(),
            promised: Mutex::default(),
            entries: Mutex::default(),
        })
    }

    pub fn knows(&self, writer: &Arc<dyn Commit>, shard: i32, epoch: u64) {
        lock(&self.writers).push(Known { writer: writer.clone(), shard, epoch });
    }

    /// Lets go of the writers, which know everybody.
    pub fn close(&self) {
        lock(&self.writers).clear();
    }

    pub fn begin(self: &Arc<Self>, instance: usize, alive: &Arc<AtomicBool>, lease: &Lease) -> Token {
        let world = &self.world;
        let name = &lease.feed.name;
        let writers = lock(&self.writers);
        let known = writers.iter().rev().find(|known| Arc::ptr_eq(&known.writer, &lease.writer));
        let (shard, epoch) = known.map(|known| (known.shard, known.epoch)).expect("a writer of ours");
        drop(writers);
        // A former owner may go on for a while; nothing of what it does counts.
        let is_owner = self.kafka.epoch(shard) == epoch;
        world.note(format_args!("i{instance} polls {name}, owner: {is_owner}"));
        let mut polling = lock(&self.polling);
        if is_owner {
            let twice = polling.values().any(|other| {
                other.feed == *name && other.epoch == epoch && other.alive.load(Ordering::Relaxed)
            });
            if twice {
                world.wrong(format_args!("{name} is polled twice at once"));
            }
            if self.is_early(lease, shard, epoch) {
                world.wrong(format_args!("{name} is polled sooner than its interval"));
            }
            if shard != shard_of(&lease.feed.url, SHARDS) {
                world.wrong(format_args!("{name} is polled in shard {shard}"));
            }
        }
        let id = {
            let mut polls = lock(&self.polls);
            *polls += 1;
            *polls
        };
        polling.insert(id, Polling { feed: name.clone(), shard, epoch, alive: alive.clone() });
        Token { judge: self.clone(), id }
    }

    /// Whether the last poll that was finished, as far as this owner can know, was a moment ago.
    /// One that was cut off is begun again at once: what it left undone is wanted.
    fn is_early(&self, lease: &Lease, shard: i32, epoch: u64) -> bool {
        if self.world.was_set_back() {
            return false;
        }
        let least = match lease.feed.interval {
            Interval::Every(every) => every,
            Interval::Adaptive => FLOOR,
        };
        let committed = self.kafka.latest(shard, &lease.feed.name).and_then(|latest| latest.polled_at);
        let finished = lock(&self.finished).get(&lease.feed.name).copied();
        finished.is_some_and(|(polled_at, by)| {
            let is_known = by == epoch || (self.world.exactly_once && committed >= Some(polled_at));
            is_known && self.world.now() - polled_at < TimeDelta::from_std(least).expect("within range")
        })
    }

    pub fn end(&self, token: &Token, instance: usize, lease: &Lease, report: &PollReport) {
        let name = &lease.feed.name;
        let polling = lock(&self.polling);
        let Some(poll) = polling.get(&token.id) else { return };
        let PollReport::Polled(state) = report else {
            self.world.note(format_args!("i{instance} polled {name}: lost"));
            return;
        };
        // A resting site is not asked: that is no poll.
        if let Some(at) = state.polled_at.filter(|at| lease.state.polled_at != Some(*at)) {
            lock(&self.finished).insert(name.clone(), (at, poll.epoch));
        }
        self.world.note(format_args!(
            "i{instance} polled {name} in shard {}: failures {}, {} entries, due {}",
            poll.shard,
            state.failures,
            state.entries.len(),
            state.due_at.timestamp()
        ));
        // That of a poll which was lost meanwhile was never taken.
        let served = self.web.take_served(instance, name);
        let Some(served) = served.filter(|served| served.is_feed) else { return };
        if lease.state.body_hash.as_ref() == Some(&served.hash) {
            return;
        }
        *lock(&self.entries) += served.items.len() as u64 + u64::from(served.broken);
        if lease.feed.content == ContentSource::Feed {
            lock(&self.promised).extend(served.items);
        }
    }

    /// What a reader misses of what the feeds list now.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (index, listing) in self.web.feeds.iter().enumerate() {
            let items = self.web.listed(index);
            for item in &items {
                let (title, text) = self.web.current(*item);
                let published = self.kafka.published(&address(*item));
                let Some(last) = published.last() else {
                    missing.push(format!("{}: never published", address(*item)));
                    continue;
                };
                // Another feed of the site may have published it, and may not list it any more.
                let owner = self.web.feeds.iter().position(|listing| listing.feed.name == last.feed);
                if owner.is_none_or(|owner| owner != index && !self.web.listed(owner).contains(item)) {
                    continue;
                }
                // Without fences a former owner's record may come late.
                let late = !self.world.exactly_once;
                let is_current =
                    published.iter().rev().take(if late { usize::MAX } else { 1 }).any(|article| {
                        article.title.as_ref() == Some(&title)
                            && (article.text.contains(&text) || listing.feed.content == ContentSource::Page)
                    });
                if !is_current {
                    let (address, found) = (address(*item), (&last.title, &last.text));
                    missing.push(format!("{address}: not {title:?}, {text:?} but {found:?}"));
                }
            }
        }
        missing
    }

    /// What must hold in the end.
    pub fn sum_up(&self, metrics: &Metrics) {
        let world = &self.world;
        for what in self.missing() {
            world.wrong(what);
        }
        for item in lock(&self.promised).iter() {
            if self.kafka.published(&address(*item)).is_empty() {
                world.wrong(format_args!("{}: was served, polled and never published", address(*item)));
            }
        }
        let outcomes: u64 = ["published", "revised", "seen", "filtered", "dead_lettered", "deferred"]
            .into_iter()
            .map(|result| metrics.outcomes.get_or_create(&copydesk::observe::ResultLabel { result }).get())
            .sum();
        let (entries, expected) = (metrics.entries.get(), *lock(&self.entries));
        if outcomes != entries || entries != expected {
            world.wrong(format_args!("{outcomes} outcomes, {entries} entries, {expected} served"));
        }
        for listing in &self.web.feeds {
            let name = &listing.feed.name;
            let shard = shard_of(&listing.feed.url, SHARDS);
            match self.kafka.latest(shard, name) {
                None => world.wrong(format_args!("{name} has no state")),
                Some(latest) if latest.due_at > world.now() + DUE_MAX => {
                    world.wrong(format_args!("{name} is given up until {}", latest.due_at));
                }
                Some(_) => {}
            }
        }
    }
}
