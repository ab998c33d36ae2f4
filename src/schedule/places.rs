//! Who works and who only waits: a poll whose server lets it wait makes way for another.
//!
//! Of a new feed nobody knows whether its server will answer, and one that does not may keep a poll
//! for the whole of `http.timeout`. So the limit of polls at work counts work: after
//! [`MAKES_WAY_AFTER`] the poll of a feed that is new or failed goes on waiting without a place. A feed
//! that answered when last asked keeps its place, however slow it is today: it is never given up for others. What has come then is worked on
//! without waiting for a place again: bodies and computing have limits of their own.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

use super::sites::Lane;
use crate::fetch::waiting::{MAKES_WAY_AFTER, Waiting};

/// The places of all polls that are under way.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Arc<Waiting>,
    /// How many wait, by lane.
    count: [AtomicUsize; 2],
    changed: Notify,
}

/// The place of one poll.
#[derive(Clone, Debug)]
pub struct Place {
    places: Places,
    lane: Lane,
    asks: Arc<Mutex<Asks>>,
}

/// For a poll that no scheduler has begun.
impl Default for Place {
    fn default() -> Self {
        Places::new(usize::MAX).of(Lane::Sound)
    }
}

/// What a poll has asked and not been answered yet: several pages at once, maybe.
#[derive(Debug, Default)]
struct Asks {
    under_way: usize,
    slow: usize,
}

/// Others needed the place of what had waited longest: for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp(pub Duration);

impl Places {
    /// At most `max` polls wait without a place.
    pub(super) fn new(max: usize) -> Self {
        let waiting = Waiting::new(max);
        Self(Arc::new(Shared { waiting, count: Default::default(), changed: Notify::new() }))
    }

    pub(super) fn of(&self, lane: Lane) -> Place {
        Place { places: self.clone(), lane, asks: Arc::default() }
    }

    /// Polls of a lane that wait without a place.
    pub(super) fn waiting(&self, lane: Lane) -> usize {
        self.0.count[lane as usize].load(Relaxed)
    }

    /// Ends when a place has become free.
    pub(super) async fn changed(&self) {
        self.0.changed.notified().await;
    }
}

impl Place {
    /// Waits for what a server has to say, of a doubtful feed after a while without a place.
    ///
    /// # Errors
    /// [`GivenUp`].
    pub async fn wait<T>(&self, answer: impl Future<Output = T>) -> Result<T, GivenUp> {
        if self.lane == Lane::Sound {
            return Ok(answer.await);
        }
        let begun = Instant::now();
        let mut asked = Asked::of(self);
        let mut answer = pin!(answer);
        if let Ok(done) = timeout(MAKES_WAY_AFTER, &mut answer).await {
            return Ok(done);
        }
        let wait = self.places.0.waiting.enter();
        asked.is_slow();
        tokio::select! {
            biased;
            done = answer => Ok(done),
            () = wait.given_up() => Err(GivenUp(begun.elapsed())),
        }
    }

    /// A poll waits if nothing that it has asked comes soon.
    fn change(&self, change: impl FnOnce(&mut Asks)) {
        let mut asks = self.asks.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asks.waits();
        change(&mut asks);
        let shared = &self.places.0;
        let count = &shared.count[self.lane as usize];
        match (before, asks.waits()) {
            (false, true) => {
                count.fetch_add(1, Relaxed);
                shared.changed.notify_one();
            }
            (true, false) => {
                count.fetch_sub(1, Relaxed);
            }
            _ => {}
        }
    }
}

impl Asks {
    fn waits(&self) -> bool {
        self.slow > 0 && self.slow == self.under_way
    }
}

/// One thing that a poll has asked.
struct Asked<'a> {
    place: &'a Place,
    slow: bool,
}

impl<'a> Asked<'a> {
    fn of(place: &'a Place) -> Self {
        place.change(|asks| asks.under_way += 1);
        Self { place, slow: false }
    }

    fn is_slow(&mut self) {
        self.slow = true;
        self.place.change(|asks| asks.slow += 1);
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.place.change(|asks| {
            asks.under_way -= 1;
            asks.slow -= usize::from(self.slow);
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{join, pending};
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_doubtful_poll_makes_way_while_nothing_comes() {
        let places = Places::new(1);
        let (sound, doubtful) = (places.of(Lane::Sound), places.of(Lane::Doubtful));
        let seconds = |seconds| sleep(Duration::from_secs(seconds));
        let counts = || (places.waiting(Lane::Sound), places.waiting(Lane::Doubtful));
        let pages = join(doubtful.wait(seconds(10)), async {
            doubtful.wait(sleep(Duration::from_millis(500))).await.unwrap();
        });
        let looks = async {
            sleep(Duration::from_millis(900)).await;
            assert_eq!(counts(), (0, 0));
            sleep(Duration::from_millis(200)).await;
            assert_eq!(counts(), (0, 1));
            seconds(4).await;
            doubtful.wait(sleep(Duration::from_millis(500))).await.unwrap();
            assert_eq!(counts(), (0, 1), "one of two waited, and the other has just come");
        };
        let slow = async { sound.wait(seconds(20)).await.expect("never given up") };
        join(join(slow, pages), looks).await.0.1.0.unwrap();
        assert_eq!(counts(), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_the_limit_the_longest_wait_ends() {
        let places = Places::new(1);
        let place = places.of(Lane::Doubtful);
        let later = async {
            sleep(Duration::from_secs(5)).await;
            place.wait(sleep(Duration::from_secs(3))).await
        };
        let (first, second) = join(place.wait(pending::<()>()), later).await;
        assert_eq!((first, second), (Err(GivenUp(Duration::from_secs(6))), Ok(())));
        assert_eq!(places.waiting(Lane::Doubtful), 0);
    }
}
