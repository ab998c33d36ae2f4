//! What README.md says is what the program says.

use std::path::PathBuf;

use copydesk::{config::reference_markdown, publish::ArticleRecord};

fn readme() -> String {
    std::fs::read_to_string(path()).expect("README.md")
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// What stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
fn marked<'t>(text: &'t str, name: &str) -> &'t str {
    let begin = format!("<!-- {name}:begin -->\n");
    let end = format!("<!-- {name}:end -->");
    let (_, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    rest.split_once(&end).unwrap_or_else(|| panic!("no {end}")).0
}

/// The comparison with others quotes the costs; there they are measured once.
#[test]
fn the_comparison_has_the_costs_of_the_readme() {
    let comparison =
        std::fs::read_to_string(path().with_file_name("docs/comparison.md")).expect("it is there");
    assert_eq!(marked(&comparison, "cost"), marked(&readme(), "cost"));
}

/// `UPDATE_EXPECT=1` writes the table anew.
#[test]
fn the_reference_is_that_of_the_decoder() {
    let text = readme();
    let reference = reference_markdown();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let old = marked(&text, "reference");
        let new = text.replace(
            &format!("<!-- reference:begin -->\n{old}<!-- reference:end -->"),
            &format!("<!-- reference:begin -->\n{reference}<!-- reference:end -->"),
        );
        std::fs::write(path(), new).expect("README.md can be written");
        return;
    }
    assert!(marked(&text, "reference") == reference, "run the test with UPDATE_EXPECT=1");
}

#[test]
fn the_record_is_a_record() {
    let text = readme();
    let json = marked(&text, "record").trim().trim_start_matches("```json").trim_end_matches("```");
    let record: ArticleRecord = serde_json::from_str(json).expect("an article's record");
    assert!(!record.blocks.is_empty() && !record.removed.is_empty() && !record.tags.is_empty());
}
