//! The wire against its checked-in form.

use std::{fs, path::PathBuf};

use proptest::prelude::*;

use super::{
    Encoding,
    fit::{Cut, fit, fit_dead_letter},
    headers::{EventType, dead_letter_headers, headers},
    record::*,
};

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(repository(path)).expect(path)
}

pub(crate) fn golden() -> ArticleRecord {
    serde_json::from_str(&read("tests/cases/record/golden.json")).expect("the golden record parses")
}

pub(crate) fn letter(original: Original) -> DeadLetter {
    DeadLetter {
        schema_version: SCHEMA_VERSION,
        reason: "status_5xx".into(),
        detail: "status 503".into(),
        stage: Stage::Fetch,
        feed: FeedReference { name: "harbour".into(), title: None, url: "https://h.example/feed".into() },
        url: Some("https://h.example/1".into()),
        entry_id: Some("tag:h.example,2026:1".into()),
        article_id: None,
        title: Some("Ferry".into()),
        first_failed_at: golden().first_seen_at,
        last_failed_at: golden().fetched_at,
        attempts: 3,
        original,
        retry: "copydesk replay --dead-letters --feed harbour".into(),
    }
}

#[test]
fn the_golden_record_is_what_we_write() {
    let written = serde_json::to_string_pretty(&golden()).expect("serialises") + "\n";
    assert_eq!(written, read("tests/cases/record/golden.json"));
}

#[test]
fn the_golden_headers_are_what_we_write() {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let written: String = headers(&golden(), EventType::Revised, Encoding::Json, Some(trace))
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    assert_eq!(written, read("tests/cases/record/golden.headers"));
}

#[test]
fn the_checked_in_schemas_are_current() {
    for (file, schema, how) in [
        ("config/schema/article.schema.json", article_schema(), "copydesk schema"),
        ("config/schema/dead-letter.schema.json", dead_letter_schema(), "copydesk schema --dead-letter"),
    ] {
        let current = serde_json::to_string_pretty(&schema).expect("serialises") + "\n";
        assert_eq!(current, read(file), "write it anew: {how} > {file}");
    }
}

#[test]
fn a_field_of_a_later_version_is_ignored() {
    let mut json = serde_json::to_value(golden()).expect("serialises");
    json["mood"] = "sunny".into();
    let record: ArticleRecord = serde_json::from_value(json).expect("reads");
    assert_eq!(record, golden());
}

#[test]
fn a_record_loses_removed_then_blocks_then_text() {
    let whole = serde_json::to_vec(&golden()).expect("serialises").len();
    let mut record = golden();
    record.text = "Wörter ".repeat(4000);
    record.blocks = vec![Block { tag: "p".into(), text: record.text.clone() }];
    record.removed[0].text = "x".repeat(20_000);
    let cuts = |limit| {
        let (bytes, cuts) = fit(record.clone(), Encoding::Json, limit).expect("fits");
        assert!(bytes.len() <= limit);
        let back: ArticleRecord = serde_json::from_slice(&bytes).expect("reads");
        let told = back.notes.iter().filter(|note| note.kind == "cut").count();
        assert_eq!(told, cuts.len(), "every cut is told");
        assert_eq!(back.content.verdict == Verdict::Truncated, cuts.contains(&Cut::Text));
        assert!(record.text.starts_with(&back.text));
        cuts
    };
    assert_eq!(cuts(whole + 200_000), []);
    assert_eq!(cuts(whole + 70_000), [Cut::Removed]);
    assert_eq!(cuts(whole + 40_000), [Cut::Removed, Cut::Blocks]);
    assert_eq!(cuts(whole + 10_000), [Cut::Removed, Cut::Blocks, Cut::Text]);
}

#[test]
fn large_metadata_does_not_eat_the_text() {
    let mut record = golden();
    record.summary = Some("s".repeat(100_000));
    let (bytes, cuts) = fit(record, Encoding::Json, 20_000).expect("fits");
    let back: ArticleRecord = serde_json::from_slice(&bytes).expect("reads");
    assert_eq!(cuts, [Cut::Removed, Cut::Blocks, Cut::Metadata]);
    assert_eq!(back.text, golden().text);
    assert_eq!(back.content.verdict, Verdict::Full);
}

#[test]
fn an_address_over_the_limit_is_refused() {
    let mut record = golden();
    record.url = Some("u".repeat(10_000));
    let error = fit(record, Encoding::Json, 5_000).expect_err("does not fit");
    assert!(error.bytes > error.limit);
}

#[test]
fn a_dead_letter_loses_its_original_and_says_so() {
    let bytes: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    let letter = letter(Original::inline(Some("text/html".into()), &bytes));
    assert_eq!(letter.original.bytes(), Some(bytes));
    assert_eq!(fit_dead_letter(letter.clone(), 100_000).expect("fits").1, []);
    let (bytes, cuts) = fit_dead_letter(letter, 2_000).expect("fits");
    assert_eq!(cuts, [Cut::Original]);
    let back: DeadLetter = serde_json::from_slice(&bytes).expect("reads");
    assert_eq!(back.original, Original::Absent);
    assert!(back.detail.contains("original left out"));
}

proptest! {
    #[test]
    fn fitting_never_exceeds_the_limit_nor_breaks_a_character(
        text in "\\PC*|[\\x00-\\x20\"\\\\]{0,400}", removed in "\\PC{0,200}", limit in 0_usize..6_000,
    ) {
        let mut record = golden();
        record.text = text.repeat(5);
        record.removed[0].text = removed;
        if let Ok((bytes, cuts)) = fit(record.clone(), Encoding::Json, limit) {
            prop_assert!(bytes.len() <= limit);
            let back: ArticleRecord = serde_json::from_slice(&bytes).expect("reads");
            prop_assert!(record.text.starts_with(&back.text));
            prop_assert_eq!(cuts.contains(&Cut::Text), back.text.len() < record.text.len());
        }
    }

    #[test]
    fn header_values_hold_no_control_characters(
        hostile in "[\\x00-\\x1f\\x7f-\\u{9f}a,é]{0,80}", tags in 0_usize..600,
    ) {
        let mut record = golden();
        record.id.clone_from(&hostile);
        record.feed.url.clone_from(&hostile);
        record.canonical_url = Some(hostile.clone());
        record.language.code.clone_from(&hostile);
        record.tags = vec![Tag { id: hostile.clone(), ..Tag::default() }; tags];
        let mut letter = letter(Original::Absent);
        letter.reason.clone_from(&hostile);
        letter.entry_id = Some(hostile.clone());
        let all = headers(&record, EventType::Published, Encoding::Json, Some(&hostile));
        for (name, value) in all.iter().chain(&dead_letter_headers(&letter, None)) {
            prop_assert!(!value.chars().any(char::is_control), "{}: {:?}", name, value);
            prop_assert!(value.len() <= 5000);
        }
    }
}
