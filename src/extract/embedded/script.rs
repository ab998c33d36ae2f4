//! The JSON values in the scripts of a page: whole scripts, what they assign, fragments that they push.

use serde_json::{Deserializer, Value};

use super::SHORTEST;
use crate::extract::ld;

/// Places in a script that are tried as the beginning of a value, at most.
const TRIES_MAX: usize = 200;

/// All values in all scripts of at most `budget` bytes together.
pub(super) fn values(scripts: &[(u32, &str)], budget: usize) -> Vec<Value> {
    let mut left = budget;
    let mut out = Vec::new();
    let mut stream = String::new();
    for (_, script) in scripts {
        if script.len() > left {
            continue;
        }
        left -= script.len();
        if !pushed(script, &mut stream) && script.len() >= SHORTEST {
            of_script(script, &mut out);
        }
    }
    rows(&stream, &mut out);
    out
}

fn of_script(script: &str, out: &mut Vec<Value>) {
    if script.trim_start().starts_with(['{', '[', '<', '/'])
        && let Some(value) = ld::parse(script)
    {
        out.push(value);
        return;
    }
    let before = out.len();
    let mut at = 0;
    for _ in 0..TRIES_MAX {
        let Some(start) = next_value(script, at) else { break };
        at = match prefix(script.get(start..).unwrap_or("")) {
            Some((value, len)) if len >= SHORTEST => {
                out.push(unwrapped(value));
                start + len
            }
            Some((_, len)) => start + len,
            None => start + 1,
        };
    }
    if out.len() == before {
        literals(script, out);
    }
}

/// Where the next value that is assigned, passed or returned may begin.
fn next_value(script: &str, from: usize) -> Option<usize> {
    let bytes = script.as_bytes();
    let mut at = from;
    loop {
        at += memchr::memchr3(b'=', b'(', b':', bytes.get(at..)?)? + 1;
        let rest = bytes.get(at..)?;
        let start = at + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if matches!(bytes.get(start), Some(b'{' | b'[' | b'"')) {
            return Some(start);
        }
    }
}

/// The value that a text begins with, and its length.
fn prefix(text: &str) -> Option<(Value, usize)> {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// The value inside a string that is itself JSON.
fn unwrapped(value: Value) -> Value {
    match &value {
        Value::String(text) if text.starts_with(['{', '[']) => serde_json::from_str(text).unwrap_or(value),
        _ => value,
    }
}

/// Long strings of a script whose objects are not JSON.
fn literals(script: &str, out: &mut Vec<Value>) {
    let bytes = script.as_bytes();
    let mut at = 0;
    while let Some(open) = bytes.get(at..).and_then(|rest| memchr::memchr3(b'"', b'\'', b'`', rest)) {
        let start = at + open;
        let quote = bytes.get(start).copied().unwrap_or(b'"');
        let mut end = start + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 2,
                byte if *byte == quote => break,
                b'\n' if quote != b'`' => break,
                _ => end += 1,
            }
        }
        if bytes.get(end) == Some(&quote)
            && end - start > SHORTEST
            && let Some(text) = script.get(start + 1..end).and_then(|raw| literal(raw, quote))
        {
            out.push(unwrapped(Value::String(text)));
        }
        at = end.max(start) + 1;
    }
}

/// The text of a string as it stands between its quotes.
fn literal(raw: &str, quote: u8) -> Option<String> {
    let mut json = String::with_capacity(raw.len() + 2);
    json.push('"');
    let mut chars = raw.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                    json.extend(['\\', escaped])
                }
                'x' => json.push_str("\\u00"),
                other => json.push(other),
            },
            '"' if quote != b'"' => json.push_str("\\\""),
            char if char.is_control() => json.push(' '),
            char => json.push(char),
        }
    }
    json.push('"');
    serde_json::from_str(&json).ok()
}

/// Collects the fragments of a stream, `self.x.push([1, "..."])`; returns whether there were any.
fn pushed(script: &str, stream: &mut String) -> bool {
    let before = stream.len();
    for (at, _) in script.match_indices(".push([") {
        let Some((Value::Array(values), _)) = script.get(at + ".push(".len()..).and_then(prefix) else {
            continue;
        };
        if let [Value::Number(_), Value::String(text)] = values.as_slice() {
            stream.push_str(text);
        }
    }
    stream.len() > before
}

/// The rows of a stream: `1a:{"json": 1}`, or `1b:T4f,` followed by a text of that many bytes (hexadecimal).
fn rows(stream: &str, out: &mut Vec<Value>) {
    let mut rest = stream;
    while let Some((id, row)) = rest.split_once(':') {
        if !id.trim_start().bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let text = row.strip_prefix('T').and_then(|row| {
            let (len, text) = row.split_once(',')?;
            let len = usize::from_str_radix(len, 16).ok()?;
            Some(text.split_at(text.floor_char_boundary(len)))
        });
        if let Some((text, behind)) = text {
            out.push(Value::String(text.to_owned()));
            rest = behind;
            continue;
        }
        let (row, behind) = row.split_once('\n').unwrap_or((row, ""));
        if let Some(start) = row.find(['{', '['])
            && let Some((value, _)) = row.get(start..).and_then(prefix)
        {
            out.push(value);
        }
        rest = behind;
    }
}
