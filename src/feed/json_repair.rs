//! JSON from text that is nearly JSON.

use serde_json::Value;

/// Deepest nesting kept, under serde_json's own limit of 128.
const DEPTH_MAX: usize = 64;

/// Values read from one document, at most: a tree of them takes many times the memory of their
/// text.
const VALUES_MAX: usize = 250_000;

/// The part of `text` that holds no more values than are read.
pub(super) fn bounded(text: &str) -> &str {
    let bytes = text.as_bytes();
    let (mut position, mut values) = (0, 0);
    while let Some(&byte) = bytes.get(position) {
        position += 1;
        match byte {
            b'"' => {
                while let Some(at) = memchr::memchr2(b'"', b'\\', bytes.get(position..).unwrap_or(&[])) {
                    position += at + 1;
                    if bytes[position - 1] == b'"' {
                        break;
                    }
                    position += 1;
                }
            }
            b',' | b'{' | b'[' => {
                values += 1;
                if values > VALUES_MAX {
                    return text.get(..position - 1).unwrap_or(text);
                }
            }
            _ => {}
        }
    }
    text
}

/// Turns text that is nearly JSON into JSON: raw control characters in strings escaped, commas
/// before a closing bracket dropped, what lies too deep left out, and a document that ends in the
/// middle is closed, with everything complete before its end. Also returns how many brackets were
/// open at the end.
pub(super) fn repair(text: &str) -> (String, usize) {
    let mut out = String::with_capacity(text.len() + 64);
    // Open brackets, and the length of `out` after the last complete value in each.
    let mut open: Vec<char> = Vec::new();
    let mut skipped = 0_usize;
    let mut chars = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        let keep = skipped == 0;
        if in_string {
            in_string = c != '"';
            within_string(c, &mut chars, keep.then_some(&mut out));
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' | '[' => {
                if open.len() + skipped >= DEPTH_MAX {
                    skipped += 1;
                    if skipped == 1 {
                        out.push_str("null");
                    }
                    continue;
                }
                open.push(if c == '{' { '}' } else { ']' });
            }
            '}' | ']' if skipped > 0 => {
                skipped -= 1;
                continue;
            }
            '}' | ']' => {
                drop_comma(&mut out);
                // A bracket that closes nothing is left out, a missing one put in.
                while let Some(expected) = open.pop() {
                    out.push(expected);
                    if expected == c {
                        break;
                    }
                }
                if open.is_empty() {
                    break;
                }
                continue;
            }
            _ => {}
        }
        if skipped == 0 {
            out.push(c);
        }
    }
    let unclosed = open.len();
    if !open.is_empty() {
        finish(&mut out, in_string, &mut open);
    }
    (out, unclosed)
}

/// Writes a character within a string: what JSON does not allow there becomes what was meant.
/// Without `out` the string lies too deep and is left out.
fn within_string(c: char, rest: &mut impl Iterator<Item = char>, out: Option<&mut String>) {
    let escaped = (c == '\\').then(|| rest.next().unwrap_or(' '));
    let Some(out) = out else { return };
    match (c, escaped) {
        (_, Some(next)) => {
            let known = matches!(next, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u');
            out.push_str(if known { "\\" } else { "\\\\" });
            out.push(next);
        }
        ('\n', _) => out.push_str("\\n"),
        ('\t', _) => out.push_str("\\t"),
        ('\u{0}'..'\u{20}', _) => out.push(' '),
        _ => out.push(c),
    }
}

fn drop_comma(out: &mut String) {
    let trimmed = out.trim_end().len();
    out.truncate(trimmed);
    if out.ends_with(',') {
        out.pop();
    }
}

/// Closes a document that ends in the middle. A string that was cut off is kept as far as it goes
/// if it is a value; a key without a value is dropped.
fn finish(out: &mut String, in_string: bool, open: &mut Vec<char>) {
    if in_string {
        // A reference cut in the middle: `\u00`.
        if let Some(at) = out.rfind("\\u").filter(|at| out.len() - at < 6) {
            out.truncate(at);
        }
        out.push('"');
    }
    while let Some(bracket) = open.pop() {
        drop_comma(out);
        if bracket == '}' {
            complete_member(out);
        } else if let Some(at) = unfinished_word(out) {
            out.truncate(at);
            drop_comma(out);
        }
        out.push(bracket);
    }
}

/// A word such as `tru` at the end, which is not a value.
fn unfinished_word(out: &str) -> Option<usize> {
    let start = out
        .rfind(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '+'))
        .map_or(0, |at| at + 1);
    let word = out.get(start..)?;
    (!word.is_empty() && serde_json::from_str::<Value>(word).is_err()).then_some(start)
}

/// Drops the key at the end of an object that has no value, or an unfinished one.
fn complete_member(out: &mut String) {
    if let Some(at) = unfinished_word(out) {
        out.truncate(at);
    }
    let trimmed = out.trim_end();
    if let Some(before) = trimmed.strip_suffix(':') {
        let before = before.trim_end().len();
        out.truncate(before);
        drop_string(out);
        drop_comma(out);
    } else if trimmed.ends_with('"') {
        // A string is a key when `{` or `,` stands before it.
        let mut probe = out.trim_end().to_owned();
        drop_string(&mut probe);
        if probe.trim_end().ends_with(['{', ',']) {
            *out = probe;
            drop_comma(out);
        }
    }
}

/// Drops the string that ends `out`.
fn drop_string(out: &mut String) {
    let Some(body) = out.strip_suffix('"') else { return };
    let mut end = body.len();
    while let Some(at) = body.get(..end).and_then(|head| head.rfind('"')) {
        let escapes = body.get(..at).unwrap_or("").bytes().rev().take_while(|b| *b == b'\\').count();
        if escapes % 2 == 0 {
            out.truncate(at);
            return;
        }
        end = at;
    }
    out.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_json_becomes_json() {
        for (text, expected) in [
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            ("{\"a\":\"x\ny\"}", r#"{"a":"x\ny"}"#),
            (r#"{"a":"x\qy"}"#, r#"{"a":"x\\qy"}"#),
            (r#"{"a":[{"b":"c"},{"b":"d"#, r#"{"a":[{"b":"c"},{"b":"d"}]}"#),
            (r#"{"a":[{"b":"c"},{"b"#, r#"{"a":[{"b":"c"},{}]}"#),
            (r#"{"a":[{"b":"c"},{"b":"#, r#"{"a":[{"b":"c"},{}]}"#),
            (r#"{"a":tru"#, "{}"),
            (r#"{"a":12"#, r#"{"a":12}"#),
            (r#"{"a":"x\u00"#, r#"{"a":"x"}"#),
            (r#"{"a":[1}"#, r#"{"a":[1]}"#),
        ] {
            assert_eq!(repair(text).0, expected, "{text}");
            assert!(serde_json::from_str::<Value>(&repair(text).0).is_ok(), "{text}");
        }
        let many = format!("{{\"items\":[{}", "{\"a\":\"{,\\\"\"},".repeat(VALUES_MAX));
        let value: Value = serde_json::from_str(&repair(bounded(&many)).0).unwrap();
        assert!(value["items"].as_array().unwrap().len() > VALUES_MAX / 3);
        assert_eq!(bounded("{\"a\": [1, \"b"), "{\"a\": [1, \"b");
        let deep = "[".repeat(100_000);
        assert!(repair(&deep).0.len() < 400);
    }
}
