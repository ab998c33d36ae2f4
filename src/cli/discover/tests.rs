//! Sites in `tests/cases/discover`: what is found there, what is reported, and what is requested.
//!
//! Each file has `sites`, each of these `answers` by path (`*` for all others), what `robots.txt` says,
//! and what the search `finds`, in order. ORIGIN stands for the site's own address.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
};

use super::{
    search::{Outcome, search},
    targets::{Place, Target},
    *,
};
use crate::{
    config::Http,
    yaml::{self, Decoder, Fields, Node},
};

#[derive(Clone)]
struct Answer {
    status: u16,
    kind: &'static str,
    to: Option<String>,
    body: String,
}

struct Case {
    why: String,
    /// The path that is searched.
    start: String,
    answers: BTreeMap<String, Answer>,
    finds: Vec<String>,
    told: Option<String>,
    hub: Option<String>,
    never_asked: Vec<String>,
    asked_at_most: Option<usize>,
}

struct Web {
    answers: BTreeMap<String, Answer>,
    asked: Mutex<Vec<String>>,
}

/// The documents of the entries with these numbers.
fn document(format: &str, numbers: &[String], hub: Option<&str>) -> (&'static str, String) {
    let entry = |n: &String| match format {
        "rss" => format!("<item><guid>{n}</guid><title>Tide {n}</title><link>ORIGIN/news/{n}</link></item>"),
        "atom" => {
            format!("<entry><id>urn:{n}</id><title>Tide {n}</title><link href='ORIGIN/news/{n}'/></entry>")
        }
        "json" => format!(r#"{{"id":"{n}","title":"Tide {n}","url":"ORIGIN/news/{n}"}}"#),
        "index" => format!("<sitemap><loc>ORIGIN{n}</loc></sitemap>"),
        _ => format!(
            "<url><loc>ORIGIN/news/{n}</loc><news:news><news:title>Tide {n}</news:title><news:publication_date>2026-11-20T10:00:00Z</news:publication_date></news:news></url>"
        ),
    };
    let separator = if format == "json" { "," } else { "" };
    let entries = numbers.iter().map(entry).collect::<Vec<_>>().join(separator);
    let hub = hub.map(|hub| format!("<link rel='hub' href='{hub}'/>")).unwrap_or_default();
    match format {
        "rss" => (
            "application/rss+xml",
            format!("<rss version='2.0'><channel><title>Paper</title>{hub}{entries}</channel></rss>"),
        ),
        "atom" => (
            "application/atom+xml",
            format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>Paper</title>{hub}{entries}</feed>"),
        ),
        "json" => (
            "application/feed+json",
            format!(
                r#"{{"version":"https://jsonfeed.org/version/1.1","title":"Paper","items":[{entries}]}}"#
            ),
        ),
        "index" => (
            "application/xml",
            format!(
                "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</sitemapindex>"
            ),
        ),
        _ => (
            "application/xml",
            format!(
                "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{entries}</urlset>"
            ),
        ),
    }
}

fn answer(decoder: &mut Decoder, node: &Node) -> Answer {
    const FORMATS: [&str; 5] = ["rss", "atom", "json", "sitemap", "index"];
    let keys = [&FORMATS[..], &["html", "status", "to", "hub"]].concat();
    let fields = decoder.fields(node, &keys).unwrap();
    let status = fields.get("status").and_then(|node| decoder.integer(node, 100..=599)).unwrap_or(200);
    let (hub, to) = (text(decoder, &fields, "hub"), text(decoder, &fields, "to"));
    let html = text(decoder, &fields, "html").unwrap_or_default();
    let made = FORMATS.iter().find_map(|format| {
        let numbers = decoder.texts(fields.get(format)?)?;
        Some(document(format, &numbers, hub.as_deref()))
    });
    let (kind, body) = made.unwrap_or(("text/html", html));
    let status = if to.is_some() { 301 } else { u16::try_from(status).unwrap() };
    Answer { status, kind, to, body }
}

fn text(decoder: &mut Decoder, fields: &Fields<'_>, key: &str) -> Option<String> {
    fields.get(key).and_then(|node| decoder.text(node)).map(str::to_owned)
}

fn case(decoder: &mut Decoder, node: &Node) -> Case {
    let keys = ["why", "start", "answers", "robots", "finds", "told", "hub", "never_asked", "asked_at_most"];
    let fields = decoder.fields(node, &keys).unwrap();
    let listed = fields.required(decoder, "answers").and_then(|node| decoder.mapping(node)).unwrap();
    let mut answers: BTreeMap<String, Answer> =
        listed.iter().map(|(path, node)| (path.name.clone(), answer(decoder, node))).collect();
    if let Some(body) = text(decoder, &fields, "robots") {
        answers.insert("/robots.txt".into(), Answer { status: 200, kind: "text/plain", to: None, body });
    }
    let texts = |decoder: &mut Decoder, key: &str| {
        fields.get(key).and_then(|node| decoder.texts(node)).unwrap_or_default()
    };
    Case {
        why: text(decoder, &fields, "why").unwrap(),
        start: text(decoder, &fields, "start").unwrap_or_else(|| "/".into()),
        answers,
        finds: texts(decoder, "finds"),
        told: text(decoder, &fields, "told"),
        hub: text(decoder, &fields, "hub"),
        never_asked: texts(decoder, "never_asked"),
        asked_at_most: fields
            .get("asked_at_most")
            .and_then(|node| decoder.integer(node, 1..=100))
            .map(|most| most as usize),
    }
}

fn cases() -> Vec<Case> {
    let folder = format!("{}/tests/cases/discover", env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let root =
            yaml::parse(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut decoder = Decoder::default();
        let fields = decoder.fields(&root, &["sites"]).unwrap();
        let sites = fields.required(&mut decoder, "sites").and_then(|node| decoder.sequence(node)).unwrap();
        cases.extend(sites.iter().map(|node| case(&mut decoder, node)));
        assert!(decoder.problems.is_empty(), "{:?}", decoder.problems);
    }
    cases
}

async fn serve(State((web, origin)): State<(Arc<Web>, String)>, request: Request) -> Response {
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    web.asked.lock().unwrap().push(path.clone());
    let others = if path.starts_with("/robots.txt") || path.starts_with("/.well-known") {
        None
    } else {
        web.answers.get("*")
    };
    let Some(answer) = web.answers.get(&path).or(others) else {
        return http::StatusCode::NOT_FOUND.into_response();
    };
    let status = http::StatusCode::from_u16(answer.status).unwrap();
    let mut response = (status, answer.body.replace("ORIGIN", &origin)).into_response();
    response.headers_mut().insert("content-type", answer.kind.parse().unwrap());
    if let Some(to) = &answer.to {
        response.headers_mut().insert("location", to.parse().unwrap());
    }
    response
}

async fn run(answers: BTreeMap<String, Answer>, start: &str) -> (Outcome, Vec<String>, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let origin = format!("http://news.example:{}", address.port());
    let web = Arc::new(Web { answers, asked: Mutex::default() });
    let app = Router::new().fallback(serve).with_state((web.clone(), origin.clone()));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let http = Http {
        allow_private_networks: true,
        site_delay: Duration::ZERO,
        timeout: Duration::from_secs(5),
        ..Http::default()
    };
    let lookup = |_| -> futures_util::future::BoxFuture<'static, _> {
        Box::pin(async { Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]) })
    };
    let fetcher = Fetcher::with_lookup(&http, Clock::system(), Arc::new(lookup)).unwrap();
    let place = Place::Web(Url::parse(&format!("{origin}{start}")).unwrap());
    let target = Target { place, title: None, tags: Vec::new(), site: None };
    let outcome = search(&fetcher, &target, false).await;
    server.abort();
    let asked = web.asked.lock().unwrap().clone();
    (outcome, asked, origin)
}

#[tokio::test]
async fn feeds_are_found_where_they_are() {
    let cases = cases();
    assert!(cases.len() >= 15);
    for case in cases {
        let (outcome, asked, origin) = run(case.answers.clone(), &case.start).await;
        let found: Vec<&str> =
            outcome.feeds.iter().map(|feed| feed.url.as_str().strip_prefix(&origin).unwrap()).collect();
        assert_eq!(found, case.finds, "{}: {:?} {asked:?}", case.why, outcome.notes);
        if let Some(told) = &case.told {
            assert!(
                outcome.notes.iter().any(|note| note.contains(told)),
                "{}: {:?}",
                case.why,
                outcome.notes
            );
        }
        if case.hub.is_some() {
            assert_eq!(outcome.feeds.first().and_then(|feed| feed.hub.clone()), case.hub, "{}", case.why);
        }
        let unwanted: Vec<&String> = case.never_asked.iter().filter(|path| asked.contains(path)).collect();
        assert!(unwanted.is_empty(), "{}: asked for {unwanted:?}", case.why);
        assert!(case.asked_at_most.is_none_or(|most| asked.len() <= most), "{}: {asked:?}", case.why);
        let distinct: BTreeSet<&String> = asked.iter().collect();
        assert_eq!(distinct.len(), asked.len(), "{}: asked twice: {asked:?}", case.why);
    }
}

#[test]
fn what_strangers_write_stays_within_its_comment() {
    let feed = FoundFeed {
        url: Url::parse("https://news.example/rss").unwrap(),
        title: Some("A\n- {name: b}".into()),
        format: "rss20".into(),
        entries: 2,
        newest: None,
        how: "named by the page",
        hub: Some("https://hub.example/\nfeeds: []".into()),
        same: Vec::new(),
        links: std::collections::HashSet::new(),
    };
    let outline =
        Outline { title: feed.title.clone().unwrap(), url: feed.url.to_string(), ..Outline::default() };
    let yaml = format!("feeds:\n{}{}", remark("news.example", &feed), YamlItems::default().item(&outline));
    assert_eq!(yaml.lines().count(), 4, "{yaml}");
    let node = yaml::parse("feeds.yaml", &yaml).unwrap();
    assert!(matches!(node.value, yaml::Value::Mapping(_)));
}
