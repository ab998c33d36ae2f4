//! `kafka.security`: transport security and credentials.

use url::Url;

use super::{
    Authorities, Secret,
    feed_http::authorities,
    key::{KeyDoc, key, known},
    reader::Reader,
    scalar::set,
};
use crate::yaml::{Fields, Node};

/// The keys in the order of the reference.
pub(super) const KEYS: &[KeyDoc] = &[
    key(
        "kafka.security.protocol",
        "`plaintext`, `tls`, `sasl_plaintext`, `sasl_tls`",
        "plaintext",
        "How to connect to the brokers.",
    ),
    key("kafka.security.ca", "path", "", "CA certificates (PEM); those of the system if not set."),
    key("kafka.security.certificate", "path", "", "Client certificate (PEM), with `key`."),
    key("kafka.security.key", "path", "", "Client key (PEM), with `certificate`."),
    key(
        "kafka.security.mechanism",
        "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `OAUTHBEARER`, `GSSAPI`",
        "",
        "SASL mechanism.",
    ),
    key("kafka.security.username", "text", "", "SASL user."),
    key("kafka.security.password", "secret", "", "SASL password: `${env:NAME}` or `${file:/path}`."),
    key(
        "kafka.security.oauth.token_endpoint",
        "address",
        "",
        "Where `OAUTHBEARER` gets its tokens (OAuth 2.0 client credentials); may be at a private address.",
    ),
    key("kafka.security.oauth.client_id", "text", "", "Client at the token endpoint."),
    key("kafka.security.oauth.client_secret", "secret", "", "Its secret: `${env:NAME}` or `${file:/path}`."),
    key("kafka.security.oauth.scope", "text", "", "Scopes to ask for, with spaces between them."),
    key("kafka.security.oauth.audience", "text", "", "Sent as `audience`, which some servers want."),
    key(
        "kafka.security.oauth.ca",
        "path",
        "",
        "CA certificates (PEM) that are trusted there besides those of the system.",
    ),
];

/// Transport security to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// `kafka.security.protocol`.
    pub protocol: Protocol,
    /// `kafka.security.ca`.
    pub ca: Option<String>,
    /// `kafka.security.certificate`.
    pub certificate: Option<String>,
    /// `kafka.security.key`.
    pub key: Option<String>,
    /// `kafka.security.mechanism`.
    pub mechanism: Option<String>,
    /// `kafka.security.username`.
    pub username: Option<Secret>,
    /// `kafka.security.password`.
    pub password: Option<Secret>,
    /// `kafka.security.oauth`: with `OAUTHBEARER`.
    pub oauth: Option<OAuth>,
}

/// `kafka.security.oauth`.
#[derive(Clone, PartialEq, Eq)]
pub struct OAuth {
    /// `kafka.security.oauth.token_endpoint`.
    pub token_endpoint: Url,
    /// `kafka.security.oauth.client_id`.
    pub client_id: String,
    /// `kafka.security.oauth.client_secret`.
    pub client_secret: Secret,
    /// `kafka.security.oauth.scope`.
    pub scope: Option<String>,
    /// `kafka.security.oauth.audience`.
    pub audience: Option<String>,
    /// `kafka.security.oauth.ca`.
    pub ca: Option<Authorities>,
}

impl OAuth {
    /// The token endpoint as it may be shown: its query may hold a secret.
    pub fn address(&self) -> String {
        let mut url = self.token_endpoint.clone();
        url.set_query(None);
        url.into()
    }
}

impl std::fmt::Debug for OAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { token_endpoint: _, client_id, client_secret, scope, audience, ca } = self;
        f.debug_struct("OAuth")
            .field("token_endpoint", &self.address())
            .field("client_id", client_id)
            .field("client_secret", client_secret)
            .field("scope", scope)
            .field("audience", audience)
            .field("ca", ca)
            .finish()
    }
}

/// `kafka.security.protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// `plaintext`
    #[default]
    Plaintext,
    /// `tls`
    Tls,
    /// `sasl_plaintext`
    SaslPlaintext,
    /// `sasl_tls`
    SaslTls,
}

const MECHANISMS: [&str; 5] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"];

pub(super) fn security(reader: &mut Reader<'_>, section: &Node) -> Security {
    let mut out = Security::default();
    let Some(fields) = reader.decoder.fields(section, &known(KEYS, "kafka.security")) else { return out };
    if let Some(node) = fields.get("protocol") {
        let choices = [
            ("plaintext", Protocol::Plaintext),
            ("tls", Protocol::Tls),
            ("sasl_plaintext", Protocol::SaslPlaintext),
            ("sasl_tls", Protocol::SaslTls),
        ];
        set(&mut out.protocol, reader.decoder.choice(node, &choices));
    }
    certificates(reader, &fields, &mut out);
    if let Some(node) = fields.get("mechanism") {
        out.mechanism = reader.decoder.choice(node, &MECHANISMS.map(|name| (name, name.to_owned())));
    }
    if let Some(node) = fields.get("username") {
        out.username = reader.decoder.text(node).map(|text| Secret(text.to_owned()));
    }
    if let Some(node) = fields.get("password") {
        out.password = reader.decoder.text(node).map(|text| Secret(text.to_owned()));
    }
    if let Some(node) = fields.get("oauth") {
        out.oauth = oauth(reader, node);
    }
    credentials(reader, section, &fields, &out);
    out
}

/// The files of TLS.
fn certificates(reader: &mut Reader<'_>, fields: &Fields<'_>, out: &mut Security) {
    let tls = matches!(out.protocol, Protocol::Tls | Protocol::SaslTls);
    let decoder = &mut reader.decoder;
    for (name, slot) in [("ca", &mut out.ca), ("certificate", &mut out.certificate), ("key", &mut out.key)] {
        let Some(node) = fields.get(name) else { continue };
        if !tls {
            decoder.tell(
                node,
                "has no effect without TLS; write `protocol: tls` or `sasl_tls`, or leave it out",
            );
        }
        let Some(text) = decoder.text(node) else { continue };
        let path = reader.directory.join(text);
        match std::fs::File::open(&path) {
            Ok(_) => *slot = Some(path.display().to_string()),
            Err(error) => {
                decoder.tell(node, format!("{} cannot be read: {error}", node.shown(path.display())))
            }
        }
    }
    for (given, missing) in [("certificate", "key"), ("key", "certificate")] {
        if let Some(node) = fields.get(given)
            && !fields.given(missing)
        {
            decoder.tell(node, format!("needs `{missing}` as well"));
        }
    }
}

/// Whether what is given for SASL is what the mechanism needs.
fn credentials(reader: &mut Reader<'_>, section: &Node, fields: &Fields<'_>, security: &Security) {
    let sasl = matches!(security.protocol, Protocol::SaslPlaintext | Protocol::SaslTls);
    let mechanism = security.mechanism.as_deref();
    for name in ["mechanism", "username", "password", "oauth"] {
        let needed = match (name, mechanism) {
            ("mechanism", _) => true,
            ("oauth", _) => mechanism == Some("OAUTHBEARER"),
            _ => !matches!(mechanism, Some("OAUTHBEARER" | "GSSAPI")),
        };
        let message = match fields.get(name) {
            Some(_) if !sasl => "has no effect without SASL; write `protocol: sasl_tls`, or leave it out",
            Some(_) if name == "oauth" && mechanism.is_some() && !needed => {
                "has no effect without `mechanism: OAUTHBEARER`; write that, or leave it out"
            }
            Some(_) if name != "oauth" && !needed && mechanism == Some("OAUTHBEARER") => {
                "has no effect with OAUTHBEARER; write `oauth: {client_id: .., client_secret: ..}` instead"
            }
            _ => "",
        };
        match fields.get(name) {
            Some(node) if !message.is_empty() => reader.decoder.tell(node, message),
            None if sasl && needed && !fields.given(name) => {
                let what = match name {
                    "oauth" => "{token_endpoint: https://.., client_id: .., client_secret: ..}",
                    _ => "...",
                };
                let message = format!("`{name}` is missing: SASL needs it; write `{name}: {what}`");
                reader.decoder.tell(section, message);
            }
            _ => {}
        }
    }
}

fn oauth(reader: &mut Reader<'_>, section: &Node) -> Option<OAuth> {
    let fields = reader.decoder.fields(section, &known(KEYS, "kafka.security.oauth"))?;
    let endpoint = fields.required(&mut reader.decoder, "token_endpoint");
    let token_endpoint = endpoint.and_then(|node| token_endpoint(reader, node));
    let client_id = fields.required(&mut reader.decoder, "client_id").and_then(|node| text(reader, node));
    let client_secret = fields.required(&mut reader.decoder, "client_secret").and_then(|node| {
        if !node.referenced {
            reader.clear_secret(node);
        }
        text(reader, node)
    });
    let scope = fields.get("scope").and_then(|node| text(reader, node));
    let audience = fields.get("audience").and_then(|node| text(reader, node));
    let ca = fields.get("ca").and_then(|node| authorities(reader, node));
    Some(OAuth {
        token_endpoint: token_endpoint?,
        client_id: client_id?,
        client_secret: Secret(client_secret?),
        scope,
        audience,
        ca,
    })
}

fn text(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.decoder.text(node)?;
    if text.trim().is_empty() {
        reader.decoder.tell(node, "is empty");
        return None;
    }
    Some(text.to_owned())
}

/// The message does not repeat the address: it may hold a secret.
fn token_endpoint(reader: &mut Reader<'_>, node: &Node) -> Option<Url> {
    let text = reader.decoder.text(node)?;
    let url = Url::parse(text.trim()).ok().filter(Url::has_host);
    let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
        let message = "has to be the address of a token endpoint, as in `https://login.example/oauth2/token`";
        reader.decoder.tell(node, message);
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        reader.decoder.tell(node, "cannot hold a user name; write `client_id` and `client_secret`");
        return None;
    }
    if url.fragment().is_some() {
        reader.decoder.tell(node, "cannot have a `#`");
        return None;
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_endpoint_is_shown_without_what_may_be_secret() {
        let oauth = OAuth {
            token_endpoint: "https://login.example/token?key=canary".parse().expect("an address"),
            client_id: "desk".into(),
            client_secret: Secret("canary".into()),
            scope: None,
            audience: None,
            ca: None,
        };
        let shown = format!("{:?}", Security { oauth: Some(oauth), ..Security::default() });
        assert!(shown.contains("https://login.example/token") && !shown.contains("canary"), "{shown}");
    }
}
