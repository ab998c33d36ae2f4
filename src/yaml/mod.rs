//! YAML with the place of every value, decoded strictly, all errors collected.
//!
//! The configuration, the rule packs and the tag rules are all read here, so that each mistake in
//! each file is reported as `file:line:column: path: what is wrong, what to write instead`, and all
//! of them in one run.

mod decoder;

use std::{fmt, sync::Arc};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

pub use decoder::{Decoder, Fields};

/// Deepest nesting that is read; deeper documents are refused.
const DEPTH_MAX: usize = 64;

/// A place in a file. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File as it was named.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One mistake and its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Path of the value: `feeds[3].interval`, empty at the top.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}: {}", self.place, self.message)
        } else {
            write!(f, "{}: {}: {}", self.place, self.path, self.message)
        }
    }
}

/// A value with its place and its path.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// Its path from the top: `feeds[3].interval`.
    pub path: String,
    /// The value.
    pub value: Value,
    /// The value was taken from the environment or from a file: it is not to be shown.
    pub referenced: bool,
    /// The text with `***` in place of each reference, if there are any: this may be shown.
    pub masked: Option<String>,
    /// What the references brought in.
    pub brought: Vec<String>,
}

impl Node {
    /// `text`, derived from this value, as a message may show it.
    pub fn shown(&self, text: impl fmt::Display) -> String {
        if self.referenced { "(what the reference stands for)".into() } else { text.to_string() }
    }

    /// The node at `keys`, one mapping key after the other.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        let Some((key, rest)) = keys.split_first() else { return Some(self) };
        let Value::Mapping(entries) = &self.value else { return None };
        let (_, node) = entries.iter().find(|(known, _)| known.name == *key)?;
        node.at(rest)
    }
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// A scalar. `plain` is false for quoted and block scalars, which are always text.
    Scalar {
        /// The text.
        text: String,
        /// Written without quotes.
        plain: bool,
    },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping in the order of the file; keys are unique.
    Mapping(Vec<(Key, Node)>),
}

/// A key with its place.
#[derive(Clone, Debug)]
pub struct Key {
    /// Where it stands.
    pub place: Place,
    /// The key.
    pub name: String,
}

/// Reads one document. An empty document is [`Value::Null`].
///
/// # Errors
/// The syntax error, or the keys that are given twice.
pub fn parse(file: &str, text: &str) -> Result<Node, Vec<Problem>> {
    match read(file, text) {
        (Some(root), problems) if problems.is_empty() => Ok(root),
        (_, problems) => Err(problems),
    }
}

/// As [`parse`], but gives the document even if keys are given twice (the first counts), so that
/// its other problems can be found too. After a syntax error there is no document.
pub fn read(file: &str, text: &str) -> (Option<Node>, Vec<Problem>) {
    let file: Arc<str> = Arc::from(file);
    let mut builder = Builder { file: file.clone(), problems: Vec::new() };
    let mut parser = Parser::new_from_str(text);
    let place = Place { file, line: 1, column: 1 };
    let empty = Node {
        place,
        path: String::new(),
        value: Value::Null,
        referenced: false,
        masked: None,
        brought: Vec::new(),
    };
    let root = match builder.document(&mut parser) {
        Ok(root) => Some(root.unwrap_or(empty)),
        Err(problem) => {
            builder.problems.push(*problem);
            None
        }
    };
    (root, builder.problems)
}

struct Builder {
    file: Arc<str>,
    problems: Vec<Problem>,
}

type Events<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

impl Builder {
    fn place(&self, span: Span) -> Place {
        Place { file: self.file.clone(), line: span.start.line(), column: span.start.col() + 1 }
    }

    fn problem(&self, span: Span, path: &str, message: impl Into<String>) -> Box<Problem> {
        Box::new(Problem { place: self.place(span), path: path.to_owned(), message: message.into() })
    }

    fn next<'a>(&self, parser: &mut Events<'a>) -> Result<(Event<'a>, Span), Box<Problem>> {
        match parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Box::new(Problem {
                place: Place {
                    file: self.file.clone(),
                    line: error.marker().line(),
                    column: error.marker().col() + 1,
                },
                path: String::new(),
                message: format!("not valid YAML: {}", error.info()),
            })),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self, parser: &mut Events<'_>) -> Result<Option<Node>, Box<Problem>> {
        let mut root = None;
        loop {
            let (event, span) = self.next(parser)?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                event if root.is_none() => root = Some(self.node(parser, event, span, String::new(), 0)?),
                _ => return Err(self.problem(span, "", "a second document; write one document per file")),
            }
        }
    }

    fn node(
        &mut self,
        parser: &mut Events<'_>,
        event: Event<'_>,
        span: Span,
        path: String,
        depth: usize,
    ) -> Result<Node, Box<Problem>> {
        if depth > DEPTH_MAX {
            return Err(self.problem(span, &path, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        let place = self.place(span);
        let value = match event {
            Event::Scalar(text, style, _, _) => scalar(&text, style),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.next(parser)?;
                    if matches!(event, Event::SequenceEnd) {
                        break Value::Sequence(items);
                    }
                    let path = format!("{path}[{}]", items.len());
                    items.push(self.node(parser, event, span, path, depth + 1)?);
                }
            }
            Event::MappingStart(..) => Value::Mapping(self.mapping(parser, &path, depth)?),
            Event::Alias(_) => {
                return Err(self.problem(span, &path, "aliases are not supported; write the value out"));
            }
            _ => return Err(self.problem(span, &path, "not valid YAML")),
        };
        Ok(Node { place, path, value, referenced: false, masked: None, brought: Vec::new() })
    }

    fn mapping(
        &mut self,
        parser: &mut Events<'_>,
        path: &str,
        depth: usize,
    ) -> Result<Vec<(Key, Node)>, Box<Problem>> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        loop {
            let (event, span) = self.next(parser)?;
            let name = match event {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(text, ..) => text.into_owned(),
                _ => return Err(self.problem(span, path, "a key has to be a plain word")),
            };
            let key = Key { place: self.place(span), name };
            let (event, span) = self.next(parser)?;
            let inner = if path.is_empty() { key.name.clone() } else { format!("{path}.{}", key.name) };
            let node = self.node(parser, event, span, inner, depth + 1)?;
            if let Some((first, _)) = entries.iter().find(|(known, _)| known.name == key.name) {
                self.problems.push(Problem {
                    path: node.path,
                    message: format!("key given twice, first in line {}; keep one", first.place.line),
                    place: key.place,
                });
            } else {
                entries.push((key, node));
            }
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let plain = style == ScalarStyle::Plain;
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar { text: text.to_owned(), plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_place_and_path() {
        let text = "feeds:\n  - {name: a, intervall: 5s}\n  - {name: [x], interval: true}\n";
        let node = parse("c.yaml", text).unwrap();
        let mut decoder = Decoder::default();
        let fields = decoder.fields(&node, &["feeds"]).unwrap();
        let feeds = fields.get("feeds").unwrap();
        for item in decoder.sequence(feeds).unwrap().to_vec() {
            let fields = decoder.fields(&item, &["name", "interval"]).unwrap();
            if let Some(name) = fields.get("name") {
                decoder.text(name);
            }
        }
        let told: Vec<String> = decoder.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "c.yaml:2:15: feeds[0].intervall: unknown key; did you mean `interval`?",
                "c.yaml:3:12: feeds[1].name: has to be text",
            ]
        );
    }

    #[test]
    fn syntax_errors_duplicates_and_aliases_are_told() {
        for (text, message) in [
            ("a: [1, 2", "not valid YAML"),
            ("a: 1\na: 2", "key given twice"),
            ("a: &x 1\nb: *x", "aliases are not supported"),
        ] {
            let problems = parse("c.yaml", text).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
        }
    }
}
