//! The numbers that fields have in Protocol Buffers: those that `config/schema/article.proto` gives
//! them. A new field takes the next number of its message, and a test fails until the file has it:
//! no number ever changes.

use std::collections::BTreeMap;

const WRITTEN: &str = include_str!("../../../config/schema/article.proto");

/// The numbers of a message's fields, by name.
pub(super) fn numbers(message: &str) -> BTreeMap<String, u64> {
    let head = format!("message {message} {{");
    let lines = WRITTEN.lines().skip_while(|line| *line != head).take_while(|line| *line != "}");
    let fields = lines.filter_map(|line| {
        let line = line.trim().trim_end_matches(';');
        let (field, number) = line.split_once(" = ").filter(|_| !line.starts_with("//"))?;
        let number = number.split(' ').next()?.parse().ok()?;
        Some((field.rsplit(' ').next()?.to_owned(), number))
    });
    fields.collect()
}
