//! Who may ask, by the host name they ask for, the page they come from, and the token.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use super::{Admin, page, problem::Problem, signs};
use crate::config::Secret;

/// Lets a request through, or says why not.
pub(super) async fn check(State(admin): State<Admin>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = signs::OPEN.contains(&path) || page::OPEN.contains(&path);
    let refused = refusal(&admin, request.method(), request.headers(), open);
    match refused {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

/// Why a request is refused; `open` paths need no token.
fn refusal(admin: &Admin, method: &Method, headers: &HeaderMap, open: bool) -> Option<Problem> {
    let host = one(headers, &header::HOST).unwrap_or_default();
    // A page on the web must not read these through a name that resolves to loopback.
    if host.is_empty() || (admin.loopback && !is_loopback_name(host)) {
        let detail = "Host has to name this machine: `localhost` or an IP address";
        return Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    // Browsers say which page a request comes from; other programs say nothing.
    if headers.contains_key(header::ORIGIN)
        && one(headers, &header::ORIGIN).is_none_or(|origin| !is_of(origin, host))
    {
        return Some(Problem::new(StatusCode::FORBIDDEN, "the request comes from a page of another origin"));
    }
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if method != Method::GET && site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
        return Some(Problem::new(StatusCode::FORBIDDEN, "the request comes from a page of another site"));
    }
    match &admin.token {
        _ if open => None,
        Some(token) if carries(headers, token) => None,
        Some(_) => Some(Problem::new(
            StatusCode::UNAUTHORIZED,
            "the token is missing or wrong: send admin.token as `Authorization: Bearer`, or give it as the \
             password where a browser asks for one; the name does not count",
        )),
        None if admin.loopback => None,
        None => Some(Problem::new(
            StatusCode::FORBIDDEN,
            "without admin.token the API answers on a loopback address only",
        )),
    }
}

/// A header that occurs exactly once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether a page of `origin` was served as `host`.
fn is_of(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// Whether a `Host` names this machine: an address, or `localhost` in any spelling.
fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    address.parse::<std::net::IpAddr>().is_ok()
        || name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost")
}

/// Whether the token is there: as a bearer's, or as the password that a browser asks for.
fn carries(headers: &HeaderMap, Secret(token): &Secret) -> bool {
    let Some((scheme, value)) = one(headers, &header::AUTHORIZATION).and_then(|value| value.split_once(' '))
    else {
        return false;
    };
    let shown = if scheme.eq_ignore_ascii_case("bearer") {
        value.trim_start().as_bytes().to_vec()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64_STANDARD.decode(value.trim_start()).unwrap_or_default();
        decoded.splitn(2, |byte| *byte == b':').nth(1).unwrap_or_default().to_vec()
    } else {
        return false;
    };
    // Comparing digests takes the same time wherever they differ.
    Sha256::digest(shown) == Sha256::digest(token)
}

/// What every answer says: nothing is kept, nothing is loaded from elsewhere, nobody frames it.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn status(admin: &Admin, method: &Method, lines: &[(&str, &str)], open: bool) -> u16 {
        refusal(admin, method, &headers(lines), open).map_or(200, |problem| problem.status().as_u16())
    }

    #[test]
    fn pages_of_other_origins_are_refused() {
        let admin = super::super::server::tests::admin();
        let host = ("host", "localhost:9464");
        for (origin, expected) in [
            ("http://localhost:9464", 200),
            ("https://LOCALHOST:9464", 200),
            ("http://localhost", 403),
            ("http://localhost:94640", 403),
            ("http://evil.example", 403),
            ("null", 403),
            ("", 403),
            ("ftp://localhost:9464", 403),
        ] {
            for method in [Method::GET, Method::POST] {
                let lines = [host, ("origin", origin)];
                assert_eq!(status(&admin, &method, &lines, false), expected, "{method} {origin}");
            }
        }
        let twice = [host, ("origin", "http://localhost:9464"), ("origin", "http://evil.example")];
        assert_eq!(status(&admin, &Method::POST, &twice, true), 403);
        for (site, post) in
            [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("?", 403)]
        {
            let lines = [host, ("sec-fetch-site", site)];
            assert_eq!(status(&admin, &Method::POST, &lines, false), post, "{site}");
            assert_eq!(status(&admin, &Method::GET, &lines, false), 200, "a link to it: {site}");
        }
    }

    #[test]
    fn elsewhere_a_token_is_needed_and_health_is_open() {
        let local = super::super::server::tests::admin();
        let host = ("host", "desk.example");
        let open = Admin { loopback: false, ..local.clone() };
        assert_eq!(status(&open, &Method::GET, &[host], false), 403, "no token is configured");
        assert_eq!(status(&open, &Method::GET, &[host], true), 200);
        let token = "a-token-of-24-characters";
        for loopback in [false, true] {
            let host = ("host", "127.0.0.1");
            let admin = Admin { loopback, token: Some(Secret(token.into())), ..local.clone() };
            let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
            for (sent, expected) in [
                (format!("Bearer {token}"), 200),
                (format!("bearer  {token}"), 200),
                (basic(&format!("anyone:{token}")), 200),
                (basic(token), 401),
                (basic(&format!("{token}:")), 401),
                (format!("Bearer {token}x"), 401),
                ("Bearer ".into(), 401),
                ("Basic ====".into(), 401),
                (token.into(), 401),
                (format!("Digest {token}"), 401),
            ] {
                let lines = [host, ("authorization", sent.as_str())];
                assert_eq!(status(&admin, &Method::GET, &lines, false), expected, "{sent}");
            }
            assert_eq!(status(&admin, &Method::GET, &[host], false), 401);
            assert_eq!(status(&admin, &Method::GET, &[host], true), 200);
        }
    }

    proptest! {
        #[test]
        fn any_header_gets_an_answer(name in 0..4usize, value in proptest::collection::vec(any::<u8>(), 0..80)) {
            let name = [header::HOST, header::ORIGIN, header::AUTHORIZATION, HeaderName::from_static("sec-fetch-site")]
                .into_iter().nth(name).unwrap();
            static ADMIN: std::sync::LazyLock<Admin> = std::sync::LazyLock::new(|| Admin {
                token: Some(Secret("a-token-of-24-characters".into())),
                ..super::super::server::tests::admin()
            });
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let mut headers = HeaderMap::new();
                headers.insert(header::HOST, HeaderValue::from_static("localhost"));
                headers.insert(name, value);
                prop_assert!(refusal(&ADMIN, &Method::POST, &headers, false).is_some());
            }
        }
    }
}
