//! Every section but the feeds: values from nodes, and the rules between them.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    Admin, Config, Daemon, Delivery, Http, Kafka, Protocol, RobotsPolicy, Rules, Secret, Security, Stories,
    StoriesTopic, Tags, Topics, Urls, properties::properties, reader::Reader, reference::known, routes,
};
use crate::yaml::{Decoder, Fields, Node};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// What a broker allows, by default (`group.min.session.timeout.ms`), and some patience.
const SESSION: std::ops::RangeInclusive<Duration> = Duration::from_secs(6)..=Duration::from_secs(300);

/// Kafka takes names of 249 bytes, of which the ledger's takes a part.
const INSTANCE_MAX: usize = 100;

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

fn count(decoder: &mut Decoder, node: &Node, most: i64) -> Option<usize> {
    decoder.integer(node, 1..=most).and_then(|number| usize::try_from(number).ok())
}

/// The configuration without its feeds.
pub(super) fn config(reader: &mut Reader<'_>, root: &Node) -> Config {
    let mut out = Config::default();
    let Some(top) = reader.decoder.fields(root, &known("")) else { return out };
    out.kafka = kafka(reader, &top);
    if let Some(node) = top.get("delivery") {
        let choices = [Delivery::ExactlyOnce, Delivery::AtLeastOnce].map(|choice| (choice.as_str(), choice));
        set(&mut out.delivery, reader.decoder.choice(node, &choices));
    }
    if let Some(node) = top.get("stories") {
        out.stories = stories(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("topics") {
        out.topics = topics(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("http") {
        out.http = http(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("rules") {
        out.rules = rules(reader, node);
    }
    if let Some(fields) = top.get("tags").and_then(|node| reader.decoder.fields(node, &known("tags"))) {
        out.tags = Tags { files: files(reader, fields.get("files")) };
    }
    if let Some(fields) = top.get("urls").and_then(|node| reader.decoder.fields(node, &known("urls"))) {
        out.urls = Urls { files: files(reader, fields.get("files")) };
    }
    if let Some(node) = top.get("routes") {
        out.routes = routes::routes(&mut reader.decoder, node, &out.topics);
    }
    if let Some(node) = top.get("admin") {
        out.admin = admin(&mut reader.decoder, node);
    }
    if let Some(node) = top.get("daemon") {
        out.daemon = daemon(&mut reader.decoder, node);
    }
    out
}

fn kafka(reader: &mut Reader<'_>, top: &Fields<'_>) -> Kafka {
    let mut out = Kafka::default();
    let Some(section) = top.get("kafka") else {
        let message = "`kafka` is missing; write `kafka: {brokers: [host:9092]}`";
        reader.decoder.tell(top.node, message);
        return out;
    };
    let Some(fields) = reader.decoder.fields(section, &known("kafka")) else { return out };
    let decoder = &mut reader.decoder;
    if let Some(node) = fields.get("embedded") {
        set(&mut out.embedded, decoder.boolean(node));
    }
    match fields.get("brokers") {
        Some(node) if out.embedded => {
            decoder.tell(node, "contradicts `kafka.embedded: true`; keep one of the two");
        }
        Some(node) => {
            let told = decoder.problems.len();
            set(&mut out.brokers, decoder.brokers(node));
            if out.brokers.is_empty() && decoder.problems.len() == told {
                decoder.tell(node, "names no broker; write `[host:9092]`");
            }
        }
        None if out.embedded || fields.given("brokers") => {}
        None => decoder.tell(
            section,
            "`brokers` is missing; write `brokers: [host:9092]`, or `embedded: true` to try it out",
        ),
    }
    if let Some(node) = fields.get("compression") {
        let names = ["zstd", "lz4", "snappy", "gzip", "none"].map(|name| (name, name.to_owned()));
        out.compression = decoder.choice(node, &names);
    }
    if let Some(node) = fields.get("max_record") {
        out.max_record = decoder.size(node, 10_000..=100_000_000);
    }
    if let Some(node) = fields.get("security") {
        out.security = security(reader, node);
    }
    if let Some(node) = fields.get("properties") {
        out.properties = properties(reader, node);
    }
    out
}

fn security(reader: &mut Reader<'_>, section: &Node) -> Security {
    let mut out = Security::default();
    let Some(fields) = reader.decoder.fields(section, &known("kafka.security")) else { return out };
    let decoder = &mut reader.decoder;
    if let Some(node) = fields.get("protocol") {
        let choices = [
            ("plaintext", Protocol::Plaintext),
            ("tls", Protocol::Tls),
            ("sasl_plaintext", Protocol::SaslPlaintext),
            ("sasl_tls", Protocol::SaslTls),
        ];
        set(&mut out.protocol, decoder.choice(node, &choices));
    }
    let sasl = matches!(out.protocol, Protocol::SaslPlaintext | Protocol::SaslTls);
    let tls = matches!(out.protocol, Protocol::Tls | Protocol::SaslTls);
    for (name, slot) in [("ca", &mut out.ca), ("certificate", &mut out.certificate), ("key", &mut out.key)] {
        let Some(node) = fields.get(name) else { continue };
        if !tls {
            decoder.tell(
                node,
                "has no effect without TLS; write `protocol: tls` or `sasl_tls`, or leave it out",
            );
        }
        let Some(text) = decoder.text(node) else { continue };
        let path = reader.directory.join(text);
        match std::fs::File::open(&path) {
            Ok(_) => *slot = Some(path.display().to_string()),
            Err(error) => {
                decoder.tell(node, format!("{} cannot be read: {error}", node.shown(path.display())))
            }
        }
    }
    for (given, missing) in [("certificate", "key"), ("key", "certificate")] {
        if let Some(node) = fields.get(given)
            && !fields.given(missing)
        {
            decoder.tell(node, format!("needs `{missing}` as well"));
        }
    }
    if let Some(node) = fields.get("mechanism") {
        let names = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI"].map(|name| (name, name.to_owned()));
        out.mechanism = decoder.choice(node, &names);
    }
    if let Some(node) = fields.get("username") {
        out.username = decoder.text(node).map(|text| Secret(text.to_owned()));
    }
    if let Some(node) = fields.get("password") {
        out.password = decoder.text(node).map(|text| Secret(text.to_owned()));
    }
    let kerberos = out.mechanism.as_deref() == Some("GSSAPI");
    for name in ["mechanism", "username", "password"] {
        match fields.get(name) {
            Some(node) if !sasl => {
                let message = "has no effect without SASL; write `protocol: sasl_tls`, or leave it out";
                decoder.tell(node, message);
            }
            None if sasl && !fields.given(name) && (name == "mechanism" || !kerberos) => {
                decoder.tell(section, format!("`{name}` is missing: SASL needs it; write `{name}: ...`"));
            }
            _ => {}
        }
    }
    out
}

fn topics(decoder: &mut Decoder, section: &Node) -> Topics {
    let mut out = Topics::default();
    let Some(fields) = decoder.fields(section, &known("topics")) else { return out };
    for (name, slot) in [
        ("articles", &mut out.articles),
        ("dead_letters", &mut out.dead_letters),
        ("ledger", &mut out.ledger),
    ] {
        set(slot, fields.get(name).and_then(|node| decoder.topic(node)));
    }
    if let Some(node) = fields.get("stories") {
        let off = matches!(&node.value, crate::yaml::Value::Scalar { text, .. } if matches!(text.as_str(), "off" | "none"));
        out.stories = match decoder.topic(node) {
            Some(_) if off => StoriesTopic::Off,
            Some(topic) => StoriesTopic::Named(topic),
            None => StoriesTopic::Beside,
        };
    }
    out.archive = fields.get("archive").and_then(|node| decoder.topic(node));
    out.feeds = fields.get("feeds").and_then(|node| decoder.topic(node));
    let stories = out.stories_topic();
    let names = [
        ("articles", Some(&out.articles)),
        ("dead_letters", Some(&out.dead_letters)),
        ("ledger", Some(&out.ledger)),
        ("archive", out.archive.as_ref()),
        ("feeds", out.feeds.as_ref()),
        ("stories", stories.as_ref()),
    ];
    for (i, (name, topic)) in names.iter().enumerate() {
        let Some((other, _)) = names.iter().take(i).find(|(_, known)| topic.is_some() && known == topic)
        else {
            continue;
        };
        // The default of the later one may be what the earlier one was set to.
        let node = fields.get(name).or_else(|| fields.get(other)).unwrap_or(section);
        decoder.tell(node, format!("topics.{name} is the same topic as topics.{other}; give each its own"));
    }
    if let Some(node) = fields.get("create") {
        set(&mut out.create, decoder.boolean(node));
    }
    for (name, most, slot) in
        [("partitions", 10_000, &mut out.partitions), ("ledger_partitions", 64, &mut out.ledger_partitions)]
    {
        let number = fields.get(name).and_then(|node| decoder.integer(node, 1..=most));
        set(slot, number.and_then(|number| i32::try_from(number).ok()));
    }
    if let Some(node) = fields.get("replication") {
        match decoder.integer(node, -1..=100) {
            Some(0) => decoder.tell(node, "has to be -1 (the broker's own) or a number of replicas from 1"),
            number => set(&mut out.replication, number.and_then(|number| i32::try_from(number).ok())),
        }
    }
    let longest = 24 * 3650 * HOUR;
    if let Some(node) = fields.get("retention") {
        out.retention = decoder.duration(node, SECOND..=longest);
    }
    if let Some(node) = fields.get("dead_letter_retention") {
        set(&mut out.dead_letter_retention, decoder.duration(node, SECOND..=longest));
    }
    out
}

fn stories(decoder: &mut Decoder, section: &Node) -> Stories {
    let mut out = Stories::default();
    let Some(fields) = decoder.fields(section, &known("stories")) else { return out };
    if let Some(node) = fields.get("articles") {
        set(&mut out.articles, count(decoder, node, 1_000_000));
    }
    if let Some(node) = fields.get("window") {
        set(&mut out.window, decoder.duration(node, 60 * SECOND..=24 * 365 * HOUR));
    }
    out
}

fn http(decoder: &mut Decoder, section: &Node) -> Http {
    let mut out = Http::default();
    let Some(fields) = decoder.fields(section, &known("http")) else { return out };
    if let Some(node) = fields.get("contact") {
        out.contact = contact(decoder, node);
    }
    if let Some(node) = fields.get("timeout") {
        set(&mut out.timeout, decoder.duration(node, Duration::from_millis(100)..=10 * 60 * SECOND));
    }
    if let Some(node) = fields.get("max_body") {
        set(&mut out.max_body, decoder.size(node, 1024..=1 << 30));
    }
    if let Some(node) = fields.get("allow_private_networks") {
        set(&mut out.allow_private_networks, decoder.boolean(node));
    }
    if let Some(node) = fields.get("concurrency") {
        set(&mut out.concurrency, count(decoder, node, 10_000));
    }
    if let Some(node) = fields.get("per_site") {
        set(&mut out.per_site, count(decoder, node, 64));
    }
    if let Some(node) = fields.get("site_delay") {
        set(&mut out.site_delay, decoder.duration(node, Duration::ZERO..=HOUR));
    }
    if let Some(node) = fields.get("robots") {
        let choices = [("obey", RobotsPolicy::Obey), ("record", RobotsPolicy::Record)];
        set(&mut out.robots, decoder.choice(node, &choices));
    }
    out
}

/// A web address or an e-mail address, safe within a header.
fn contact(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let text = decoder.text(node)?;
    let clean = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'(' | b')'));
    let mail = text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !text.contains([':', '/', '<', '>'])
    });
    let web = text.starts_with("https://") || text.starts_with("http://");
    if clean && (mail || web && url::Url::parse(text).is_ok()) {
        return Some(text.to_owned());
    }
    decoder.tell(
        node,
        "has to be an address at which site operators can reach you, as in `https://example.org/bot` or `me@example.org`",
    );
    None
}

fn rules(reader: &mut Reader<'_>, section: &Node) -> Rules {
    let mut out = Rules::default();
    let Some(fields) = reader.decoder.fields(section, &known("rules")) else { return out };
    if let Some(node) = fields.get("packs") {
        let packs = reader.decoder.texts(node).unwrap_or_default();
        let code =
            |pack: &String| matches!(pack.len(), 2 | 3) && pack.bytes().all(|b| b.is_ascii_lowercase());
        if packs.iter().all(code) {
            out.packs = packs;
        } else {
            reader.decoder.tell(node, "has to list languages by their codes, as in `[en, de]`");
        }
    }
    out.files = files(reader, fields.get("files"));
    out
}

/// Rule files: they are named here, and compiled by the step that uses them.
fn files(reader: &mut Reader<'_>, node: Option<&Node>) -> Vec<PathBuf> {
    let found = node.map(|node| reader.globs(node)).unwrap_or_default();
    let found: Vec<PathBuf> = found.into_iter().map(|(path, _)| path).collect();
    reader.files.extend(found.iter().cloned());
    found
}

fn admin(decoder: &mut Decoder, section: &Node) -> Admin {
    let mut out = Admin::default();
    let Some(fields) = decoder.fields(section, &known("admin")) else { return out };
    if let Some(node) = fields.get("listen")
        && let Some(text) = decoder.text(node)
    {
        match text.replace("localhost:", "127.0.0.1:").parse::<SocketAddr>() {
            Ok(address) => out.listen = address,
            Err(_) => decoder.tell(node, "has to be an address with its port, as in `127.0.0.1:9464`"),
        }
    }
    out
}

fn daemon(decoder: &mut Decoder, section: &Node) -> Daemon {
    let mut out = Daemon::default();
    let Some(fields) = decoder.fields(section, &known("daemon")) else { return out };
    if let Some(node) = fields.get("start_spread") {
        set(&mut out.start_spread, decoder.duration(node, SECOND..=HOUR));
    }
    if let Some(node) = fields.get("workers") {
        set(&mut out.workers, count(decoder, node, 10_000));
    }
    if let Some(node) = fields.get("shutdown_grace") {
        set(&mut out.shutdown_grace, decoder.duration(node, SECOND..=HOUR));
    }
    if let Some(node) = fields.get("tombstones") {
        set(&mut out.tombstones, decoder.boolean(node));
    }
    if let Some(node) = fields.get("instance") {
        out.instance = instance(decoder, node);
    }
    if let Some(node) = fields.get("session") {
        set(&mut out.session, decoder.duration(node, SESSION));
    }
    out
}

/// A name that Kafka takes as part of a transactional id and of a member's.
fn instance(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let name = decoder.text(node)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=INSTANCE_MAX).contains(&name.len()) && name.bytes().all(is_plain) {
        return Some(name.to_owned());
    }
    let message = "has to be of 1 to 100 letters, digits, `-`, `_` and `.`, as in `desk-1`";
    decoder.tell(node, message);
    None
}
