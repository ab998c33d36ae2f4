//! Errors as JSON that programs can read (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

/// An error. Its status is the one of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// `about:blank`: the status says what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
    /// From when on it is worth another try.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    /// Each mistake by itself, where there can be several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    /// Seconds until it is worth another try.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            until: None,
            errors: Vec::new(),
            retry_after: None,
        }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// Adds the mistakes one by one.
    pub(super) fn with_errors(self, errors: Vec<String>) -> Self {
        Self { errors, ..self }
    }

    /// Adds the time from which another try is worthwhile.
    pub(super) fn until(self, until: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let seconds = (until - now).num_milliseconds().max(0) as u64;
        Self { until: Some(until), retry_after: Some(seconds.div_ceil(1_000)), ..self }
    }

    /// The status in words.
    pub(super) fn title(&self) -> &'static str {
        self.title
    }

    /// From when on it is worth another try.
    pub(super) fn when(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// Each mistake by itself.
    pub(super) fn errors(&self) -> &[String] {
        &self.errors
    }

    /// The message for people.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == 401 {
            // Basic lets a browser ask for the token; the user name does not count.
            let ways = HeaderValue::from_static("Bearer realm=\"copydesk\", Basic realm=\"copydesk\"");
            headers.insert(header::WWW_AUTHENTICATE, ways);
        }
        // For whoever wants a page in place of it.
        response.extensions_mut().insert(self);
        response
    }
}
