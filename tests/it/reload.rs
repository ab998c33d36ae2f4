//! SIGHUP: what is read anew, and what stays in force where it has a mistake.

use std::time::Duration;

use rustix::process::Signal;

use super::{
    broker,
    daemon::{Daemon, Setup, feed},
    origin::{Answer, Item, Origin},
    reader::{self, Record},
    wait,
};

const LIMIT: Duration = Duration::from_secs(60);

fn says(daemon: &Daemon, what: &str, times: usize) {
    wait::until(what, LIMIT, || {
        (daemon.log().iter().filter(|line| line.contains(what)).count() >= times).then_some(())
    });
}

fn tagged(record: &Record, id: &str) -> bool {
    record.value["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag["id"] == id))
}

#[test]
fn tagging_rules_are_read_anew_and_one_with_a_mistake_is_not() {
    let origin = Origin::start();
    let item = |number: u64| Item {
        title: format!("Report {number}"),
        paragraphs: vec![format!("The harbour of number {number} has a lighthouse, and its keeper is away.")],
        ..Item::numbered(number)
    };
    origin.set("/feed", Answer::Feed(vec![item(1)]));
    let feeds = [feed("harbours", &origin.url("/feed"), "1s")];
    let setup = Setup::new(&broker::prefix("reload"), &feeds, "tags: {files: [own.yaml]}\n");
    let rule = |id: &str, word: &str| format!("tags:\n  - {{id: {id}, any: [{word}]}}\n");
    setup.write("own.yaml", &rule("desk/harbour", "harbour"));
    let daemon = setup.run();
    daemon.ready();
    reader::first(&setup.articles(), 1, LIMIT);

    // The path is the same, the file another.
    setup.write("own.yaml", &rule("desk/light", "lighthouse"));
    daemon.signal(Signal::HUP);
    says(&daemon, "configuration reloaded", 1);
    origin.edit("/feed", |items| items.insert(0, item(2)));
    reader::first(&setup.articles(), 2, LIMIT);

    setup.write("own.yaml", "tags:\n  - {id: desk/keeper, any: [keeper], weigth: 2}\n");
    daemon.signal(Signal::HUP);
    says(&daemon, "configuration not reloaded", 1);
    assert!(daemon.log().iter().any(|line| line.contains("own.yaml:2:38")), "{}", daemon.tail());
    origin.edit("/feed", |items| items.insert(0, item(3)));
    reader::first(&setup.articles(), 3, LIMIT);

    // Another list of files.
    setup.write("more.yaml", &rule("desk/keeper", "keeper"));
    setup.change("own.yaml", "more.yaml");
    daemon.signal(Signal::HUP);
    says(&daemon, "configuration reloaded", 2);
    origin.edit("/feed", |items| items.insert(0, item(4)));
    let records = reader::first(&setup.articles(), 4, LIMIT);
    daemon.stop();
    let desks = ["desk/harbour", "desk/light", "desk/light", "desk/keeper"];
    for (number, desk) in (1..).zip(desks) {
        let title = format!("Report {number}");
        let record = records.iter().find(|record| record.text("/title") == title).expect("published");
        for id in ["desk/harbour", "desk/light", "desk/keeper"] {
            assert_eq!(tagged(record, id), id == desk, "{title}, {id}: {}", record.value["tags"]);
        }
    }
}
