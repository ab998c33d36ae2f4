//! What comes back: feeds and pages.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use url::Url;

use super::{BodyShare, Freshness, LinkHeaders, Refused, Validators, Wall};
use crate::rights::Signals;

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Status code.
    pub status: u16,
    /// Where it led.
    pub to: Url,
}

/// A feed as it came.
#[derive(Clone, Debug)]
pub struct FeedDocument {
    /// Address after redirects.
    pub url: Url,
    /// Redirects on the way, in order.
    pub redirects: Vec<Redirect>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// New validators.
    pub validators: Validators,
    /// Freshness.
    pub freshness: Freshness,
    /// The body, decompressed.
    pub body: Bytes,
    /// SHA-256 of the body, hexadecimal.
    pub body_hash: String,
    /// Set if a conditional request was refused first.
    pub refused: Option<Refused>,
    /// What is wrong if the body is shorter than announced, or ends within its coding. It is whole
    /// if its root is closed nevertheless.
    pub broken_off: Option<String>,
    /// The wall before the feed, if a redirect shows one: then the body is not the feed.
    pub wall: Option<Wall>,
    /// What the body has of `http.max_bodies`.
    pub share: Option<Arc<BodyShare>>,
    /// What the `Link` headers say of its hub.
    pub links: LinkHeaders,
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
}

/// An answer to a feed request.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one a poll, and most are documents")]
pub enum FeedResponse {
    /// 304: nothing new since the validators.
    NotModified {
        /// Validators to use from now on: those of the 304 if it has any.
        validators: Validators,
        /// Freshness.
        freshness: Freshness,
        /// Redirects on the way.
        redirects: Vec<Redirect>,
    },
    /// A document.
    Document(FeedDocument),
}

/// A web page as it came.
#[derive(Clone, Debug)]
pub struct Page {
    /// Address after redirects.
    pub url: Url,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// Status code: pages of permanent errors are returned too, so that a verdict can be given.
    pub status: u16,
    /// The body, decompressed; empty for images, audio, video, fonts and archives.
    pub body: Bytes,
    /// When it was received.
    pub fetched_at: DateTime<Utc>,
    /// What its publisher says about its use, in `robots.txt`, `tdmrep.json` and headers.
    pub signals: Signals,
    /// The wall before the article, if the answer shows one.
    pub wall: Option<Wall>,
    /// What the body has of `http.max_bodies`.
    pub share: Option<Arc<BodyShare>>,
}
