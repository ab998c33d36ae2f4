//! Decodes the values of documents and reports every mistake.

use super::{Key, Node, Problem, Value};

/// Collects problems while values are decoded. Every method gives `None` after reporting a problem,
/// so that decoding goes on and the next mistake is found too.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What was found so far.
    pub problems: Vec<Problem>,
}

impl Decoder {
    /// Reports a problem at `node`.
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

    /// The entries of a mapping by name; keys not in `known` are reported, with the nearest known
    /// one.
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
    /// The value of `name`, if it is given and not null.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|(key, _)| key.name == name)
            .map(|(_, node)| node)
            .filter(|node| !matches!(node.value, Value::Null))
    }

    /// Whether `name` was written, even if its reference leads nowhere (which has been reported
    /// already).
    pub fn given(&self, name: &str) -> bool {
        let node = self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| node);
        node.is_some_and(|node| node.referenced || !matches!(node.value, Value::Null))
    }

    /// The value of `name`; a missing one is reported.
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
