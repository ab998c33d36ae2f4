//! What is allowed but inadvisable.

use std::{net::IpAddr, time::Duration};

use url::{Host, Url};

use super::{Config, Delivery, Protocol, reader::Reader, spell_duration};
use crate::{
    site::{is_public, is_within},
    yaml::{Node, Problem},
};

/// Polling a public host more often than this is a finding.
pub(super) const FREQUENT: Duration = Duration::from_secs(5 * 60);

/// Endings of host names that are not public (RFC 6761, RFC 6762, RFC 8375, and custom).
const PRIVATE_ENDS: &[&str] = &["localhost", "local", "internal", "lan", "test", "invalid", "home.arpa"];

/// Checks the whole configuration; feeds were checked as they were read.
pub(super) fn lint(reader: &mut Reader<'_>, config: &Config, root: &Node) {
    let public_feeds = config.feeds.iter().filter(|feed| is_public_host(&feed.url)).count();
    let mut find = |keys: &[&str], message: String| {
        // The value itself, else the nearest mapping around it.
        let node = (0..=keys.len()).rev().find_map(|n| root.at(keys.get(..n)?)).unwrap_or(root);
        let finding = Problem { place: node.place.clone(), path: keys.join("."), message };
        reader.findings.push(finding);
    };
    if config.feeds.is_empty() {
        find(&["feeds"], "no feed is configured".into());
    }
    if config.http.contact.is_none() {
        find(
            &["http", "contact"],
            "not set; write an address at which site operators can reach you: a web page or an e-mail address".into(),
        );
    }
    if config.http.allow_private_networks && public_feeds > 0 {
        let message = format!(
            "lets {public_feeds} public feeds lead to private addresses; turn it off, or poll private feeds \
             with a separate instance"
        );
        find(&["http", "allow_private_networks"], message);
    }
    if config.http.timeout > config.daemon.shutdown_grace {
        let grace = spell_duration(config.daemon.shutdown_grace);
        find(
            &["http", "timeout"],
            format!(
                "is longer than daemon.shutdown_grace ({grace}): a stop cuts slow polls off; they are repeated"
            ),
        );
    }
    if config.websub.callback.as_ref().is_some_and(|callback| callback.public_url.starts_with("http:")) {
        let message =
            "lets hubs deliver without encryption; write an `https` address, and let a proxy end TLS";
        find(&["websub", "public_url"], message.into());
    }
    let security = &config.kafka.security;
    let clear = matches!(security.protocol, Protocol::Plaintext | Protocol::SaslPlaintext);
    if clear && config.kafka.brokers.iter().any(|broker| !is_loopback(broker)) {
        let message = "talks to other machines without encryption; write `protocol: tls` or `sasl_tls`";
        find(&["kafka", "security", "protocol"], message.into());
    }
    if config.kafka.embedded && config.delivery == Delivery::ExactlyOnce {
        let message = "the embedded broker is in memory and has no real transactions: for trying out only";
        find(&["kafka", "embedded"], message.into());
    }
    if !config.admin.listen.ip().is_loopback() {
        let message =
            "metrics and status can be read from other machines; write `127.0.0.1:9464`, or guard the port";
        find(&["admin", "listen"], message.into());
    }
    for (path, message) in sent_in_clear(config) {
        find(path, message.into());
    }
    let secrets =
        [&["kafka", "security", "password"][..], &["admin", "token"], &["http", "web_bot_auth", "key"]];
    for secret in secrets {
        if let Some(node) = root.at(secret).filter(|node| !node.referenced) {
            reader.clear_secret(node);
        }
    }
}

/// What sends secrets without encryption.
fn sent_in_clear(config: &Config) -> Vec<(&'static [&'static str], &'static str)> {
    let Config { kafka, observe, .. } = config;
    let registry = kafka.schema_registry.as_ref().filter(|registry| registry.auth.is_some());
    let otlp = observe.otlp.as_ref().filter(|otlp| !otlp.headers.is_empty());
    let all: [(&'static [&'static str], _, _); 3] = [
        (
            &["kafka", "schema_registry", "url"],
            registry.map(|registry| &registry.url),
            "sends its credentials without encryption; write an `https` address",
        ),
        (
            &["kafka", "security", "oauth", "token_endpoint"],
            kafka.security.oauth.as_ref().map(|oauth| &oauth.token_endpoint),
            "sends the client's secret without encryption; write an `https` address",
        ),
        (
            &["observe", "otlp", "endpoint"],
            otlp.map(|otlp| &otlp.endpoint),
            "sends its headers without encryption; write an `https` address",
        ),
    ];
    let clear = all.into_iter().filter(|(_, url, _)| url.is_some_and(is_clear));
    clear.map(|(path, _, message)| (path, message)).collect()
}

/// Whether what is sent there passes other machines without encryption.
fn is_clear(url: &Url) -> bool {
    url.scheme() == "http" && !url.host_str().is_some_and(|host| is_loopback(&format!("{host}:0")))
}

/// Whether the host looks like one that somebody else runs.
pub(super) fn is_public_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.contains('.') && !PRIVATE_ENDS.iter().any(|end| is_within(name, end))
        }
        None => false,
    }
}

fn is_loopback(broker: &str) -> bool {
    let host = broker.rsplit_once(':').map_or(broker, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
