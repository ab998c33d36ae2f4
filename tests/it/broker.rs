//! A real Apache Kafka: the one `KAFKA_BOOTSTRAP_SERVERS` names, else one that `tests/kafka`
//! starts for this process and stops after it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file under `tests/kafka`.
pub fn script(name: &str) -> PathBuf {
    root().join("tests/kafka").join(name)
}

/// Addresses of the broker, separated by commas.
pub fn servers() -> &'static str {
    static SERVERS: OnceLock<String> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let id = std::process::id().to_string();
        let output = Command::new(script("kafka.sh"))
            .args(["start", "--name", &format!("it-{id}"), "--with", &id])
            .output()
            .expect("tests/kafka/kafka.sh runs");
        assert!(output.status.success(), "no broker: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("an address").trim().to_owned()
    })
}

/// A broker of one test's own, to be killed; stopped with its value.
pub struct Own {
    name: String,
    servers: String,
}

impl Own {
    pub fn start(test: &str) -> Self {
        Self::start_with(test, &[])
    }

    /// With further arguments of `kafka.sh start`.
    pub fn start_with(test: &str, arguments: &[String]) -> Self {
        let id = std::process::id().to_string();
        let name = format!("it-{test}-{id}");
        let output = Command::new(script("kafka.sh"))
            .env_remove("KAFKA_BOOTSTRAP_SERVERS")
            .args(["start", "--name", &name, "--with", &id])
            .args(arguments)
            .output()
            .expect("tests/kafka/kafka.sh runs");
        assert!(output.status.success(), "no broker: {}", String::from_utf8_lossy(&output.stderr));
        let servers = String::from_utf8(output.stdout).expect("an address").trim().to_owned();
        Self { name, servers }
    }

    /// Its address.
    pub fn servers(&self) -> &str {
        &self.servers
    }

    /// Addresses of its further listeners, by name.
    pub fn listeners(&self) -> BTreeMap<String, String> {
        let output = Command::new(script("kafka.sh"))
            .args(["listeners", "--name", &self.name])
            .output()
            .expect("tests/kafka/kafka.sh runs");
        let lines = String::from_utf8(output.stdout).expect("addresses");
        lines
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, address)| (name.to_owned(), address.to_owned()))
            .collect()
    }

    /// kill -9.
    pub fn kill(&self) {
        assert!(self.tell("kill"), "the broker is killed");
    }

    fn tell(&self, command: &str) -> bool {
        Command::new(script("kafka.sh"))
            .env_remove("KAFKA_BOOTSTRAP_SERVERS")
            .args([command, "--name", &self.name])
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.tell("stop");
    }
}

/// A prefix for the names of one test's topics, so that tests share nothing.
pub fn prefix(test: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{test}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An address of the loopback interface where nobody listens.
pub fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").to_string()
}
