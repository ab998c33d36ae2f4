//! What the hubs of feeds are asked, say and deliver (WebSub).

use std::sync::Arc;

use super::{
    super::{cadence::least, slots::Phase, told::set_as_untold},
    Scheduler,
    request::{Delivery, HubSaid, HubToAsk, HubTold, HubsToAsk, Taken},
};
use crate::{
    ledger::{DueBecause, Subscription},
    publish::LedgerEntry,
};

impl Scheduler {
    pub(super) fn hubs_to_ask(&mut self, wanted: HubsToAsk) {
        if wanted.answer.is_closed() {
            return;
        }
        let now = self.options.clock.now();
        let due = |subscription: &Subscription| {
            subscription.next_at <= now || subscription.callback != wanted.callback
        };
        let slots = self.slots.by_name.values().filter(|slot| {
            let held = self.shards.get(&slot.shard).is_some_and(|held| held.leaving.is_none());
            let open = held && !slot.removed && !slot.pausing && slot.state.paused_at.is_none();
            open && slot.state.hub.is_some() && slot.state.subscribed().is_none_or(due)
        });
        let names: Vec<String> = slots.take(wanted.most).map(|slot| slot.feed.name.clone()).collect();
        let mut to_ask = Vec::new();
        for name in names {
            let Some(slot) = self.slots.by_name.get_mut(&name) else { continue };
            let state = Arc::make_mut(&mut slot.state);
            let Some(links) = state.hub.as_deref() else { continue };
            let known = state.subscription.take().filter(|known| known.is_of(links));
            let mut subscription =
                known.unwrap_or_else(|| Box::new(Subscription::wanted(links, &wanted.callback, now)));
            if subscription.callback != wanted.callback {
                // The hub delivers to where nobody is any more.
                *subscription = Subscription::wanted(links, &wanted.callback, now);
            }
            subscription.asked(now);
            to_ask.push(HubToAsk {
                feed: name.clone(),
                http: slot.feed.http.clone(),
                hub: subscription.hub.clone(),
                topic: subscription.topic.clone(),
                ends: false,
            });
            state.subscription = Some(subscription);
            self.subscription_changed(&name);
        }
        self.hubs_to_end(&wanted, &mut to_ask);
        wanted.answer.send(to_ask).ok();
    }

    /// Feeds that nobody wants any more are not to be delivered either.
    fn hubs_to_end(&mut self, wanted: &HubsToAsk, to_ask: &mut Vec<HubToAsk>) {
        let now = self.options.clock.now();
        for held in self.shards.values_mut().filter(|held| held.leaving.is_none()) {
            for (name, state) in &mut held.spare {
                let Some(known) = state.subscription.as_mut() else { continue };
                // One of this name in another shard is delivered to the same address.
                let unwanted = self.configured.get(name).is_none();
                if to_ask.len() >= wanted.most || !unwanted || !known.is_to_end(&wanted.callback, now) {
                    continue;
                }
                known.asked_to_end(now);
                to_ask.push(HubToAsk {
                    feed: name.clone(),
                    http: None,
                    hub: known.hub.clone(),
                    topic: known.topic.clone(),
                    ends: true,
                });
                held.writer.stage(LedgerEntry::new(LedgerEntry::due_key(name), Some(state.to_due_json())));
            }
        }
    }

    /// What hubs are asked to end of a feed: what is left of it in another shard may be another subscription.
    pub(super) fn ending(&self, name: &str) -> Vec<Subscription> {
        let unwanted = self.configured.get(name).is_none();
        let spare = self.shards.values().filter_map(|held| held.spare.get(name)).filter(|_| unwanted);
        let known = spare.filter_map(|state| state.subscription.as_deref());
        known.filter(|known| known.ends).cloned().collect()
    }

    /// What a hub says of a subscription that it was asked to end; whether that was asked.
    fn told_of_end(&mut self, told: &HubTold) -> bool {
        let mut taken = false;
        for held in self.shards.values_mut() {
            let Some(state) = held.spare.get_mut(&told.feed) else { continue };
            let of_it = |known: &&mut Box<Subscription>| known.ends && known.topic == told.topic;
            let Some(known) = state.subscription.as_mut().filter(of_it) else { continue };
            match &told.said {
                HubSaid::Confirms(_) => return false,
                HubSaid::Ends | HubSaid::Denies(_) => {
                    tracing::info!(
                        feed.name = told.feed,
                        "the hub of a feed that is not configured delivers no more"
                    );
                    state.subscription = None;
                }
                HubSaid::Refuses(why) | HubSaid::Fails(why) => known.failed(why.clone()),
            }
            let entry = LedgerEntry::new(LedgerEntry::due_key(&told.feed), Some(state.to_due_json()));
            held.writer.stage(entry);
            taken = true;
        }
        taken
    }

    pub(super) fn hub_told(&mut self, told: HubTold) {
        if self.configured.get(&told.feed).is_none() {
            let taken = self.told_of_end(&told);
            told.answer.send(taken).ok();
            return;
        }
        let HubTold { feed: name, topic, said, answer } = told;
        let now = self.options.clock.now();
        let slot = self.slots.by_name.get_mut(&name).filter(|slot| !slot.removed);
        let wanted = slot.filter(|slot| {
            let subscription = slot.state.subscription.as_ref();
            let asked = said != HubSaid::Ends;
            asked && subscription.is_some_and(|known| known.topic == topic && known.is_wanted(now))
        });
        let Some(slot) = wanted else {
            answer.send(false).ok();
            return;
        };
        let (feed, state) = (slot.feed.clone(), Arc::make_mut(&mut slot.state));
        let due_at = state.due_at;
        if let Some(subscription) = state.subscription.as_mut() {
            let hub = subscription.hub.host_str().unwrap_or_default();
            match said {
                HubSaid::Confirms(lease) => {
                    tracing::info!(feed.name = name, hub, ?lease, "the feed's hub delivers what is new");
                    subscription.confirmed(&name, lease, now);
                }
                HubSaid::Denies(why) => {
                    tracing::warn!(feed.name = name, hub, why, "the feed's hub does not deliver");
                    subscription.refused(format!("it denies the subscription: {why}"), true, now);
                }
                HubSaid::Refuses(why) => {
                    tracing::warn!(feed.name = name, hub, why, "the feed's hub refuses a subscription");
                    subscription.refused(why, false, now);
                }
                // Of what is wanted nothing is ended.
                HubSaid::Ends => {}
                HubSaid::Fails(why) => {
                    tracing::info!(feed.name = name, hub, why, "the feed's hub could not be asked");
                    subscription.failed(why);
                }
            }
            if !subscription.is_live(now) {
                set_as_untold(state, &feed);
            }
        }
        if state.due_at != due_at {
            let due_at = state.due_at;
            self.slots.move_to(&name, due_at);
        }
        self.subscription_changed(&name);
        answer.send(true).ok();
    }

    /// Writes a change, unless a poll is under way: then with its end.
    fn subscription_changed(&self, name: &str) {
        if self.slots.by_name.get(name).is_some_and(|slot| slot.phase != Phase::Leased) {
            self.stage(name);
        }
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) {
        let Delivery { feed: name, document, answer } = delivery;
        let now = self.options.clock.now();
        let slot = self.slots.by_name.get_mut(&name).filter(|slot| !slot.removed);
        let taken = match slot {
            None => Taken::Elsewhere,
            Some(slot) if slot.state.paused_at.is_some() || slot.pausing => Taken::Paused,
            Some(slot) => match slot.told.get_or_insert_default().take(document, now) {
                true => Taken::Read,
                false => Taken::Polled,
            },
        };
        answer.send(taken).ok();
        self.told_meanwhile(&name);
    }

    /// A waiting feed is due where something was delivered. Its own due time stays what it is.
    pub(super) fn told_meanwhile(&mut self, name: &str) {
        let Some(slot) = self.slots.by_name.get_mut(name) else { return };
        let Some(told) = slot.told.as_mut() else { return };
        if slot.phase != Phase::Waiting || slot.state.paused_at.is_some() {
            return;
        }
        if told.waits() {
            let site = slot.site.clone();
            self.slots.read_now(name);
            let lane = self.slots.lane(name);
            self.sites.push(&site, name.to_owned(), lane);
        } else if std::mem::take(&mut told.left) {
            self.poll_soon(name);
        }
    }

    /// A waiting feed is polled as soon as its interval allows.
    fn poll_soon(&mut self, name: &str) {
        let now = self.options.clock.now();
        let Some(slot) = self.slots.by_name.get_mut(name) else { return };
        let floor = slot.state.polled_at.map_or(now, |at| at + least(slot.feed.interval));
        let soon = floor.max(now);
        if soon < slot.state.due_at {
            Arc::make_mut(&mut slot.state).cadence.because = DueBecause::Interval;
            self.slots.move_to(name, soon);
        }
    }
}
