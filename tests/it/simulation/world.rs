//! What everything in a simulation shares: the time, the dice, and the record of what happened.

use std::{
    collections::{VecDeque, hash_map::DefaultHasher},
    fmt::Display,
    hash::{Hash, Hasher},
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use copydesk::clock::Clock;
use tokio::time::{Instant, sleep};

use super::bugs::Bug;

/// Lines of the trace that a failure shows.
const SHOWN: usize = 60;

pub struct World {
    pub bug: Option<Bug>,
    /// Transactions, or articles first and ledger after.
    pub exactly_once: bool,
    pub tombstones: bool,
    started: Instant,
    stepped_ms: AtomicI64,
    stepped_back_at: Mutex<Option<Instant>>,
    calm: AtomicBool,
    rng: Mutex<fastrand::Rng>,
    trace: Mutex<Trace>,
    violations: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Trace {
    hasher: DefaultHasher,
    last: VecDeque<String>,
    aloud: bool,
}

/// Locks; a panic elsewhere is reported there.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub fn new(seed: u64, bug: Option<Bug>, aloud: bool) -> Arc<Self> {
        let mut rng = fastrand::Rng::with_seed(seed);
        Arc::new(Self {
            bug,
            // The planted bugs are about exactly once.
            exactly_once: bug.is_some() || rng.u32(..5) > 0,
            tombstones: rng.bool(),
            started: Instant::now(),
            stepped_ms: AtomicI64::new(0),
            stepped_back_at: Mutex::default(),
            calm: AtomicBool::new(false),
            rng: Mutex::new(rng),
            trace: Mutex::new(Trace { aloud, ..Trace::default() }),
            violations: Mutex::default(),
        })
    }

    pub fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Wall time: follows the runtime's paused clock, and what it was stepped by.
    pub fn now(&self) -> DateTime<Utc> {
        let base = DateTime::<Utc>::from_timestamp(1_750_000_000, 0).expect("within range");
        let elapsed = TimeDelta::from_std(self.started.elapsed()).expect("within range");
        base + elapsed + TimeDelta::milliseconds(self.stepped_ms.load(Ordering::Relaxed))
    }

    pub fn clock(self: &Arc<Self>) -> Clock {
        let world = self.clone();
        Clock::from_fn(move || world.now())
    }

    pub fn step_clock(&self, by: TimeDelta) {
        self.note(format_args!("clock stepped by {} s", by.num_seconds()));
        self.stepped_ms.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
        if by < TimeDelta::zero() {
            *lock(&self.stepped_back_at) = Some(Instant::now());
        }
    }

    /// Times that were written down cannot be compared with the clock just now.
    pub fn was_set_back(&self) -> bool {
        lock(&self.stepped_back_at).is_some_and(|at| at.elapsed() < Duration::from_secs(20 * 60))
    }

    /// No more faults from here on.
    pub fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub fn dice<T>(&self, roll: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        roll(&mut lock(&self.rng))
    }

    pub fn below(&self, limit: usize) -> usize {
        self.dice(|rng| rng.usize(..limit.max(1)))
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&self, percent: u32) -> bool {
        self.dice(|rng| rng.u32(..100)) < percent
    }

    /// The same, and never once the faults are over.
    pub fn fault(&self, percent: u32) -> bool {
        !self.is_calm() && self.chance(percent)
    }

    pub async fn pause(&self, millis: Range<u64>) {
        let millis = self.dice(|rng| rng.u64(millis));
        sleep(Duration::from_millis(millis)).await;
    }

    /// One line of what happened.
    pub fn note(&self, line: impl Display) {
        let line = format!("{:>10.3} {line}", self.started.elapsed().as_secs_f64());
        let mut trace = lock(&self.trace);
        line.hash(&mut trace.hasher);
        if trace.aloud {
            println!("{line}");
        }
        if trace.last.len() == SHOWN {
            trace.last.pop_front();
        }
        trace.last.push_back(line);
    }

    /// Something that must never be.
    pub fn wrong(&self, what: impl Display) {
        self.note(format_args!("WRONG {what}"));
        lock(&self.violations).push(what.to_string());
    }

    pub fn violations(&self) -> Vec<String> {
        lock(&self.violations).clone()
    }

    /// Equal for equal traces.
    pub fn trace_hash(&self) -> u64 {
        lock(&self.trace).hasher.finish()
    }

    pub fn last_lines(&self) -> String {
        let trace = lock(&self.trace);
        trace.last.iter().map(|line| format!("{line}\n")).collect()
    }
}
