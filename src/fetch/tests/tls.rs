//! HTTPS with an authority of the tests' own.

use std::sync::LazyLock;

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, SupportedProtocolVersion,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
        version::{TLS12, TLS13},
    },
    server::TlsStream,
};

use super::*;
use crate::config::{Authorities, FeedHttp};

/// An authority, with its certificate in PEM.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate of this authority for `name`, with `change`.
    pub(super) fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), key.serialize_der())
    }

    pub(super) fn trusted(&self) -> Option<Arc<FeedHttp>> {
        let tls_ca = Some(Authorities(self.pem.as_bytes().into()));
        Some(Arc::new(FeedHttp { tls_ca, ..FeedHttp::default() }))
    }
}

/// What a server shows: its certificate, and the key.
pub(super) type Shown = (CertificateDer<'static>, Vec<u8>);

/// How a server answers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Manner {
    Http1,
    Http2,
    /// Half of the body, and the connection is gone.
    Cut,
    /// With the request as the body.
    Echo,
}

/// A server at a loopback port; gives the address of its feed under `name`.
pub(super) async fn serve(
    name: &str,
    (certificate, key): Shown,
    versions: &[&'static SupportedProtocolVersion],
    manner: Manner,
) -> String {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(key).into())
        .unwrap();
    let protocols: &[&[u8]] = if manner == Manner::Http2 { &[b"h2"] } else { &[b"http/1.1"] };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                if manner == Manner::Http2 {
                    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                    answer_http2(stream).await;
                    return;
                }
                let mut head = [0; 4096];
                let Ok(read) = stream.read(&mut head).await else { return };
                let body = match manner {
                    Manner::Cut => LONG.repeat(2),
                    Manner::Echo => String::from_utf8_lossy(&head[..read]).into_owned(),
                    Manner::Http1 | Manner::Http2 => "one".to_owned(),
                };
                let sent = if manner == Manner::Cut { LONG.as_str() } else { &body };
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{sent}");
                stream.write_all(answer.as_bytes()).await.ok();
                stream.flush().await.ok();
                if manner != Manner::Cut {
                    stream.shutdown().await.ok();
                }
            });
        }
    });
    format!("https://{name}:{port}/feed")
}

/// Answers every request of a connection with "two".
async fn answer_http2(stream: TlsStream<TcpStream>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        assert_eq!(request.version(), http::Version::HTTP_2);
        let Ok(mut body) = respond.send_response(http::Response::new(()), false) else { return };
        body.send_data(Bytes::from_static(b"two"), true).ok();
    }
}

async fn ask(url: &str, http: Option<Arc<FeedHttp>>) -> Result<FeedDocument, FetchError> {
    let request = FeedRequest { http, ..request(url) };
    match fetcher(&settings()).feed(&request).await? {
        FeedResponse::Document(document) => Ok(document),
        FeedResponse::NotModified { .. } => panic!("a document was expected"),
    }
}

/// Half of a body.
static LONG: LazyLock<String> = LazyLock::new(|| "half ".repeat(20_000));

const BOTH: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_spoken() {
    let authority = Authority::new();
    for (versions, manner, body) in [
        (&[&TLS12][..], Manner::Http1, "one"),
        (&[&TLS13], Manner::Http1, "one"),
        (BOTH, Manner::Http1, "one"),
        (BOTH, Manner::Http2, "two"),
        (&[&TLS12], Manner::Http2, "two"),
    ] {
        let shown = authority.issue("news.example", |_| ());
        let url = serve("news.example", shown, versions, manner).await;
        let document = ask(&url, authority.trusted()).await.unwrap();
        assert_eq!(document.body, body);
        assert_eq!(document.broken_off, None);
    }
}

#[tokio::test]
async fn who_cannot_show_a_good_certificate_is_not_believed() {
    let authority = Authority::new();
    let good = || authority.issue("news.example", |_| ());
    let expired = authority.issue("news.example", |params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = authority.issue("news.example", |params| params.not_before = date_time_ymd(4000, 1, 1));
    let other = authority.issue("other.example", |_| ());
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["news.example".to_owned()]).unwrap().self_signed(&own_key).unwrap();
    let own = (own.der().clone(), own_key.serialize_der());
    for (what, shown, trusted) in [
        ("expired", expired, true),
        ("not valid yet", early, true),
        ("of another name", other, true),
        ("self-signed", own, true),
        ("of an authority that is not known", good(), false),
    ] {
        let url = serve("news.example", shown, BOTH, Manner::Http1).await;
        let error = ask(&url, if trusted { authority.trusted() } else { None }).await.unwrap_err();
        assert_eq!(error.reason(), "tls", "{what}: {error}");
    }
    // One feed's authority is no other feed's.
    let url = serve("news.example", good(), BOTH, Manner::Http1).await;
    let fetcher = fetcher(&settings());
    let with = FeedRequest { http: authority.trusted(), ..request(&url) };
    fetcher.feed(&with).await.unwrap();
    assert_eq!(fetcher.feed(&request(&url)).await.unwrap_err().reason(), "tls");
}

#[tokio::test]
async fn a_body_that_ends_in_the_middle_is_told() {
    let authority = Authority::new();
    let url = serve("news.example", authority.issue("news.example", |_| ()), BOTH, Manner::Cut).await;
    let document = ask(&url, authority.trusted()).await.unwrap();
    assert_eq!(document.body, LONG.as_str());
    assert!(document.broken_off.is_some());
}
