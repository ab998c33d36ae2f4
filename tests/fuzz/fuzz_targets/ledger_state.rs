//! Any bytes as a ledger record; what was read is written and read again as the same.
#![no_main]

use copydesk::ledger::FeedState;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(state) = FeedState::from_json(bytes) {
        let written = state.to_json();
        let again = FeedState::from_json(&written).expect("what was written can be read");
        assert_eq!(again.to_json(), written);
    }
});
