//! Hashing without keys: what is hashed here is only compared, within one page of at most
//! [`MAX_BLOCKS`](crate::extract::walk::MAX_BLOCKS) pieces, and `SipHash` took 5 % of an extraction.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// An odd number with its bits well spread, from the golden ratio (Knuth, TAOCP 3, 6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A map of one page.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

/// Multiplies and rotates, eight bytes at a time.
pub(super) struct Fast(u64);

impl Default for Fast {
    fn default() -> Self {
        // Not 0, so that nothing and a nought have different hashes.
        Self(SPREAD)
    }
}

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.write_u64(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        // The high bits are the better ones, and maps take the low ones.
        (self.0 ^ (self.0 >> 32)).wrapping_mul(SPREAD).rotate_left(26)
    }
}

/// The hash of a text.
pub(super) fn of(text: &str) -> u64 {
    let mut hasher = Fast::default();
    hasher.write(text.as_bytes());
    hasher.write_u64(text.len() as u64);
    hasher.finish()
}
