//! Raw librdkafka settings: those that contradict a typed key are refused by name.

use super::reader::Reader;
use crate::yaml::Node;

/// Settings of librdkafka, and what decides them here. A name ending in `.` stands for everything
/// below it.
const DECIDED: &[(&str, &str)] = &[
    ("bootstrap.servers", "write `kafka.brokers`"),
    ("metadata.broker.list", "write `kafka.brokers`"),
    ("acks", "it follows from `delivery`"),
    ("request.required.acks", "it follows from `delivery`"),
    ("enable.idempotence", "it follows from `delivery`"),
    ("enable.gapless.guarantee", "it follows from `delivery`"),
    ("transactional.id", "it is made from `topics.ledger` and `daemon.instance`"),
    ("transaction.timeout.ms", "it is set so that a dead instance holds readers back for seconds only"),
    ("max.in.flight", "it follows from `delivery`"),
    ("max.in.flight.requests.per.connection", "it follows from `delivery`"),
    ("retries", "it follows from `delivery`"),
    ("message.send.max.retries", "it follows from `delivery`"),
    ("compression.type", "write `kafka.compression`"),
    ("compression.codec", "write `kafka.compression`"),
    ("message.max.bytes", "write `kafka.max_record`"),
    ("partitioner", "keys land where Java's clients put them (murmur2_random)"),
    ("security.protocol", "write `kafka.security.protocol`"),
    ("ssl.ca.location", "write `kafka.security.ca`"),
    ("ssl.certificate.location", "write `kafka.security.certificate`"),
    ("ssl.key.location", "write `kafka.security.key`"),
    ("enable.ssl.certificate.verification", "brokers are always verified; write `kafka.security.ca`"),
    ("ssl.endpoint.identification.algorithm", "brokers are always verified; write `kafka.security.ca`"),
    ("sasl.mechanism", "write `kafka.security.mechanism`"),
    ("sasl.mechanisms", "write `kafka.security.mechanism`"),
    ("sasl.username", "write `kafka.security.username`"),
    ("sasl.password", "write `kafka.security.password`"),
    ("sasl.oauthbearer.", "write `kafka.security.oauth`"),
    ("enable.sasl.oauthbearer.unsecure.jwt", "write `kafka.security.oauth`"),
    ("group.id", "it is made from `topics.ledger`"),
    ("group.instance.id", "write `daemon.instance`"),
    ("enable.auto.commit", "the ledger is a table; no offsets are committed"),
    ("enable.auto.offset.store", "the ledger is a table; no offsets are committed"),
    ("auto.offset.reset", "the ledger is always read from its start"),
    ("isolation.level", "the ledger is read with `read_committed`"),
    ("enable.partition.eof", "the end of the ledger has to be seen"),
    ("allow.auto.create.topics", "write `topics.create`"),
    ("log_level", "set the level of the log instead"),
];

/// Reads `kafka.properties`, in order. Whether librdkafka accepts them is for `publish` and `ledger` to ask:
/// only they may name it.
pub(super) fn properties(reader: &mut Reader<'_>, node: &Node) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let decoder = &mut reader.decoder;
    for (key, value) in decoder.mapping(node).unwrap_or_default() {
        let name = key.name.as_str();
        let name = name.strip_prefix("topic.").unwrap_or(name);
        let decided = |known: &str| known == name || known.ends_with('.') && name.starts_with(known);
        if let Some((_, instead)) = DECIDED.iter().find(|(known, _)| decided(known)) {
            decoder.tell(value, format!("cannot be set here: {instead}"));
        } else if name.is_empty() || name.contains(char::is_whitespace) {
            decoder.tell(value, "has to be named like a librdkafka setting, as in `linger.ms`");
        } else if let Some(text) = decoder.text(value) {
            reader.properties.push((value.place.clone(), value.path.clone()));
            out.push((key.name.clone(), text.to_owned()));
        }
    }
    out
}
