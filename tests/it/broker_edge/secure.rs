//! A broker of these tests' own with an authority, certificates, users and an authorizer.

use std::{
    collections::BTreeMap,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::LazyLock,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType, date_time_ymd};

use super::{
    super::{
        broker::{self, Own},
        daemon::Setup,
    },
    oauth,
};

/// Passwords that nothing may show. The user is one that may do everything.
pub const USER: &str = "canary-desk-71";
pub const PASSWORD: &str = "canary-password-72";
pub const WRONG: &str = "canary-wrong-73";

/// Who may do what the test says and nothing else.
pub const REPORTER: &str = "reporter";

/// The names of the listeners.
const LISTENERS: [&str; 6] = ["TLS", "MUTUAL", "EXPIRED", "ELSEWHERE", "SASL", "OAUTH"];

/// The broker, started once for all tests of this module.
pub static BROKER: LazyLock<Secure> = LazyLock::new(Secure::start);

pub struct Secure {
    own: Own,
    files: PathBuf,
    addresses: BTreeMap<String, String>,
}

impl Secure {
    fn start() -> Self {
        let files = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("broker-edge");
        std::fs::create_dir_all(&files).expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(files.join(name), text).expect("written");
        let (ours, others) = (Authority::new(), Authority::new());
        write("ca.pem", &ours.pem);
        write("other-ca.pem", &others.pem);
        let here = [SanType::IpAddress("127.0.0.1".parse().expect("an address"))];
        let elsewhere = [SanType::DnsName("kafka.elsewhere.example".try_into().expect("a name"))];
        write("server.pem", &ours.issue("server", &here, |_| ()).together());
        write("elsewhere.pem", &ours.issue("elsewhere", &elsewhere, |_| ()).together());
        let expired = ours.issue("expired", &here, |params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 2, 3);
        });
        write("expired.pem", &expired.together());
        for (name, authority) in [("desk", &ours), ("stranger", &others)] {
            let shown = authority.issue(name, &[], |_| ());
            write(&format!("{name}.crt"), &shown.certificate);
            write(&format!("{name}.key"), &shown.key);
        }
        write("keys.json", &oauth::keys().to_string());
        write("server.properties", &properties(&files.display().to_string()));
        let mut arguments: Vec<String> =
            LISTENERS.iter().flat_map(|name| ["--listener".to_owned(), (*name).to_owned()]).collect();
        let path = files.join("server.properties").display().to_string();
        arguments.extend(["--properties".to_owned(), path]);
        arguments.extend(["--java".to_owned(), oauth::permission(&files.display().to_string())]);
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let user = format!("{mechanism}=[name={USER},password={PASSWORD}]");
            arguments.extend(["--user".to_owned(), user]);
        }
        let own = Own::start_with("edge", &arguments);
        let addresses = own.listeners();
        Self { own, files, addresses }
    }

    /// Where everything is allowed and nothing encrypted.
    pub fn plain(&self) -> &str {
        self.own.servers()
    }

    pub fn address(&self, listener: &str) -> &str {
        &self.addresses[listener]
    }

    /// A configuration that reaches `listener` with `security`; `@` stands for the folder of the files.
    pub fn setup(&self, listener: &str, security: &str, prefix: &str, feeds: &[String]) -> Setup {
        let address = self.address(listener);
        let setup = Setup::with_brokers(address, prefix, feeds, "");
        let security = security.replace('@', &self.files.display().to_string());
        setup.change(
            &format!("brokers: [{address:?}]"),
            &format!("brokers: [{address:?}], security: {security}"),
        );
        setup
    }

    /// Lets [`REPORTER`] do what the lines say and nothing else.
    pub fn allow(&self, lines: &str) {
        let mut child = Command::new(broker::script("python"))
            .arg(broker::script("acl.py"))
            .args([&format!("User:{REPORTER}"), "--bootstrap", self.plain()])
            .stdin(Stdio::piped())
            .spawn()
            .expect("tests/kafka/python runs");
        child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("written");
        assert!(child.wait().expect("our child").success());
    }
}

/// Further settings of the node.
fn properties(files: &str) -> String {
    let store = |prefix: &str, kind: &str, file: &str| {
        format!("{prefix}ssl.{kind}.type=PEM\n{prefix}ssl.{kind}.location={files}/{file}\n")
    };
    let jaas = |mechanism: &str, class: &str, options: &str| {
        format!(
            "listener.name.sasl.{mechanism}.sasl.jaas.config=org.apache.kafka.common.security.{class} required \
             {options};\n"
        )
    };
    [
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MUTUAL:SSL,EXPIRED:SSL,\
         ELSEWHERE:SSL,SASL:SASL_SSL,OAUTH:SASL_SSL\n\
         inter.broker.listener.name=PLAINTEXT\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
            .to_owned(),
        format!("super.users=User:ANONYMOUS;User:{USER};User:CN=desk\n"),
        store("", "truststore", "ca.pem"),
        store("", "keystore", "server.pem"),
        store("listener.name.expired.", "keystore", "expired.pem"),
        store("listener.name.elsewhere.", "keystore", "elsewhere.pem"),
        "listener.name.mutual.ssl.client.auth=required\n\
         listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n"
            .to_owned(),
        jaas(
            "plain",
            "plain.PlainLoginModule",
            &format!("user_{USER}=\"{PASSWORD}\" user_{REPORTER}=\"{PASSWORD}\""),
        ),
        jaas("scram-sha-256", "scram.ScramLoginModule", ""),
        jaas("scram-sha-512", "scram.ScramLoginModule", ""),
        oauth::properties(files),
    ]
    .concat()
}

/// An authority, with its certificate in PEM.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, both in PEM.
struct Shown {
    certificate: String,
    key: String,
}

impl Shown {
    /// As Kafka takes it.
    fn together(&self) -> String {
        format!("{}{}", self.key, self.certificate)
    }
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("signed").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn issue(&self, name: &str, names: &[SanType], change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.subject_alt_names = names.to_vec();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).expect("signed").pem();
        Shown { certificate, key: key.serialize_pem() }
    }
}
