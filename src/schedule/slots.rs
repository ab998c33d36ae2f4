//! The feeds of the shards that are held, and what each is doing.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::{Arc, mpsc as blocking},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{cadence::START, feeds::Feeds, lease::Claims, level::Level, sites::Lane, told::Told};
use crate::{
    config::{Feed, Interval},
    ledger::{BegunPolls, FeedState, Standing},
    publish::Commit,
};

/// What a feed is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Waiting,
    Due,
    Leased,
}

/// One feed of a held shard.
pub(super) struct Slot {
    pub(super) feed: Arc<Feed>,
    pub(super) shard: i32,
    pub(super) site: String,
    pub(super) phase: Phase,
    pub(super) state: Arc<FeedState>,
    /// How it stood after its last poll: with the state, so that counting all feeds reads no state.
    pub(super) standing: Standing,
    /// Where it is in the list of configured feeds; looked up when somebody asks for the list.
    pub(super) place: Option<u32>,
    /// Whether it was removed from the configuration while on lease.
    pub(super) removed: bool,
    /// Set if it was paused while on lease: the state says so once it is back.
    pub(super) pausing: bool,
    /// What its hub has delivered, where it has.
    pub(super) told: Option<Box<Told>>,
}

/// A shard whose state is here.
pub(super) struct Shard {
    pub(super) writer: Arc<dyn Commit>,
    pub(super) claims: Claims,
    /// Polls under way, as the ledger knows them.
    pub(super) begun: BegunPolls,
    /// Leases out.
    pub(super) leases: usize,
    /// Identifies leases that come back to a shard which was dropped and taken again meanwhile.
    pub(super) epoch: u64,
    /// States of feeds that are not configured (any more): kept for when they are.
    pub(super) spare: BTreeMap<String, FeedState>,
    /// Feeds whose record could not be read: not polled.
    pub(super) quarantined: BTreeMap<String, String>,
    /// Set if it is going to another instance; dropped when nothing is under way.
    pub(super) leaving: Option<Vec<blocking::Sender<()>>>,
}

/// All feeds, and the times at which they are due.
#[derive(Default)]
pub(super) struct Slots {
    pub(super) by_name: HashMap<String, Slot>,
    due: BinaryHeap<Reverse<(DateTime<Utc>, String)>>,
    level: Level,
    /// Every slot knows its place in the list of configured feeds.
    placed: bool,
}

impl Slots {
    fn push(&mut self, at: DateTime<Utc>, name: &str) {
        self.level.add(at);
        self.due.push(Reverse((at, name.to_owned())));
    }

    /// Adds a waiting feed.
    pub(super) fn insert(&mut self, slot: Slot) {
        if slot.state.paused_at.is_none() {
            self.push(slot.state.due_at, &slot.feed.name);
        }
        self.placed = false;
        self.by_name.insert(slot.feed.name.clone(), slot);
    }

    /// A lease came back. If many feeds are due in the same second, its next turn may come a little
    /// later.
    pub(super) fn wait(&mut self, name: &str, mut state: Arc<FeedState>) {
        let Some(slot) = self.by_name.get_mut(name) else { return };
        let noted = slot.told.as_mut().and_then(|told| told.noted.take());
        if noted == Some(state.due_at) && state.paused_at.is_none() {
            // A delivery was read, and the poll comes when it was to come.
            slot.state = state;
            slot.phase = Phase::Waiting;
            return;
        }
        let due_at = self.level.place(state.due_at, rhythm(&slot.feed, &state));
        if due_at != state.due_at {
            Arc::make_mut(&mut state).due_at = due_at;
        }
        let paused = state.paused_at.is_some();
        slot.standing = Standing::reported(&state);
        slot.state = state;
        slot.phase = Phase::Waiting;
        if !paused {
            self.push(due_at, name);
        }
    }

    /// Something of a waiting feed is to be read now; its due time stays what it is.
    pub(super) fn read_now(&mut self, name: &str) {
        let Some(slot) = self.by_name.get_mut(name).filter(|slot| slot.phase == Phase::Waiting) else {
            return;
        };
        slot.phase = Phase::Due;
        if let Some(told) = slot.told.as_mut() {
            told.noted = Some(slot.state.due_at);
        }
    }

    /// A waiting feed is due at another time.
    pub(super) fn move_to(&mut self, name: &str, due_at: DateTime<Utc>) {
        let Some(slot) = self.by_name.get_mut(name).filter(|slot| slot.phase == Phase::Waiting) else {
            return;
        };
        Arc::make_mut(&mut slot.state).due_at = due_at;
        self.push(due_at, name);
    }

    /// Which feeds it waits with.
    pub(super) fn lane(&self, name: &str) -> Lane {
        let state = self.by_name.get(name).map(|slot| &slot.state);
        match state.is_some_and(|state| state.failures == 0 && state.answered_at.is_some()) {
            true => Lane::Sound,
            false => Lane::Doubtful,
        }
    }

    /// Measures from time to time how many polls there are a second.
    pub(super) fn measure(&mut self, now: DateTime<Utc>) {
        if self.level.wants_measure(now, self.by_name.len()) {
            let rates = self.by_name.values().map(|slot| 1.0 / rhythm(&slot.feed, &slot.state).as_secs_f64());
            let rate = rates.sum();
            self.level.measured(now, self.by_name.len(), rate);
        }
    }

    /// The feeds that became due by `now`; they count as due from here on.
    pub(super) fn pop_due(&mut self, now: DateTime<Utc>) -> Vec<(String, String)> {
        let mut popped = Vec::new();
        while let Some(Reverse((at, _))) = self.due.peek() {
            if *at > now {
                break;
            }
            let Some(Reverse((at, name))) = self.due.pop() else { break };
            self.level.remove(at);
            let Some(slot) = self.by_name.get_mut(&name) else { continue };
            if let Some(told) = slot.told.as_mut() {
                told.noted = told.noted.filter(|noted| *noted != at);
            }
            // The heap may hold times that no longer count.
            if slot.phase == Phase::Waiting && slot.state.due_at == at && slot.state.paused_at.is_none() {
                slot.phase = Phase::Due;
                popped.push((slot.site.clone(), name));
            }
        }
        popped
    }

    /// The clock was set back: the times of waiting feeds are moved with it.
    pub(super) fn set_back(&mut self, by: TimeDelta) {
        self.due.clear();
        self.level = Level::default();
        self.by_name.values_mut().filter_map(|slot| slot.told.as_mut()).for_each(|told| told.noted = None);
        for (name, slot) in self.by_name.iter_mut().filter(|(_, slot)| slot.phase == Phase::Waiting) {
            let state = Arc::make_mut(&mut slot.state);
            state.due_at -= by;
            state.polled_at = state.polled_at.map(|at| at - by);
            if state.paused_at.is_none() {
                self.level.add(state.due_at);
                self.due.push(Reverse((state.due_at, name.clone())));
            }
        }
    }

    /// When the next feed is due.
    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    /// How each of `feeds` stands, in their order: [`Standing::Elsewhere`] where it has no slot.
    pub(super) fn standings(&mut self, feeds: &Feeds) -> Vec<Standing> {
        let mut standings = vec![Standing::Elsewhere; feeds.all().len()];
        if !std::mem::replace(&mut self.placed, true) {
            for (place, feed) in (0..).zip(feeds.all()) {
                if let Some(slot) = self.by_name.get_mut(&feed.name) {
                    slot.place = Some(place);
                }
            }
        }
        for slot in self.by_name.values() {
            debug_assert!(slot.standing == Standing::reported(&slot.state), "{} is behind", slot.feed.name);
            if let Some(standing) = slot.place.and_then(|place| standings.get_mut(place as usize)) {
                *standing = if slot.pausing { Standing::Paused } else { slot.standing };
            }
        }
        standings
    }

    /// There is another list of feeds.
    pub(super) fn forget_places(&mut self) {
        self.by_name.values_mut().for_each(|slot| slot.place = None);
        self.placed = false;
    }

    /// Drops the feeds of a shard.
    pub(super) fn drop_shard(&mut self, shard: i32) {
        self.by_name.retain(|_, slot| slot.shard != shard);
    }
}

/// The usual time from one poll of the feed to the next.
fn rhythm(feed: &Feed, state: &FeedState) -> Duration {
    match (feed.interval, state.cadence.interval_s) {
        (Interval::Every(every), _) => every,
        (Interval::Adaptive, 0) => START,
        (Interval::Adaptive, seconds) => Duration::from_secs(seconds),
    }
}
