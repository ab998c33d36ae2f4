//! One fetch: the hops of a redirect chain, each checked before it is connected to, and the body at
//! the end, all within one deadline.

use std::{net::IpAddr, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use percent_encoding::percent_decode_str;
use reqwest::Response;
use url::{Host, Url};

use super::{
    FetchError, FetchFailure, Inner, Redirect, Validators, body, bot_auth,
    budget::{Alone, BodyShare},
    coding,
    cookies::Cookies,
    counters::add,
    deadline::Deadline,
    error, freshness,
    hop::next_hop,
    refresh,
    turns::{PATIENCE_FEED, PATIENCE_PAGE, Turn},
};
use crate::{
    config::{FeedHttp, Secret},
    rights::Signals,
    site::{bare, is_within, site},
};

/// Pause after a 429 that does not say for how long.
const PAUSE: Duration = Duration::from_secs(10 * 60);
/// Names of hosts that are not public, whatever they resolve to (RFC 6761, 6762, 8375, and the
/// private-use domain of ICANN).
const PRIVATE_NAMES: [&str; 4] = ["localhost", "local", "internal", "home.arpa"];

/// A request with everything that an exchange needs to know.
pub(super) struct ExchangeRequest<'a> {
    pub url: &'a Url,
    pub accept: &'static str,
    pub validators: Option<&'a Validators>,
    /// Address of the feed: its user information and `headers` go to its origin only.
    pub feed: Option<&'a Url>,
    pub headers: &'a [(String, Secret)],
    /// A page: its body is read whatever the status, unless its type holds no article.
    pub page: bool,
    /// This much of the body is enough, bytes.
    pub enough: Option<usize>,
    /// The right to a large body.
    pub alone: Option<Alone>,
    /// How the feed's requests differ from `http`.
    pub http: Option<&'a FeedHttp>,
    /// Fields of a form: sent by POST, also after a redirect.
    pub form: Option<&'a str>,
}

impl<'a> ExchangeRequest<'a> {
    /// A request for `url`, without anything that belongs to a feed.
    pub fn of(url: &'a Url, accept: &'static str) -> Self {
        Self {
            url,
            accept,
            validators: None,
            feed: None,
            headers: &[],
            page: false,
            enough: None,
            alone: None,
            http: None,
            form: None,
        }
    }

    /// Whether a redirect is followed. 303 says that a form was taken, and leads to a page about it.
    fn follows(&self, status: StatusCode) -> bool {
        is_redirect(status) && !(self.form.is_some() && status == StatusCode::SEE_OTHER)
    }

    /// Whether the document itself may lead elsewhere.
    fn may_lead_on(&self, status: StatusCode) -> bool {
        status.is_success() && self.form.is_none()
    }

    /// Whether the body of an answer says anything.
    fn reads(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        match self.page {
            true => !is_binary(headers),
            false => status.is_success() || self.form.is_some(),
        }
    }
}

/// What came.
pub(super) struct FinalResponse {
    pub url: Url,
    pub redirects: Vec<Redirect>,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body's share of the budget.
    pub share: Option<Arc<BodyShare>>,
    /// Why the body is only a part, if it is.
    pub broken_off: Option<String>,
    /// Whether validators were sent with the last request.
    pub conditional: bool,
    /// The longest `Retry-After` of the redirects and of the answer.
    pub retry_after: Option<Duration>,
    /// What `robots.txt` says, of a page.
    pub signals: Signals,
}

impl Inner {
    /// Follows the chain to its end.
    pub(super) async fn exchange(&self, ask: &ExchangeRequest<'_>) -> Result<FinalResponse, FetchError> {
        let mut url = bare(ask.url.clone());
        let mut deadline = Deadline::new(ask.http.and_then(|http| http.timeout).unwrap_or(self.timeout));
        let mut redirects: Vec<Redirect> = Vec::new();
        let mut longest: Option<Duration> = None;
        let mut turn: Option<(String, Turn)> = None;
        let mut cookies = Cookies::default();
        let mut former: Option<url::Origin> = None;
        loop {
            let failed = |kind| FetchError::new(&url, kind);
            self.permit(&url).map_err(failed)?;
            // Another origin may be asked for its `robots.txt` first, in a turn of its own.
            if former.as_ref().is_some_and(|former| ask.page && *former != url.origin()) {
                turn = None;
            }
            former = Some(url.origin());
            let signals = if ask.page { self.declared(&url, ask.http).await? } else { Signals::default() };
            let mut held = match turn.take() {
                // Hops within a site go on within the turn.
                Some((name, held)) if name == site(&url) => (name, held),
                // The former turn ends before the next one is waited for.
                former => {
                    drop(former);
                    self.wait_for_turn(&url, ask.page).await?
                }
            };
            let (headers, conditional) = self.headers(ask, &url, &cookies);
            let sent = self.send(ask, &url, headers);
            let mut response = deadline.within(&mut held.1, sent).await.map_err(failed)?;
            let status = response.status();
            let retry_after = self.retry_after(&url, status, response.headers());
            longest = longest.max(retry_after);
            if ask.follows(status) {
                let location = response.headers().get(header::LOCATION).map(HeaderValue::as_bytes);
                let news = cookies.take(&url, response.headers());
                let next = next_hop(ask.url, &url, &redirects, location, news).map_err(failed)?;
                redirects.push(self.redirected(status, &next));
                (url, turn) = (next, Some(held));
                continue;
            }
            let mut answer = FinalResponse {
                headers: response.headers().clone(),
                url: url.clone(),
                redirects,
                status,
                body: Bytes::new(),
                share: None,
                broken_off: None,
                conditional,
                retry_after: longest,
                signals,
            };
            if ask.reads(status, &answer.headers) {
                let read = self.read_body(ask, &mut response, &mut answer);
                deadline.within(&mut held.1, read).await.map_err(failed)?;
            }
            if ask.may_lead_on(status)
                && let Some(target) = refresh::target(&url, &answer.headers, &answer.body)
            {
                let news = cookies.take(&url, &answer.headers);
                redirects = answer.redirects;
                let next =
                    next_hop(ask.url, &url, &redirects, Some(target.as_bytes()), news).map_err(failed)?;
                redirects.push(self.redirected(status, &next));
                (url, turn) = (next, Some(held));
                continue;
            }
            return Ok(answer);
        }
    }

    /// Reads the body into `answer`, as far as there is room.
    async fn read_body(
        &self,
        ask: &ExchangeRequest<'_>,
        response: &mut Response,
        answer: &mut FinalResponse,
    ) -> Result<(), FetchFailure> {
        let mut share = self.budget.share(ask.page, ask.alone.clone());
        let limits = body::Limits { most: self.max_body, enough: ask.enough };
        let read = body::read(response, &limits, &mut share, &self.counters);
        let body = self.slow_bodies.while_it_comes(read).await?;
        (answer.body, answer.broken_off) = (body.bytes, body.broken_off);
        answer.share = Some(Arc::new(share));
        Ok(())
    }

    /// What the origin of a page says in files of its own about fetching and using it.
    ///
    /// # Errors
    /// It may not be fetched, by `http.robots` or `http.usage`.
    async fn declared(&self, url: &Url, http: Option<&FeedHttp>) -> Result<Signals, FetchError> {
        let mut signals = self.robots(url, http).await?;
        signals.statements.extend(self.tdmrep(url, http).await);
        match signals.usage().reserved(&self.usage) {
            Some(reserved) => Err(FetchError::new(url, FetchFailure::Reserved(reserved))),
            None => Ok(signals),
        }
    }

    fn redirected(&self, status: StatusCode, to: &Url) -> Redirect {
        add(&self.counters.redirects, 1);
        Redirect { status: status.as_u16(), to: to.clone() }
    }

    async fn wait_for_turn(&self, url: &Url, page: bool) -> Result<(String, Turn), FetchError> {
        let name = site(url);
        let patience = if page { PATIENCE_PAGE } else { PATIENCE_FEED };
        match self.sites.turn(&name, patience).await {
            Ok(turn) => Ok((name, turn)),
            Err(wait) => Err(FetchError::new(url, FetchFailure::SitePaused(wait))),
        }
    }

    /// Refuses what must not be connected to. Names are checked again by what they resolve to.
    fn permit(&self, url: &Url) -> Result<(), FetchFailure> {
        let port = url.port_or_known_default().unwrap_or(0);
        if !matches!(url.scheme(), "http" | "https") || serves_no_web(port) {
            return Err(FetchFailure::BadUrl);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let private = PRIVATE_NAMES.iter().any(|end| is_within(name, end));
                return match private && !self.private {
                    true => Err(FetchFailure::BlockedAddress(name.to_owned())),
                    false => Ok(()),
                };
            }
            None => return Err(FetchFailure::BadUrl),
        };
        if (self.reach)(address) { Ok(()) } else { Err(error::blocked(address)) }
    }

    /// The headers of a request, and whether it is conditional. The feed's headers, and the credentials in
    /// its address, go to its own origin only; validators go to the address they came from.
    fn headers(&self, ask: &ExchangeRequest<'_>, url: &Url, cookies: &Cookies) -> (HeaderMap, bool) {
        let mut out = HeaderMap::new();
        out.insert(header::ACCEPT, HeaderValue::from_static(ask.accept));
        out.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding::ACCEPTED));
        if let Some(from) = &self.from {
            out.insert(header::FROM, from.clone());
        }
        // A page elsewhere that leads to the feed's origin is also requested without them.
        let own = |feed: &&Url| url.origin() == feed.origin() && ask.url.origin() == feed.origin();
        if let Some(feed) = ask.feed.filter(own) {
            if let Some(authorization) = basic(feed) {
                out.insert(header::AUTHORIZATION, authorization);
            }
            for (name, Secret(value)) in ask.headers {
                // The configuration has already refused what is not a header.
                if let (Ok(name), Ok(mut value)) =
                    (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
                {
                    value.set_sensitive(true);
                    out.insert(name, value);
                }
            }
        }
        if let Some(cookie) = cookies.header(url, out.get(header::COOKIE)) {
            out.insert(header::COOKIE, cookie);
        }
        let mut conditional = false;
        if let Some(validators) = ask.validators
            && validators.are_of(url, ask.url)
        {
            for (name, value) in [
                (header::IF_NONE_MATCH, &validators.etag),
                (header::IF_MODIFIED_SINCE, &validators.last_modified),
            ] {
                if let Some(value) = value.as_deref().and_then(freshness::unlatin1) {
                    out.insert(name, value);
                    conditional = true;
                }
            }
        }
        (out, conditional)
    }

    async fn send(
        &self,
        ask: &ExchangeRequest<'_>,
        url: &Url,
        mut headers: HeaderMap,
    ) -> Result<Response, FetchFailure> {
        self.clients.look_up_before_proxy(ask.http, url).await?;
        let client = self.clients.of(ask.http)?;
        if let Some(key) = &self.bot {
            bot_auth::sign(key, url, self.clock.now(), &mut headers);
        }
        add(&self.counters.requests, 1);
        let request = match ask.form {
            None => client.get(url.clone()),
            Some(form) => client
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        };
        request.headers(headers).send().await.map_err(error::of_exchange)
    }

    /// `Retry-After` if it means something (429, 503, redirects); the first two pause the site.
    fn retry_after(&self, url: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        let overloaded = matches!(status.as_u16(), 429 | 503);
        if !overloaded && !is_redirect(status) {
            return None;
        }
        let found = freshness::retry_after(headers, self.clock.now());
        let pause = if status.as_u16() == 429 { found.or(Some(PAUSE)) } else { found };
        if let Some(pause) = pause.filter(|_| overloaded) {
            self.sites.pause(&site(url), pause);
        }
        found
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The user information of an address as Basic authentication (RFC 7617).
fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(&pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether the type cannot hold an article, so that the body is not worth reading.
fn is_binary(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(|value| freshness::latin1(value.as_bytes()));
    let kind = kind.unwrap_or_default().trim_start().to_ascii_lowercase();
    ["image/", "audio/", "video/", "font/", "application/pdf", "application/zip"]
        .iter()
        .any(|start| kind.starts_with(start) && !kind.starts_with("image/svg"))
}

/// Ports of services other than the web (WHATWG Fetch, section "port blocking").
fn serves_no_web(port: u16) -> bool {
    matches!(
        port,
        0 | 1 | 7 | 9 | 11 | 13 | 15 | 17 | 19..=23 | 25 | 37 | 42 | 43 | 53 | 69 | 77 | 79 | 87 | 95
            | 101..=104 | 109..=111 | 113 | 115 | 117 | 119 | 123 | 135 | 137 | 139 | 143 | 161 | 179
            | 389 | 427 | 465 | 512..=515 | 526 | 530..=532 | 540 | 548 | 554 | 556 | 563 | 587 | 601
            | 636 | 989 | 990 | 993 | 995 | 1719 | 1720 | 1723 | 2049 | 3659 | 4045 | 4190 | 5060 | 5061
            | 6000 | 6566 | 6665..=6669 | 6679 | 6697 | 10080
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_becomes_basic_authentication() {
        for (url, expected) in [
            ("http://a.example/", None),
            // The example of RFC 7617 section 2.
            ("http://Aladdin:open%20sesame@a.example/", Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")),
            ("http://test:123%C2%A3@a.example/", Some("Basic dGVzdDoxMjPCow==")),
            ("http://ab@a.example/", Some("Basic YWI6")),
        ] {
            let found = basic(&Url::parse(url).unwrap());
            assert_eq!(found.as_ref().map(|value| value.to_str().unwrap()), expected, "{url}");
        }
    }
}
