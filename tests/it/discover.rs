//! `copydesk feeds discover`: from a list of sites to feeds that `check` takes.

use super::{
    daemon::command,
    origin::{Answer, Item, Origin},
};

const PAGE: &str = "<html><head><title>The Courier</title><link rel=alternate type=application/rss+xml href=/rss>\
                    </head><body><p>News of the harbour.</p></body></html>";

#[test]
fn a_list_of_sites_becomes_feeds_and_bad_sites_stop_nothing() {
    let (origin, empty) = (Origin::start(), Origin::start());
    origin.set("/", Answer::Html(PAGE.to_owned()));
    origin.set("/rss", Answer::Feed(vec![Item::numbered(1), Item::numbered(2)]));
    let folder = tempfile::tempdir().expect("a directory");
    let path = |name: &str| folder.path().join(name);
    let list = format!(
        "# sites\nnot an address\n{}\n{}  again\nhttp://127.0.0.1:1/\n",
        empty.url("/"),
        origin.url("/")
    );
    std::fs::write(path("sites.txt"), list).expect("written");
    let config = path("copydesk.yaml");
    let opml = format!(
        "<opml><body><outline text='North'><outline text='Harbour' xmlUrl='{}'/></outline></body></opml>",
        origin.url("/rss")
    );
    std::fs::write(path("old.opml"), opml).expect("written");
    let names = ["sites.txt", "old.opml"].map(|name| path(name).display().to_string());
    let discover = |arguments: &[&str]| command(&[&["feeds", "discover"], arguments].concat(), &config);

    let found = discover(&["--allow-private-networks", &names[0]]);
    let (yaml, told) = (String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&found.stderr));
    assert_eq!(found.status.code(), Some(3), "{told}");
    assert!(yaml.contains(&origin.url("/rss")) && yaml.matches("name:").count() == 1, "{yaml}");
    for words in [
        "sites.txt:2: has to be a full address",
        "HTTP status 404; skipped",
        "1 feed",
        "http://127.0.0.1:1/: ",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    std::fs::write(path("feeds.yaml"), &*yaml).expect("written");
    std::fs::write(&config, "kafka: {brokers: [broker.example:9092]}\ninclude: [feeds.yaml]\n")
        .expect("written");
    let checked = command(&["check"], &config);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    // The title and the tags of a list are kept.
    let kept = discover(&["--allow-private-networks", &names[1]]);
    let yaml = String::from_utf8_lossy(&kept.stdout);
    assert!(
        kept.status.success() && yaml.contains("name: harbour") && yaml.contains("tags: [folder/north]"),
        "{yaml}"
    );

    // Private addresses are refused, and then nothing could be reached.
    let asked = origin.requests("/").len();
    let refused = discover(&[&origin.url("/")]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!((refused.status.code(), &*refused.stdout), (Some(69), &b"feeds: []\n"[..]), "{told}");
    assert!(told.contains("private") && origin.requests("/").len() == asked, "{told}");
}
