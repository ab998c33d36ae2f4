//! What hubs ask and deliver, over HTTP.
//!
//! Whoever does not know a callback's address learns nothing and has nothing read. A delivery that is
//! not signed as agreed gets the same answer as a good one, and is dropped (W3C WebSub section 8).

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};
use url::form_urlencoded;

use super::{
    Parts,
    keys::{Keys, Signed, Subject},
};
use crate::{
    observe::ResultLabel,
    schedule::{self, Delivered, Delivery, HubSaid, HubTold, Shown, Taken},
};

/// Bodies that are read at once; a hub that comes too many tries again.
const BODIES_AT_ONCE: usize = 8;

/// The scheduler answers within this time, or the hub is asked to try again.
const ANSWER: Duration = Duration::from_secs(5);

/// A hub whose delivery is not taken now is to try again after this, seconds.
const AGAIN_AFTER: &str = "10";

/// What a hub may write of itself, in characters.
const REASON_MAX: usize = 200;

#[derive(Clone)]
struct Callbacks {
    parts: Parts,
    bodies: Arc<Semaphore>,
}

/// A question or a delivery that is about a subscription of ours.
struct About {
    feed: String,
    hub: String,
    topic: String,
    /// Nobody wants the feed any more.
    ends: bool,
}

impl About {
    fn subject(&self) -> Subject<'_> {
        Subject { feed: &self.feed, hub: &self.hub, topic: &self.topic }
    }
}

type Answer = (StatusCode, String);

pub(super) fn router(parts: Parts) -> Router {
    let callbacks = Callbacks { parts, bodies: Arc::new(Semaphore::new(BODIES_AT_ONCE)) };
    Router::new().fallback(answer).with_state(callbacks)
}

async fn answer(State(callbacks): State<Callbacks>, request: Request) -> Response {
    let answer = callbacks.answer(request).await;
    let again = answer.0 == StatusCode::SERVICE_UNAVAILABLE;
    let mut response = answer.into_response();
    if again {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(AGAIN_AFTER));
    }
    response
}

impl Callbacks {
    async fn answer(&self, request: Request) -> Answer {
        let about = match self.about(request.uri().path()).await {
            Ok(about) => about,
            Err(answer) => return answer,
        };
        match *request.method() {
            Method::GET => self.question(about, request.uri().query().unwrap_or_default()).await,
            Method::POST if about.ends => status(StatusCode::GONE),
            Method::POST => self.delivery(about, request).await,
            _ => status(StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

fn status(status: StatusCode) -> Answer {
    (status, String::new())
}

impl Callbacks {
    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> schedule::Request,
    ) -> Result<T, Answer> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.parts.scheduler.send(question(answer)).await.ok()?;
            answered.await.ok()
        };
        let answered = timeout(ANSWER, asked).await.ok().flatten();
        answered.ok_or_else(|| status(StatusCode::SERVICE_UNAVAILABLE))
    }

    /// The subscription of a callback's address; where there is none it has never been.
    async fn about(&self, path: &str) -> Result<About, Answer> {
        let nothing = || status(StatusCode::NOT_FOUND);
        let (feed, token) = Keys::feed_of(path).ok_or_else(nothing)?;
        let shown = self.ask(|answer| schedule::Request::Feed(feed.clone(), answer)).await?;
        let known = match shown {
            // Its shard is being restored, or is another instance's: the hub tries again.
            Some(Shown { state: None, .. }) => return Err(status(StatusCode::SERVICE_UNAVAILABLE)),
            Some(Shown { state: Some(state), .. }) => {
                state.subscription.as_deref().cloned().into_iter().collect()
            }
            None => self.ask(|answer| schedule::Request::Ending(feed.clone(), answer)).await?,
        };
        let mut about = known.into_iter().map(|known| About {
            feed: feed.clone(),
            hub: known.hub.to_string(),
            topic: known.topic,
            ends: known.ends,
        });
        about.find(|about| self.parts.keys.is_of(token, about.subject())).ok_or_else(nothing)
    }

    /// The hub wants to know whether it was asked, or says no.
    async fn question(&self, about: About, query: &str) -> Answer {
        let field = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let mode = field("hub.mode").unwrap_or_default();
        let topic = field("hub.topic").unwrap_or_default();
        let (said, result, challenge) = match (mode.as_str(), field("hub.challenge")) {
            ("subscribe", Some(challenge)) => {
                let lease = field("hub.lease_seconds").and_then(|seconds| seconds.trim().parse().ok());
                let lease = Duration::from_secs(lease.unwrap_or(self.parts.lease_s));
                (HubSaid::Confirms(lease), "confirmed", challenge)
            }
            ("denied", _) => {
                let reason = field("hub.reason").unwrap_or_default();
                let reason = reason.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect::<String>();
                let reason = if reason.is_empty() { "it gives no reason".to_owned() } else { reason };
                (HubSaid::Denies(reason), "denied", String::new())
            }
            // Whether that was asked for is for the scheduler to say: what is wanted stays subscribed to.
            ("unsubscribe", Some(challenge)) => (HubSaid::Ends, "ended", challenge),
            _ => return self.not_asked(),
        };
        let told = |answer| schedule::Request::HubTold(HubTold { feed: about.feed, topic, said, answer });
        match self.ask(told).await {
            Ok(true) => {
                self.parts.metrics.websub_verifications.get_or_create(&ResultLabel { result }).inc();
                (StatusCode::OK, challenge)
            }
            Ok(false) => self.not_asked(),
            Err(answer) => answer,
        }
    }

    fn not_asked(&self) -> Answer {
        let label = ResultLabel { result: "not_asked" };
        self.parts.metrics.websub_verifications.get_or_create(&label).inc();
        status(StatusCode::NOT_FOUND)
    }

    async fn delivery(&self, about: About, request: Request) -> Answer {
        let (result, answer) = self.taken(about, request).await;
        self.parts.metrics.websub_deliveries.get_or_create(&ResultLabel { result }).inc();
        answer
    }

    async fn taken(&self, about: About, request: Request) -> (&'static str, Answer) {
        let (head, body) = request.into_parts();
        let accepted = || status(StatusCode::ACCEPTED);
        let max = self.parts.max_body;
        if announced(&head.headers).is_some_and(|bytes| bytes > max) {
            return ("too_large", status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let Ok(_turn) = self.bodies.try_acquire() else {
            return ("busy", status(StatusCode::SERVICE_UNAVAILABLE));
        };
        let Ok(body) = to_bytes(Body::new(body), max).await else {
            return ("too_large", status(StatusCode::PAYLOAD_TOO_LARGE));
        };
        let signature = head.headers.get("x-hub-signature").map(|value| value.as_bytes());
        match self.parts.keys.signed(about.subject(), signature, &body) {
            Signed::Well => {}
            Signed::Not => return ("unsigned", accepted()),
            Signed::Badly => return ("bad_signature", accepted()),
        }
        let content_type = head.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let share = self.parts.fetcher.hold(body.len());
        if share.is_none() {
            return ("busy", status(StatusCode::SERVICE_UNAVAILABLE));
        }
        let document = Delivered { content_type, body, share, at: self.parts.clock.now() };
        let delivery = |answer| schedule::Request::Deliver(Delivery { feed: about.feed, document, answer });
        match self.ask(delivery).await {
            Ok(Taken::Read) => ("read", accepted()),
            Ok(Taken::Polled) => ("polled", accepted()),
            Ok(Taken::Paused) => ("paused", accepted()),
            Ok(Taken::Elsewhere) => ("elsewhere", status(StatusCode::SERVICE_UNAVAILABLE)),
            Err(answer) => ("busy", answer),
        }
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
