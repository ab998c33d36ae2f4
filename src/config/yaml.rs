//! YAML with the place of every value, decoded strictly, all errors collected.
//!
//! The configuration, the rule packs and the tag rules are all read through this door, so that
//! each mistake in each file is told as `file:line:column: path: what is wrong, what to write
//! instead`, and all of them in one run.

use std::{fmt, sync::Arc};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

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
    /// How one gets there from the top: `feeds[3].interval`.
    pub path: String,
    /// The value.
    pub value: Value,
    /// The value was taken from the environment or from a file: it is not to be shown.
    pub referenced: bool,
}

impl Node {
    /// `text`, which came of this value, as a message may show it.
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

/// As [`parse`], but gives the document also where keys are given twice (the first counts), so that
/// its other problems can be found too. Nothing is given after a syntax error.
pub fn read(file: &str, text: &str) -> (Option<Node>, Vec<Problem>) {
    let file: Arc<str> = Arc::from(file);
    let mut builder = Builder { file: file.clone(), problems: Vec::new() };
    let mut parser = Parser::new_from_str(text);
    let place = Place { file, line: 1, column: 1 };
    let empty = Node { place, path: String::new(), value: Value::Null, referenced: false };
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
                _ => return Err(self.problem(span, "", "a second document; write one document a file")),
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
                return Err(self.problem(span, &path, "aliases are not read; write the value out"));
            }
            _ => return Err(self.problem(span, &path, "not valid YAML")),
        };
        Ok(Node { place, path, value, referenced: false })
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

/// Collects problems while values are decoded. Every method gives `None` after telling a problem,
/// so that decoding goes on and the next mistake is found too.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was found so far.
    pub problems: Vec<Problem>,
}

impl Decoder {
    /// Tells a problem at `node`.
    pub fn tell(&mut self, node: &Node, message: impl Into<String>) {
        self.problems.push(Problem {
            place: node.place.clone(),
            path: node.path.clone(),
            message: message.into(),
        });
    }

    /// The entries of a mapping; a null is an empty one.
    pub fn mapping<'n>(&mut self, node: &'n Node) -> Option<&'n [(Key, Node)]> {
        match &node.value {
            Value::Mapping(entries) => Some(entries),
            Value::Null => Some(&[]),
            _ => {
                self.tell(node, "has to be a mapping (`key: value` lines)");
                None
            }
        }
    }

    /// The entries of a mapping by name; keys not in `known` are told, with the nearest known one.
    pub fn fields<'n>(&mut self, node: &'n Node, known: &[&str]) -> Option<Fields<'n>> {
        let entries = self.mapping(node)?;
        for (key, _) in entries {
            if !known.contains(&key.name.as_str()) {
                let remedy = match nearest(&key.name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known keys: {}", known.join(", ")),
                };
                let path = match node.path.as_str() {
                    "" => key.name.clone(),
                    path => format!("{path}.{}", key.name),
                };
                self.problems.push(Problem {
                    place: key.place.clone(),
                    path,
                    message: format!("unknown key; {remedy}"),
                });
            }
        }
        Some(Fields { node, entries })
    }

    /// The items of a sequence; a null is an empty one.
    pub fn sequence<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.value {
            Value::Sequence(items) => Some(items),
            Value::Null => Some(&[]),
            _ => {
                self.tell(node, "has to be a list (`[a, b]` or `- a` lines)");
                None
            }
        }
    }

    /// The items of a sequence; a scalar is a list of one.
    pub fn items<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::Scalar { .. } => std::slice::from_ref(node),
            _ => self.sequence(node).unwrap_or_default(),
        }
    }

    /// Text; any scalar will do.
    pub fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.value {
            Value::Scalar { text, .. } => Some(text),
            _ => {
                self.tell(node, "has to be text");
                None
            }
        }
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&mut self, node: &Node) -> Option<Vec<String>> {
        Some(self.items(node).iter().filter_map(|item| self.text(item).map(str::to_owned)).collect())
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => {
                self.tell(node, "has to be `true` or `false`");
                None
            }
        }
    }

    /// One of the named choices.
    pub fn choice<T: Clone>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text) {
            return Some(value.clone());
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let near = nearest(text, &names).map(|near| format!("; did you mean `{near}`?"));
        let names = names.join("`, `");
        self.tell(node, format!("has to be one of `{names}`{}", near.unwrap_or_default()));
        None
    }

    /// A whole number within `range`.
    pub fn integer(&mut self, node: &Node, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let parsed = match &node.value {
            Value::Scalar { text, plain: true } => text.replace('_', "").parse::<i64>().ok(),
            _ => None,
        };
        if let Some(number) = parsed.filter(|number| range.contains(number)) {
            return Some(number);
        }
        self.tell(node, format!("has to be a whole number from {} to {}", range.start(), range.end()));
        None
    }

    /// A number within `range`.
    pub fn number(&mut self, node: &Node, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
        let parsed = match &node.value {
            Value::Scalar { text, plain: true } => text.parse::<f64>().ok(),
            _ => None,
        };
        if let Some(number) = parsed.filter(|number| range.contains(number)) {
            return Some(number);
        }
        self.tell(node, format!("has to be a number from {} to {}", range.start(), range.end()));
        None
    }
}

/// The entries of a mapping, looked up by name.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'n> {
    /// The mapping itself.
    pub node: &'n Node,
    entries: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// The value of `name`, where it is given and not null.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, node)| node)
            .filter(|node| !matches!(node.value, Value::Null))
    }

    /// Whether `name` was written, though its reference may lead nowhere (which is told already).
    pub fn given(&self, name: &str) -> bool {
        let node = self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node);
        node.is_some_and(|node| node.referenced || !matches!(node.value, Value::Null))
    }

    /// The value of `name`; a missing one is told.
    pub fn required(&self, decoder: &mut Decoder, name: &str) -> Option<&'n Node> {
        let found = self.get(name);
        if !self.given(name) {
            decoder.tell(self.node, format!("`{name}` is missing; write `{name}: ...`"));
        }
        found
    }
}

/// The known word at most two edits (Damerau-Levenshtein, restricted) away.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(edits, candidate)| *edits <= 2 && *edits < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
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
            ("a: &x 1\nb: *x", "aliases are not read"),
        ] {
            let problems = parse("c.yaml", text).unwrap_err();
            assert!(problems[0].message.contains(message), "{text}: {problems:?}");
        }
    }
}
