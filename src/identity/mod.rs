//! Which article an entry is: canonical URL, entry key, article id, revision.
//!
//! Pure functions of what was observed, so that every re-send is recognisable.

mod canonical;

pub use canonical::{CanonicalRules, canonical_url};
