//! Any bytes as a page.
#![no_main]

use copydesk::extract::{PageOptions, page};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let options =
        PageOptions { url: Url::parse("https://news.example/2024/a").ok(), ..PageOptions::default() };
    page(bytes, &options).text();
});
