//! How long a response stays fresh (RFC 9111) and when to come back (RFC 9110 section 10.2.3).

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::date::http_date;

/// Larger numbers of seconds count as this (RFC 9111 section 1.2.2).
const SECONDS_MAX: u64 = 1 << 31;
/// Longest time that `Retry-After` is given: a feed is never given up for good.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long the response says it stays fresh (RFC 9111), and when to come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// From `Cache-Control: max-age` minus `Age`, else `Expires` minus `Date`. As the server states
    /// it, without floor or ceiling.
    pub fresh_for: Option<Duration>,
    /// From `Retry-After`, either form, at most 30 days.
    pub retry_after: Option<Duration>,
}

/// The freshness lifetime that is left. `s-maxage` is for shared caches and is ignored; `no-cache`
/// and `no-store` do not make a poller come more often, so they are ignored too.
pub(super) fn fresh_for(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let lifetime = match max_age(headers) {
        Some(lifetime) => lifetime,
        None => {
            let expires = text(headers, &header::EXPIRES)?;
            match http_date(&expires, now) {
                Some(expires) => seconds_between(date(headers, now), expires),
                // An invalid date stands for one in the past (RFC 9111 section 5.3).
                None => 0,
            }
        }
    };
    let age = text(headers, &header::AGE).and_then(|age| delta_seconds(age.split(',').next()?)).unwrap_or(0);
    Some(Duration::from_secs(lifetime.saturating_sub(age)))
}

/// `Retry-After`: seconds, or a date against the server's own clock.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = text(headers, &header::RETRY_AFTER)?;
    let seconds = match delta_seconds(&text) {
        Some(seconds) => seconds,
        None => seconds_between(date(headers, now), http_date(&text, now)?),
    };
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// The first `max-age`. A value that is not a number counts as stale (RFC 9111 section 4.2.1).
fn max_age(headers: &HeaderMap) -> Option<u64> {
    headers.get_all(header::CACHE_CONTROL).iter().find_map(|value| {
        let value = latin1(value.as_bytes());
        directives(&value).find_map(|directive| {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            if !name.trim().eq_ignore_ascii_case("max-age") {
                return None;
            }
            let argument = argument.trim();
            let inner = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            Some(delta_seconds(inner.unwrap_or(argument)).unwrap_or(0))
        })
    })
}

/// The parts between commas that are outside quotes.
fn directives(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |c| {
        let divides = c == ',' && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && quoted && !escaped;
        divides
    })
}

fn delta_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(SECONDS_MAX).min(SECONDS_MAX))
}

fn date(headers: &HeaderMap, now: DateTime<Utc>) -> DateTime<Utc> {
    text(headers, &header::DATE).and_then(|date| http_date(&date, now)).unwrap_or(now)
}

fn seconds_between(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from((to - from).num_seconds()).unwrap_or(0).min(SECONDS_MAX)
}

/// The first value of a header.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| latin1(value.as_bytes()))
}

/// Bytes as characters U+0000 to U+00FF: nothing is lost, and [`unlatin1`] gives them back.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The header value whose bytes [`latin1`] has spelled as characters.
pub(super) fn unlatin1(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lines = &'static [(&'static str, &'static str)];

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut out = HeaderMap::new();
        for (name, value) in lines {
            out.append(*name, value.parse().unwrap());
        }
        out
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(784_111_777, 0).unwrap()
    }

    proptest::proptest! {
        /// Whatever a server sends gives a time or `None`.
        #[test]
        fn any_header_gives_a_result(
            value in "(max-age|=|,|\"|[0-9]{1,25}|Sun|Nov| |:|-|GMT|\\PC){0,20}",
        ) {
            let mut lines = HeaderMap::new();
            if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
                for name in [header::CACHE_CONTROL, header::EXPIRES, header::AGE, header::DATE, header::RETRY_AFTER] {
                    lines.insert(name, value.clone());
                }
            }
            fresh_for(&lines, now());
            proptest::prop_assert!(retry_after(&lines, now()).is_none_or(|time| time <= RETRY_AFTER_MAX));
            http_date(&value, now());
        }
    }

    #[test]
    fn freshness_follows_the_headers() {
        const DATE: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        const LATER: (&str, &str) = ("expires", "Sun, 06 Nov 1994 09:49:37 GMT");
        let table: &[(Lines, Option<u64>)] = &[
            (&[], None),
            (&[("cache-control", "max-age=600")], Some(600)),
            (&[("cache-control", "public,  MAX-AGE=600 , x")], Some(600)),
            (&[("cache-control", "max-age=\"600\"")], Some(600)),
            (&[("cache-control", "x=\"a, max-age=5\", max-age=600")], Some(600)),
            (&[("cache-control", "x=\"a\\\", max-age=5\", max-age=600")], Some(600)),
            (&[("cache-control", "s-maxage=9, no-cache, no-store")], None),
            (&[("cache-control", "xmax-age=9")], None),
            (&[("cache-control", "max-age=60, max-age=600")], Some(60)),
            (&[("cache-control", "no-cache"), ("cache-control", "max-age=600")], Some(600)),
            (&[("cache-control", "max-age=-5")], Some(0)),
            (&[("cache-control", "max-age=soon"), LATER], Some(0)),
            (&[("cache-control", "max-age")], Some(0)),
            (&[("cache-control", "max-age=99999999999999999999999")], Some(1 << 31)),
            (&[("cache-control", "max-age=600"), ("age", "200")], Some(400)),
            (&[("cache-control", "max-age=600"), ("age", "900")], Some(0)),
            (&[("cache-control", "max-age=600"), ("age", "-200")], Some(600)),
            (&[("cache-control", "max-age=600"), ("age", "100, 200")], Some(500)),
            (&[("cache-control", "max-age=600"), LATER, DATE], Some(600)),
            (&[LATER, DATE], Some(3600)),
            (&[LATER], Some(3600)),
            (&[LATER, ("date", "Sun, 06 Nov 1994 09:39:37 GMT"), ("age", "60")], Some(540)),
            (&[("expires", "0")], Some(0)),
            (&[("expires", "Sun, 06 Nov 1994 07:49:37 GMT")], Some(0)),
        ];
        for (lines, expected) in table {
            let found = fresh_for(&headers(lines), now());
            assert_eq!(found, expected.map(Duration::from_secs), "{lines:?}");
        }
    }

    #[test]
    fn retry_after_is_read_in_all_forms() {
        for (value, expected) in [
            ("120", Some(120)),
            (" 120 ", Some(120)),
            ("0", Some(0)),
            ("864000", Some(864_000)),
            ("99999999999999999999", Some(30 * 24 * 3600)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sunday, 06-Nov-94 08:51:37 GMT", Some(120)),
            ("Sun Nov  6 08:51:37 1994", Some(120)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let found = retry_after(&headers(&[("retry-after", value)]), now());
            assert_eq!(found, expected.map(Duration::from_secs), "{value}");
        }
        let skewed =
            [("retry-after", "Sun, 06 Nov 2094 08:51:37 GMT"), ("date", "Sun, 06 Nov 2094 08:49:37 GMT")];
        assert_eq!(retry_after(&headers(&skewed), now()), Some(Duration::from_secs(120)));
    }
}
