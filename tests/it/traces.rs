//! Traces, as a receiver of OTLP gets them; its messages are read by classes that are not ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{
    broker,
    daemon::{Daemon, Setup},
    origin::{Answer, Item, Origin},
    reader, wait,
};

const LIMIT: Duration = Duration::from_secs(90);

/// What nothing may show, and where it is sent.
const TOKEN: &str = "canary-otlp-91";
const KEY: &str = "canary-feed-92";

#[derive(Debug, Deserialize)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
    kind: u8,
    start: u64,
    end: u64,
    failed: bool,
    flags: u32,
    attributes: BTreeMap<String, Value>,
    resource: BTreeMap<String, Value>,
    scope: String,
}

/// Heads and bodies, as they came.
type Requests = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver; it ends with its value.
struct Receiver {
    address: SocketAddr,
    requests: Requests,
    _runtime: Runtime,
}

impl Receiver {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("its address");
        let requests = Requests::default();
        let service = Router::new().route("/tenant/v1/traces", post(take)).with_state(Arc::clone(&requests));
        runtime.spawn(async move { axum::serve(listener, service).await });
        Self { address, requests, _runtime: runtime }
    }

    /// The spans that have come so far.
    fn spans(&self) -> Vec<Span> {
        let requests = self.requests.lock().expect("no panic while it was held").clone();
        let mut child = Command::new(broker::script("python"))
            .arg(broker::script("traces.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/kafka/python runs");
        let mut input = child.stdin.take().expect("piped");
        for (headers, body) in requests {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            assert_eq!(headers["x-token"], TOKEN);
            writeln!(input, "{}", STANDARD.encode(body)).expect("written");
        }
        drop(input);
        let output = child.wait_with_output().expect("our child");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("a span")).collect()
    }
}

async fn take(State(requests): State<Requests>, headers: HeaderMap, body: Bytes) -> StatusCode {
    requests.lock().expect("no panic while it was held").push((headers, body));
    StatusCode::OK
}

fn setup(origin: &Origin, receiver: &str) -> Setup {
    let url = origin.url("/feed");
    let feeds = [
        format!("{{name: courier, url: \"{url}?key=${{file:key}}\", interval: 1h, content: page}}"),
        format!("{{name: gone, url: \"{}\", interval: 1h}}", origin.url("/gone")),
    ];
    let more = format!(
        "observe: {{otlp: {{endpoint: \"http://{receiver}/tenant\", headers: {{x-token: \"${{file:token}}\"}}}}}}"
    );
    let setup = Setup::new(&broker::prefix("traces"), &feeds, &more);
    setup.write("key", KEY);
    setup.write("token", TOKEN);
    setup
}

fn news() -> Origin {
    let origin = Origin::start();
    let item = Item::numbered(1);
    origin.set("/feed", Answer::Feed(vec![item.clone()]));
    origin.set("/news/1", Answer::Html(format!("<html><article>{}</article></html>", item.html())));
    origin
}

/// Counts of spans at the daemon, by result.
fn counted(daemon: &Daemon, result: &str) -> u64 {
    let start = format!("copydesk_trace_spans_total{{result=\"{result}\"}} ");
    let page = daemon.page("/metrics");
    let count = page.lines().find_map(|line| line.strip_prefix(&start)?.parse().ok());
    count.unwrap_or(0)
}

#[test]
fn a_poll_is_a_trace_from_the_tick_to_the_acknowledgement() {
    let (origin, receiver) = (news(), Receiver::start());
    let setup = setup(&origin, &receiver.address.to_string());
    let daemon = setup.run_with(&["--log", "warn,copydesk::app=info"]);
    let record = reader::first(&setup.articles(), 1, LIMIT).remove(0);
    wait::until("the other feed asked", LIMIT, || (!origin.requests("/gone").is_empty()).then_some(()));
    wait::until("spans", LIMIT, || (counted(&daemon, "exported") > 0).then_some(()));
    let log = daemon.log().join("\n");
    daemon.stop();

    let spans = receiver.spans();
    let by_id: BTreeMap<(&str, &str), &Span> =
        spans.iter().map(|span| ((span.trace.as_str(), span.id.as_str()), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "each comes once");
    let mut seen = BTreeSet::new();
    for span in &spans {
        let parent =
            by_id.get(&(span.trace.as_str(), span.parent.as_str())).map(|parent| parent.name.as_str());
        seen.insert((span.name.as_str(), parent));
        assert!(span.start <= span.end && span.flags == 1 && span.scope == "copydesk", "{span:?}");
        assert_eq!(span.resource["service.name"], "copydesk");
        assert_eq!(span.parent.is_empty(), parent.is_none(), "{span:?}");
    }
    let expected = [
        ("poll", None),
        ("fetch", Some("poll")),
        ("parse", Some("poll")),
        ("extract", Some("poll")),
        ("clean", Some("poll")),
        ("tag", Some("clean")),
        ("commit", Some("poll")),
        ("acknowledgement", Some("commit")),
    ];
    for step in expected {
        assert!(seen.contains(&step), "no {step:?} in {seen:?}");
    }
    // The record belongs to the trace of its poll, and to the commit in it.
    let traceparent = &record.headers["traceparent"];
    let [_, trace, parent, flags] = traceparent.split('-').collect::<Vec<_>>()[..] else {
        panic!("{traceparent}")
    };
    assert_eq!((by_id[&(trace, parent)].name.as_str(), flags), ("commit", "01"), "{traceparent}");
    let poll = spans.iter().find(|span| span.trace == trace && span.name == "poll").expect("a poll");
    assert_eq!(poll.attributes["feed.name"], "courier");
    let of_article = |name: &str| {
        spans.iter().filter(|span| span.name == name).find(|span| span.attributes.contains_key("entry.id"))
    };
    for (name, kind) in [("fetch", 3), ("extract", 1), ("clean", 1), ("tag", 1)] {
        let span = of_article(name).unwrap_or_else(|| panic!("no {name} of the article"));
        assert_eq!((span.attributes["entry.id"].as_str(), span.kind), (Some(record.key.as_str()), kind));
        assert_eq!(span.trace, trace);
    }
    let failed = spans.iter().find(|span| span.failed).expect("the other feed");
    assert_eq!(
        (failed.name.as_str(), &failed.attributes["error.type"]),
        ("fetch", &Value::from("status_4xx"))
    );
    for (place, text) in [("a span", format!("{spans:?}")), ("the log", log)] {
        assert!(!text.contains(TOKEN) && !text.contains(KEY), "{place} shows a secret: {text}");
    }
}

#[test]
fn a_receiver_that_is_away_costs_spans_and_nothing_else() {
    let origin = news();
    let setup = setup(&origin, &broker::nobody());
    let daemon = setup.run();
    reader::first(&setup.articles(), 1, LIMIT);
    wait::until("dropped spans", LIMIT, || (counted(&daemon, "dropped") > 0).then_some(()));
    daemon.ready();
    let told =
        || daemon.log().iter().filter(|line| line.contains("the receiver of traces takes none")).count();
    // Counted first, told then.
    wait::until("what the log says of it", LIMIT, || (told() > 0).then_some(()));
    assert_eq!((told(), counted(&daemon, "exported")), (1, 0));
    daemon.stop();
}
