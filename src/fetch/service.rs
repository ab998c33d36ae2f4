//! Requests to a service that the operator names, such as a schema registry: it may be at a private
//! address, has no `robots.txt` to obey, and is not led elsewhere by redirects.

use std::time::Duration;

use anyhow::Context;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use reqwest::{Certificate, Client};
use url::Url;

use super::HEADERS_MAX;
use crate::config::{Authorities, Secret};

/// So long an answer may take, connecting included.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Largest answer, bytes.
const ANSWER_MAX: usize = 4 << 20;

/// A client for one service.
#[derive(Clone, Debug)]
pub struct Service {
    client: Client,
    base: Url,
    /// Sent with every request.
    headers: HeaderMap,
}

/// What a service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Vec<u8>,
}

impl Service {
    /// A client for the service below `base`, with the value of the header `authorization` and the
    /// authorities that are trusted besides the system's.
    ///
    /// # Errors
    /// Authorities or a header that cannot be used.
    pub fn new(
        base: &Url,
        authorization: Option<&Secret>,
        authorities: Option<&Authorities>,
    ) -> anyhow::Result<Self> {
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Self::at(&base, authorization, authorities)
    }

    /// The same for a service that has only this address: `path` in [`Self::send`] is empty.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn at(
        base: &Url,
        authorization: Option<&Secret>,
        authorities: Option<&Authorities>,
    ) -> anyhow::Result<Self> {
        // Another part of the process may have installed it already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut builder = Client::builder()
            .user_agent(concat!("copydesk/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(ANSWER_WAIT)
            .http2_max_header_list_size(HEADERS_MAX);
        if let Some(Authorities(pem)) = authorities {
            let found = Certificate::from_pem_bundle(pem).context("its certificates cannot be read")?;
            builder = builder.tls_certs_merge(found);
        }
        let service = Self { client: builder.build()?, base: base.clone(), headers: HeaderMap::new() };
        match authorization {
            Some(value) => service.with(header::AUTHORIZATION, value),
            None => Ok(service),
        }
    }

    /// The same with a header in every request.
    ///
    /// # Errors
    /// A value that cannot be sent.
    pub fn with(mut self, name: HeaderName, Secret(value): &Secret) -> anyhow::Result<Self> {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Its address.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Sends a request to `path` below its address; `body` has the media type that it is given with.
    ///
    /// # Errors
    /// Why there is no answer, in words.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        accept: &'static str,
        body: Option<(&'static str, Vec<u8>)>,
    ) -> Result<ServiceAnswer, String> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let mut request =
            self.client.request(method, url).header(header::ACCEPT, accept).headers(self.headers.clone());
        if let Some((content_type, body)) = body {
            request = request.header(header::CONTENT_TYPE, content_type).body(body);
        }
        let mut response = request.send().await.map_err(|error| said(&error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| said(&error))? {
            if body.len() + piece.len() > ANSWER_MAX {
                return Err(format!("its answer has more than {ANSWER_MAX} bytes"));
            }
            body.extend(&piece);
        }
        Ok(ServiceAnswer { status, body })
    }
}

/// The innermost cause, which says most; without the address.
fn said(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWER_WAIT.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
