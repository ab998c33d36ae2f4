//! The sentences of `src/lib.rs` about who may know whom, checked over the sources.

#![expect(clippy::string_slice, reason = "cut at what was found in our own sources")]

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Module, Sources};

/// The rooms from the ground up, floor by floor: each may name those before it.
const ROOMS: &[&[&str]] = &[
    // The ground.
    &["clock", "exit", "yaml", "site", "language", "months", "rights"],
    // The steps of an article's path, and what they are told.
    &["feed", "extract", "identity", "clean", "tag", "story", "config"],
    // The web, what an operator sees, and the wire.
    &["fetch", "observe", "publish", "archive"],
    // An entry and its pages to a finished record.
    &["edit"],
    // Who is polled, when, and by whom.
    &["ledger", "schedule", "worker", "replay"],
    // An article as it would be published, for people.
    &["preview"],
    // What an operator sees and does, and what hubs do.
    &["admin", "websub"],
    // What is started.
    &["app", "demo", "cli", "lib", "main"],
];

/// What only some rooms may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("reqwest::", &["fetch"]),
    ("rdkafka::", &["publish", "ledger"]),
    ("saphyr_parser::", &["yaml"]),
    ("SystemTime", &["clock"]),
    ("Utc::now", &[]),
    ("Instant::now", &["app", "cli", "fetch", "ledger", "observe", "publish", "schedule", "worker"]),
    ("std::env::var", &["config"]),
];

/// Rooms that do no I/O and read no clock: what they are made of is an argument.
const PURE: &[&str] = &[
    "yaml", "site", "language", "months", "rights", "feed", "extract", "identity", "clean", "tag", "story",
    "archive", "edit",
];

/// What a pure room cannot name, but for `std::net`'s addresses.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::io::std",
    "TcpStream",
    "UdpSocket",
    "ToSocketAddrs",
    "tokio::",
    "clock::",
    "println!",
    "eprintln!",
];

/// Of the rooms that do I/O a pure one may know these types, and nothing else.
const TYPES: &[(&str, &[&[&str]])] = &[
    (
        "archive",
        &[
            &["fetch"],
            &["fetch", "answer"],
            &["fetch", "wall"],
            &["publish", "batch"],
            &["publish", "record"],
        ],
    ),
    (
        "edit",
        &[
            &["fetch"],
            &["fetch", "answer"],
            &["fetch", "wall"],
            &["publish", "record"],
            &["publish", "record", "rights"],
            &["config"],
            &["config", "feed"],
        ],
    ),
];

#[test]
fn no_room_names_one_above_it() {
    let sources = Sources::read();
    let height = |room: &str| ROOMS.concat().iter().position(|known| *known == room);
    let mut wrong = Vec::new();
    for (module, source) in &sources.0 {
        let Some(own) = height(&module[0]) else {
            wrong.push(format!("{} has no place among the ROOMS", module[0]));
            continue;
        };
        // The crate's own root names every room, and so may its binary.
        for import in sources.imports(module).iter().filter(|import| import[0] != module[0]) {
            if height(&import[0]).is_some_and(|other| other > own) {
                wrong.push(format!("{} names crate::{}", source.file.display(), import.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "imports of a room above: move what both need down: {wrong:#?}");
}

/// A folder's `mod.rs` names its files, and they may name it; beyond that no file leads back to
/// itself. A folder is left by its files and entered by its `mod.rs`, or the other way round: hence
/// once without the steps down, and once without those up.
#[test]
fn no_circle_between_files() {
    let sources = Sources::read();
    let mut circles = BTreeSet::new();
    for down in [false, true] {
        let steps = |module: &Module| -> BTreeSet<Module> {
            let skipped =
                |import: &Module| if down { module.starts_with(import) } else { import.starts_with(module) };
            sources.imports(module).into_iter().filter(|import| !skipped(import)).collect()
        };
        let graph = sources.0.keys().map(|module| (module, steps(module))).collect();
        circles.extend(in_circles(&graph));
    }
    assert!(circles.is_empty(), "these import each other in circles: {circles:#?}");
}

/// The files from which a way leads back to themselves.
fn in_circles(graph: &BTreeMap<&Module, BTreeSet<Module>>) -> Vec<String> {
    let leads_back = |start: &Module| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(module) = open.pop() {
            for next in graph.get(module).into_iter().flatten() {
                if reached.insert(next) {
                    open.push(next);
                }
            }
        }
        reached.contains(start)
    };
    graph.keys().filter(|module| leads_back(module)).map(|module| module.join("::")).collect()
}

#[test]
fn what_is_reserved_is_named_by_its_rooms_only() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for (module, source) in &sources.0 {
        for (word, rooms) in RESERVED {
            let named = source.code.lines().any(|line| names(line, word));
            if named && !rooms.contains(&module[0].as_str()) {
                wrong.push(format!("{} names {word}, which is for {rooms:?}", source.file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pure_rooms_do_no_io_and_read_no_clock() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for (module, source) in sources.0.iter().filter(|(module, _)| PURE.contains(&module[0].as_str())) {
        let found = IMPURE.iter().filter(|word| source.code.contains(**word));
        wrong.extend(found.map(|word| format!("{}: {word}", source.file.display())));
        let types = TYPES.iter().find(|(room, _)| *room == module[0]).map_or(&[][..], |(_, types)| types);
        let impure = sources.imports(module).into_iter().filter(|import| !PURE.contains(&import[0].as_str()));
        let unknown = impure.filter(|import| !types.iter().any(|known| known == import));
        wrong
            .extend(unknown.map(|import| format!("{}: crate::{}", source.file.display(), import.join("::"))));
    }
    assert!(wrong.is_empty(), "a pure room names what is not pure: {wrong:#?}");
}

/// Whether a line names `word` as a word of its own.
fn names(line: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        !part(before.chars().next_back()) && (word.ends_with(':') || !part(after.chars().next()))
    })
}
