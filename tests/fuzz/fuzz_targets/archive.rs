//! Any bytes as a record of the archive topic.
#![no_main]

use copydesk::archive::unpack;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    unpack(bytes).ok();
});
