//! `robots.txt` of the origins that pages are fetched from (RFC 9309), kept for a day.
//!
//! It is not consulted for feeds: the operator has listed each by hand, which is what publishers
//! offer them for. Pages are found as a crawler finds them, through links.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::{
    FetchError, FetchFailure, Inner, Validators, counters::add, exchange::ExchangeRequest, validators::digest,
};
use crate::{
    config::{FeedHttp, RobotsPolicy},
    rights::{AGENT, Access, ROBOTS_BYTES_MAX, Robots, Signals},
    site::{redact, site},
};

const ACCEPT_ROBOTS: &str = "text/plain, */*;q=0.5";
/// How long an answer counts (RFC 9309 section 2.4).
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How long an origin that could not even be connected to is left alone: no request reached it.
const UNREACHED_KEPT: TimeDelta = TimeDelta::minutes(5);
/// How long the last file that could be read stands in for one that cannot (RFC 9309 section
/// 2.3.1.4: "a reasonably long period of time, for example 30 days").
const STALE_MAX: TimeDelta = TimeDelta::days(30);
/// Origins that are remembered, at most; those asked longest ago go first.
const ORIGINS_MAX: usize = 16_384;
/// Longest `Crawl-delay` that is respected: with a longer one a news feed would never be finished.
const CRAWL_DELAY_MAX: Duration = Duration::from_secs(30);

/// What is known of the origins.
#[derive(Default)]
pub(super) struct RobotsFiles(Mutex<HashMap<String, Arc<Origin>>>);

/// One origin; its lock is held while it is asked, so that it is asked once.
#[derive(Default)]
struct Origin(tokio::sync::Mutex<Option<Known>>);

#[derive(Clone)]
struct Known {
    /// `None` if there is no file.
    rules: Option<Arc<Robots>>,
    readable: bool,
    /// Validators of the last file, to ask whether it has changed.
    validators: Validators,
    /// When `rules` were read, or found to be unchanged.
    read_at: DateTime<Utc>,
    ask_again_at: DateTime<Utc>,
}

impl RobotsFiles {
    fn origin(&self, name: String) -> Arc<Origin> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ORIGINS_MAX && !all.contains_key(&name) {
            forget(&mut all);
        }
        all.entry(name).or_default().clone()
    }
}

/// Makes room for an eighth of the limit, so that this is done rarely.
fn forget(all: &mut HashMap<String, Arc<Origin>>) {
    let due = |origin: &Origin| {
        let known = origin.0.try_lock().ok()?;
        known.as_ref().map(|known| known.ask_again_at)
    };
    let mut idle: Vec<(DateTime<Utc>, String)> =
        all.iter().filter_map(|(name, origin)| Some((due(origin)?, name.clone()))).collect();
    idle.sort();
    for (_, name) in idle.iter().take(ORIGINS_MAX / 8) {
        all.remove(name);
    }
}

impl Inner {
    /// What the `robots.txt` of its origin says about a page.
    ///
    /// # Errors
    /// [`FetchFailure::Robots`] if the page may not be fetched and `http.robots` is `obey`; what
    /// keeps us from the whole origin, if it cannot be asked.
    pub(super) async fn robots(&self, url: &Url, http: Option<&FeedHttp>) -> Result<Signals, FetchError> {
        let Some(Known { rules, readable, .. }) = self.robots_file(url, http).await? else {
            return Ok(Signals::default());
        };
        let signals = self.signals(url, rules.as_deref(), readable);
        let policy = http.and_then(|http| http.robots).unwrap_or(self.robots_policy);
        match signals.access {
            Some(access @ (Access::Disallowed | Access::Unreadable)) if policy == RobotsPolicy::Obey => {
                add(&self.counters.robots_refused, 1);
                Err(FetchError::new(url, FetchFailure::Robots(access)))
            }
            _ => Ok(signals),
        }
    }

    /// The sitemaps that the `robots.txt` of an origin names, as written there; none if it cannot be read.
    pub(super) async fn sitemaps(&self, url: &Url) -> Vec<String> {
        let known = self.robots_file(url, None).await.ok().flatten();
        known.and_then(|known| Some(known.rules?.sitemaps().to_vec())).unwrap_or_default()
    }

    /// What is known about the `robots.txt` of an origin, which is requested if that is too old.
    ///
    /// # Errors
    /// What keeps us from the whole origin.
    async fn robots_file(&self, url: &Url, http: Option<&FeedHttp>) -> Result<Option<Known>, FetchError> {
        let Some(host) = url.host_str() else { return Ok(None) };
        let port = url.port_or_known_default().unwrap_or_default();
        let origin = self.robots.origin(format!("{}://{host}:{port}", url.scheme()));
        let mut known = origin.0.lock().await;
        let now = self.clock.now();
        if known.as_ref().is_none_or(|known| known.ask_again_at <= now) {
            match self.ask(url, http, known.clone()).await {
                Ok(answer) => *known = Some(answer),
                Err(error) => {
                    if reached(&error) {
                        *known = Some(unreadable(None, now, KEPT));
                    }
                    return Err(error);
                }
            }
        }
        Ok(known.clone())
    }

    fn signals(&self, url: &Url, rules: Option<&Robots>, readable: bool) -> Signals {
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let Some(rules) = rules else {
            let access = if readable { Access::Allowed } else { Access::Unreadable };
            return Signals { access: Some(access), ..Signals::default() };
        };
        if let Some(delay) = rules.crawl_delay(AGENT) {
            let delay = Duration::try_from_secs_f32(delay).unwrap_or(CRAWL_DELAY_MAX);
            self.sites.slow(&site(url), delay.min(CRAWL_DELAY_MAX));
        }
        let allowed = rules.allows(AGENT, &path);
        Signals {
            access: Some(if allowed { Access::Allowed } else { Access::Disallowed }),
            ai_agents_disallowed: rules.ai_agents_disallowed(&path),
            statements: rules.statements(AGENT, &path),
            directives: Vec::new(),
        }
    }

    /// Asks for the file.
    ///
    /// # Errors
    /// What would also prevent fetching the page: no connection, a private address, a pause of the site.
    async fn ask(
        &self,
        page: &Url,
        http: Option<&FeedHttp>,
        before: Option<Known>,
    ) -> Result<Known, FetchError> {
        let mut url = page.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        let validators = before.as_ref().map(|known| known.validators.clone());
        let validators = validators.filter(|validators| *validators != Validators::default());
        let ask = ExchangeRequest {
            validators: validators.as_ref(),
            enough: Some(ROBOTS_BYTES_MAX),
            http,
            ..ExchangeRequest::of(&url, ACCEPT_ROBOTS)
        };
        let answer = Box::pin(self.exchange(&ask)).await;
        add(&self.counters.robots, 1);
        let now = self.clock.now();
        let known = |rules: Option<Robots>, validators: Validators| Known {
            rules: rules.map(Arc::new),
            readable: true,
            validators,
            read_at: now,
            ask_again_at: now + KEPT,
        };
        match (answer, before) {
            (Ok(answer), before) => match (answer.status.as_u16(), before) {
                (304, Some(before)) if answer.conditional => {
                    Ok(Known { readable: true, read_at: now, ask_again_at: now + KEPT, ..before })
                }
                (200..=299, _) => {
                    let mut validators = Validators::of(&answer.headers, now);
                    validators.url = (answer.url != url).then(|| digest(&answer.url));
                    Ok(known(Some(Robots::parse(&answer.body)), validators))
                }
                // A site that has had enough of us has not said that we may go on.
                (429 | 500..=599, before) => Ok(unreadable(before, now, KEPT)),
                // RFC 9309 section 2.3.1.3: there is no file.
                _ => Ok(known(None, Validators::default())),
            },
            // RFC 9309 section 2.3.1.2: after five redirects a file may be taken for missing.
            (Err(FetchError { kind: FetchFailure::Redirect(_), .. }), _) => {
                Ok(known(None, Validators::default()))
            }
            // The page would fare no better, and its own error says more.
            (Err(error), before) => match unreadable(before, now, UNREACHED_KEPT) {
                known if known.readable && !error.is_deferral() => Ok(known),
                _ => Err(FetchError { url: redact(page), ..error }),
            },
        }
    }
}

/// Whether the server was reached: then it is not asked again the same day.
fn reached(error: &FetchError) -> bool {
    matches!(error.kind, FetchFailure::Timeout(_) | FetchFailure::BadBody(_) | FetchFailure::BodyTooLarge(_))
}

/// The last file stands in for up to 30 days; then nothing may be fetched.
fn unreadable(before: Option<Known>, now: DateTime<Utc>, kept: TimeDelta) -> Known {
    let ask_again_at = now + kept;
    match before.filter(|known| known.readable && now - known.read_at < STALE_MAX) {
        Some(known) => Known { ask_again_at, ..known },
        None => Known {
            rules: None,
            readable: false,
            validators: Validators::default(),
            read_at: now,
            ask_again_at,
        },
    }
}
