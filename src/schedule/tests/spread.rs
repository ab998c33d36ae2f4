//! Polls are spread over time, and feeds that hang starve nobody.

use super::*;

const SHARDS: i32 = 16;

/// Polls of each whole second from `from` on.
fn seconds(rig: &Rig, from: u64, to: u64) -> Vec<usize> {
    let mut counts = vec![0; usize::try_from(to - from).unwrap()];
    for (_, at, _) in rig.log.lock().unwrap().iter() {
        if let Some(count) = at.as_secs().checked_sub(from).and_then(|at| counts.get_mut(at as usize)) {
            *count += 1;
        }
    }
    counts
}

/// A poll that is answered after 20 to 500 ms, as its server likes today.
fn answered(lease: Lease, clock: Clock) -> BoxFuture<'static, PollReport> {
    let at = clock.now().timestamp_millis();
    let name: i64 = lease.feed.name.bytes().map(i64::from).sum();
    let millis = 20 + (at / 7 + name * 31) % 480;
    ends(Duration::from_millis(u64::try_from(millis).unwrap()), true, &lease, &clock)
}

/// A poll that takes so long and is answered, or not.
fn ends(after: Duration, answered: bool, lease: &Lease, clock: &Clock) -> BoxFuture<'static, PollReport> {
    let (mut next, clock) = (FeedState::clone(&lease.state), clock.clone());
    let Interval::Every(every) = lease.feed.interval else { panic!("a fixed interval") };
    Box::pin(async move {
        sleep(after).await;
        let now = clock.now();
        next.failures = if answered { 0 } else { next.failures + 1 };
        next.answered_at = if answered { Some(now) } else { next.answered_at };
        next.polled_at = Some(now);
        next.due_at = now + TimeDelta::from_std(every * 2u32.pow(next.failures.min(4))).unwrap();
        PollReport::Polled(Box::new(next))
    })
}

#[tokio::test(start_paused = true)]
async fn five_thousand_feeds_of_a_minute_come_evenly_from_the_first_minute_on() {
    let feeds: Vec<Feed> = (0..5_000).map(|number| feed(&format!("f{number}"), 60)).collect();
    let rig = Rig::start(feeds, 512, SHARDS, answered);
    // In the middle of a minute, and one shard after the other.
    sleep(Duration::from_millis(17_300)).await;
    for shard in 0..SHARDS {
        rig.give(shard, Vec::new()).await;
    }
    let from = 18;
    sleep(Duration::from_secs(4 * 60)).await;
    let counts = seconds(&rig, from, from + 230);
    let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let (least, most) = (*counts.iter().min().unwrap() as f64, *counts.iter().max().unwrap() as f64);
    assert!(least > 0.8 * mean && most < 1.2 * mean, "{least} to {most} around {mean:.1}: {counts:?}");
    assert!(mean > 5_000.0 / 63.0, "late: {mean}");
    let mut last: BTreeMap<String, Duration> = BTreeMap::new();
    for (name, at, _) in rig.log.lock().unwrap().iter() {
        if let Some(before) = last.insert(name.clone(), *at) {
            assert!(*at - before >= Duration::from_secs(60), "{name} sooner than its interval");
        }
    }
}

/// Starts of the good feeds' polls, and how late the latest of them was.
fn lateness(rig: &Rig, good: &[String]) -> (usize, Duration) {
    let log = rig.log.lock().unwrap();
    let polls = log.iter().filter(|(name, ..)| good.contains(name));
    let late = polls.map(|(_, at, state)| {
        let due = (state.due_at - base()).to_std().unwrap_or_default();
        at.saturating_sub(due)
    });
    late.fold((0, Duration::ZERO), |(count, most), late| (count + 1, most.max(late)))
}

#[tokio::test(start_paused = true)]
async fn feeds_that_hang_starve_nobody() {
    // The defaults; then so few workers that the hanging feeds could take all of them.
    for (workers, hung) in [(512, 500), (64, 500), (512, 10_000)] {
        let good: Vec<String> = (0..10).map(|number| format!("good{number}")).collect();
        let mut feeds: Vec<Feed> = good.iter().map(|name| feed(name, 1)).collect();
        feeds.extend((0..hung).map(|number| feed(&format!("hung{number}"), 60)));
        let rig = Rig::start(feeds, workers, SHARDS, |lease, clock| {
            let is_good = lease.feed.name.starts_with("good");
            let after = if is_good { Duration::from_millis(20) } else { Duration::from_secs(20) };
            let place = lease.place.clone();
            let answer = ends(after, is_good, &lease, &clock);
            let given_up = ends(Duration::ZERO, false, &lease, &clock);
            Box::pin(async move {
                match place.wait(answer).await {
                    Ok(report) => report,
                    Err(GivenUp(_)) => given_up.await,
                }
            })
        });
        for shard in 0..SHARDS {
            rig.give(shard, Vec::new()).await;
        }
        // From the first polls on, when nobody knows yet which feeds will hang.
        sleep(Duration::from_secs(60)).await;
        let (polls, late) = lateness(&rig, &good);
        assert!(polls > 570, "{workers} workers, {hung} hung: {polls} polls");
        assert!(late < Duration::from_millis(100), "{workers} workers, {hung} hung: {late:?} late");
        let asked = rig.log.lock().unwrap().iter().filter(|(name, ..)| name.starts_with("hung")).count();
        assert!(asked > 100, "the others are asked too: {asked}");
        rig.task.abort();
    }
}
