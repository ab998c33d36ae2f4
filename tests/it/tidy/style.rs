//! One style for what can be done in several ways: sizes, names of limits, module files, imports,
//! visibility.

use super::{
    files, has_extension,
    source::{Sources, functions},
    text,
};

/// Longest file of the crate; tests and data aside.
const SOURCE_LINES_MAX: usize = 400;

/// Longest function.
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn files_and_functions_are_short() {
    let sources = Sources::read();
    let long = sources.0.values().filter(|source| source.text.lines().count() > SOURCE_LINES_MAX);
    let long: Vec<String> = long.map(|source| source.file.display().to_string()).collect();
    assert!(long.is_empty(), "over {SOURCE_LINES_MAX} lines: cut along a seam: {long:#?}");
    let mut long = Vec::new();
    for (module, source) in &sources.0 {
        for (name, lines) in functions(&source.text) {
            if lines > FUNCTION_LINES_MAX {
                long.push(format!("{}::{name}", module.join("::")));
            }
        }
    }
    assert!(long.is_empty(), "over {FUNCTION_LINES_MAX} lines: cut along a seam: {long:#?}");
}

/// Limits are named for the thing first: `ENTRIES_MAX`. Imports of a room are one nested `use`.
/// What is open within a room is `pub(super)` or `pub(crate)`.
#[test]
fn one_style_in_every_room() {
    let sources = Sources::read();
    let mut found = Vec::new();
    for source in sources.0.values() {
        let lines = || source.code.lines();
        let declares = |line: &&str, kind: &str| {
            line.split(&format!("{kind} "))
                .nth(1)
                .is_some_and(|name| name.starts_with("MAX_") || name.starts_with("MIN_"))
        };
        let own = |start: &str| lines().filter(|line| line.starts_with(start)).count();
        let problems = [
            (
                lines().any(|line| declares(&line, "const") || declares(&line, "static")),
                "names a limit MAX_THING: THING_MAX",
            ),
            (
                own("use super::") > 1 || own("use crate::") > 1,
                "imports a room with more than one `use`: nest them",
            ),
            (
                lines().any(|line| line.contains("pub(in ")),
                "opens with `pub(in ..)`: pub(super) or pub(crate)",
            ),
        ];
        for (_, problem) in problems.into_iter().filter(|(wrong, _)| *wrong) {
            found.push(format!("{}: {problem}", source.file.display()));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A metric that is declared and counted nowhere would stay at zero for ever.
#[test]
fn every_metric_is_counted() {
    let sources = Sources::read();
    let table = sources.0.values().find(|source| source.file.ends_with("observe/metrics.rs"));
    let rows = table.expect("the table of metrics").text.split("\nmetrics! {").nth(1).expect("rows");
    let rows = rows.lines().take_while(|line| *line != "}").map(str::trim);
    let names: Vec<&str> =
        rows.filter(|row| !row.starts_with("//")).filter_map(|row| row.split(':').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    assert!(names.len() > 20, "{names:?}");
    let counts = |name: &&str| {
        let used = format!(".{name}");
        sources.0.values().any(|source| {
            let mut uses = source.code.match_indices(&used);
            uses.any(|(at, _)| {
                let after = source.code.get(at + used.len()..).and_then(|rest| rest.chars().next());
                after.is_none_or(|sign| !sign.is_alphanumeric() && sign != '_')
            })
        })
    };
    let idle: Vec<&str> = names.into_iter().filter(|name| !counts(name)).collect();
    assert!(idle.is_empty(), "declared, but counted nowhere: {idle:#?}");
}

/// A module with files of its own is `x/mod.rs`, not `x.rs` beside `x/`.
#[test]
fn a_folder_holds_its_module() {
    let files = files();
    let beside: Vec<String> = files
        .iter()
        .filter(|file| has_extension(file, &["rs"]) && file.starts_with("src"))
        .filter(|file| {
            files
                .iter()
                .any(|other| other.starts_with(file.with_extension("")) && has_extension(other, &["rs"]))
        })
        .map(|file| file.display().to_string())
        .collect();
    assert!(beside.is_empty(), "modules beside their folder: move them to mod.rs: {beside:#?}");
}

/// Names of the prelude mean what they mean everywhere.
#[test]
fn nothing_shadows_the_prelude() {
    let prelude =
        ["Result", "Option", "Box", "Vec", "String", "Copy", "Clone", "Drop", "Send", "Sync", "Iterator"];
    let mut found = Vec::new();
    for file in files().iter().filter(|file| file.starts_with("src") && has_extension(file, &["rs"])) {
        for line in text(file).lines() {
            let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            let declared = words.windows(2).find(|pair| {
                ["struct", "enum", "trait", "type"].contains(&pair[0]) && prelude.contains(&pair[1])
            });
            if let Some(pair) = declared
                && !line.trim_start().starts_with("//")
            {
                found.push(format!("{}: {}", file.display(), pair[1]));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}
