//! The site of the demo: sample feeds and pages on a loopback port, with validators.

use std::{
    collections::HashMap,
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

use super::{
    content::{FEEDS, SITES, SampleFeed},
    template::{Values, fill},
};
use crate::clock::Clock;

/// A running site; it ends when this is dropped.
#[derive(Debug)]
pub struct Origin {
    base: String,
    task: tokio::task::JoinHandle<()>,
}

/// A document as it is served.
#[derive(Debug)]
struct Document {
    content_type: &'static str,
    /// The first version and, if there is a revision, the one after it.
    versions: Vec<Version>,
    /// Whether the first version has been served.
    served: AtomicBool,
}

#[derive(Clone, Debug)]
struct Version {
    body: Bytes,
    etag: String,
    last_modified: String,
}

const HTML: &str = "text/html; charset=utf-8";

type Documents = HashMap<String, Document>;

impl Origin {
    /// Serves the sample content on a free port of 127.0.0.1. Times in it are relative to now.
    ///
    /// # Errors
    /// If no port is available.
    pub async fn start(clock: &Clock) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = format!("http://{}", listener.local_addr()?);
        let documents = Arc::new(documents(&base, clock.now()));
        let router = Router::new().fallback(serve).with_state(documents);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "demo origin ended");
            }
        });
        Ok(Self { base, task })
    }

    /// `http://127.0.0.1:port`.
    pub fn base(&self) -> &str {
        &self.base
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(documents): State<Arc<Documents>>, request: Request) -> Response {
    let mut response = Response::new(Body::empty());
    let Some(document) = documents.get(request.uri().path()) else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    // The revision appears once the first version has been served.
    let later = document.served.swap(true, Ordering::Relaxed);
    let version = document.versions.get(usize::from(later)).or(document.versions.last());
    let Some(version) = version else { return response };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, document.content_type),
        (header::ETAG, version.etag.as_str()),
        (header::LAST_MODIFIED, version.last_modified.as_str()),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    if unchanged(request.headers(), version) {
        headers.remove(header::CONTENT_TYPE);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = Body::from(version.body.clone());
    }
    response
}

/// Whether the document is unchanged by the validators of the request (RFC 9110 section 13.2.2: the
/// entity tag first).
fn unchanged(request: &HeaderMap, version: &Version) -> bool {
    let text = |name| request.get(name).and_then(|value| value.to_str().ok());
    match text(header::IF_NONE_MATCH) {
        Some(tags) => tags.split(',').any(|tag| tag.trim() == version.etag),
        None => text(header::IF_MODIFIED_SINCE).is_some_and(|date| date == version.last_modified),
    }
}

/// Everything there is, by path.
fn documents(base: &str, now: DateTime<Utc>) -> Documents {
    let values = Values { base, now, revised: false, more: Vec::new() };
    let mut documents = HashMap::new();
    for feed in FEEDS {
        documents.insert(feed.path.to_owned(), feed_document(feed, &values));
    }
    documents.insert("/feeds/".to_owned(), index(now));
    for site in SITES {
        for (path, text) in site.pages {
            let page = page(site.frame, path, text, &values);
            let versions = vec![version(page.into_bytes(), now)];
            let content_type = HTML;
            documents.insert(
                (*path).to_owned(),
                Document { content_type, versions, served: AtomicBool::new(false) },
            );
        }
    }
    documents
}

/// A page that links to every feed.
fn index(now: DateTime<Utc>) -> Document {
    let mut page = "<!DOCTYPE html><title>Sample feeds</title><ul>".to_owned();
    for SampleFeed { name, path, .. } in FEEDS {
        page.push_str(&format!("<li><a href=\"{path}\">{name}</a></li>"));
    }
    let versions = vec![version(page.into_bytes(), now)];
    Document { content_type: HTML, versions, served: AtomicBool::new(false) }
}

fn feed_document(feed: &SampleFeed, values: &Values<'_>) -> Document {
    let charset = feed.charset.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    let render = |revised: bool| {
        let text = fill(feed.document, &Values { revised, ..values.clone() });
        match charset {
            Some(charset) => charset.encode(&text).0.into_owned(),
            None => text.into_bytes(),
        }
    };
    let mut versions = vec![version(render(false), values.now)];
    if feed.document.contains("{{then}}") {
        versions.push(version(render(true), values.now + chrono::Duration::seconds(1)));
    }
    Document { content_type: feed.content_type, versions, served: AtomicBool::new(false) }
}

fn version(body: Vec<u8>, modified: DateTime<Utc>) -> Version {
    let digest = Sha256::digest(&body);
    let etag = format!("\"{}\"", crate::identity::hex(digest.iter().take(8)));
    let last_modified = modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    Version { body: body.into(), etag, last_modified }
}

/// A page: the text's head (`name: value` lines up to an empty one) and its body, put into the
/// frame.
fn page(frame: &str, path: &str, text: &str, values: &Values<'_>) -> String {
    let (head, body) = text.split_once("\n\n").unwrap_or(("", text));
    let mut more: Vec<(&str, String)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name, value.into()))
        .collect();
    let age = more.iter().find(|(name, _)| *name == "age").map_or("1h", |(_, age)| age.as_str());
    let published = fill(&format!("{{{{rfc3339 {age}}}}}"), values);
    more.push(("published", published));
    more.push(("url", format!("{}{path}", values.base)));
    more.push(("slug", path.rsplit('/').next().unwrap_or_default().to_owned()));
    more.push(("body", fill(body.trim_end(), values)));
    fill(frame, &Values { more, ..values.clone() })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::demo::{config, content::REVISED};

    fn all() -> Documents {
        documents("http://127.0.0.1:1", DateTime::from_timestamp(1_800_000_000, 0).expect("a time"))
    }

    /// A request over a real socket: status line and headers, body.
    async fn get(origin: &Origin, path: &str, headers: &str) -> (String, Vec<u8>) {
        let address = origin.base().trim_start_matches("http://");
        let mut socket = tokio::net::TcpStream::connect(address).await.expect("connects");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
        socket.write_all(request.as_bytes()).await.expect("writes");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("reads");
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("headers end") + 4;
        let body = answer.split_off(end);
        (String::from_utf8(answer).expect("ASCII"), body)
    }

    #[tokio::test]
    async fn validators_hold_until_the_revision() {
        let origin = Origin::start(&Clock::system()).await.expect("starts");
        let path = "/feeds/harbour-courier.xml";
        let (first, body) = get(&origin, path, "").await;
        assert!(first.starts_with("HTTP/1.1 200"), "{first}");
        let etag = |head: &str| {
            let line = head.lines().find(|line| line.starts_with("etag: ")).expect("a tag");
            line.trim_start_matches("etag: ").to_owned()
        };
        let condition = format!("If-None-Match: {}\r\n", etag(&first));
        let (second, revised) = get(&origin, path, &condition).await;
        assert!(second.starts_with("HTTP/1.1 200"), "revised: {second}");
        let (body, revised) = (String::from_utf8_lossy(&body), String::from_utf8_lossy(&revised));
        assert!(body.contains("from March, the harbour") && !body.contains("Correction:"));
        assert!(revised.contains("from April, the harbour") && revised.contains("Correction:"));
        let condition = format!("If-None-Match: \"x\", {}\r\n", etag(&second));
        let (third, nothing) = get(&origin, path, &condition).await;
        assert!(third.starts_with("HTTP/1.1 304") && nothing.is_empty(), "{third}");

        let (page, _) = get(&origin, "/ledger/gas-boilers", "").await;
        assert!(page.contains("content-type: text/html"));
        let modified = page.lines().find(|line| line.starts_with("last-modified: ")).expect("a date");
        let date = modified.trim_start_matches("last-modified: ");
        let (again, _) = get(&origin, "/ledger/gas-boilers", &format!("If-Modified-Since: {date}\r\n")).await;
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
        assert!(get(&origin, "/nothing", "").await.0.starts_with("HTTP/1.1 404"));
    }

    #[test]
    fn every_placeholder_has_a_value_and_every_character_a_byte() {
        for (path, document) in &all() {
            for version in &document.versions {
                assert!(!version.body.windows(2).any(|bytes| bytes == b"{{"), "{path}");
            }
        }
        for feed in FEEDS.iter().filter(|feed| feed.charset.is_some()) {
            let charset = encoding_rs::Encoding::for_label(feed.charset.unwrap_or("").as_bytes());
            assert!(!charset.expect("known").encode(feed.document).2, "{}", feed.name);
        }
    }

    #[test]
    fn the_metadata_of_each_page_is_json() {
        let documents = all();
        for (path, text) in SITES.iter().flat_map(|site| site.pages) {
            let title = text.lines().next().and_then(|line| line.strip_prefix("title: ")).expect("a title");
            let page = String::from_utf8(documents[*path].versions[0].body.to_vec()).expect("UTF-8");
            let (_, json) = page.split_once("<script type=\"application/ld+json\">").expect("metadata");
            let (json, _) = json.split_once("</script>").expect("ends");
            let json: serde_json::Value = serde_json::from_str(json).expect(path);
            assert!(json.to_string().contains(title), "{path}");
        }
    }

    #[test]
    fn the_list_of_articles_is_what_the_feeds_hold() {
        let documents = all();
        let articles: usize = FEEDS.iter().map(|feed| feed.articles.len()).sum();
        assert!((30..=40).contains(&articles), "{articles}");
        for feed in FEEDS {
            let document = documents.get(feed.path).expect("is served");
            let text = String::from_utf8_lossy(&document.versions[0].body).into_owned();
            let entries = ["<item>", "<item ", "<entry>", "\"date_published\""];
            let entries: usize = entries.iter().map(|mark| text.matches(mark).count()).sum();
            assert_eq!(entries, feed.articles.len(), "{}", feed.name);
            for article in feed.articles {
                let url = article.replace("{{base}}", "http://127.0.0.1:1");
                assert!(text.contains(&url.replace('&', "&amp;")), "{url}");
                if let Some(path) = article.strip_prefix("{{base}}") {
                    assert!(documents.contains_key(path), "{path}");
                }
            }
        }
        assert!(FEEDS.iter().any(|feed| feed.articles.contains(&REVISED)));
    }

    #[test]
    fn the_configuration_names_every_feed_once() {
        let config = config("http://127.0.0.1:1", "127.0.0.1:2", std::time::Duration::from_secs(5))
            .expect("addresses");
        let mut names: Vec<&str> = config.feeds.iter().map(|feed| feed.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FEEDS.len());
        assert!(config.http.allow_private_networks && !config.topics.create);
    }
}
