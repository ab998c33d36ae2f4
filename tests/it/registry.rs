//! A schema registry that is not ours.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use serde_json::Value;

use super::{broker, wait};

/// An Apicurio Registry on loopback, which all tests share; it ends with this process.
pub(super) struct Registry {
    port: u16,
}

impl Registry {
    #[expect(clippy::zombie_processes, reason = "it ends after this process")]
    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Registry> = OnceLock::new();
        SHARED.get_or_init(|| {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let port = listener.local_addr().expect("its address").port();
            drop(listener);
            Command::new(broker::script("registry.sh"))
                .args(["run", &port.to_string(), &std::process::id().to_string()])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("tests/kafka/registry.sh runs");
            let registry = Self { port };
            wait::until("the registry", Duration::from_secs(120), || {
                registry.ask("GET", "subjects", &Value::Null).filter(|(status, _)| *status == 200)
            });
            registry
        })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/apis/ccompat/v7", self.port)
    }

    pub(super) fn ask(&self, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let length = body.len();
        write!(
            stream,
            "{method} /apis/ccompat/v7/{path} HTTP/1.0\r\nhost: localhost\r\n\
             content-type: application/vnd.schemaregistry.v1+json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let body = if head.to_lowercase().contains("chunked") { whole(body)? } else { body.to_owned() };
        Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(&body).unwrap_or_default()))
    }
}

/// A body that came in chunks (RFC 9112), which Apicurio sends to clients of HTTP/1.0, too.
fn whole(mut chunks: &str) -> Option<String> {
    let mut whole = String::new();
    loop {
        let (length, rest) = chunks.split_once("\r\n")?;
        let length = usize::from_str_radix(length, 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.push_str(rest.get(..length)?);
        chunks = rest.get(length + 2..)?;
    }
}
