//! Any text as the date of an entry.
#![no_main]

use copydesk::feed::dates;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    dates::read(text);
});
