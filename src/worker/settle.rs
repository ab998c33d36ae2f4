//! What becomes of an entry that was processed.

use chrono::TimeDelta;

use super::{
    chunk::Publishing,
    outcome::Outcome,
    piece::Piece,
    secrets,
    triage::{Job, published},
};
use crate::{
    archive,
    edit::{Collected, Draft, Edited},
    identity::digest,
    ledger::{DELETED_AFTER, SeenEntry},
    observe::Cut,
    publish::{
        EventType, Outgoing,
        record::{ArticleRecord, DeadLetter, Original, SCHEMA_VERSION, Stage, StoryEntry},
    },
    rights::Use,
    schedule::{Claim, Claimant},
    story::Fingerprint,
};

/// A page that cannot be fetched is tried again this often, and for this long; then the article
/// goes out with what the feed has.
const ATTEMPTS_MAX: u32 = 4;
const DEFERRED_MAX: TimeDelta = TimeDelta::hours(6);

impl Publishing<'_> {
    /// Defers an entry whose page could not be fetched, within bounds.
    pub(super) fn defer(&mut self, piece: Piece) -> Option<Piece> {
        let Some(error) = &piece.error else { return Some(piece) };
        let now = self.poll.started_at;
        let known = piece.job.known.as_ref();
        let attempts = known.map_or(0, |known| known.attempts) + 1;
        let first_seen_at = known.map_or(now, |known| known.first_seen_at);
        if !error.is_passing() || attempts > ATTEMPTS_MAX || now - first_seen_at > DEFERRED_MAX {
            return Some(piece);
        }
        tracing::info!(
            error = %error,
            attempts,
            "page could not be fetched, entry deferred"
        );
        let mut entry = self.seen(&piece.job, &piece.collected);
        entry.attempts = attempts;
        entry.missing = known.map_or(0, |known| known.missing);
        // It was not looked at: the previous hash stays.
        entry.entry_hash = known.map(|known| known.entry_hash.clone()).unwrap_or_default();
        self.next.entries.insert(piece.collected.identity.key.clone(), entry);
        self.deferred = true;
        self.tally.add(Outcome::Deferred);
        None
    }

    /// The entry as it will be remembered, with what was known about it.
    fn seen(&self, job: &Job, collected: &Collected) -> Box<SeenEntry> {
        let now = self.poll.started_at;
        let known = job.known.clone();
        let page_at = collected.page.as_ref().map(|page| page.fetched_at);
        Box::new(SeenEntry {
            article: collected.identity.article.clone(),
            marks: collected.identity.marks.clone(),
            revision: known.as_ref().map_or(0, |known| known.revision),
            text_hash: known.as_ref().map(|known| known.text_hash.clone()).unwrap_or_default(),
            entry_hash: job.entry_hash.clone(),
            first_seen_at: known.as_ref().map_or(now, |known| known.first_seen_at),
            listed_at: now,
            page_at: page_at.or(Some(now)),
            published_at: published(&collected.entry),
            fruitless: 0,
            attempts: 0,
            missing: 0,
            fingerprint: known.as_ref().and_then(|known| known.fingerprint),
            story: known.and_then(|known| known.story),
        })
    }

    pub(super) fn settle_filtered(&mut self, job: &Job, collected: &Collected) {
        let entry = self.seen(job, collected);
        self.next.entries.insert(collected.identity.key.clone(), entry);
        self.tally.add(Outcome::Filtered);
        self.poll.environment.metrics.filtered("empty");
        tracing::debug!(rule = "empty", "entry without title and text left out");
    }

    /// The publisher reserves a use that the operator makes of articles (`http.usage`).
    pub(super) fn settle_reserved(&mut self, job: &Job, collected: &Collected, reserved: Use) {
        let entry = self.seen(job, collected);
        self.next.entries.insert(collected.identity.key.clone(), entry);
        self.tally.add(Outcome::Filtered);
        self.poll.environment.metrics.filtered("usage");
        tracing::info!(
            rule = "usage",
            reserved = reserved.as_str(),
            "entry left out: its publisher reserves it"
        );
    }

    pub(super) fn settle(&mut self, job: &Job, mut draft: Draft, mut edited: Edited) {
        if let Some(reserved) = self.poll.environment.options.reserved(edited.record()) {
            return self.settle_reserved(job, &draft.collected, reserved);
        }
        let mut entry = self.seen(job, &draft.collected);
        let key = draft.collected.identity.key.clone();
        let known = job.known.as_ref();
        let returned = known.is_some_and(|known| known.missing >= DELETED_AFTER)
            && self.poll.environment.options.tombstones;
        if entry.revision > 0 && entry.text_hash == edited.text_hash && !returned {
            entry.fruitless = known.map_or(0, |known| known.fruitless).saturating_add(1);
            self.next.entries.insert(key, entry);
            self.tally.add(Outcome::Seen);
            return;
        }
        match self.claim(&mut entry, &draft, &edited) {
            Claim::Ours => {}
            Claim::Theirs | Claim::Another => {
                self.next.entries.insert(key, entry);
                self.tally.add(Outcome::Seen);
                return;
            }
            Claim::Pending => {
                // Not looked at: should the other feed fail and drop the entry, it is still ours.
                entry.entry_hash = known.map(|known| known.entry_hash.clone()).unwrap_or_default();
                self.next.entries.insert(key, entry);
                self.deferred = true;
                self.tally.add(Outcome::Deferred);
                return;
            }
        }
        draft.collected.identity.article.clone_from(&entry.article);
        edited.is_article(&entry.article);
        self.claimed.push(entry.article.clone());
        let event = if entry.revision == 0 { EventType::Published } else { EventType::Revised };
        let outcome = if entry.revision == 0 { Outcome::Published } else { Outcome::Revised };
        entry.revision += 1;
        entry.text_hash.clone_from(&edited.text_hash);
        let environment = self.poll.environment;
        let (story, fingerprint) = environment.stories.assign(&entry.article, &edited, self.poll.started_at);
        entry.fingerprint = fingerprint;
        entry.story = (!story.first).then(|| story.id.clone());
        if let Some(fingerprint) = fingerprint {
            let told = StoryEntry {
                story: story.id.clone(),
                fingerprint: Some(fingerprint),
                seen_at: entry.first_seen_at,
                merged_into: None,
            };
            self.batch.stories.push((entry.article.clone(), told));
        }
        let mut record = edited.into_record(entry.revision, Some(story));
        secrets::hide(&self.poll.lease.feed, &mut record);
        self.watch_removed(&record);
        if environment.options.archive && !draft.forbids_archive() {
            self.batch.archive.extend(archive::pack(&draft.original()));
        }
        let topics = environment.options.topics_of(&record);
        let entry_id = draft.collected.entry.id.clone().map(|id| self.hidden(id));
        self.batch.articles.push(Outgoing { entry_id, ..Outgoing::new(record, event, topics) });
        self.next.entries.insert(key, entry);
        self.tally.add(outcome);
    }

    /// Counts what cleaning removed, and warns if it is a far larger share of the feed's text than
    /// usual.
    fn watch_removed(&mut self, record: &ArticleRecord) {
        let (metrics, now) = (&self.poll.environment.metrics, self.poll.started_at);
        for removed in &record.removed {
            let feed = self.feed.reference.name.as_str();
            let cut = Cut { feed, article: &record.id, kind: &removed.kind, text: &removed.text };
            self.poll.environment.fired.count(&removed.rule, cut, now);
        }
        metrics.removed_blocks.inc_by(record.removed.len() as u64);
        let kept = record.text.chars().count();
        let removed = record.removed.iter().map(|removed| removed.text.chars().count()).sum();
        metrics.cleaned(kept, removed);
        if let Some(jump) = self.next.removed_share.observe(removed, kept) {
            metrics.removed_share_jumps.inc();
            tracing::warn!(
                feed.name = self.feed.reference.name,
                entry.id = record.id,
                usual = jump.usual,
                lately = jump.lately,
                "cleaning removes far more of this feed's text than before; see `copydesk preview` for an article",
            );
        }
    }

    /// Takes the article for the feed, under an id that no other article has.
    fn claim(&self, entry: &mut SeenEntry, draft: &Draft, edited: &Edited) -> Claim {
        let claims = &self.poll.lease.claims;
        let claimant = Claimant {
            feed: self.poll.lease.feed.name.clone(),
            marks: entry.marks.clone(),
            published_at: entry.published_at,
            fingerprint: Fingerprint::of(edited.title(), edited.text()),
        };
        if entry.revision > 0 {
            // What is published keeps its id, whatever others publish under it.
            return match claims.take(&entry.article, &claimant) {
                Claim::Another => Claim::Ours,
                claim => claim,
            };
        }
        let identity = &draft.collected.identity;
        if let Some(former) = identity.former.iter().find(|id| claims.is_taken(id, &claimant)) {
            entry.article.clone_from(former);
            return Claim::Theirs;
        }
        let last = digest(["words", &entry.article, &entry.marks.guid, &entry.marks.words]);
        let further = identity.further.iter().cloned().chain([last]);
        for id in [entry.article.clone()].into_iter().chain(further) {
            let claim = claims.take(&id, &claimant);
            if claim != Claim::Another {
                entry.article = id;
                return claim;
            }
        }
        Claim::Theirs
    }

    pub(super) fn dead_letter(&mut self, job: &Job, collected: &Collected, stage: Stage, detail: &str) {
        self.poll.environment.metrics.panicked(stage.as_str());
        let now = self.poll.environment.clock.now();
        let entry = self.seen(job, collected);
        let original = self.hidden(serde_json::to_string(&collected.entry).unwrap_or_default());
        let wall = collected.page.as_ref().and_then(|page| page.wall.as_ref());
        let before = wall.map(|wall| format!("; before the page: {wall}")).unwrap_or_default();
        self.batch.dead_letters.push(DeadLetter {
            schema_version: SCHEMA_VERSION,
            reason: "panic".to_owned(),
            detail: format!("{detail}{before}"),
            stage,
            feed: self.feed.reference.clone(),
            url: collected.entry.link.clone().map(|link| self.hidden(link)),
            entry_id: collected.entry.id.clone().map(|id| self.hidden(id)),
            article_id: Some(entry.article.clone()),
            title: collected.entry.title.clone().map(|title| self.hidden(title)),
            first_failed_at: now,
            last_failed_at: now,
            attempts: 1,
            original: Original::inline(Some("application/json".to_owned()), original.as_bytes()),
            retry: DeadLetter::RETRY.to_owned(),
        });
        self.next.entries.insert(collected.identity.key.clone(), entry);
        self.tally.add(Outcome::DeadLettered);
    }

    /// What the publisher wrote, without the feed's secrets.
    fn hidden(&self, text: String) -> String {
        self.poll.lease.feed.hide(&text).unwrap_or(text)
    }

    pub(super) fn delete(&mut self, deleted: Vec<String>) {
        for article in deleted {
            self.poll.environment.metrics.deleted_entries.inc();
            tracing::info!(entry.id = article, "entry deleted at the source");
            if self.poll.environment.options.tombstones {
                self.batch.tombstones.push(article);
            }
        }
    }
}
