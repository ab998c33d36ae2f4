//! House rules that no compiler checks.

mod imports;
mod source;
mod style;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::broker::root;

const LINES_MAX: usize = 600;

/// What is in the repository, or will be with the next commit.
fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).expect("UTF-8 names");
    let files: Vec<PathBuf> = list.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    assert!(!files.is_empty(), "no files");
    files.into_iter().filter(|file| root().join(file).is_file()).collect()
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension().and_then(|extension| extension.to_str()).is_some_and(|it| extensions.contains(&it))
}

fn text(file: &Path) -> String {
    String::from_utf8_lossy(&fs::read(root().join(file)).expect("a readable file")).into_owned()
}

#[test]
fn source_files_are_short() {
    let long: Vec<String> = files()
        .iter()
        .filter(|file| has_extension(file, &["rs", "py", "sh"]))
        .map(|file| (text(file).lines().count(), file))
        .filter(|(lines, _)| *lines > LINES_MAX)
        .map(|(lines, file)| format!("{lines} {}", file.display()))
        .collect();
    assert!(long.is_empty(), "over {LINES_MAX} lines: cut along a seam: {long:#?}");
}

#[test]
fn nothing_promises_later_work_or_names_a_machine() {
    // Written in two parts, so that this file does not hold them.
    let banned = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["to", "do!("],
        ["unimplem", "ented!("],
        ["#[ig", "nore"],
        ["#[al", "low("],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
    ]
    .map(|parts| parts.concat());
    let mut found = Vec::new();
    for file in files() {
        if !has_extension(&file, &["rs", "py", "sh", "md", "toml", "yaml", "yml", "service", "txt", "json"]) {
            continue;
        }
        for (number, line) in text(&file).lines().enumerate() {
            found.extend(
                banned
                    .iter()
                    .filter(|word| line.contains(word.as_str()))
                    .map(|word| format!("{}:{}: {word}", file.display(), number + 1)),
            );
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A folder of cases that no test names is checked by nobody.
#[test]
fn every_folder_of_cases_is_read_by_a_test() {
    let files = files();
    let code: String =
        files.iter().filter(|file| has_extension(file, &["rs", "py"])).map(|file| text(file)).collect();
    let mut steps: Vec<&str> = files
        .iter()
        .filter_map(|file| file.to_str()?.strip_prefix("tests/cases/")?.split('/').next())
        .collect();
    steps.dedup();
    let unread: Vec<&&str> =
        steps.iter().filter(|step| !code.contains(&format!("tests/cases/{step}"))).collect();
    assert!(!steps.is_empty() && unread.is_empty(), "no test reads tests/cases/{unread:?}");
}

#[test]
fn no_large_files() {
    for file in files() {
        let bytes = fs::metadata(root().join(&file)).expect("a file").len();
        assert!(bytes <= 8 << 20, "{} has {bytes} bytes", file.display());
    }
}
