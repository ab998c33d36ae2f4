//! Looks at the certificate that a broker shows.

use std::{
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, RootCertStore,
    client::WebPkiServerVerifier,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};

use crate::config::Security;

/// How long connecting may take, and each answer.
const WAIT: Duration = Duration::from_secs(2);

/// What a port shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A certificate with nothing wrong.
    Sound,
    /// A certificate with something wrong: what, and what to do.
    Wrong(String, String),
    /// It answers something else than TLS, or nothing.
    NotTls,
    /// Nobody is there, or no authority is known.
    Unknown,
}

/// Begins a TLS session with `address` and ends it. Blocking.
pub(super) fn examine(address: &str, security: &Security) -> Verdict {
    let Some((host, _)) = address.rsplit_once(':') else { return Verdict::Unknown };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let Some(config) = config(security) else { return Verdict::Unknown };
    let Ok(name) = ServerName::try_from(host.to_owned()) else { return Verdict::Unknown };
    let Some(mut stream) = connect(address) else { return Verdict::Unknown };
    let Ok(mut session) = ClientConnection::new(Arc::new(config), name) else { return Verdict::Unknown };
    match session.complete_io(&mut stream) {
        Ok(_) => Verdict::Sound,
        Err(error) => match error.get_ref().and_then(|cause| cause.downcast_ref::<Error>()) {
            Some(Error::InvalidCertificate(wrong)) => judged(wrong, host, security),
            Some(Error::AlertReceived(_)) => Verdict::Sound,
            _ => Verdict::NotTls,
        },
    }
}

fn connect(address: &str) -> Option<TcpStream> {
    let stream = address
        .to_socket_addrs()
        .ok()?
        .find_map(|address| TcpStream::connect_timeout(&address, WAIT).ok())?;
    stream.set_read_timeout(Some(WAIT)).ok()?;
    stream.set_write_timeout(Some(WAIT)).ok()?;
    Some(stream)
}

/// The same authorities as the client's; `None` if there are none.
fn config(security: &Security) -> Option<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match &security.ca {
        Some(path) => {
            roots.add_parsable_certificates(CertificateDer::pem_file_iter(path).ok()?.filter_map(Result::ok));
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().ok()?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    Some(config.with_webpki_verifier(verifier).with_no_client_auth())
}

fn judged(wrong: &CertificateError, host: &str, security: &Security) -> Verdict {
    let (what, remedy) = match wrong {
        CertificateError::Expired => ("has ended".to_owned(), RENEW.to_owned()),
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("ended on {}", date(*not_after)), RENEW.to_owned())
        }
        CertificateError::NotValidYet => ("has not begun yet".to_owned(), CLOCK.to_owned()),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("begins on {}", date(*not_before)), CLOCK.to_owned())
        }
        CertificateError::NotValidForName => (format!("is not for {host}"), other_name(host)),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
            (format!("is for {}, not for {host}", names.join(", ")), other_name(host))
        }
        // An authority of the same name has signed it with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => match &security.ca {
            Some(path) => (
                format!("is signed by no authority in {path}"),
                "write the file with the certificate of the broker's authority as `kafka.security.ca`"
                    .to_owned(),
            ),
            None => (
                "is signed by no authority that this system knows".to_owned(),
                "name the certificate of the broker's authority as `kafka.security.ca`".to_owned(),
            ),
        },
        // Another library looked at it: its finding may not be the client's.
        other => (format!("cannot be verified: {other}"), "have the broker show a sound one".to_owned()),
    };
    Verdict::Wrong(what, remedy)
}

const RENEW: &str = "renew it at the broker, or see whether the clock of this machine is right";

const CLOCK: &str = "see whether the clock of this machine is right";

fn other_name(host: &str) -> String {
    format!("write a name that it holds under `kafka.brokers`, or have it issued for {host} as well")
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    chrono::DateTime::from_timestamp(seconds, 0).map_or_else(String::new, |date| date.to_rfc3339())
}

/// `DnsName("kafka.example")` as it is meant.
fn bare(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}
