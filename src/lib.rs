//! copydesk: a copy desk as a daemon. Feeds in, whole, clean and tagged articles out, to Kafka.
//!
//! The daemon keeps nothing on disk. **Kafka is its output, its state and its coordinator.** Feeds
//! are split over the partitions of one compacted topic, the [`ledger`]; a consumer group decides
//! which instance tries to hold which of these *shards*, and the transactional id of the shard's
//! producer decides who does. Each finished poll is one Kafka transaction: its articles, their
//! routed copies, its dead letters and the feed's new state. A crash, a restart, a second instance
//! or a zombie can neither lose an article nor publish one twice for `read_committed` readers.
//!
//! The modules stand in the order of an article's path:
//!
//! 1. [`cli`] names the commands, [`config`] reads what the daemon is told (every mistake of every
//!    file in one run), [`app`] builds the long-lived parts, runs and drains them.
//! 2. [`ledger`] takes shards: fence whoever held one, restore it, hand it over.
//! 3. [`schedule`] is ONE task that owns every feed's state and leases it to workers.
//! 4. [`worker`] is one poll from start to end, readable from top to bottom. It calls, in order,
//!    [`fetch`], [`feed`], [`identity`], [`fetch`] for the pages, [`edit`], [`story`], and commits
//!    through [`publish`].
//! 5. [`edit`] turns an entry and its pages into a finished record: [`extract`], [`clean`],
//!    [`tag`]. Polls, previews, replays and retried dead letters all edit here.
//! 6. [`archive`] keeps originals, [`replay`] edits them again with today's rules.
//! 7. [`observe`] is what an operator sees, [`demo`] what a newcomer sees.
//! 8. The ground that the rest stands on: [`exit`] says how a command ends, [`yaml`] reads files
//!    with the place of every value, [`site`] knows addresses, [`clock`] is the only reader of
//!    wall time.
//!
//! # Invariants
//!
//! * At most one poll of a feed is in flight: a lease lends the state and takes the next one back.
//!   Across instances the shard's fence sees to it: a poll is begun in the ledger before its
//!   request goes out ([`ledger::BegunPolls`]).
//! * Validators, seen entries and due times advance only in the transaction that publishes the
//!   poll's articles; a poll that published nothing stages its state for the next one.
//! * Every entry ends in exactly one [`worker::Outcome`].
//! * Id and revision are functions of what was observed, so that any re-send is recognisable.
//! * `feed`, `identity`, `extract`, `clean`, `tag`, `story` and `edit` do no I/O, read no clock, never
//!   panic, and give a result for any bytes within bounded time, memory and stack.
//! * Only [`publish::record`] defines the wire; only `publish` and `ledger` name rdkafka;
//!   only `fetch` names reqwest; only `clock` reads wall time.
//! * Every body, queue, list, cache, depth and wait has a limit, and a stated behaviour at it.
//! * A feed is never given up for good: failures stretch its interval to a maximum.
//!
//! Concurrency lives in four places: the scheduler, its workers, one pool for computing
//! ([`worker::Cpu`]), and librdkafka. A slow Kafka makes polls late; it never makes memory grow.

pub mod cli;
pub mod config;
pub mod app;

pub mod ledger;
pub mod schedule;
pub mod worker;
pub mod fetch;
pub mod feed;
pub mod identity;
pub mod edit;
pub mod extract;
pub mod language;
pub mod clean;
pub mod tag;
pub mod story;
pub mod publish;
pub mod archive;
pub mod replay;

pub mod observe;
pub mod demo;
pub mod exit;
pub mod yaml;
pub mod site;
pub mod clock;
