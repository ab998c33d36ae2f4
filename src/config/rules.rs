//! `rules`, `tags` and `urls`: the files that add to what comes with the program.

use std::path::PathBuf;

use super::{
    key::{KeyDoc, key, known},
    reader::Reader,
};
use crate::yaml::Node;

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key("rules.packs", "list of languages", "[]", "Built-in cleaning rules to use; all if empty."),
    key("rules.files", "list of globs", "[]", "Further cleaning rules."),
    key("tags.files", "list of globs", "[]", "Further tagging rules."),
    key(
        "urls.files",
        "list of globs",
        "[]",
        "Further tracking parameters, as in config/tracking-parameters.yaml.",
    ),
];

/// `rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `rules.packs`.
    pub packs: Vec<String>,
    /// `rules.files`.
    pub files: Vec<PathBuf>,
}

/// `tags`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// `tags.files`.
    pub files: Vec<PathBuf>,
}

/// `urls`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urls {
    /// `urls.files`.
    pub files: Vec<PathBuf>,
}

pub(super) fn rules(reader: &mut Reader<'_>, section: &Node) -> Rules {
    let mut out = Rules::default();
    let Some(fields) = reader.decoder.fields(section, &known(KEYS, "rules")) else { return out };
    if let Some(node) = fields.get("packs") {
        let packs = reader.decoder.texts(node).unwrap_or_default();
        let code =
            |pack: &String| matches!(pack.len(), 2 | 3) && pack.bytes().all(|b| b.is_ascii_lowercase());
        if packs.iter().all(code) {
            out.packs = packs;
        } else {
            reader.decoder.tell(node, "has to list languages by their codes, as in `[en, de]`");
        }
    }
    out.files = files(reader, fields.get("files"));
    out
}

/// `tags`.
pub(super) fn tags(reader: &mut Reader<'_>, section: &Node) -> Tags {
    let Some(fields) = reader.decoder.fields(section, &known(KEYS, "tags")) else { return Tags::default() };
    Tags { files: files(reader, fields.get("files")) }
}

/// `urls`.
pub(super) fn urls(reader: &mut Reader<'_>, section: &Node) -> Urls {
    let Some(fields) = reader.decoder.fields(section, &known(KEYS, "urls")) else { return Urls::default() };
    Urls { files: files(reader, fields.get("files")) }
}

/// Paths of rule files; the step that uses them reads and compiles them.
fn files(reader: &mut Reader<'_>, node: Option<&Node>) -> Vec<PathBuf> {
    let found = node.map(|node| reader.globs(node)).unwrap_or_default();
    let found: Vec<PathBuf> = found.into_iter().map(|(path, _)| path).collect();
    reader.files.extend(found.iter().cloned());
    found
}
