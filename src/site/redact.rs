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

/// Names of parameters whose values are secrets, in lower case without `-` and `_`.
const SECRET_NAMES: [&str; 22] = [
    "token",
    "accesstoken",
    "authtoken",
    "privatetoken",
    "feedtoken",
    "rsstoken",
    "usertoken",
    "apikey",
    "secret",
    "clientsecret",
    "password",
    "passwd",
    "pwd",
    "pass",
    "auth",
    "authorization",
    "credential",
    "signature",
    "sig",
    "sessionid",
    "jwt",
    "privatekey",
];
/// The address as the public may see it: without user information and without the values of
/// parameters whose names say that they are secret. Everything else stays.
pub fn public(url: &Url) -> Url {
    let mut shown = url.clone();
    // Fails for addresses that cannot have user information; those have none.
    shown.set_password(None).ok();
    shown.set_username("").ok();
    let Some(query) = url.query() else { return shown };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() && is_secret(name, value) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    let hidden = pairs.collect::<Vec<_>>().join("&");
    if hidden != query {
        shown.set_query(Some(&hidden));
    }
    shown
}

/// The values of the parameters whose names say that they are secret.
pub fn secret_values(url: &Url) -> Vec<String> {
    let pairs = url.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, value)| is_secret(name, value)).map(|(_, value)| value.to_owned()).collect()
}

fn is_secret(name: &str, value: &str) -> bool {
    let name: String = name.to_ascii_lowercase().chars().filter(|c| !matches!(c, '-' | '_')).collect();
    SECRET_NAMES.contains(&name.as_str()) || name == "key" && is_random(value)
}

/// Whether a value is long and mixes letters and digits, unlike words: `k3yQ8x...`.
fn is_random(value: &str) -> bool {
    let (mut letters, mut digits) = (0, 0);
    for c in value.chars() {
        letters += usize::from(c.is_alphabetic());
        digits += usize::from(c.is_ascii_digit());
    }
    value.len() >= 16 && letters >= 4 && digits >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_stay_whole_and_secrets_go() {
        for (url, shown) in [
            ("https://example.org/feed?edition=north&page=2", None),
            ("https://example.org/feed?key=economy", None),
            ("https://example.org/author/token/?q=secret", None),
            ("https://example.org/?a&b=", None),
            ("https://ann:pw@example.org/feed?x=1", Some("https://example.org/feed?x=1")),
            ("https://ann@example.org/", Some("https://example.org/")),
            ("https://example.org/f?t=1&token=abc", Some("https://example.org/f?t=1&token=***")),
            ("https://example.org/f?Access_Token=abc&x", Some("https://example.org/f?Access_Token=***&x")),
            ("https://example.org/f?api-key=abc", Some("https://example.org/f?api-key=***")),
            ("https://example.org/f?key=9f3a77c0d1e24b6685aa", Some("https://example.org/f?key=***")),
        ] {
            assert_eq!(public(&Url::parse(url).unwrap()).as_str(), shown.unwrap_or(url));
        }
    }

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
