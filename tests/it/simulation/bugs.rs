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
    /// Where records come to lie is not looked at.
    NoFence,
    /// It is looked at for the first shard of a transaction only.
    ShardUnchecked,
    /// A restore does not wait for transactions that are open.
    RestoreWaitsForNothing,
    /// After an abort the end is taken for known, whoever wrote meanwhile.
    PositionTakenAnew,
    /// A producer that was locked out after a long stop keeps its shards.
    FencedKept,
    /// A restore reads what was aborted as well.
    RestoreUncommitted,
    /// A restore stops before the end.
    RestoreShort,
    /// A restore does not know which polls were begun.
    BegunForgotten,
    /// The shard is read before it is taken from its former owner.
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
    /// What entries are recognised by is not kept.
    MarksForgotten,
    /// The id is made of the link as it is.
    IdByLink,
    /// A document that breaks off is closed before it is read.
    BreaksClosed,
    /// A text that has come before is taken for boilerplate.
    RepeatsCut,
}

impl Bug {
    pub const ALL: [Self; 24] = [
        Self::LedgerBeforeArticles,
        Self::ValidatorsEarly,
        Self::OkWithoutWriting,
        Self::NoFence,
        Self::ShardUnchecked,
        Self::RestoreWaitsForNothing,
        Self::PositionTakenAnew,
        Self::FencedKept,
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
        Self::MarksForgotten,
        Self::IdByLink,
        Self::BreaksClosed,
        Self::RepeatsCut,
    ];
}
