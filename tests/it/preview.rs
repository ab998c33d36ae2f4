//! `copydesk preview`: a page with what is cut from it, and rules that are not live yet.

use serde_json::Value;

use super::{
    daemon::command,
    origin::{Answer, Origin},
    prose::MARKER_RULE,
};

const PAGE: &str = r#"<!doctype html>
<html lang="en"><head><title>Ferry strike ends after nine days | The Courier</title></head>
<body><main><article><h1>Ferry strike ends after nine days</h1>
<p>The crews of the harbour ferries went back to work on Monday morning after nine days without a boat.</p>
<p>READ: How the islands lived without bread</p>
<p>Mayor Anna Holm said the town would pay for the extra trains that had run during the strike.</p>
<p>Harbour desk marker line for the night shift</p>
<p>Talks about the new rota start next week, and both sides said they wanted a result by Easter.</p>
</article></main></body></html>"#;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a directory"));
        for (name, text) in [("page.html", PAGE), ("own.yaml", MARKER_RULE)] {
            std::fs::write(desk.path(name), text).expect("written");
        }
        desk
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// Standard output, or the exit code and standard error.
    fn preview(&self, arguments: &[&str]) -> Result<String, (Option<i32>, String)> {
        // Beside a configuration that is not there.
        let output = command(&[&["preview"], arguments].concat(), &self.0.path().join("copydesk.yaml"));
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        match output.status.success() {
            true => Ok(text(output.stdout)),
            false => Err((output.status.code(), text(output.stderr))),
        }
    }

    /// Texts and rules of what was cut.
    fn removed(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let printed = self.preview(&[&["--json"], arguments].concat()).expect("a preview");
        let shown: Value = serde_json::from_str(&printed).expect("one object");
        let removed = shown["record"]["removed"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        removed.iter().map(|one| (text(&one["text"]), text(&one["rule"]))).collect()
    }
}

#[test]
fn a_preview_shows_what_is_cut_and_by_which_rule() {
    let desk = Desk::new();
    let page = desk.path("page.html");
    assert_eq!(
        desk.removed(&[&page]),
        [("READ: How the islands lived without bread".to_owned(), "en/related-label".to_owned())]
    );
    for (arguments, struck) in [
        (vec![page.as_str()], "✂ READ: How the islands lived without bread"),
        (vec!["--html", &page], "<s>READ: How the islands lived without bread</s>"),
    ] {
        let shown = desk.preview(&arguments).expect("a preview");
        assert!(shown.contains(struck) && shown.contains("en/related-label"), "{shown}");
        assert!(shown.contains("Mayor Anna Holm said"), "what is kept is shown, too: {shown}");
    }
}

#[test]
fn a_preview_tries_rules_that_are_not_live() {
    let desk = Desk::new();
    let (page, rules) = (desk.path("page.html"), desk.path("own.yaml"));
    let removed = desk.removed(&["--rules", &rules, &page]);
    assert_eq!(removed.len(), 2, "{removed:?}");
    assert_eq!(removed[1].1, "own/marker");

    std::fs::write(&rules, MARKER_RULE.replace("weight: 1.0", "weight: heavy")).expect("written");
    let (code, message) = desk.preview(&["--rules", &rules, &page]).expect_err("a wrong rule");
    assert_eq!(code, Some(78), "{message}");
    assert!(message.contains("own.yaml:6:"), "file and line: {message}");
}

#[test]
fn a_preview_reaches_no_private_address_unless_told_to() {
    let origin = Origin::start();
    origin.set("/page", Answer::Html(PAGE.to_owned()));
    let desk = Desk::new();
    let url = origin.url("/page");
    let (_, message) = desk.preview(&[&url]).expect_err("a private address");
    assert!(message.contains("private"), "{message}");
    assert!(origin.requests("/page").is_empty());
    let shown = desk.preview(&["--allow-private-networks", &url]).expect("a preview");
    assert!(shown.contains("✂ READ:"), "{shown}");
}
