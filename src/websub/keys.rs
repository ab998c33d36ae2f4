//! Callback addresses that nobody guesses, and secrets that hubs sign with: both made of
//! `websub.secret`, the feed, the hub and the topic, so that nothing secret has to be kept.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;

use crate::config::{Callback, Secret};

/// Bytes of the part of an address that cannot be guessed.
const TOKEN_BYTES: usize = 24;

/// What is made of the configuration. A cheap clone.
#[derive(Clone, Debug)]
pub struct Keys {
    key: hmac::Key,
    public_url: String,
    name: String,
}

/// What a subscription is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Name of the feed.
    pub feed: &'a str,
    /// The hub.
    pub hub: &'a str,
    /// The topic.
    pub topic: &'a str,
}

/// How a delivery is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// By who knows the secret.
    Well,
    /// Not at all.
    Not,
    /// Otherwise, or in a way that is not known.
    Badly,
}

impl Keys {
    /// Those of a configuration.
    pub fn of(callback: &Callback) -> Self {
        let Secret(secret) = &callback.secret;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let public_url = callback.public_url.clone();
        // Eight characters tell another address or another secret, and help nobody to guess either.
        let mac = sign(&key, "name", [public_url.as_str()]);
        let name = URL_SAFE_NO_PAD.encode(mac.as_ref().get(..6).unwrap_or_default());
        Self { key, public_url, name }
    }

    /// Names the address and the secret: with another name subscriptions are made anew.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the hub is to deliver to.
    pub fn callback(&self, subject: Subject<'_>) -> Secret {
        let feed = URL_SAFE_NO_PAD.encode(subject.feed);
        Secret(format!("{}/{feed}/{}", self.public_url, self.token(subject)))
    }

    /// The feed of a callback address, and its part that nobody guesses. The path may begin with
    /// anything: proxies cut some of it off.
    pub fn feed_of(path: &str) -> Option<(String, &str)> {
        let (rest, token) = path.rsplit_once('/')?;
        let feed = rest.rsplit('/').next()?;
        Some((String::from_utf8(URL_SAFE_NO_PAD.decode(feed).ok()?).ok()?, token))
    }

    fn token(&self, subject: Subject<'_>) -> String {
        let mac = sign(&self.key, "callback", parts(subject));
        URL_SAFE_NO_PAD.encode(mac.as_ref().get(..TOKEN_BYTES).unwrap_or_default())
    }

    /// Whether the address is the subject's; takes the same time wherever they differ.
    pub fn is_of(&self, token: &str, subject: Subject<'_>) -> bool {
        let compare = hmac::Key::new(hmac::HMAC_SHA256, self.name.as_bytes());
        let ours = hmac::sign(&compare, self.token(subject).as_bytes());
        hmac::verify(&compare, token.as_bytes(), ours.as_ref()).is_ok()
    }

    /// What the hub is to sign with: fewer than 200 bytes, as it has to be.
    pub fn secret(&self, subject: Subject<'_>) -> Secret {
        let mac = sign(&self.key, "signature", parts(subject));
        Secret(URL_SAFE_NO_PAD.encode(mac.as_ref()))
    }

    /// Checks `X-Hub-Signature` over a body, `method=hexadecimal digits`.
    pub fn signed(&self, subject: Subject<'_>, header: Option<&[u8]>, body: &[u8]) -> Signed {
        let Some(header) = header else { return Signed::Not };
        let Some((method, digits)) =
            std::str::from_utf8(header).ok().and_then(|text| text.trim().split_once('='))
        else {
            return Signed::Badly;
        };
        let algorithm = match method.to_ascii_lowercase().as_str() {
            "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => hmac::HMAC_SHA256,
            "sha384" => hmac::HMAC_SHA384,
            "sha512" => hmac::HMAC_SHA512,
            _ => return Signed::Badly,
        };
        let Secret(secret) = self.secret(subject);
        let key = hmac::Key::new(algorithm, secret.as_bytes());
        // Compared in constant time.
        match unhex(digits).is_some_and(|tag| hmac::verify(&key, body, &tag).is_ok()) {
            true => Signed::Well,
            false => Signed::Badly,
        }
    }
}

fn parts(subject: Subject<'_>) -> [&str; 3] {
    [subject.feed, subject.hub, subject.topic]
}

/// A code over texts, each with its length, so that no two lists are the same bytes.
fn sign<'a>(key: &hmac::Key, purpose: &'a str, texts: impl IntoIterator<Item = &'a str>) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for text in std::iter::once(purpose).chain(texts) {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    context.sign()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str, public_url: &str) -> Keys {
        Keys::of(&Callback {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: public_url.to_owned(),
            secret: Secret(secret.to_owned()),
        })
    }

    const SUBJECT: Subject<'static> = Subject {
        feed: "courier/front page",
        hub: "https://hub.example/",
        topic: "https://news.example/feed",
    };

    fn hexed(tag: &hmac::Tag) -> String {
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn an_address_names_its_feed_and_is_like_no_other() {
        let ours = keys("0123456789abcdef0123456789abcdef", "https://desk.example/in");
        let Secret(callback) = ours.callback(SUBJECT);
        let path = callback.strip_prefix("https://desk.example").unwrap();
        for path in [path, path.strip_prefix("/in").unwrap()] {
            let (feed, token) = Keys::feed_of(path).unwrap();
            assert_eq!(feed, SUBJECT.feed);
            assert!(ours.is_of(token, SUBJECT) && token.len() == 32);
            for other in [
                Subject { feed: "courier/sport", ..SUBJECT },
                Subject { hub: "https://hub.example/x", ..SUBJECT },
                Subject { topic: "https://news.example/fee", hub: "dhttps://hub.example/", ..SUBJECT },
            ] {
                assert!(!ours.is_of(token, other), "{other:?}");
            }
            let theirs = keys("0123456789abcdef0123456789abcdeF", "https://desk.example/in");
            assert!(!theirs.is_of(token, SUBJECT) && theirs.name() != ours.name());
            let cut = token.get(1..).unwrap();
            assert!(!ours.is_of(cut, SUBJECT) && !ours.is_of("", SUBJECT));
        }
        assert_ne!(keys("0123456789abcdef0123456789abcdef", "https://other.example").name(), ours.name());
        for path in ["", "/", "/x", "//", "/%%%/abc", "/_w/abc"] {
            assert_eq!(
                Keys::feed_of(path).map(|(feed, _)| feed).filter(|feed| !feed.is_empty()),
                None,
                "{path}"
            );
        }
    }

    #[test]
    fn every_method_of_signing_is_checked_and_nothing_else_passes() {
        let keys = keys("0123456789abcdef0123456789abcdef", "https://desk.example");
        let Secret(secret) = keys.secret(SUBJECT);
        assert!(secret.len() >= 32 && secret.len() < 200);
        let body = b"<rss>news</rss>";
        let sign =
            |algorithm, body: &[u8]| hexed(&hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), body));
        let signed = |header: &str, body: &[u8]| keys.signed(SUBJECT, Some(header.as_bytes()), body);
        for (name, algorithm) in [
            ("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
            ("sha256", hmac::HMAC_SHA256),
            ("sha384", hmac::HMAC_SHA384),
            ("sha512", hmac::HMAC_SHA512),
        ] {
            let digits = sign(algorithm, body);
            assert_eq!(signed(&format!("{name}={digits}"), body), Signed::Well, "{name}");
            assert_eq!(
                signed(&format!("{}={}", name.to_uppercase(), digits.to_uppercase()), body),
                Signed::Well
            );
            assert_eq!(signed(&format!("{name}={digits}"), b"<rss>lies</rss>"), Signed::Badly);
            assert_eq!(signed(&format!("{name}={}", digits.get(2..).unwrap()), body), Signed::Badly);
            assert_eq!(signed(&format!("{name}={digits}0"), body), Signed::Badly);
            let other = Subject { feed: "other", ..SUBJECT };
            assert_eq!(keys.signed(other, Some(format!("{name}={digits}").as_bytes()), body), Signed::Badly);
        }
        let digits = sign(hmac::HMAC_SHA256, body);
        for header in
            ["", "=", "sha256", "sha256=", &digits, &format!("md5={digits}"), &format!("sha1={digits}")]
        {
            assert_eq!(signed(header, body), Signed::Badly, "{header}");
        }
        assert_eq!(keys.signed(SUBJECT, Some(b"sha256=\xff"), body), Signed::Badly);
        assert_eq!(keys.signed(SUBJECT, None, body), Signed::Not);
    }

    proptest::proptest! {
        /// What nobody was given is nobody's, whatever it looks like.
        #[test]
        fn any_path_and_any_signature_give_a_result(
            path in "(/|[A-Za-z0-9_-]{1,40}|%[0-9a-f]{2}|\\PC){0,12}",
            header in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80),
        ) {
            let keys = keys("0123456789abcdef0123456789abcdef", "https://desk.example");
            if let Some((feed, token)) = Keys::feed_of(&path) {
                let ours = keys.is_of(token, Subject { feed: &feed, ..SUBJECT });
                proptest::prop_assert!(!ours);
            }
            proptest::prop_assert_ne!(keys.signed(SUBJECT, Some(&header), b"body"), Signed::Well);
        }
    }
}
