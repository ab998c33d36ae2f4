//! Where a shard's next record has to land: the fence.
//!
//! Everything a holder knows about its shard it has read from the shard's partition of the ledger,
//! or written there. Its next transaction counts only if its ledger records lie directly after
//! that: the delivery reports give their offsets before the commit, and a transaction whose records
//! lie further on is aborted. So of two holders only one can go on, whatever the group says,
//! however long a process was stopped, and whoever wrote: the log itself is the order.
//!
//! A restore waits until no transaction is open on the partition (the last stable offset at the
//! high watermark), so that a former holder's transaction is decided before its records are
//! skipped.

/// What a holder knows about the end of its shard's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Nothing, and nothing is checked: a claim, and delivery without transactions.
    Anywhere,
    /// Every committed record below this offset.
    At(i64),
    /// The same, and the last of them is our own: the marker of its transaction takes one more
    /// offset (or none, if the broker writes no markers, like the embedded one).
    AfterOwn(i64),
    /// A transaction of our own was aborted: what lies from here on is unknown.
    Doubtful(i64),
}

impl Position {
    /// Whether records that landed at these offsets, in the order of sending, have nobody else's
    /// records before or between them.
    pub fn accepts(self, offsets: &[i64]) -> bool {
        let Some(&first) = offsets.first() else { return self == Self::Anywhere };
        let begins = match self {
            Self::Anywhere => return true,
            Self::At(next) => first == next,
            Self::AfterOwn(next) => first == next || first == next + 1,
            Self::Doubtful(_) => false,
        };
        begins && offsets.windows(2).all(|pair| matches!(pair, [one, other] if *other == one + 1))
    }

    /// The records at these offsets were committed.
    pub fn committed(self, offsets: &[i64]) -> Self {
        match (self, offsets.last()) {
            (Self::Anywhere, _) | (_, None) => self,
            (_, Some(last)) => Self::AfterOwn(last + 1),
        }
    }

    /// Records of ours were sent, and aborted.
    pub fn aborted(self) -> Self {
        match self {
            Self::At(next) | Self::AfterOwn(next) | Self::Doubtful(next) => Self::Doubtful(next),
            Self::Anywhere => Self::Anywhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_count_directly_behind_what_is_known() {
        let at = Position::At(10);
        assert!(at.accepts(&[10, 11, 12]));
        for others in [&[11][..], &[9], &[-1], &[10, 12], &[]] {
            assert!(!at.accepts(others), "{others:?}");
        }
        let own = at.committed(&[10, 11]);
        assert_eq!(own, Position::AfterOwn(12));
        assert!(own.accepts(&[13]) && own.accepts(&[12]));
        assert!(!own.accepts(&[14]), "somebody's record lies behind the marker");
        assert!(!own.accepts(&[13, 15]), "somebody's record lies between ours");
    }

    #[test]
    fn what_was_aborted_leaves_a_doubt() {
        let doubtful = Position::At(10).aborted();
        assert!(!doubtful.accepts(&[10]) && !doubtful.accepts(&[11]));
        assert_eq!(doubtful.aborted(), Position::Doubtful(10));
        assert!(Position::Anywhere.aborted().accepts(&[7]));
    }
}
