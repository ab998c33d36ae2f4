//! Why a fetch failed, from what reqwest, rustls and the resolver say.

use std::{error::Error, net::IpAddr, time::Duration};

use super::{
    resolve::{Blocked, Unresolved},
    wall::Wall,
};
use crate::{
    rights::{Access, Use},
    site::redact,
};

/// Why a fetch failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{url}: {kind}{}", .wall.as_ref().map(|wall| format!(" ({wall})")).unwrap_or_default())]
pub struct FetchError {
    /// Address, credentials and secrets redacted.
    pub url: String,
    /// What happened.
    pub kind: FetchFailure,
    /// When the server wants to be asked again.
    pub retry_after: Option<Duration>,
    /// The wall before the document, if the answer shows one.
    pub wall: Option<Wall>,
}

/// The kinds of failure, a closed list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFailure {
    /// Not http or https, no host, or a port that serves no web.
    #[error("not a web address: it needs http or https, a host, and a port that browsers allow")]
    BadUrl,
    /// A private, loopback or otherwise special address (`http.allow_private_networks`).
    #[error("address {0} is not public; set http.allow_private_networks to reach it")]
    BlockedAddress(String),
    /// The site asked for a pause, or already has all the requests it may have: nothing was sent.
    /// Not the feed's fault; to be tried again after this time.
    #[error("requests to its site are paused for another {0:?}")]
    SitePaused(Duration),
    /// The name does not resolve.
    #[error("host name does not resolve: {0}")]
    Dns(String),
    /// No connection, or it broke.
    #[error("connection failed: {0}")]
    Connect(String),
    /// TLS failed.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// No end within `http.timeout`.
    #[error("did not finish within {0:?} (http.timeout)")]
    Timeout(Duration),
    /// No end within this time, and others waited for less long (`daemon.waiting`).
    #[error("did not finish within {0:?}, and too many others were waited for (daemon.waiting)")]
    GivenUp(Duration),
    /// Body larger than `http.max_body`.
    #[error("body larger than {0} bytes (http.max_body)")]
    BodyTooLarge(usize),
    /// Body empty, shorter than announced, or undecodable.
    #[error("body broke off: {0}")]
    BadBody(String),
    /// Too many redirects, a loop, or a bad Location.
    #[error("redirect: {0}")]
    Redirect(String),
    /// `robots.txt` does not allow fetching the page, or could not be read (`http.robots`).
    #[error("robots.txt: {}; see http.robots", .0.as_str())]
    Robots(Access),
    /// The publisher reserves a use that `http.usage` names: the page was not requested.
    #[error("{} is reserved by its publisher; see http.usage", .0.as_str())]
    Reserved(Use),
    /// Bodies in memory have used up `http.max_bodies`, or another large page is being held: not the server's
    /// fault, to be tried again.
    #[error("no room for its body at the moment; see http.max_bodies")]
    NoRoom,
    /// Any status but 200, 226 and 304; also 304 to a request without conditions.
    #[error("status {0}")]
    Status(u16),
}

/// The labels of [`FetchFailure::reason`].
pub(super) const REASONS: [&str; 19] = [
    "bad_url",
    "blocked_address",
    "site_paused",
    "dns",
    "connect",
    "tls",
    "timeout",
    "given_up",
    "body_too_large",
    "bad_body",
    "redirect",
    "robots",
    "reserved",
    "no_room",
    "gone",
    "status_429",
    "status_4xx",
    "status_5xx",
    "status_other",
];

impl FetchFailure {
    /// A bounded label for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BadUrl => "bad_url",
            Self::BlockedAddress(_) => "blocked_address",
            Self::SitePaused(_) => "site_paused",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::GivenUp(_) => "given_up",
            Self::BodyTooLarge(_) => "body_too_large",
            Self::BadBody(_) => "bad_body",
            Self::Redirect(_) => "redirect",
            Self::Robots(_) => "robots",
            Self::Reserved(_) => "reserved",
            Self::NoRoom => "no_room",
            Self::Status(410) => "gone",
            Self::Status(429) => "status_429",
            Self::Status(400..=499) => "status_4xx",
            Self::Status(500..=599) => "status_5xx",
            Self::Status(_) => "status_other",
        }
    }
}

impl FetchError {
    /// An error at `url`, which is redacted.
    pub(crate) fn new(url: &url::Url, kind: FetchFailure) -> Self {
        let retry_after = match &kind {
            FetchFailure::SitePaused(pause) => Some(*pause),
            _ => None,
        };
        Self { url: redact(url), kind, retry_after, wall: None }
    }

    /// A bounded label for metrics.
    pub fn reason(&self) -> &'static str {
        self.kind.reason()
    }

    /// What `robots.txt` said, if that is why nothing was fetched.
    pub fn robots(&self) -> Option<Access> {
        match self.kind {
            FetchFailure::Robots(access) => Some(access),
            _ => None,
        }
    }

    /// The use that the publisher reserves, if that is why nothing was fetched.
    pub fn reserved(&self) -> Option<Use> {
        match self.kind {
            FetchFailure::Reserved(reserved) => Some(reserved),
            _ => None,
        }
    }

    /// Whether it may be over in a while: worth another try if the alternative is to do without.
    pub fn is_passing(&self) -> bool {
        match self.kind {
            FetchFailure::Timeout(_)
            | FetchFailure::GivenUp(_)
            | FetchFailure::Connect(_)
            | FetchFailure::Dns(_)
            | FetchFailure::Tls(_)
            | FetchFailure::BadBody(_)
            | FetchFailure::SitePaused(_)
            | FetchFailure::NoRoom
            | FetchFailure::Robots(Access::Unreadable)
            | FetchFailure::Status(429 | 500..=599) => true,
            FetchFailure::BadUrl
            | FetchFailure::BlockedAddress(_)
            | FetchFailure::BodyTooLarge(_)
            | FetchFailure::Redirect(_)
            | FetchFailure::Robots(_)
            | FetchFailure::Reserved(_)
            | FetchFailure::Status(_) => false,
        }
    }

    /// Whether the site is to be left alone or there is no room: not a failure of the feed or the
    /// page.
    pub fn is_deferral(&self) -> bool {
        matches!(self.kind, FetchFailure::SitePaused(_) | FetchFailure::NoRoom)
    }

    /// Whether there is no room for the body.
    pub fn is_no_room(&self) -> bool {
        self.kind == FetchFailure::NoRoom
    }
}

/// The kind of what reqwest reports while connecting or waiting for the head of a response.
pub(super) fn of_exchange(error: reqwest::Error) -> FetchFailure {
    let error = error.without_url();
    if let Some(Blocked(address)) = cause(&error) {
        return blocked(*address);
    }
    if let Some(Unresolved(message)) = cause(&error) {
        return FetchFailure::Dns(message.clone());
    }
    if let Some(tls) = cause::<rustls::Error>(&error) {
        return FetchFailure::Tls(tls.to_string());
    }
    if error.is_builder() {
        return FetchFailure::BadUrl;
    }
    FetchFailure::Connect(innermost(&error))
}

/// The kind of what reqwest reports while the body is read.
pub(super) fn of_body(error: reqwest::Error) -> FetchFailure {
    FetchFailure::BadBody(innermost(&error.without_url()))
}

pub(super) fn blocked(address: IpAddr) -> FetchFailure {
    FetchFailure::BlockedAddress(address.to_string())
}

/// The first error of the type `E` in the chain, looking also into what I/O errors wrap.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(link) = next {
        if let Some(found) = link.downcast_ref::<E>() {
            return Some(found);
        }
        let wrapped = link.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner),
            None => link.source(),
        };
    }
    None
}

pub(super) fn innermost(error: &dyn Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
