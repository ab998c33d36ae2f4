//! When feeds are polled.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_feed_is_never_on_lease_twice_and_a_slow_one_holds_up_nobody() {
    let feeds = vec![feed("slow", INTERVAL), feed("a", INTERVAL), feed("b", INTERVAL)];
    let under_way = Arc::new(Mutex::new(BTreeSet::new()));
    let rig = Rig::start(feeds, 2, 1, move |lease, clock| {
        let name = lease.feed.name.clone();
        assert!(under_way.lock().unwrap().insert(name.clone()), "{name} is on lease twice");
        assert!(under_way.lock().unwrap().len() <= 2, "two workers");
        let duration = if name == "slow" { Duration::from_secs(200) } else { Duration::from_secs(1) };
        let poll = takes(duration, &lease, &clock);
        let under_way = under_way.clone();
        Box::pin(async move {
            let report = poll.await;
            under_way.lock().unwrap().remove(&name);
            report
        })
    });
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(1_000)).await;
    assert!((4..=6).contains(&rig.polls("slow").len()), "{:?}", rig.polls("slow"));
    for name in ["a", "b"] {
        let polls = rig.polls(name);
        assert!(polls.len() >= 16, "{polls:?}");
        for pair in polls.windows(2) {
            let apart = pair[1] - pair[0];
            assert!(apart >= Duration::from_secs(INTERVAL), "sooner than the interval: {polls:?}");
            assert!(apart <= Duration::from_secs(INTERVAL + 2), "held up: {polls:?}");
        }
    }
    assert!(!rig.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn many_feeds_are_spread_and_not_bursted() {
    let feeds: Vec<Feed> = (0..600).map(|number| feed(&format!("f{number}"), INTERVAL)).collect();
    let most_a_second = |rig: &Rig, from: Duration| {
        let mut seconds: BTreeMap<u64, usize> = BTreeMap::new();
        for (_, at, _) in rig.log.lock().unwrap().iter().filter(|(_, at, _)| *at >= from) {
            *seconds.entry(at.as_secs()).or_default() += 1;
        }
        seconds.into_values().max().unwrap_or_default()
    };
    let rig = Rig::start(feeds.clone(), 1_000, 1, quick);
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(62)).await;
    assert!(rig.log.lock().unwrap().len() >= 600);
    assert!(most_a_second(&rig, Duration::ZERO) < 50, "600 new feeds over a minute");

    // Overdue ones, as after a night: about 50 a second.
    let overdue = feeds
        .iter()
        .map(|feed| FeedState::new(&feed.name, &feed.url, base() - TimeDelta::hours(9)))
        .collect();
    let rig = Rig::start(feeds, 1_000, 1, quick);
    rig.give(0, overdue).await;
    sleep(Duration::from_secs(24)).await;
    assert_eq!(rig.log.lock().unwrap().len(), 600);
    assert!(most_a_second(&rig, Duration::ZERO) < 80);
}

#[tokio::test(start_paused = true)]
async fn restarts_in_quick_succession_do_not_put_a_new_feed_off() {
    // Up for 4 s of every 12, in step with the minute.
    let mut waiting: BTreeMap<String, Feed> = (0..40)
        .map(|number| format!("f{number}"))
        .map(|name| (name.clone(), feed(&name, INTERVAL)))
        .collect();
    let begin = Instant::now();
    while !waiting.is_empty() && begin.elapsed() < Duration::from_secs(600) {
        let rig = Rig::start(waiting.values().cloned().collect(), 40, 1, quick);
        *rig.stepped.lock().unwrap() = TimeDelta::from_std(begin.elapsed()).unwrap();
        rig.give(0, Vec::new()).await;
        sleep(Duration::from_secs(4)).await;
        waiting.retain(|name, _| rig.polls(name).is_empty());
        rig.task.abort();
        sleep(Duration::from_secs(8)).await;
    }
    assert!(waiting.is_empty(), "never polled in ten minutes: {:?}", waiting.keys());
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_was_cut_off_counts_as_one() {
    let rig = Rig::start(vec![feed("a", INTERVAL)], 1, 1, |_, _| Box::pin(std::future::pending()));
    let writer = rig.give(0, Vec::new()).await;
    while rig.polls("a").is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    // Before the request goes out the ledger knows of it.
    let written = writer.written.lock().unwrap().clone();
    assert_eq!(written.len(), 1);
    let mut restored = Restored::default();
    restored.take("ledger", 0, 0, written[0].feed.clone(), written[0].state.as_deref()).unwrap();
    let begun = restored.begun["a"].at;
    assert_eq!(begun, base() + TimeDelta::from_std(rig.polls("a")[0]).unwrap());
    rig.task.abort();

    let anew = |states: Vec<FeedState>| {
        let begun = restored.begun.clone();
        async move {
            let rig = Rig::start(vec![feed("a", INTERVAL)], 1, 1, quick);
            *rig.stepped.lock().unwrap() = begun["a"].at - base();
            let states = states.into_iter().map(|state| (state.name.clone(), state)).collect();
            rig.hand(0, Restored { states, begun, ..Restored::default() }).await;
            sleep(Duration::from_secs(3 * INTERVAL)).await;
            rig.polls("a")
        }
    };
    for states in
        [Vec::new(), vec![FeedState::new("a", &feed("a", INTERVAL).url, begun - TimeDelta::hours(1))]]
    {
        let polls = anew(states).await;
        assert!(polls[0] >= Duration::from_secs(INTERVAL), "the request may have been sent: {polls:?}");
        assert!(polls[0] < Duration::from_secs(INTERVAL + 2) && polls.len() >= 2, "{polls:?}");
    }
    // One whose end is known is due when its state says so.
    let ended = FeedState::new("a", &feed("a", INTERVAL).url, begun + TimeDelta::seconds(9));
    assert_eq!(anew(vec![ended]).await[0].as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_reload_during_a_lease_counts_when_the_lease_returns() {
    let feeds = vec![feed("gone", 10), feed("moved", 10), feed("same", 10)];
    let rig = Rig::start(feeds, 3, 1, |lease, clock| {
        let mut state = FeedState::clone(&lease.state);
        state.failures += 1;
        let lease = Lease { state: Arc::new(state), ..lease };
        takes(Duration::from_secs(5), &lease, &clock)
    });
    let due = |name: &str| FeedState::new(name, &feed(name, 10).url, base() + TimeDelta::seconds(1));
    rig.give(0, ["gone", "moved", "same"].map(due).into()).await;
    // One round is awaited on lease.
    while ["gone", "moved"].iter().any(|name| {
        rig.polls(name).last().is_none_or(|at| rig.started.elapsed() - *at > Duration::from_secs(4))
    }) {
        sleep(Duration::from_millis(50)).await;
    }
    let (gone, known) = (rig.polls("gone").len(), rig.last_state("gone").failures);
    let moved = Feed {
        interval: feed("moved", 20).interval,
        ..Feed::new("moved", Url::parse("http://moved.example/other").unwrap())
    };
    assert_eq!(rig.reload(vec![moved.clone(), feed("same", 10)]).await, (0, 1, 1));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.polls("gone").len(), gone, "not polled any more");
    assert_eq!(rig.last_state("moved").url, moved.url, "the state belongs to the new address");
    // Back again: what was known is still known, the poll during the reload included.
    assert_eq!(rig.reload(vec![moved, feed("same", 10), feed("gone", 10)]).await, (1, 0, 0));
    sleep(Duration::from_secs(20)).await;
    assert!(rig.polls("gone").len() > gone);
    assert!(rig.last_state("gone").failures > known);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_panics_is_polled_again_later() {
    let rig = Rig::start(vec![feed("a", 10)], 1, 1, |lease, clock| match lease.state.failures {
        0 => Box::pin(async { panic!("on purpose") }),
        _ => quick(lease, clock),
    });
    let writer = rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(90)).await;
    let polls = rig.polls("a");
    assert!(polls.len() >= 2, "{polls:?}");
    assert!(polls[1] - polls[0] >= Duration::from_secs(60), "{polls:?}");
    assert_eq!(writer.staged.lock().unwrap().as_slice(), [" due a"], "restarts keep the back-off");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_right_again_does_not_leave_feeds_alone_for_long() {
    let rig = Rig::start(vec![feed("a", INTERVAL), feed("b", INTERVAL)], 2, 1, quick);
    *rig.stepped.lock().unwrap() = TimeDelta::days(400);
    rig.give(0, Vec::new()).await;
    sleep(Duration::from_secs(100)).await;
    let polls = rig.polls("a").len();
    assert!(polls > 0);
    *rig.stepped.lock().unwrap() = TimeDelta::zero();
    sleep(Duration::from_secs(3 * INTERVAL)).await;
    assert!(rig.polls("a").len() >= polls + 2, "{:?}", rig.polls("a"));
}
