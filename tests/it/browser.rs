//! The status page in a headless Chromium: `tests/browser/pages.py` looks at every page.
//!
//! Pictures of all states are left in `target/tmp/pages`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use copydesk::{config, publish::DeadLetter};

use super::{
    broker,
    daemon::{Daemon, Setup, feed},
    letters::{letter, send},
    origin::{Answer, Item, Origin},
    reader, wait,
};

const LIMIT: Duration = Duration::from_secs(90);

/// A feed's name that would be a script where it is not escaped.
const HOSTILE: &str = "<script>alert('name')</script> & \"co\"";

fn script(name: &str) -> PathBuf {
    broker::root().join("tests/browser").join(name)
}

/// A Chromium and axe-core, installed where they are missing.
fn tools() -> String {
    let output = Command::new(script("install")).output().expect("tests/browser/install runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).expect("paths");
    let mut paths = paths.lines();
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    serde_json::json!({"chromium": paths.next(), "axe": paths.next(), "pictures": pictures}).to_string()
}

/// Looks at every page of a daemon in `state`.
fn look(daemon: &Daemon, state: &str, feed: &str) {
    let mut command = Command::new(broker::script("python"));
    command.arg(script("pages.py")).args([state, &format!("http://{}", daemon.admin()), feed]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("tests/kafka/python runs");
    child.stdin.take().expect("piped").write_all(tools().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An article with names, boilerplate, and markup where none belongs.
fn article() -> Item {
    Item {
        title: "&lt;/h2&gt;&lt;script&gt;alert('title')&lt;/script&gt; Ferry late again".into(),
        paragraphs: vec![
            "President Volodymyr Zelenskyy of Ukraine visited the border region on Tuesday and spoke with soldiers \
             about the war in Russia, where troops of North Korea are said to be deployed since the autumn."
                .into(),
            "The ferry to the island leaves at seven in the morning, and it is late on most days of the week, as \
             passengers in Kyiv told <b onclick=alert(1)>the harbour</b> office."
                .into(),
            "Sign up for our newsletter to get the best stories every morning.".into(),
        ],
        ..Item::numbered(1)
    }
}

#[test]
fn every_page_is_fit_for_people() {
    let origin = Origin::start();
    let setup = Setup::new(&broker::prefix("browser-empty"), &[], "");
    let daemon = setup.run();
    daemon.ready();
    look(&daemon, "empty", "");
    daemon.stop();

    origin.set("/ferry", Answer::Feed(vec![article()]));
    origin.set("/plain", Answer::Feed(vec![Item::numbered(2)]));
    origin.set("/closed", Answer::Status(403));
    let desks = (1..=60)
        .map(|number| feed(&format!("desk-{number:02}"), &origin.url(&format!("/plain?{number}")), "1h"));
    let mut feeds = vec![
        format!("{{name: {HOSTILE:?}, url: {:?}, interval: 1h, content: feed}}", origin.url("/ferry")),
        feed("نشرة-الأخبار", &origin.url("/plain"), "1h"),
        feed("closed", &origin.url("/closed"), "1h"),
        feed("lost", &origin.url("/lost"), "1h"),
    ];
    feeds.extend(desks);
    let setup = Setup::new(&broker::prefix("browser"), &feeds, "");
    let daemon = setup.run();
    daemon.ready();
    wait::until("every feed polled", LIMIT, || {
        let (_, feeds) = daemon.api("/feeds", "");
        (feeds["counts"]["healthy"] == 62 && feeds["counts"]["failing"] == 1).then_some(())
    });
    reader::first(&setup.articles(), 1, LIMIT);
    let config = config::load(&setup.config(), &|_| None).expect("a configuration").config;
    let lost = letter(&origin.document("/ferry"), &origin.url("/ferry"), "lost");
    send(&config, &DeadLetter { title: Some("<b>Gone</b>".into()), attempts: 4, ..lost.clone() });
    send(&config, &lost);
    look(&daemon, "busy", &origin.url("/ferry"));
    daemon.stop();
}
