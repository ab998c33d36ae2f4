//! Any address: its canonical form is its own canonical form.
#![no_main]

use copydesk::identity::canonical_url;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    if let Ok(url) = Url::parse(text) {
        let canonical = canonical_url(&url);
        assert_eq!(canonical_url(&canonical), canonical);
    }
});
