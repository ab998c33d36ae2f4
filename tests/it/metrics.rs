//! What Prometheus' own linter says about `/metrics`.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    broker,
    daemon::{Setup, feed},
    origin::{Answer, Item, Origin},
    reader, wait,
};

/// The linter reads the older text format, in which names and types are written in another way.
fn older(page: &str) -> String {
    let kind = |name: &str| {
        let of_type = format!("# TYPE {name} ");
        page.lines().find_map(|line| line.strip_prefix(&of_type)).unwrap_or_default().to_owned()
    };
    let line = |line: &str| -> Option<String> {
        let Some((word, rest)) = line.strip_prefix("# ").and_then(|comment| comment.split_once(' ')) else {
            return (line != "# EOF").then(|| line.to_owned());
        };
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match (word, kind(name).as_str(), text) {
            ("UNIT", ..) => None,
            ("TYPE", "info", _) => Some(format!("# TYPE {name}_info gauge")),
            (_, "info", text) => Some(format!("# {word} {name}_info {text}")),
            (_, "counter", text) => Some(format!("# {word} {name}_total {text}")),
            (_, _, text) => Some(format!("# {word} {name} {text}")),
        }
    };
    page.lines().filter_map(line).map(|line| line + "\n").collect()
}

#[test]
fn the_linter_of_prometheus_finds_nothing() {
    let found = Command::new(broker::root().join(".ci/promtool")).output();
    let Some(promtool) = found.ok().filter(|output| output.status.success()) else {
        println!("NOT checked: promtool is not on this machine");
        return;
    };
    let promtool = String::from_utf8(promtool.stdout).expect("a path");
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1), Item::numbered(2)]));
    origin.set("/unlike", Answer::Html("<html><title>Sorry</title></html>".into()));
    let feeds: Vec<String> = ["feed", "unlike", "gone"]
        .iter()
        .map(|name| feed(name, &origin.url(&format!("/{name}")), "1s"))
        .collect();
    let setup = Setup::new(&broker::prefix("metrics"), &feeds, "");
    let daemon = setup.run();
    daemon.ready();
    reader::first(&setup.articles(), 2, Duration::from_secs(60));
    wait::until("all feeds asked", Duration::from_secs(60), || {
        let asked = |path: &str| origin.requests(path).len() > 1;
        (asked("/feed") && asked("/unlike") && asked("/gone")).then_some(())
    });
    let answer = daemon.page("/metrics");
    daemon.stop();
    let (_, page) = answer.split_once("\r\n\r\n").expect("a head");
    for expected in ["copydesk_polls_total{", "copydesk_fetch_failures_total{", "copydesk_build_info{"] {
        assert!(page.contains(expected), "no {expected} in\n{page}");
    }
    let mut linter = Command::new(promtool.trim())
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    linter.stdin.take().expect("piped").write_all(older(page).as_bytes()).expect("written");
    let output = linter.wait_with_output().expect("our child");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
