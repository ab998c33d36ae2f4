//! Articles that a page carries only as JSON, for its scripts to show.

use serde_json::Value;

use super::ld::{self, Ld};

/// Longest JSON script that is parsed, in bytes.
const MAX_SCRIPT: usize = 4 << 20;
/// Most values that are looked at.
const MAX_VALUES: usize = 100_000;
/// Shorter texts are summaries, in bytes.
const SHORTEST: usize = 600;
/// Keys of an article's body, and of the text of one of its parts.
const BODIES: [&str; 12] = [
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
];
const PARTS: [&str; 6] = ["content", "text", "html", "value", "data", "body"];

/// The longest body in JSON-LD and in the scripts of a page, as HTML or as text with line breaks.
pub(super) fn body(ld: &Ld, scripts: &[(u32, &str)]) -> Option<String> {
    let stated = ld
        .articles()
        .into_iter()
        .filter_map(|article| article.get("articleBody")?.as_str())
        .filter(|body| body.len() >= SHORTEST)
        .max_by_key(|body| body.len())
        .map(str::to_owned);
    if stated.is_some() {
        return stated;
    }
    let mut budget = MAX_SCRIPT;
    let mut best: Option<String> = None;
    for (_, script) in scripts {
        let script = match script.split_once("Fusion.globalContent=") {
            Some((_, rest)) => first_object(rest),
            None => script,
        };
        if script.len() > budget || script.len() < SHORTEST {
            continue;
        }
        budget -= script.len();
        if let Some(value) = ld::parse(script)
            && let Some(found) = longest(&value)
            && best.as_ref().is_none_or(|best| found.len() > best.len())
        {
            best = Some(found);
        }
    }
    best
}

/// The object at the beginning of a script, up to its closing bracket.
fn first_object(script: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in script.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return script.get(..=at).unwrap_or("");
                }
            }
            _ => {}
        }
    }
    ""
}

/// The longest body anywhere in a value.
fn longest(root: &Value) -> Option<String> {
    let mut best: Option<String> = None;
    let mut stack = vec![root];
    let mut seen = 0;
    while let Some(value) = stack.pop() {
        seen += 1;
        if seen > MAX_VALUES {
            break;
        }
        let found = match value {
            Value::Object(map) => {
                stack.extend(map.values().filter(|value| value.is_object() || value.is_array()));
                BODIES
                    .iter()
                    .filter_map(|key| map.get(*key)?.as_str())
                    .filter(|text| is_prose(text))
                    .max_by_key(|text| text.len())
                    .map(str::to_owned)
            }
            Value::Array(values) => {
                stack.extend(values.iter().filter(|value| value.is_object() || value.is_array()));
                parts(values)
            }
            _ => None,
        };
        if let Some(found) = found
            && found.len() >= SHORTEST
            && best.as_ref().is_none_or(|best| found.len() > best.len())
        {
            best = Some(found);
        }
    }
    best
}

/// A body in parts: `[{"type": "text", "content": "..."}, ...]`.
fn parts(values: &[Value]) -> Option<String> {
    let mut out = String::new();
    let mut count = 0;
    for value in values {
        let Some(text) = PARTS.iter().find_map(|key| value.get(*key)?.as_str()) else { continue };
        if text.contains(' ') {
            count += 1;
            out.push_str("<p>");
            out.push_str(text);
            out.push_str("</p>");
        }
    }
    (count >= 3).then_some(out)
}

/// Sentences, not code, not a list of names.
fn is_prose(text: &str) -> bool {
    let sentences = text.matches(['.', '!', '?', '。', '！', '？', '।', '؟']).count();
    text.len() >= SHORTEST
        && sentences >= 3
        && !text.trim_start().starts_with(['{', '['])
        && !text.contains("function(")
}

/// A body as HTML: plain text gets its paragraphs.
pub(super) fn as_html(body: &str) -> String {
    if body.contains("</") || body.contains("<br") {
        return body.to_owned();
    }
    let body = super::entities::decode(body, false);
    if body.contains("</p>") || body.contains("<br") {
        return body.into_owned();
    }
    body.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("<p>{}</p>", line.replace('&', "&amp;").replace('<', "&lt;")))
        .collect()
}
