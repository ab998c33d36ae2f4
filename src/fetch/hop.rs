//! Where a redirect leads.

use url::Url;

use super::{FetchFailure, Redirect};
use crate::site::{bare, redact};

/// Redirects that are followed, at most.
const HOPS_MAX: usize = 5;

/// Where a redirect leads, or what is wrong with it. Never shows a secret in the address. An address that was
/// requested before is a loop, unless something is new since: a cookie.
pub(super) fn next_hop(
    asked: &Url,
    from: &Url,
    so_far: &[Redirect],
    location: Option<&[u8]>,
    news: bool,
) -> Result<Url, FetchFailure> {
    let fail = |message: String| Err(FetchFailure::Redirect(message));
    if so_far.len() >= HOPS_MAX {
        return fail(format!("more than {HOPS_MAX}"));
    }
    let Some(location) = location else {
        return fail("no Location".into());
    };
    // Most servers that send non-ASCII addresses send them as UTF-8.
    let location = String::from_utf8_lossy(location);
    if location.trim().is_empty() {
        return fail("empty Location".into());
    }
    let Ok(next) = from.join(location.trim()) else {
        return fail("Location is not an address".into());
    };
    let next = bare(next);
    if !matches!(next.scheme(), "http" | "https") || next.host().is_none() {
        return fail(format!("to the scheme {}", next.scheme()));
    }
    if from.scheme() == "https" && next.scheme() == "http" && asked.scheme() == "https" {
        return fail(format!("from https to http ({})", redact(&next)));
    }
    let first = bare(asked.clone());
    if !news && (next == first || so_far.iter().any(|hop| hop.to == next)) {
        return fail(format!("a loop at {}", redact(&next)));
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::site;

    proptest::proptest! {
        /// Whatever is in Location gives an address that can be requested, or an error.
        #[test]
        fn any_location_gives_a_result(
            location in "(https?:|//|/|\\\\|@|\\.\\.|#|\\?|[a-z]{1,4}:|\\[::1\\]|:[0-9]{1,6}|%[0-9a-f]{2}|\\PC){0,12}",
        ) {
            let from = Url::parse("https://a.example/feed?x#y").unwrap();
            if let Ok(next) = next_hop(&from, &from, &[], Some(location.as_bytes()), false) {
                proptest::prop_assert!(next.scheme() == "https" && next.has_host());
                proptest::prop_assert!(next.username().is_empty() && next.fragment().is_none());
                proptest::prop_assert!(next != bare(from));
                redact(&next);
                site(&next);
            }
        }
    }
}
