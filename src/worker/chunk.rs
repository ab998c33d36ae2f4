//! The entries of a document, published in chunks: each with the state that has seen them.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::{
    Poll,
    advertised::note_rhythm,
    broken_off::{self, Rest},
    collect::collect,
    outcome::{Outcome, Tally},
    piece::Piece,
    secrets::credentials,
    triage::{Document, Job, triage},
    with::With,
};
use crate::{
    edit::{Draft, FeedContext, edit, page_url, wants_page},
    feed::{Entry, Feed, ParsedFeed},
    fetch::{Alone, BodyShare, FeedDocument, FetchError, Origin},
    identity::{self, Identity, identify, listing},
    ledger::{DueBecause, FeedState},
    observe::traceparent,
    publish::{
        Batch, EventType, LedgerEntry, Refused,
        record::{FeedReference, Stage},
    },
    schedule::{PollReport, cadence::Ending},
    site::site,
};

/// Articles per chunk, at most.
const CHUNK_MAX: usize = 20;

/// A chunk is committed after this time even when it is not full.
const CHUNK_TIME: Duration = Duration::from_secs(10);

/// No more pages are requested once a chunk has this many bytes of them: editing takes many times that.
const CHUNK_BYTES: usize = 4 << 20;

/// Pages of one poll fetched at once; the site's own limit is in `fetch`.
const PAGES_AT_ONCE: usize = 4;

/// A feed with deferred entries is polled again at least this soon.
const DEFERRED_DUE: TimeDelta = TimeDelta::minutes(5);

/// Publishes what is new or edited in a document.
pub(super) async fn publish(
    poll: &Poll<'_>,
    mut next: FeedState,
    document: FeedDocument,
    parsed: ParsedFeed,
    rest: Rest,
) -> PollReport {
    let ParsedFeed { feed, entries, .. } = parsed;
    let listing = listing(&feed, &entries);
    if rest.is_none() && next.knows_listing(&listing) {
        next.validators = document.validators;
        next.body_hash = Some(document.body_hash);
        let mut tally = Tally::default();
        tally.add_all(Outcome::Seen, entries.len());
        tally.report(&poll.environment.metrics);
        return poll.unchanged(next, &document.freshness, "document");
    }
    // It is adopted together with the validators, once all entries have been processed.
    next.listing = None;
    if !rest.part {
        poll.answered(&mut next);
    }
    let configured = &poll.lease.feed;
    let identities = identities(poll, &mut next, &feed, &entries);
    let whole = !rest.again && !rest.part;
    if !whole {
        broken_off::still_listed(&mut next, poll.started_at);
    }
    let listed = Document { entries: &entries, identities: &identities, whole };
    let found = triage(&mut next, listed, configured.content, poll.started_at);
    if !rest.part {
        poll.watch_gap(&mut next, found.apart && whole);
    }
    let feed = FeedContext {
        reference: FeedReference {
            name: configured.name.clone(),
            title: feed.title,
            url: configured.public_url.to_string(),
        },
        language: feed.language,
        tags: configured.tags.clone(),
    };
    let mut publishing = Publishing::new(poll, next, feed);
    publishing.tally.add_all(Outcome::Seen, found.seen);
    publishing.deferred = rest.again;
    publishing.part = rest.part;
    publishing.tally.add_all(Outcome::Deferred, usize::from(rest.entry));
    publishing.delete(found.deleted);
    let mut jobs = found.jobs;
    while !jobs.is_empty() {
        // What time and memory did not allow goes into the next chunk.
        let listed = Listed { entries: &entries, identities: &identities, fetched_at: document.fetched_at };
        let chunk = publishing.collect_chunk(&mut jobs, listed).await;
        publishing.edit_all(chunk).await;
        if !jobs.is_empty() {
            let state = publishing.next.to_json();
            let entry = LedgerEntry::new(publishing.next.name.clone(), Some(state));
            if publishing.commit(entry).await.is_err() {
                return publishing.lost();
            }
        }
    }
    let total = entries.len() as u64 + u64::from(rest.entry);
    debug_assert_eq!(publishing.tally.total(), total, "every entry has exactly one outcome");
    publishing.finish(&document, listing).await
}

/// The span around everything done for one entry, so that its log lines name it.
fn entry_span(article: &str) -> tracing::Span {
    tracing::info_span!("entry", entry.id = article)
}

/// Which articles the entries are, by what the feed is known to have listed.
fn identities(poll: &Poll<'_>, next: &mut FeedState, feed: &Feed, entries: &[Entry]) -> Vec<Identity> {
    let own = &poll.lease.feed;
    let home = feed.link.as_deref().and_then(|link| Url::parse(link).ok());
    let sites: Vec<String> = [Some(&own.url), home.as_ref()].into_iter().flatten().map(site).collect();
    let announced = |entry: &Entry| {
        page_url(entry).is_some_and(|page| !sites.contains(&site(&page))) && !wants_page(entry, own.content)
    };
    let document = identity::Document {
        feed: &own.public_url,
        site: sites.first().map_or("", String::as_str),
        entries,
        announced: &announced,
        now: poll.started_at,
    };
    let mut habits = next.habits;
    let identities = identify(&poll.editor.canonical, &document, &next.known(), &mut habits);
    if let Some(words) = habits.in_words().filter(|words| Some(*words) != next.habits.in_words()) {
        tracing::info!(feed.name = own.name, "{words}");
    }
    next.habits = habits;
    identities
}

/// What a document lists.
#[derive(Clone, Copy)]
struct Listed<'a> {
    entries: &'a [Entry],
    identities: &'a [Identity],
    fetched_at: DateTime<Utc>,
}

/// A document being published.
pub(super) struct Publishing<'a> {
    pub(super) poll: &'a Poll<'a>,
    /// The state that has seen what is done so far.
    pub(super) next: FeedState,
    pub(super) feed: FeedContext,
    pub(super) batch: Batch,
    pub(super) tally: Tally,
    /// Articles taken from the shard's claims and not committed yet.
    pub(super) claimed: Vec<String>,
    /// Whether an entry is to be looked at again with the next poll.
    pub(super) deferred: bool,
    /// Nothing follows from what the document does not hold.
    part: bool,
    /// The room of pages whose articles are not committed yet: they are as large.
    held: Vec<Arc<BodyShare>>,
}

impl<'a> Publishing<'a> {
    fn new(poll: &'a Poll<'a>, next: FeedState, feed: FeedContext) -> Self {
        let (batch, tally) = (Batch::default(), Tally::default());
        let (claimed, held) = (Vec::new(), Vec::new());
        Self { poll, next, feed, batch, tally, claimed, deferred: false, part: false, held }
    }

    /// The next chunk with its pages: as many of the first jobs as time and memory allow, at least one,
    /// which are taken from `jobs`.
    async fn collect_chunk(&self, jobs: &mut Vec<Job>, listed: Listed<'_>) -> Vec<Piece> {
        let deadline = Instant::now() + CHUNK_TIME;
        let enough = &AtomicBool::new(false);
        let first: Vec<Job> = jobs.iter().take(CHUNK_MAX).cloned().collect();
        let mut pieces = stream::iter(first)
            .take_while(|_| ready(!enough.load(Relaxed)))
            .map(|job| self.piece(job, listed, None))
            .buffered(PAGES_AT_ONCE);
        let (mut chunk, mut without_room, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some(piece) = pieces.next().await {
            bytes += piece.bytes();
            if piece.found_no_room() || piece.is_alone() || bytes >= CHUNK_BYTES {
                enough.store(true, Relaxed);
            }
            match piece.found_no_room() {
                true => without_room.push(piece.job),
                false => chunk.push(piece),
            }
            if self.poll.origin.is_crowded() {
                enough.store(true, Relaxed);
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        drop(pieces);
        jobs.splice(..chunk.len() + without_room.len(), without_room);
        // Nobody waits while holding pages.
        if chunk.is_empty() && !jobs.is_empty() {
            let alone = self.poll.origin.go_alone().await;
            chunk.push(self.piece(jobs.remove(0), listed, alone).await);
        }
        chunk
    }

    async fn piece(&self, job: Job, listed: Listed<'_>, alone: Option<Alone>) -> Piece {
        // Jobs come from the entries themselves.
        let entry = listed.entries.get(job.index).cloned().unwrap_or_default();
        let mut identity = listed.identities.get(job.index).cloned().unwrap_or_default();
        // The first article id stays, whatever becomes of the link.
        if let Some(known) = &job.known {
            identity.article.clone_from(&known.article);
        }
        let span = entry_span(&identity.article);
        let feed = &self.poll.lease.feed;
        let with = With { feed: credentials(feed), alone, http: feed.http.clone() };
        let collecting = collect(
            self.poll.environment,
            &self.poll.origin,
            entry,
            identity,
            feed.content,
            with,
            listed.fetched_at,
        );
        let (collected, error) = collecting.instrument(span).await;
        Piece { job, collected, error }
    }

    /// Edits a chunk: first every article goes into the site's memory, so that boilerplate which
    /// repeats within the chunk is known, then each is cleaned.
    async fn edit_all(&mut self, chunk: Vec<Piece>) {
        let mut drafts = Vec::new();
        self.held.extend(chunk.iter().flat_map(Piece::pages).filter_map(|page| page.share.clone()));
        for piece in chunk {
            let span = entry_span(&piece.collected.identity.article);
            if let Some(reserved) = piece.error.as_ref().and_then(FetchError::reserved) {
                span.in_scope(|| self.settle_reserved(&piece.job, &piece.collected, reserved));
                continue;
            }
            let Some(piece) = span.in_scope(|| self.defer(piece)) else { continue };
            let Piece { job, collected, .. } = piece;
            let feed = self.feed.clone();
            let first_seen_at = job.known.as_ref().map_or(self.poll.started_at, |known| known.first_seen_at);
            let original = collected.clone();
            let drafting =
                self.poll.environment.cpu.run("extract", move || Draft::new(collected, feed, first_seen_at));
            match drafting.instrument(span.clone()).await {
                Ok(draft) if draft.is_empty() => {
                    span.in_scope(|| self.settle_filtered(&job, &draft.collected));
                }
                Ok(draft) => drafts.push((job, draft)),
                Err(_) => self.dead_letter(&job, &original, Stage::Extract, "the extractor panicked"),
            }
        }
        for (_, draft) in &drafts {
            self.next.memory.observe(&draft.collected.identity.article, draft.blocks());
        }
        for (job, draft) in drafts {
            let (editor, memory) = (self.poll.editor.clone(), self.next.memory.clone());
            let original = draft.collected.clone();
            let editing = self.poll.environment.cpu.run("clean", move || {
                let edited = edit(&editor, &draft, &memory);
                (draft, edited)
            });
            let span = entry_span(&original.identity.article);
            match editing.instrument(span.clone()).await {
                Ok((draft, edited)) => span.in_scope(|| self.settle(&job, draft, edited)),
                Err(_) => self.dead_letter(&job, &original, Stage::Clean, "cleaning or tagging panicked"),
            }
        }
    }

    async fn commit(&mut self, entry: LedgerEntry) -> Result<(), crate::publish::Lost> {
        let mut batch = std::mem::take(&mut self.batch);
        let fetched: Vec<DateTime<Utc>> =
            batch.articles.iter().map(|article| article.record.fetched_at).collect();
        let sent: Vec<(Refused, EventType)> =
            batch.articles.iter().map(|article| (article.refused.clone(), article.event)).collect();
        let now = self.poll.environment.clock.now();
        batch.stories.extend(self.poll.environment.stories.announcements(now));
        batch.ledger.push(entry);
        let span = tracing::trace_span!("commit", articles = batch.articles.len());
        if let Some(traceparent) = traceparent(&span) {
            for article in &mut batch.articles {
                article.traceparent = Some(traceparent.clone());
            }
        }
        let committing = span.in_scope(|| self.poll.lease.writer.commit(batch));
        committing.instrument(span).await?;
        self.held.clear();
        for (_, event) in sent.into_iter().filter(|(refused, _)| refused.get()) {
            let was = if event == EventType::Published { Outcome::Published } else { Outcome::Revised };
            self.tally.correct(was, Outcome::DeadLettered);
        }
        for article in self.claimed.drain(..) {
            self.poll.lease.claims.published(&article);
        }
        let now = self.poll.environment.clock.now();
        for at in fetched {
            let seconds = (now - at).to_std().unwrap_or_default().as_secs_f64();
            self.poll.environment.metrics.publish_freshness.observe(seconds);
        }
        Ok(())
    }

    /// The shard was lost: nothing in the last chunk counts.
    fn lost(&mut self) -> PollReport {
        for article in self.claimed.drain(..) {
            self.poll.lease.claims.release(&article, &self.feed.reference.name);
        }
        PollReport::Lost
    }

    /// The last chunk: with it the document is done, and its validators are adopted.
    async fn finish(mut self, document: &FeedDocument, listing: String) -> PollReport {
        let poll = self.poll;
        let published = self.tally.of(Outcome::Published) + self.tally.of(Outcome::Revised);
        if !self.deferred && !self.part {
            self.next.validators = document.validators.clone();
            self.next.body_hash = Some(document.body_hash.clone());
            self.next.listing = Some(listing);
        }
        let fresh = document.freshness.clone();
        let ending = if published > 0 { Ending::Changed(fresh) } else { Ending::Unchanged(fresh) };
        let mut next = std::mem::replace(
            &mut self.next,
            FeedState::new(&poll.lease.feed.name, &poll.lease.feed.public_url, poll.started_at),
        );
        if published > 0 {
            note_rhythm(&mut next, poll.answered_at);
        }
        if !self.part {
            poll.watch_hub(&mut next, published > 0);
            poll.due(&mut next, &ending);
        }
        let result = if self.part { "delivered" } else { "document" };
        if self.deferred {
            let soon = (poll.answered_at + DEFERRED_DUE).max(poll.answered_at + poll.least());
            if soon < next.due_at {
                next.due_at = soon;
                next.cadence.because = DueBecause::EntriesDeferred;
            }
        }
        next.expire(poll.started_at);
        if self.batch.is_empty() {
            self.tally.report(&poll.environment.metrics);
            poll.environment.metrics.polled(result);
            if next.lists_as_before(&poll.lease.state, poll.started_at) {
                return poll.stage_due(next);
            }
            return poll.stage(next);
        }
        let entry = poll.entry(&mut next);
        if self.commit(entry).await.is_err() {
            return self.lost();
        }
        self.tally.report(&poll.environment.metrics);
        poll.environment.metrics.polled(result);
        tracing::info!(
            result,
            entries = self.tally.total(),
            published = self.tally.of(Outcome::Published),
            revised = self.tally.of(Outcome::Revised),
            dead_lettered = self.tally.of(Outcome::DeadLettered),
            deferred = self.tally.of(Outcome::Deferred),
            "polled"
        );
        PollReport::Polled(Box::new(next))
    }
}
