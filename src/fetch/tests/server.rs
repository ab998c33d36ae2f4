//! A server that plays a script for each request and keeps a log of the requests.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What is sent in answer to one request, before the connection is closed.
#[derive(Clone, Debug)]
pub struct Script {
    status: String,
    headers: Vec<String>,
    body: Vec<u8>,
    /// Bytes are sent one at a time with this between them: `head` and body, or the body only.
    drip: Option<(Duration, bool)>,
    /// The body is repeated in chunks, this often.
    chunks: Option<usize>,
    /// `Content-Length` in place of the true one.
    length: Option<usize>,
    raw: bool,
    /// The connection stays open for the next request.
    keep: bool,
}

impl Script {
    pub fn status(status: &str) -> Self {
        Self {
            status: status.into(),
            headers: vec!["content-type: application/xml".into()],
            body: Vec::new(),
            drip: None,
            chunks: None,
            length: None,
            raw: false,
            keep: false,
        }
    }

    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status("200 OK").body(body)
    }

    /// Exactly these bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: true, ..Self::ok(bytes) }
    }

    pub fn keep(self) -> Self {
        Self { keep: true, ..self }
    }

    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub fn header(mut self, line: &str) -> Self {
        self.headers.push(line.into());
        self
    }

    pub fn drip_head(self, pause: Duration) -> Self {
        Self { drip: Some((pause, true)), ..self }
    }

    pub fn drip_body(self, pause: Duration) -> Self {
        Self { drip: Some((pause, false)), ..self }
    }

    pub fn chunks(self, times: usize) -> Self {
        Self { chunks: Some(times), ..self }
    }

    pub fn length(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }

    async fn play(self, stream: &mut TcpStream) -> std::io::Result<()> {
        if self.raw {
            return stream.write_all(&self.body).await;
        }
        let mut head = format!("HTTP/1.1 {}\r\n", self.status);
        if !self.keep {
            head.push_str("connection: close\r\n");
        }
        for line in &self.headers {
            head.push_str(&format!("{line}\r\n"));
        }
        match self.chunks {
            Some(_) => head.push_str("transfer-encoding: chunked\r\n\r\n"),
            None => {
                let length = self.length.unwrap_or(self.body.len());
                head.push_str(&format!("content-length: {length}\r\n\r\n"));
            }
        }
        match self.drip {
            Some((pause, true)) => drip(stream, head.as_bytes(), pause).await?,
            _ => stream.write_all(head.as_bytes()).await?,
        }
        match (self.chunks, self.drip) {
            (Some(times), _) => {
                for _ in 0..times {
                    stream.write_all(format!("{:x}\r\n", self.body.len()).as_bytes()).await?;
                    stream.write_all(&self.body).await?;
                    stream.write_all(b"\r\n").await?;
                }
                stream.write_all(b"0\r\n\r\n").await
            }
            (None, Some((pause, _))) => drip(stream, &self.body, pause).await,
            (None, None) => stream.write_all(&self.body).await,
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// The head of a request, byte for byte: headers may hold more than ASCII.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        if head[0] == 0x16 {
            // TLS, which this server does not speak.
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok()?;
            stream.shutdown().await.ok()?;
            stream.read_to_end(&mut head).await.ok()?;
            return None;
        }
    }
    Some(head.iter().map(|byte| char::from(*byte)).collect())
}

/// A listening server; it ends with the test's runtime.
pub struct Server {
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    /// How many were opened.
    pub connections: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start(answer: impl Fn(&str) -> Script + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", answer).await
    }

    pub async fn start_at(bind: &str, answer: impl Fn(&str) -> Script + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(bind).await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (log.clone(), Arc::new(answer));
        let opened = Arc::new(AtomicUsize::new(0));
        let connections = opened.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                opened.fetch_add(1, Relaxed);
                let (kept, answer) = (kept.clone(), answer.clone());
                tokio::spawn(async move {
                    while let Some(head) = head(&mut stream).await {
                        let script = answer(&head);
                        kept.lock().unwrap().push(head);
                        let keep = script.keep;
                        // The client may have gone, which is what some tests are about.
                        if script.play(&mut stream).await.is_err() || !keep {
                            break;
                        }
                    }
                    stream.shutdown().await.ok();
                });
            }
        });
        Self { address, log, connections }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

/// The value of a header in a request, if it is there.
pub fn sent<'r>(request: &'r str, name: &str) -> Option<&'r str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
