//! A short run of the fuzz targets' bodies over their seeds, changed at random from one seed:
//! what `make fuzz` does for longer and guided by coverage.

use std::{fs, path::Path};

use copydesk::{
    clean::SiteMemory,
    extract::{self, PageOptions},
    feed::{self, ParseOptions, dates},
};

/// Changed inputs per seed file.
const ROUNDS: usize = 20_000;

/// Gives every seed of a target and its changed forms to `run`.
fn short_run(target: &str, run: impl Fn(&[u8])) {
    let mut random = fastrand::Rng::with_seed(20_261_124);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let mut seeds = 0;
    for file in fs::read_dir(folder).expect("seeds") {
        let seed = fs::read(file.expect("a file").path()).expect("readable");
        seeds += 1;
        run(&seed);
        for _ in 0..ROUNDS {
            let mut bytes = seed.clone();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(0..=bytes.len());
                match random.u8(0..4) {
                    0 if at < bytes.len() => bytes[at] = random.u8(..),
                    1 => bytes.insert(at, random.u8(..)),
                    2 => bytes.truncate(at.max(1)),
                    _ => {
                        let from = random.usize(0..=at);
                        let piece = bytes[from..at.min(from + 64)].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
            }
            run(&bytes);
        }
    }
    assert!(seeds > 0, "no seeds for {target}");
}

#[test]
fn feeds() {
    for target in ["feed_parse", "feed_json", "decode"] {
        short_run(target, |bytes| drop(feed::parse(bytes, &ParseOptions::default())));
    }
}

#[test]
fn feed_dates() {
    short_run("feed_dates", |bytes| {
        let _read = dates::read(&String::from_utf8_lossy(bytes), None);
    });
}

#[test]
fn pages() {
    for target in ["extract_page", "extract_fragment"] {
        short_run(target, |bytes| {
            let article = extract::page(bytes, &PageOptions::default());
            let mut memory = SiteMemory::default();
            memory.observe("a", &article.blocks);
            drop(extract::fragment(&String::from_utf8_lossy(bytes), None));
        });
    }
}
