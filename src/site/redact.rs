//! Addresses without their secrets, for errors and logs.

use url::Url;

/// The address with its user information and the values of its query replaced by `***`.
pub fn redact(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    if !shown.username().is_empty() || shown.password().is_some() {
        // Fails for addresses that cannot have user information; those have none.
        shown.set_password(None).ok();
        shown.set_username("***").ok();
    }
    let query = url.query().map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}=***"),
            None => "***".to_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    });
    shown.set_query(query.as_deref());
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_query_values_do_not_show() {
        for (url, shown) in [
            ("https://example.org/feed", "https://example.org/feed"),
            ("https://ann:s3cret@example.org/feed#x", "https://***@example.org/feed"),
            ("https://tok3n@example.org/", "https://***@example.org/"),
            ("https://example.org/?key=s3cret&v", "https://example.org/?key=***&***"),
            ("https://example.org/?s3cret", "https://example.org/?***"),
        ] {
            assert_eq!(redact(&Url::parse(url).unwrap()), shown);
        }
    }
}
