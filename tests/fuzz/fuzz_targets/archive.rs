//! Any bytes as a record of the archive topic.
#![no_main]

use copydesk::archive::unpack;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(original) = unpack(bytes) {
        original.page().ok();
    }
});
