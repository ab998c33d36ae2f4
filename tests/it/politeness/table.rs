//! The table of the checks, in the README beside the cases.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{super::broker::root, Verdict, case::Case};

/// Where the table stands.
const MARKS: (&str, &str) = ("<!-- table -->\n", "<!-- end of table -->");

/// How many checks each part has.
const PARTS: [(char, usize); 10] = [
    ('A', 16),
    ('B', 6),
    ('C', 14),
    ('D', 16),
    ('E', 10),
    ('F', 12),
    ('G', 10),
    ('H', 6),
    ('I', 6),
    ('J', 4),
];

pub fn folder() -> PathBuf {
    root().join("tests/politeness")
}

/// Every check has one case.
pub fn assert_ids(cases: &[Case]) {
    let wanted: BTreeSet<String> = PARTS
        .iter()
        .flat_map(|(part, count)| (1..=*count).map(move |number| format!("{part}{number}")))
        .collect();
    let found: BTreeSet<String> = cases.iter().map(|case| case.id.clone()).collect();
    assert_eq!(found.len(), cases.len(), "an id is given twice");
    let (parts, found): (BTreeSet<_>, BTreeSet<_>) = found.into_iter().partition(|id| id.contains('.'));
    assert_eq!(found, wanted);
    for part in parts {
        assert!(
            part.split('.').next().is_some_and(|whole| wanted.contains(whole)),
            "{part} is part of no check"
        );
    }
    for case in cases {
        assert!(
            !case.steps.is_empty() || !case.shown_by.is_empty() || case.missing.is_some(),
            "{} shows nothing",
            case.id
        );
    }
}

/// The tests that a case names are there.
pub fn assert_shown(case: &Case) {
    for name in &case.shown_by {
        let is_test = |path: &Path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.contains(&format!("fn {name}("))
        };
        assert!(
            sources(&root().join("src")).chain(sources(&root().join("tests/it"))).any(|path| is_test(&path)),
            "{}: no test {name}",
            case.id
        );
    }
}

fn sources(folder: &Path) -> Box<dyn Iterator<Item = PathBuf>> {
    let entries = std::fs::read_dir(folder).expect("readable").map(|entry| entry.expect("an entry").path());
    Box::new(entries.flat_map(|path| match path.is_dir() {
        true => sources(&path),
        false => Box::new(std::iter::once(path)),
    }))
}

/// The table in Markdown.
pub fn of(cases: &[Case], verdicts: &BTreeMap<String, Verdict>) -> String {
    let whole = || verdicts.iter().filter(|(id, _)| !id.contains('.'));
    let count = |wanted: &Verdict| whole().filter(|(_, verdict)| *verdict == wanted).count();
    let mut out = format!(
        "{} of {} checks pass, {} are otherwise on purpose, {} are not there yet.\n\n| | Check | |\n|---|---|---|\n",
        count(&Verdict::Passed),
        whole().count(),
        count(&Verdict::Differs),
        count(&Verdict::Missing),
    );
    for case in cases {
        let told = match verdicts.get(&case.id) {
            Some(Verdict::Passed) => "yes".to_owned(),
            Some(Verdict::Differs) => format!("differs: {}", case.differs.as_deref().unwrap_or_default()),
            Some(Verdict::Missing) => format!("no: {}", case.missing.as_deref().unwrap_or_default()),
            _ => "FAILS".to_owned(),
        };
        // Writing to a string cannot fail.
        writeln!(out, "| {} | {} | {told} |", case.id, case.check).ok();
    }
    out
}

/// The README says the same; where it is asked to be written, it does from now on.
pub fn assert_written(table: &str) {
    let path = folder().join("README.md");
    let text = std::fs::read_to_string(&path).expect("the README");
    let (before, rest) = text.split_once(MARKS.0).expect("where the table begins");
    let (written, after) = rest.split_once(MARKS.1).expect("where it ends");
    if copydesk::config::environment("POLITENESS_TABLE").is_some_and(|what| what == "write") {
        std::fs::write(&path, format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1)).expect("written");
        return;
    }
    assert_eq!(written, table, "write it anew: POLITENESS_TABLE=write make politeness");
}
