//! Any bytes as a feed.
#![no_main]

use copydesk::feed::{ParseOptions, parse};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let options =
        ParseOptions { base: Url::parse("https://news.example/feed.xml").ok(), ..ParseOptions::default() };
    parse(bytes, &options).ok();
});
