//! Web Bot Auth: signatures of requests that say who asks (RFC 9421, draft-meunier-web-bot-auth-architecture).
//!
//! The maintained crate verifies such signatures, and brings a second Ed25519 and a parser for that. To make one
//! takes a few lines with the cryptography that is here already; the examples of both texts are tests.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::rand::{SecureRandom, SystemRandom};
use url::Url;

use crate::config::BotKey;

/// So long a signature holds, seconds: for clocks that are a little off.
const HOLDS: i64 = 60;

/// So much earlier it says it was made, seconds: one that is from the future, by a clock that is ahead, is refused.
const BACKDATED: i64 = 5;

/// Bytes of what makes each signature another.
const NONCE_BYTES: usize = 64;

/// Signs a request to `url`, if it goes over https: who listens in could else use the signature.
pub(super) fn sign(key: &BotKey, url: &Url, now: DateTime<Utc>, headers: &mut HeaderMap) {
    let mut nonce = [0; NONCE_BYTES];
    let Some(authority) = authority(url).filter(|_| SystemRandom::new().fill(&mut nonce).is_ok()) else {
        return;
    };
    let (agent, now) = (format!("\"{}\"", key.agent()), now.timestamp());
    let parameters = format!(
        r#";created={};keyid="{}";alg="ed25519";expires={};nonce="{}";tag="web-bot-auth""#,
        now - BACKDATED,
        key.id(),
        now + HOLDS,
        STANDARD.encode(nonce)
    );
    let covered =
        [(r#""@authority""#, authority.as_str()), (r#""signature-agent";key="sig1""#, agent.as_str())];
    let (input, signature) = key.sign(&covered, &parameters);
    for (name, value) in [("signature-agent", agent), ("signature-input", input), ("signature", signature)] {
        // Configuration and addresses have nothing that a header may not hold.
        if let Ok(value) = HeaderValue::try_from(format!("sig1={value}")) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// `@authority` (RFC 9421 section 2.2.3): the port only where it is not the usual one.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|_| url.scheme() == "https")?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
