//! Shards that come, go, and take no records; stops.

use super::*;

#[tokio::test(start_paused = true)]
async fn stuck_workers_hold_up_neither_reload_nor_shutdown() {
    let feeds: Vec<Feed> = (0..50).map(|number| feed(&format!("f{number}"), 1)).collect();
    let rig = Rig::start(feeds.clone(), 4, 1, |_, _| Box::pin(std::future::pending()));
    let writer = rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(30)).await;
    assert_eq!(rig.log.lock().unwrap().len(), 3, "four workers; one is kept for feeds that answered");
    let mut new = feeds;
    new.truncate(48);
    new.push(feed("new", 1));
    assert_eq!(rig.reload(new).await, (1, 0, 2));
    let (stopped, after) = rig.stop().await;
    assert_eq!(stopped, Stopped::CutOff(3));
    assert!(after <= Duration::from_secs(11), "{after:?}");
    assert!(writer.closed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_kafka_does_not_take_waits_alone() {
    let mut by_shard: BTreeMap<i32, Feed> = BTreeMap::new();
    for number in 0..20 {
        let feed = feed(&format!("f{number}"), 10);
        by_shard.entry(shard_of(&feed.url, 2)).or_insert(feed);
    }
    let (blocked, free) = (by_shard[&0].name.clone(), by_shard[&1].name.clone());
    let rig = Rig::start(by_shard.into_values().collect(), 4, 2, quick);
    let writer = rig.give(0, Vec::new()).await;
    rig.give(1, Vec::new()).await;
    writer.blocked.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(300)).await;
    assert!(rig.polls(&blocked).is_empty());
    assert!(rig.polls(&free).len() >= 29);
    writer.blocked.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.polls(&blocked).len(), 1, "at once, and once");
}

#[tokio::test(start_paused = true)]
async fn a_revoked_shard_is_let_go_when_its_polls_have_ended() {
    let feeds = vec![feed("a", 10), feed("b", 10)];
    let mut rig = Rig::start(feeds, 2, 1, |lease, clock| takes(Duration::from_secs(5), &lease, &clock));
    let writer = rig.give(0, Vec::new()).await;
    while rig.log.lock().unwrap().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    let begun = rig.log.lock().unwrap().len();
    let finished = rig.revoke(0).await;
    sleep(Duration::from_secs(2)).await;
    assert!(!is_done(&finished), "a poll is under way");
    assert!(!writer.closed.load(Ordering::Relaxed), "whose commit is still to come");
    sleep(Duration::from_secs(4)).await;
    assert!(is_done(&finished));
    assert!(writer.closed.load(Ordering::Relaxed) && writer.flushes.load(Ordering::Relaxed) > 0);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.log.lock().unwrap().len(), begun, "nothing new was begun");
    assert!(rig.again.try_recv().is_err(), "it was given away, not lost");
    // A shard that was never held is let go at once.
    let finished = rig.revoke(0).await;
    sleep(Duration::from_millis(10)).await;
    assert!(is_done(&finished));
}

#[tokio::test(start_paused = true)]
async fn a_lost_shard_is_asked_for_anew_and_a_late_lease_changes_nothing() {
    let feeds = vec![feed("slow", 10), feed("loser", 10)];
    let mut rig = Rig::start(feeds, 2, 1, |lease, clock| {
        let first = lease.state.polled_at.is_none();
        match lease.feed.name.as_str() {
            "loser" if first => Box::pin(async { PollReport::Lost }),
            "slow" => takes(Duration::from_secs(90), &lease, &clock),
            _ => quick(lease, clock),
        }
    });
    let writer = rig.give(0, Vec::new()).await;
    assert_eq!(timeout(Duration::from_secs(30), rig.again.recv()).await.unwrap(), Some(0));
    assert!(writer.closed.load(Ordering::Relaxed));
    let before = rig.log.lock().unwrap().len();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(rig.log.lock().unwrap().len(), before, "nothing is polled without the shard");

    let known = |name: &str| {
        let mut state = FeedState::new(name, &feed(name, 10).url, base());
        state.polled_at = Some(base() - TimeDelta::hours(1));
        state.failures = 7;
        state
    };
    let anew = rig.give(0, vec![known("slow"), known("loser")]).await;
    sleep(Duration::from_secs(200)).await;
    assert_eq!(rig.last_state("loser").failures, 7, "the restored state is what counts");
    assert_eq!(rig.last_state("slow").failures, 7, "not that of the lease that came back late");
    assert!(rig.polls("loser").len() > 10);
    assert!(rig.again.try_recv().is_err());

    // A flush finds out as well.
    anew.lost.store(true, Ordering::Relaxed);
    assert_eq!(timeout(Duration::from_secs(2), rig.again.recv()).await.unwrap(), Some(0));
    assert!(anew.closed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_polls_under_way() {
    let feeds = vec![feed("a", 1), feed("b", 1)];
    let rig = Rig::start(feeds, 2, 1, |lease, clock| takes(Duration::from_secs(6), &lease, &clock));
    let writer = rig.give(0, Vec::new()).await;
    sleep(Duration::from_millis(2_500)).await;
    let begun = rig.log.clone();
    let flushes = writer.flushes.load(Ordering::Relaxed);
    let (stopped, after) = rig.stop().await;
    assert_eq!(stopped, Stopped::Drained);
    assert!(after < Duration::from_secs(7), "{after:?}");
    assert_eq!(begun.lock().unwrap().len(), 2, "nothing new was begun");
    assert!(writer.flushes.load(Ordering::Relaxed) > flushes);
    assert!(writer.closed.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_revocation_during_the_drain_is_answered() {
    let rig =
        Rig::start(vec![feed("a", 1)], 1, 1, |lease, clock| takes(Duration::from_secs(6), &lease, &clock));
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(2)).await;
    let shards = rig.shards.clone();
    let stopping = tokio::spawn(rig.stop());
    sleep(Duration::from_secs(1)).await;
    let (done, finished) = blocking::channel();
    assert!(shards.send(ShardEvent::Revoked { shard: 0, done }).await.is_ok());
    assert_eq!(stopping.await.unwrap().0, Stopped::Drained);
    sleep(Duration::from_millis(10)).await;
    assert!(is_done(&finished));
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_kafka_does_not_allow_does_not_begin() {
    let mut rig = Rig::start(vec![feed("a", 10)], 1, 1, quick);
    let writer = Arc::new(Writer::default());
    writer.lost.store(true, Ordering::Relaxed);
    let restored = Restored::default();
    let event = ShardEvent::Ready { shard: 0, writer: writer.clone(), restored };
    assert!(rig.shards.send(event).await.is_ok());
    assert_eq!(timeout(Duration::from_secs(30), rig.again.recv()).await.unwrap(), Some(0));
    assert!(rig.polls("a").is_empty(), "fenced: the next owner polls it");
}

#[tokio::test(start_paused = true)]
async fn what_must_stop_the_daemon_does() {
    let rig = Rig::start(vec![feed("a", 10)], 1, 1, quick);
    assert!(rig.shards.send(ShardEvent::Fatal("a newer ledger".into())).await.is_ok());
    assert_eq!(rig.task.await.unwrap(), Stopped::Fatal("a newer ledger".into()));
}
