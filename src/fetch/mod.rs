//! Feeds and pages over HTTP: polite, bounded, and never to a private address.
//!
//! The only module that names reqwest. A fetch waits for its [site](site())'s turn, checks every hop's
//! address before it is connected to ([`is_public`]), reads the body under a limit, and ends within
//! one deadline. What can go wrong is a closed list, [`FetchFailure`].

mod answer;
mod error;
mod resolve;
mod clients;
mod turns;
mod date;
mod validators;
pub(crate) mod waiting;
mod request;
mod freshness;
mod coding;
mod body;
mod bot_auth;
mod budget;
mod cookies;
mod refresh;
mod deadline;
mod exchange;
mod hop;
mod hub;
mod links;
mod counters;
mod origin;
mod robots;
mod service;
mod tdmrep;
mod wall;

#[cfg(test)]
mod tests;

pub use answer::{FeedDocument, FeedResponse, Page, Redirect};
pub use budget::{Alone, BodyShare};
pub use counters::Counters;
pub use error::{FetchError, FetchFailure};
pub use freshness::Freshness;
pub use hub::{HubAnswer, HubRequest};
pub use links::LinkHeaders;
pub use origin::Origin;
pub use request::{FeedCredentials, FeedRequest, PageRequest};
pub use resolve::Lookup;
pub use service::{Service, ServiceAnswer};
pub use validators::{Refused, Validators};
pub use wall::{Wall, WallKind};

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    clock::Clock,
    config::{BotKey, Http, RobotsPolicy},
    identity::hex,
    rights::{AGENT, Use, signals_of_headers},
    site::{bare, is_public, site},
};
use budget::BodyBudget;
use clients::Clients;
use counters::add;
use exchange::ExchangeRequest;
use resolve::Reach;
use robots::RobotsFiles;
use tdmrep::TdmRepFiles;
use turns::Turns;
use validators::{REFUSALS, digest};
use waiting::Waiting;

const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, \
                           application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.9, */*;q=0.5";
const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml, */*;q=0.5";
/// How long an idle connection is kept: for the pages of one poll, not until the next poll. With
/// 100,000 feeds an hour that makes about 400 open connections.
const IDLE: Duration = Duration::from_secs(15);
/// Largest head of an HTTP/2 response; HTTP/1 has hyper's limits (100 headers, 400 KB).
const HEADERS_MAX: u32 = 64 << 10;

/// The HTTP client with its limits. A cheap clone.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

/// What the clones share.
struct Inner {
    clients: Clients,
    sites: Turns,
    counters: Counters,
    robots: RobotsFiles,
    robots_policy: RobotsPolicy,
    tdmrep: TdmRepFiles,
    /// Uses of articles: a page that is reserved against one of them is not fetched.
    usage: Vec<Use>,
    clock: Clock,
    reach: Reach,
    private: bool,
    from: Option<HeaderValue>,
    /// What requests are signed with.
    bot: Option<BotKey>,
    timeout: Duration,
    max_body: usize,
    budget: Arc<BodyBudget>,
    /// Bodies that come slowly: beyond `http.concurrency` of them the one that does so for longest is given up.
    slow_bodies: Arc<Waiting>,
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

    /// The same, with names looked up by `lookup`: for tests and simulations.
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
        let from = http.contact.as_deref().filter(|contact| !contact.contains("://"));
        Ok(Self(Arc::new(Inner {
            clients: Clients::new(agent, lookup, reach.clone(), http.per_site)
                .context("the TLS roots of the system cannot be read")?,
            sites: Turns::new(http.concurrency, http.per_site, http.site_delay),
            counters: Counters::default(),
            robots: RobotsFiles::default(),
            robots_policy: http.robots,
            tdmrep: TdmRepFiles::default(),
            usage: http.usage.clone(),
            clock,
            reach,
            private: http.allow_private_networks,
            from: from.and_then(|contact| contact.parse().ok()),
            bot: http.web_bot_auth.clone(),
            timeout: http.timeout,
            max_body: http.max_body,
            budget: BodyBudget::new(http.max_bodies),
            slow_bodies: Waiting::new(http.concurrency),
        })))
    }

    /// Asks for a feed.
    ///
    /// # Errors
    /// [`FetchError`] for anything but a document or a 304.
    pub async fn feed(&self, request: &FeedRequest) -> Result<FeedResponse, FetchError> {
        let mut result = self.0.feed_or_again(request, None).await;
        if result.as_ref().is_err_and(FetchError::is_no_room) {
            self.count(&result);
            let alone = self.go_alone().await;
            if alone.is_some() {
                result = self.0.feed_or_again(request, alone).await;
            }
        }
        self.count(&result);
        result
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// [`FetchError`] if no response came, or one that says to come back (429, 5xx) and shows no wall; any
    /// other error status is a [`Page`].
    pub async fn page(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let result = self.0.page(request).await;
        self.count(&result);
        result
    }

    /// Asks a hub for a subscription.
    ///
    /// # Errors
    /// Where no answer came.
    pub async fn hub(&self, request: &HubRequest) -> Result<HubAnswer, FetchError> {
        let result = self.0.hub(request).await;
        self.count(&result);
        result
    }

    /// Counts a body that came in otherwise among those in hand; none where there is no room for it.
    pub fn hold(&self, bytes: usize) -> Option<Arc<BodyShare>> {
        let mut share = self.0.budget.share(false, None);
        share.grow(bytes).ok()?;
        (!self.is_crowded()).then(|| Arc::new(share))
    }

    /// The addresses of sitemaps in the `robots.txt` of the origin of `url`, as written there.
    pub async fn sitemaps(&self, url: &Url) -> Vec<String> {
        self.0.sitemaps(url).await
    }

    /// Waits, no longer than a fetch may take, for the right to hold a large body.
    pub async fn go_alone(&self) -> Option<Alone> {
        tokio::time::timeout(self.0.timeout, self.0.budget.go_alone()).await.ok().flatten()
    }

    /// Whether bodies in memory have used up `http.max_bodies`, so that they should be dealt with
    /// before more is requested.
    pub fn is_crowded(&self) -> bool {
        self.0.budget.is_exhausted()
    }

    /// Bytes of bodies in memory.
    pub fn bodies_in_hand(&self) -> usize {
        self.0.budget.in_hand()
    }

    /// How long the site of `url` still wants to be left alone; nothing is sent to it meanwhile.
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
    /// A server that refuses conditional requests, or gives answers to them that make no sense, is asked once
    /// more without conditions. If that fails too, the first answer counts.
    async fn feed_or_again(
        &self,
        request: &FeedRequest,
        alone: Option<Alone>,
    ) -> Result<FeedResponse, FetchError> {
        let first = self.feed(request, alone.clone()).await;
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
        match self.feed(&plain, alone).await {
            Ok(FeedResponse::Document(document)) => {
                Ok(FeedResponse::Document(FeedDocument { refused: Some(refused), ..document }))
            }
            _ => first,
        }
    }

    async fn feed(&self, request: &FeedRequest, alone: Option<Alone>) -> Result<FeedResponse, FetchError> {
        let ask = ExchangeRequest {
            validators: Some(&request.validators),
            feed: Some(&request.url),
            headers: &request.headers,
            http: request.http.as_deref(),
            alone,
            ..ExchangeRequest::of(&request.url, ACCEPT_FEED)
        };
        let answer = Box::pin(self.exchange(&ask)).await?;
        let wall = wall::of(answer.status.as_u16(), &answer.headers, &answer.url, &request.url);
        let fail = |kind| FetchError {
            retry_after: answer.retry_after,
            wall: wall.clone(),
            ..FetchError::new(&answer.url, kind)
        };
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
            // RFC 3229: only a client that asked for a delta can tell it from the whole.
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
                    wall,
                    share: answer.share,
                    links: LinkHeaders::of(&answer.headers),
                    fetched_at,
                }))
            }
            status => Err(fail(FetchFailure::Status(status))),
        }
    }

    async fn page(&self, request: &PageRequest) -> Result<Page, FetchError> {
        let feed = request.feed.as_deref();
        let ask = ExchangeRequest {
            feed: feed.map(|feed| &feed.url),
            headers: feed.map_or(&[], |feed| &feed.headers),
            page: true,
            alone: request.alone.clone(),
            http: request.http.as_deref(),
            ..ExchangeRequest::of(&request.url, ACCEPT_PAGE)
        };
        let answer = Box::pin(self.exchange(&ask)).await?;
        if let Some(message) = answer.broken_off {
            return Err(FetchError::new(&answer.url, FetchFailure::BadBody(message)));
        }
        let status = answer.status.as_u16();
        let wall = wall::of(status, &answer.headers, &answer.url, &request.url);
        if wall.is_none() && matches!(status, 429 | 500..=599) {
            let error = FetchError::new(&answer.url, FetchFailure::Status(status));
            return Err(FetchError { retry_after: answer.retry_after, ..error });
        }
        add(&self.counters.pages, 1);
        let mut signals = answer.signals;
        let of_headers = signals_of_headers(&answer.headers, &answer.url, AGENT);
        signals.statements.extend(of_headers.statements);
        signals.directives = of_headers.directives;
        Ok(Page {
            content_type: content_type(&answer.headers),
            status,
            wall,
            share: answer.share,
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
