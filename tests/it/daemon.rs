//! The daemon as a process: its configuration, its log, its health, its end.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{broker, logs, wait};

/// How long a start may take on a busy machine, the end of a dead member's session included.
pub const START: Duration = Duration::from_secs(90);

/// A configuration in a directory of its own.
pub struct Setup {
    directory: TempDir,
    prefix: String,
}

impl Setup {
    /// The broker of the tests, topics under `prefix`, loopback allowed; `feeds` are lines of
    /// `feeds:`, `more` is put below.
    pub fn new(prefix: &str, feeds: &[String], more: &str) -> Self {
        Self::with_brokers(broker::servers(), prefix, feeds, more)
    }

    pub fn with_brokers(brokers: &str, prefix: &str, feeds: &[String], more: &str) -> Self {
        let brokers: Vec<String> = brokers.split(',').map(|broker| format!("{broker:?}")).collect();
        let feeds: String = feeds.iter().map(|feed| format!("  - {feed}\n")).collect();
        let text = format!(
            "kafka: {{brokers: [{}]}}\n\
             topics: {{articles: {prefix}.articles, dead_letters: {prefix}.dead-letters, \
             ledger: {prefix}.ledger, partitions: 3, ledger_partitions: 4}}\n\
             http: {{contact: \"https://desk.example/bot\", timeout: 5s, allow_private_networks: true, \
             site_delay: 10ms, per_site: 4}}\n\
             admin: {{listen: \"127.0.0.1:0\"}}\n\
             feeds:\n{feeds}{more}\n",
            brokers.join(", ")
        );
        let setup = Self { directory: TempDir::new().expect("a directory"), prefix: prefix.to_owned() };
        std::fs::write(setup.config(), text).expect("written");
        setup
    }

    pub fn config(&self) -> PathBuf {
        self.directory.path().join("copydesk.yaml")
    }

    /// Replaces a part of the configuration, which has to be there.
    pub fn change(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.config()).expect("readable");
        assert!(text.contains(from), "no {from} in\n{text}");
        std::fs::write(self.config(), text.replace(from, to)).expect("written");
    }

    /// Puts more below the configuration.
    pub fn append(&self, more: &str) {
        let text = std::fs::read_to_string(self.config()).expect("readable");
        std::fs::write(self.config(), text + more).expect("written");
    }

    /// A file beside the configuration, or in a folder there.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    /// What a file beside the configuration holds, if it is there.
    pub fn read(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.directory.path().join(name)).ok()
    }

    pub fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.directory.path().join(from), self.directory.path().join(to)).expect("renamed");
    }

    /// A link beside the configuration.
    pub fn link(&self, to: &str, name: &str) {
        std::os::unix::fs::symlink(to, self.directory.path().join(name)).expect("linked");
    }

    pub fn articles(&self) -> String {
        format!("{}.articles", self.prefix)
    }

    pub fn run(&self) -> Daemon {
        self.run_with(&[])
    }

    /// With further arguments of `run`.
    pub fn run_with(&self, arguments: &[&str]) -> Daemon {
        Daemon::of(env!("CARGO_BIN_EXE_copydesk"), &self.config(), arguments)
    }
}

/// A line of `feeds:`.
pub fn feed(name: &str, url: &str, interval: &str) -> String {
    format!("{{name: {name}, url: {url:?}, interval: {interval}, content: feed}}")
}

/// Another command of the program, to its end.
pub fn command(arguments: &[&str], config: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_copydesk"))
        .arg("--config")
        .arg(config)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// What a process holds: threads, descriptors, memory in MiB.
#[derive(Clone, Copy, Debug)]
pub struct Holds {
    pub threads: usize,
    pub descriptors: usize,
    pub memory: u64,
}

/// `copydesk run` under way; killed with its value.
pub struct Daemon {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    /// Of a program that may be another one.
    pub fn of(program: &str, config: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .arg("--config")
            .arg(config)
            .arg("run")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let outputs: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().expect("piped")), Box::new(child.stderr.take().expect("piped"))];
        for output in outputs {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    log.lock().expect("no panic while it was held").push(line);
                }
            });
        }
        Self { child, log }
    }

    /// What it has said so far, both outputs.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic while it was held").clone()
    }

    /// The log's end, to show with a failure.
    pub fn tail(&self) -> String {
        let log = self.log();
        log.iter().skip(log.len().saturating_sub(30)).map(|line| format!("{line}\n")).collect()
    }

    /// Address of its health endpoints: the log names it where it says what it serves.
    pub fn admin(&self) -> SocketAddr {
        wait::until("an admin address in the log", Duration::from_secs(20), || {
            self.log().iter().filter(|line| line.contains("serving health")).find_map(|line| {
                let event: Value = serde_json::from_str(line).ok()?;
                address_in(&event)
            })
        })
    }

    /// Status of a health endpoint; none where it does not answer.
    pub fn health(&self, path: &str) -> Option<u16> {
        self.answer(path)?.split(' ').nth(1)?.parse().ok()
    }

    /// An admin page with its head.
    pub fn page(&self, path: &str) -> String {
        self.answer(path).expect("an answer")
    }

    /// Asks the API; an empty `body` is a GET. Gives the status and the JSON of the answer.
    pub fn api(&self, path: &str, body: &str) -> (u16, Value) {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let length = body.len();
        let head = format!("host: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}");
        let answer = self.send(&format!("{method} /api/v1{path} HTTP/1.1\r\n{head}\r\n\r\n{body}"));
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }

    /// Sends a request as it is; gives the whole answer.
    pub fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.admin()).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(40))).expect("set");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    }

    fn answer(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect_timeout(&self.admin(), Duration::from_secs(2)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Waits until it says that it is ready.
    pub fn ready(&self) {
        let start = Instant::now();
        while self.health("/readyz") != Some(200) {
            assert!(start.elapsed() < START, "not ready within {START:?}:\n{}", self.tail());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process id");
        kill_process(pid, signal).expect("it is there");
    }

    /// Waits for its end.
    pub fn ended(&mut self, limit: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("our child") {
                return status;
            }
            assert!(start.elapsed() < limit, "still there after {limit:?}:\n{}", self.tail());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// SIGTERM and a clean end within 10 s.
    pub fn stop(mut self) {
        self.signal(Signal::TERM);
        let status = self.ended(Duration::from_secs(10));
        assert_eq!(status.code(), Some(0), "{}", self.tail());
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().expect("it is there");
        self.child.wait().expect("our child");
    }

    /// What it holds now.
    pub fn holds(&self) -> Holds {
        let process = format!("/proc/{}", self.child.id());
        let count = |what: &str| std::fs::read_dir(format!("{process}/{what}")).expect("it is there").count();
        let status = std::fs::read_to_string(format!("{process}/status")).expect("it is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says it");
        let memory = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024;
        Holds { threads: count("task"), descriptors: count("fd"), memory }
    }

    /// Most memory it has had, in MiB.
    pub fn peak_memory(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says it");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            eprintln!("--- the daemon's last lines ---\n{}", self.tail());
        } else {
            logs::check(&self.log());
        }
    }
}

fn address_in(event: &Value) -> Option<SocketAddr> {
    match event {
        Value::String(text) => {
            text.split_whitespace().find_map(|word| word.trim_start_matches("http://").parse().ok())
        }
        Value::Object(fields) => fields.values().find_map(address_in),
        _ => None,
    }
}
