//! OTLP: the messages of `opentelemetry/proto/collector/trace/v1` (1.x), in protocol buffers.

use super::{Ended, Fact};

/// The media type of the messages.
pub const MEDIA_TYPE: &str = "application/x-protobuf";

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// A request to export `spans`; `resource` says whose they are.
pub fn encode(spans: &[Ended], resource: &[(&'static str, Fact)]) -> Vec<u8> {
    message(|request| {
        part(request, 1, |resource_spans| {
            part(resource_spans, 1, |out| attributes(out, 1, resource));
            part(resource_spans, 2, |scope_spans| {
                part(scope_spans, 1, |scope| {
                    text(scope, 1, "copydesk");
                    text(scope, 2, env!("CARGO_PKG_VERSION"));
                });
                for ended in spans {
                    part(scope_spans, 2, |out| span(out, ended));
                }
            });
        });
    })
}

fn span(out: &mut Vec<u8>, ended: &Ended) {
    bytes(out, 1, &ended.trace);
    bytes(out, 2, &ended.id);
    if let Some(parent) = &ended.parent {
        bytes(out, 4, parent);
    }
    text(out, 5, ended.name);
    number(out, 6, kind(ended.name));
    fixed(out, 7, ended.start);
    fixed(out, 8, ended.end);
    attributes(out, 9, &ended.facts);
    // `error.type` by the semantic conventions; the status says the same to whoever does not know them.
    if ended.facts.iter().any(|(name, _)| *name == "error.type") {
        part(out, 15, |status| number(status, 3, 2));
    }
    // Sampled.
    tag(out, 16, FIXED32);
    out.extend(1u32.to_le_bytes());
}

/// `SpanKind`: internal, client or producer.
fn kind(name: &str) -> u64 {
    match name {
        "fetch" => 3,
        "acknowledgement" => 4,
        _ => 1,
    }
}

fn attributes(out: &mut Vec<u8>, field: u64, facts: &[(&'static str, Fact)]) {
    for (name, fact) in facts {
        part(out, field, |pair| {
            text(pair, 1, name);
            part(pair, 2, |value| match fact {
                Fact::Text(it) => text(value, 1, it),
                Fact::Boolean(it) => number(value, 2, u64::from(*it)),
                Fact::Integer(it) => number(value, 3, it.cast_unsigned()),
                Fact::Number(it) => fixed(value, 4, it.to_bits()),
            });
        });
    }
}

fn message(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn part(out: &mut Vec<u8>, field: u64, write: impl FnOnce(&mut Vec<u8>)) {
    bytes(out, field, &message(write));
}

fn text(out: &mut Vec<u8>, field: u64, text: &str) {
    bytes(out, field, text.as_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    tag(out, field, LENGTH);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

fn number(out: &mut Vec<u8>, field: u64, number: u64) {
    tag(out, field, VARINT);
    varint(out, number);
}

fn fixed(out: &mut Vec<u8>, field: u64, number: u64) {
    tag(out, field, FIXED64);
    out.extend(number.to_le_bytes());
}

fn tag(out: &mut Vec<u8>, field: u64, wire: u64) {
    varint(out, field << 3 | wire);
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
