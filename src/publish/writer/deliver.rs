//! Batches that go out together, until they are published or their shards are lost.

use std::{sync::Arc, time::Duration};

use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    super::{
        batch::{Batch, Outgoing, render},
        commit::Lost,
        errors::{code, reason},
        record::DeadLetter,
    },
    part::Part,
    shared::Shared,
    transaction::{BACKOFF, Failed},
};

/// Two commits begin at least this far apart: what comes in between shares the second. The first after a
/// quiet while begins at once, and so does the one after a [`FULL`] one. At 100 polls a second what
/// `exactly_once` costs above `at_least_once` fell from 186 to 62 us a poll when this was raised from 25 ms
/// (`benches/peers`).
const SPACING: Duration = Duration::from_millis(100);

/// A commit with this many batches and articles is full: more is waiting behind it. Chosen by hand.
const FULL: usize = 100;

/// Articles per commit, at most: bounds the time a commit takes and what it holds in memory.
const ARTICLES_MAX: usize = 2_000;

impl Shared {
    /// Commits what waits, as long as there is a publisher.
    pub(super) async fn run(self: Arc<Self>) {
        let mut next = Instant::now();
        while !self.is_stopped() {
            self.wake.notified().await;
            sleep_until(next).await;
            next = Instant::now() + SPACING;
            let parts = self.take();
            if parts.iter().map(Part::size).sum::<usize>() >= FULL {
                next = Instant::now();
            }
            if !parts.is_empty() {
                self.deliver(parts).await;
                // There may have been more than fits.
                self.wake.notify_one();
            }
        }
        for seat in self.with_seats(std::mem::take) {
            seat.close();
        }
        // The client is dropped outside the runtime's threads.
        let producer = self.producer.lock().await.take();
        tokio::task::spawn_blocking(move || drop(producer));
    }

    /// What is to go out next, from every open shard.
    fn take(&self) -> Vec<Part> {
        self.with_seats(|seats| {
            for closed in seats.extract_if(.., |seat| seat.is_closed()) {
                closed.close();
            }
            // The one served first comes last next time.
            if !seats.is_empty() {
                seats.rotate_left(1);
            }
            let mut room = ARTICLES_MAX;
            let mut parts = Vec::new();
            for seat in seats.iter() {
                let (batch, waiting) = seat.queue.take(room);
                room = room.saturating_sub(batch.articles.len());
                if !waiting.is_empty() {
                    parts.push(Part::new(Arc::clone(seat), batch, waiting));
                }
            }
            parts
        })
    }

    /// Sends what the shards have until it is published.
    pub(super) async fn deliver(&self, mut parts: Vec<Part>) {
        let started = Instant::now();
        let mut pause = BACKOFF.0;
        let mut careful = false;
        loop {
            let is_over = |part: &Part| part.seat.is_closed() || self.is_stopped();
            for part in parts.extract_if(.., |part| is_over(part)) {
                part.end(Err(Lost));
            }
            // A flush right behind another one has nothing left to write.
            for part in parts.extract_if(.., |part| part.batch.is_empty()) {
                part.end(Ok(()));
            }
            if parts.is_empty() {
                // Whatever blocked them, nobody waits for it any more: without this the other
                // shards would begin no poll, and so make no commit that finds Kafka well again.
                self.unblock();
                return;
            }
            self.render(&mut parts);
            match self.attempt(&parts, careful).await {
                Ok(()) => break,
                Err(failed) => {
                    if self.answer(failed, &mut parts, &mut careful).await {
                        sleep(pause).await;
                        pause = (pause * 2).min(BACKOFF.1);
                    }
                }
            }
        }
        self.unblock();
        self.metrics.commits.inc();
        self.metrics.commit_duration.observe(started.elapsed().as_secs_f64());
        for part in parts {
            let published = part.batch.articles.iter().map(|article| article.topics.len() as u64).sum();
            self.metrics.published_records.inc_by(published);
            part.end(Ok(()));
        }
    }

    /// Deals with a failure; true if a pause has to follow.
    async fn answer(&self, failed: Failed, parts: &mut Vec<Part>, careful: &mut bool) -> bool {
        match failed {
            Failed::Lost(error) => {
                self.count(&error);
                let shards: Vec<i32> = parts.iter().map(|part| part.seat.shard).collect();
                tracing::warn!(?shards, %error, "producer lost, acquiring its shards again");
                self.drop_producer().await;
                for part in parts.drain(..) {
                    part.end(Err(Lost));
                }
            }
            Failed::Misplaced => {
                tracing::debug!(
                    "records are at later offsets than expected, checking what was written before them"
                );
                return true;
            }
            Failed::Overtaken(shards) => {
                tracing::warn!(?shards, "another process has written to the shards, acquiring them again");
                for part in parts.extract_if(.., |part| shards.contains(&part.seat.shard)) {
                    part.end(Err(Lost));
                }
            }
            Failed::Cut(topic) => self.lower_limit(&topic),
            Failed::Refused { error, .. } if !*careful => {
                self.count(&error);
                *careful = true;
            }
            Failed::Refused { key, error } => {
                self.count(&error);
                let refused = parts.iter_mut().find(|part| names(&part.batch, &key));
                if let Some(part) = refused {
                    to_dead_letters(&mut part.batch, &key, reason(&error), &error.to_string());
                }
            }
            Failed::Retry(error) => {
                self.count(&error);
                self.block(&error);
                *careful |= code(&error) == Some(Code::InvalidTimestamp);
                return true;
            }
        }
        false
    }

    /// Renders what has not been rendered yet, or was cut since.
    fn render(&self, parts: &mut [Part]) {
        for part in parts {
            loop {
                part.rendered =
                    render(&part.batch, &self.options.names, part.seat.shard, &|topic| self.limit(topic));
                self.metrics.cut_records.inc_by(part.rendered.cut);
                if part.rendered.unfit.is_empty() {
                    break;
                }
                for article in &part.rendered.unfit {
                    let detail = "cannot be cut to the topic's limit";
                    to_dead_letters(&mut part.batch, article, "record_too_large", detail);
                }
            }
        }
    }

    async fn drop_producer(&self) {
        let producer = self.producer.lock().await.take();
        // Dropping a client may take a while if no broker answers.
        tokio::task::spawn_blocking(move || drop(producer));
    }
}

/// Whether a message of the batch has this key.
fn names(batch: &Batch, key: &str) -> bool {
    batch.articles.iter().any(|article| article.record.id == key)
        || batch.dead_letters.iter().any(|letter| letter.key() == key)
        || batch.archive.iter().any(|original| original.article == key)
        || batch.tombstones.iter().any(|article| article == key)
}

/// Moves an article from the batch to its dead letters; other messages with the key are dropped.
fn to_dead_letters(batch: &mut Batch, key: &str, reason: &str, detail: &str) {
    let refused: Vec<Outgoing> = batch.articles.extract_if(.., |article| article.record.id == key).collect();
    if refused.is_empty() {
        tracing::error!(key, reason, detail, "kafka refused a record other than an article, leaving it out");
        batch.dead_letters.retain(|letter| letter.key() != key);
        batch.archive.retain(|original| original.article != key);
        batch.tombstones.retain(|article| article != key);
    }
    for article in refused {
        tracing::error!(
            article = key,
            reason,
            detail,
            "kafka refused the article, sending it to the dead letters"
        );
        article.refused.set();
        let letter = DeadLetter::refused(&article.record, reason, detail);
        batch.dead_letters.push(DeadLetter { entry_id: article.entry_id, ..letter });
    }
}
