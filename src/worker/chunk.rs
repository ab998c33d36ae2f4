//! The entries of a document, published in chunks: each with the state that has seen them.

use std::{collections::VecDeque, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::{
    Poll,
    edit::{Copy, Edited, edit},
    outcome::{Outcome, Tally},
    take::{Taken, take},
    triage::{DELETED_AFTER, Job, published, triage},
};
use crate::{
    archive,
    feed::{Entry, Feed, ParsedFeed},
    fetch::FeedDocument,
    identity::{Identity, identify},
    ledger::{FeedState, SeenEntry},
    publish::{
        Batch, EventType, LedgerEntry, Outgoing,
        record::{DeadLetter, FeedReference, Original, SCHEMA_VERSION, Stage},
    },
    schedule::{Claim, PollReport, cadence::Ending},
};

/// Articles per chunk, at most.
const CHUNK_MAX: usize = 20;

/// A chunk is committed after this time even when it is not full.
const CHUNK_TIME: Duration = Duration::from_secs(10);

/// Pages of one poll fetched at once; the site's own limit is in `fetch`.
const PAGES_AT_ONCE: usize = 4;

/// A page that does not come is tried again this often, and this long; then the article goes out
/// with what the feed has.
const ATTEMPTS_MAX: u32 = 4;
const DEFERRED_MAX: TimeDelta = TimeDelta::hours(6);

/// A feed with deferred entries is polled again at least this soon.
const DEFERRED_DUE: TimeDelta = TimeDelta::minutes(5);

/// Publishes what is new or edited in a document.
pub(super) async fn publish(
    poll: &Poll<'_>,
    mut next: FeedState,
    document: FeedDocument,
    parsed: ParsedFeed,
) -> PollReport {
    let ParsedFeed { feed, entries, .. } = parsed;
    poll.answered(&mut next);
    let identities = identify(&poll.desk.editor.canonical, &poll.lease.feed.url, &entries);
    let found = triage(&mut next, &entries, &identities, poll.lease.feed.content, poll.started_at);
    let mut run = Run {
        poll,
        next,
        feed,
        reference: FeedReference {
            name: poll.lease.feed.name.clone(),
            title: None,
            url: poll.lease.feed.url.to_string(),
        },
        batch: Batch::default(),
        tally: Tally::default(),
        claimed: Vec::new(),
        deferred: false,
    };
    run.reference.title = run.feed.title.clone();
    for _ in 0..found.seen {
        run.tally.add(Outcome::Seen);
    }
    run.delete(found.deleted);
    let total = entries.len() as u64;
    let mut jobs: VecDeque<Job> = found.jobs.into();
    while !jobs.is_empty() {
        let taken = run.take_some(&mut jobs, &entries, &identities, document.fetched_at).await;
        run.edit_all(taken).await;
        if !jobs.is_empty() {
            let state = run.next.clone();
            if run.commit(state).await.is_err() {
                return run.lost();
            }
        }
    }
    debug_assert_eq!(run.tally.total(), total, "every entry has exactly one outcome");
    run.finish(&document).await
}

/// A document being published.
struct Run<'a> {
    poll: &'a Poll<'a>,
    next: FeedState,
    feed: Feed,
    reference: FeedReference,
    batch: Batch,
    tally: Tally,
    /// Articles taken from the shard's claims and not committed yet.
    claimed: Vec<String>,
    deferred: bool,
}

impl Run<'_> {
    /// The pages of the next chunk.
    async fn take_some(
        &self,
        jobs: &mut VecDeque<Job>,
        entries: &[Entry],
        identities: &[Identity],
        fetched_at: DateTime<Utc>,
    ) -> Vec<Taken> {
        let deadline = Instant::now() + CHUNK_TIME;
        let desk = self.poll.desk;
        let content = self.poll.lease.feed.content;
        let chunk: Vec<Job> = jobs.drain(..jobs.len().min(CHUNK_MAX)).collect();
        let mut waiting = chunk.iter().cloned().collect::<VecDeque<Job>>();
        let pairs = chunk.into_iter().filter_map(|job| {
            let (entry, identity) = (entries.get(job.index)?.clone(), identities.get(job.index)?.clone());
            Some((job, entry, identity))
        });
        let mut pages = stream::iter(pairs)
            .map(|(job, entry, identity)| take(desk, job, entry, identity, content, fetched_at))
            .buffered(PAGES_AT_ONCE);
        let mut taken = Vec::new();
        while let Some(page) = pages.next().await {
            waiting.pop_front();
            taken.push(page);
            if Instant::now() >= deadline {
                break;
            }
        }
        // What the time did not allow comes with the next chunk.
        while let Some(job) = waiting.pop_back() {
            jobs.push_front(job);
        }
        taken
    }

    /// Edits a chunk: first every article goes into the site's memory, so that boilerplate which
    /// repeats within the chunk is known, then each is cleaned.
    async fn edit_all(&mut self, taken: Vec<Taken>) {
        let (mut ready, mut drafts) = (Vec::new(), Vec::new());
        for taken in taken {
            if let Some(taken) = self.defer(taken) {
                ready.push(taken);
            }
        }
        for taken in ready {
            let (reference, tags) = (self.reference.clone(), self.poll.lease.feed.tags.clone());
            let first_seen_at =
                taken.job.known.as_ref().map_or(self.poll.started_at, |known| known.first_seen_at);
            let language = self.feed.language.clone();
            let original = taken.clone();
            let copying = self
                .poll
                .desk
                .cpu
                .run("extract", move || Copy::new(taken, reference, language, tags, first_seen_at));
            match copying.await {
                Ok(copy) if copy.is_empty() => self.settle_filtered(&copy.taken),
                Ok(copy) => drafts.push(copy),
                Err(_) => self.dead_letter(&original, Stage::Extract, "panic", "the extractor panicked"),
            }
        }
        for copy in &drafts {
            self.next.memory.observe(&copy.taken.identity.article, copy.blocks());
        }
        for copy in drafts {
            let (editor, memory) = (self.poll.desk.editor.clone(), self.next.memory.clone());
            let original = copy.taken.clone();
            let editing = self.poll.desk.cpu.run("clean", move || {
                let edited = edit(&editor, &copy, &memory);
                (copy, edited)
            });
            match editing.await {
                Ok((copy, edited)) => self.settle(copy, edited),
                Err(_) => self.dead_letter(&original, Stage::Clean, "panic", "cleaning or tagging panicked"),
            }
        }
    }

    /// Keeps an entry whose page did not come for later, within bounds.
    fn defer(&mut self, taken: Taken) -> Option<Taken> {
        let Some(error) = &taken.missing else { return Some(taken) };
        let now = self.poll.started_at;
        let known = taken.job.known.as_ref();
        let attempts = known.map_or(0, |known| known.attempts) + 1;
        let first_seen_at = known.map_or(now, |known| known.first_seen_at);
        let passing = matches!(
            error.reason(),
            "timeout" | "connect" | "dns" | "tls" | "bad_body" | "status_429" | "status_5xx" | "site_paused"
        );
        if !passing || attempts > ATTEMPTS_MAX || now - first_seen_at > DEFERRED_MAX {
            return Some(taken);
        }
        tracing::info!(
            feed.name = self.reference.name,
            entry.id = taken.identity.article,
            error = %error,
            attempts,
            "page did not come, entry deferred"
        );
        let mut entry = self.seen(&taken);
        entry.attempts = attempts;
        entry.missing = known.map_or(0, |known| known.missing);
        // Not looked at: the hash of before stays.
        entry.entry_hash = known.map(|known| known.entry_hash.clone()).unwrap_or_default();
        self.next.entries.insert(taken.identity.key.clone(), entry);
        self.deferred = true;
        self.tally.add(Outcome::Deferred);
        None
    }

    /// The entry as it will be remembered, with what was known about it.
    fn seen(&self, taken: &Taken) -> SeenEntry {
        let now = self.poll.started_at;
        let known = taken.job.known.clone();
        let page_at = taken.page.as_ref().map(|page| page.fetched_at);
        SeenEntry {
            // The first article id stays, whatever becomes of the link.
            article: known
                .as_ref()
                .map_or_else(|| taken.identity.article.clone(), |known| known.article.clone()),
            revision: known.as_ref().map_or(0, |known| known.revision),
            text_hash: known.as_ref().map(|known| known.text_hash.clone()).unwrap_or_default(),
            entry_hash: taken.job.entry_hash.clone(),
            first_seen_at: known.as_ref().map_or(now, |known| known.first_seen_at),
            listed_at: now,
            page_at: page_at.or(Some(now)),
            published_at: published(&taken.entry),
            fruitless: 0,
            attempts: 0,
            missing: 0,
            fingerprint: known.as_ref().and_then(|known| known.fingerprint),
            story: known.and_then(|known| known.story),
        }
    }

    fn settle_filtered(&mut self, taken: &Taken) {
        let entry = self.seen(taken);
        self.next.entries.insert(taken.identity.key.clone(), entry);
        self.tally.add(Outcome::Filtered);
        tracing::debug!(
            feed.name = self.reference.name,
            rule = "empty",
            "entry without title and text left out"
        );
    }

    fn settle(&mut self, copy: Copy, edited: Edited) {
        let taken = &copy.taken;
        let mut entry = self.seen(taken);
        let known = taken.job.known.as_ref();
        let returned =
            known.is_some_and(|known| known.missing >= DELETED_AFTER) && self.poll.desk.options.tombstones;
        if entry.revision > 0 && entry.text_hash == edited.text_hash && !returned {
            entry.fruitless = known.map_or(0, |known| known.fruitless).saturating_add(1);
            self.next.entries.insert(taken.identity.key.clone(), entry);
            self.tally.add(Outcome::Seen);
            return;
        }
        let feed = &self.poll.lease.feed.name;
        match self.poll.lease.claims.take(&entry.article, feed) {
            Claim::Ours => {}
            Claim::Theirs => {
                self.next.entries.insert(taken.identity.key.clone(), entry);
                self.tally.add(Outcome::Seen);
                return;
            }
            Claim::Pending => {
                // Not looked at: should the other feed fail and drop the entry, it is still ours.
                entry.entry_hash = known.map(|known| known.entry_hash.clone()).unwrap_or_default();
                self.next.entries.insert(taken.identity.key.clone(), entry);
                self.deferred = true;
                self.tally.add(Outcome::Deferred);
                return;
            }
        }
        self.claimed.push(entry.article.clone());
        let event = if entry.revision == 0 { EventType::Published } else { EventType::Revised };
        let outcome = if entry.revision == 0 { Outcome::Published } else { Outcome::Revised };
        entry.revision += 1;
        entry.text_hash = edited.text_hash;
        let desk = self.poll.desk;
        let mut record = edited.record;
        record.id = entry.article.clone();
        record.revision = entry.revision;
        let (story, fingerprint) = desk.editor.story(&record);
        record.story = story.into();
        entry.fingerprint = fingerprint;
        entry.story = (!record.story.first).then(|| record.story.id.clone());
        desk.metrics.removed_blocks.inc_by(record.removed.len() as u64);
        if desk.options.archive {
            self.batch.archive.extend(archive::pack(&copy));
        }
        self.batch.articles.push(Outgoing { topics: desk.options.topics_of(&record), record, event });
        self.next.entries.insert(taken.identity.key.clone(), entry);
        self.tally.add(outcome);
    }

    fn dead_letter(&mut self, taken: &Taken, stage: Stage, reason: &'static str, detail: &str) {
        self.poll.desk.metrics.panicked(stage.as_str());
        let now = self.poll.desk.clock.now();
        let entry = self.seen(taken);
        let original = serde_json::to_vec(&taken.entry).unwrap_or_default();
        self.batch.dead_letters.push(DeadLetter {
            schema_version: SCHEMA_VERSION,
            reason: reason.to_owned(),
            detail: detail.to_owned(),
            stage,
            feed: self.reference.clone(),
            url: taken.entry.link.clone(),
            entry_id: taken.entry.id.clone(),
            article_id: Some(entry.article.clone()),
            title: taken.entry.title.clone(),
            first_failed_at: now,
            last_failed_at: now,
            attempts: 1,
            original: Original::inline(Some("application/json".to_owned()), &original),
            retry: DeadLetter::RETRY.to_owned(),
        });
        self.next.entries.insert(taken.identity.key.clone(), entry);
        self.tally.add(Outcome::DeadLettered);
    }

    fn delete(&mut self, deleted: Vec<String>) {
        for article in deleted {
            self.poll.desk.metrics.deleted_entries.inc();
            tracing::info!(
                feed.name = self.reference.name,
                entry.id = article,
                "entry deleted at the source"
            );
            if self.poll.desk.options.tombstones {
                self.batch.tombstones.push(article);
            }
        }
    }

    async fn commit(&mut self, state: FeedState) -> Result<(), crate::publish::Lost> {
        let mut batch = std::mem::take(&mut self.batch);
        let fetched: Vec<DateTime<Utc>> =
            batch.articles.iter().map(|article| article.record.fetched_at).collect();
        batch.ledger.push(LedgerEntry { feed: state.name.clone(), state: Some(state.to_json()) });
        self.poll.lease.writer.commit(batch).await?;
        for article in self.claimed.drain(..) {
            self.poll.lease.claims.published(&article);
        }
        let now = self.poll.desk.clock.now();
        for at in fetched {
            let seconds = (now - at).to_std().unwrap_or_default().as_secs_f64();
            self.poll.desk.metrics.publish_freshness.observe(seconds);
        }
        Ok(())
    }

    /// Nothing of the last chunk counts.
    fn lost(&mut self) -> PollReport {
        for article in self.claimed.drain(..) {
            self.poll.lease.claims.release(&article, &self.reference.name);
        }
        PollReport::Lost
    }

    /// The last chunk: with it the document is done, and its validators become ours.
    async fn finish(mut self, document: &FeedDocument) -> PollReport {
        let poll = self.poll;
        let published = self.tally.of(Outcome::Published) + self.tally.of(Outcome::Revised);
        if !self.deferred {
            self.next.validators = document.validators.clone();
            self.next.body_hash = Some(document.body_hash.clone());
        }
        let fresh = document.freshness.clone();
        let ending = if published > 0 { Ending::Changed(fresh) } else { Ending::Unchanged(fresh) };
        let mut next = std::mem::replace(
            &mut self.next,
            FeedState::new(&poll.lease.feed.name, &poll.lease.feed.url, poll.started_at),
        );
        poll.due(&mut next, &ending);
        if self.deferred {
            next.due_at =
                next.due_at.min(poll.answered_at + DEFERRED_DUE).max(poll.answered_at + poll.least());
        }
        next.expire(poll.started_at);
        if self.batch.is_empty() {
            self.tally.report(&poll.desk.metrics);
            poll.desk.metrics.polled("document");
            return poll.stage(next);
        }
        if self.commit(next.clone()).await.is_err() {
            return self.lost();
        }
        self.tally.report(&poll.desk.metrics);
        poll.desk.metrics.polled("document");
        tracing::info!(
            feed.name = poll.lease.feed.name,
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
