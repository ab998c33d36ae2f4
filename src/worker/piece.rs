//! An entry under way: what is to be done, and what was collected for it.

use super::triage::Job;
use crate::{
    edit::Collected,
    fetch::{FetchError, Page},
};

/// An entry that needs work, with what was collected for it.
pub(super) struct Piece {
    pub(super) job: Job,
    pub(super) collected: Collected,
    /// Why there is no page although one was wanted.
    pub(super) error: Option<FetchError>,
}

impl Piece {
    /// There was no room for its page.
    pub(super) fn found_no_room(&self) -> bool {
        self.error.as_ref().is_some_and(FetchError::is_no_room)
    }

    pub(super) fn pages(&self) -> impl Iterator<Item = &Page> {
        self.collected.page.iter().chain(&self.collected.further)
    }

    /// Bytes of its pages.
    pub(super) fn bytes(&self) -> usize {
        self.pages().map(|page| page.body.len()).sum()
    }

    /// One of its pages goes alone.
    pub(super) fn is_alone(&self) -> bool {
        self.pages().any(|page| page.share.as_ref().is_some_and(|share| share.is_alone()))
    }
}
