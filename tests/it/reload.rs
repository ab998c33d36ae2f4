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

/// One way in which the files of a configuration change.
struct Change {
    name: &'static str,
    make: fn(&Setup),
}

/// Other feeds, each by another way to write files.
const CHANGES: &[Change] = &[
    Change { name: "written in place", make: |setup| setup.write("feeds/a.yaml", &list("in-place")) },
    Change {
        name: "a new file in the place of the old one",
        make: |setup| {
            setup.write(".a.yaml.swp", &list("replaced"));
            setup.rename(".a.yaml.swp", "feeds/a.yaml");
        },
    },
    Change {
        name: "gone for a moment",
        make: |setup| {
            setup.rename("feeds/a.yaml", "a.yaml~");
            std::thread::sleep(Duration::from_millis(700));
            setup.write("feeds/a.yaml", &list("back"));
        },
    },
    Change {
        name: "written in pieces",
        make: |setup| {
            let whole = list("pieces");
            for end in (1..whole.len()).step_by(9) {
                setup.write("feeds/a.yaml", whole.get(..end).expect("ASCII"));
                std::thread::sleep(Duration::from_millis(200));
            }
            setup.write("feeds/a.yaml", &whole);
        },
    },
    Change {
        name: "a new file that a glob matches",
        make: |setup| setup.write("feeds/b.yaml", &list("matched")),
    },
    Change {
        name: "a link that leads elsewhere, as Kubernetes does it",
        make: |setup| {
            setup.write("..2/list.yaml", &list("swapped"));
            setup.link("..2", "..data_tmp");
            setup.rename("..data_tmp", "..data");
        },
    },
];

/// A list with a feed of this name that nobody serves.
fn list(name: &str) -> String {
    format!("feeds:\n  - {{name: {name}, url: \"http://127.0.0.1:9/{name}\", interval: 1h, content: feed}}\n")
}

fn names(daemon: &Daemon) -> Vec<String> {
    let (status, page) = daemon.api("/feeds?per_page=100", "");
    assert_eq!(status, 200);
    let feeds = page["feeds"].as_array().expect("a list");
    feeds.iter().map(|feed| feed["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn changed_files_are_noticed_however_they_are_written() {
    let setup = Setup::new(&broker::prefix("watch"), &[], "daemon: {watch: true}\n");
    setup.change("feeds:\n", "include: [feeds/*.yaml, link/list.yaml]\n");
    setup.write("feeds/a.yaml", &list("first"));
    setup.write("..1/list.yaml", &list("linked"));
    setup.link("..1", "..data");
    setup.link("..data", "link");
    let daemon = setup.run();
    daemon.ready();
    for Change { name, make } in CHANGES {
        make(&setup);
        let expected: Vec<String> = ["feeds/a.yaml", "feeds/b.yaml", "link/list.yaml"]
            .iter()
            .filter_map(|file| setup.read(file))
            .filter_map(|text| Some(text.split("name: ").nth(1)?.split(',').next()?.to_owned()))
            .collect();
        wait::until(name, LIMIT, || {
            let mut now = names(&daemon);
            now.sort();
            let mut expected = expected.clone();
            expected.sort();
            (now == expected).then_some(())
        });
    }
    let refused = |daemon: &Daemon| daemon.log().iter().filter(|line| line.contains("not reloaded")).count();
    assert_eq!(refused(&daemon), 0, "no half-written file was taken:\n{}", daemon.tail());

    // One with a mistake is told once, and the feeds stay.
    let before = names(&daemon);
    setup.write("feeds/a.yaml", "feeds:\n  - {name: broken, url: nonsense, intervall: 1h}\n");
    says(&daemon, "configuration not reloaded", 1);
    let told = refused(&daemon);
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!((refused(&daemon), names(&daemon)), (told, before));
    assert!(daemon.page("/metrics").contains("copydesk_reload_successful 0"));
    setup.write("feeds/a.yaml", &list("mended"));
    wait::until("the mended list", LIMIT, || names(&daemon).contains(&"mended".to_owned()).then_some(()));
    daemon.stop();
}

#[test]
fn a_rule_that_fails_its_own_example_is_not_taken() {
    let setup = Setup::new(&broker::prefix("examples"), &[], "rules: {files: [own.yaml]}\n");
    setup.change("feeds:\n", "feeds: []\n");
    let rule = |example: &str| {
        format!(
            "rules:\n  - id: own/gazette\n    kind: promo\n    start: [subscribe to the gazette]\n    removes: [\"{example}\"]\n"
        )
    };
    setup.write("own.yaml", &rule("Subscribe to the Gazette today."));
    let daemon = setup.run();
    daemon.ready();
    setup.write("own.yaml", &rule("The ferry came late."));
    daemon.signal(Signal::HUP);
    says(&daemon, "configuration not reloaded", 1);
    assert!(
        daemon.log().iter().any(|line| line.contains("`The ferry came late.` has to be removed")),
        "{}",
        daemon.tail()
    );
    setup.write("own.yaml", &rule("Subscribe to the Gazette now."));
    daemon.signal(Signal::HUP);
    says(&daemon, "configuration reloaded", 1);
    daemon.stop();
}

/// Reloads until pools of threads and buffers have grown to their size.
const WARM: usize = 6;

/// So many reloads; `RELOADS=1000` for more.
fn reloads() -> usize {
    copydesk::config::environment("RELOADS").and_then(|count| count.parse().ok()).unwrap_or(100)
}

#[test]
fn many_reloads_leave_tasks_and_descriptors_as_they_were() {
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1)]));
    let setup = Setup::new(&broker::prefix("many"), &[feed("kept", &origin.url("/feed"), "1s")], "");
    setup.append("include: [more.yaml]\ntags: {files: [own.yaml]}\n");
    setup.write("own.yaml", "tags:\n  - {id: desk/first, any: [harbour]}\n");
    setup.write("more.yaml", &list("first"));
    let daemon = setup.run();
    daemon.ready();
    let reload = |number: usize| {
        setup.write("more.yaml", &list(&format!("feed-{number}")));
        // Compiling rules takes longer than the rest.
        if number.is_multiple_of(50) {
            setup.write("own.yaml", &format!("tags:\n  - {{id: desk/number-{number}, any: [harbour]}}\n"));
        }
        let (status, answer) = daemon.api("/reload", "{}");
        assert_eq!((status, answer["added"]["count"].as_u64()), (200, Some(1)), "{answer}");
    };
    (0..WARM).for_each(reload);
    let before = daemon.holds();
    let count = reloads();
    (WARM..WARM + count).for_each(reload);
    // What was under way has ended.
    let after = wait::until("as few as before", Duration::from_secs(30), || {
        let now = daemon.holds();
        println!("after {count} reloads: {now:?}, before: {before:?}");
        (now.threads <= before.threads + 1 && now.descriptors <= before.descriptors + 1).then_some(now)
    });
    // What the allocator keeps of compiled rules: as much after 3,000 as after 1,000.
    assert!(after.memory <= before.memory + 80, "MiB: {} before, {} after", before.memory, after.memory);
    assert_eq!(names(&daemon).len(), 2);
    daemon.stop();
}
