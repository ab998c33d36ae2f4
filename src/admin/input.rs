//! The input of a request: parameters in the address, and a JSON body. Strict: what is not known is
//! an error.

use std::{fmt::Display, str::FromStr};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::problem::Problem;

/// Longest query of an address, bytes.
const QUERY_MAX: usize = 4 << 10;

/// Parameters of an address, each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `text`; only `known` names are allowed.
    pub(super) fn read(text: &str, known: &[&str]) -> Result<Self, Problem> {
        if text.len() > QUERY_MAX {
            return Err(Problem::new(
                StatusCode::URI_TOO_LONG,
                format!("the query has more than {QUERY_MAX} bytes"),
            ));
        }
        let mut found: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).into_owned() {
            if !known.contains(&name.as_str()) {
                let names = if known.is_empty() {
                    "none is".to_owned()
                } else {
                    format!("known: {}", known.join(", "))
                };
                return Err(Problem::bad_request(format!("unknown parameter `{name}`; {names}")));
            }
            if found.iter().any(|(other, _)| *other == name) {
                return Err(Problem::bad_request(format!("parameter `{name}` is given twice")));
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    /// Without those that are empty: a form sends its fields whether or not they are filled.
    pub(super) fn without_empty(self) -> Self {
        Self(self.0.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number within `range`.
    pub(super) fn number<T: FromStr + PartialOrd + Display + Copy>(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<T>,
        default: T,
    ) -> Result<T, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number.ok_or_else(|| {
            let (from, to) = (range.start(), range.end());
            Problem::bad_request(format!("`{name}` has to be a whole number from {from} to {to}"))
        })
    }
}

/// The body, if it is a JSON object of at most `max` bytes. Requiring its type keeps out forms of other
/// sites, which cannot set it.
pub(super) async fn json(headers: &HeaderMap, body: Body, max: usize) -> Result<Bytes, Problem> {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, rest) = named.split_once(';').unwrap_or((named, "charset=utf-8"));
    let charset = rest.trim().to_ascii_lowercase().replace('"', "");
    if !kind.trim().eq_ignore_ascii_case("application/json") || charset != "charset=utf-8" {
        let detail = "the body has to be JSON, and Content-Type has to say so: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    bytes(headers, body, max).await
}

/// The body, of at most `max` bytes.
pub(super) async fn bytes(headers: &HeaderMap, body: Body, max: usize) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {max} bytes"));
    let said = headers.get(header::CONTENT_LENGTH).map(HeaderValue::to_str);
    if said
        .is_some_and(|said| said.ok().and_then(|said| said.parse().ok()).is_none_or(|said: usize| said > max))
    {
        return Err(too_large());
    }
    to_bytes(body, max).await.map_err(|_| too_large())
}

/// A JSON object as `T`.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let wrong =
        |error: serde_json::Error| Problem::bad_request(format!("the body is not as expected: {error}"));
    let value: serde_json::Value = serde_json::from_slice(body).map_err(wrong)?;
    if !value.is_object() {
        return Err(Problem::bad_request(
            "the body is not as expected: it has to be an object, `{}` at least",
        ));
    }
    serde_json::from_value(value).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn parameters_are_known_and_come_once() {
        let read = |text: &str| Query::read(text, &["page", "search"]);
        assert_eq!(read("search=a+b%26c&page=2").unwrap().get("search"), Some("a b&c"));
        assert_eq!(read("").unwrap(), Query::default());
        for (text, detail) in [
            ("pages=2", "unknown parameter `pages`; known: page, search"),
            ("page=1&page=2", "parameter `page` is given twice"),
        ] {
            assert_eq!(read(text).unwrap_err().detail(), detail);
        }
        assert_eq!(read(&"a".repeat(QUERY_MAX + 1)).unwrap_err().status().as_u16(), 414);
        for (text, expected) in [
            ("7", Some(7)),
            ("0", None),
            ("501", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            let query = Query(vec![("page".into(), text.into())]);
            assert_eq!(query.number("page", 1..=500, 1).ok(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn only_json_of_a_bounded_size_is_read() {
        let read = |kind: &'static str, size: usize| async move {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            json(&headers, Body::from("x".repeat(size)), 10)
                .await
                .map_or_else(|problem| problem.status().as_u16(), |_| 200)
        };
        for kind in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""]
        {
            assert_eq!((read(kind, 10).await, read(kind, 11).await), (200, 413), "{kind}");
        }
        for kind in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json-patch+json",
            "application/json; charset=utf-16",
            "text/plain; application/json",
        ] {
            assert_eq!(read(kind, 1).await, 415, "{kind}");
        }
    }

    #[test]
    fn a_body_is_an_object_without_surprises() {
        assert!(object::<Nothing>(b" {} ").is_ok());
        for body in ["", "[]", "null", "{\"a\":1}", "{}{}", "{", "\u{feff}{}", "7"] {
            assert_eq!(object::<Nothing>(body.as_bytes()).unwrap_err().status().as_u16(), 400, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_query_and_any_body_get_an_answer(text in "\\PC{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let encoded = form_urlencoded::Serializer::new(String::new()).append_pair("search", &text).finish();
            let query = Query::read(&encoded, &["search"]).unwrap();
            prop_assert_eq!(query.get("search"), Some(text.as_str()), "what was sent is what is read");
            drop(Query::read(&text, &["search"]));
            drop(Query::read(&String::from_utf8_lossy(&bytes), &["search"]));
            drop(object::<Nothing>(&bytes));
        }
    }
}
