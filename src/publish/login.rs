//! Tokens for OAUTHBEARER (RFC 7628): client credentials (RFC 6749, section 4.4) at the token endpoint.
//!
//! librdkafka's own way (`sasl.oauthbearer.method=oidc`) would bring libcurl into the binary, with a TLS of
//! its own; `fetch` is at hand. The client asks for a token when it is made, and again when four fifths of
//! the token's life are over. Every client of the process is given the same one.

use std::time::Duration;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use futures_util::FutureExt;
use http::{Method, StatusCode};
use rdkafka::{
    ClientContext,
    client::OAuthToken,
    consumer::{BaseConsumer, ConsumerContext, StreamConsumer},
    error::KafkaResult,
};
use serde_json::Value;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::tokens::{NoToken, SHARED, Token};
use crate::{
    clock::Clock,
    config::{Kafka, OAuth, Secret},
    fetch::{Service, ServiceAnswer},
};

/// Longest token, bytes: brokers take no longer SASL message by default (`sasl.server.max.receive.size`).
const TOKEN_MAX: usize = 512 << 10;

/// So much of what an endpoint says is told, in characters.
const REASON_MAX: usize = 300;

/// Calls after which a new client has asked for its token if it ever will.
const CALLS_MAX: usize = 50;

/// Gives clients their tokens; the context of those that need no other. Without `kafka.security.oauth` no
/// client asks.
#[derive(Clone, Debug, Default)]
pub struct Login(Option<Box<OAuth>>);

impl Login {
    /// As the configuration says.
    pub fn of(kafka: &Kafka) -> Self {
        Self(kafka.security.oauth.clone().map(Box::new))
    }

    /// Whether clients ask for tokens.
    pub fn is_needed(&self) -> bool {
        self.0.is_some()
    }

    /// A token for a client. Asks the endpoint if the last one has lived for half of its life, unless another
    /// client does; blocks meanwhile, for ten seconds at most. Where that leads to nothing, the last one is given
    /// until its end.
    ///
    /// # Errors
    /// [`NoToken`].
    pub fn token(&self) -> Result<OAuthToken, NoToken> {
        let Some(oauth) = self.0.as_deref() else {
            let why = "is not configured".to_owned();
            return Err(NoToken::Unavailable { url: String::new(), why });
        };
        SHARED.token(oauth, ask_apart).map(|token| OAuthToken {
            token: token.text,
            principal_name: oauth.client_id.clone(),
            lifetime_ms: token.ends,
        })
    }
}

impl ClientContext for Login {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn std::error::Error>> {
        Ok(self.token()?)
    }
}

impl ConsumerContext for Login {}

/// A consumer with a token, if it needs one: what blocks (metadata, watermarks) serves no event, so that the
/// client would wait for one in vain. Blocks while the endpoint is asked.
///
/// # Errors
/// What librdkafka says of the settings.
pub fn consumer(kafka: &Kafka, own: &[(&str, &str)]) -> KafkaResult<BaseConsumer<Login>> {
    let login = Login::of(kafka);
    let consumer: BaseConsumer<Login> =
        super::client_config_with(kafka, own).create_with_context(login.clone())?;
    if login.is_needed() {
        // One event a call. Nothing is assigned, so that no record can come.
        for _ in 0..CALLS_MAX {
            if let Some(Err(error)) = consumer.poll(Duration::ZERO) {
                tracing::debug!(%error, "kafka client");
            }
        }
    }
    Ok(consumer)
}

/// The same for a consumer that was made already, before anything is assigned to it.
pub fn serve_stream(consumer: &StreamConsumer<Login>, kafka: &Kafka) {
    if kafka.security.oauth.is_some() {
        for _ in 0..CALLS_MAX {
            if let Some(Err(error)) = consumer.recv().now_or_never() {
                tracing::debug!(%error, "kafka client");
            }
        }
    }
}

/// In a thread of its own: the client calls from wherever it is polled, which may be within a runtime.
fn ask_apart(oauth: &OAuth) -> Result<Token, NoToken> {
    let failed = |why: String| NoToken::Unavailable { url: oauth.address(), why };
    let cannot = |error: std::io::Error| failed(format!("cannot be asked: {error}"));
    std::thread::scope(|scope| {
        let asking = std::thread::Builder::new().name("token".to_owned()).spawn_scoped(scope, || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(cannot)?.block_on(ask(oauth))
        });
        asking.map_err(cannot)?.join().unwrap_or_else(|_| Err(failed("could not be asked".to_owned())))
    })
}

async fn ask(oauth: &OAuth) -> Result<Token, NoToken> {
    let unavailable = |why: String| NoToken::Unavailable { url: oauth.address(), why };
    let service = Service::at(&oauth.token_endpoint, Some(&basic(oauth)), oauth.ca.as_ref())
        .map_err(|error| unavailable(format!("cannot be asked: {error:#}")))?;
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    for (name, value) in [("scope", &oauth.scope), ("audience", &oauth.audience)] {
        if let Some(value) = value {
            form.append_pair(name, value);
        }
    }
    let body = ("application/x-www-form-urlencoded", form.finish().into_bytes());
    let asked = Clock::system().now().timestamp_millis();
    let answer = service.send(Method::POST, "", "application/json", Some(body)).await;
    let answer = answer.map_err(|why| unavailable(format!("does not answer: {why}")))?;
    read(&answer, asked, oauth)
}

/// Identity and secret as RFC 6749, section 2.3.1 has them: encoded as in a form first.
fn basic(oauth: &OAuth) -> Secret {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(&oauth.client_id), encoded(&oauth.client_secret.0));
    Secret(format!("Basic {}", STANDARD.encode(pair)))
}

/// What an endpoint answered to a request sent at `asked`, milliseconds since 1970.
fn read(answer: &ServiceAnswer, asked: i64, oauth: &OAuth) -> Result<Token, NoToken> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status;
    if status == StatusCode::OK {
        return token(&body, asked).map_err(|why| NoToken::Refused {
            url: oauth.address(),
            why: why.to_owned(),
            remedy: "see whether it is the token endpoint of an OAuth 2.0 server that issues access tokens (JWT)",
        });
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let said = told(&format!("{} {} {}", status.as_u16(), text("error"), text("error_description")), oauth);
    if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) {
        return Err(NoToken::Unavailable { url: oauth.address(), why: format!("answers {said}") });
    }
    let remedy = match (text("error"), status.as_u16()) {
        ("invalid_scope", _) => "check `kafka.security.oauth.scope`",
        ("unauthorized_client" | "unsupported_grant_type", _) => {
            "allow the client the grant type `client_credentials` there"
        }
        ("invalid_client", _) | (_, 401 | 403) => {
            "check `kafka.security.oauth.client_id` and `client_secret`"
        }
        ("invalid_request", _) => "check `kafka.security.oauth.audience` and `scope`",
        _ => "check `kafka.security.oauth.token_endpoint`",
    };
    Err(NoToken::Refused { url: oauth.address(), why: said, remedy })
}

/// The token of an answer, or what is wrong with it.
fn token(body: &Value, asked: i64) -> Result<Token, &'static str> {
    let text = body.get("access_token").and_then(Value::as_str).unwrap_or_default();
    // The form of RFC 6750, section 2.1: anything else would break the frame that it is sent in.
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if text.is_empty() || text.len() > TOKEN_MAX || !text.bytes().all(sound) {
        return Err("its answer holds no token");
    }
    let life = match body.get("expires_in") {
        // Some write the number as text.
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_f64(),
        None => expiry(text).map(|ends| ends - asked as f64 / 1_000.0),
    };
    let life = life.filter(|life| *life > 0.0).ok_or("its answer does not say how long the token lives")?;
    let life = Duration::try_from_secs_f64(life.min(366.0 * 86_400.0)).unwrap_or_default();
    let ends = asked.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
    Ok(Token { text: text.to_owned(), life, ends })
}

/// `exp` of a JWT, seconds since 1970.
fn expiry(token: &str) -> Option<f64> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Value>(&payload).ok()?.get("exp")?.as_f64()
}

/// What an endpoint says, in one line and without the secret, which it may repeat.
fn told(said: &str, oauth: &OAuth) -> String {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let Secret(header) = basic(oauth);
    let header = header.trim_start_matches("Basic ");
    let hidden = line.replace(&oauth.client_secret.0, "***").replace(header, "***");
    hidden.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn oauth() -> OAuth {
        OAuth {
            token_endpoint: "https://login.example/token?tenant=1".parse().expect("an address"),
            client_id: "desk & co".into(),
            client_secret: Secret("canary:secret".into()),
            scope: None,
            audience: None,
            ca: None,
        }
    }

    fn answered(status: u16, body: &Value) -> Result<Token, NoToken> {
        let status = StatusCode::from_u16(status).expect("a status");
        read(&ServiceAnswer { status, body: body.to_string().into_bytes() }, 1_000_000, &oauth())
    }

    #[test]
    fn identity_and_secret_are_encoded_before_they_are_joined() {
        let Secret(header) = basic(&oauth());
        let pair = STANDARD.decode(header.strip_prefix("Basic ").expect("basic")).expect("base64");
        assert_eq!(String::from_utf8_lossy(&pair), "desk+%26+co:canary%3Asecret");
    }

    #[test]
    fn the_life_of_a_token_is_what_the_answer_says_or_the_token_itself() {
        let jwt = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"exp":1090}"#));
        for (body, life) in [
            (json!({"access_token": "a.b.c", "expires_in": 60}), 60),
            (json!({"access_token": "a.b.c", "expires_in": "3600"}), 3600),
            (json!({"access_token": jwt, "token_type": "Bearer"}), 90),
            (json!({"access_token": jwt, "expires_in": 30}), 30),
        ] {
            let token = answered(200, &body).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(token.life.as_secs(), life, "{body}");
            assert_eq!(token.ends, 1_000_000 + i64::try_from(life).expect("small") * 1_000);
        }
        for body in [
            json!({"access_token": "a.b.c"}),
            json!({"access_token": "a.b.c", "expires_in": 0}),
            json!({"access_token": "", "expires_in": 60}),
            json!({"access_token": "line\u{1}break", "expires_in": 60}),
            json!({"id_token": "a.b.c"}),
            json!("<html>"),
        ] {
            assert!(answered(200, &body).is_err_and(|error| error.is_refusal()), "{body}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_an_endpoint_that_is_away() {
        let error = |code: &str| json!({"error": code, "error_description": "no:\n canary:secret"});
        for (status, code, remedy) in [
            (401, "invalid_client", Some("client_secret")),
            (400, "invalid_client", Some("client_id")),
            (400, "invalid_scope", Some("`kafka.security.oauth.scope`")),
            (400, "unauthorized_client", Some("grant type")),
            (403, "", Some("client_secret")),
            (404, "", Some("token_endpoint")),
            (302, "", Some("token_endpoint")),
            (500, "server_error", None),
            (503, "", None),
            (429, "slow_down", None),
        ] {
            let no = answered(status, &error(code)).err().expect("no token");
            let text = no.to_string();
            assert_eq!(no.is_refusal(), remedy.is_some(), "{text}");
            assert!(text.contains(remedy.unwrap_or_default()) && text.contains("no: ***"), "{text}");
            assert!(!text.contains("canary") && !text.contains("tenant"), "{text}");
        }
    }
}
