//! One poll from start to end.
//!
//! The order is the promise: what a poll has learned (validators, seen entries, due time) is
//! committed together with the articles it found, never before. A poll with many new entries
//! commits in chunks; each chunk carries its articles and the state that has seen them, and only
//! the last one advances the validators.

mod broken_off;
mod triage;
mod collect;
mod pages;
mod patient;
mod piece;
mod earlier;
mod chunk;
mod settle;
mod conditions;
mod delivered;
mod secrets;
mod outcome;
mod advertised;
mod destinations;
mod environment;
mod failure;
mod gap;
mod cpu;
mod stories;
mod successor;
mod traced;
mod with;

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use tracing::Instrument;

pub use cpu::{Cpu, Panicked};
pub use destinations::Destinations;
pub use environment::{Environment, WorkerOptions};
pub use outcome::{Outcome, Tally};
pub use pages::Pages;
pub use stories::SharedStories;
pub use with::With;

use failure::Failure;
use patient::Patient;
use traced::fetched;

use crate::{
    config::Feed,
    edit::Editor,
    feed::{self, ParseOptions, ParsedFeed},
    fetch::{FeedDocument, FeedResponse, FetchError, Freshness, Origin, Redirect, Validators},
    ledger::{BrokenOff, DueBecause, FeedState, Moved},
    publish::LedgerEntry,
    schedule::{
        Lease, PollReport,
        cadence::{CEILING, Ending, Polled, least, next_due},
    },
    site::{public, redact},
};

/// A site that wants to be left alone without saying for how long is asked again after this.
const DEFERRAL: TimeDelta = TimeDelta::seconds(60);

/// Polls one feed. Whatever is logged on the way names it: the span `poll` has `feed.name`, and
/// within it the span `entry` has `entry.id`.
pub async fn poll(environment: Arc<Environment>, lease: Lease) -> PollReport {
    let span = tracing::info_span!("poll", feed.name = lease.feed.name);
    polled(environment, lease).instrument(span).await
}

async fn polled(environment: Arc<Environment>, lease: Lease) -> PollReport {
    if let Some(document) = &lease.delivered {
        return Box::pin(delivered::delivered(&environment, &lease, document)).await;
    }
    let started_at = environment.clock.now();
    let started = tokio::time::Instant::now();
    let mut next = FeedState::clone(&lease.state);
    next.site_paused_until = None;
    next.hub = next.hub.filter(|_| environment.options.websub);
    let request = conditions::request(&lease, started_at);
    let sent = request.validators.clone();
    let origin = Patient { origin: environment.origin.clone(), place: lease.place.clone() };
    let answer = fetched(origin.feed(request)).await;
    let answered_at = environment.clock.now();
    next.polled_at = Some(answered_at);
    let editor = environment.editor.borrow().clone();
    let work = Poll { environment: &environment, origin, editor, lease: &lease, started_at, answered_at };
    let report = match answer {
        // Nothing was sent: the site is to be left alone, which is not a failure of the feed.
        Err(error) if error.is_deferral() => work.deferred(next, &error),
        Err(error) => {
            let failure = Failure::of(&error);
            work.look_for_successor(&mut next, failure.status).await;
            work.failed(next, failure)
        }
        Ok(FeedResponse::NotModified { .. }) if sent == Validators::default() => {
            let message = "304 to a request without validators";
            work.failed(next, Failure::new(message, "bad_304"))
        }
        Ok(FeedResponse::NotModified { validators, freshness, redirects }) => {
            next.validators = validators;
            conditions::not_modified(&mut next);
            follow(&mut next, &lease.feed, &redirects, started_at);
            work.unchanged(next, &freshness, "not_modified")
        }
        // Boxed for its size: it holds the entries under way.
        Ok(FeedResponse::Document(document)) => Box::pin(work.document(next, document, &sent)).await,
    };
    environment.metrics.poll_duration.observe(started.elapsed().as_secs_f64());
    report
}

/// Keeps count of a permanent redirect (301, 308): only the hops before the first temporary one.
/// One that repeats a secret of the feed's address is followed afresh each time: the state is
/// public.
fn follow(state: &mut FeedState, feed: &Feed, redirects: &[Redirect], now: DateTime<Utc>) {
    let permanent = redirects.iter().take_while(|redirect| matches!(redirect.status, 301 | 308)).last();
    let believed = state.moved.as_ref().is_some_and(|moved| moved.believed(now));
    state.moved = match (permanent, state.moved.take()) {
        (None, moved) => moved.filter(|_| believed),
        (Some(redirect), Some(moved)) if moved.to == redirect.to => {
            Some(Moved { sightings: moved.sightings.saturating_add(1), ..moved })
        }
        (Some(redirect), _) => Some(Moved { to: redirect.to.clone(), sightings: 1, since: now }),
    }
    .filter(|moved| feed.hide(moved.to.as_str()).is_none() && public(&moved.to) == moved.to);
}

/// A poll under way.
struct Poll<'a> {
    environment: &'a Arc<Environment>,
    /// The web.
    origin: Patient,
    editor: Arc<Editor>,
    lease: &'a Lease,
    started_at: DateTime<Utc>,
    /// The request may have waited for its site's turn: the interval counts from here.
    answered_at: DateTime<Utc>,
}

impl Poll<'_> {
    fn failed(&self, mut next: FeedState, failure: Failure) -> PollReport {
        let Failure { message, reason, status, retry_after, wall } = failure;
        next.failures = next.failures.saturating_add(1);
        // A new address that does not answer is no longer believed.
        next.moved = None;
        next.failed_status = status;
        if let Some(wall) = &wall {
            self.environment.metrics.wall(wall.kind.as_str());
        }
        next.wall = wall;
        let ending = Ending::Failed { status, retry_after };
        self.due(&mut next, &ending);
        if matches!(status, Some(429 | 503)) {
            next.site_paused_until = retry_after
                .and_then(|pause| TimeDelta::from_std(pause).ok())
                .map(|pause| self.started_at + pause);
        }
        self.environment.metrics.failed_poll(reason);
        if status == Some(410) && next.failures == 1 {
            tracing::warn!(
                "the server says that the feed is gone for good; it is polled once a month from now on"
            );
        }
        if next.failures == 1 || next.failures.is_power_of_two() {
            tracing::warn!(
                error = message,
                failures = next.failures,
                due_at = %next.due_at,
                "poll failed"
            );
        }
        next.last_error = Some(message);
        self.stage_due(next)
    }

    fn deferred(&self, mut next: FeedState, error: &FetchError) -> PollReport {
        next.polled_at = self.lease.state.polled_at;
        let pause = error.retry_after.and_then(|pause| TimeDelta::from_std(pause).ok()).unwrap_or(DEFERRAL);
        next.site_paused_until = (!error.is_no_room()).then_some(self.started_at + pause);
        next.due_at = self.started_at + pause;
        let no_room = error.is_no_room();
        next.cadence.because = if no_room { DueBecause::NoRoom } else { DueBecause::SitePaused };
        self.environment.metrics.polled("deferred");
        self.stage_due(next)
    }

    fn unchanged(&self, mut next: FeedState, freshness: &Freshness, result: &'static str) -> PollReport {
        self.answered(&mut next);
        next.broken_off = next.broken_off.filter(BrokenOff::believed);
        // What was listed still is: entries expire by when they were listed last.
        next.still_lists(self.started_at);
        self.due(&mut next, &Ending::Unchanged(freshness.clone()));
        self.environment.metrics.polled(result);
        tracing::debug!(result, "polled");
        self.stage_due(next)
    }

    async fn document(
        &self,
        mut next: FeedState,
        mut document: FeedDocument,
        sent: &Validators,
    ) -> PollReport {
        conditions::document(&mut next, sent, &document, self.started_at);
        if next.body_hash.as_ref() == Some(&document.body_hash) {
            next.validators = document.validators;
            follow(&mut next, &self.lease.feed, &document.redirects, self.started_at);
            return self.unchanged(next, &document.freshness, "unchanged");
        }
        let mut parsed = match (self.parse(&document).await, &document.broken_off) {
            (Ok(parsed), _) => parsed,
            (Err(message), None) => return self.failed(next, Failure::no_feed(&message, document.wall)),
            (Err(message), Some(why)) => {
                let message = format!("{message}; the body broke off: {why}");
                return self.failed(next, Failure::new(message, "bad_body"));
            }
        };
        // Only its entries stay in memory, waiting for pages.
        document.body = Bytes::new();
        if let Some(share) = &document.share {
            share.give_way();
        }
        if let Err(error) = self.add_earlier(&next, &document, &mut parsed).await {
            return self.begun_in_vain(&error);
        }
        let rest = broken_off::keep_back(&mut next, &mut parsed, self.started_at);
        self.report_end(&next, &document);
        self.converges(&document);
        follow(&mut next, &self.lease.feed, &document.redirects, self.started_at);
        advertised::note_advertised(&mut next, &parsed.feed);
        self.note_hub(&mut next, &document, &parsed.feed);
        Box::pin(chunk::publish(self, next, document, parsed, rest)).await
    }

    /// What the document says counts only together with one that could not be fetched.
    fn begun_in_vain(&self, error: &FetchError) -> PollReport {
        let mut next = FeedState::clone(&self.lease.state);
        next.polled_at = Some(self.answered_at);
        match error.is_deferral() {
            true => self.deferred(next, error),
            false => self.failed(next, Failure::of(error)),
        }
    }

    /// Reports another feed that has come to lead to the same document.
    fn converges(&self, document: &FeedDocument) {
        let name = &self.lease.feed.name;
        let moved = !document.redirects.is_empty();
        if let Some(other) = self.environment.destinations.arrived(&document.url, name, moved) {
            self.environment.metrics.converging_feeds.inc();
            tracing::warn!(
                feed.name = name,
                other,
                "this feed leads to the same document as another one; configure only one of the two"
            );
        }
    }

    /// Reports how a document ended that did not end as it should.
    fn report_end(&self, next: &FeedState, document: &FeedDocument) {
        let name = &self.lease.feed.name;
        match (&next.broken_off, &document.broken_off) {
            (None, None) => {}
            (None, Some(why)) => {
                self.environment.metrics.broken_document("whole");
                tracing::warn!(
                    feed.name = name,
                    error = why,
                    "the response broke off after the end of the document"
                );
            }
            (Some(broken), why) => {
                self.environment.metrics.broken_document("part");
                if broken.documents.is_power_of_two() {
                    tracing::warn!(
                        feed.name = name,
                        line = broken.line,
                        documents = broken.documents,
                        believed = broken.believed(),
                        error = why.as_deref().unwrap_or("the root element is not closed"),
                        "the document ends in the middle"
                    );
                }
            }
        }
    }

    async fn parse(&self, document: &FeedDocument) -> Result<ParsedFeed, String> {
        let (body, base) = (document.body.clone(), document.url.clone());
        let content_type = document.content_type.clone();
        let parsing = self.environment.cpu.run("feed", move || {
            feed::parse(&body, &ParseOptions { base: Some(base), content_type: content_type.as_deref() })
        });
        match parsing.await {
            Ok(Ok(parsed)) => Ok(parsed),
            Ok(Err(not_a_feed)) => Err(format!("{}: {not_a_feed}", redact(&document.url))),
            Err(Panicked) => {
                self.environment.metrics.panicked("feed");
                Err(format!("{}: the parser panicked", redact(&document.url)))
            }
        }
    }

    fn answered(&self, next: &mut FeedState) {
        next.answered_at = Some(self.started_at);
        next.probed_at.get_or_insert(self.started_at);
        if next.failures > 0 {
            tracing::info!(failures = next.failures, "feed answers again");
        }
        next.failures = 0;
        next.last_error = None;
        next.failed_status = None;
        next.successor = None;
        next.wall = None;
    }

    fn due(&self, next: &mut FeedState, ending: &Ending) {
        let feed = &self.lease.feed;
        if let Ending::Changed(fresh) | Ending::Unchanged(fresh) = ending
            && let Some(fresh_for) = fresh.fresh_for.filter(|time| *time > CEILING)
        {
            tracing::info!(
                ?fresh_for,
                "the server declares the document fresh for longer than a day; it is polled again in a day all the same"
            );
        }
        let first = self.lease.state.polled_at.is_none();
        let told_until = next.told_until(self.answered_at);
        let polled = Polled { name: &feed.name, interval: feed.interval, first, told_until };
        next.due_at = next_due(polled, &mut next.cadence, next.failures, ending, self.answered_at);
    }

    /// A feed is never polled sooner than its interval.
    fn least(&self) -> TimeDelta {
        least(self.lease.feed.interval)
    }

    /// The feed's ledger record after this poll, with the report of its health.
    fn entry(&self, next: &mut FeedState) -> LedgerEntry {
        let health = self.health(next);
        LedgerEntry { feed: next.name.clone(), state: Some(next.to_json()), health }
    }

    fn health(&self, next: &mut FeedState) -> Option<Vec<u8>> {
        let before = next.health.as_ref().map(|told| told.condition).unwrap_or_default();
        let record = next.report_health(self.environment.options.feeds, self.started_at);
        let condition = next.health.as_ref().map(|told| told.condition).unwrap_or_default();
        if condition != before {
            let why = crate::ledger::health::condition_of(next, self.started_at).1;
            tracing::info!(
                from = before.as_str(),
                to = condition.as_str(),
                why,
                "the feed's condition changed"
            );
        }
        record
    }

    /// A state that publishes nothing goes out with whatever the shard commits next.
    fn stage(&self, mut next: FeedState) -> PollReport {
        self.lease.writer.stage(self.entry(&mut next));
        PollReport::Polled(Box::new(next))
    }

    /// The same for a state with no news about entries and memory.
    fn stage_due(&self, mut next: FeedState) -> PollReport {
        let health = self.health(&mut next);
        let (feed, state) = (LedgerEntry::due_key(&next.name), Some(next.to_due_json()));
        self.lease.writer.stage(LedgerEntry { feed, state, health });
        PollReport::Polled(Box::new(next))
    }
}
