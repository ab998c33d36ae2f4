//! Hashing with a key for this process: hashes are only compared within one page. `SipHash` took 5
//! % of an extraction, and without a key a page could be written so that all its names collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

use foldhash::fast::{FoldHasher, RandomState};

static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// A map of one page. Nothing may depend on its order.
pub(super) type Map<K, V> = HashMap<K, V, RandomState>;

/// A hasher whose results can be compared.
pub(super) fn hasher() -> FoldHasher {
    KEY.build_hasher()
}

/// The hash of a text.
pub(super) fn of(text: &str) -> u64 {
    let mut hasher = hasher();
    hasher.write(text.as_bytes());
    hasher.write_u64(text.len() as u64);
    hasher.finish()
}
