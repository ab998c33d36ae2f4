//! Validators (RFC 9110 section 8.8) and how servers deal with requests that carry them.

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{date, freshness, hash};
use crate::site::bare;

/// Statuses by which servers refuse a conditional request that they do not understand; in answer to one
/// without conditions they mean what they say.
pub(super) const REFUSALS: [u16; 10] = [400, 403, 404, 405, 406, 412, 416, 428, 500, 501];
/// Longest validator that is kept, in bytes.
const VALIDATOR_MAX: usize = 1024;
/// How far a `Last-Modified` may be ahead of our clock.
const AHEAD: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// What a server gave for the next request (RFC 9110 section 8.8), byte for byte: each byte of the
/// header is one character from U+0000 to U+00FF, so that nothing is lost or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`, quotes and `W/` included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Digest of the address they came from, if a redirect led elsewhere: they are sent to no
    /// other. Older records hold the address itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Why a document came only when it was requested without validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// This status to a conditional request.
    Status(u16),
    /// 304, with an `ETag` or a `Last-Modified` that is not the one that was asked about.
    OtherTag,
}

impl Validators {
    /// Whether they came from `url`, to which a request for `asked` has led.
    pub(super) fn are_of(&self, url: &Url, asked: &Url) -> bool {
        match &self.url {
            Some(from) => *from == digest(url) || from == url.as_str(),
            None => bare(asked.clone()) == *url,
        }
    }

    /// A 304 with these validators is no answer to a request with those: its `ETag` is another one,
    /// or where there is none, its `Last-Modified` is later. Suffixes that servers add for a content
    /// coding make no other tag.
    pub(super) fn contradicted_by(&self, answer: &Self, now: DateTime<Utc>) -> bool {
        fn opaque(tag: &str) -> &str {
            let tag = tag.trim().trim_start_matches("W/").trim_matches('"');
            let end = tag.rfind(['-', ';', ':', '+']).filter(|at| {
                let coding = tag.get(at + 1..).unwrap_or("");
                ["gzip", "br", "zstd", "deflate", "df", "gz", "identity"].contains(&coding)
            });
            tag.get(..end.unwrap_or(tag.len())).unwrap_or(tag).trim_end_matches('-')
        }
        if let (Some(asked), Some(told)) = (&self.etag, &answer.etag) {
            return opaque(asked) != opaque(told);
        }
        let date = |of: &Self| date::http_date(of.last_modified.as_deref()?, now);
        date(self).zip(date(answer)).is_some_and(|(asked, told)| told > asked)
    }

    /// The validators of a response. One that is longer than 1 KiB is not worth its place in the
    /// ledger, and with a `Last-Modified` in the future every later answer could be a 304: they are
    /// left out.
    pub(super) fn of(headers: &HeaderMap, now: DateTime<Utc>) -> Self {
        let value = |name| {
            let value = headers.get(name).map(HeaderValue::as_bytes);
            value.filter(|bytes| (1..=VALIDATOR_MAX).contains(&bytes.len())).map(freshness::latin1)
        };
        let ahead = |text: &String| date::http_date(text, now).is_some_and(|date| date > now + AHEAD);
        Self {
            etag: value(header::ETAG),
            last_modified: value(header::LAST_MODIFIED).filter(|text| !ahead(text)),
            url: None,
        }
    }
}

/// The first 64 bits of the SHA-256 of an address, which may hold secrets.
pub(super) fn digest(url: &Url) -> String {
    hash(url.as_str().as_bytes()).chars().take(16).collect()
}
