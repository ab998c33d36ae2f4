//! `tests/cases/extract/<name>/`: `page.html`, `given.json` (address and content type, if they matter) and
//! `expected.json`. `UPDATE_EXPECT=1` rewrites the expectations.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn check(dir: &Path) -> Result<(), String> {
    let body = std::fs::read(dir.join("page.html")).map_err(|error| format!("page.html: {error}"))?;
    let given: Value = match std::fs::read(dir.join("given.json")) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| format!("given.json: {error}"))?,
        Err(_) => Value::Null,
    };
    let options = PageOptions {
        url: given["url"].as_str().and_then(|url| Url::parse(url).ok()),
        content_type: given["content_type"].as_str(),
    };
    let article = page(&body, &options);
    let blocks: Vec<Value> = article.blocks.iter().map(|block| json!([block.tag, block.text])).collect();
    let images: Vec<Value> =
        article.images.iter().map(|image| json!([image.url, image.caption, image.credit])).collect();
    let found = json!({
        "title": article.title,
        "authors": article.authors,
        "site_name": article.site_name,
        "published_at": article.published_at,
        "updated_at": article.updated_at,
        "language": article.language,
        "section": article.section,
        "canonical_url": article.canonical_url,
        "next_page": article.next_page,
        "paywalled": article.paywalled,
        "verdict": article.verdict,
        "sources": article.sources,
        "images": images,
        "blocks": blocks,
    });
    let path = dir.join("expected.json");
    let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
    if std::env::vars().any(|(name, _)| name == "UPDATE_EXPECT") {
        return std::fs::write(&path, text).map_err(|error| format!("expected.json: {error}"));
    }
    let expected: Value = std::fs::read(&path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .ok_or("expected.json: not there; UPDATE_EXPECT=1 writes it")?;
    if expected == found { Ok(()) } else { Err(format!("found\n{text}")) }
}

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/extract");
    let mut failures = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let dir = entry.unwrap().path();
        count += 1;
        if let Err(problem) = check(&dir) {
            failures.push(format!("{}: {problem}", dir.display()));
        }
    }
    assert!(count > 20, "the cases are gone");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// `tests/cases/verdict/WHAT-KIND-LANGUAGE.html`: pages whose verdict is WHAT; `unread` is any verdict of a
/// page that must not be read as an article.
#[test]
fn verdicts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/verdict");
    let options =
        PageOptions { url: Url::parse("https://site.example/news/item-17").ok(), content_type: None };
    let (mut failures, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let found = page(&std::fs::read(&path).unwrap(), &options).verdict;
        let expected: &[Verdict] = match name.split('-').next() {
            Some("blocked") => &[Verdict::Blocked],
            Some("unread") => &[Verdict::Blocked, Verdict::SummaryOnly],
            Some("paywalled") => &[Verdict::Paywalled],
            Some("full") => &[Verdict::Full],
            _ => &[],
        };
        count += 1;
        if !expected.contains(&found) {
            failures.push(format!("{name}: {found:?}"));
        }
    }
    assert!(count > 100, "the cases are gone");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn fragments_keep_everything_and_its_features() {
    let base = Url::parse("https://example.org/a/").unwrap();
    let html = "<p class=lead>One <b>two</b> <a href='b'>three</a>.</p>text<script>no</script>\
                <ul class=x><li>Four<br><br>five</li></ul><p>Follow us</p>";
    let blocks = fragment(html, Some(&base));
    let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
    assert_eq!(texts, ["One two three.", "text", "Four", "five", "Follow us"]);
    assert_eq!(blocks[0].hrefs, ["https://example.org/a/b"]);
    assert_eq!(blocks[0].classes, ["p.lead", "body"]);
    assert_eq!(blocks[2].classes, ["li", "ul.x", "body"]);
    assert!((blocks[0].link_share - 5.0 / 12.0).abs() < 1e-6 && (blocks[0].bold_share - 0.25).abs() < 1e-6);
}

#[test]
fn dates_are_read_in_many_languages() {
    let cases = [
        ("6. März 2024, 18:05 Uhr", "2024-03-06T18:05:00+00:00"),
        ("Publié le 6 mars 2024 à 08h15", "2024-03-06T08:15:00+00:00"),
        ("6 de marzo de 2024", "2024-03-06T00:00:00+00:00"),
        ("March 6th, 2024 at 3:15 pm", "2024-03-06T15:15:00+00:00"),
        ("6 марта 2024", "2024-03-06T00:00:00+00:00"),
        ("2024年3月6日 09:30", "2024-03-06T09:30:00+00:00"),
        ("2024년 3월 6일", "2024-03-06T00:00:00+00:00"),
        ("٦ مارس ٢٠٢٤", "2024-03-06T00:00:00+00:00"),
        ("6 มีนาคม 2567", "2024-03-06T00:00:00+00:00"),
        ("06.03.24", "2024-03-06T00:00:00+00:00"),
        ("2024-03-06T08:15:00.000+01:00", "2024-03-06T08:15:00+01:00"),
        ("Wed, 06 Mar 2024 08:15:00 +0100", "2024-03-06T08:15:00+01:00"),
    ];
    for (text, expected) in cases {
        let found = metadata::dates::machine(text).map(|date| date.to_rfc3339());
        assert_eq!(found.as_deref(), Some(expected), "{text}");
    }
    let american = metadata::dates::Custom { month_first: true, language: None };
    let american = metadata::dates::visible("3/6/2024", american).map(|date| date.to_rfc3339());
    assert_eq!(american.as_deref(), Some("2024-03-06T00:00:00+00:00"));
    for text in ["", "12", "1 2 3", "may 2024", "99.99.2024", "version 1.2.2024.7"] {
        assert!(metadata::dates::machine(text).is_none() || text.starts_with("version"), "{text}");
    }
}

/// Pages made of what the readers of metadata and content look for.
fn soup() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        "<(p|div|li|h1|h2|td|tr|table|figure|figcaption|time|span|a|article|aside) (class|id|datetime|itemprop|href|rel)=\"(author|byline|date|comment|2024-0[0-9]-1[0-9]T1[0-9]:00|/page/[0-9]|next)\">",
        "</(p|div|li|h1|table|figure|time|span|a|article)>",
        "(By |Von |Posted on )?[A-ZÄé漢]{0,2}[a-zß ]{0,20}[.,;:–-]? ?[0-9]{0,4}[./-]?[0-9]{0,2}",
        "<meta (name|property)=(author|date|og:title|og:url) content='\\PC{0,20}'>",
        "<script type='application/ld.json'>[{\\[\"a@type:,0-9}\\]]{0,30}</script>",
        "<script type=\"application/ld\\+json\">\\{\"@type\":\"NewsArticle\",\"author\":[\\[{\"a}\\],:]{0,8}\\}</script>",
        "\\PC{0,12}",
    ];
    proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn any_bytes_give_a_result(body in proptest::collection::vec(any::<u8>(), 0..2000)) {
        page(&body, &PageOptions::default());
        fragment(&String::from_utf8_lossy(&body), None);
    }

    #[test]
    fn any_soup_gives_a_result(body in soup(), url in "https://[a-z]{1,8}\\.org/[a-z0-9/?=-]{0,20}") {
        let options = PageOptions { url: Url::parse(&url).ok(), content_type: None };
        let article = page(body.as_bytes(), &options);
        let explained = explain(body.as_bytes(), &options);
        prop_assert!(explained.blocks.iter().all(|block| block.features.len() == explained.names.len()));
        prop_assert!(article.blocks.iter().all(|block| (0.0..=1.0).contains(&block.link_share)));
    }
}
