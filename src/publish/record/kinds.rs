//! The names of kinds in the JSON Schemas: lists that later versions may make longer.

use schemars::Schema;

use crate::{
    clean::{Kind, kind::Tier},
    tag,
};

pub(super) fn tag_kinds(schema: &mut Schema) {
    let kinds = tag::Kind::ALL.iter().map(|kind| (kind.name(), kind.what()));
    open_list(schema, "Kind of tag. Later versions may know more kinds.", kinds)
}

pub(super) fn removed_kinds(schema: &mut Schema) {
    let kinds = Kind::ALL.iter().map(|kind| (kind.name(), kind.row().what));
    open_list(schema, "Kind of boilerplate. Later versions may know more kinds.", kinds)
}

pub(super) fn note_kinds(schema: &mut Schema) {
    let notes = Kind::ALL.iter().filter(|kind| kind.row().tier == Tier::Note);
    let kinds = notes.map(|kind| (kind.name(), kind.row().what));
    let cut = ("cut", "The record was too large: what was left out.");
    open_list(schema, "Kind of note. Later versions may know more kinds.", kinds.chain([cut]))
}

/// Describes a string that today is one of several names: the names are no promise, so they are
/// given as examples. The field's own comment is for readers of the code.
fn open_list(
    schema: &mut Schema,
    description: &str,
    names: impl Iterator<Item = (&'static str, &'static str)>,
) {
    let (mut description, mut examples) = (description.to_owned(), Vec::new());
    for (name, what) in names {
        description.push_str(&format!("\n* `{name}`: {what}"));
        examples.push(name);
    }
    schema.insert("description".into(), description.into());
    schema.insert("examples".into(), examples.into());
}
