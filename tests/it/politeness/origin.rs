//! A web of many hosts behind one loopback port, as scripted; it keeps what it was asked.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use copydesk::clock::Clock;

use super::case::{Answer, address};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Host, path and query.
    pub address: String,
    pub at: DateTime<Utc>,
    /// Names in lower case; characters are bytes.
    pub headers: Vec<(String, String)>,
    /// What was sent with it.
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Script {
    answers: BTreeMap<String, Vec<Answer>>,
    given: BTreeMap<String, usize>,
    log: Vec<Request>,
    connections: usize,
}

/// The server; its threads end with the process.
pub struct Origin {
    pub address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Origin {
    pub fn start(clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let script = Arc::new(Mutex::new(Script::default()));
        let (shared, clock) = (Arc::clone(&script), clock.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, clock) = (Arc::clone(&shared), clock.clone());
                lock(&shared).connections += 1;
                std::thread::spawn(move || serve(stream, &shared, &clock));
            }
        });
        Self { address, script }
    }

    /// Sets what is answered from now on.
    pub fn set(&self, answers: &BTreeMap<String, Vec<Answer>>) {
        let mut script = lock(&self.script);
        for (path, answers) in answers {
            script.answers.insert(address(path), answers.clone());
            script.given.remove(&address(path));
        }
    }

    /// The requests so far.
    pub fn log(&self) -> Vec<Request> {
        lock(&self.script).log.clone()
    }

    /// Connections opened so far.
    pub fn connections(&self) -> usize {
        lock(&self.script).connections
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, script: &Mutex<Script>, clock: &Clock) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut request = head(&mut reader, clock)?;
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        request.body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut request.body).ok()?;
        let answer = {
            let mut script = lock(script);
            script.log.push(request.clone());
            let given =
                *script.given.entry(request.address.clone()).and_modify(|given| *given += 1).or_insert(0);
            let answers = script.answers.get(&request.address);
            let answer = answers.and_then(|answers| answers.get(given).or(answers.last())).cloned();
            answer.unwrap_or_else(|| Answer { status: Some(404), ..Answer::default() })
        };
        if answer.hang {
            // Until the client has enough.
            stream.set_read_timeout(Some(Duration::from_secs(120))).ok()?;
            reader.read_exact(&mut [0]).ok();
            return None;
        }
        if answer.reset {
            return None;
        }
        let (bytes, whole) = response(&answer, &request);
        stream.write_all(&bytes).ok()?;
        if !whole {
            return None;
        }
    }
}

fn head(reader: &mut impl BufRead, clock: &Clock) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let line: String = line.iter().map(|byte| char::from(*byte)).collect();
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let headers = lines.iter().skip(1).filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    });
    let headers: Vec<(String, String)> = headers.collect();
    let host = headers.iter().find(|(name, _)| name == "host").map_or("", |(_, host)| host.as_str());
    let mut first = lines.first()?.split(' ');
    let (method, path) = (first.next()?, first.next()?);
    let method = if method == "GET" { String::new() } else { format!("{method} ") };
    Some(Request { address: format!("{method}{host}{path}"), at: clock.now(), headers, body: Vec::new() })
}

/// The bytes of an answer, and whether they are all of it.
fn response(answer: &Answer, request: &Request) -> (Vec<u8>, bool) {
    let told = |name: &str| {
        answer
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    let same = |sent, name| request.header(sent).is_some_and(|value| told(name) == Some(value));
    let asked = |name: &str| request.header(name).is_some();
    let by_date = !asked("if-none-match") && same("if-modified-since", "last-modified");
    let unchanged = answer.honest && (same("if-none-match", "etag") || by_date)
        || answer.lies && (asked("if-none-match") || asked("if-modified-since"));
    let status = if unchanged { 304 } else { answer.status.unwrap_or(200) };
    let mut body = Vec::new();
    if status != 304 {
        body = match (&answer.items, &answer.body, &answer.base64) {
            (Some(items), ..) => rss(items, &answer.channel).into_bytes(),
            (None, Some(text), _) => text.clone().into_bytes(),
            (None, None, Some(bytes)) => STANDARD.decode(bytes.replace(['\n', ' '], "")).expect("base64"),
            (None, None, None) => Vec::new(),
        };
        body = encoded(body, answer.coding.as_deref());
    }
    let mut head = format!("HTTP/1.1 {status} Told\r\n");
    for (name, value) in &answer.headers {
        for value in value.split('\n') {
            head += &format!("{name}: {value}\r\n");
        }
    }
    if told("content-type").is_none() && answer.items.is_some() {
        head += "content-type: application/rss+xml\r\n";
    }
    if status != 304 && told("content-length").is_none() {
        head += &format!("content-length: {}\r\n", body.len());
    }
    head += "\r\n";
    let mut bytes: Vec<u8> = head.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    let sent = answer.cut.unwrap_or(body.len()).min(body.len());
    bytes.extend(&body[..sent]);
    (bytes, answer.cut.is_none() && told("content-length").is_none())
}

fn encoded(body: Vec<u8>, coding: Option<&str>) -> Vec<u8> {
    use flate2::{Compression, write};
    let level = Compression::fast();
    match coding {
        None => return body,
        Some("gzip") => {
            let mut encoder = write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(&body).and_then(|()| encoder.finish())
        }
        Some("zlib") => {
            let mut encoder = write::ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(&body).and_then(|()| encoder.finish())
        }
        Some("deflate") => {
            let mut encoder = write::DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(&body).and_then(|()| encoder.finish())
        }
        Some("zstd") => zstd::bulk::compress(&body, 1),
        Some(other) => panic!("no coding {other}"),
    }
    .expect("encoded")
}

/// RSS with numbered entries, the last one first.
pub fn rss(items: &[u32], channel: &str) -> String {
    let entries = items.iter().rev().map(|number| {
        let text = super::super::prose::paragraphs(u64::from(*number), 3).join("</p><p>");
        format!(
            "<item><title>What the council learned in case {number}</title>\
             <link>http://news.example/news/{number}</link><guid isPermaLink=\"false\">entry-{number}</guid>\
             <description><![CDATA[<p>{text}</p>]]></description></item>\n"
        )
    });
    let entries: String = entries.collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\" \
         xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel><title>The Test Courier</title>\
         <link>http://news.example/</link>{channel}\n{entries}</channel></rss>\n"
    )
}
