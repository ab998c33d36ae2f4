//! Bugs to plant: each breaks one promise, in a seam of the harness, and has to be found.

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// The ledger record is written before the articles, not together with them.
    LedgerBeforeArticles,
    /// The first chunk of a document already carries the document's validators.
    ValidatorsEarly,
    /// Some commits say that they are done and write nothing.
    OkWithoutWriting,
    /// The broker takes records from whoever held the shard before.
    NoFence,
    /// A restore reads what was aborted as well.
    RestoreUncommitted,
    /// A restore stops before the end.
    RestoreShort,
    /// A restore does not know which polls were begun.
    BegunForgotten,
    /// The shard is read before its former owner is fenced.
    RestoreBeforeFence,
    /// One lease, two polls.
    LeaseTwice,
    /// A staged state is written over a newer one.
    StaleStage,
    /// A batch whose end is not known is sent again without taking the shard anew.
    RetryUnknown,
    /// Who publishes a shared article is not known after a restore.
    ClaimsForgotten,
    /// Entries are forgotten while the feed still lists them.
    ForgetListed,
    /// The due time that comes back with a lease is now.
    DueAtOnce,
    /// A lost shard is not asked for anew.
    LostIgnored,
    /// Some polls never end.
    LeaseKept,
}

impl Bug {
    pub const ALL: [Self; 16] = [
        Self::LedgerBeforeArticles,
        Self::ValidatorsEarly,
        Self::OkWithoutWriting,
        Self::NoFence,
        Self::RestoreUncommitted,
        Self::RestoreShort,
        Self::BegunForgotten,
        Self::RestoreBeforeFence,
        Self::LeaseTwice,
        Self::StaleStage,
        Self::RetryUnknown,
        Self::ClaimsForgotten,
        Self::ForgetListed,
        Self::DueAtOnce,
        Self::LostIgnored,
        Self::LeaseKept,
    ];
}
