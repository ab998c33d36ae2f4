//! The cases of `tests/cases/feed`, properties, and documents made to hurt.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use proptest::prelude::*;

use super::*;

/// Every folder holds one document (`feed.*`), its expected result (`expected.json`, the fields
/// that are given are compared) and optionally `options.json` (`base`, `content_type`).
/// `UPDATE_EXPECT=1` rewrites the expected results.
#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/feed");
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut folders: Vec<_> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    assert!(folders.len() >= 40, "{} cases", folders.len());
    let mut wrong = String::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let files: BTreeSet<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        let documents: Vec<&String> = files.iter().filter(|file| file.starts_with("feed.")).collect();
        let known =
            |file: &String| file.starts_with("feed.") || file == "expected.json" || file == "options.json";
        if documents.len() != 1 || !files.iter().all(known) {
            writeln!(wrong, "{name}: one feed.*, expected.json and options.json only, not {files:?}")
                .unwrap();
            continue;
        }
        let found = check(&folder, documents[0]);
        let path = folder.join("expected.json");
        if update {
            fs::write(&path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
            continue;
        }
        let expected: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap_or_else(|_| "null".into())).unwrap();
        if found != expected {
            let found = serde_json::to_string_pretty(&found).unwrap();
            writeln!(wrong, "{name}: found\n{found}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The result of one case, without what is empty.
fn check(folder: &Path, document: &str) -> serde_json::Value {
    let bytes = fs::read(folder.join(document)).unwrap();
    let options: serde_json::Value = fs::read_to_string(folder.join("options.json"))
        .map(|text| serde_json::from_str(&text).unwrap())
        .unwrap_or_default();
    let options = ParseOptions {
        base: options["base"].as_str().map(|base| Url::parse(base).unwrap()),
        content_type: options["content_type"].as_str(),
    };
    let mut value = match parse(&bytes, &options) {
        Ok(parsed) => serde_json::to_value(parsed).unwrap(),
        Err(error) => serde_json::json!({ "not_a_feed": error.what, "alternatives": error.alternatives }),
    };
    prune(&mut value);
    value
}

fn prune(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            map.values_mut().for_each(prune);
            map.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

/// A fragment of what feeds are made of, well formed or not.
fn fragment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel>".to_owned()),
        Just("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"a/\">".to_owned()),
        Just("<item>".to_owned()),
        Just("</item>".to_owned()),
        Just("<entry xml:lang='de'>".to_owned()),
        Just("</entry>".to_owned()),
        Just("<title type=\"xhtml\"><div>".to_owned()),
        Just("<description><![CDATA[<p>".to_owned()),
        Just("]]></description>".to_owned()),
        Just("<link href='x'/><link>".to_owned()),
        Just("<media:group><media:content url=\"u\">".to_owned()),
        Just("<author><name>A</name>".to_owned()),
        Just("<source url='y'><title>".to_owned()),
        Just("&amp;&nbsp;&#x41;&bogus;&".to_owned()),
        Just("<!-- <![CDATA[ <!DOCTYPE x [".to_owned()),
        Just("<script>x</script>&lt;script&gt;".to_owned()),
        Just("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{".to_owned()),
        "</?[a-z:]{1,8}( [a-z:]{1,6}=\"?[^\"<>]{0,6}\"?)?/?>?",
        "\\PC{0,12}",
    ]
}

/// Parses, and checks what has to hold for every document.
fn sound(document: &[u8], options: &ParseOptions<'_>) {
    let Ok(parsed) = parse(document, options) else { return };
    for entry in &parsed.entries {
        let values = entry.content.iter().map(|content| (&content.value, content.media_type.as_deref()));
        let values = values.chain(entry.title.iter().map(|title| (title, entry.title_type.as_deref())));
        for (value, kind) in values {
            assert!(!value.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r')), "{value:?}");
            assert!(kind == Some("text/plain") || !value.contains("<script"), "{value}");
        }
    }
    serde_json::to_string(&parsed).unwrap();
}

proptest! {
    #[test]
    fn any_bytes_give_a_result(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        sound(&bytes, &ParseOptions::default());
    }

    #[test]
    fn any_fragments_give_a_result(parts in prop::collection::vec(fragment(), 0..40), cut in 0..400_usize) {
        let text = parts.concat();
        let options = ParseOptions { base: Url::parse("http://h/").ok(), content_type: None };
        sound(text.as_bytes(), &options);
        sound(text.as_bytes().get(..cut).unwrap_or(b""), &options);
    }

    /// Complete entries are kept, whatever comes after them.
    #[test]
    fn entries_before_a_break_are_kept(tail in prop::collection::vec(fragment(), 0..12)) {
        let head = "<rss><channel><item><title>One</title></item><item><title>Two</title></item>";
        let parsed = parse(format!("{head}{}", tail.concat()).as_bytes(), &ParseOptions::default()).unwrap();
        prop_assert!(parsed.entries.len() >= 2);
        prop_assert_eq!(parsed.entries[0].title.as_deref(), Some("One"));
        prop_assert_eq!(parsed.entries[1].title.as_deref(), Some("Two"));
    }
}

/// A corrupted byte costs at most the entry it is in and a neighbour.
fn corrupted(changes: &[(usize, Option<u8>)]) -> usize {
    let items: String = (0..40)
        .map(|n| {
            format!(
                "<item><title>Entry {n} &amp; more</title><link>http://h/{n}</link><guid isPermaLink=\"false\">g{n}</guid>\
                 <description><![CDATA[<p class=\"a\">Text <b>{n}</b></p>]]></description>\
                 <pubDate>Tue, 03 Feb 2026 04:05:06 GMT</pubDate></item>\n"
            )
        })
        .collect();
    let mut document =
        format!("<rss version=\"2.0\"><channel><title>F</title>\n{items}</channel></rss>").into_bytes();
    let head = 50;
    for (at, byte) in changes {
        let at = head + at % (document.len() - head);
        match byte {
            Some(byte) => document[at] = *byte,
            None => {
                document.remove(at);
            }
        }
    }
    parse(&document, &ParseOptions::default()).map_or(0, |parsed| parsed.entries.len())
}

proptest! {
    #[test]
    fn corruption_stays_where_it_is(changes in prop::collection::vec(
        (any::<usize>(), prop::option::of(prop::sample::select(b"<>&\"'/=![]- \0\xFFa".to_vec()))), 1..5)
    ) {
        let found = corrupted(&changes);
        prop_assert!(found + 2 * changes.len() >= 40, "{} of 40 left after {} changes", found, changes.len());
    }
}

/// Documents made to exhaust the stack, on the 2 MB that worker threads have, in any build.
#[test]
fn depth_does_not_overflow_a_stack() {
    let nested = |open: &str, close: &str, count: usize| {
        format!(
            "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item><title>A</title>{}{}</item>\
             <item><title>B</title></item></channel></rss>",
            open.repeat(count),
            close.repeat(count)
        )
    };
    let documents = vec![
        nested("<media:content url=\"x\">", "</media:content>", 100_000),
        nested("<media:group>", "</media:group>", 100_000),
        nested("<itunes:category text=\"a\">", "</itunes:category>", 100_000),
        nested("<a>", "", 200_000),
        nested("<description><div>", "</div></description>", 50_000),
        nested("<author><name>", "</name></author>", 50_000),
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{{\"title\":\"A\"}},{}",
            "[".repeat(200_000)
        ),
    ];
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || {
            for document in documents {
                let parsed = parse(document.as_bytes(), &ParseOptions::default()).unwrap();
                assert_eq!(parsed.entries[0].title.as_deref(), Some("A"));
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

/// Thread CPU time of one parse, milliseconds.
fn cost(document: &[u8]) -> f64 {
    let now = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    let start = now();
    let options = ParseOptions { base: Url::parse("http://h.example/a/b").ok(), content_type: None };
    sound(document, &options);
    now() - start
}

/// Documents of one megabyte made to take long: 250 ms are allowed to the optimised build, which
/// is about a third of what this one takes.
#[test]
fn hostile_documents_cost_no_more_than_they_weigh() {
    let fill = |unit: &str| unit.repeat((1 << 20) / unit.len());
    let rss = |inside: String| {
        format!(
            "<rss><channel><item><title>A</title><description>{inside}</description></item></channel></rss>"
        )
    };
    let documents = [
        ("attributes of one tag", format!("<rss><channel {}>", fill("a=\"1\" "))),
        ("namespaces", fill("<a xmlns:b=\"c\">")),
        ("open tags", rss(fill("<a>"))),
        ("stray end tags below open ones", rss(format!("{}{}", "<a>".repeat(200), fill("</b>")))),
        ("bare ampersands", rss(fill("&"))),
        ("bare angle brackets", rss(fill("<"))),
        ("references", rss(fill("&eacute;"))),
        ("unclosed CDATA", rss(fill("<![CDATA["))),
        ("unclosed comments", rss(fill("<!--"))),
        ("unclosed quotes", rss(fill("<a b=\""))),
        ("quotes that swallow tags", rss(fill("<a b=\"x><c>y"))),
        ("declarations", rss(fill("<!A"))),
        ("processing instructions", rss(fill("<?"))),
        ("document types", fill("<!DOCTYPE [\"")),
        ("escaped markup", rss(fill("&lt;a href=x&gt;"))),
        ("escaped bare brackets", rss(fill("&lt;"))),
        ("escaped comments", rss(fill("&lt;!--"))),
        ("escaped scripts", rss(fill("&lt;script"))),
        ("escaped elements without end", rss(fill("&lt;select>"))),
        ("escaped attributes", rss(format!("&lt;a {}&gt;", fill("a=1 ")))),
        (
            "entities of its own",
            format!("<!DOCTYPE rss [<!ENTITY a \"{}\">]>{}", "x".repeat(1000), rss(fill("&a;"))),
        ),
        ("bases within bases", fill("<a xml:base=\"longer/\">")),
        ("items", format!("<rss><channel>{}", fill("<item/>"))),
        ("links", format!("<rss><channel><item>{}", fill("<link href=\"a\"/>"))),
        ("categories", format!("<rss><channel><item>{}", fill("<category>a</category>"))),
        ("dates", format!("<rss><channel><item>{}", fill("<pubDate>1 a 2 b 3</pubDate>"))),
        ("JSON brackets", fill("[{")),
        ("JSON strings", format!("{{\"items\":[{}", fill("\"\\"))),
        ("invalid bytes", format!("<rss>{}", fill("\u{85}"))),
    ];
    for (name, document) in documents {
        let spent = cost(document.as_bytes());
        println!("{name}: {spent:.0} ms");
        assert!(spent < 1000.0, "{name}: {spent:.0} ms for {} bytes", document.len());
    }
}

/// Our reader and feed-rs agree on well-formed documents.
#[test]
fn agrees_with_the_reference_parser() {
    let rss = "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
        <title>F</title><link>http://h/</link><description>D</description>\
        <item><title>A &amp; B</title><link>http://h/a?x=1&amp;y=2</link><guid isPermaLink=\"false\">g1</guid>\
        <pubDate>Tue, 03 Feb 2026 04:05:06 +0100</pubDate><category>c</category><dc:creator>Jo</dc:creator>\
        <description>&lt;p&gt;Text&lt;/p&gt;</description></item>\
        <item><title>C</title><link>http://h/c</link><guid>http://h/c</guid></item></channel></rss>";
    let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>F</title><id>urn:f</id><updated>2026-01-01T00:00:00Z</updated>\
        <entry><title>A</title><id>urn:a</id><link href=\"http://h/a\"/><updated>2026-02-03T04:05:06Z</updated>\
        <published>2026-02-01T00:00:00Z</published><author><name>Jo</name></author><summary>S</summary></entry></feed>";
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"F","items":[{"id":"a","url":"http://h/a","title":"A",
        "content_html":"<p>T</p>","date_published":"2026-02-03T04:05:06Z","authors":[{"name":"Jo"}],"tags":["c"]}]}"#;
    for document in [rss, atom, json] {
        let ours = parse(document.as_bytes(), &ParseOptions::default()).unwrap();
        assert_eq!(ours.warnings, Vec::<String>::new());
        let theirs = feed_rs::parser::parse(document.as_bytes()).unwrap();
        assert_eq!(ours.feed.title, theirs.title.map(|title| title.content));
        assert_eq!(ours.entries.len(), theirs.entries.len());
        for (ours, theirs) in ours.entries.iter().zip(&theirs.entries) {
            assert_eq!(ours.id.as_deref(), Some(theirs.id.as_str()));
            assert_eq!(ours.title.as_deref(), theirs.title.as_ref().map(|title| title.content.as_str()));
            assert_eq!(ours.link.as_deref(), theirs.links.first().map(|link| link.href.as_str()));
            assert_eq!(ours.published, theirs.published);
            let names = |list: &[feed_rs::model::Person]| {
                list.iter().filter_map(|p| p.name.clone()).collect::<Vec<_>>()
            };
            assert_eq!(
                ours.authors.iter().filter_map(|p| p.name.clone()).collect::<Vec<_>>(),
                names(&theirs.authors)
            );
            let terms: Vec<&str> = theirs.categories.iter().map(|category| category.term.as_str()).collect();
            assert_eq!(ours.categories.iter().filter_map(|c| c.term.as_deref()).collect::<Vec<_>>(), terms);
        }
    }
}
