//! Asks hubs: for new subscriptions, and for those that end before long.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::{
    sync::oneshot,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{Parts, keys::Subject};
use crate::{
    fetch::{HubAnswer, HubRequest},
    observe::ResultLabel,
    schedule::{HubSaid, HubToAsk, HubTold, HubsToAsk, Request},
};

/// How often it is looked for hubs to ask.
const LOOK: Duration = Duration::from_secs(5);

/// Hubs that are asked in one turn, and at once; a hub is a site, with the limits of any other.
const ASKED_MAX: usize = 64;
const AT_ONCE: usize = 8;

/// The scheduler answers within this time, or is asked another time.
const ANSWER: Duration = Duration::from_secs(5);

/// Runs until the future is dropped.
pub(super) async fn run(parts: Parts) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let to_ask = to_ask(&parts).await;
        stream::iter(to_ask).for_each_concurrent(AT_ONCE, |hub| ask(&parts, hub)).await;
    }
}

async fn to_ask(parts: &Parts) -> Vec<HubToAsk> {
    let (answer, answered) = oneshot::channel();
    let question = HubsToAsk { callback: parts.keys.name().to_owned(), most: ASKED_MAX, answer };
    let asked = async {
        parts.scheduler.send(Request::HubsToAsk(question)).await.ok()?;
        answered.await.ok()
    };
    timeout(ANSWER, asked).await.ok().flatten().unwrap_or_default()
}

async fn ask(parts: &Parts, to_ask: HubToAsk) {
    let HubToAsk { feed, http, hub, topic, ends } = to_ask;
    let subject = Subject { feed: &feed, hub: hub.as_str(), topic: &topic };
    let request = HubRequest {
        callback: parts.keys.callback(subject),
        secret: parts.keys.secret(subject),
        lease_s: parts.lease_s,
        http,
        ends,
        hub: hub.clone(),
        topic: topic.clone(),
    };
    let (result, said) = match parts.fetcher.hub(&request).await {
        Ok(HubAnswer::Accepted) => ("accepted", None),
        Ok(HubAnswer::Refused(why)) => ("refused", Some(HubSaid::Refuses(why))),
        Ok(HubAnswer::Failed(why)) => ("failed", Some(HubSaid::Fails(why))),
        Err(error) => ("failed", Some(HubSaid::Fails(error.to_string()))),
    };
    parts.metrics.websub_requests.get_or_create(&ResultLabel { result }).inc();
    if let Some(said) = said {
        // Where nobody answers nothing is lost: the hub is asked again.
        let (answer, _) = oneshot::channel();
        let told = HubTold { feed, topic, said, answer };
        timeout(ANSWER, parts.scheduler.send(Request::HubTold(told))).await.ok();
    }
}
