//! JSON-LD: what the publisher tells search engines about the article.

use serde_json::Value;

/// JSON values of a page that are looked at, at most.
const VALUES_MAX: usize = 20_000;
/// Longest JSON script that is parsed, in bytes.
const SCRIPT_MAX: usize = 2 << 20;

/// Articles of a page that are looked at, at most: its own comes first.
const ARTICLES_MAX: usize = 12;

/// Endings of an article's types, in lower case: `NewsArticle`, `BlogPosting`, ...
const ARTICLES: [&str; 8] =
    ["article", "posting", "reportage", "report", "liveblogposting", "review", "recipe", "videoobject"];

/// The objects of all JSON-LD scripts of a page.
#[derive(Default)]
pub(super) struct Ld {
    roots: Vec<Value>,
}

impl Ld {
    /// Parses the scripts; a broken one is repaired if it has the usual mistakes, or left out.
    pub(super) fn of(scripts: &[&str]) -> Self {
        let mut budget = SCRIPT_MAX;
        let mut roots = Vec::new();
        for script in scripts {
            if script.len() > budget {
                continue;
            }
            budget -= script.len();
            roots.extend(parse(script));
        }
        Self { roots }
    }

    /// All objects, those of an article first.
    pub(super) fn articles(&self) -> Vec<&Value> {
        let mut found: Vec<&Value> = self.objects().into_iter().filter(|object| rank(object) > 0).collect();
        found.sort_by_key(|object| std::cmp::Reverse(rank(object)));
        found.truncate(ARTICLES_MAX);
        found
    }

    /// All objects that have a type or an id.
    pub(super) fn objects(&self) -> Vec<&Value> {
        let mut out = Vec::new();
        let mut stack: Vec<&Value> = self.roots.iter().rev().collect();
        let mut seen = 0;
        while let Some(value) = stack.pop() {
            seen += 1;
            if seen > VALUES_MAX {
                break;
            }
            match value {
                Value::Array(values) => stack.extend(values.iter().rev()),
                Value::Object(map) => {
                    if map.contains_key("@type") || map.contains_key("@id") {
                        out.push(value);
                    }
                    // Reading order, so that the first article is the page's own.
                    stack.extend(map.values().filter(|value| value.is_object() || value.is_array()).rev());
                }
                _ => {}
            }
        }
        out
    }

    /// The object with an id that another object only refers to.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let Some(id) = value.get("@id").and_then(Value::as_str) else { return value };
        if value.get("name").is_some() {
            return value;
        }
        self.objects()
            .into_iter()
            .find(|object| {
                object.get("@id").and_then(Value::as_str) == Some(id) && object.get("name").is_some()
            })
            .unwrap_or(value)
    }
}

/// How much an object looks like the page's article; 0: not at all.
fn rank(object: &Value) -> u8 {
    let is = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        if kind == "videoobject" {
            1
        } else if ARTICLES.iter().any(|suffix| kind.ends_with(suffix)) {
            3
        } else {
            u8::from(kind == "webpage") * 2
        }
    };
    match object.get("@type") {
        Some(Value::String(kind)) => is(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).map(is).max().unwrap_or(0),
        _ => 0,
    }
}

/// Text of a value: itself, its first element, or its `name`, `@value`, `headline`.
pub(super) fn text(value: &Value) -> Option<&str> {
    let found = match value {
        Value::String(text) => text,
        Value::Array(values) => return values.first().filter(|value| !value.is_array()).and_then(text),
        Value::Object(map) => {
            ["name", "@value", "headline", "url"].iter().find_map(|key| map.get(*key)?.as_str())?
        }
        _ => return None,
    };
    let found = found.trim();
    (!found.is_empty()).then_some(found)
}

/// Parses a JSON script as publishers write it.
pub(super) fn parse(script: &str) -> Option<Value> {
    let mut body = script.trim();
    for (open, close) in
        [("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("<![CDATA[", "]]>"), ("/*<![CDATA[*/", "/*]]>*/")]
    {
        if let Some(inner) = body.strip_prefix(open) {
            body = inner.trim().strip_suffix(close).unwrap_or(inner).trim();
        }
    }
    let body = body.trim_end_matches(';');
    serde_json::from_str(body).or_else(|_| serde_json::from_str(&repair(body))).ok()
}

/// Raw control characters inside strings and commas before a closing bracket: the usual mistakes.
fn repair(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let (mut quoted, mut escaped) = (false, false);
    for char in body.chars() {
        if quoted {
            if escaped {
                escaped = false;
                if !matches!(char, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                    out.pop();
                }
            } else if char == '\\' {
                escaped = true;
            } else if char == '"' {
                quoted = false;
            }
            out.push(if char.is_control() { ' ' } else { char });
        } else {
            if char == '"' {
                quoted = true;
            } else if matches!(char, '}' | ']') {
                while out.ends_with(|last: char| last.is_whitespace() || last == ',') {
                    out.pop();
                }
            }
            out.push(char);
        }
    }
    out
}
