//! What an operator asks for: the state of feeds, a poll now, no polls for a while.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    super::{cadence::FLOOR, slots::Phase},
    Scheduler,
    request::{Activity, Asked, NotNow, Pause, Request, Roll, Shown, ShownShard},
};
use crate::{
    config::{Feed, Interval},
    ledger::{DueBecause, FeedState, Standing, partition::shard_of},
};

/// How far apart, at least, two polls requested by an operator are: as far as those of an adaptive
/// feed, or a fixed interval if that is shorter.
fn floor(interval: Interval) -> TimeDelta {
    let least = match interval {
        Interval::Every(every) => every.min(FLOOR),
        Interval::Adaptive => FLOOR,
    };
    TimeDelta::from_std(least).unwrap_or_default()
}

/// From when a poll may be requested, and who says so; `None` if it may be now. A freshness or an
/// interval that the feed declares is for programs: a person may look earlier. What the server
/// itself asks for applies to both.
fn too_soon(
    feed: &Feed,
    state: &FeedState,
    begun: Option<DateTime<Utc>>,
    site_rests: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<NotNow> {
    let asked_last = state.polled_at.max(begun).map(|at| at + floor(feed.interval));
    let by_server = match (state.cadence.because, state.failed_status) {
        (DueBecause::RetryAfter, _) => {
            Some((state.due_at, "its server asks to come back later (Retry-After)"))
        }
        (DueBecause::Refused, Some(429)) => {
            Some((state.due_at, "its server says that there were too many requests (429)"))
        }
        _ => None,
    };
    [
        asked_last.map(|until| (until, "it was polled a moment ago; polls have to be further apart")),
        by_server,
        state.site_paused_until.max(site_rests).map(|until| (until, "its site is left alone until then")),
    ]
    .into_iter()
    .flatten()
    .filter(|(until, _)| *until > now)
    .max_by_key(|(until, _)| *until)
    .map(|(until, why)| NotNow::TooSoon { until, why })
}

impl Scheduler {
    pub(super) fn asked(&mut self, request: Request) {
        match request {
            Request::Reload(reload) => self.reload(reload),
            Request::Roll(answer) => drop(answer.send(self.roll())),
            Request::Feeds(names, answer) => {
                let feeds = names.iter().filter_map(|name| self.configured.get(name));
                drop(answer.send(feeds.map(|feed| self.show(feed)).collect()));
            }
            Request::Feed(name, answer) => {
                drop(answer.send(self.configured.get(&name).map(|feed| self.show(feed))));
            }
            Request::Shards(answer) => drop(answer.send(self.show_shards())),
            // Whoever asked may have given up meanwhile.
            Request::Poll(name, answer) if !answer.is_closed() => drop(answer.send(self.poll_now(&name))),
            Request::Pause(pause) if !pause.done.is_closed() => self.pause(pause),
            Request::HubsToAsk(wanted) => self.hubs_to_ask(wanted),
            Request::HubTold(told) => self.hub_told(told),
            Request::Ending(name, answer) => drop(answer.send(self.ending(&name))),
            Request::Deliver(delivery) => self.deliver(delivery),
            Request::Poll(..) | Request::Pause(_) => {}
        }
    }

    fn roll(&mut self) -> Roll {
        let mut standings = self.slots.standings(&self.configured);
        for (shard, held) in &self.shards {
            for name in held.quarantined.keys() {
                let feed = self.configured.get(name);
                let ours = feed.is_some_and(|feed| shard_of(&feed.url, self.options.shards) == *shard);
                let place = self.configured.place(name).filter(|_| ours);
                if let Some(standing) = place.and_then(|place| standings.get_mut(place))
                    && *standing == Standing::Elsewhere
                {
                    *standing = Standing::Quarantined;
                }
            }
        }
        Roll { feeds: self.configured.clone(), standings }
    }

    fn show(&self, feed: &Arc<Feed>) -> Shown {
        let feed = feed.clone();
        let Some(slot) = self.slots.by_name.get(&feed.name) else {
            let shard = self.shards.get(&shard_of(&feed.url, self.options.shards));
            let activity = match shard.and_then(|held| held.quarantined.get(&feed.name)) {
                Some(what) => Activity::Quarantined(what.clone()),
                None => Activity::Elsewhere,
            };
            return Shown { feed, activity, state: None };
        };
        let activity = match slot.phase {
            _ if slot.state.paused_at.is_some() || slot.pausing => Activity::Paused,
            Phase::Waiting => Activity::Waiting,
            Phase::Due => Activity::Due,
            Phase::Leased => Activity::Polling,
        };
        Shown { feed, activity, state: Some(slot.state.clone()) }
    }

    fn show_shards(&self) -> Vec<ShownShard> {
        let mut feeds = BTreeMap::<i32, usize>::new();
        for slot in self.slots.by_name.values() {
            *feeds.entry(slot.shard).or_default() += 1;
        }
        let shown = self.shards.iter().map(|(shard, held)| ShownShard {
            shard: *shard,
            feeds: feeds.get(shard).copied().unwrap_or_default(),
            polls: held.leases,
            quarantined: held.quarantined.len(),
            blocked: held.writer.is_blocked(),
            leaving: held.leaving.is_some(),
        });
        shown.collect()
    }

    /// Why nothing can be done with a feed that has no slot.
    fn missing(&self, name: &str) -> NotNow {
        match self.configured.get(name).map(|feed| self.show(feed).activity) {
            Some(Activity::Quarantined(what)) => NotNow::Quarantined(what),
            Some(_) => {
                let feed = self.configured.get(name);
                NotNow::Elsewhere(feed.map_or(0, |feed| shard_of(&feed.url, self.options.shards)))
            }
            None => NotNow::Unknown,
        }
    }

    fn poll_now(&mut self, name: &str) -> Result<Asked, NotNow> {
        let slot = self.slots.by_name.get(name).filter(|slot| !slot.removed);
        let Some(slot) = slot else { return Err(self.missing(name)) };
        if slot.state.paused_at.is_some() || slot.pausing {
            return Err(NotNow::Paused);
        }
        match slot.phase {
            Phase::Due => return Ok(Asked::Waits),
            Phase::Leased => return Ok(Asked::UnderWay),
            Phase::Waiting => {}
        }
        let now = self.options.clock.now();
        let held = self.shards.get(&slot.shard).filter(|held| held.leaving.is_none());
        let Some(held) = held else { return Err(NotNow::Elsewhere(slot.shard)) };
        let begun = held.begun.of_feed(name).map(|poll| poll.at.min(now));
        let site_rests = self.sites.paused_until(&slot.site);
        if let Some(not_now) = too_soon(&slot.feed, &slot.state, begun, site_rests, now) {
            return Err(not_now);
        }
        self.slots.move_to(name, now);
        tracing::info!(feed.name = name, "an operator asked for a poll");
        Ok(Asked::Due(now))
    }

    fn pause(&mut self, pause: Pause) {
        let Pause { feed: name, paused, done } = pause;
        let slot = self.slots.by_name.get_mut(&name).filter(|slot| !slot.removed);
        let held = slot.as_ref().and_then(|slot| self.shards.get(&slot.shard));
        let (Some(slot), Some(held)) = (slot, held.filter(|held| held.leaving.is_none())) else {
            done.send(Err(self.missing(&name))).ok();
            return;
        };
        let (shard, epoch, writer) = (slot.shard, held.epoch, held.writer.clone());
        if slot.phase == Phase::Leased {
            slot.pausing = paused;
            done.send(Ok(false)).ok();
            return;
        }
        if slot.state.paused_at.is_some() != paused {
            self.set_paused(&name, paused);
        }
        self.flushes.spawn(async move {
            let flushed = writer.flush().await;
            done.send(flushed.map(|()| true).map_err(|_| NotNow::Lost)).ok();
            (shard, epoch, flushed)
        });
    }

    /// Notes in the state of a waiting or due feed that it is paused, or no longer is.
    pub(super) fn set_paused(&mut self, name: &str, paused: bool) {
        let now = self.options.clock.now();
        let Some(slot) = self.slots.by_name.get_mut(name) else { return };
        let state = Arc::make_mut(&mut slot.state);
        state.paused_at = paused.then_some(now);
        slot.standing = Standing::reported(state);
        if slot.phase == Phase::Due && paused {
            slot.phase = Phase::Waiting;
            self.sites.retain(|feed| feed != name);
            self.parked.retain(|(_, feed)| feed != name);
        }
        self.stage(name);
        let Some(slot) = self.slots.by_name.get(name) else { return };
        let due_at = slot.state.due_at;
        if !paused {
            self.slots.move_to(name, due_at.max(now));
        }
        tracing::info!(feed.name = name, paused, "an operator paused or resumed the feed");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    /// Until when a poll has to wait.
    fn until(interval: Interval, change: impl Fn(&mut FeedState), rests: Option<i64>) -> Option<i64> {
        let feed = Feed { interval, ..Feed::new("a", Url::parse("http://a.example/f").unwrap()) };
        let mut state = FeedState::new("a", &feed.url, at(9_000));
        state.polled_at = Some(at(0));
        change(&mut state);
        match too_soon(&feed, &state, None, rests.map(at), at(400)) {
            None => None,
            Some(NotNow::TooSoon { until, .. }) => Some((until - at(0)).num_seconds()),
            Some(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_politeness_asks_for_is_kept_to() {
        let every = |seconds| Interval::Every(Duration::from_secs(seconds));
        let plain = |_: &mut FeedState| ();
        let polled = |second| move |state: &mut FeedState| state.polled_at = Some(at(second));
        assert_eq!(until(Interval::Adaptive, plain, None), None, "400 s ago");
        assert_eq!(until(Interval::Adaptive, polled(101), None), Some(401));
        assert_eq!(until(every(3_600), polled(101), None), Some(401), "an interval is no floor");
        assert_eq!(until(every(10), polled(391), None), Some(401), "but a short one is");
        assert_eq!(until(every(10), polled(390), None), None);
        assert_eq!(until(Interval::Adaptive, |state| state.polled_at = None, None), None);
        let because = |because, status| {
            move |state: &mut FeedState| {
                state.cadence.because = because;
                state.failed_status = status;
            }
        };
        assert_eq!(until(Interval::Adaptive, because(DueBecause::RetryAfter, None), None), Some(9_000));
        assert_eq!(until(every(60), because(DueBecause::Refused, Some(429)), None), Some(9_000));
        for (reason, status) in [
            (DueBecause::Refused, Some(403)),
            (DueBecause::Gone, Some(410)),
            (DueBecause::Fresh, None),
            (DueBecause::Advertised, None),
            (DueBecause::Failures, Some(500)),
        ] {
            assert_eq!(until(Interval::Adaptive, because(reason, status), None), None, "{reason:?}");
        }
        assert_eq!(until(every(60), plain, Some(700)), Some(700), "another feed of the site was told");
        let rests = |state: &mut FeedState| state.site_paused_until = Some(at(800));
        assert_eq!(until(every(60), rests, Some(700)), Some(800));
    }
}
