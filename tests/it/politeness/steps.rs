//! A case from its first step to its last.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    config::{self, Config},
    fetch::Lookup,
};
use serde_json::{Value as Json, json};
use tracing_subscriber::fmt::MakeWriter;

use super::{
    case::{Asked, Case, Ending, Hub, Step, address, counts, duration, durations},
    desk::{Desk, Ledger, Time},
    hub,
    origin::{Origin, Request},
};

/// No case needs longer.
const LONGEST: TimeDelta = TimeDelta::days(400);

/// Runs a case; panics where it is not as it has to be.
pub fn run(case: &Case) {
    if case.steps.is_empty() {
        return;
    }
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut stage = Stage::set(case, log).await;
            for (at, step) in case.steps.iter().enumerate() {
                stage.step(step, &format!("{}, step {}: {step:?}", case.id, at + 1)).await;
            }
        });
    });
}

/// The desk, the web around it, and what was looked at so far.
struct Stage<'a> {
    case: &'a Case,
    origin: Origin,
    desk: Option<Desk>,
    log: Log,
    /// Requests and articles that a step has looked at.
    requests_seen: usize,
    published_seen: usize,
}

impl<'a> Stage<'a> {
    async fn set(case: &'a Case, log: Log) -> Self {
        let time = Time::new();
        let origin = Origin::start(&time.clock());
        origin.set(&case.answers);
        let config = configured(case, &case.feeds);
        let desk = Desk::start(&time, config, lookup(origin.address), Arc::default()).await;
        Self { case, origin, desk: Some(desk), log, requests_seen: 0, published_seen: 0 }
    }

    fn desk(&self) -> &Desk {
        self.desk.as_ref().expect("it runs")
    }

    fn news(&mut self) -> Vec<Request> {
        let log = self.origin.log();
        let news = log.get(self.requests_seen..).unwrap_or_default().to_vec();
        self.requests_seen = log.len();
        news
    }

    async fn again(&mut self, killed: bool) {
        let desk = self.desk.take().expect("it runs");
        let (time, ledger): (Time, Arc<Ledger>) = (desk.time.clone(), desk.end(killed).await);
        let config = configured(self.case, &self.case.feeds);
        // Articles are counted by the ledger, which goes on.
        self.desk = Some(Desk::start(&time, config, lookup(self.origin.address), ledger).await);
    }

    async fn step(&mut self, step: &Step, place: &str) {
        match step {
            Step::Polls(count) => {
                let desk = self.desk();
                let wanted = desk.polls.ended.load(Relaxed) + count;
                let end = desk.time.now() + LONGEST;
                desk.run(end, |desk| desk.polls.ended.load(Relaxed) >= wanted).await;
                assert!(desk.polls.ended.load(Relaxed) >= wanted, "{place}: fewer polls");
            }
            Step::Run(time) => {
                let desk = self.desk();
                let end = desk.time.now() + TimeDelta::from_std(duration(time)).expect("within range");
                desk.run(end, |_| false).await;
            }
            Step::Sleep(time) => {
                let time = TimeDelta::from_std(duration(time)).expect("within range");
                self.desk().sleep(time).await;
            }
            Step::Answers(answers) => self.origin.set(answers),
            Step::Reload(feeds) => {
                let feeds = configured(self.case, feeds).feeds;
                self.desk.as_mut().expect("it runs").reload(feeds).await;
            }
            Step::Restart(ending) => self.again(*ending == Ending::Kill).await,
            Step::Lose(commits) => self.desk().lose(*commits),
            Step::Hub(act) => self.hub(act, place).await,
            _ => self.expect(step, place),
        }
    }

    /// The request for a subscription that a hub was sent last.
    fn asked_for(&self, place: &str) -> Request {
        let log = self.origin.log();
        let asked = log.into_iter().rev().find(|request| request.address.starts_with("POST "));
        asked.unwrap_or_else(|| panic!("{place}: no hub was asked"))
    }

    async fn hub(&self, act: &Hub, place: &str) {
        let (asked, act, place) = (self.asked_for(place), act.clone(), place.to_owned());
        let (listener, _) = self.desk().hubs.as_ref().expect("`websub` of the case");
        let listener = *listener;
        let acting = tokio::task::spawn_blocking(move || match act {
            Hub::Asks(question) => hub::ask(listener, &asked, &question, &place),
            Hub::Delivers(delivery) => hub::deliver(listener, &asked, &delivery, &place),
        });
        if let Err(panicked) = acting.await {
            std::panic::resume_unwind(panicked.into_panic());
        }
        self.desk().look().await;
    }

    fn expect(&mut self, step: &Step, place: &str) {
        match step {
            Step::Posted(wanted) => {
                let asked = self.asked_for(place);
                for (name, value) in wanted {
                    assert_eq!(hub::field(&asked, name), *value, "{place}: {:?}", hub::form(&asked));
                }
            }
            Step::Asked(wanted) => assert_asked(&self.news(), wanted, place),
            Step::AskedTimes(wanted) => {
                let news = self.news();
                for (path, range) in wanted {
                    let times = news.iter().filter(|request| request.address == address(path)).count();
                    assert!(
                        counts(range).contains(&times),
                        "{place}: {path} asked {times} times: {}",
                        told(&news)
                    );
                }
            }
            Step::Apart(least) => {
                let mut last: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
                for request in self.news() {
                    if let Some(before) = last.insert(request.address.clone(), request.at) {
                        let apart = (request.at - before).to_std().unwrap_or_default();
                        assert!(apart >= duration(least), "{place}: {} after {apart:?}", request.address);
                    }
                }
            }
            Step::Spaced(least) => {
                let news = self.news();
                for pair in news.windows(2) {
                    let apart = (pair[1].at - pair[0].at).to_std().unwrap_or_default();
                    assert!(apart >= duration(least), "{place}: {apart:?} apart: {}", told(&news));
                }
            }
            Step::Plain(wanted) => {
                let news = self.news();
                let conditional = |request: &Request| {
                    ["if-none-match", "if-modified-since"].iter().any(|name| request.header(name).is_some())
                };
                let plain = news.iter().filter(|request| !conditional(request)).count();
                assert_eq!(plain, *wanted, "{place}: {}", told(&news));
            }
            Step::Connections(range) => {
                let connections = self.origin.connections();
                assert!(counts(range).contains(&connections), "{place}: {connections} connections");
            }
            Step::Published(wanted) => {
                let published = self.desk().published();
                assert_eq!(published - self.published_seen, *wanted, "{place}");
                self.published_seen = published;
            }
            Step::State(wanted) => {
                let state = serde_json::to_value(self.desk().first()).expect("a state");
                for (pointer, value) in wanted {
                    let found = state.pointer(pointer).unwrap_or(&Json::Null);
                    assert_eq!(found, value, "{place}: {pointer} of {state}");
                }
            }
            Step::Due(range) => {
                let desk = self.desk();
                let due = (desk.first().due_at - desk.time.now()).to_std().unwrap_or_default();
                assert!(durations(range).contains(&due), "{place}: due in {due:?}");
            }
            Step::Said(text) => {
                let log = self.log.text();
                assert!(log.contains(text.as_str()), "{place}: not said in\n{log}");
            }
            Step::Metric(wanted) => {
                let mut text = String::new();
                prometheus_client::encoding::text::encode(&mut text, &self.desk().registry).expect("metrics");
                for (sample, value) in wanted {
                    let line = format!("{sample} {value}");
                    assert!(text.lines().any(|told| told == line), "{place}: no {line} in\n{text}");
                }
            }
            other => unreachable!("{other:?} is done, not expected"),
        }
    }
}

fn assert_asked(news: &[Request], wanted: &[Asked], place: &str) {
    assert_eq!(news.len(), wanted.len(), "{place}: {}", told(news));
    let mut before: Option<DateTime<Utc>> = None;
    for (request, wanted) in news.iter().zip(wanted) {
        assert_eq!(request.address, address(&wanted.path), "{place}: {}", told(news));
        for (name, value) in &wanted.has {
            assert_eq!(request.header(name), Some(value.as_str()), "{place}: {name} of {request:#?}");
        }
        for name in &wanted.lacks {
            assert_eq!(request.header(name), None, "{place}: {name} of {request:#?}");
        }
        if let Some(range) = &wanted.after {
            let since = before.map_or(Duration::ZERO, |at| (request.at - at).to_std().unwrap_or_default());
            assert!(durations(range).contains(&since), "{place}: after {since:?}: {}", told(news));
        }
        before = Some(request.at);
    }
}

/// The requests, to show with a failure.
fn told(requests: &[Request]) -> String {
    requests
        .iter()
        .map(|request| format!("\n{} {}", request.at.format("%d %H:%M:%S"), request.address))
        .collect()
}

/// Every name leads to the scripted web.
fn lookup(origin: SocketAddr) -> Lookup {
    Arc::new(move |_| Box::pin(async move { Ok(vec![origin]) }))
}

fn configured(case: &Case, feeds: &[BTreeMap<String, Json>]) -> Config {
    let mut http = json!({
        "contact": "https://desk.example/bot", "allow_private_networks": true, "site_delay": "0s",
    });
    for (key, value) in &case.http {
        http[key] = value.clone();
    }
    let standard = [BTreeMap::from([("url".to_owned(), json!("http://news.example/feed"))])];
    let feeds = if feeds.is_empty() { &standard[..] } else { feeds };
    let mut text = json!({
        "kafka": {"brokers": ["127.0.0.1:9092"]},
        "http": http,
        "defaults": {"content": "feed"},
        "feeds": feeds,
    });
    if let Some(websub) = &case.websub {
        text["websub"] =
            json!({"listen": "127.0.0.1:0", "public_url": hub::PUBLIC_URL, "secret": hub::SECRET});
        for (key, value) in websub {
            text["websub"][key] = value.clone();
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copydesk.yaml");
    std::fs::write(&path, text.to_string()).expect("written");
    match config::load(Path::new(&path), &|_| None) {
        Ok(loaded) => loaded.config,
        Err(problems) => panic!("{}: {problems:#?}", case.id),
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic while it was held")).into_owned()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic while it was held").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
