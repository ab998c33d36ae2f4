//! Any address: its canonical form is its own canonical form.
#![no_main]

use copydesk::identity::CanonicalRules;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|text: &str| {
    if let Ok(url) = Url::parse(text) {
        let rules = CanonicalRules::builtin();
        let canonical = rules.canonical_url(&url);
        assert_eq!(rules.canonical_url(&canonical), canonical);
    }
});
