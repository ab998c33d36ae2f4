//! The list of feeds that the page and the API are made of.

use super::*;
use crate::ledger::Standing;

impl Rig {
    async fn roll(&self) -> Vec<(String, Standing)> {
        let (answer, answered) = oneshot::channel();
        assert!(self.reloads.send(Request::Roll(answer)).await.is_ok());
        let roll = answered.await.unwrap();
        assert_eq!(roll.feeds.all().len(), roll.standings.len());
        roll.feeds.all().iter().map(|feed| feed.name.clone()).zip(roll.standings).collect()
    }

    async fn pause(&self, name: &str, paused: bool) -> bool {
        let (done, answered) = oneshot::channel();
        let pause = Pause { feed: name.to_owned(), paused, done };
        assert!(self.reloads.send(Request::Pause(pause)).await.is_ok());
        answered.await.unwrap().unwrap()
    }
}

fn told(roll: &[(String, Standing)]) -> Vec<(&str, Standing)> {
    roll.iter().map(|(name, standing)| (name.as_str(), *standing)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_list_tells_how_each_feed_stands_whatever_happens_to_it() {
    use Standing::{Elsewhere, Healthy, NeverPolled, Paused, Quarantined};

    let names = ["d", "b", "a", "c"];
    let rig = Rig::start(names.map(|name| feed(name, 3_600)).into(), 2, 1, |lease, clock| {
        takes(Duration::from_secs(5), &lease, &clock)
    });
    let nobodys = [("a", Elsewhere), ("b", Elsewhere), ("c", Elsewhere), ("d", Elsewhere)];
    assert_eq!(told(&rig.roll().await), nobodys, "no shard is held");
    let corrupt = [("c".to_owned(), "not JSON".to_owned())].into();
    let due =
        |name: &str, second| FeedState::new(name, &feed(name, 1).url, base() + TimeDelta::seconds(second));
    let states = [due("a", 1), due("b", 3_000)].map(|state| (state.name.clone(), state)).into();
    rig.hand(0, Restored { states, corrupt, ..Restored::default() }).await;
    let restored = [("a", NeverPolled), ("b", NeverPolled), ("c", Quarantined), ("d", NeverPolled)];
    assert_eq!(told(&rig.roll().await), restored);

    // Paused while it waits, and while a poll is under way.
    assert!(rig.pause("b", true).await);
    while rig.polls("a").is_empty() {
        sleep(Duration::from_millis(50)).await;
    }
    assert!(!rig.pause("a", true).await, "at the end of the poll");
    assert_eq!(told(&rig.roll().await)[..2], [("a", Paused), ("b", Paused)]);
    sleep(Duration::from_secs(90)).await;
    assert_eq!(told(&rig.roll().await)[..2], [("a", Paused), ("b", Paused)]);
    assert!(rig.pause("a", false).await && rig.pause("b", false).await);
    let polled = [("a", Healthy), ("b", NeverPolled), ("c", Quarantined), ("d", Healthy)];
    assert_eq!(told(&rig.roll().await), polled);

    // Other places in another list.
    rig.reload(["e", "d", "a"].map(|name| feed(name, 3_600)).into()).await;
    assert_eq!(told(&rig.roll().await), [("a", Healthy), ("d", Healthy), ("e", NeverPolled)]);
    drop(rig.revoke(0).await);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(told(&rig.roll().await), [("a", Elsewhere), ("d", Elsewhere), ("e", Elsewhere)]);
}
