//! From the client's words to what to do.

use std::fmt;

use super::{
    Code, Heard, NoToken,
    certificate::{Verdict, examine},
};
use crate::config::{Kafka, Protocol};

/// Why no connection comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    said: String,
    remedy: Option<String>,
    is_refusal: bool,
}

impl Trouble {
    /// Whether the broker has refused who we say we are: waiting does not help, and asking again and
    /// again may lock the user out.
    pub fn is_refusal(&self) -> bool {
        self.is_refusal
    }
}

impl From<&NoToken> for Trouble {
    fn from(no_token: &NoToken) -> Self {
        Self { said: no_token.to_string(), remedy: None, is_refusal: no_token.is_refusal() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)?;
        match &self.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

/// What the client said, and what to do about it.
pub(super) fn of(heard: &Heard, kafka: &Kafka) -> Trouble {
    let said = hidden(without_state(&heard.said), kafka);
    let remedy = remedy(heard, kafka);
    let is_refusal = heard.is_refusal();
    match remedy {
        // The certificate's own fault says more than that it could not be verified.
        Remedy::Instead(what, remedy) => Trouble { said: what, remedy: Some(remedy), is_refusal },
        Remedy::Known(remedy) => Trouble { said, remedy: Some(remedy.to_owned()), is_refusal },
        Remedy::Unknown => Trouble { said, remedy: None, is_refusal },
    }
}

enum Remedy {
    Instead(String, String),
    Known(&'static str),
    Unknown,
}

fn remedy(heard: &Heard, kafka: &Kafka) -> Remedy {
    let said = heard.said.as_str();
    if heard.code == Some(Code::AllBrokersDown) {
        return closed(kafka);
    }
    let tls = matches!(kafka.security.protocol, Protocol::Tls | Protocol::SaslTls);
    if said.contains("mechanism handshake failed") || said.contains("Unsupported SASL mechanism") {
        return Remedy::Known(
            "write one of the broker's mechanisms as `kafka.security.mechanism`; if it names none, the port is not one \
             for SASL: write `protocol: tls` or `plaintext`, or another port",
        );
    }
    if matches!(heard.code, Some(Code::Authentication | Code::SaslAuthenticationFailed)) {
        return Remedy::Known(match &kafka.security.oauth {
            Some(_) => {
                "the broker does not accept the token: its issuer, audience and scope have to be those that the \
                 broker expects, and the clocks have to agree; see `kafka.security.oauth`"
            }
            None => "check `kafka.security.username`, `password` and `mechanism`",
        });
    }
    if tls && (said.contains("certificate verify failed") || said.contains("handshake failed")) {
        return match address(said).map(|address| (address, examine(address, &kafka.security))) {
            Some((address, Verdict::Wrong(what, remedy))) => {
                Remedy::Instead(format!("the certificate of {address} {what}"), remedy)
            }
            Some((_, Verdict::NotTls)) => Remedy::Known(
                "the port does not speak TLS: write `protocol: plaintext` or `sasl_plaintext`, or its TLS port",
            ),
            _ => Remedy::Known("name the certificate of the broker's authority as `kafka.security.ca`"),
        };
    }
    if tls && said.contains(" alert ") {
        return match &kafka.security.certificate {
            Some(_) => Remedy::Known(
                "the broker does not accept `kafka.security.certificate`: it has to be signed by an authority that \
                 the broker trusts, and be in date",
            ),
            None => Remedy::Known(
                "the broker asks for a certificate of ours: write `kafka.security.certificate` and `key`",
            ),
        };
    }
    // A connection that had come about is no reason to doubt the settings.
    if said.contains("isconnected") && !said.contains("in state UP") {
        return closed(kafka);
    }
    Remedy::Unknown
}

/// Of a connection that is closed at once the client says nothing, or only that.
fn closed(kafka: &Kafka) -> Remedy {
    let tls = matches!(kafka.security.protocol, Protocol::Tls | Protocol::SaslTls);
    let Some(address) = kafka.brokers.first() else { return Remedy::Unknown };
    let remedy = match examine(address, &kafka.security) {
        Verdict::Unknown => return Remedy::Unknown,
        Verdict::Sound | Verdict::Wrong(..) if !tls => {
            "the port speaks TLS: write `protocol: tls` or `sasl_tls`, or its plaintext port"
        }
        _ => "see whether `kafka.security.protocol` is the one of the port (with or without SASL)",
    };
    Remedy::Instead(format!("{address} closes the connection"), remedy.to_owned())
}

/// `host:port` in `sasl_ssl://host:port/bootstrap: ...`.
fn address(said: &str) -> Option<&str> {
    let (name, _) = said.split_once(": ")?;
    let (_, place) = name.split_once("://").unwrap_or(("", name));
    Some(place.split_once('/').map_or(place, |(address, _)| address))
}

/// Without ` (after 4ms in state AUTH_REQ)`, which differs each time.
fn without_state(said: &str) -> &str {
    said.rsplit_once(" (after ").map_or(said, |(before, _)| before)
}

/// Without the credentials, which a broker may repeat.
fn hidden(said: &str, kafka: &Kafka) -> String {
    let secrets = [&kafka.security.username, &kafka.security.password];
    secrets
        .into_iter()
        .flatten()
        .filter(|secret| secret.0.len() > 3)
        .fold(said.to_owned(), |said, secret| said.replace(&secret.0, "***"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, Security};

    fn told(code: Code, said: &str, protocol: Protocol) -> Trouble {
        let security = Security {
            protocol,
            username: Some(Secret("canary-user".into())),
            password: Some(Secret("canary-password".into())),
            ..Security::default()
        };
        of(&Heard { code: Some(code), said: said.to_owned() }, &Kafka { security, ..Kafka::default() })
    }

    #[test]
    fn a_refused_user_is_told_from_a_port_that_speaks_something_else() {
        let refused = told(
            Code::Authentication,
            "sasl_ssl://127.0.0.1:24235/bootstrap: SASL authentication error: no canary-user (after 2ms in state AUTH_REQ)",
            Protocol::SaslTls,
        );
        assert!(refused.is_refusal());
        let text = refused.to_string();
        assert!(text.contains("no ***; check `kafka.security.username`"), "{text}");
        let mechanism = told(
            Code::Authentication,
            "sasl_ssl://a:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Unsupported SASL mechanism: \
             broker's supported mechanisms: SCRAM-SHA-256 (after 9ms in state AUTH_HANDSHAKE)",
            Protocol::SaslTls,
        );
        assert!(mechanism.to_string().contains("kafka.security.mechanism") && mechanism.is_refusal());
        // A broker that restarts amid the handshake.
        for said in ["Local: Timed out", "Local: Broker transport failure"] {
            let said = format!("sasl_ssl://a:1/bootstrap: SASL PLAIN mechanism handshake failed: {said}");
            assert!(!told(Code::Authentication, &said, Protocol::SaslTls).is_refusal(), "{said}");
        }
        let asks = told(
            Code::BrokerTransportFailure,
            "ssl://a:1/bootstrap: Receive failed: error:0A000412:SSL routines::ssl/tls alert bad certificate: SSL alert \
             number 42 (after 0ms in state APIVERSION_QUERY)",
            Protocol::Tls,
        );
        assert!(asks.to_string().contains("write `kafka.security.certificate`") && !asks.is_refusal());
        let nobody = told(
            Code::BrokerTransportFailure,
            "127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 0ms in state CONNECT)",
            Protocol::Plaintext,
        );
        let plain = "127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused";
        assert_eq!(nobody.to_string(), plain);
    }

    #[test]
    fn the_address_is_read_from_what_the_client_says() {
        for (said, expected) in [
            ("sasl_ssl://kafka.example:9093/bootstrap: no", Some("kafka.example:9093")),
            ("ssl://[::1]:9093/3: no", Some("[::1]:9093")),
            ("kafka.example:9092/bootstrap: no", Some("kafka.example:9092")),
            ("1/1 brokers are down", None),
        ] {
            assert_eq!(address(said), expected);
        }
    }
}
