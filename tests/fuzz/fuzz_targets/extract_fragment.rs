//! Any text as a feed's own HTML.
#![no_main]

use copydesk::extract::fragment;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|html: &str| {
    let base = Url::parse("https://news.example/").ok();
    fragment(html, base.as_ref());
});
