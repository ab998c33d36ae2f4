//! `${env:NAME}` and `${file:PATH}` within scalars. `$${` stands for a literal `${`.
//!
//! What they bring in is treated as a secret: no message shows it.

use std::{io::Read, path::Path};

use super::reader::{Reader, open_to_all};
use crate::yaml::{self, Node, Value};

/// Largest file that a reference may bring in.
const FILE_MAX: u64 = 64 << 10;

/// Reads a file as YAML with its references replaced; `named` is the value that names it.
pub(super) fn yaml(reader: &mut Reader<'_>, path: &Path, named: Option<&Node>) -> Option<Node> {
    let text = reader.text(path, named)?;
    let (mut root, problems) = yaml::read(&path.display().to_string(), &text);
    reader.decoder.problems.extend(problems);
    if let Some(root) = &mut root {
        resolve(reader, root);
    }
    root
}

/// Replaces the references in all values below `node`; those that cannot be replaced are reported.
fn resolve(reader: &mut Reader<'_>, node: &mut Node) {
    // Problems are reported at the node, which would be borrowed: the scalar is taken out
    // meanwhile.
    match std::mem::replace(&mut node.value, Value::Null) {
        Value::Scalar { text, plain } if text.contains("${") => {
            let replaced = replace(reader, node, &text);
            node.value = match replaced {
                Some(Replaced { text, masked, brought }) => {
                    node.referenced = !brought.is_empty();
                    node.masked = node.referenced.then_some(masked);
                    node.brought = brought;
                    Value::Scalar { text, plain }
                }
                None => {
                    node.referenced = true;
                    Value::Null
                }
            };
        }
        Value::Sequence(mut items) => {
            items.iter_mut().for_each(|item| resolve(reader, item));
            node.value = Value::Sequence(items);
        }
        Value::Mapping(mut entries) => {
            entries.iter_mut().for_each(|(_, inner)| resolve(reader, inner));
            node.value = Value::Mapping(entries);
        }
        other => node.value = other,
    }
}

/// A text with its references replaced.
struct Replaced {
    text: String,
    /// The same with `***` for each reference.
    masked: String,
    /// What they brought in; `$${` is not a reference.
    brought: Vec<String>,
}

fn replace(reader: &mut Reader<'_>, node: &Node, text: &str) -> Option<Replaced> {
    let mut out = Replaced { text: String::new(), masked: String::new(), brought: Vec::new() };
    let mut rest = text;
    let push = |out: &mut Replaced, text: &str| {
        out.text.push_str(text);
        out.masked.push_str(text);
    };
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(literal) = before.strip_suffix('$') {
            push(&mut out, literal);
            push(&mut out, "${");
            rest = after;
            continue;
        }
        push(&mut out, before);
        let Some((reference, after)) = after.split_once('}') else {
            reader
                .decoder
                .tell(node, "`${` without its `}`; write `${env:NAME}`, or `$${` for a literal `${`");
            return None;
        };
        let found = look_up(reader, node, reference)?;
        out.text.push_str(&found);
        out.masked.push_str("***");
        out.brought.push(found);
        rest = after;
    }
    push(&mut out, rest);
    Some(out)
}

fn look_up(reader: &mut Reader<'_>, node: &Node, reference: &str) -> Option<String> {
    match reference.split_once(':') {
        Some(("env", name)) => {
            let found = (reader.env)(name);
            if found.is_none() {
                reader
                    .decoder
                    .tell(node, format!("environment variable `{name}` is not set (or is not UTF-8)"));
            }
            found
        }
        Some(("file", path)) => {
            let path = reader.directory.join(path);
            match read_secret(&path) {
                Ok((text, open_to_all)) => {
                    if open_to_all {
                        let message = format!(
                            "{} can be read by everyone; write `chmod 0640` or stricter",
                            path.display()
                        );
                        reader.finding(node, message);
                    }
                    Some(text)
                }
                Err(error) => {
                    reader.decoder.tell(node, format!("{} cannot be read: {error}", path.display()));
                    None
                }
            }
        }
        _ => {
            let message = "unknown kind of reference; write `${env:NAME}` or `${file:/path}`";
            reader.decoder.tell(node, message);
            None
        }
    }
}

/// The text of a file without its last line break, and whether everyone may read it.
fn read_secret(path: &Path) -> std::io::Result<(String, bool)> {
    let file = std::fs::File::open(path)?;
    let open_to_all = open_to_all(&file.metadata()?);
    let mut text = String::new();
    file.take(FILE_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_MAX {
        return Err(std::io::Error::other(format!("larger than {FILE_MAX} bytes")));
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok((text, open_to_all))
}
