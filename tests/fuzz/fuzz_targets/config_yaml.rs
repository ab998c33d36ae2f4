//! Any text as a configuration file. Its `include` may name other files: globs are read only.
#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use copydesk::config::inspect;
use libfuzzer_sys::fuzz_target;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = std::env::temp_dir().join(format!("copydesk-fuzz-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    directory.join("copydesk.yaml")
});

fuzz_target!(|text: &str| {
    // An include of the whole machine is slow, and no mistake.
    if !text.contains("include") {
        fs::write(&*FILE, text).expect("written");
        inspect(&FILE, &|_| None);
    }
});
