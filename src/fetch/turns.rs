//! Politeness: how many requests at once, how far apart, and when a [site](crate::site::site) is
//! left alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout},
};

use super::freshness::RETRY_AFTER_MAX;

/// Sites that are remembered, at most; idle ones are forgotten first.
const SITES_MAX: usize = 16_384;
/// Longest wait of a feed for its turn, besides two delays of the site: one that would wait longer is turned
/// away, so that a slow site does not hold the workers.
pub(super) const PATIENCE_FEED: Duration = Duration::from_secs(5);
/// The same for a page: the poll it belongs to holds its worker anyway, and often brings many.
pub(super) const PATIENCE_PAGE: Duration = Duration::from_secs(20);

/// All sites with their turns.
#[derive(Debug)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    per_site: usize,
    delay: Duration,
    sites: Mutex<HashMap<String, Arc<Site>>>,
}

#[derive(Debug)]
struct Site {
    turns: Arc<Semaphore>,
    times: Mutex<Times>,
}

#[derive(Clone, Copy, Debug)]
struct Times {
    /// No request starts before this.
    next_start: Instant,
    /// The site wants to be left alone until then.
    paused_until: Instant,
    /// Shortest time between two starts that its `Crawl-delay` asks for.
    crawl_delay: Duration,
}

/// The right to exchange with one site; ends when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _site: Arc<Site>,
    _turn: OwnedSemaphorePermit,
    all: Arc<Semaphore>,
    /// One of all requests at work; none while its server keeps it waiting.
    at_work: Option<OwnedSemaphorePermit>,
}

impl Turn {
    /// Its server keeps it waiting: others may work meanwhile.
    pub fn make_way(&mut self) {
        self.at_work = None;
    }

    /// Its server goes on: waits until there is room.
    pub async fn go_on(&mut self) {
        if self.at_work.is_none() {
            // Never closed.
            self.at_work = self.all.clone().acquire_owned().await.ok();
        }
    }
}

impl Turns {
    pub fn new(concurrency: usize, per_site: usize, delay: Duration) -> Self {
        Self {
            all: Arc::new(Semaphore::new(concurrency.max(1))),
            per_site: per_site.max(1),
            delay,
            sites: Mutex::new(HashMap::new()),
        }
    }

    /// Waits for a turn at `site`, for about as long as `patience`.
    ///
    /// # Errors
    /// How long to wait before trying again, if a turn is too far away.
    pub async fn turn(&self, site: &str, patience: Duration) -> Result<Turn, Duration> {
        let site = self.entry(site);
        let delay = self.delay.max(lock(&site.times).crawl_delay);
        let patience = patience + 2 * delay;
        let paused = lock(&site.times).paused_until.saturating_duration_since(Instant::now());
        if paused > patience {
            return Err(paused);
        }
        let Ok(Ok(turn)) = timeout(patience, site.turns.clone().acquire_owned()).await else {
            return Err(patience);
        };
        site.start(delay, patience).await?;
        // Last, so that waiting for a site takes nothing from the others.
        let Ok(all) = self.all.clone().acquire_owned().await else { return Err(patience) };
        Ok(Turn { _site: site, _turn: turn, all: self.all.clone(), at_work: Some(all) })
    }

    /// Leaves a site alone for `pause`, 30 days at most, unless it is left alone for longer already.
    pub fn pause(&self, site: &str, pause: Duration) {
        let site = self.entry(site);
        let mut times = lock(&site.times);
        let until = Instant::now() + pause.min(RETRY_AFTER_MAX);
        times.paused_until = times.paused_until.max(until);
    }

    /// From now on starts requests to a site at least `delay` apart.
    pub fn slow(&self, site: &str, delay: Duration) {
        lock(&self.entry(site).times).crawl_delay = delay;
    }

    /// How long a site is still left alone.
    pub fn paused(&self, site: &str) -> Option<Duration> {
        let site = lock(&self.sites).get(site)?.clone();
        let left = lock(&site.times).paused_until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    fn entry(&self, name: &str) -> Arc<Site> {
        let mut sites = lock(&self.sites);
        if let Some(site) = sites.get(name) {
            return site.clone();
        }
        let now = Instant::now();
        if sites.len() >= SITES_MAX {
            forget(&mut sites, now);
        }
        let times = Mutex::new(Times { next_start: now, paused_until: now, crawl_delay: Duration::ZERO });
        let site = Arc::new(Site { turns: Arc::new(Semaphore::new(self.per_site)), times });
        sites.insert(name.to_owned(), site.clone());
        site
    }
}

/// Makes room for an eighth of the limit at least, so that this is done rarely: idle sites go, and
/// if all are paused, those whose pause ends first.
fn forget(sites: &mut HashMap<String, Arc<Site>>, now: Instant) {
    const KEPT: usize = SITES_MAX / 8 * 7;
    let in_use = |site: &Arc<Site>| Arc::strong_count(site) > 1;
    sites.retain(|_, site| in_use(site) || lock(&site.times).busy_until() > now);
    let excess = sites.len().saturating_sub(KEPT);
    let mut paused: Vec<(Instant, String)> = Vec::new();
    if excess > 0 {
        let idle = sites.iter().filter(|(_, site)| !in_use(site));
        paused.extend(idle.map(|(name, site)| (lock(&site.times).busy_until(), name.clone())));
        paused.sort();
    }
    for (_, name) in paused.iter().take(excess) {
        sites.remove(name);
    }
}

impl Site {
    async fn start(&self, delay: Duration, patience: Duration) -> Result<(), Duration> {
        let start = {
            let mut times = lock(&self.times);
            let now = Instant::now();
            let start = times.busy_until().max(now);
            if start - now > patience {
                return Err(start - now);
            }
            times.next_start = start + delay;
            start
        };
        sleep_until(start).await;
        Ok(())
    }
}

impl Times {
    fn busy_until(self) -> Instant {
        self.next_start.max(self.paused_until)
    }
}

/// Takes a lock that is held only for a few instructions; what a panicking holder left is still
/// sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn starts_are_apart_and_few_at_once() {
        let sites = Turns::new(10, 2, Duration::from_secs(1));
        let begun = Instant::now();
        let first = sites.turn("a", PATIENCE_FEED).await.unwrap();
        let _second = sites.turn("a", PATIENCE_FEED).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
        let other = sites.turn("b", PATIENCE_FEED).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::from_secs(1), "another site waits for nothing");
        assert_eq!(
            sites.turn("a", PATIENCE_FEED).await.unwrap_err(),
            Duration::from_secs(7),
            "two are under way"
        );
        drop(first);
        sites.turn("a", PATIENCE_FEED).await.unwrap();
        drop(other);
    }

    #[tokio::test(start_paused = true)]
    async fn all_sites_together_have_a_limit() {
        let sites = Turns::new(3, 2, Duration::ZERO);
        let mut held = Vec::new();
        for site in ["a", "b", "c"] {
            held.push(sites.turn(site, PATIENCE_FEED).await.unwrap());
        }
        let fourth = timeout(Duration::from_secs(60), sites.turn("d", PATIENCE_FEED));
        assert!(fourth.await.is_err(), "three are under way");
        held.pop();
        sites.turn("d", PATIENCE_FEED).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_paused_site_sends_away_and_comes_back() {
        let sites = Turns::new(10, 2, Duration::ZERO);
        sites.pause("never", Duration::MAX);
        sites.pause("a", Duration::from_secs(60));
        sites.pause("a", Duration::from_secs(30));
        assert_eq!(sites.paused("a"), Some(Duration::from_secs(60)));
        assert_eq!(sites.turn("a", PATIENCE_FEED).await.unwrap_err(), Duration::from_secs(60));
        tokio::time::sleep(Duration::from_secs(57)).await;
        sites.turn("a", PATIENCE_FEED).await.unwrap();
        assert_eq!(sites.paused("a"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_sites_are_forgotten() {
        let sites = Turns::new(10, 2, Duration::ZERO);
        sites.pause("kept", Duration::from_secs(3600));
        for n in 0..SITES_MAX * 2 {
            sites.entry(&n.to_string());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(lock(&sites.sites).len() <= SITES_MAX);
        assert!(sites.paused("kept").is_some());
        for n in 0..SITES_MAX * 2 {
            sites.pause(&n.to_string(), Duration::from_secs(7200));
        }
        assert!(lock(&sites.sites).len() <= SITES_MAX);
    }
}
