//! OAUTHBEARER: a token endpoint of these tests' own, whose tokens Apache Kafka's validator checks.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::Utc;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{
    BROKER, LIMIT, PASSWORD, USER, broker,
    daemon::{Daemon, Setup, command},
    feed, show_no_secret,
};
use crate::it::{
    origin::{Answer, Item, Origin},
    reader::Read,
    wait,
};

const CLIENT: &str = "the desk";

/// What signs the tokens of all endpoints; the broker knows its public half.
static SIGNER: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).expect("the key")
});

/// The public key as a JSON Web Key Set.
pub fn keys() -> Value {
    let point = SIGNER.public_key().as_ref();
    let [_, coordinates @ ..] = point else { panic!("no point") };
    let (x, y) = coordinates.split_at(32);
    let encoded = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    json!({"keys": [{
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "desk",
        "x": encoded(x), "y": encoded(y),
    }]})
}

/// Settings of the broker's listener `OAUTH`, whose keys are in `files`.
pub fn properties(files: &str) -> String {
    let validator = "org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler";
    let own = "listener.name.oauth.oauthbearer.";
    format!(
        "listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER\n\
         {own}sasl.server.callback.handler.class={validator}\n\
         {own}sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;\n\
         {own}sasl.oauthbearer.jwks.endpoint.url=file://{files}/keys.json\n\
         {own}sasl.oauthbearer.expected.audience=kafka\n\
         {own}sasl.oauthbearer.expected.issuer=https://login.example\n\
         {own}sasl.oauthbearer.clock.skew.seconds=0\n\
         {own}connections.max.reauth.ms=3600000\n"
    )
}

/// The option of the Java machine that lets the broker read that file.
pub fn permission(files: &str) -> String {
    format!("-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://{files}/keys.json")
}

/// An endpoint; ends with its value.
struct Endpoint {
    address: SocketAddr,
    desk: &'static Desk,
    _runtime: Runtime,
}

#[derive(Default)]
struct Desk {
    given: AtomicUsize,
    is_away: AtomicBool,
}

impl Endpoint {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let desk: &'static Desk = Box::leak(Box::default());
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("its address");
        let service = Router::new().route("/{audience}/{seconds}/token", post(answer)).with_state(desk);
        runtime.spawn(async move { axum::serve(listener, service).await });
        Self { address, desk, _runtime: runtime }
    }

    /// What is written under `kafka.security`: tokens for `audience` that live for some seconds.
    fn security(&self, audience: &str, seconds: u32, secret: &str) -> String {
        let address = self.address;
        format!(
            "{{protocol: sasl_tls, ca: @/ca.pem, mechanism: OAUTHBEARER, oauth: {{token_endpoint: \
             \"http://{address}/{audience}/{seconds}/token\", client_id: {CLIENT}, client_secret: {secret}, \
             scope: produce}}}}"
        )
    }
}

async fn answer(
    State(desk): State<&'static Desk>,
    Path((audience, seconds)): Path<(String, i64)>,
    headers: HeaderMap,
    form: String,
) -> Response {
    if desk.is_away.load(Ordering::Acquire) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let pair = STANDARD.encode(format!("the+desk:{PASSWORD}"));
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if shown != Some(&format!("Basic {pair}")) {
        // Servers repeat what they were sent.
        let text = format!(r#"{{"error": "invalid_client", "error_description": "{shown:?}"}}"#);
        let body = text.replace("Some(\"", "").replace("\")", "");
        return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/json")], body)
            .into_response();
    }
    if form != "grant_type=client_credentials&scope=produce" {
        return (StatusCode::BAD_REQUEST, r#"{"error": "invalid_scope"}"#).into_response();
    }
    desk.given.fetch_add(1, Ordering::AcqRel);
    let body =
        json!({"access_token": token(&audience, seconds), "token_type": "Bearer", "expires_in": seconds});
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A signed JWT (RFC 7519).
fn token(audience: &str, seconds: i64) -> String {
    let now = Utc::now().timestamp();
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let head = encoded(&json!({"alg": "ES256", "kid": "desk", "typ": "at+jwt"}));
    let claims = encoded(&json!({
        "iss": "https://login.example", "aud": audience, "sub": USER, "scope": "produce",
        "iat": now, "exp": now + seconds,
    }));
    let signed = format!("{head}.{claims}");
    let signature = SIGNER.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Tokens that end are renewed; while the endpoint gives none the daemon says so, and then goes on.
#[test]
fn articles_go_out_once_with_tokens_that_end() {
    let endpoint = Endpoint::start();
    let origin = Origin::start();
    origin.set("/feed", Answer::Feed(vec![Item::numbered(1), Item::numbered(2)]));
    let feeds = [feed("courier", &origin.url("/feed"), "1s")];
    let security = endpoint.security("kafka", 12, PASSWORD);
    let prefix = broker::prefix("oauth");
    let setup = BROKER.setup("OAUTH", &security, &prefix, &feeds);
    let output = command(&["topics", "--create"], &setup.config());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("is missing, and over OAUTHBEARER topics cannot be created"), "{text}");
    super::permissions::created(&prefix, &feeds);
    let daemon = setup.run();
    daemon.ready();
    let first = published(&setup, 2);
    let given = endpoint.desk.given.load(Ordering::Acquire);
    // The first of it is used up, the clients of the process share one.
    wait::until("a further token", LIMIT, || {
        (endpoint.desk.given.load(Ordering::Acquire) > given).then_some(())
    });
    origin.edit("/feed", |items| items.insert(0, Item::numbered(3)));
    published(&setup, 3);

    endpoint.desk.is_away.store(true, Ordering::Release);
    wait::until("the endpoint away and the session over", LIMIT, || {
        let page = daemon.page("/readyz");
        (page.contains(" 503 ") && page.contains("token endpoint") && page.contains("answers 503"))
            .then_some(())
    });
    origin.edit("/feed", |items| items.insert(0, Item::numbered(4)));
    endpoint.desk.is_away.store(false, Ordering::Release);
    let keys = published(&setup, 4);
    assert!(keys.is_superset(&first));
    let log = daemon.log().join("\n");
    assert!(log.contains("no token for kafka"), "{log}");
    show_no_secret("the log", &log);
    show_no_secret("/metrics", &daemon.page("/metrics"));
    daemon.stop();
    // Every command gets a token of its own.
    let tail = ["tail", "--from-beginning", "--count", "4", "--json"];
    for arguments in [&["topics"][..], &["feeds", "status"], &tail] {
        let output = command(arguments, &setup.config());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The keys of exactly so many records.
fn published(setup: &Setup, count: usize) -> BTreeSet<String> {
    let read = Read { servers: Some(BROKER.plain()), ..Read::default() };
    let records = wait::until(&format!("{count} articles"), LIMIT, || {
        Some(read.all(&setup.articles())).filter(|records| records.len() >= count)
    });
    let keys: BTreeSet<String> = records.iter().map(|record| record.key.clone()).collect();
    assert_eq!((records.len(), keys.len()), (count, count));
    keys
}

#[test]
fn a_token_that_is_refused_or_not_given_is_told_with_its_remedy() {
    let endpoint = Endpoint::start();
    let nobody = broker::nobody();
    let unreachable =
        endpoint.security("kafka", 60, PASSWORD).replace(&endpoint.address.to_string(), &nobody);
    let elsewhere = endpoint.security("kafka", 60, PASSWORD).replace("/token", "/tokens");
    let cases = [
        (endpoint.security("kafka", 60, super::WRONG), Some(78), "401 invalid_client", "`client_secret`"),
        (elsewhere, Some(78), "404", "check `kafka.security.oauth.token_endpoint`"),
        (endpoint.security("others", 60, PASSWORD), Some(78), "invalid_token", "audience"),
        (unreachable, None, "does not answer", "kafka.security.oauth.token_endpoint"),
    ];
    thread::scope(|scope| {
        for (security, code, said, remedy) in &cases {
            scope.spawn(|| told(security, *code, &[said, remedy]));
        }
    });
}

/// `code`: with what the daemon ends; `None`: it waits.
fn told(security: &str, code: Option<i32>, said: &[&str]) {
    let feeds = [feed("courier", "http://127.0.0.1:9/feed", "1s")];
    let setup = BROKER.setup("OAUTH", security, &broker::prefix("no-token"), &feeds);
    let says = |place: &str, text: &str| {
        for said in said {
            assert!(text.contains(said), "{place}: no {said:?} in {text}");
        }
        for pair in [PASSWORD, super::WRONG].map(|secret| STANDARD.encode(format!("the+desk:{secret}"))) {
            assert!(!text.contains(&pair), "{place} shows the credentials: {text}");
        }
        show_no_secret(place, text);
    };
    let output = command(&["topics"], &setup.config());
    let text = String::from_utf8_lossy(&output.stderr);
    says("topics", &text);
    assert_eq!(output.status.code(), Some(code.unwrap_or(69)), "{text}");
    let mut daemon: Daemon = setup.run_with(&["--log", "trace"]);
    if code.is_some() {
        assert_eq!(daemon.ended(LIMIT).code(), code, "{}", daemon.tail());
    } else {
        wait::until("an attempt", LIMIT, || {
            daemon.log().iter().any(|line| line.contains("trying again")).then_some(())
        });
    }
    says("the log", &daemon.log().join("\n"));
    if code.is_none() {
        super::stops(daemon);
    }
}
