//! The budget of bodies in memory: how many bytes they may have together.
//!
//! A body counts from its first byte until what became of it is committed. Once they have used up
//! `http.max_bodies`, whatever is larger than a usual page has to go alone: one at a time in the whole
//! process. A page that is far larger than usual always goes alone, since reading it takes many times its
//! bytes. Only those who hold nothing of the kind wait to go alone, so nobody waits forever; small bodies
//! wait for nobody.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::FetchFailure;

/// Bodies of up to this many bytes come even if there is no room: `http.concurrency` bounds them.
const SMALL: usize = 256 << 10;
/// Pages beyond this many bytes go alone.
const LARGE_PAGE: usize = 2 << 20;

/// The bytes of all bodies in memory.
#[derive(Debug)]
pub(super) struct BodyBudget {
    max: usize,
    in_hand: AtomicUsize,
    alone: Arc<Semaphore>,
}

/// The right to hold one large body.
#[derive(Clone, Debug)]
pub struct Alone {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// One body's share of the budget, returned when its last owner is dropped.
#[derive(Debug)]
pub struct BodyShare {
    budget: Arc<BodyBudget>,
    bytes: usize,
    page: bool,
    alone: Mutex<Option<Alone>>,
}

impl BodyBudget {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, in_hand: AtomicUsize::new(0), alone: Arc::new(Semaphore::new(1)) })
    }

    /// Bytes in memory.
    pub(super) fn in_hand(&self) -> usize {
        self.in_hand.load(Relaxed)
    }

    /// Whether the bodies in memory have more than the budget.
    pub(super) fn is_exhausted(&self) -> bool {
        self.in_hand() > self.max
    }

    /// An empty share, for the body of a page or of a feed.
    pub(super) fn share(self: &Arc<Self>, page: bool, alone: Option<Alone>) -> BodyShare {
        BodyShare { budget: self.clone(), bytes: 0, page, alone: Mutex::new(alone) }
    }

    /// Waits for the right to go alone, until everybody who waited before has had it.
    pub(super) async fn go_alone(&self) -> Option<Alone> {
        let permit = self.alone.clone().acquire_owned().await.ok()?;
        Some(Alone { _permit: Arc::new(permit) })
    }

    fn try_alone(&self) -> Option<Alone> {
        let permit = self.alone.clone().try_acquire_owned().ok()?;
        Some(Alone { _permit: Arc::new(permit) })
    }
}

impl BodyShare {
    /// Notes that the body has, or is going to have, this many bytes.
    ///
    /// # Errors
    /// [`FetchFailure::NoRoom`].
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), FetchFailure> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        self.bytes = bytes;
        let all = self.budget.in_hand.fetch_add(more, Relaxed).saturating_add(more);
        let needs_alone = bytes > SMALL && all > self.budget.max || self.page && bytes > LARGE_PAGE;
        let alone = self.alone.get_mut().unwrap_or_else(PoisonError::into_inner);
        if needs_alone && alone.is_none() {
            *alone = self.budget.try_alone();
            if alone.is_none() {
                return Err(FetchFailure::NoRoom);
            }
        }
        Ok(())
    }

    /// Notes that the body has ended: it has this many bytes, however many were announced.
    pub(super) fn settle(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.budget.in_hand.fetch_sub(less, Relaxed);
        self.bytes -= less;
    }

    /// Whether it goes alone.
    pub fn is_alone(&self) -> bool {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Lets the next large body come, although this one stays in hand.
    pub fn give_way(&self) {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for BodyShare {
    fn drop(&mut self) {
        self.budget.in_hand.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn bytes_are_counted_and_given_back() {
        let budget = BodyBudget::new(4 * MIB);
        let mut one = budget.share(false, None);
        for bytes in [10, 500, 100, MIB] {
            one.grow(bytes).unwrap();
        }
        assert_eq!(budget.in_hand(), MIB);
        one.settle(700_000);
        assert_eq!(budget.in_hand(), 700_000);
        let two = std::sync::Arc::new(one);
        let three = two.clone();
        drop(two);
        assert_eq!(budget.in_hand(), 700_000);
        drop(three);
        assert_eq!(budget.in_hand(), 0);
    }

    #[test]
    fn beyond_the_budget_small_bodies_come_and_one_other() {
        let budget = BodyBudget::new(4 * MIB);
        let mut most = budget.share(false, None);
        most.grow(4 * MIB).unwrap();
        assert!(!most.is_alone() && !budget.is_exhausted());
        let mut small = budget.share(false, None);
        small.grow(SMALL).unwrap();
        assert!(budget.is_exhausted() && !small.is_alone());
        let mut one = budget.share(false, None);
        one.grow(MIB).unwrap();
        assert!(one.is_alone());
        let mut other = budget.share(false, None);
        assert_eq!(other.grow(MIB), Err(FetchFailure::NoRoom));
        drop(other);
        assert_eq!(budget.in_hand(), 5 * MIB + SMALL);
        one.give_way();
        let mut next = budget.share(false, None);
        next.grow(MIB).unwrap();
        assert!(next.is_alone() && !one.is_alone());
    }

    #[test]
    fn large_pages_go_one_at_a_time() {
        let budget = BodyBudget::new(400 * MIB);
        let mut feeds: Vec<_> = (0..5).map(|_| budget.share(false, None)).collect();
        feeds.iter_mut().for_each(|feed| feed.grow(10 * MIB).unwrap());
        let mut page = budget.share(true, None);
        page.grow(LARGE_PAGE).unwrap();
        assert!(!page.is_alone());
        page.grow(LARGE_PAGE + 1).unwrap();
        assert!(page.is_alone());
        let mut other = budget.share(true, None);
        other.grow(LARGE_PAGE).unwrap();
        assert_eq!(other.grow(10 * MIB), Err(FetchFailure::NoRoom));
        drop(page);
        // Those who wait get it before those who only try.
        let alone = futures_util::FutureExt::now_or_never(budget.go_alone()).flatten();
        let mut waited = budget.share(true, alone);
        waited.grow(10 * MIB).unwrap();
        assert_eq!(budget.share(true, None).grow(10 * MIB), Err(FetchFailure::NoRoom));
    }
}
