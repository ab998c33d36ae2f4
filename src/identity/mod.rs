//! Which article an entry is: canonical URL, marks, article id, revision.
//!
//! Pure functions of what was observed, so that every re-send is recognisable:
//!
//! 1. `canonical`, `address`: what an address says about the article.
//! 2. `marks`: what an entry is recognised by.
//! 3. `resolve`: which of the articles that the feed has listed before it is, with `habits` for
//!    what the feed changes although its articles have not, and `former` for older ledgers.
//! 4. `ladder`: the id of a new article.
//!
//! A document with the same `listing` as the one before needs none of this.

mod address;
mod canonical;
#[cfg(test)]
mod cases;
mod former;
mod habits;
mod ladder;
mod listing;
mod marks;
mod resolve;

pub use canonical::CanonicalRules;
pub use habits::Habits;
pub use ladder::{Document, Identity, identify, identify_alone};
pub use listing::listing;
pub use marks::Marks;
pub use resolve::Known;
use sha2::{Digest, Sha256};

/// Whether `url` names a numbered part of a page: a comment, a version.
pub fn names_part(url: &url::Url) -> bool {
    address::Address::new(CanonicalRules::builtin(), url).part().is_some()
}

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
