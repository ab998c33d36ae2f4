//! Feeds and pages over HTTP: polite, bounded, and never to a private address.
//!
//! The only module that names reqwest. A fetch waits for its [site](site())'s turn, checks every hop's
//! address before it is connected to ([`is_public`]), reads the body under a limit, and ends within
//! one deadline. What can go wrong is a closed list, [`FetchFailure`].

mod error;
mod resolve;
mod turns;
mod date;
mod validators;
mod request;
mod freshness;
mod coding;
mod body;
mod cookies;
mod refresh;
mod exchange;
mod counters;
mod origin;
mod robots;
mod tdmrep;

#[cfg(test)]
mod tests;

pub use counters::Counters;
pub use error::{FetchError, FetchFailure};
pub use freshness::Freshness;
pub use origin::Origin;
pub use request::{FeedCredentials, FeedRequest, PageRequest};
pub use resolve::Lookup;
pub use validators::{Refused, Validators};

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, header};
use reqwest::Client;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    clock::Clock,
    config::{Http, RobotsPolicy},
    identity::hex,
    rights::{AGENT, Signals, signals_of_headers},
    site::{bare, is_public, site},
};
use counters::add;
use exchange::ExchangeRequest;
use resolve::{Reach, Resolver};
use robots::RobotsFiles;
use tdmrep::TdmRepFiles;
use turns::Turns;
use validators::{REFUSALS, digest};

const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
                           application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9, */*;q=0.5";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml, */*;q=0.5";
/// How long an idle connection is kept: for the pages of one poll, not for the next poll. With
/// 100,000 feeds an hour that is 400 open connections.
const IDLE: Duration = Duration::from_secs(15);
/// Largest head of an HTTP/2 response; HTTP/1 has hyper's limits (100 headers, 400 KB).
const HEADERS_MAX: u32 = 64 << 10;

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Status code.
    pub status: u16,
    /// Where it led.
    pub to: Url,
}

/// A feed as it came.
#[derive(Clone, Debug)]
pub struct FeedDocument {
    /// Address after redirects.
    pub url: Url,
    /// Redirects on the way, in order.
    pub redirects: Vec<Redirect>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// New validators.
    pub validators: Validators,
    /// Freshness.
    pub freshness: Freshness,
    /// The body, decompressed.
    pub body: Bytes,
    /// SHA-256 of the body, hexadecimal.
    pub body_hash: String,
    /// A conditional request was refused before.
    pub refused: Option<Refused>,
    /// Where the body is shorter than announced, or ends within its coding: what is wrong. It is
    /// whole where its root is closed for all that.
    pub broken_off: Option<String>,
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
}

/// An answer to a feed request.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one a poll, and most are documents")]
pub enum FeedResponse {
    /// 304: nothing new since the validators.
    NotModified {
        /// Validators to go on with: those of the 304 where it has any.
        validators: Validators,
        /// Freshness.
        freshness: Freshness,
        /// Redirects on the way.
        redirects: Vec<Redirect>,
    },
    /// A document.
    Document(FeedDocument),
}

/// A web page as it came.
#[derive(Clone, Debug)]
pub struct Page {
    /// Address after redirects.
    pub url: Url,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Status code: also error pages are given, so that a verdict can be made.
    pub status: u16,
    /// The body, decompressed; empty for images, audio, video, fonts and archives.
    pub body: Bytes,
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
    /// What its publisher says about its use, in `robots.txt`, `tdmrep.json` and headers.
    pub signals: Signals,
}

/// The HTTP client with its limits. A cheap clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

/// What the clones share.
struct Inner {
    client: Client,
    sites: Turns,
    counters: Counters,
    robots: RobotsFiles,
    robots_policy: RobotsPolicy,
    tdmrep: TdmRepFiles,
    clock: Clock,
    reach: Reach,
    private: bool,
    from: Option<HeaderValue>,
    timeout: Duration,
    max_body: usize,
}

impl Fetcher {
    /// A client with the limits of `http`; `clock` is the wall time that dates are compared with.
    ///
    /// # Errors
    /// Where the TLS roots cannot be read.
    pub fn new(http: &Http, clock: Clock) -> anyhow::Result<Self> {
        let private = http.allow_private_networks;
        Self::build(http, clock, resolve::system(), Arc::new(move |address| private || is_public(address)))
    }

    /// The same with names looked up by `lookup`: for tests and simulations.
    ///
    /// # Errors
    /// Where the TLS roots cannot be read.
    pub fn with_lookup(http: &Http, clock: Clock, lookup: Lookup) -> anyhow::Result<Self> {
        let private = http.allow_private_networks;
        Self::build(http, clock, lookup, Arc::new(move |address| private || is_public(address)))
    }

    fn build(http: &Http, clock: Clock, lookup: Lookup, reach: Reach) -> anyhow::Result<Self> {
        // Another part of the process may have installed it already.
        rustls::crypto::ring::default_provider().install_default().ok();
        let contact = http.contact.as_deref().map(|contact| format!(" (+{contact})"));
        let agent = format!("copydesk/{}{}", env!("CARGO_PKG_VERSION"), contact.unwrap_or_default());
        let resolver = Arc::new(Resolver { lookup, reach: reach.clone() });
        let client = Client::builder()
            .user_agent(&agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .dns_resolver(resolver)
            .pool_max_idle_per_host(http.per_site)
            .pool_idle_timeout(IDLE)
            .http2_max_header_list_size(HEADERS_MAX);
        let from = http.contact.as_deref().filter(|contact| !contact.contains("://"));
        Ok(Self(Arc::new(Inner {
            client: client.build().context("the TLS roots of the system cannot be read")?,
            sites: Turns::new(http.concurrency, http.per_site, http.site_delay),
            counters: Counters::default(),
            robots: RobotsFiles::default(),
            robots_policy: http.robots,
            tdmrep: TdmRepFiles::default(),
            clock,
            reach,
            private: http.allow_private_networks,
            from: from.and_then(|contact| contact.parse().ok()),
            timeout: http.timeout,
            max_body: http.max_body,
        })))
    }

    /// Asks for a feed.
    ///
    /// # Errors
    /// [`FetchError`] for anything but a document or a 304.
    pub async fn feed(&self, request: &FeedRequest) -> Result<FeedResponse, FetchError> {
        let result = self.0.feed_or_again(request).await;
        self.count(&result);
        result
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// [`FetchError`] where no response came; an error status is a [`Page`].
    pub async fn page(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let result = self.0.page(request).await;
        self.count(&result);
        result
    }

    /// How long the site of `url` asked to be left alone still; nothing is sent to it meanwhile.
    pub fn site_pause(&self, url: &Url) -> Option<Duration> {
        self.0.sites.paused(&site(url))
    }

    /// Leaves the site of `url` alone for `pause`, as after a restart that finds a pause in the
    /// ledger. Never shortens a pause.
    pub fn pause_site(&self, url: &Url, pause: Duration) {
        self.0.sites.pause(&site(url), pause);
    }

    /// Counts since the start.
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    fn count<T>(&self, result: &Result<T, FetchError>) {
        if let Err(error) = result {
            self.0.counters.failed(error.reason());
        }
    }
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("counters", &self.0.counters).finish_non_exhaustive()
    }
}

impl Inner {
    /// A server that refuses conditional requests, or answers them with what makes no sense, is asked
    /// once more without conditions. Where that fails too, the first answer counts.
    async fn feed_or_again(&self, request: &FeedRequest) -> Result<FeedResponse, FetchError> {
        let first = self.feed(request).await;
        let refused = match &first {
            Err(FetchError { kind: FetchFailure::Status(status), .. }) if request.again_if_refused => {
                REFUSALS.contains(status).then_some(Refused::Status(*status))
            }
            Ok(FeedResponse::NotModified { validators, .. }) if request.again_if_other_tag => {
                request.validators.contradicted_by(validators, self.clock.now()).then_some(Refused::OtherTag)
            }
            _ => None,
        };
        let Some(refused) = refused.filter(|_| request.validators != Validators::default()) else {
            return first;
        };
        let plain = FeedRequest { validators: Validators::default(), ..request.clone() };
        match self.feed(&plain).await {
            Ok(FeedResponse::Document(document)) => {
                Ok(FeedResponse::Document(FeedDocument { refused: Some(refused), ..document }))
            }
            _ => first,
        }
    }

    async fn feed(&self, request: &FeedRequest) -> Result<FeedResponse, FetchError> {
        let ask = ExchangeRequest {
            url: &request.url,
            accept: ACCEPT_FEED,
            validators: Some(&request.validators),
            feed: Some(&request.url),
            headers: &request.headers,
            page: false,
        };
        let answer = Box::pin(self.exchange(&ask)).await?;
        let fail =
            |kind| FetchError { retry_after: answer.retry_after, ..FetchError::new(&answer.url, kind) };
        let fetched_at = self.clock.now();
        let freshness = Freshness {
            fresh_for: freshness::fresh_for(&answer.headers, fetched_at),
            retry_after: answer.retry_after,
        };
        let mut validators = Validators::of(&answer.headers, fetched_at);
        let moved = answer.url != bare(request.url.clone());
        validators.url = moved.then(|| digest(&answer.url));
        let delta = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("a-im"));
        match answer.status.as_u16() {
            304 if answer.conditional => {
                add(&self.counters.not_modified, 1);
                let Validators { etag, last_modified, url } = request.validators.clone();
                let validators = Validators {
                    etag: validators.etag.or(etag),
                    last_modified: validators.last_modified.or(last_modified),
                    url,
                };
                Ok(FeedResponse::NotModified { validators, freshness, redirects: answer.redirects })
            }
            200 | 226 if answer.body.is_empty() => Err(fail(FetchFailure::BadBody("it is empty".into()))),
            // RFC 3229: only who asked for a delta can tell it from the whole.
            226 if !delta => Err(fail(FetchFailure::Status(226))),
            200 | 226 => {
                add(&self.counters.documents, 1);
                Ok(FeedResponse::Document(FeedDocument {
                    content_type: content_type(&answer.headers),
                    body_hash: hash(&answer.body),
                    broken_off: answer.broken_off,
                    url: answer.url,
                    redirects: answer.redirects,
                    validators,
                    freshness,
                    body: answer.body,
                    refused: None,
                    fetched_at,
                }))
            }
            status => Err(fail(FetchFailure::Status(status))),
        }
    }

    async fn page(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let feed = request.feed.as_deref();
        let ask = ExchangeRequest {
            url: &request.url,
            accept: ACCEPT_PAGE,
            validators: None,
            feed: feed.map(|feed| &feed.url),
            headers: feed.map_or(&[], |feed| &feed.headers),
            page: true,
        };
        let answer = Box::pin(self.exchange(&ask)).await?;
        if let Some(message) = answer.broken_off {
            return Err(FetchError::new(&answer.url, FetchFailure::BadBody(message)));
        }
        add(&self.counters.pages, 1);
        let mut signals = answer.signals;
        let of_headers = signals_of_headers(&answer.headers, &answer.url, AGENT);
        signals.statements.extend(of_headers.statements);
        signals.directives = of_headers.directives;
        Ok(Page {
            content_type: content_type(&answer.headers),
            status: answer.status.as_u16(),
            url: answer.url,
            body: answer.body,
            fetched_at: self.clock.now(),
            signals,
        })
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE).map(|value| freshness::latin1(value.as_bytes()))
}

fn hash(body: &[u8]) -> String {
    hex(Sha256::digest(body).iter())
}
