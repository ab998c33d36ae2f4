//! `daemon`: the process itself.

use std::time::Duration;

use super::{
    key::{KeyDoc, key, known},
    scalar::{HOUR, SECOND, count, set},
};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "daemon.workers",
        "1 to 10000",
        "512",
        "Polls at work at once. Of a feed that is new or failed, one that its server keeps waiting for more than \
         a second makes way for another; a quarter of them is kept for feeds that answered when last asked.",
    ),
    key(
        "daemon.waiting",
        "1 to 100000",
        "1024",
        "Polls of new or failing feeds that their servers keep waiting for more than a second: they hold no \
         worker, but a socket. Beyond this number the one that has waited longest is given up, as after \
         `http.timeout` (reason `given_up`).",
    ),
    key(
        "daemon.start_spread",
        "duration, 1s to 1h",
        "60s",
        "The first polls of many new feeds are spread over this time, or over their interval if that is \
         shorter.",
    ),
    key("daemon.shutdown_grace", "duration, to 1h", "25s", "How long a stop may take."),
    key(
        "daemon.tombstones",
        "boolean",
        "false",
        "Send a tombstone when an entry leaves its feed as deleted.",
    ),
    key(
        "daemon.watch",
        "boolean",
        "false",
        "Reload when a file of the configuration has changed, as SIGHUP does: the file itself, lists of feeds, rules, secrets by file. Within 6 s, also of files that a glob matches anew.",
    ),
    key(
        "daemon.instance",
        "name",
        "",
        "Name of this instance: unique, and the same after a restart. A restart within `daemon.session` then moves no feed, and at once ends what the previous process left open; a permanent stop is noticed only after the session.",
    ),
    key(
        "daemon.session",
        "duration, 6s to 5m",
        "10s",
        "How long an instance may be silent before the others take over its feeds. Shorter: quicker after a crash. Longer: more time for a restart under the same name, and feeds that do not move because of a pause of the machine.",
    ),
];

/// From what a broker allows by default (`group.min.session.timeout.ms`) to what patience allows.
const SESSION: std::ops::RangeInclusive<Duration> = Duration::from_secs(6)..=Duration::from_secs(300);

/// Longest `daemon.instance`, bytes: Kafka takes names of up to 249, and the ledger's name is a
/// part of them.
const INSTANCE_MAX: usize = 100;

/// `daemon`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// `daemon.workers`.
    pub workers: usize,
    /// `daemon.waiting`.
    pub waiting: usize,
    /// `daemon.start_spread`.
    pub start_spread: Duration,
    /// `daemon.shutdown_grace`.
    pub shutdown_grace: Duration,
    /// `daemon.tombstones`.
    pub tombstones: bool,
    /// `daemon.watch`.
    pub watch: bool,
    /// `daemon.instance`.
    pub instance: Option<String>,
    /// `daemon.session`.
    pub session: Duration,
}

impl Default for Daemon {
    fn default() -> Self {
        Self {
            workers: 512,
            waiting: 1_024,
            start_spread: Duration::from_secs(60),
            shutdown_grace: Duration::from_secs(25),
            tombstones: false,
            watch: false,
            instance: None,
            session: Duration::from_secs(10),
        }
    }
}

pub(super) fn daemon(decoder: &mut Decoder, section: &Node) -> Daemon {
    let mut out = Daemon::default();
    let Some(fields) = decoder.fields(section, &known(KEYS, "daemon")) else { return out };
    if let Some(node) = fields.get("start_spread") {
        set(&mut out.start_spread, decoder.duration(node, SECOND..=HOUR));
    }
    if let Some(node) = fields.get("workers") {
        set(&mut out.workers, count(decoder, node, 10_000));
    }
    if let Some(node) = fields.get("waiting") {
        set(&mut out.waiting, count(decoder, node, 100_000));
    }
    if let Some(node) = fields.get("shutdown_grace") {
        set(&mut out.shutdown_grace, decoder.duration(node, SECOND..=HOUR));
    }
    if let Some(node) = fields.get("tombstones") {
        set(&mut out.tombstones, decoder.boolean(node));
    }
    if let Some(node) = fields.get("watch") {
        set(&mut out.watch, decoder.boolean(node));
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
