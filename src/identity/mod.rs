//! Which article an entry is: canonical URL, entry key, article id, revision.
//!
//! Pure functions of what was observed, so that every re-send is recognisable.

mod canonical;
mod ladder;

pub use canonical::{CanonicalRules, canonical_url};
pub use ladder::{Identity, identify};
use sha2::{Digest, Sha256};

/// 128 bits of SHA-256 over the parts, as 32 hexadecimal digits. Parts are length-prefixed, so
/// that `["ab", "c"]` and `["a", "bc"]` differ.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex(hasher.finalize().as_slice().iter().take(16))
}

/// Lower-case hexadecimal digits.
pub fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    use std::fmt::Write;
    let mut digits = String::new();
    for byte in bytes {
        // Writing to a string does not fail.
        write!(digits, "{byte:02x}").ok();
    }
    digits
}

/// Hash of an article's title and text as published: equal means the same revision. White space
/// is folded, since feeds re-wrap without editing.
pub fn text_hash(title: &str, blocks: &[crate::extract::Block]) -> String {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = vec![fold(title)];
    parts.extend(blocks.iter().map(|block| fold(&block.text)));
    digest(parts.iter().map(String::as_str))
}
