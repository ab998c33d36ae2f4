//! A first line as Content-Type, the rest in whatever encoding: as a feed and as a page.
#![no_main]

use copydesk::{extract, feed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let content_type = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let body = parts.next().unwrap_or_default();
    let content_type = Some(content_type.as_ref());
    feed::parse(body, &feed::ParseOptions { content_type, ..Default::default() }).ok();
    extract::page(body, &extract::PageOptions { content_type, ..Default::default() });
});
