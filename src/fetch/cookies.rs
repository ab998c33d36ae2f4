//! Cookies for one chain of redirects: kept from hop to hop and forgotten at its end.
//!
//! Without them, sites that set a cookie and send the client to the same address again would be a
//! loop. Nothing outlives the chain, so nobody is recognised at the next poll.

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::freshness;

/// Cookies of one chain, and bytes of one cookie, at most.
const COOKIES_MAX: usize = 20;
const COOKIE_MAX: usize = 4096;

/// A cookie and the host that set it: it goes back to this host only (RFC 6265 section 5.3, without
/// `Domain`, which a chain does not need).
#[derive(Debug, PartialEq, Eq)]
struct Cookie {
    host: String,
    secure: bool,
    name: String,
    value: String,
}

/// The cookies of a chain.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

impl Cookies {
    /// Takes in what a response from `url` sets; true if that is anything new.
    pub(super) fn take(&mut self, url: &Url, headers: &HeaderMap) -> bool {
        let Some(host) = url.host_str() else { return false };
        let mut news = false;
        for value in headers.get_all(header::SET_COOKIE) {
            let text = freshness::latin1(value.as_bytes());
            let mut parts = text.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let (name, value) = (name.trim(), value.trim());
            let secure = parts.any(|part| part.trim().eq_ignore_ascii_case("secure"));
            if name.is_empty() || name.len() + value.len() > COOKIE_MAX || secure && url.scheme() != "https" {
                continue;
            }
            let cookie =
                Cookie { host: host.to_owned(), secure, name: name.to_owned(), value: value.to_owned() };
            let room = self.0.len() < COOKIES_MAX;
            let known = self.0.iter_mut().find(|known| known.host == host && known.name == name);
            match known {
                Some(known) if *known == cookie => {}
                Some(known) => {
                    *known = cookie;
                    news = true;
                }
                None if room => {
                    self.0.push(cookie);
                    news = true;
                }
                None => {}
            }
        }
        news
    }

    /// The `Cookie` header for a request to `url`; `own` is what the feed's configuration sets there.
    pub(super) fn header(&self, url: &Url, own: Option<&HeaderValue>) -> Option<HeaderValue> {
        let fits = |cookie: &&Cookie| {
            Some(cookie.host.as_str()) == url.host_str() && (!cookie.secure || url.scheme() == "https")
        };
        let pairs = self.0.iter().filter(fits).map(|cookie| format!("{}={}", cookie.name, cookie.value));
        let own = own.map(|own| freshness::latin1(own.as_bytes()));
        let all: Vec<String> = own.into_iter().chain(pairs).collect();
        if all.is_empty() {
            return None;
        }
        let mut value = freshness::unlatin1(&all.join("; "))?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_go_back_to_who_set_them() {
        let url = |text: &str| Url::parse(text).unwrap();
        let mut headers = HeaderMap::new();
        for line in ["a=1; Path=/; HttpOnly", "b=2", "s=3; Secure", "=4", "bare", "a=1"] {
            headers.append(header::SET_COOKIE, line.parse().unwrap());
        }
        let mut cookies = Cookies::default();
        assert!(cookies.take(&url("http://a.example/feed"), &headers));
        assert!(!cookies.take(&url("http://a.example/feed"), &headers), "nothing new");
        let shown = |cookies: &Cookies, to: &str, own: Option<&str>| {
            let own = own.map(|own| own.parse::<HeaderValue>().unwrap());
            cookies.header(&url(to), own.as_ref()).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(shown(&cookies, "http://a.example/x", None).as_deref(), Some("a=1; b=2"));
        assert_eq!(shown(&cookies, "http://a.example/x", Some("own=0")).as_deref(), Some("own=0; a=1; b=2"));
        assert_eq!(shown(&cookies, "http://b.example/x", None), None);
        headers.insert(header::SET_COOKIE, "a=2".parse().unwrap());
        assert!(cookies.take(&url("http://a.example/feed"), &headers));
        for number in 0..50 {
            headers.append(header::SET_COOKIE, format!("n{number}=1").parse().unwrap());
        }
        cookies.take(&url("http://a.example/feed"), &headers);
        assert_eq!(cookies.0.len(), COOKIES_MAX);
    }
}
