//! Runs the hot paths one after the other, each so many times: what `.ci/instructions` counts the
//! instructions of. Prints the paths in their order.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use copydesk::{
    clean::{Cleaner, Document, RuleSet, SiteMemory},
    clock::Clock,
    config::{ContentSource, Feed, Topics},
    edit::Editor,
    extract::{self, Block, PageOptions},
    fetch::{
        FeedDocument, FeedRequest, FeedResponse, FetchError, Freshness, Origin, Page, PageRequest, Validators,
    },
    ledger::FeedState,
    observe::Metrics,
    publish::{
        ArticleRecord, Batch, Commit, EventType, LedgerEntry, Lost, Outgoing, TopicNames, batch::render,
    },
    schedule::{Claims, Lease, Place, PollReport},
    tag::{Tagger, Tagging},
    worker::{self, Cpu, Destinations, Environment, SharedStories, WorkerOptions},
};
use futures_util::future::BoxFuture;
use url::Url;

/// Rounds that are counted of a path, after two that make what is made by first use: hashes with keys
/// of the process differ by one in a hundred from run to run where few are made.
const ROUNDS: u32 = 4;
const ROUNDS_OF_LITTLE: u32 = 200;

const WORDS: [&str; 24] = [
    "river", "council", "harbour", "the", "of", "a", "storm", "bridge", "town", "said", "night", "ferry",
    "market", "letter", "and", "to", "in", "engineer", "water", "winter", "money", "vote", "plan", "people",
];

fn prose(random: &mut fastrand::Rng, count: usize) -> String {
    let words: Vec<&str> = (0..count).map(|_| WORDS[random.usize(..WORDS.len())]).collect();
    format!("{}.", words.join(" "))
}

fn paragraphs() -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut paragraphs: Vec<String> = (0..24).map(|_| prose(&mut random, 50)).collect();
    paragraphs.push("Sign up for our newsletter today.".into());
    paragraphs.push("Read more: What the wall has cost".into());
    paragraphs
}

fn page() -> String {
    let links: String = (0..400)
        .map(|n| format!("<li class=\"teaser\"><a href=\"/news/{n}\">Report {n} of the day</a></li>"))
        .collect();
    let text: String = paragraphs().iter().map(|text| format!("<p>{text}</p>")).collect();
    format!(
        "<html><head><title>A report</title></head><body><nav><ul>{links}</ul></nav><main><article>\
         <h1>A report</h1>{text}</article></main><footer><ul>{links}</ul></footer></body></html>"
    )
}

fn feed() -> String {
    let mut random = fastrand::Rng::with_seed(9);
    let items: String = (0..20)
        .map(|n| {
            format!(
                "<item><title>Report {n}</title><link>http://site.example/{n}</link><guid>{n}</guid>\
                 <pubDate>Tue, 03 Feb 2026 04:{n:02}:06 GMT</pubDate><description>{}</description></item>",
                prose(&mut random, 200)
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Site</title><link>http://site.example/</link>{items}</channel></rss>"
    )
}

/// Answers at once: with 304, or with a document that is another one each time.
struct Answers {
    document: Option<String>,
}

impl Origin for Answers {
    fn feed(&self, request: FeedRequest) -> BoxFuture<'_, Result<FeedResponse, FetchError>> {
        let (freshness, redirects) = (Freshness::default(), Vec::new());
        let answer = match &self.document {
            None => FeedResponse::NotModified { validators: request.validators, freshness, redirects },
            Some(document) => FeedResponse::Document(FeedDocument {
                url: request.url,
                redirects,
                content_type: Some("application/rss+xml".into()),
                validators: Validators { etag: Some("\"1\"".into()), ..Validators::default() },
                freshness,
                body_hash: fastrand::u64(..).to_string(),
                body: Bytes::from(document.clone()),
                broken_off: Default::default(),
                refused: None,
                wall: None,
                share: None,
                links: Default::default(),
                fetched_at: DateTime::UNIX_EPOCH,
            }),
        };
        Box::pin(std::future::ready(Ok(answer)))
    }

    fn page(&self, _: PageRequest) -> BoxFuture<'_, Result<Page, FetchError>> {
        unreachable!("the feed has whole texts")
    }
}

/// Takes everything.
struct Taker;

impl Commit for Taker {
    fn commit(&self, _: Batch) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn stage(&self, entry: LedgerEntry) {
        std::hint::black_box(entry);
    }

    fn flush(&self) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn is_blocked(&self) -> bool {
        false
    }

    fn close(&self) {}
}

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// Valgrind is told to count within this function only, and to write down the count at its end.
#[inline(never)]
fn counted(rounds: u32, work: &mut dyn FnMut()) {
    for _ in 0..rounds {
        work();
    }
}

fn path(name: &str, rounds: u32, mut work: impl FnMut()) {
    println!("{name}\t{rounds}");
    work();
    work();
    counted(rounds, &mut work);
}

/// What cleans and tags. A pack more costs its start and nothing of what is counted.
fn editor() -> Arc<Editor> {
    let rules = RuleSet::builtin(&["en".to_owned()]).expect("the pack is there");
    Arc::new(Editor::new(Cleaner::new(&rules), Tagger::builtin()))
}

fn environment(editor: &Arc<Editor>, document: Option<String>) -> Arc<Environment> {
    Arc::new(Environment {
        origin: Arc::new(Answers { document }),
        editor: tokio::sync::watch::channel(editor.clone()).1,
        stories: Arc::new(SharedStories::default()),
        destinations: Destinations::default(),
        cpu: Cpu::inline(),
        clock: Clock::from_fn(now),
        metrics: Metrics::new().0,
        fired: copydesk::observe::Fired::default(),
        options: WorkerOptions { articles: "articles".into(), ..WorkerOptions::default() },
    })
}

/// Polls of a feed that is known: each with the state of the one before.
fn polls(editor: &Arc<Editor>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let url = Url::parse("http://site.example/feed").expect("an address");
    let mut lease = Lease {
        feed: Arc::new(Feed { content: ContentSource::Feed, ..Feed::new("site", url.clone()) }),
        state: Arc::new(FeedState::new("site", &url, now())),
        writer: Arc::new(Taker),
        claims: Claims::default(),
        due_at: now(),
        delivered: None,
        place: Place::default(),
    };
    let mut poll = |environment: &Arc<Environment>| {
        match runtime.block_on(worker::poll(environment.clone(), lease.clone())) {
            PollReport::Polled(state) => lease.state = Arc::new(*state),
            PollReport::Lost => panic!("lost"),
        }
        assert_eq!(lease.state.entries.len(), 20);
    };
    let changed = environment(editor, Some(feed()));
    poll(&changed);
    let same = environment(editor, None);
    path("poll_not_modified", ROUNDS_OF_LITTLE, || poll(&same));
    path("poll_nothing_new", ROUNDS, || poll(&changed));
}

fn extraction() {
    let page = page();
    path("extract", ROUNDS, || {
        let article = extract::page(std::hint::black_box(page.as_bytes()), &PageOptions::default());
        assert!(article.blocks.len() > 20, "the text is found");
    });
}

fn editing(editor: &Editor) {
    let blocks =
        paragraphs().into_iter().map(|text| Block { tag: "p".into(), text, ..Block::default() }).collect();
    let document =
        Document { site: "site.example".into(), language: Some("en".into()), blocks, ..Document::default() };
    path("clean", ROUNDS, || {
        std::hint::black_box(editor.cleaner.clean(std::hint::black_box(&document), &SiteMemory::default()));
    });
    let text = paragraphs().join("\n\n");
    path("tag", ROUNDS, || {
        let input = Tagging { title: "A report", text: std::hint::black_box(&text), ..Tagging::default() };
        std::hint::black_box(editor.tagger.tag(&input));
    });
}

fn commit() {
    let names = TopicNames::of(&Topics::default());
    let golden = include_str!("../tests/cases/record/golden.json");
    let record: ArticleRecord = serde_json::from_str(golden).expect("the golden record");
    let outgoing = Outgoing::new(record, EventType::Published, vec!["articles".into()]);
    let state = FeedState::new("site", &Url::parse("http://site.example/").expect("an address"), now());
    let batch = Batch {
        articles: vec![outgoing; 20],
        ledger: vec![LedgerEntry::new("site", Some(state.to_json()))],
        ..Batch::default()
    };
    path("commit", ROUNDS, || {
        std::hint::black_box(render(std::hint::black_box(&batch), &names, 0, &|_| 1_000_000));
    });
}

fn main() {
    let editor = editor();
    polls(&editor);
    extraction();
    editing(&editor);
    commit();
}
