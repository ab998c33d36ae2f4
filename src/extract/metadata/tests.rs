//! `tests/cases/metadata/`: a table for each kind of metadata, one case per line.

use url::Url;

use crate::extract::{Article, PageOptions, fragment, page};

const TEXT: &str = "<p>The ferry between Tarn and the island has not run since Sunday, because a part of its ramp is \
    broken, and the yard that could mend it is on the other side of the water.</p><p>The harbour master said that a crane \
    would come by barge, if the weather held, and that nobody should wait at the quay before the end of the week.</p>\
    <p>Those who work across the water sleep in the school until then, and the baker brings bread to them each morning \
    in his own boat, as his father did when the ferry was young.</p>";

/// The cases of a table, each as its cells, with the number of its line.
fn table(text: &'static str) -> impl Iterator<Item = (usize, Vec<&'static str>)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    lines.map(|(number, line)| (number + 1, line.split('\t').collect()))
}

fn article(url: &str, language: &str, head: &str, body: &str) -> Article {
    let html = format!(
        "<!doctype html><html lang={language}><head>{head}</head><body><main><article>{body}</article></main></body></html>"
    );
    let options = PageOptions { url: Url::parse(url).ok(), content_type: None };
    page(html.as_bytes(), &options)
}

fn check(file: &str, found: Vec<(usize, String, String)>) {
    assert!(found.len() > 10, "{file}: the cases are gone");
    let wrong: Vec<String> = found
        .into_iter()
        .filter(|(_, expected, found)| expected != found)
        .map(|(line, expected, found)| format!("{file}:{line}: expected {expected:?}, found {found:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn bylines() {
    let head = "<title>Ferry stays in port for a third day</title><meta property=og:site_name content='Quay Herald'>";
    let cases = table(include_str!("../../../tests/cases/metadata/bylines.tsv")).map(|(line, cells)| {
        let body = format!(
            "<h1>Ferry stays in port for a third day</h1>{}<div class=article-body>{TEXT}</div>",
            cells[1]
        );
        let found = article("https://q.example/a/ferry", cells[0], head, &body);
        (line, cells[2].to_owned(), found.authors.join("|"))
    });
    check("bylines.tsv", cases.collect());
}

#[test]
fn titles() {
    let cases = table(include_str!("../../../tests/cases/metadata/titles.tsv")).map(|(line, cells)| {
        let site = format!("<meta property=og:site_name content='{}'>", cells[0]);
        let head = format!("{}{}", cells[1], if cells[0] == "-" { "" } else { &site });
        let found = article("https://q.example/a/ferry", "en", &head, &format!("{}{TEXT}", cells[2]));
        (line, cells[3].to_owned(), found.title.unwrap_or_default())
    });
    check("titles.tsv", cases.collect());
}

#[test]
fn parts() {
    let cases = table(include_str!("../../../tests/cases/metadata/parts.tsv")).map(|(line, cells)| {
        let body = format!("<h1>Ferry stays in port</h1>{TEXT}<div class=pager>{}</div>", cells[1]);
        let found = article(cells[0], "en", "<title>Ferry stays in port</title>", &body);
        (line, cells[2].to_owned(), found.next_page.unwrap_or_else(|| "-".to_owned()))
    });
    check("parts.tsv", cases.collect());
}

#[test]
fn stamps() {
    let cases = table(include_str!("../../../tests/cases/metadata/stamps.tsv")).map(|(line, cells)| {
        let body = format!("<h1>Ferry stays in port</h1>{}{TEXT}", cells[1]);
        let found = article(cells[0], "en-gb", "<title>Ferry stays in port</title>", &body);
        let day = found.published_at.map_or_else(|| "-".to_owned(), |time| time.format("%F").to_string());
        (line, cells[2].to_owned(), day)
    });
    check("stamps.tsv", cases.collect());
}

#[test]
fn sentences() {
    let cases = table(include_str!("../../../tests/cases/metadata/sentences.tsv")).map(|(line, cells)| {
        let blocks = fragment(&cells[0].replace('⏎', "\n"), None);
        let found: Vec<String> = blocks.into_iter().map(|block| block.text).collect();
        (line, cells[1].to_owned(), found.join("|"))
    });
    check("sentences.tsv", cases.collect());
}

#[test]
fn a_canonical_address_that_is_a_home_page_is_not_believed() {
    let own = "https://q.example/a/ferry";
    for (url, canonical, expected) in [
        (own, "https://q.example/", None),
        (own, "https://q.example", None),
        (own, "https://q.example/index.html", None),
        (own, "https://q.example/en/", None),
        (own, "https://q.example/?utm_source=feed", None),
        (own, "https://q.example/a/ferry-stays", Some("https://q.example/a/ferry-stays")),
        (own, "https://q.example/?p=12", Some("https://q.example/?p=12")),
        ("https://q.example/", "https://q.example/", Some("https://q.example/")),
    ] {
        let head = format!("<title>Ferry stays in port</title><link rel=canonical href='{canonical}'>");
        let found = article(url, "en", &head, TEXT);
        assert_eq!(found.canonical_url.as_deref(), expected, "{canonical}");
    }
}
