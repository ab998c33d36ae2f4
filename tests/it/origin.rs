//! A web server on a loopback port whose answers a test scripts and whose requests it can read.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request as HttpRequest, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};
use tokio::runtime::Runtime;

/// An entry of a scripted feed.
#[derive(Clone, Debug)]
pub struct Item {
    pub guid: String,
    /// Path on this origin, or a whole address.
    pub link: String,
    pub title: String,
    /// RFC 2822.
    pub published: String,
    pub paragraphs: Vec<String>,
}

impl Item {
    /// Entry `number`: an article of its own.
    pub fn numbered(number: u64) -> Self {
        Self {
            guid: format!("entry-{number}"),
            link: format!("/news/entry-{number}"),
            title: format!("What the council learned in case {number}"),
            published: format!("Tue, 03 Sep 2024 10:{:02}:{:02} GMT", number / 60 % 60, number % 60),
            paragraphs: super::prose::paragraphs(number, 4),
        }
    }

    pub fn html(&self) -> String {
        self.paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect()
    }
}

/// What a path answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// RSS 2.0 with the entries, newest first; ETag and conditional requests as they should be.
    Feed(Vec<Item>),
    /// A page.
    Html(String),
    /// Head of a feed, then so many bytes of filling.
    Huge(usize),
    /// Head of a page, then a little more every 100 ms, for ever.
    Endless,
    /// Another answer, after a while.
    Slow(Duration, Box<Answer>),
    /// An error.
    Status(u16),
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub at: tokio::time::Instant,
    pub headers: HeaderMap,
    /// What was answered.
    pub status: u16,
}

#[derive(Default)]
struct Script {
    answers: HashMap<String, Answer>,
    log: Vec<Request>,
    /// When requests came, answered or not.
    arrivals: Vec<(String, tokio::time::Instant)>,
}

/// The server; it ends with its value.
pub struct Origin {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    _runtime: Runtime,
}

impl Origin {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let script = Arc::new(Mutex::new(Script::default()));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("its address");
        let service = Router::new().fallback(answer).with_state((address, Arc::clone(&script)));
        runtime.spawn(async move { axum::serve(listener, service).await });
        Self { address, script, _runtime: runtime }
    }

    /// Address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sets what a path answers from now on.
    pub fn set(&self, path: &str, answer: Answer) {
        lock(&self.script).answers.insert(path.to_owned(), answer);
    }

    /// Changes the entries of the feed at `path`.
    pub fn edit(&self, path: &str, change: impl FnOnce(&mut Vec<Item>)) {
        match lock(&self.script).answers.get_mut(path) {
            Some(Answer::Feed(items)) => change(items),
            other => panic!("{path} is no feed: {other:?}"),
        }
    }

    /// The document of the feed at `path`.
    pub fn document(&self, path: &str) -> String {
        match lock(&self.script).answers.get(path) {
            Some(Answer::Feed(items)) => rss(items, self.address),
            other => panic!("{path} is no feed: {other:?}"),
        }
    }

    /// When a path was asked for, also where nobody waited for the answer.
    pub fn arrivals(&self, path: &str) -> Vec<tokio::time::Instant> {
        let script = lock(&self.script);
        script.arrivals.iter().filter(|(asked, _)| asked == path).map(|(_, at)| *at).collect()
    }

    /// The requests for a path that were answered so far.
    pub fn requests(&self, path: &str) -> Vec<Request> {
        lock(&self.script).log.iter().filter(|request| request.path == path).cloned().collect()
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().expect("no panic while it was held")
}

type Shared = (SocketAddr, Arc<Mutex<Script>>);

async fn answer(State((address, script)): State<Shared>, request: HttpRequest) -> Response {
    let path = request.uri().path().to_owned();
    let mut answer = {
        let mut script = lock(&script);
        script.arrivals.push((path.clone(), tokio::time::Instant::now()));
        script.answers.get(&path).cloned().unwrap_or(Answer::Status(404))
    };
    if let Answer::Slow(wait, then) = answer {
        tokio::time::sleep(wait).await;
        answer = *then;
    }
    let response = respond(&answer, address, request.headers());
    lock(&script).log.push(Request {
        path,
        at: tokio::time::Instant::now(),
        headers: request.headers().clone(),
        status: response.status().as_u16(),
    });
    response
}

fn respond(answer: &Answer, address: SocketAddr, headers: &HeaderMap) -> Response {
    match answer {
        Answer::Feed(items) => conditional(rss(items, address), headers),
        Answer::Html(page) => {
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.clone()).into_response()
        }
        Answer::Huge(bytes) => {
            let head = Bytes::from("<rss version=\"2.0\"><channel><title>Large</title><description>");
            let filling = Bytes::from("many words. ".repeat(5_000));
            let fillings = std::iter::repeat_n(filling.clone(), bytes.div_ceil(filling.len()));
            let chunks = std::iter::once(head).chain(fillings);
            stream("application/rss+xml", futures_util::stream::iter(chunks.map(Ok)))
        }
        Answer::Endless => {
            let drops = futures_util::stream::unfold(true, |first| async move {
                if first {
                    return Some((Ok(Bytes::from("<html><title>No end</title><body>")), false));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                Some((Ok(Bytes::from("<p>And one more thing.</p>")), false))
            });
            stream("text/html", drops)
        }
        Answer::Slow(_, then) => respond(then, address, headers),
        Answer::Status(status) => {
            StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}

fn stream<S>(content_type: &'static str, chunks: S) -> Response
where
    S: futures_util::Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
{
    ([(header::CONTENT_TYPE, content_type)], Body::from_stream(chunks)).into_response()
}

fn conditional(body: String, headers: &HeaderMap) -> Response {
    let digest = Sha256::digest(body.as_bytes());
    let etag = digest.iter().take(8).fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let headers =
        [(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8".to_owned()), (header::ETAG, etag)];
    (headers, body).into_response()
}

fn rss(items: &[Item], address: SocketAddr) -> String {
    let mut body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\n\
         <title>The Test Courier</title><link>http://{address}/</link><language>en</language>\n"
    );
    for item in items {
        let link = match item.link.strip_prefix('/') {
            Some(path) => format!("http://{address}/{path}"),
            None => item.link.clone(),
        };
        body += &format!(
            "<item><title>{}</title><link>{}</link><guid isPermaLink=\"false\">{}</guid>\
             <pubDate>{}</pubDate><content:encoded><![CDATA[{}]]></content:encoded></item>\n",
            escape(&item.title),
            escape(&link),
            item.guid,
            item.published,
            item.html()
        );
    }
    body + "</channel></rss>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
