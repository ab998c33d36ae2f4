//! The request for a subscription at a hub (W3C WebSub).

use std::sync::Arc;

use url::{Url, form_urlencoded};

use super::{FetchError, Inner, exchange::ExchangeRequest};
use crate::config::{FeedHttp, Secret};

/// So much of what a hub answers is read.
const ANSWER_BYTES: usize = 2 << 10;
/// So much of it is told, in characters.
const ANSWER_MAX: usize = 200;

/// A request for a subscription.
#[derive(Clone, Debug)]
pub struct HubRequest {
    /// Whether it is to end a subscription.
    pub ends: bool,
    /// The hub.
    pub hub: Url,
    /// What it is asked about.
    pub topic: String,
    /// Where it is to deliver to.
    pub callback: Secret,
    /// What it is to sign with.
    pub secret: Secret,
    /// For how long, seconds.
    pub lease_s: u64,
    /// What of the feed is otherwise than usual: its proxy, its authorities, its timeout.
    pub http: Option<Arc<FeedHttp>>,
}

/// What a hub made of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HubAnswer {
    /// It is going to ask whether it was asked.
    Accepted,
    /// It does not take the request (4xx), and why.
    Refused(String),
    /// It does not work at the moment.
    Failed(String),
}

impl Inner {
    pub(super) async fn hub(&self, request: &HubRequest) -> Result<HubAnswer, FetchError> {
        let form = form(request);
        let ask = ExchangeRequest {
            enough: Some(ANSWER_BYTES),
            http: request.http.as_deref(),
            form: Some(&form),
            ..ExchangeRequest::of(&request.hub, "*/*")
        };
        let answer = Box::pin(self.exchange(&ask)).await?;
        let status = answer.status;
        let why = match told(&answer.body, request) {
            Some(told) => format!("status {}: {told}", status.as_u16()),
            None => format!("status {}", status.as_u16()),
        };
        Ok(match status.as_u16() {
            // 303: it has taken the form.
            200..=299 | 303 => HubAnswer::Accepted,
            408 | 425 | 429 => HubAnswer::Failed(why),
            400..=499 => HubAnswer::Refused(why),
            _ => HubAnswer::Failed(why),
        })
    }
}

/// The form that a hub is sent.
fn form(request: &HubRequest) -> String {
    let (Secret(callback), Secret(secret)) = (&request.callback, &request.secret);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("hub.mode", if request.ends { "unsubscribe" } else { "subscribe" })
        .append_pair("hub.topic", &request.topic)
        .append_pair("hub.callback", callback);
    if !request.ends {
        form.append_pair("hub.secret", secret).append_pair("hub.lease_seconds", &request.lease_s.to_string());
    }
    form.finish()
}

/// The first words of an answer, where they are words and repeat no secret.
fn told(body: &[u8], request: &HubRequest) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let told: String = words.join(" ").chars().filter(|c| !c.is_control()).take(ANSWER_MAX).collect();
    let (Secret(callback), Secret(secret)) = (&request.callback, &request.secret);
    let whole = words.join(" ");
    let hides = [callback.as_str(), secret.as_str()].iter().all(|part| !whole.contains(part));
    (hides && !told.is_empty() && !told.starts_with('<')).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        config::Http,
        fetch::{FetchFailure, Fetcher},
    };

    fn request(hub: &str) -> HubRequest {
        HubRequest {
            ends: false,
            hub: Url::parse(hub).unwrap(),
            topic: "https://news.example/feed".into(),
            callback: Secret("https://desk.example/hubs/Zg/unguessable".into()),
            secret: Secret("hush-7-hush".into()),
            lease_s: 60,
            http: None,
        }
    }

    #[tokio::test]
    async fn a_hub_at_an_address_that_is_not_public_is_not_asked() {
        let fetcher = Fetcher::new(&Http::default(), Clock::system()).unwrap();
        for hub in
            ["http://127.0.0.1:9090/hub", "http://[::1]/", "http://169.254.169.254/", "http://hub.internal/"]
        {
            let failed = fetcher.hub(&request(hub)).await.unwrap_err();
            assert!(matches!(failed.kind, FetchFailure::BlockedAddress(_)), "{hub}: {failed}");
        }
        let failed = fetcher.hub(&request("http://hub.example:25/")).await.unwrap_err();
        assert_eq!(failed.kind, FetchFailure::BadUrl);
    }

    #[test]
    fn what_a_hub_says_is_told_in_a_few_words_and_without_what_it_was_given() {
        let request = request("https://hub.example/");
        for (body, expected) in [
            ("Topic\n  not allowed.", Some("Topic not allowed.")),
            ("", None),
            ("<html><p>Forbidden", None),
            ("cannot reach https://desk.example/hubs/Zg/unguessable", None),
            ("bad secret: hush-7-hush", None),
        ] {
            assert_eq!(told(body.as_bytes(), &request).as_deref(), expected, "{body}");
        }
        assert_eq!(told("word ".repeat(100).as_bytes(), &request).map(|told| told.len()), Some(ANSWER_MAX));
        assert!(!format!("{request:?}").contains("hush"));
    }
}
