//! All keys in one table: the decoder takes the known ones from it, `check --reference` prints it.

use std::fmt::Write as _;

/// One key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDoc {
    /// Path: `http.timeout`, `feeds[].url`.
    pub path: &'static str,
    /// Form of the value.
    pub kind: &'static str,
    /// Default as it would be written; empty where there is none.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
}

const fn key(path: &'static str, kind: &'static str, default: &'static str, doc: &'static str) -> KeyDoc {
    KeyDoc { path, kind, default, doc }
}

/// The keys in the order of the reference.
static KEYS: &[KeyDoc] = &[
    key("kafka.brokers", "list of `host:port`", "", "Bootstrap servers. Required unless `kafka.embedded`."),
    key(
        "kafka.embedded",
        "boolean",
        "false",
        "Use an in-memory broker inside the process instead: for trying out only.",
    ),
    key(
        "kafka.security.protocol",
        "`plaintext`, `tls`, `sasl_plaintext`, `sasl_tls`",
        "plaintext",
        "How to connect to the brokers.",
    ),
    key("kafka.security.ca", "path", "", "CA certificates (PEM); those of the system if not set."),
    key("kafka.security.certificate", "path", "", "Client certificate (PEM), with `key`."),
    key("kafka.security.key", "path", "", "Client key (PEM), with `certificate`."),
    key(
        "kafka.security.mechanism",
        "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI`",
        "",
        "SASL mechanism.",
    ),
    key("kafka.security.username", "text", "", "SASL user."),
    key("kafka.security.password", "secret", "", "SASL password: `${env:NAME}` or `${file:/path}`."),
    key(
        "kafka.properties",
        "mapping",
        "{}",
        "Raw librdkafka settings; one that contradicts another key is refused.",
    ),
    key("kafka.compression", "`zstd`, `lz4`, `snappy`, `gzip`, `none`", "zstd", "Compression of batches."),
    key("kafka.max_record", "size", "1MB", "Largest record; a longer article is cut and says so."),
    key(
        "delivery",
        "`exactly_once`, `at_least_once`",
        "exactly_once",
        "Articles and ledger in one transaction, or one after the other.",
    ),
    key("topics.articles", "topic", "news.articles", "Articles."),
    key("topics.dead_letters", "topic", "news.dead-letters", "What could not be published, with the reason."),
    key("topics.ledger", "topic", "copydesk.ledger", "The daemon's state; compacted."),
    key("topics.archive", "topic", "", "Raw feeds and pages for replays; off unless named."),
    key("topics.feeds", "topic", "", "How each feed is, compacted, one key a feed; off unless named."),
    key(
        "topics.stories",
        "topic, `off`",
        "",
        "By which all instances know each other's stories; the ledger's name and `.stories` where missing. `off`: \
         each knows its own.",
    ),
    key("topics.create", "boolean", "true", "Create missing topics at start."),
    key("topics.partitions", "1 to 10000", "6", "Partitions of new topics other than the ledger."),
    key(
        "topics.ledger_partitions",
        "1 to 64",
        "16",
        "Partitions of the ledger: the most instances ever wanted.",
    ),
    key(
        "topics.replication",
        "-1, or from 1",
        "-1",
        "Replication factor of new topics; -1 is the broker's own.",
    ),
    key(
        "topics.retention",
        "duration",
        "",
        "Retention of new article topics; the broker's default if not set.",
    ),
    key("topics.dead_letter_retention", "duration", "30d", "Retention of a new topic of dead letters."),
    key("stories.articles", "1 to 1000000", "20000", "Most articles that a new one is compared with."),
    key(
        "stories.window",
        "duration, 1m to 8760h",
        "7d",
        "How long an article is compared with; then it starts a new story.",
    ),
    key(
        "http.contact",
        "URL or e-mail address",
        "",
        "Address at which site operators can reach you; part of the user agent.",
    ),
    key("http.timeout", "duration, 100ms to 10m", "20s", "Longest fetch, redirects and body included."),
    key("http.max_body", "size, to 1GiB", "15MiB", "Largest body after decompression."),
    key(
        "http.allow_private_networks",
        "boolean",
        "false",
        "Allow requests to loopback, private and other special addresses.",
    ),
    key(
        "http.concurrency",
        "1 to 10000",
        "512",
        "Most requests under way at once; each may hold a body of `http.max_body` in memory.",
    ),
    key("http.per_site", "1 to 64", "2", "Most requests under way at once to one site (registrable domain)."),
    key(
        "http.site_delay",
        "duration, to 1h",
        "1s",
        "Least time between the starts of two requests to one site.",
    ),
    key(
        "http.robots",
        "`obey`, `record`",
        "obey",
        "Fetch no page that `robots.txt` (RFC 9309) forbids, or fetch it and only record what it says. Feeds \
         are listed by you and not asked for.",
    ),
    key("defaults.interval", "`adaptive` or duration", "adaptive", "`interval` of feeds that have none."),
    key("defaults.content", "`feed`, `page`, `auto`", "auto", "`content` of feeds that have none."),
    key(
        "defaults.tags",
        "list of `kind/name`",
        "[]",
        "Tags given to the articles of every feed, before its own.",
    ),
    key(
        "feeds[].name",
        "text",
        "host and path",
        "Unique name: the key of the feed's state. Keep it when the address changes.",
    ),
    key("feeds[].url", "URL", "", "Address, http or https. Required."),
    key(
        "feeds[].interval",
        "`adaptive`, or duration from 1s to 30d",
        "",
        "How often to poll: by what the feed does and says, or fixed.",
    ),
    key(
        "feeds[].content",
        "`feed`, `page`, `auto`",
        "",
        "Where the text comes from: the feed, the page behind the link, or the better one.",
    ),
    key("feeds[].tags", "list of `kind/name`", "", "Tags given to every article of the feed."),
    key(
        "feeds[].headers",
        "mapping",
        "",
        "Extra request headers, sent to the feed's own origin only; values are secrets.",
    ),
    key(
        "feeds[].auth.basic.username",
        "text",
        "",
        "User name of Basic authentication, for the feed's own origin.",
    ),
    key("feeds[].auth.basic.password", "secret", "", "Its password: `${env:NAME}` or `${file:/path}`."),
    key("feeds[].auth.bearer", "secret", "", "Bearer token, in place of `basic`."),
    key("feeds[].cookie", "secret", "", "Cookies as a `Cookie` header has them, for the feed's own origin."),
    key(
        "feeds[].user_agent",
        "text",
        "",
        "User agent towards the feed's own origin, in place of copydesk's.",
    ),
    key(
        "feeds[].pages_with_headers",
        "boolean",
        "true",
        "Send headers, authentication and cookies also for pages of the feed's own origin; never to another.",
    ),
    key("include", "list of globs", "[]", "Further feeds: YAML files with a `feeds` list, and OPML files."),
    key("rules.packs", "list of languages", "[]", "Built-in cleaning rules to use; all where empty."),
    key("rules.files", "list of globs", "[]", "Further cleaning rules."),
    key("tags.files", "list of globs", "[]", "Further tagging rules."),
    key(
        "urls.files",
        "list of globs",
        "[]",
        "Further tracking parameters, as in config/tracking-parameters.yaml.",
    ),
    key("routes[].topic", "topic", "", "A further topic. Required."),
    key(
        "routes[].when.any",
        "list of tags",
        "",
        "At least one of these; a trailing `*` stands for any ending.",
    ),
    key("routes[].when.all", "list of tags", "", "All of these."),
    key("routes[].when.none", "list of tags", "", "None of these."),
    key("routes[].when.languages", "list of codes", "", "In one of these languages; `pt` has `pt-BR`."),
    key(
        "routes[].when.sources",
        "list of texts",
        "",
        "From one of these: a feed's name, the domain of the article; a trailing `*` stands for any ending.",
    ),
    key(
        "routes[].when.salience",
        "0 to 1",
        "",
        "Least salience of the tags under `any` and `all`: what the article is about, not only mentions.",
    ),
    key(
        "admin.listen",
        "address:port",
        "127.0.0.1:9464",
        "Health and metrics; port 0 is any free one, named in the log.",
    ),
    key(
        "daemon.workers",
        "1 to 10000",
        "512",
        "Polls under way at once. A feed that does not answer holds one until `http.timeout`; a quarter of \
         them is kept for feeds that answered when last asked.",
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
        "daemon.instance",
        "name",
        "",
        "Name of this instance: no other's, and the same after a restart. A restart within `daemon.session` then moves no feed, and ends at once what the process before left open; a stop for good is noticed after the session only.",
    ),
    key(
        "daemon.session",
        "duration, 6s to 5m",
        "10s",
        "How long an instance may be silent before the others take over its feeds. Shorter: quicker after a crash. Longer: more time for a restart under the same name, and feeds that do not move because of a pause of the machine.",
    ),
];

/// All keys, in the order of the sections.
pub fn reference() -> &'static [KeyDoc] {
    KEYS
}

/// The keys as a Markdown table.
pub fn reference_markdown() -> String {
    let mut out = String::from("| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
    for KeyDoc { path, kind, default, doc } in KEYS {
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        // Writing to a string cannot fail.
        writeln!(out, "| `{path}` | {kind} | {default} | {doc} |").ok();
    }
    out
}

/// The keys of a section: `""` for the top, `kafka.security`, `feeds[]`, ...
pub(super) fn known(section: &str) -> Vec<&'static str> {
    let mut out: Vec<&str> = Vec::new();
    for KeyDoc { path, .. } in KEYS {
        let rest = match section {
            "" => Some(*path),
            _ => path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.')),
        };
        let name = rest.and_then(|rest| rest.split(['.', '[']).next()).filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|name| !out.contains(name)) {
            out.push(name);
        }
    }
    out
}
