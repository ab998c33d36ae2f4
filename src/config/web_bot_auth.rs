//! `http.web_bot_auth`: the key that requests are signed with, so that sites can tell who asks.

use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::key::{KeyDoc, key, known};
use crate::yaml::{Decoder, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "http.web_bot_auth.key",
        "secret",
        "",
        "Private key (Ed25519, PKCS #8 in PEM) that requests over https are signed with (Web Bot Auth, RFC 9421): \
         `openssl genpkey -algorithm ed25519`, by `${file:...}`.",
    ),
    key(
        "http.web_bot_auth.agent",
        "https address",
        "",
        "Where its public part is published, under `/.well-known/http-message-signatures-directory`; \
         `copydesk bot-key` prints what to put there.",
    ),
];

/// Where the directory lies at the origin of the agent.
pub const DIRECTORY_PATH: &str = "/.well-known/http-message-signatures-directory";

/// A key to sign requests with. A cheap clone; shows nothing but its name.
#[derive(Clone)]
pub struct BotKey(Arc<Parts>);

struct Parts {
    /// `http.web_bot_auth.key`.
    pair: Ed25519KeyPair,
    /// The public part as a JSON Web Key has it.
    public: String,
    /// Its thumbprint (RFC 7638).
    id: String,
    /// `http.web_bot_auth.agent`.
    agent: String,
}

impl BotKey {
    /// Reads a private key; `agent` is the origin that publishes it.
    ///
    /// # Errors
    /// It is not one, in words that do not repeat it.
    pub fn read(pem: &str, agent: &str) -> Result<Self, &'static str> {
        const NO_KEY: &str = "has to be a private Ed25519 key in PEM; make one with `openssl genpkey -algorithm ed25519`, \
                              and name it by `${file:...}`";
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| NO_KEY)?;
        // OpenSSL writes no public part beside the private one.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).map_err(|_| NO_KEY)?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key());
        // The members in this order, without white space.
        let named = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
        let id = URL_SAFE_NO_PAD.encode(Sha256::digest(named));
        Ok(Self(Arc::new(Parts { pair, public, id, agent: agent.to_owned() })))
    }

    /// Its name in signatures.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The origin that publishes it, without a slash at its end.
    pub fn agent(&self) -> &str {
        &self.0.agent
    }

    /// The directory to publish: a JSON Web Key Set.
    pub fn directory(&self) -> serde_json::Value {
        let Parts { public, id, .. } = &*self.0;
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": id, "x": public, "use": "sig"}]})
    }

    /// Signs what a signature covers, names and values of components, with its parameters (RFC 9421
    /// section 2.5): the values of `Signature-Input` and `Signature`, without a label.
    pub fn sign(&self, covered: &[(&str, &str)], parameters: &str) -> (String, String) {
        let names: Vec<&str> = covered.iter().map(|(name, _)| *name).collect();
        let input = format!("({}){parameters}", names.join(" "));
        let lines: String = covered.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let signature = self.0.pair.sign(format!("{lines}\"@signature-params\": {input}").as_bytes());
        (input, format!(":{}:", STANDARD.encode(signature.as_ref())))
    }
}

impl std::fmt::Debug for BotKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BotKey").field("id", &self.0.id).field("agent", &self.0.agent).finish()
    }
}

impl PartialEq for BotKey {
    fn eq(&self, other: &Self) -> bool {
        (self.id(), self.agent()) == (other.id(), other.agent())
    }
}

impl Eq for BotKey {}

pub(super) fn web_bot_auth(decoder: &mut Decoder, section: &Node) -> Option<BotKey> {
    let fields = decoder.fields(section, &known(KEYS, "http.web_bot_auth"))?;
    let agent = fields.get("agent").and_then(|node| agent_of(decoder, node));
    if fields.get("key").is_none() || fields.get("agent").is_none() {
        decoder.tell(section, "needs both `key` and `agent`");
    }
    let node = fields.get("key")?;
    match BotKey::read(decoder.text(node)?, agent.as_deref().unwrap_or_default()) {
        Ok(key) => agent.map(|_| key),
        Err(why) => {
            decoder.tell(node, why);
            None
        }
    }
}

fn agent_of(decoder: &mut Decoder, node: &Node) -> Option<String> {
    let url = Url::parse(decoder.text(node)?).ok();
    let origin = url.filter(|url| {
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        url.scheme() == "https"
            && url.has_host()
            && bare
            && url.username().is_empty()
            && url.password().is_none()
    });
    if origin.is_none() {
        decoder.tell(node, "has to be an https address without path, as in `https://desk.example`");
    }
    origin.map(|url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9421 appendix B.1.4.
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n";

    fn of_the_standard() -> BotKey {
        BotKey::read(KEY, "https://desk.example").unwrap()
    }

    #[test]
    fn signatures_are_those_of_the_standard() {
        let covered = [
            (r#""date""#, "Tue, 20 Apr 2021 02:07:55 GMT"),
            (r#""@method""#, "POST"),
            (r#""@path""#, "/foo"),
            (r#""@authority""#, "example.com"),
            (r#""content-type""#, "application/json"),
            (r#""content-length""#, "18"),
        ];
        let (input, signature) =
            of_the_standard().sign(&covered, r#";created=1618884473;keyid="test-key-ed25519""#);
        // Appendix B.2.6.
        assert_eq!(
            input,
            r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#
        );
        assert_eq!(
            signature,
            ":wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
        );
        // The example of draft-meunier-web-bot-auth-architecture.
        let (_, signature) = of_the_standard().sign(
            &[(r#""@authority""#, "example.com")],
            r#";created=1735689600;keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=1735693200;nonce="gubxywVx7hzbYKatLgzuKDllDAIXAkz41PydU7aOY7vT+Mb3GJNxW0qD4zJ+IOQ1NVtg+BNbTCRUMt1Ojr5BgA==";tag="web-bot-auth""#,
        );
        assert_eq!(
            signature,
            ":uz2SAv+VIemw+Oo890bhYh6Xf5qZdLUgv6/PbiQfCFXcX/vt1A8Pf7OcgL2yUDUYXFtffNpkEr5W6dldqFrkDg==:"
        );
    }

    #[test]
    fn a_key_is_called_by_its_thumbprint_and_shows_nothing_else() {
        let key = of_the_standard();
        assert_eq!(key.id(), "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U");
        let x = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
        let directory =
            json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": key.id(), "x": x, "use": "sig"}]});
        assert_eq!(key.directory(), directory);
        let shown = format!("{key:?}");
        assert!(shown.contains(key.id()) && !shown.contains("n4Ni") && !shown.contains("MC4C"), "{shown}");
    }
}
