//! Lists of feeds from elsewhere: what `feeds import` prints is taken, what is included is read in any
//! encoding, and one bad outline costs only itself.

use std::{path::Path, process::Command};

use super::daemon::command;

const HEAD: &str = "<opml version=\"2.0\"><head><title>Subscriptions</title></head><body>\n";
/// What a list by a stranger must not get at.
const CANARY: &str = "canary-of-the-environment-91";

/// The program in `folder`, with the canary in its environment: what it wrote, and its exit code.
fn run(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_copydesk"))
        .args(arguments)
        .current_dir(folder)
        .env("LIST_CANARY", CANARY)
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// The list imported and the list included: `check` takes both; gives what `feeds export` says.
fn taken(list: &[u8]) -> [String; 2] {
    let folder = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).expect("written");
    write("list.opml", list);
    let (printed, told, code) = run(folder.path(), &["feeds", "import", "list.opml"]);
    assert_eq!(code, Some(0), "{told}");
    let kafka = "kafka: {brokers: [\"localhost:9092\"]}\n";
    write("imported.yaml", format!("{kafka}{printed}").as_bytes());
    write("included.yaml", format!("{kafka}include: [list.opml]\n").as_bytes());
    ["imported.yaml", "included.yaml"].map(|config| {
        let (_, told, code) = run(folder.path(), &["--config", config, "check"]);
        assert_eq!(code, Some(0), "{config}: {told}\n{printed}");
        run(folder.path(), &["--config", config, "feeds", "export"]).0
    })
}

fn outlines(inside: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{HEAD}{inside}\n</body></opml>")
}

#[test]
fn what_is_imported_is_taken() {
    let lists: [(&str, &[&str]); 6] = [
        (
            "<outline text=\"Town &amp; Bay\"><outline text=\"Boats\"><outline type=\"rss\" text=\"Pier\" \
             xmlUrl=\"https://pier.example/rss\"/></outline></outline>",
            &["https://pier.example/rss"],
        ),
        (
            "<outline type=\"rss\" text=\"Tide\" xmlUrl=\"https://tide.example/rss\" category=\"/Sea/Tides,News, /A b/Ç\"/>",
            &["https://tide.example/rss"],
        ),
        (
            "<outline text=\"Новости\"><outline type=\"rss\" text=\"Газета\" xmlUrl=\"https://g.example/rss\"/></outline>\
             <outline text=\"ニュース　港\"><outline type=\"rss\" text=\"新聞\" xmlUrl=\"https://s.example/rss\"/></outline>",
            &["https://g.example/rss", "https://s.example/rss"],
        ),
        (
            "<outline text=\"true\"><outline type=\"rss\" text=\"- {x}: [y] # &quot;z&quot;\" xmlUrl=\"https://odd.example/rss\"/></outline>",
            &["https://odd.example/rss"],
        ),
        (
            "<outline type=\"rss\" text=\"Same\" xmlUrl=\"https://one.example/rss\"/>\
             <outline type=\"rss\" text=\"Same\" xmlUrl=\"https://two.example/rss\"/>\
             <outline type=\"rss\" text=\"Same\" xmlUrl=\"https://one.example/rss\"/>",
            &["https://one.example/rss", "https://two.example/rss"],
        ),
        (
            "<outline type=\"rss\" text=\"Wire\" xmlUrl=\"feed://wire.example/a\"/>\
             <outline type=\"rss\" text=\"Wire\" xmlUrl=\"feed:https://wire.example/b\"/>",
            &["http://wire.example/a", "https://wire.example/b"],
        ),
    ];
    let inside: String = lists.iter().map(|(inside, _)| *inside).collect();
    for export in taken(outlines(&inside).as_bytes()) {
        for address in lists.iter().flat_map(|(_, addresses)| *addresses) {
            assert_eq!(export.matches(&format!("\"{address}\"")).count(), 1, "{address}: {export}");
        }
    }
}

#[test]
fn lists_are_read_in_any_encoding() {
    let list = |site: &str, encoding: &str| {
        let name = "Été à Québec";
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{HEAD}\
             <outline type=\"rss\" text=\"{name}\" category=\"{name}\" xmlUrl=\"https://{site}.example/rss\"/></body></opml>"
        )
    };
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    let latin1: Vec<u8> =
        list("latin", "ISO-8859-1").chars().map(|c| u8::try_from(u32::from(c)).expect("latin")).collect();
    let folder = tempfile::tempdir().expect("a directory");
    let mut config = "kafka: {brokers: [\"localhost:9092\"]}\ninclude:\n".to_owned();
    let written = [
        ("u8", list("u8", "UTF-8").into_bytes()),
        ("mark", ["\u{feff}", &list("mark", "UTF-8")].concat().into_bytes()),
        ("latin", latin1),
        ("little", utf16(&list("little", "UTF-16"), u16::to_le_bytes)),
        ("big", utf16(&list("big", "UTF-16"), u16::to_be_bytes)),
    ];
    for (name, bytes) in &written {
        std::fs::write(folder.path().join(format!("{name}.opml")), bytes).expect("written");
        config.push_str(&format!("  - {name}.opml\n"));
        let (printed, told, code) = run(folder.path(), &["feeds", "import", &format!("{name}.opml")]);
        assert!(
            code == Some(0) && printed.contains(&format!("https://{name}.example/rss")),
            "{printed}{told}"
        );
        assert!(printed.contains("québec"), "{name}: {printed}");
    }
    std::fs::write(folder.path().join("c.yaml"), config).expect("written");
    let (export, told, _) = run(folder.path(), &["--config", "c.yaml", "feeds", "export"]);
    for (name, _) in &written {
        assert!(export.contains(&format!("https://{name}.example/rss")), "{name}: {export}{told}");
    }
}

#[test]
fn a_bad_outline_is_named_and_costs_only_itself() {
    const BAD: [&str; 5] =
        ["/ongoing.atom", "bare.example/rss", "mailto:a@b.example", "ftp://b.example/rss", "https://:80/rss"];
    let good = |name: &str| {
        format!("<outline type=\"rss\" text=\"{name}\" xmlUrl=\"https://{name}.example/rss\"/>\n")
    };
    let bad =
        |(at, url): (usize, &&str)| format!("<outline type=\"rss\" text=\"Bad {at}\" xmlUrl=\"{url}\"/>\n");
    let bad: String = BAD.iter().enumerate().map(bad).collect();
    let list = outlines(&[good("first"), bad, good("last")].concat());
    for export in taken(list.as_bytes()) {
        assert!(export.contains("https://first.example/rss"), "{export}");
        assert!(export.contains("https://last.example/rss"), "{export}");
    }
    let folder = tempfile::tempdir().expect("a directory");
    std::fs::write(folder.path().join("list.opml"), &list).expect("written");
    let config = folder.path().join("copydesk.yaml");
    std::fs::write(&config, "kafka: {brokers: [\"localhost:9092\"]}\ninclude: [list.opml]\n")
        .expect("written");
    let output = command(&["check"], &config);
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    for (at, url) in BAD.iter().enumerate() {
        let named = told.contains(&format!("list.opml:{}", at + 4)) && told.contains(&format!("Bad {at}"));
        assert!(named, "{url}: {told}");
    }
}

#[test]
fn a_list_names_no_secret() {
    let inside: String = [
        "https://a.example/rss?x=${env:LIST_CANARY}",
        "https://b.example/${env:LIST_CANARY}/rss",
        "https://c.example/rss?x=$${env:LIST_CANARY}",
        "https://d.example/rss?x=&#36;&#123;env:LIST_CANARY&#125;",
        "https://e.example/rss?x=${file:canary}",
    ]
    .iter()
    .map(|url| format!("<outline text=\"${{env:LIST_CANARY}}\"><outline type=\"rss\" text=\"${{env:LIST_CANARY}}\" xmlUrl=\"{url}\"/></outline>"))
    .collect();
    let folder = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("canary", CANARY);
    write("list.opml", &outlines(&inside));
    let (printed, ..) = run(folder.path(), &["feeds", "import", "list.opml"]);
    assert!(printed.contains("a.example") && !printed.contains(CANARY), "{printed}");
    let kafka = "kafka: {brokers: [\"localhost:9092\"]}\n";
    write("imported.yaml", &format!("{kafka}{printed}"));
    write("included.yaml", &format!("{kafka}include: [list.opml]\n"));
    for config in ["imported.yaml", "included.yaml"] {
        for arguments in [&["check"][..], &["feeds", "export"], &["feeds", "export", "--with-secrets"]] {
            let (out, err, _) = run(folder.path(), &[&["--config", config], arguments].concat());
            assert!(!out.contains(CANARY) && !err.contains(CANARY), "{config} {arguments:?}: {out}{err}");
            assert!(arguments[0] == "check" || out.contains("a.example"), "{config}: {out}{err}");
        }
    }
}
