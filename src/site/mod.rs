//! Addresses: which site they belong to, which of them are public, and how they are shown.
//!
//! Pure, and below everything that deals with addresses: the fetcher, the scheduler, the ledger and
//! the configuration.

mod public;
mod redact;

pub use public::is_public;
pub use redact::{public, redact, secret_values};

use url::{Host, Url};

/// What politeness counts as one site: the registrable domain, else the IP address or the name
/// itself. A loopback address counts together with its port.
pub fn site(url: &Url) -> String {
    let (host, loopback) = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            if name != "localhost" && !name.ends_with(".localhost") {
                return psl::domain_str(name).unwrap_or(name).to_owned();
            }
            (name.to_owned(), true)
        }
        Some(Host::Ipv4(address)) => (address.to_string(), address.is_loopback()),
        Some(Host::Ipv6(address)) => (format!("[{address}]"), address.is_loopback()),
        None => return String::new(),
    };
    match url.port_or_known_default() {
        Some(port) if loopback => format!("{host}:{port}"),
        _ => host,
    }
}

/// The address without fragment and user information.
pub fn bare(mut url: Url) -> Url {
    url.set_fragment(None);
    // Fails for addresses that cannot have user information; those have none.
    url.set_username("").ok();
    url.set_password(None).ok();
    url
}

/// Whether a name is `domain`, or lies within it.
pub fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_registrable_domain() {
        for (url, expected) in [
            ("https://news.example.co.uk/feed", "example.co.uk"),
            ("https://feeds.example.org:8443/x", "example.org"),
            ("https://EXAMPLE.org./", "example.org"),
            ("http://localhost:8080/", "localhost:8080"),
            ("http://127.0.0.1/", "127.0.0.1:80"),
            ("http://[::1]:81/", "[::1]:81"),
            ("http://192.0.2.7:81/", "192.0.2.7"),
            ("http://intranet/", "intranet"),
        ] {
            assert_eq!(site(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
