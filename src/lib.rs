//! copydesk: a copy desk as a daemon. It reads feeds and writes whole, clean and tagged articles to
//! Kafka.
//!
//! The daemon keeps nothing on disk. **Kafka is its output, its state and its coordinator.** Feeds
//! are split over the partitions of one compacted topic, the [`ledger`]; a consumer group decides
//! which instance tries to hold which of these *shards*, and the partition's own order decides
//! which one does: a transaction counts only if it lands directly after everything that its
//! instance knew. A finished poll goes out whole, in one Kafka transaction: its articles, their
//! routed copies, its dead letters and the feed's new state. A crash, a restart, a second instance
//! or a zombie can neither lose an article nor publish one twice for `read_committed` readers.
//!
//! The modules follow the order of an article's path:
//!
//! 1. [`cli`] names the commands, [`config`] reads the configuration (and reports every mistake in
//!    every file in one run), [`app`] builds the long-lived parts, runs them and drains them.
//! 2. [`ledger`] takes shards: it fences whoever held one, restores it, and hands it over.
//! 3. [`schedule`] is a single task that owns every feed's state and leases it to workers.
//! 4. [`worker`] is one poll from start to end, readable from top to bottom. It calls, in order,
//!    [`fetch`], [`feed`], [`identity`], [`fetch`] for the pages, [`edit`], [`story`], and commits
//!    through [`publish`].
//! 5. [`edit`] turns an entry and its pages into a finished record: [`extract`], [`language`],
//!    [`clean`], [`tag`], and [`rights`], what the publisher says about its use. Polls, previews,
//!    replays and retried dead letters are all edited here.
//! 6. [`archive`] keeps originals, [`replay`] edits them again with today's rules.
//! 7. [`websub`] asks the hubs of feeds to deliver what is new, and hands what they deliver to the
//!    same polls.
//! 8. [`observe`] counts and tells, [`admin`] is what an operator sees and does over HTTP, [`preview`]
//!    an article as it would be published, [`demo`] what a newcomer sees.
//! 9. The ground that the rest stands on: [`exit`] says how a command ends, [`yaml`] reads files
//!    with the place of every value, [`site`] knows addresses, `months` says what the months are called,
//!    [`clock`] is the only reader of wall time.
//!
//! # Invariants
//!
//! * At most one poll of a feed is in flight: a lease lends the state and takes the next one back.
//!   Across instances the shard's fence ensures it: a poll is begun in the ledger before its
//!   request goes out ([`ledger::BegunPolls`]).
//! * Validators, seen entries and due times advance only in the transaction that publishes the
//!   poll's articles; a poll that published nothing stages its state for the next one.
//! * Every entry ends in exactly one [`worker::Outcome`].
//! * Id and revision are functions of what was observed, so any re-send is recognisable.
//! * `feed`, `identity`, `extract`, `clean`, `tag`, `story` and `edit` do no I/O, read no clock, never
//!   panic, and give a result for any bytes within bounded time, memory and stack.
//! * Only [`publish::record`] defines the wire; only `publish` and `ledger` name rdkafka;
//!   only `fetch` names reqwest; only `clock` reads wall time.
//! * Every body, queue, list, cache, depth and wait has a limit, and a stated behaviour when it is
//!   reached.
//! * A feed is never given up for good: failures stretch its interval, up to a maximum.
//!
//! Concurrency lives in four places: the scheduler, its workers, one pool for computing
//! ([`worker::Cpu`]), and librdkafka. A slow Kafka makes polls late; it never makes memory grow.
//!
//! # One article, from tick to commit
//!
//! 1. *Due.* The scheduler ([`schedule::run`]) wakes when a feed is due. It writes into the ledger
//!    that the poll begins ([`ledger::BegunPolls`]), so that a crash is noticed later, and lends a
//!    worker a [`schedule::Lease`]: the feed as configured, its [`ledger::FeedState`], and the
//!    writer of its shard.
//! 2. *Asked.* [`worker::poll`] asks for the document ([`fetch::Origin::feed`]) with the validators
//!    of the last one. A 304, the same bytes, a failure, a site that wants to be left alone: each
//!    is a method of its own that ends with a new due time and nothing to publish.
//! 3. *Read.* [`feed::parse`] makes entries from any bytes, [`identity::identify`] says which
//!    article each of them is. Entries that are known and unchanged are done; the rest are worked
//!    on, oldest first, in chunks of at most 20.
//! 4. *Collected.* If the entry only sums up the article ([`edit::wants_page`]), its page is
//!    fetched, and the pages that follow it ([`worker::Pages`]). A page that cannot be fetched
//!    defers the entry, a bounded number of times; then the article goes out with what the feed
//!    has.
//! 5. *Edited.* [`edit::Draft`] chooses between the feed's own text and the page's ([`extract`]).
//!    All drafts of the chunk first go into the site's memory ([`clean::SiteMemory`]), so that what
//!    repeats among them is known; then [`edit::edit`] cleans and tags each. A step that panics
//!    costs one entry, which becomes a dead letter.
//! 6. *Decided.* If title and text are the same as before, there is nothing to publish. If another
//!    feed of the shard has published it ([`schedule::Claims`]), that one counts. Otherwise the
//!    article gets its story ([`worker::SharedStories`]) and its revision, and the record is
//!    complete ([`edit::Edited::into_record`]).
//! 7. *Committed.* The chunk's articles, dead letters and originals and the state that has seen
//!    them are one [`publish::Batch`], and [`publish::Commit::commit`] makes one transaction of it:
//!    cut to the broker's limit if needed ([`publish::fit()`]), with the headers that consumers
//!    filter by ([`publish::headers()`]). [`publish::errors`] is the table of what is done about
//!    each way in which Kafka can refuse. Only the last chunk's state carries the document's
//!    validators.
//! 8. *Returned.* The worker returns the state ([`schedule::PollReport`]); [`schedule::cadence`]
//!    has decided when the feed is due again. A crash before the commit leaves no trace but the
//!    begun poll; after it, nothing is missing.
//!
//! # Which error for which layer
//!
//! * **What people write** (configuration, rules, vocabularies): [`yaml::Problem`]s, all of them in
//!   one run, each with its file, line, path and remedy.
//! * **The pure steps** have no errors: any bytes give a result, and anything odd about them is a
//!   warning or a verdict. [`feed::NotAFeed`] says what a document is instead.
//! * **If a caller decides by the kind**, a closed list: [`fetch::FetchError`],
//!   [`publish::ReadError`], [`publish::topics::TopicError`], [`ledger::RestoreError`],
//!   [`ledger::BadState`], [`app::ReloadError`]. Each kind has a label for metrics if it is
//!   counted; no decision depends on the label.
//! * **A lost shard** is [`publish::Lost`], without a reason: what to do is the same for all of
//!   them, and the reason was counted and logged where it occurred.
//! * **What only ends up in a sentence** (an original that cannot be decoded) is a `String`.
//! * **Commands and the start of the daemon** fail with [`exit::Failure`]: a message for people and
//!   an exit code for scripts. Below them `anyhow` carries errors that nobody branches on.
//!
//! An error is logged once, by whoever deals with it, within the spans of its poll and entry.

pub mod cli;
pub mod config;
pub mod app;

pub mod ledger;
pub mod schedule;
pub mod worker;
pub mod fetch;
pub mod rights;
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
pub mod preview;
pub mod admin;
pub mod websub;

pub mod observe;
pub mod demo;
pub mod exit;
pub mod yaml;
pub mod site;
pub mod clock;
mod months;
