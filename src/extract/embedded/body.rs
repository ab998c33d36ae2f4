//! The body of an article in a JSON value, by the keys that publishers give it.

use serde_json::{Map, Value};

use super::SHORTEST;

/// Values that are looked at, at most.
const VALUES_MAX: usize = 100_000;
/// Keys of an article's body, and of the text of one of its parts.
const BODIES: [&str; 14] = [
    "articleBody",
    "body",
    "bodyHtml",
    "body_html",
    "bodyText",
    "content",
    "contentHtml",
    "html",
    "text",
    "mainContent",
    "story",
    "fullText",
    "articleText",
    "rendered",
];
const PARTS: [&str; 7] = ["content", "text", "html", "value", "data", "body", "children"];
/// Levels within a part's own text: a paragraph made of runs made of links.
const DEPTH_MAX: usize = 4;
/// Fewest parts of a body.
const PARTS_MIN: usize = 3;

/// The longest body anywhere in a value.
pub(super) fn longest(root: &Value) -> Option<String> {
    let mut best: Option<String> = None;
    each(root, &mut |value| {
        let found = match value {
            Value::Object(map) => BODIES
                .iter()
                .filter_map(|key| map.get(*key)?.as_str())
                .filter(|text| is_prose(text))
                .max_by_key(|text| text.len())
                .map(str::to_owned),
            Value::Array(values) => parts(values, root),
            _ => None,
        };
        if let Some(found) = found
            && found.len() >= SHORTEST
            && best.as_ref().is_none_or(|best| found.len() > best.len())
        {
            best = Some(found);
        }
    });
    best
}

/// The longest text anywhere in a value, whatever its key.
pub(super) fn longest_text(root: &Value) -> Option<&str> {
    let mut stack = vec![root];
    let mut seen = 0;
    let mut best: Option<&str> = None;
    while let Some(value) = stack.pop() {
        seen += 1;
        if seen > VALUES_MAX {
            break;
        }
        match value {
            Value::Object(map) => stack.extend(map.values()),
            Value::Array(values) => stack.extend(values),
            Value::String(text) if best.is_none_or(|best| text.len() > best.len()) && is_prose(text) => {
                best = Some(text);
            }
            _ => {}
        }
    }
    best
}

/// Every object and array of a value.
fn each<'a>(root: &'a Value, look: &mut dyn FnMut(&'a Value)) {
    let mut stack = vec![root];
    let mut seen = 0;
    while let Some(value) = stack.pop() {
        seen += 1;
        if seen > VALUES_MAX {
            break;
        }
        let is_inner = |value: &&Value| value.is_object() || value.is_array();
        match value {
            Value::Object(map) => stack.extend(map.values().filter(is_inner)),
            Value::Array(values) => stack.extend(values.iter().filter(is_inner)),
            _ => continue,
        }
        look(value);
    }
}

/// A body in parts: `[{"type": "text", "content": "..."}, ...]`, or references to them.
fn parts(values: &[Value], root: &Value) -> Option<String> {
    let mut out = String::new();
    let mut count = 0;
    for value in values {
        let Some(text) = value.as_object().and_then(|map| part(map, root, 0)) else { continue };
        if text.contains(' ') || !text.is_ascii() && text.len() >= 60 {
            count += 1;
            out.push_str("<p>");
            out.push_str(&text);
            out.push_str("</p>");
        }
    }
    (count >= PARTS_MIN && is_prose(&out)).then_some(out)
}

/// The text of a part: its own, that of its runs, or that of the part it refers to.
fn part(map: &Map<String, Value>, root: &Value, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    if let Some(Value::String(reference)) = map.get("__ref").or_else(|| map.get("$ref")) {
        return part(root.get(reference)?.as_object()?, root, depth + 1);
    }
    PARTS.iter().find_map(|key| match map.get(*key)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(runs) => {
            let texts: Vec<String> =
                runs.iter().filter_map(|run| part(run.as_object()?, root, depth + 1)).collect();
            (!texts.is_empty()).then(|| texts.concat())
        }
        Value::Object(map) => part(map, root, depth + 1),
        _ => None,
    })
}

/// Whether a text is sentences, and neither code nor a list of names.
fn is_prose(text: &str) -> bool {
    let sentences = text.matches(['.', '!', '?', '。', '！', '？', '।', '؟']).count();
    text.len() >= SHORTEST
        && sentences >= 3
        && !text.trim_start().starts_with(['{', '['])
        && !text.contains("function(")
        && !text.contains("function (")
        && !text.contains("=>")
}
