//! Any bytes that are said to be a JSON Feed.
#![no_main]

use copydesk::feed::{ParseOptions, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = ParseOptions { content_type: Some("application/feed+json"), ..ParseOptions::default() };
    parse(bytes, &options).ok();
});
