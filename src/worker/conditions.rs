//! When a server's validators are trusted, and when a feed is requested without them.
//!
//! Some servers answer 304 forever, some refuse conditional requests, some never recognise their own `ETag`.
//! Each gives itself away: by a feed that is silent for much longer than ever before, by the answer to the
//! same request without conditions, by a body that comes again and again.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    fetch::{FeedDocument, FeedRequest, Refused, Validators},
    ledger::FeedState,
    schedule::{Lease, cadence::least},
};

/// A server whose validators have never been seen to work is asked without them this often.
const PROBE: TimeDelta = TimeDelta::days(7);

/// A feed that has been silent for this many times its usual gap may only seem so.
const SILENCE: i32 = 4;

/// The latest entries from which the usual gap is taken, and how many different times it needs.
const RHYTHM_OF: usize = 20;
const RHYTHM_MIN: usize = 4;

/// Polls between two requests without conditions, at least.
const PROBE_POLLS: i32 = 4;

/// How often a conditional request has to be refused before no more are sent.
const REFUSED_MAX: u32 = 2;

/// How often a 304 with another tag has to prove right before it is believed.
const OTHER_TAGS_MAX: u32 = 3;

/// How often an `ETag` has to miss an unchanged document before it is no longer sent.
const MISSES_MAX: u32 = 3;

/// The request to send: conditional if the validators can be trusted.
pub(super) fn request(lease: &Lease, now: DateTime<Utc>) -> FeedRequest {
    let (feed, state) = (&lease.feed, &lease.state);
    let known = &state.conditions;
    // A feed that keeps failing may refuse only the conditions: every other time it is asked without them.
    let failing = state.failures > 0 && state.failures.is_multiple_of(2);
    let probe = state.body_hash.is_some() && probe_due(state, least(feed.interval), now);
    let mut validators = Validators::default();
    if !(state.validators_distrusted || failing || probe) {
        validators.clone_from(&state.validators);
    }
    if known.misses >= MISSES_MAX && validators.last_modified.is_some() {
        validators.etag = None;
    }
    let moved = state.moved.as_ref().filter(|moved| moved.believed(now));
    FeedRequest {
        url: moved.map_or(&feed.url, |moved| &moved.to).clone(),
        validators,
        headers: feed.headers.clone(),
        http: feed.http.clone(),
        // A server that is down is not asked twice as often.
        again_if_refused: state.failures == 0,
        again_if_other_tag: state.failures == 0 && known.other_tags < OTHER_TAGS_MAX,
    }
}

/// Whether the validators are to be tested: after a week if they have never been seen to work, and, if the
/// feed has been silent for long by its own measure, at each doubling of the silence.
fn probe_due(state: &FeedState, least: TimeDelta, now: DateTime<Utc>) -> bool {
    let Some(probed_at) = state.probed_at else { return true };
    let since = now - probed_at;
    if since >= PROBE && !state.conditions.proven {
        return true;
    }
    let Some((newest, gap)) = rhythm(state, now) else { return false };
    let silence = now - newest;
    silence >= gap * SILENCE && since >= silence / 2 && since >= least * PROBE_POLLS
}

/// The date of the newest entry, and the usual time between two: the median of the last gaps. By
/// the entries' own dates, or, if they have none, by when they were first listed.
fn rhythm(state: &FeedState, now: DateTime<Utc>) -> Option<(DateTime<Utc>, TimeDelta)> {
    let times = state.entries.values().map(|entry| entry.published_at.unwrap_or(entry.first_seen_at));
    let mut times: Vec<DateTime<Utc>> = times.filter(|time| *time <= now).collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times.dedup();
    times.truncate(RHYTHM_OF);
    if times.len() < RHYTHM_MIN {
        return None;
    }
    let mut gaps: Vec<TimeDelta> = times.windows(2).map(|pair| pair[0] - pair[1]).collect();
    gaps.sort_unstable();
    Some((*times.first()?, *gaps.get(gaps.len() / 2)?))
}

/// A 304 came for `sent`.
pub(super) fn not_modified(state: &mut FeedState) {
    state.conditions.confirmed = true;
    state.conditions.misses = 0;
}

/// A document came for a request with the validators `sent`.
pub(super) fn document(
    state: &mut FeedState,
    sent: &Validators,
    document: &FeedDocument,
    now: DateTime<Utc>,
) {
    let same = state.body_hash.as_ref() == Some(&document.body_hash);
    let changed = state.body_hash.is_some() && !same;
    let plain = *sent == Validators::default() || document.refused.is_some();
    let known = &mut state.conditions;
    if plain {
        state.probed_at = Some(now);
    } else if same && sent.etag.is_some() {
        known.misses = known.misses.saturating_add(1);
    } else if changed && known.confirmed {
        // A 304 while nothing had changed, and now this: they work.
        known.proven = true;
    }
    let distrust = match document.refused {
        Some(Refused::Status(status)) => {
            known.refused = known.refused.saturating_add(1);
            (known.refused >= REFUSED_MAX).then(|| format!("conditional requests are refused with {status}"))
        }
        Some(Refused::OtherTag) => {
            known.other_tags = known.other_tags.saturating_add(1);
            changed.then(|| "304 for a changed document, under another tag".to_owned())
        }
        None => {
            let unmoved =
                state.validators != Validators::default() && state.validators == document.validators;
            (plain && changed && unmoved).then(|| "the same validators for a changed document".to_owned())
        }
    };
    if let Some(reason) = distrust.filter(|_| !state.validators_distrusted) {
        tracing::warn!(
            reason,
            "the server's ETag or Last-Modified cannot be relied on; the feed is fetched whole from now on"
        );
        state.validators_distrusted = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    /// A feed with entries of these hours, asked without conditions at `probed`.
    fn feed(hours: &[i64], probed: i64) -> FeedState {
        let mut state = FeedState::new("f", &url::Url::parse("http://a.example/f").unwrap(), at(0));
        for hour in hours {
            let entry = serde_json::json!({
                "article": "x", "revision": 1, "entry_hash": "e", "first_seen_at": at(0), "listed_at": at(0),
                "published_at": at(*hour),
            });
            state.entries.insert(hour.to_string(), serde_json::from_value(entry).unwrap());
        }
        state.probed_at = Some(at(probed));
        state.body_hash = Some("1".into());
        state
    }

    fn due(state: &FeedState, hour: i64) -> bool {
        probe_due(state, TimeDelta::minutes(5), at(hour))
    }

    #[test]
    fn a_silence_longer_than_ever_is_put_to_the_proof() {
        let hourly = feed(&[-5, -4, -3, -2, -1, 0], 0);
        assert!(!due(&hourly, 1) && !due(&hourly, 3));
        assert!(due(&hourly, 4), "four times the gap");
        let asked = feed(&[-5, -4, -3, -2, -1, 0], 4);
        assert!(!due(&asked, 5) && !due(&asked, 7));
        assert!(due(&asked, 8), "the silence has doubled");
        let weekly = feed(&[-840, -672, -504, -336, -168, 0], 0);
        assert!(!due(&weekly, 160), "silent as always");
        let few = feed(&[-2, -1, 0], 0);
        assert!(!due(&few, 100) && due(&few, 24 * 7), "no rhythm: after a week");
        let mut proven = feed(&[-2, -1, 0], 0);
        proven.conditions.proven = true;
        assert!(!due(&proven, 24 * 30), "validators that work are not doubted");
        let dead = feed(&[-9005, -9004, -9003, -9002, -9001], 0);
        assert!(!due(&dead, 100), "a feed of old is no news");
    }
}
